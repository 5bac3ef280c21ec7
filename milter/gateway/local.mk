noinst_LIBRARIES += milter/gateway/libgateway.a
milter_gateway_libgateway_a_SOURCES = \
	%D%/armor.c %D%/armor.h \
	%D%/authority.c %D%/authority.h \
	%D%/author_name.c %D%/author_name.h \
	%D%/authres.c %D%/authres.h \
	%D%/demand.c %D%/demand.h \
	%D%/directory.c %D%/directory.h \
	%D%/directory_load.c %D%/directory_load.h \
	%D%/directory_recipient.c \
	%D%/disclaimer_names.c %D%/disclaimer_names.h \
	%D%/edits.c %D%/edits.h %D%/edits_header.c \
	%D%/envelope.c %D%/envelope.h \
	%D%/exemption.c %D%/exemption.h \
	%D%/gate.c %D%/gate.h \
	%D%/gate_cms.c %D%/gate_cms.h \
	%D%/gate_disclaimer.c %D%/gate_disclaimer.h \
	%D%/gate_entity.c %D%/gate_entity.h \
	%D%/gate_header.c %D%/gate_header.h \
	%D%/gate_inbound.c %D%/gate_inbound.h \
	%D%/gate_insertion.c %D%/gate_insertion.h \
	%D%/gate_part.c %D%/gate_part.h \
	%D%/gate_people.c %D%/gate_people.h \
	%D%/gate_play.c \
	%D%/gate_sealing.c %D%/gate_sealing.h \
	%D%/gate_text.c %D%/gate_text.h \
	%D%/gate_trigger.c %D%/gate_trigger.h \
	%D%/gateway.c %D%/gateway.h \
	%D%/gather.c %D%/gather.h \
	%D%/gather_recipients.c %D%/gather_recipients.h \
	%D%/guard.c %D%/guard.h \
	%D%/guard_judge.c %D%/guard_judge.h \
	%D%/guard_record.c %D%/guard_record.h \
	%D%/guard_report.c %D%/guard_report.h \
	%D%/handover.c %D%/handover.h \
	%D%/harvester.c %D%/harvester.h \
	%D%/lesson.c %D%/lesson.h \
	%D%/inbound.c %D%/inbound.h \
	%D%/inbound_edit.c %D%/inbound_edit.h \
	%D%/inbound_look.c \
	%D%/job.c %D%/job.h %D%/job_answer.c %D%/job_read.c \
	%D%/job_state.h \
	%D%/journal.c %D%/journal.h \
	%D%/keyword.c %D%/keyword.h \
	%D%/levels.c %D%/levels.h \
	%D%/message_copy.c %D%/message_copy.h \
	%D%/mark.c %D%/mark.h \
	%D%/notice.c %D%/notice.h \
	%D%/own_copy.c %D%/own_copy.h \
	%D%/own_certificate.c %D%/own_certificate.h \
	%D%/outbound.c %D%/outbound.h \
	%D%/outbound_content.c %D%/outbound_content.h \
	%D%/outbound_copy.c %D%/outbound_copy.h \
	%D%/outbound_entity.c %D%/outbound_entity.h \
	%D%/outbound_gate.c %D%/outbound_gate.h \
	%D%/outbound_handover.c %D%/outbound_handover.h \
	%D%/rate.c %D%/rate.h \
	%D%/readers.c %D%/readers.h \
	%D%/record.c %D%/record.h \
	%D%/record_inbound.c %D%/record_inbound.h \
	%D%/reply.c %D%/reply.h \
	%D%/report.c %D%/report.h \
	%D%/report_text.c %D%/report_text.h \
	%D%/result.c %D%/result.h \
	%D%/sealing.c %D%/sealing.h \
	%D%/tag.c %D%/tag.h \
	%D%/token.c %D%/token.h \
	%D%/trigger.c %D%/trigger.h

# A whole gateway for tests.
HEADER_LINES = tests/unit/header_lines.c tests/unit/header_lines.h
check_LIBRARIES += tests/unit/libgatewayfixture.a
tests_unit_libgatewayfixture_a_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_libgatewayfixture_a_SOURCES = \
	tests/unit/gateway_fixture.c tests/unit/gateway_fixture.h \
	$(HEADER_LINES) \
	tests/unit/keyd_fixture.c tests/unit/keyd_fixture.h
GATEWAY_FIXTURE_LIBS = tests/unit/libgatewayfixture.a \
	tests/unit/libfixture.a $(GATEWAY_LIBS)

