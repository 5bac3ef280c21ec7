noinst_LIBRARIES += milter/admin/libadmin.a
milter_admin_libadmin_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
milter_admin_libadmin_a_SOURCES = \
	%D%/admin.c %D%/admin.h \
	%D%/authority_list.c %D%/authority_list.h \
	%D%/ca_judge.c \
	%D%/ca_list.c \
	%D%/ca_profile.c %D%/ca_profile.h \
	%D%/ca_verbs.h \
	%D%/cert_json.c %D%/cert_json.h \
	%D%/cmd_ca.c \
	%D%/cmd_cert.c \
	%D%/cmd_contact.c \
	%D%/cmd_doctor.c \
	%D%/cmd_domain.c \
	%D%/cmd_explain.c \
	%D%/cmd_key.c \
	%D%/cmd_login.c \
	%D%/cmd_message.c \
	%D%/cmd_policy.c \
	%D%/cmd_recipient.c \
	%D%/cmd_seal.c \
	%D%/cmd_status.c \
	%D%/cmd_store.c \
	%D%/cmd_user.c \
	%D%/command.c %D%/command.h \
	%D%/command_line.c %D%/command_line.h \
	%D%/commands.c %D%/commands.h \
	%D%/complain.c %D%/complain.h \
	%D%/contact_import.c \
	%D%/contact_judge.c \
	%D%/contact_list.c \
	%D%/contact_show.c \
	%D%/contact_suspend.c \
	%D%/contact_verbs.h \
	%D%/disclaimer_option.c %D%/disclaimer_option.h \
	%D%/doctor_check.c %D%/doctor_check.h \
	%D%/doctor_endpoint.c %D%/doctor_endpoint.h \
	%D%/doctor_listener.c %D%/doctor_listener.h \
	%D%/doctor_order.c %D%/doctor_order.h \
	%D%/doctor_own.c %D%/doctor_own.h \
	%D%/doctor_postfix.c %D%/doctor_postfix.h \
	%D%/doctor_postfix_check.c %D%/doctor_postfix_check.h \
	%D%/doctor_postfix_copies.c \
	%D%/doctor_postfix_later.c \
	%D%/doctor_postfix_listeners.c %D%/doctor_postfix_listeners.h \
	%D%/doctor_postfix_service.c \
	%D%/doctor_print.c %D%/doctor_print.h \
	%D%/doctor_report.c %D%/doctor_report.h \
	%D%/doctor_run.c %D%/doctor_run.h \
	%D%/doctor_sendmail.c %D%/doctor_sendmail.h \
	%D%/doctor_sendmail_check.c \
	%D%/doctor_sendmail_listeners.c \
	%D%/doctor_table.c %D%/doctor_table.h \
	%D%/effective.c %D%/effective.h \
	%D%/enroll.c %D%/enroll.h \
	%D%/escrow_option.c %D%/escrow_option.h \
	%D%/explain_answer.c %D%/explain_answer.h \
	%D%/explain_copies.c %D%/explain_copies.h \
	%D%/explain_inbound.c %D%/explain_inbound.h \
	%D%/explain_parts.c %D%/explain_parts.h \
	%D%/explain_recipients.c %D%/explain_recipients.h \
	%D%/fingerprint.c %D%/fingerprint.h \
	%D%/help.c %D%/help.h \
	%D%/key_file.c %D%/key_file.h \
	%D%/key_ready.c %D%/key_ready.h \
	%D%/key_request.c %D%/key_request.h \
	%D%/key_type.c %D%/key_type.h \
	%D%/key_work.c %D%/key_work.h \
	%D%/local_ca.c %D%/local_ca.h \
	%D%/mail_run.c %D%/mail_run.h \
	%D%/message_decrypt.c \
	%D%/message_file.c %D%/message_file.h \
	%D%/message_open.c %D%/message_open.h \
	%D%/message_protect.c \
	%D%/message_sink.c %D%/message_sink.h \
	%D%/message_verbs.h \
	%D%/message_verify.c \
	%D%/output.c %D%/output.h \
	%D%/own_list.c %D%/own_list.h \
	%D%/own_listing.c %D%/own_listing.h \
	%D%/partner_list.c %D%/partner_list.h \
	%D%/passphrase.c %D%/passphrase.h \
	%D%/policy_list.c %D%/policy_list.h \
	%D%/seal_advice.c %D%/seal_advice.h \
	%D%/seal_diff.c \
	%D%/seal_key.c \
	%D%/seal_part.c %D%/seal_part.h \
	%D%/seal_show.c %D%/seal_show.h \
	%D%/seal_verbs.h \
	%D%/setting_option.c %D%/setting_option.h \
	%D%/table.c %D%/table.h

sbin_PROGRAMS += smimectl
smimectl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
smimectl_SOURCES = %D%/main.c
smimectl_LDADD = $(ADMIN_LIBS)
dist_man_MANS += %D%/smimectl.8

TESTS += tests/system/smimectl_test.py tests/system/explain_test.py \
	tests/system/explain_inbound_test.py tests/system/doctor_test.py
EXTRA_DIST += tests/system/smimectl_test.py tests/system/explain_test.py \
	tests/system/explain_inbound_test.py tests/system/doctor_test.py

ADMIN_TESTS = \
	tests/unit/test_authority_list \
	tests/unit/test_cert_json \
	tests/unit/test_doctor_endpoint \
	tests/unit/test_doctor_own \
	tests/unit/test_doctor_postfix \
	tests/unit/test_doctor_prints \
	tests/unit/test_doctor_run \
	tests/unit/test_doctor_sendmail \
	tests/unit/test_doctor_table \
	tests/unit/test_fingerprint \
	tests/unit/test_key_file \
	tests/unit/test_local_ca \
	tests/unit/test_message_file \
	tests/unit/test_output \
	tests/unit/test_passphrase \
	tests/unit/test_policy_list \
	tests/unit/test_seal_advice \
	tests/unit/test_seal_part \
	tests/unit/test_setting_option \
	tests/unit/test_table
ADMIN_UNIT_CPPFLAGS = $(UNIT_CPPFLAGS) $(JANSSON_CFLAGS)
ADMIN_UNIT_LIBS = tests/unit/libfixture.a $(ADMIN_LIBS) $(UNIT_LIBS)

tests_unit_test_authority_list_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_authority_list_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_cert_json_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_cert_json_LDADD = $(ADMIN_UNIT_LIBS)
DOCTOR_SITE = tests/unit/doctor_site.c tests/unit/doctor_site.h
tests_unit_test_doctor_endpoint_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_doctor_endpoint_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_doctor_own_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_doctor_own_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_doctor_postfix_SOURCES = \
	tests/unit/test_doctor_postfix.c $(DOCTOR_SITE)
tests_unit_test_doctor_postfix_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_doctor_postfix_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_doctor_prints_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_doctor_prints_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_doctor_run_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_doctor_run_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_doctor_sendmail_SOURCES = \
	tests/unit/test_doctor_sendmail.c $(DOCTOR_SITE)
tests_unit_test_doctor_sendmail_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_doctor_sendmail_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_doctor_table_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_doctor_table_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_fingerprint_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_fingerprint_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_key_file_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_key_file_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_local_ca_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_local_ca_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_message_file_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_message_file_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_output_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_output_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_passphrase_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_passphrase_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_policy_list_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_policy_list_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_seal_advice_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_seal_advice_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_seal_part_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_seal_part_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_setting_option_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_setting_option_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_table_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_table_LDADD = $(ADMIN_UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(ADMIN_TESTS)
TESTS += $(ADMIN_TESTS)
endif
