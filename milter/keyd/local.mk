noinst_LIBRARIES += milter/keyd/libkeyd.a
milter_keyd_libkeyd_a_SOURCES = \
	%D%/keyd_answer.c %D%/keyd_answer.h \
	%D%/keyd_attrs.c %D%/keyd_attrs.h \
	%D%/keyd_cache.c %D%/keyd_cache.h \
	%D%/keyd_complain.c %D%/keyd_complain.h \
	%D%/keyd_constant_time.h \
	%D%/keyd_crypto.c %D%/keyd_crypto.h \
	%D%/keyd_decoy.c %D%/keyd_decoy.h \
	%D%/keyd_der.c %D%/keyd_der.h \
	%D%/keyd_filter.h \
	%D%/keyd_key.c %D%/keyd_key.h \
	%D%/keyd_options.c %D%/keyd_options.h \
	%D%/keyd_peers.c %D%/keyd_peers.h \
	%D%/keyd_request_info.c %D%/keyd_request_info.h \
	%D%/keyd_seal.c %D%/keyd_seal.h \
	%D%/keyd_service.c %D%/keyd_service.h \
	%D%/keyd_sign.c %D%/keyd_sign.h \
	%D%/keyd_unwrap.h %D%/keyd_unwrap_ecdh.c %D%/keyd_unwrap_rsa.c \
	%D%/keyd_workers.c %D%/keyd_workers.h
if SANITIZING
milter_keyd_libkeyd_a_SOURCES += %D%/keyd_filter_none.c
else
milter_keyd_libkeyd_a_SOURCES += %D%/keyd_filter.c
endif

dist_man_MANS += %D%/smime-keyd.8

sbin_PROGRAMS += smime-keyd
smime_keyd_SOURCES = %D%/main.c
smime_keyd_LDADD = $(KEYD_LIBS)

KEY_SAMPLE = tests/unit/key_sample.c tests/unit/key_sample.h \
	tests/unit/key_pool.c tests/unit/key_pool.h

# What drives the program over its socket.
KEYD_FIXTURE = $(KEY_SAMPLE) \
	tests/unit/key_identity.c tests/unit/key_identity.h \
	tests/unit/keyd_fixture.c tests/unit/keyd_fixture.h

KEYD_TESTS = \
	tests/unit/test_keyd_answer \
	tests/unit/test_keyd_attrs \
	tests/unit/test_keyd_cache \
	tests/unit/test_keyd_der \
	tests/unit/test_keyd_key \
	tests/unit/test_keyd_options \
	tests/unit/test_keyd_peers \
	tests/unit/test_keyd_request_info \
	tests/unit/test_keyd_seal \
	tests/unit/test_keyd_service \
	tests/unit/test_keyd_sign \
	tests/unit/test_keyd_unwrap_ecdh \
	tests/unit/test_keyd_unwrap_rsa

tests_unit_test_keyd_answer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_answer_SOURCES = tests/unit/test_keyd_answer.c $(KEY_SAMPLE)
tests_unit_test_keyd_answer_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_attrs_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_attrs_SOURCES = tests/unit/test_keyd_attrs.c $(KEY_SAMPLE)
tests_unit_test_keyd_attrs_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_cache_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_cache_SOURCES = tests/unit/test_keyd_cache.c $(KEY_SAMPLE)
tests_unit_test_keyd_cache_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_der_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_der_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_key_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_key_SOURCES = tests/unit/test_keyd_key.c $(KEY_SAMPLE)
tests_unit_test_keyd_key_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_options_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_options_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_peers_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_peers_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_request_info_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_request_info_SOURCES = tests/unit/test_keyd_request_info.c $(KEY_SAMPLE)
tests_unit_test_keyd_request_info_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_seal_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_seal_SOURCES = tests/unit/test_keyd_seal.c $(KEYD_FIXTURE)
tests_unit_test_keyd_seal_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_service_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_service_SOURCES = tests/unit/test_keyd_service.c $(KEYD_FIXTURE)
tests_unit_test_keyd_service_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_sign_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_sign_SOURCES = tests/unit/test_keyd_sign.c $(KEYD_FIXTURE)
tests_unit_test_keyd_sign_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_unwrap_ecdh_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_unwrap_ecdh_SOURCES = tests/unit/test_keyd_unwrap_ecdh.c $(KEYD_FIXTURE)
tests_unit_test_keyd_unwrap_ecdh_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
tests_unit_test_keyd_unwrap_rsa_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_unwrap_rsa_SOURCES = tests/unit/test_keyd_unwrap_rsa.c $(KEYD_FIXTURE)
tests_unit_test_keyd_unwrap_rsa_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)

# Builds with sanitizers have no filter.
if !SANITIZING
KEYD_TESTS += tests/unit/test_keyd_filter
tests_unit_test_keyd_filter_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_keyd_filter_LDADD = $(KEYD_LIBS) $(UNIT_LIBS)
endif

if HAVE_CMOCKA
check_PROGRAMS += $(KEYD_TESTS)
TESTS += $(KEYD_TESTS)
endif

TESTS += tests/system/keyd_test.py
EXTRA_DIST += tests/system/keyd_test.py
