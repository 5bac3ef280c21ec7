/*
 * oid.h: the object identifiers of S/MIME that this project knows.
 *
 * As the content octets of their DER, so that neither reading nor writing
 * needs OpenSSL's object table.
 */
#ifndef SMIME_OID_H
#define SMIME_OID_H

#include "base/slice.h"

enum oid {
	OID_UNKNOWN = 0,

	/* Content types */
	OID_DATA,
	OID_SIGNED_DATA,
	OID_ENVELOPED_DATA,
	OID_AUTH_ENVELOPED_DATA,
	OID_COMPRESSED_DATA,

	/* Digests */
	OID_MD5,
	OID_SHA1,
	OID_SHA224,
	OID_SHA256,
	OID_SHA384,
	OID_SHA512,

	/* Keys and signatures */
	OID_RSA,
	OID_RSA_MD5,
	OID_RSA_SHA1,
	OID_RSA_SHA224,
	OID_RSA_SHA256,
	OID_RSA_SHA384,
	OID_RSA_SHA512,
	OID_RSA_PSS,
	OID_RSA_OAEP,
	OID_MGF1,
	OID_P_SPECIFIED,
	OID_EC,
	OID_ECDSA_SHA1,
	OID_ECDSA_SHA224,
	OID_ECDSA_SHA256,
	OID_ECDSA_SHA384,
	OID_ECDSA_SHA512,
	OID_ED25519,

	/* Key agreement, RFC 5753 7.1.4 */
	OID_STD_DH_SHA1,
	OID_STD_DH_SHA224,
	OID_STD_DH_SHA256,
	OID_STD_DH_SHA384,
	OID_STD_DH_SHA512,
	OID_COFACTOR_DH_SHA1,
	OID_COFACTOR_DH_SHA224,
	OID_COFACTOR_DH_SHA256,
	OID_COFACTOR_DH_SHA384,
	OID_COFACTOR_DH_SHA512,
	OID_AES128_WRAP,
	OID_AES192_WRAP,
	OID_AES256_WRAP,

	/* Content encryption */
	OID_AES128_CBC,
	OID_AES192_CBC,
	OID_AES256_CBC,
	OID_AES128_GCM,
	OID_AES192_GCM,
	OID_AES256_GCM,
	OID_DES_EDE3_CBC,
	OID_CHACHA20_POLY1305, /* RFC 8103 */

	/* Compression, RFC 3274 */
	OID_ZLIB,

	/* Attributes */
	OID_CONTENT_TYPE,
	OID_MESSAGE_DIGEST,
	OID_SIGNING_TIME,
	OID_SMIME_CAPABILITIES,
	OID_ENCRYPTION_KEY_PREFERENCE,
	OID_SIGNING_CERTIFICATE,
	OID_SIGNING_CERTIFICATE_V2,
	OID_CMS_ALGORITHM_PROTECTION,

	OID_COUNT
};

/* Content octets of the identifier; static.  Not for OID_UNKNOWN. */
struct slice oid_bytes(enum oid oid);

/* The identifier with these content octets, or OID_UNKNOWN. */
enum oid oid_find(struct slice bytes);

#endif
