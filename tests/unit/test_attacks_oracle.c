/*
 * Does the work, or the answer, tell why a message did not open?
 * Bleichenbacher (1998) and RFC 3218 against PKCS#1 v1.5, Manger (2001)
 * against OAEP, Vaudenay (2002) and the multipart oracles of 2023 against CBC
 * (rule X4).
 *
 * Time cannot be tested, work can: for every kind of failure the key process
 * is asked as often, and the content is decrypted as often, as for a message
 * with which nothing is wrong.
 */
#include "unit/unit.h"

#include <string.h>

#include <openssl/rsa.h>

#include "key/key_client.h"
#include "smime/content_cipher.h"
#include "smime/layers.h"
#include "unit/layers_fixture.h"

#define ALICE "alice@example.org"
#define ENTITY                                                                 \
	"Content-Type: text/plain; charset=us-ascii\r\n\r\n"                   \
	"A secret of more than a few blocks, so that there is something to "   \
	"change in the middle of it.\r\n"

static struct smime_fixture fixture;
static struct smime_user bob, bob_ec; /* RSA-2048, P-256 */
static struct store_own_cert bobs[2]; /* borrowed from the users */
static struct trust *trust;

/* --- counting --- */

static struct work {
	unsigned asked;	    /* requests to the key process */
	unsigned decrypted; /* contents */
} work;

int __real_key_unwrap_rsa(struct key_client *, const struct key_ref *,
    const struct key_transport *, size_t, struct buf *, struct err *);
int __wrap_key_unwrap_rsa(struct key_client *, const struct key_ref *,
    const struct key_transport *, size_t, struct buf *, struct err *);
int __real_key_unwrap_ecdh(struct key_client *, const struct key_ref *,
    const struct key_agreement *, size_t, struct buf *, struct err *);
int __wrap_key_unwrap_ecdh(struct key_client *, const struct key_ref *,
    const struct key_agreement *, size_t, struct buf *, struct err *);
int __real_content_cipher_open(const struct content_cipher *,
    const struct envelope *, const unsigned char *, struct spool *,
    struct err *);
int __wrap_content_cipher_open(const struct content_cipher *,
    const struct envelope *, const unsigned char *, struct spool *,
    struct err *);

int
__wrap_key_unwrap_rsa(struct key_client *c, const struct key_ref *key,
    const struct key_transport *how, size_t wanted, struct buf *out,
    struct err *err)
{
	work.asked++;
	return __real_key_unwrap_rsa(c, key, how, wanted, out, err);
}

int
__wrap_key_unwrap_ecdh(struct key_client *c, const struct key_ref *key,
    const struct key_agreement *how, size_t wanted, struct buf *out,
    struct err *err)
{
	work.asked++;
	return __real_key_unwrap_ecdh(c, key, how, wanted, out, err);
}

int
__wrap_content_cipher_open(const struct content_cipher *cipher,
    const struct envelope *envelope, const unsigned char *key,
    struct spool *out, struct err *err)
{
	work.decrypted++;
	return __real_content_cipher_open(cipher, envelope, key, out, err);
}

/* --- set-up --- */

static int
start(void **state)
{
	const struct trust_config none = {0};
	struct err err;

	(void)state;
	smime_fixture_start(&fixture);
	smime_user_make(&fixture, &bob,
	    &(struct fixture_opts){
		.address = "bob@example.net", .key = "RSA-2048"});
	smime_user_make(&fixture, &bob_ec,
	    &(struct fixture_opts){.address = "bob@example.net"});
	bobs[0] = bob.own;
	bobs[1] = bob_ec.own;
	assert_int_equal(trust_load(&none, &trust, &err), 0);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	trust_release(&trust);
	smime_user_fini(&bob_ec);
	smime_user_fini(&bob);
	smime_fixture_stop(&fixture);
	return 0;
}

/* --- what anybody sees of a message --- */

/* Everything that the rest of the program has from it, as a text. */
static void
describe(struct smime_layers *l, struct buf *out)
{
	buf_init(out, 65536);
	buf_addf(out,
	    "%s %s (%s) part=%s outside=%d own=%s cipher=%s auth=%d "
	    "used=%u reads=%d fields=%zu body=%zu signers=%u:",
	    smime_decryption_name(l->decryption),
	    smime_status_name(l->verdict.status), l->verdict.detail, l->part,
	    l->signed_outside, l->fingerprint, l->cipher, l->authenticated,
	    l->used, l->reads[0], l->content.count, l->body.len,
	    l->verdict.signers);
	for (size_t i = 0; i < l->count; i++)
		buf_addf(out, " %s", smime_kind_name(l->kinds[i]));
	buf_addf(out, " to %s", buf_text(&l->recipients));
}

