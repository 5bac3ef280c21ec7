noinst_LIBRARIES += milter/cert/libcert.a
milter_cert_libcert_a_SOURCES = \
	%D%/cert_harvest.c %D%/cert_harvest.h \
	%D%/cert_pick.c %D%/cert_pick.h \
	%D%/continuity.c %D%/continuity.h \
	%D%/certificate.c %D%/certificate.h \
	%D%/certificate_cache.c %D%/certificate_cache.h \
	%D%/certificate_list.c \
	%D%/certificate_names.c %D%/certificate_names.h \
	%D%/judged.c %D%/judged.h \
	%D%/partner_certs.c %D%/partner_certs.h \
	%D%/store.c %D%/store.h %D%/store_backend.h \
	%D%/store_record.c \
	%D%/store_schema.c %D%/store_schema.h \
	%D%/store_sqlite.c %D%/store_sqlite.h \
	%D%/store_sqlite_authority.c \
	%D%/store_sqlite_chain.c \
	%D%/store_sqlite_contact.c \
	%D%/store_sqlite_count.c \
	%D%/store_sqlite_disclaimer.c \
	%D%/store_sqlite_file.c \
	%D%/store_sqlite_journal.c \
	%D%/store_sqlite_login.c \
	%D%/store_sqlite_own.c \
	%D%/store_sqlite_partner.c \
	%D%/store_sqlite_partner_cap.c \
	%D%/store_sqlite_partner_judge.c \
	%D%/store_sqlite_partner_read.c \
	%D%/store_sqlite_recipient.c \
	%D%/store_sqlite_setting.c \
	%D%/store_sqlite_user.c \
	%D%/store_sqlite_walk.c \
	%D%/trust.c %D%/trust.h %D%/trust_parts.h \
	%D%/trust_base.c \
	%D%/trust_check.c

# Authorities and certificates for tests of this and other folders.
check_LIBRARIES += tests/unit/libfixture.a
tests_unit_libfixture_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_libfixture_a_SOURCES = \
	tests/unit/cert_fixture.c tests/unit/cert_fixture.h \
	tests/unit/key_pool.c tests/unit/key_pool.h \
	tests/unit/store_case.c tests/unit/store_case.h \
	tests/unit/store_scene.c tests/unit/store_scene.h
FIXTURE_LIBS = tests/unit/libfixture.a $(CERT_LIBS)

CERT_TESTS = tests/unit/test_certificate tests/unit/test_store \
	tests/unit/test_store_learned tests/unit/test_store_migrate \
	tests/unit/test_store_policy \
	tests/unit/test_trust tests/unit/test_cert_pick \
	tests/unit/test_cert_harvest tests/unit/test_certificate_cache \
	tests/unit/test_continuity

tests_unit_test_certificate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_certificate_LDADD = $(FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_certificate_cache_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_certificate_cache_LDADD = $(FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_store_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_store_LDADD = $(FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_store_learned_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_store_learned_LDADD = $(FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_store_migrate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_store_migrate_LDADD = $(FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_store_policy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_store_policy_LDADD = $(FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_trust_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_trust_LDADD = $(FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_cert_pick_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_cert_pick_LDADD = $(FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_cert_harvest_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_cert_harvest_LDADD = $(FIXTURE_LIBS) $(UNIT_LIBS)
tests_unit_test_continuity_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_continuity_LDADD = $(FIXTURE_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(CERT_TESTS)
TESTS += $(CERT_TESTS)
endif
