/*
 * keyd_unwrap_ecdh.c: see keyd_unwrap.h.  Any thread.
 *
 * The shared secret never leaves: it goes through the KDF together with an
 * ECC-CMS-SharedInfo that is checked here, so that keyd is of no use as an
 * oracle for other protocols with the same key.
 */
#include "keyd/keyd_unwrap.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include "keyd/keyd_constant_time.h"
#include "keyd/keyd_decoy.h"
#include "keyd/keyd_der.h"

#define SHARED_SECRET_MAX 66 /* P-521 */
#define WRAP_OVERHEAD	  8  /* RFC 3394: the integrity check */
#define KEY_SIZES	  3

/* id-aes128-wrap, id-aes192-wrap, id-aes256-wrap (RFC 3565 2.3.2). */
static const unsigned char oid_aes_wrap[KEY_SIZES][9] = {
    {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x05},
    {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x19},
    {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2d}};

/* Bytes of the AES key number i of 3. */
static size_t
key_size(int i)
{
	return 16 + 8 * (size_t)i;
}

static int
check_request(
    const struct keyd_key *key, const struct key_message *m, struct err *err)
{
	if (key->kind != KEYD_EC)
		return err_set(err, ERR_POLICY, "not an EC key");
	if (m->algorithm != KEY_ALG_ECDH || m->hash != KEY_HASH_NONE ||
	    m->hash2 == KEY_HASH_NONE)
		return err_set(
		    err, ERR_POLICY, "not a way to unwrap with an EC key");
	for (int i = 0; i < KEY_SIZES; i++)
		if (m->wanted == key_size(i))
			return 0;
	return err_set(err, ERR_POLICY,
	    "a content key of %u bytes; 16, 24 and 32 are unwrapped",
	    m->wanted);
}

/* suppPubInfo: the length of the key-encryption key in bits. */
static bool
says_size(struct slice supp_pub_info, size_t bytes)
{
	const unsigned char *p = supp_pub_info.data;

	return supp_pub_info.len == 4 && p[0] == 0 && p[1] == 0 &&
	       (size_t)(p[2] << 8 | p[3]) == 8 * bytes;
}

/*
 * ECC-CMS-SharedInfo ::= SEQUENCE { keyInfo AlgorithmIdentifier,
 *   entityUInfo [0] EXPLICIT OCTET STRING OPTIONAL,
 *   suppPubInfo [2] EXPLICIT OCTET STRING }     (RFC 5753 7.2)
 * Which of the three AES key wraps it is for, or -1.
 */
static int
read_shared_info(struct slice info)
{
	struct keyd_der all, algorithm, oid, tagged, ukm, size;

	if (!keyd_der_only(info, DER_SEQUENCE, &all) ||
	    !keyd_der_next(&all.contents, DER_SEQUENCE, &algorithm) ||
	    !keyd_der_next(&algorithm.contents, DER_OID, &oid))
		return -1;
	if (keyd_der_next(&all.contents, DER_CONTEXT_0, &tagged) &&
	    !keyd_der_only(tagged.contents, DER_OCTET_STRING, &ukm))
		return -1;
	if (!keyd_der_only(all.contents, DER_CONTEXT_2, &tagged) ||
	    !keyd_der_only(tagged.contents, DER_OCTET_STRING, &size))
		return -1;
	for (int i = 0; i < KEY_SIZES; i++)
		if (slice_equal(oid.contents,
			slice_make(oid_aes_wrap[i], sizeof(oid_aes_wrap[i]))))
			return says_size(size.contents, key_size(i)) ? i : -1;
	return -1;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, BIT STRING } */
static bool
read_algorithm(struct slice spki, struct slice *algorithm)
{
	struct keyd_der all, first, bits;

	if (!keyd_der_only(spki, DER_SEQUENCE, &all) ||
	    !keyd_der_next(&all.contents, DER_SEQUENCE, &first) ||
	    !keyd_der_only(all.contents, DER_BIT_STRING, &bits))
		return false;
	*algorithm = first.whole;
	return true;
}

/* Only a key on the same named curve is decoded, and only a point on it is
 * taken (invalid curve attacks).  The cofactor of all three is 1, which
 * makes the quick check complete (SP 800-56A 5.6.2.3.4). */
