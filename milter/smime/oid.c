/*
 * oid.c: see oid.h.  Constant data, callable from any thread.  The unit test
 * compares every entry with the dotted form that OpenSSL makes of it.
 */
#include "smime/oid.h"

#include <assert.h>

/* Arcs that many identifiers share. */
#define RSADSI	  "\x2a\x86\x48\x86\xf7\x0d"	     /* 1.2.840.113549 */
#define PKCS1	  RSADSI "\x01\x01"		     /* .1.1 */
#define PKCS7	  RSADSI "\x01\x07"		     /* .1.7 */
#define PKCS9	  RSADSI "\x01\x09"		     /* .1.9 */
#define SMIME_CT  PKCS9 "\x10\x01"		     /* .1.9.16.1 */
#define SMIME_ALG PKCS9 "\x10\x03"		     /* .1.9.16.3 */
#define SMIME_AA  PKCS9 "\x10\x02"		     /* .1.9.16.2 */
#define X962	  "\x2a\x86\x48\xce\x3d"	     /* 1.2.840.10045 */
#define X963	  "\x2b\x81\x05\x10\x86\x48\x3f"     /* 1.3.133.16.840.63 */
#define CERTICOM  "\x2b\x81\x04\x01"		     /* 1.3.132.1 */
#define NIST_AES  "\x60\x86\x48\x01\x65\x03\x04\x01" /* 2.16.840.1.101.3.4.1 */
#define NIST_HASH "\x60\x86\x48\x01\x65\x03\x04\x02" /* 2.16.840.1.101.3.4.2 */

#define BYTES(literal)                                                         \
	{                                                                      \
		(const unsigned char *)(literal), sizeof(literal) - 1          \
	}

static const struct slice oids[OID_COUNT] = {
    [OID_DATA] = BYTES(PKCS7 "\x01"),
    [OID_SIGNED_DATA] = BYTES(PKCS7 "\x02"),
    [OID_ENVELOPED_DATA] = BYTES(PKCS7 "\x03"),
    [OID_AUTH_ENVELOPED_DATA] = BYTES(SMIME_CT "\x17"),
    [OID_COMPRESSED_DATA] = BYTES(SMIME_CT "\x09"),

    [OID_MD5] = BYTES(RSADSI "\x02\x05"),
    [OID_SHA1] = BYTES("\x2b\x0e\x03\x02\x1a"),
    [OID_SHA224] = BYTES(NIST_HASH "\x04"),
    [OID_SHA256] = BYTES(NIST_HASH "\x01"),
    [OID_SHA384] = BYTES(NIST_HASH "\x02"),
    [OID_SHA512] = BYTES(NIST_HASH "\x03"),

    [OID_RSA] = BYTES(PKCS1 "\x01"),
    [OID_RSA_MD5] = BYTES(PKCS1 "\x04"),
    [OID_RSA_SHA1] = BYTES(PKCS1 "\x05"),
    [OID_RSA_SHA224] = BYTES(PKCS1 "\x0e"),
    [OID_RSA_SHA256] = BYTES(PKCS1 "\x0b"),
    [OID_RSA_SHA384] = BYTES(PKCS1 "\x0c"),
    [OID_RSA_SHA512] = BYTES(PKCS1 "\x0d"),
    [OID_RSA_PSS] = BYTES(PKCS1 "\x0a"),
    [OID_RSA_OAEP] = BYTES(PKCS1 "\x07"),
    [OID_MGF1] = BYTES(PKCS1 "\x08"),
    [OID_P_SPECIFIED] = BYTES(PKCS1 "\x09"),
    [OID_EC] = BYTES(X962 "\x02\x01"),
    [OID_ECDSA_SHA1] = BYTES(X962 "\x04\x01"),
    [OID_ECDSA_SHA224] = BYTES(X962 "\x04\x03\x01"),
    [OID_ECDSA_SHA256] = BYTES(X962 "\x04\x03\x02"),
    [OID_ECDSA_SHA384] = BYTES(X962 "\x04\x03\x03"),
    [OID_ECDSA_SHA512] = BYTES(X962 "\x04\x03\x04"),
    [OID_ED25519] = BYTES("\x2b\x65\x70"),

    [OID_STD_DH_SHA1] = BYTES(X963 "\x00\x02"),
    [OID_STD_DH_SHA224] = BYTES(CERTICOM "\x0b\x00"),
    [OID_STD_DH_SHA256] = BYTES(CERTICOM "\x0b\x01"),
    [OID_STD_DH_SHA384] = BYTES(CERTICOM "\x0b\x02"),
    [OID_STD_DH_SHA512] = BYTES(CERTICOM "\x0b\x03"),
    [OID_COFACTOR_DH_SHA1] = BYTES(X963 "\x00\x03"),
    [OID_COFACTOR_DH_SHA224] = BYTES(CERTICOM "\x0e\x00"),
    [OID_COFACTOR_DH_SHA256] = BYTES(CERTICOM "\x0e\x01"),
    [OID_COFACTOR_DH_SHA384] = BYTES(CERTICOM "\x0e\x02"),
    [OID_COFACTOR_DH_SHA512] = BYTES(CERTICOM "\x0e\x03"),
    [OID_AES128_WRAP] = BYTES(NIST_AES "\x05"),
    [OID_AES192_WRAP] = BYTES(NIST_AES "\x19"),
    [OID_AES256_WRAP] = BYTES(NIST_AES "\x2d"),

    [OID_AES128_CBC] = BYTES(NIST_AES "\x02"),
    [OID_AES192_CBC] = BYTES(NIST_AES "\x16"),
    [OID_AES256_CBC] = BYTES(NIST_AES "\x2a"),
    [OID_AES128_GCM] = BYTES(NIST_AES "\x06"),
    [OID_AES192_GCM] = BYTES(NIST_AES "\x1a"),
    [OID_AES256_GCM] = BYTES(NIST_AES "\x2e"),
    [OID_DES_EDE3_CBC] = BYTES(RSADSI "\x03\x07"),
    [OID_CHACHA20_POLY1305] = BYTES(SMIME_ALG "\x12"),

    [OID_ZLIB] = BYTES(SMIME_ALG "\x08"),

    [OID_CONTENT_TYPE] = BYTES(PKCS9 "\x03"),
    [OID_MESSAGE_DIGEST] = BYTES(PKCS9 "\x04"),
    [OID_SIGNING_TIME] = BYTES(PKCS9 "\x05"),
    [OID_SMIME_CAPABILITIES] = BYTES(PKCS9 "\x0f"),
    [OID_ENCRYPTION_KEY_PREFERENCE] = BYTES(SMIME_AA "\x0b"),
    [OID_SIGNING_CERTIFICATE] = BYTES(SMIME_AA "\x0c"),
    [OID_SIGNING_CERTIFICATE_V2] = BYTES(SMIME_AA "\x2f"),
    [OID_CMS_ALGORITHM_PROTECTION] = BYTES(PKCS9 "\x34"),
};

struct slice
oid_bytes(enum oid oid)
{
	assert(oid > OID_UNKNOWN && oid < OID_COUNT);
	return oids[oid];
}

enum oid
oid_find(struct slice bytes)
{
	for (int i = OID_UNKNOWN + 1; i < OID_COUNT; i++)
		if (slice_equal(oids[i], bytes))
			return (enum oid)i;
	return OID_UNKNOWN;
}