/* DER of a ciphertext becomes a message and is read; what is seen is
 * appended to *seen, or must be the same when there is something. */
static void
read_der(struct slice der, struct buf *seen)
{
	struct smime_reader reader = {bobs, 2};
	struct smime_layers_opts opts = {
	    .verify = {.trust = trust, .now = fixture_now(), .from = ALICE},
	    .keys = fixture.keys,
	    .readers = &reader,
	    .reader_count = 1,
	};
	struct smime_layers layers;
	struct smime_message m;
	struct buf message;
	struct err err;

	layers_begin(&message, "");
	layers_cms(&message, NULL, der);
	layers_finish(&message, ALICE);
	smime_message_parse(&m, buf_slice(&message));
	smime_layers_init(&layers, &fixture.spool);
	work = (struct work){0};
	if (smime_layers_read(&opts, &m.header, m.body, &layers, &err))
		fail_msg("%s", err.text);
	describe(&layers, seen);
	smime_layers_fini(&layers);
	smime_message_fini(&m);
	buf_fini(&message);
}

/* --- ways to fail --- */

/* The encryptedKey of a message to bob: 256 octets. */
static unsigned char *
encrypted_key(struct buf *der)
{
	return der->data +
	       smime_find(buf_slice(der), slice_make("\x04\x82\x01\x00", 4)) +
	       4;
}

/* Puts another value into its place, padded as told. */
static void
replace_key(struct buf *der, const unsigned char *value, size_t len, int pad)
{
	EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_pkey(NULL, bob.cert.key, NULL);
	size_t size = 256;

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, pad), 1);
	assert_int_equal(
	    EVP_PKEY_encrypt(ctx, encrypted_key(der), &size, value, len), 1);
	assert_int_equal(size, 256);
	EVP_PKEY_CTX_free(ctx);
}

static const unsigned char content_key[256] = {0, 2};

static void
wrong_key(struct buf *der)
{
	replace_key(der, content_key, 32, RSA_PKCS1_PADDING);
}

static void
short_key(struct buf *der)
{
	replace_key(der, content_key, 16, RSA_PKCS1_PADDING);
}

static void
long_key(struct buf *der)
{
	replace_key(der, content_key, 100, RSA_PKCS1_PADDING);
}

static void
no_key(struct buf *der)
{
	replace_key(der, content_key, 0, RSA_PKCS1_PADDING);
}

static void
no_padding(struct buf *der)
{
	replace_key(der, content_key, 256, RSA_NO_PADDING); /* 00 02 00 ... */
}

static void
padding_of_signatures(struct buf *der)
{
	unsigned char block[256];

	memset(block, 0xff, sizeof(block));
	block[0] = 0;
	block[1] = 1;
	block[223] = 0;
	replace_key(der, block, 256, RSA_NO_PADDING);
}

static void
oaep_instead(struct buf *der)
{
	replace_key(der, content_key, 32, RSA_PKCS1_OAEP_PADDING);
}

static void
key_flipped(struct buf *der)
{
	encrypted_key(der)[255] ^= 1;
}

static void
key_too_large(struct buf *der)
{
	memset(encrypted_key(der), 0xff, 256);
}

static void
key_zero(struct buf *der)
{
	memset(encrypted_key(der), 0, 256);
}

/* The end of the ciphertext: padding of CBC, tag of GCM. */
static void
end_flipped(struct buf *der)
{
	der->data[der->len - 1] ^= 1;
}

/* Not in the first blocks, where the header is; not the padding. */
static void
middle_flipped(struct buf *der)
{
	der->data[der->len - 70] ^= 1;
}

static void
block_before_flipped(struct buf *der)
{
	der->data[der->len - 17] ^= 0x80;
}

/* With a header that is none. */
static void
start_flipped(struct buf *der)
{
	der->data[der->len - 150] ^= 0x80;
}

struct failure {
	const char *what;
	void (*change)(struct buf *der);
	bool may_open; /* CBC cannot tell (rule X3) */
};

static bool
is_opened(struct buf *seen)
{
	return strncmp(buf_text(seen), "opened", 6) == 0;
}

