/*
 * key_client.h: asking smime-keyd.
 *
 * The client keeps a pool of connections with one request in flight on each,
 * and may be used by any number of threads.  One deadline covers everything
 * an operation needs (waiting for a connection, connecting, LOAD, asking
 * again after an unknown key or once after a lost connection).  A key
 * process that is away, slow or restarting is a temporary error; connections
 * are made anew as soon as it is back.
 */
#ifndef KEY_KEY_CLIENT_H
#define KEY_KEY_CLIENT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "key/key_message.h"

struct key_client;

/* A private key as a client knows it: by its public key, and sealed. */
struct key_ref {
	unsigned char id[KEY_ID_SIZE]; /* SHA-256 of SubjectPublicKeyInfo */
	struct slice wrapped;	       /* for LOAD; borrowed; may be empty */
};

struct key_signing {
	enum key_algorithm algorithm; /* RSA_PKCS1, RSA_PSS, ECDSA, ED25519 */
	enum key_hash hash;	      /* SHA256 or more; ED25519: SHA512 */
};

/* Does not connect yet.  connections: at most that many at a time. */
struct key_client *key_client_new(
    const char *socket_path, unsigned connections, int timeout_ms);
void key_client_free(struct key_client *client);

/* Is it there, and does it speak our version?  *version is text for people,
 * which the caller frees. */
int key_hello(
    struct key_client *client, char **version, struct err *err) MUST_USE;

/* Signs the DER of a SET OF signed attributes (RFC 5652 5.4), at most
 * LIMIT_SIGNED_ATTRS bytes whose first attribute is contentType. */
int key_sign_attrs(struct key_client *client, const struct key_ref *key,
    struct key_signing how, struct slice attrs, struct buf *signature,
    struct err *err) MUST_USE;

/* Signs a CertificationRequestInfo that is for this key's own public key. */
int key_sign_request(struct key_client *client, const struct key_ref *key,
    struct key_signing how, struct slice info, struct buf *signature,
    struct err *err) MUST_USE;

/*
 * The content key of a KeyTransRecipientInfo, exactly wanted bytes.  With
 * PKCS#1 v1.5 a wrong ciphertext gives a pseudo-random key, not an error
 * (RFC 3218): the content then fails to decrypt, and nobody can tell why.
 * label: OAEP only, usually empty.
 */
struct key_transport {
	enum key_algorithm algorithm; /* RSA_PKCS1 or RSA_OAEP */
	enum key_hash hash;	      /* OAEP */
	enum key_hash mgf_hash;	      /* OAEP */
	struct slice label;	      /* OAEP */
	struct slice encrypted;	      /* the ciphertext */
};
int key_unwrap_rsa(struct key_client *client, const struct key_ref *key,
    const struct key_transport *how, size_t wanted, struct buf *content_key,
    struct err *err) MUST_USE;

/* The content key of a KeyAgreeRecipientInfo (RFC 5753): ephemeral is the
 * originator's SubjectPublicKeyInfo, shared_info the DER of
 * ECC-CMS-SharedInfo; kdf_hash SHA1 to SHA512. */
struct key_agreement {
	enum key_hash kdf_hash;
	struct slice ephemeral;
	struct slice shared_info;
	struct slice wrapped_key;
};
int key_unwrap_ecdh(struct key_client *client, const struct key_ref *key,
    const struct key_agreement *how, size_t wanted, struct buf *content_key,
    struct err *err) MUST_USE;

/* A new private key as it is stored. */
struct key_sealed {
	unsigned char id[KEY_ID_SIZE];
	struct buf wrapped; /* PKCS#8 under AES-256 key wrap with padding */
	struct buf spki;    /* SubjectPublicKeyInfo, DER */
};
void key_sealed_init(struct key_sealed *sealed);
void key_sealed_fini(struct key_sealed *sealed);

/* Seals a private key (DER of PKCS#8 PrivateKeyInfo). */
int key_wrap(struct key_client *client, struct slice pkcs8,
    struct key_sealed *out, struct err *err) MUST_USE;

/* Makes a key pair; algorithm is one of KEY_ALG_NEW_*.  May take
 * LIMIT_GENERATE_MS, whatever the client's own timeout. */
int key_generate(struct key_client *client, enum key_algorithm algorithm,
    struct key_sealed *out, struct err *err) MUST_USE;

#endif