GATEWAY_TESTS = \
	tests/unit/test_armor \
	tests/unit/test_authority \
	tests/unit/test_author_name \
	tests/unit/test_authres \
	tests/unit/test_demand \
	tests/unit/test_directory \
	tests/unit/test_directory_recipient \
	tests/unit/test_edits \
	tests/unit/test_envelope \
	tests/unit/test_exemption \
	tests/unit/test_gate \
	tests/unit/test_gate_copies \
	tests/unit/test_gate_disclaimer \
	tests/unit/test_gate_disclaimer_made \
	tests/unit/test_gate_inbound \
	tests/unit/test_gate_trigger \
	tests/unit/test_gateway \
	tests/unit/test_gather \
	tests/unit/test_gather_policy \
	tests/unit/test_guard \
	tests/unit/test_guard_report \
	tests/unit/test_handover \
	tests/unit/test_harvester \
	tests/unit/test_lesson \
	tests/unit/test_sent \
	tests/unit/test_inbound \
	tests/unit/test_inbound_decrypt \
	tests/unit/test_job \
	tests/unit/test_job_disclaimer \
	tests/unit/test_job_gate \
	tests/unit/test_job_policy \
	tests/unit/test_job_trigger \
	tests/unit/test_disclaimer_names \
	tests/unit/test_levels \
	tests/unit/test_mark \
	tests/unit/test_notice \
	tests/unit/test_outbound \
	tests/unit/test_own_certificate \
	tests/unit/test_rate \
	tests/unit/test_readers \
	tests/unit/test_record \
	tests/unit/test_reply \
	tests/unit/test_report \
	tests/unit/test_result \
	tests/unit/test_sealing \
	tests/unit/test_token \
	tests/unit/test_trigger

tests_unit_test_armor_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_armor_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_authority_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_authority_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_author_name_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_author_name_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_authres_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_authres_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_demand_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_demand_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_directory_recipient_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_directory_recipient_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_directory_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_directory_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_edits_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_edits_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_envelope_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_envelope_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_exemption_SOURCES = tests/unit/test_exemption.c $(HEADER_LINES)
tests_unit_test_exemption_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_exemption_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
GATE_FIXTURE = tests/unit/gate_fixture.c tests/unit/gate_fixture.h
tests_unit_test_gate_SOURCES = tests/unit/test_gate.c $(GATE_FIXTURE)
tests_unit_test_gate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gate_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_gate_copies_SOURCES = tests/unit/test_gate_copies.c \
	$(GATE_FIXTURE)
tests_unit_test_gate_copies_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gate_copies_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_gate_trigger_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gate_trigger_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_gateway_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gateway_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=deadline_left
tests_unit_test_gateway_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_gather_SOURCES = tests/unit/test_gather.c $(HEADER_LINES)
tests_unit_test_gather_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gather_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_gather_policy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gather_policy_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_guard_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_guard_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_guard_report_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_guard_report_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_handover_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_handover_SOURCES = tests/unit/test_handover.c \
	tests/unit/smtp_fixture.c tests/unit/smtp_fixture.h
tests_unit_test_handover_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_sent_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sent_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_lesson_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_lesson_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_harvester_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_harvester_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_gate_disclaimer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gate_disclaimer_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_gate_disclaimer_made_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gate_disclaimer_made_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_gate_inbound_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gate_inbound_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_inbound_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_inbound_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_inbound_decrypt_CPPFLAGS = $(UNIT_CPPFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_inbound_decrypt_SOURCES = tests/unit/test_inbound_decrypt.c \
	tests/unit/compressed_sample.c tests/unit/compressed_sample.h \
	tests/unit/smtp_fixture.c tests/unit/smtp_fixture.h
tests_unit_test_inbound_decrypt_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_job_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_job_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_job_disclaimer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_job_disclaimer_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_job_gate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_job_gate_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=edits_remove_recipient \
	-Wl,--wrap=gather_group_certificates \
	-Wl,--wrap=smime_encrypt \
	-Wl,--wrap=smime_sign \
	-Wl,--wrap=sealing_add \
	-Wl,--wrap=edits_delete_fields \
	-Wl,--wrap=edits_carry \
	-Wl,--wrap=edits_write_header \
	-Wl,--wrap=mark_remove_results \
	-Wl,--wrap=token_make \
	-Wl,--wrap=decide \
	-Wl,--wrap=triggers_edit
tests_unit_test_job_gate_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_job_policy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_job_policy_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_disclaimer_names_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_disclaimer_names_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_levels_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_levels_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_job_trigger_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_job_trigger_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_mark_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_mark_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_notice_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_notice_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_outbound_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_outbound_SOURCES = tests/unit/test_outbound.c \
	tests/unit/smtp_fixture.c tests/unit/smtp_fixture.h
tests_unit_test_outbound_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=smime_encrypt -Wl,--wrap=smime_encrypt_der
tests_unit_test_outbound_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_own_certificate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_own_certificate_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_rate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rate_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_readers_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_readers_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_record_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_record_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_reply_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_reply_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_report_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_report_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_result_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_result_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_sealing_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sealing_LDADD = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_token_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_token_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)
tests_unit_test_trigger_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_trigger_LDADD = $(GATEWAY_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(GATEWAY_TESTS)
TESTS += $(GATEWAY_TESTS)
endif
