noinst_LIBRARIES += milter/admin/libadmin.a
milter_admin_libadmin_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
milter_admin_libadmin_a_SOURCES = \
	%D%/ca_profile.c %D%/ca_profile.h \
	%D%/cert_json.c %D%/cert_json.h \
	%D%/key_file.c %D%/key_file.h \
	%D%/key_type.c %D%/key_type.h \
	%D%/local_ca.c %D%/local_ca.h \
	%D%/message_file.c %D%/message_file.h \
	%D%/output.c %D%/output.h \
	%D%/passphrase.c %D%/passphrase.h \
	%D%/suggest.c %D%/suggest.h \
	%D%/table.c %D%/table.h

ADMIN_TESTS = \
	tests/unit/test_cert_json \
	tests/unit/test_key_file \
	tests/unit/test_local_ca \
	tests/unit/test_message_file \
	tests/unit/test_output \
	tests/unit/test_passphrase \
	tests/unit/test_suggest \
	tests/unit/test_table
ADMIN_UNIT_CPPFLAGS = $(UNIT_CPPFLAGS) $(JANSSON_CFLAGS)
ADMIN_UNIT_LIBS = tests/unit/libfixture.a $(ADMIN_LIBS) $(UNIT_LIBS)

tests_unit_test_cert_json_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_cert_json_LDADD = $(ADMIN_UNIT_LIBS)
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
tests_unit_test_suggest_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_suggest_LDADD = $(ADMIN_UNIT_LIBS)
tests_unit_test_table_CPPFLAGS = $(ADMIN_UNIT_CPPFLAGS)
tests_unit_test_table_LDADD = $(ADMIN_UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(ADMIN_TESTS)
TESTS += $(ADMIN_TESTS)
endif
