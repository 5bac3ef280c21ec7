noinst_LIBRARIES += milter/smime/libsmime.a
milter_smime_libsmime_a_CPPFLAGS = $(AM_CPPFLAGS) $(ZLIB_CFLAGS)
milter_smime_libsmime_a_SOURCES = \
	%D%/algorithms.c %D%/algorithms.h \
	%D%/capabilities.c %D%/capabilities.h \
	%D%/ciphertext.c %D%/ciphertext.h \
	%D%/cms_body.c %D%/cms_body.h \
	%D%/cms_id.c %D%/cms_id.h \
	%D%/compressed.c %D%/compressed.h \
	%D%/content.c %D%/content.h \
	%D%/content_guard.c %D%/content_guard.h \
	%D%/content_cipher.c %D%/content_cipher.h \
	%D%/decrypt.c %D%/decrypt.h \
	%D%/der.c %D%/der.h \
	%D%/detect.c %D%/detect.h \
	%D%/encrypt.c %D%/encrypt.h \
	%D%/entity.c %D%/entity.h \
	%D%/envelope.c %D%/envelope.h \
	%D%/identity.c %D%/identity.h \
	%D%/intact.c %D%/intact.h \
	%D%/intact_text.c %D%/intact_text.h \
	%D%/layers.c %D%/layers.h \
	%D%/layers_envelope.c %D%/layers_walk.h \
	%D%/oid.c %D%/oid.h \
	%D%/own_index.c %D%/own_index.h \
	%D%/plaintext.c %D%/plaintext.h \
	%D%/recipient_info.c %D%/recipient_info.h \
	%D%/recipient_open.c %D%/recipient_open.h \
	%D%/recipient_seal.c %D%/recipient_seal.h \
	%D%/rsa_params.c %D%/rsa_params.h \
	%D%/seal.c %D%/seal.h \
	%D%/seal_align.c %D%/seal_align.h \
	%D%/seal_compare.c %D%/seal_compare.h %D%/seal_comparing.h \
	%D%/seal_digest.c %D%/seal_digest.h \
	%D%/seal_field.c \
	%D%/seal_finding.c %D%/seal_findings.h \
	%D%/seal_leaf.c \
	%D%/seal_number.c \
	%D%/sign.c %D%/sign.h \
	%D%/signed_attrs.c %D%/signed_attrs.h \
	%D%/signed_data.c %D%/signed_data.h \
	%D%/signer.c %D%/signer.h \
	%D%/tlv.c %D%/tlv.h \
	%D%/verdict.c \
	%D%/verify.c %D%/verify.h

SMIME_TESTS = \
	tests/unit/test_algorithms \
	tests/unit/test_capabilities \
	tests/unit/test_cms_id \
	tests/unit/test_content_guard \
	tests/unit/test_intact \
	tests/unit/test_oid \
	tests/unit/test_rsa_params \
	tests/unit/test_seal \
	tests/unit/test_seal_compare \
	tests/unit/test_seal_untouched \
	tests/unit/test_smime_compressed \
	tests/unit/test_smime_decrypt \
	tests/unit/test_smime_detect \
	tests/unit/test_smime_encrypt \
	tests/unit/test_smime_layers \
	tests/unit/test_smime_open \
	tests/unit/test_smime_plaintext \
	tests/unit/test_smime_sign \
	tests/unit/test_smime_verify \
	tests/unit/test_tlv

SMIME_FIXTURE = tests/unit/smime_fixture.c tests/unit/smime_fixture.h \
	tests/unit/keyd_fixture.c tests/unit/keyd_fixture.h
HANDMADE = tests/unit/handmade.c tests/unit/handmade.h
SEALED = tests/unit/seal_fixture.c tests/unit/seal_fixture.h
SMIME_FIXTURE_LIBS = tests/unit/libfixture.a $(SMIME_LIBS) $(UNIT_LIBS)