static EVP_PKEY *
read_ephemeral(const struct keyd_key *key, struct slice spki)
{
	const unsigned char *p = spki.data;
	struct slice ours, theirs;
	EVP_PKEY *peer;
	EVP_PKEY_CTX *ctx;
	bool good = false;

	if (!read_algorithm(buf_slice(&key->spki), &ours) ||
	    !read_algorithm(spki, &theirs) || !slice_equal(ours, theirs))
		return NULL;
	peer = d2i_PUBKEY_ex(NULL, &p, (long)spki.len, NULL, NULL);
	if (!peer || p != spki.data + spki.len)
		goto out;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
	good = ctx && EVP_PKEY_public_check_quick(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
out:
	if (good)
		return peer;
	EVP_PKEY_free(peer);
	return NULL;
}

static int
set_up(EVP_PKEY_CTX *ctx, const struct keyd_use *use)
{
	(void)use;
	return EVP_PKEY_derive_init(ctx) == 1 ? 0 : -1;
}

static int
derive(struct keyd_key *key, EVP_PKEY *peer, unsigned char *secret, size_t *len)
{
	struct keyd_use use = {KEY_ALG_ECDH, KEY_HASH_NONE, NULL, set_up};
	EVP_PKEY_CTX *ctx = keyd_key_context(key, &use);
	int rc = -1;

	if (ctx && EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
	    EVP_PKEY_derive(ctx, secret, len) == 1)
		rc = 0;
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

/* OSSL_PARAM has no const; the KDF only reads. */
static void *
without_const(const void *p)
{
	union {
		const void *in;
		void *out;
	} pointer = {.in = p};

	return pointer.out;
}

static int
run_kdf(const struct keyd_crypto *c, const struct key_message *m,
    struct slice secret, unsigned char *kek, size_t kek_size)
{
	const char *hash = EVP_MD_get0_name(c->hashes[m->hash2]);
	struct slice info = m->fields[2];
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(
		OSSL_KDF_PARAM_DIGEST, without_const(hash), 0),
	    OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_KEY, without_const(secret.data), secret.len),
	    OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_INFO, without_const(info.data), info.len),
	    OSSL_PARAM_construct_end()};
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(c->x963);
	int rc = -1;

	if (ctx && EVP_KDF_derive(ctx, kek, kek_size, params) == 1)
		rc = 0;
	EVP_KDF_CTX_free(ctx);
	return rc;
}

static int
agree(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m, unsigned char *kek, size_t kek_size)
{
	unsigned char secret[SHARED_SECRET_MAX];
	size_t len = sizeof(secret);
	EVP_PKEY *peer = read_ephemeral(key, m->fields[0]);
	int rc = -1;

	if (peer && derive(key, peer, secret, &len) == 0)
		rc = run_kdf(c, m, slice_make(secret, len), kek, kek_size);
	EVP_PKEY_free(peer);
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc;
}

/* All ones when out, of m->wanted bytes, was wrapped with that key. */
static uint32_t
unwrap(EVP_CIPHER *cipher, const unsigned char *kek,
    const struct key_message *m, unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct slice in = m->fields[1];
	int len = 0, rc = 0;

	if (ctx && in.len == (size_t)m->wanted + WRAP_OVERHEAD) {
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		rc = EVP_DecryptInit_ex2(ctx, cipher, kek, NULL, NULL);
		if (rc == 1)
			rc = EVP_DecryptUpdate(
			    ctx, out, &len, in.data, (int)in.len);
	}
	EVP_CIPHER_CTX_free(ctx);
	return ct_equal((uint32_t)rc, 1) & ct_equal((uint32_t)len, m->wanted);
}

int
keyd_unwrap_ecdh(const struct keyd_crypto *c, struct keyd_key *key,
    const struct key_message *m, struct buf *content_key, struct err *err)
{
	unsigned char decoy[KEYD_CONTENT_KEY_MAX];
	unsigned char kek[KEYD_CONTENT_KEY_MAX];
	unsigned char plain[KEYD_CONTENT_KEY_MAX + WRAP_OVERHEAD] = {0};
	unsigned char *room;
	uint32_t good;
	int size, rc = -1;

	if (check_request(key, m, err) || keyd_decoy_make(c, m, decoy, err))
		return -1;
	ERR_clear_error();
	size = read_shared_info(m->fields[2]);
	room = buf_reserve(content_key, m->wanted);
	if (size < 0 || !room || agree(c, key, m, kek, key_size(size))) {
		err_set(err, ERR_POLICY,
		    size < 0 ? "shared info that is not for AES key wrap"
			     : "originator key that is not on our curve");
		goto out;
	}
	good = unwrap(c->unwrap[size], kek, m, plain);
	ct_select(good, room, plain, decoy, m->wanted);
	content_key->len += m->wanted;
	rc = 0;
out:
	ERR_clear_error();
	OPENSSL_cleanse(kek, sizeof(kek));
	OPENSSL_cleanse(plain, sizeof(plain));
	OPENSSL_cleanse(decoy, sizeof(decoy));
	return rc;
}