static void
check_failures(enum smime_cipher cipher, const struct smime_user *to,
    const struct failure *failures, size_t count)
{
	struct buf message, der, seen, closed;
	struct work good;

	layers_begin(&message, ENTITY);
	layers_encrypt_der(&message, &fixture, cipher,
	    (const struct smime_user *const[]){to}, 1, &der);
	read_der(buf_slice(&der), &seen);
	good = work;
	assert_true(is_opened(&seen));
	assert_int_equal(good.asked, 1);
	assert_int_equal(good.decrypted, 1);
	buf_fini(&seen);
	buf_fini(&der);
	closed = (struct buf){0};
	for (size_t i = 0; i < count; i++) {
		/* Each has its own: nothing is remembered. */
		layers_encrypt_der(&message, &fixture, cipher,
		    (const struct smime_user *const[]){to}, 1, &der);
		failures[i].change(&der);
		read_der(buf_slice(&der), &seen);
		if (memcmp(&work, &good, sizeof(work)) != 0)
			fail_msg("%s: asked %u times, decrypted %u times",
			    failures[i].what, work.asked, work.decrypted);
		if (!closed.data) {
			closed = seen;
			assert_false(is_opened(&seen));
			buf_fini(&der);
			continue;
		}
		if (!(failures[i].may_open && is_opened(&seen)) &&
		    strcmp(buf_text(&seen), buf_text(&closed)) != 0)
			fail_msg("%s: %s\nothers: %s", failures[i].what,
			    buf_text(&seen), buf_text(&closed));
		buf_fini(&seen);
		buf_fini(&der);
	}
	buf_fini(&closed);
	buf_fini(&message);
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const struct failure transport[] = {
    {"wrong key", wrong_key, false},
    {"short key", short_key, false},
    {"long key", long_key, false},
    {"no key", no_key, false},
    {"nothing behind the padding", no_padding, false},
    {"padding of a signature", padding_of_signatures, false},
    {"OAEP where PKCS#1 v1.5 is said", oaep_instead, false},
    {"one bit of the wrapped key", key_flipped, false},
    {"larger than the modulus", key_too_large, false},
    {"zero", key_zero, false},
};

static void
test_key_transport(void **state)
{
	(void)state;
	check_failures(
	    SMIME_CIPHER_AES256_GCM, &bob, transport, COUNT(transport));
}

/* With a wrong key CBC ends in a right padding once in 256 times; then it is
 * garbage, which is no entity either, or nearly never. */
static void
test_key_transport_cbc(void **state)
{
	struct failure lucky[COUNT(transport)];

	(void)state;
	memcpy(lucky, transport, sizeof(transport));
	for (size_t i = 1; i < COUNT(lucky); i++)
		lucky[i].may_open = true;
	check_failures(SMIME_CIPHER_AES256_CBC, &bob, lucky, COUNT(lucky));
}

static void
test_content(void **state)
{
	static const struct failure failures[] = {
	    {"the end", end_flipped, false},
	    {"the middle", middle_flipped, false},
	    {"the header", start_flipped, false},
	};
	static const struct failure of_cbc[] = {
	    {"padding by the block before", block_before_flipped, false},
	    {"padding", end_flipped, true},
	    {"the header", start_flipped, false},
	    {"the middle", middle_flipped, true},
	};

	(void)state;
	check_failures(
	    SMIME_CIPHER_AES256_GCM, &bob, failures, COUNT(failures));
	check_failures(
	    SMIME_CIPHER_AES256_GCM, &bob_ec, failures, COUNT(failures));
	check_failures(SMIME_CIPHER_AES256_CBC, &bob, of_cbc, COUNT(of_cbc));
}

/* What is inside a ciphertext that opens well, and is no message: as if it
 * had not opened. */
static void
test_entities(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
	    {"\0\1\2\3", 4},
	    {"no header and no end", 20},
	    {"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx",
		53},
	    {"\xff\xfe\r\n\r\nx", 7},
	    {": x\r\n\r\nx", 8},
	};
	struct buf message, der, seen, closed;

	(void)state;
	layers_begin(&message, ENTITY);
	layers_encrypt_der(&message, &fixture, SMIME_CIPHER_AES256_GCM,
	    (const struct smime_user *const[]){&bob}, 1, &der);
	end_flipped(&der);
	read_der(buf_slice(&der), &closed);
	buf_fini(&der);
	buf_fini(&message);
	for (size_t i = 0; i < COUNT(rows); i++) {
		layers_begin_bytes(
		    &message, slice_make(rows[i].bytes, rows[i].len));
		layers_encrypt_der(&message, &fixture, SMIME_CIPHER_AES256_GCM,
		    (const struct smime_user *const[]){&bob}, 1, &der);
		read_der(buf_slice(&der), &seen);
		assert_int_equal(work.asked, 1);
		assert_int_equal(work.decrypted, 1);
		if (strcmp(buf_text(&seen), buf_text(&closed)) != 0)
			fail_msg("%zu: %s\nothers: %s", i, buf_text(&seen),
			    buf_text(&closed));
		buf_fini(&seen);
		buf_fini(&der);
		buf_fini(&message);
	}
	buf_fini(&closed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_key_transport),
	    cmocka_unit_test(test_key_transport_cbc),
	    cmocka_unit_test(test_content),
	    cmocka_unit_test(test_entities),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
