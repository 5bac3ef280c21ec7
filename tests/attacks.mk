# What published attacks would do to us (tests/unit/attack_site.h).
ATTACK_SITE = tests/unit/attack_site.c tests/unit/attack_site.h $(HANDMADE)
ATTACK_LIBS = $(GATEWAY_FIXTURE_LIBS) $(UNIT_LIBS)

ATTACK_TESTS = \
	tests/unit/test_attacks_certificate \
	tests/unit/test_attacks_from \
	tests/unit/test_attacks_gate \
	tests/unit/test_attacks_oracle \
	tests/unit/test_attacks_structure \
	tests/unit/test_attacks_tamper

tests_unit_test_attacks_certificate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_attacks_certificate_SOURCES = \
	tests/unit/test_attacks_certificate.c $(ATTACK_SITE)
tests_unit_test_attacks_certificate_LDADD = $(ATTACK_LIBS)
tests_unit_test_attacks_from_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_attacks_from_SOURCES = tests/unit/test_attacks_from.c \
	$(ATTACK_SITE)
tests_unit_test_attacks_from_LDADD = $(ATTACK_LIBS)
tests_unit_test_attacks_gate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_attacks_gate_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=gate_inbound_check
tests_unit_test_attacks_gate_LDADD = $(ATTACK_LIBS)
tests_unit_test_attacks_oracle_CPPFLAGS = $(UNIT_CPPFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_attacks_oracle_SOURCES = tests/unit/test_attacks_oracle.c \
	tests/unit/layers_fixture.c tests/unit/layers_fixture.h \
	tests/unit/compressed_sample.c tests/unit/compressed_sample.h \
	$(SMIME_FIXTURE)
tests_unit_test_attacks_oracle_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=key_unwrap_rsa -Wl,--wrap=key_unwrap_ecdh \
	-Wl,--wrap=content_cipher_open
tests_unit_test_attacks_oracle_LDADD = $(SMIME_FIXTURE_LIBS)
tests_unit_test_attacks_structure_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_attacks_structure_SOURCES = \
	tests/unit/test_attacks_structure.c $(ATTACK_SITE)
tests_unit_test_attacks_structure_LDADD = $(ATTACK_LIBS)
tests_unit_test_attacks_tamper_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_attacks_tamper_SOURCES = tests/unit/test_attacks_tamper.c \
	$(ATTACK_SITE)
tests_unit_test_attacks_tamper_LDADD = $(ATTACK_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(ATTACK_TESTS)
TESTS += $(ATTACK_TESTS)
endif

# The whole installation.
TESTS += %D%/system/attacks_test.py
EXTRA_DIST += %D%/system/attacks_test.py %D%/system/attack_messages.py
