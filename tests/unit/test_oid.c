/* Every object identifier against the form that people write. */
#include "unit/unit.h"

#include <openssl/objects.h>

#include "smime/oid.h"

static const struct {
	enum oid oid;
	const char *dotted;
} table[] = {
    {OID_DATA, "1.2.840.113549.1.7.1"},
    {OID_SIGNED_DATA, "1.2.840.113549.1.7.2"},
    {OID_ENVELOPED_DATA, "1.2.840.113549.1.7.3"},
    {OID_AUTH_ENVELOPED_DATA, "1.2.840.113549.1.9.16.1.23"},
    {OID_COMPRESSED_DATA, "1.2.840.113549.1.9.16.1.9"},
    {OID_MD5, "1.2.840.113549.2.5"},
    {OID_SHA1, "1.3.14.3.2.26"},
    {OID_SHA224, "2.16.840.1.101.3.4.2.4"},
    {OID_SHA256, "2.16.840.1.101.3.4.2.1"},
    {OID_SHA384, "2.16.840.1.101.3.4.2.2"},
    {OID_SHA512, "2.16.840.1.101.3.4.2.3"},
    {OID_RSA, "1.2.840.113549.1.1.1"},
    {OID_RSA_MD5, "1.2.840.113549.1.1.4"},
    {OID_RSA_SHA1, "1.2.840.113549.1.1.5"},
    {OID_RSA_SHA224, "1.2.840.113549.1.1.14"},
    {OID_RSA_SHA256, "1.2.840.113549.1.1.11"},
    {OID_RSA_SHA384, "1.2.840.113549.1.1.12"},
    {OID_RSA_SHA512, "1.2.840.113549.1.1.13"},
    {OID_RSA_PSS, "1.2.840.113549.1.1.10"},
    {OID_RSA_OAEP, "1.2.840.113549.1.1.7"},
    {OID_MGF1, "1.2.840.113549.1.1.8"},
    {OID_P_SPECIFIED, "1.2.840.113549.1.1.9"},
    {OID_EC, "1.2.840.10045.2.1"},
    {OID_ECDSA_SHA1, "1.2.840.10045.4.1"},
    {OID_ECDSA_SHA224, "1.2.840.10045.4.3.1"},
    {OID_ECDSA_SHA256, "1.2.840.10045.4.3.2"},
    {OID_ECDSA_SHA384, "1.2.840.10045.4.3.3"},
    {OID_ECDSA_SHA512, "1.2.840.10045.4.3.4"},
    {OID_ED25519, "1.3.101.112"},
    {OID_STD_DH_SHA1, "1.3.133.16.840.63.0.2"},
    {OID_STD_DH_SHA224, "1.3.132.1.11.0"},
    {OID_STD_DH_SHA256, "1.3.132.1.11.1"},
    {OID_STD_DH_SHA384, "1.3.132.1.11.2"},
    {OID_STD_DH_SHA512, "1.3.132.1.11.3"},
    {OID_COFACTOR_DH_SHA1, "1.3.133.16.840.63.0.3"},
    {OID_COFACTOR_DH_SHA224, "1.3.132.1.14.0"},
    {OID_COFACTOR_DH_SHA256, "1.3.132.1.14.1"},
    {OID_COFACTOR_DH_SHA384, "1.3.132.1.14.2"},
    {OID_COFACTOR_DH_SHA512, "1.3.132.1.14.3"},
    {OID_AES128_WRAP, "2.16.840.1.101.3.4.1.5"},
    {OID_AES192_WRAP, "2.16.840.1.101.3.4.1.25"},
    {OID_AES256_WRAP, "2.16.840.1.101.3.4.1.45"},
    {OID_AES128_CBC, "2.16.840.1.101.3.4.1.2"},
    {OID_AES192_CBC, "2.16.840.1.101.3.4.1.22"},
    {OID_AES256_CBC, "2.16.840.1.101.3.4.1.42"},
    {OID_AES128_GCM, "2.16.840.1.101.3.4.1.6"},
    {OID_AES192_GCM, "2.16.840.1.101.3.4.1.26"},
    {OID_AES256_GCM, "2.16.840.1.101.3.4.1.46"},
    {OID_DES_EDE3_CBC, "1.2.840.113549.3.7"},
    {OID_CHACHA20_POLY1305, "1.2.840.113549.1.9.16.3.18"},
    {OID_ZLIB, "1.2.840.113549.1.9.16.3.8"},
    {OID_CONTENT_TYPE, "1.2.840.113549.1.9.3"},
    {OID_MESSAGE_DIGEST, "1.2.840.113549.1.9.4"},
    {OID_SIGNING_TIME, "1.2.840.113549.1.9.5"},
    {OID_SMIME_CAPABILITIES, "1.2.840.113549.1.9.15"},
    {OID_ENCRYPTION_KEY_PREFERENCE, "1.2.840.113549.1.9.16.2.11"},
    {OID_SIGNING_CERTIFICATE, "1.2.840.113549.1.9.16.2.12"},
    {OID_SIGNING_CERTIFICATE_V2, "1.2.840.113549.1.9.16.2.47"},
    {OID_CMS_ALGORITHM_PROTECTION, "1.2.840.113549.1.9.52"},
};

#define COUNT (sizeof(table) / sizeof(table[0]))

static void
test_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		ASN1_OBJECT *object = OBJ_txt2obj(table[i].dotted, 1);
		struct slice wanted;

		assert_non_null(object);
		wanted = slice_make(OBJ_get0_data(object), OBJ_length(object));
		if (!slice_equal(wanted, oid_bytes(table[i].oid)))
			fail_msg("%s is wrong", table[i].dotted);
		assert_int_equal(oid_find(wanted), table[i].oid);
		ASN1_OBJECT_free(object);
	}
}

static void
test_complete(void **state)
{
	(void)state;
	assert_int_equal(COUNT, OID_COUNT - 1);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(table[i].oid, i + 1);
}

static void
test_unknown(void **state)
{
	(void)state;
	assert_int_equal(oid_find(slice_make(NULL, 0)), OID_UNKNOWN);
	assert_int_equal(oid_find(slice_text("\x2a\x86")), OID_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_complete),
	    cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