tests_unit_test_algorithms_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_algorithms_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_capabilities_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_capabilities_LDADD = tests/unit/libfixture.a $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_cms_id_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_cms_id_LDADD = tests/unit/libfixture.a $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_content_guard_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_content_guard_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_intact_CPPFLAGS = $(UNIT_CPPFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_intact_SOURCES = tests/unit/test_intact.c \
	tests/unit/layers_fixture.c tests/unit/layers_fixture.h \
	tests/unit/compressed_sample.c tests/unit/compressed_sample.h \
	$(SEALED) $(HANDMADE) $(SMIME_FIXTURE)
tests_unit_test_intact_LDADD = $(SMIME_FIXTURE_LIBS)
tests_unit_test_oid_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_oid_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_rsa_params_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rsa_params_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_seal_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_seal_SOURCES = tests/unit/test_seal.c $(SEALED)
tests_unit_test_seal_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_seal_compare_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_seal_compare_SOURCES = tests/unit/test_seal_compare.c $(SEALED)
tests_unit_test_seal_compare_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_seal_untouched_CPPFLAGS = $(UNIT_CPPFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_seal_untouched_SOURCES = tests/unit/test_seal_untouched.c \
	tests/unit/seal_messages.c tests/unit/seal_messages.h \
	tests/unit/layers_fixture.c tests/unit/layers_fixture.h \
	tests/unit/compressed_sample.c tests/unit/compressed_sample.h \
	$(SEALED) $(SMIME_FIXTURE)
tests_unit_test_seal_untouched_LDADD = $(SMIME_FIXTURE_LIBS)
tests_unit_test_smime_compressed_CPPFLAGS = $(UNIT_CPPFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_smime_compressed_SOURCES = tests/unit/test_smime_compressed.c \
	tests/unit/compressed_sample.c tests/unit/compressed_sample.h
tests_unit_test_smime_compressed_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_smime_decrypt_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smime_decrypt_SOURCES = tests/unit/test_smime_decrypt.c \
	tests/unit/envelope_sample.c tests/unit/envelope_sample.h \
	$(SMIME_FIXTURE)
tests_unit_test_smime_decrypt_LDADD = $(SMIME_FIXTURE_LIBS)
tests_unit_test_smime_detect_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smime_detect_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_smime_encrypt_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smime_encrypt_SOURCES = tests/unit/test_smime_encrypt.c \
	$(SMIME_FIXTURE)
tests_unit_test_smime_encrypt_LDADD = $(SMIME_FIXTURE_LIBS)
tests_unit_test_smime_layers_CPPFLAGS = $(UNIT_CPPFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_smime_layers_SOURCES = tests/unit/test_smime_layers.c \
	tests/unit/envelope_sample.c tests/unit/envelope_sample.h \
	tests/unit/layers_fixture.c tests/unit/layers_fixture.h \
	tests/unit/compressed_sample.c tests/unit/compressed_sample.h \
	$(SMIME_FIXTURE)
tests_unit_test_smime_layers_LDADD = $(SMIME_FIXTURE_LIBS)
tests_unit_test_smime_open_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smime_open_SOURCES = tests/unit/test_smime_open.c \
	tests/unit/envelope_sample.c tests/unit/envelope_sample.h \
	$(SMIME_FIXTURE)
tests_unit_test_smime_open_LDADD = $(SMIME_FIXTURE_LIBS)
tests_unit_test_smime_plaintext_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smime_plaintext_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)
tests_unit_test_smime_sign_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smime_sign_SOURCES = tests/unit/test_smime_sign.c \
	$(SMIME_FIXTURE)
tests_unit_test_smime_sign_LDADD = $(SMIME_FIXTURE_LIBS)
tests_unit_test_smime_verify_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_smime_verify_SOURCES = tests/unit/test_smime_verify.c \
	$(HANDMADE) $(SMIME_FIXTURE)
tests_unit_test_smime_verify_LDADD = $(SMIME_FIXTURE_LIBS)
tests_unit_test_tlv_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tlv_LDADD = $(SMIME_LIBS) $(UNIT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(SMIME_TESTS)
TESTS += $(SMIME_TESTS)
endif

# Judged by the openssl command, gpgsm and NSS.
check_PROGRAMS += tests/tools/smime_tool
tests_tools_smime_tool_LDADD = $(SMIME_LIBS)
TESTS += tests/system/smime_judge_test.py
EXTRA_DIST += tests/system/smime_judge_test.py
