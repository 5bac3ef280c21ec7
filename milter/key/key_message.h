/*
 * key_message.h: what is said between smime-milter and smime-keyd.
 *
 * One packet of an AF_UNIX SOCK_SEQPACKET socket holds one message: a fixed
 * head and at most LIMIT_KEY_FIELDS fields of at most LIMIT_KEY_FIELD bytes.
 * Integers are big-endian.  A request and its reply have the same head; a
 * reply repeats operation and sequence and sets status.
 *
 *   offset size
 *        0    1  version, KEY_VERSION
 *        1    1  operation, enum key_operation
 *        2    1  algorithm, enum key_algorithm
 *        3    1  hash, enum key_hash
 *        4    1  second hash: MGF1 (OAEP), KDF (ECDH)
 *        5    1  status, enum key_status; 0 in requests
 *        6    2  wanted length of the result in bytes (UNWRAP_*)
 *        8    4  sequence
 *       12   12  lengths of the three fields, 4 bytes each
 *       24   32  key id: SHA-256 of the SubjectPublicKeyInfo
 *       56       the fields
 *
 * The decoder refuses every message that is not exactly so: trailing bytes,
 * unknown values, lengths over the caps.
 */
#ifndef KEY_KEY_MESSAGE_H
#define KEY_KEY_MESSAGE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/slice.h"

#define KEY_VERSION	1
#define KEY_ID_SIZE	32
#define KEY_HEAD_SIZE	56
#define KEY_MESSAGE_MAX (KEY_HEAD_SIZE + LIMIT_KEY_FIELDS * LIMIT_KEY_FIELD)

/* Fields of requests -> fields of the reply.  A reply whose status is not
 * KEY_OK has one field instead: why, in words for people. */
enum key_operation {
	KEY_HELLO = 1,	  /* none -> "smime-keyd VERSION" */
	KEY_SIGN_ATTRS,	  /* DER SET OF signed attributes -> signature */
	KEY_UNWRAP_RSA,	  /* encrypted key, [OAEP label] -> content key */
	KEY_UNWRAP_ECDH,  /* ephemeral SPKI, wrapped key, DER of
	                  * ECC-CMS-SharedInfo (RFC 5753 7.2) -> content key */
	KEY_LOAD,	  /* wrapped PKCS#8 -> none */
	KEY_WRAP,	  /* PKCS#8 DER -> wrapped PKCS#8, SPKI; head: key id */
	KEY_GENERATE,	  /* none -> wrapped PKCS#8, SPKI; head: key id */
	KEY_SIGN_REQUEST, /* CertificationRequestInfo (RFC 2986) for this key's
	                   * own SPKI -> signature */
	KEY_OPERATION_LAST = KEY_SIGN_REQUEST
};

enum key_algorithm {
	KEY_ALG_NONE = 0,
	KEY_ALG_RSA_PKCS1, /* signatures and key transport v1.5 */
	KEY_ALG_RSA_PSS,   /* salt as long as the hash, MGF1 the same hash */
	KEY_ALG_RSA_OAEP,
	KEY_ALG_ECDSA,
	KEY_ALG_ECDH, /* X9.63 KDF, AES key wrap (RFC 3394) */
	KEY_ALG_ED25519,
	/* For KEY_GENERATE only */
	KEY_ALG_NEW_RSA2048,
	KEY_ALG_NEW_RSA3072,
	KEY_ALG_NEW_RSA4096,
	KEY_ALG_NEW_P256,
	KEY_ALG_NEW_P384,
	KEY_ALG_NEW_P521,
	KEY_ALG_NEW_ED25519,
	KEY_ALG_LAST = KEY_ALG_NEW_ED25519
};

enum key_hash {
	KEY_HASH_NONE = 0,
	KEY_HASH_SHA1, /* OAEP and KDF only; never signatures */
	KEY_HASH_SHA224,
	KEY_HASH_SHA256,
	KEY_HASH_SHA384,
	KEY_HASH_SHA512,
	KEY_HASH_LAST = KEY_HASH_SHA512
};

enum key_status {
	KEY_OK = 0,
	KEY_UNKNOWN,	 /* no such key id loaded: LOAD it and ask again */
	KEY_REFUSED,	 /* not something that keyd does with this key */
	KEY_BAD_MESSAGE, /* cannot be decoded */
	KEY_FAILED,	 /* the operation failed, e.g. a wrapped key that the
	                  * wrapping key does not open */
	KEY_STATUS_LAST = KEY_FAILED
};

struct key_message {
	enum key_operation operation;
	enum key_algorithm algorithm;
	enum key_hash hash;
	enum key_hash hash2;
	enum key_status status;
	uint16_t wanted;
	uint32_t sequence;
	unsigned char key_id[KEY_ID_SIZE];
	struct slice fields[LIMIT_KEY_FIELDS]; /* borrowed */
};

/* Appends the packet to out.  Fails only when a field is over its cap. */
int key_message_encode(
    const struct key_message *m, struct buf *out, struct err *err) MUST_USE;

/* Reads a packet; the fields of m point into it. */
int key_message_decode(
    struct key_message *m, struct slice packet, struct err *err) MUST_USE;

#endif
