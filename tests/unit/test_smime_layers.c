/*
 * Layers: every order of signatures, compressions and ciphertexts, who reads
 * them, and what is left of a message that cannot be opened (rules V2, V7,
 * V8, X1 to X10).
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <zlib.h>

#include "base/alloc.h"
#include "smime/envelope.h"
#include "smime/layers.h"
#include "smime/recipient_info.h"
#include "unit/compressed_sample.h"
#include "unit/envelope_sample.h"
#include "unit/layers_fixture.h"

#define ALICE  "alice@example.org"
#define ENTITY "Content-Type: text/plain; charset=us-ascii\r\n\r\nA secret.\r\n"

static struct smime_fixture fixture;
static struct smime_user alice, bob, carol, bob_ec;
static struct trust *trust;
static struct store_own_cert bobs[2]; /* borrowed from the users */
static struct smime_reader readers[2];

static void
user(struct smime_user *out, const char *address, const char *key)
{
	smime_user_make(&fixture, out,
	    &(struct fixture_opts){
		.name = address, .address = address, .key = key});
}

static int
start(void **state)
{
	const struct trust_config none = {0};
	struct err err;

	(void)state;
	smime_fixture_start(&fixture);
	user(&alice, ALICE, "P-256");
	user(&bob, "bob@example.net", "RSA-2048");
	user(&bob_ec, "bob@example.net", "P-256");
	user(&carol, "carol@example.net", "RSA-2048");
	bobs[0] = bob.own;
	bobs[1] = bob_ec.own;
	readers[0] = (struct smime_reader){bobs, 2};
	readers[1] = (struct smime_reader){&carol.own, 1};
	assert_int_equal(trust_load(&none, &trust, &err), 0);
	assert_int_equal(
	    trust_add_anchor(trust, fixture.root.certificate, &err), 0);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	trust_release(&trust);
	smime_user_fini(&alice);
	smime_user_fini(&bob);
	smime_user_fini(&bob_ec);
	smime_user_fini(&carol);
	smime_fixture_stop(&fixture);
	return 0;
}

/* --- asking --- */

static int
read_with(struct key_client *keys, const struct buf *message,
    struct smime_layers *out, struct err *err)
{
	struct smime_layers_opts opts = {
	    .verify = {.trust = trust, .now = time(NULL), .from = ALICE},
	    .keys = keys,
	    .readers = readers,
	    .reader_count = 2,
	};
	struct smime_message m;
	int rc;

	smime_message_parse(&m, buf_slice(message));
	smime_layers_init(out, &fixture.spool);
	rc = smime_layers_read(&opts, &m.header, m.body, out, err);
	assert_int_equal(ERR_peek_error(), 0);
	smime_message_fini(&m);
	return rc;
}

/* Puts the message around what was built, and reads it. */
static void
read_layers(struct buf *message, struct smime_layers *out)
{
	struct err err;

	layers_finish(message, ALICE);
	if (read_with(fixture.keys, message, out, &err))
		fail_msg("%s", err.text);
}

/* kinds, by name, with a blank between */
static void
assert_kinds(const struct smime_layers *l, const char *expected)
{
	struct buf text;

	buf_init(&text, 4096);
	for (size_t i = 0; i < l->count; i++)
		buf_addf(&text, "%s%s", i > 0 ? " " : "",
		    smime_kind_name(l->kinds[i]));
	assert_string_equal(buf_text(&text), expected);
	buf_fini(&text);
}

static void
assert_verdict(const struct smime_layers *l, enum smime_status status,
    const char *detail, const char *part)
{
	assert_string_equal(
	    smime_status_name(l->verdict.status), smime_status_name(status));
	assert_string_equal(l->verdict.detail, detail);
	assert_string_equal(l->part, part);
}

/* The delivered entity, whole. */
static void
assert_content(const struct smime_layers *l, const char *expected)
{
	struct buf text;

	assert_int_equal(l->decryption, SMIME_OPENED);
	buf_init(&text, 1u << 20);
	for (size_t i = 0; i < l->content.count; i++)
		header_field_write(&l->content.fields[i], &text);
	buf_add_text(&text, "\r\n");
	buf_add_slice(&text, l->body);
	assert_string_equal(buf_text(&text), expected);
	buf_fini(&text);
}

static void
assert_closed(const struct smime_layers *l)
{
	assert_int_equal(l->decryption, SMIME_CLOSED);
	assert_false(l->reads[0] || l->reads[1]);
	assert_string_equal(l->fingerprint, "");
	assert_int_equal(l->content.count, 0);
	assert_int_equal(l->body.len, 0);
	assert_false(l->authenticated);
	assert_int_equal(l->used, 0);
}

static const struct smime_user *const to_bob[] = {&bob};
static const struct smime_user *const to_both[] = {&bob, &carol};

/* --- what is clear --- */

static void
test_unsigned(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	layers_begin(&m, ENTITY);
	read_layers(&m, &l);
	assert_kinds(&l, "");
	assert_verdict(&l, SMIME_UNSIGNED, "", "");
	assert_int_equal(l.decryption, SMIME_CLEAR);
	smime_layers_fini(&l);
	buf_fini(&m);
}

static void
test_signed(void **state)
{
	(void)state;
	for (int opaque = 0; opaque < 2; opaque++) {
		struct smime_layers l;
		struct buf m;

		layers_begin(&m, ENTITY);
		layers_sign(&m, &fixture, &alice, opaque);
		read_layers(&m, &l);
		assert_kinds(&l, opaque ? "signed-data" : "multipart-signed");
		assert_verdict(&l, SMIME_VALID, "", opaque ? "1" : "2");
		assert_int_equal(l.decryption, SMIME_CLEAR);
		assert_false(l.signed_outside);
		smime_layers_fini(&l);
		buf_fini(&m);
	}
}

/* --- encrypted --- */

static void
test_encrypted(void **state)
{
	static const enum smime_cipher ciphers[] = {
	    SMIME_CIPHER_AES256_CBC, SMIME_CIPHER_AES128_GCM};

	(void)state;
	for (int gcm = 0; gcm < 2; gcm++) {
		struct smime_layers l;
		struct buf m;

		layers_begin(&m, ENTITY);
		layers_encrypt(&m, &fixture, ciphers[gcm], to_bob, 1);
		read_layers(&m, &l);
		assert_kinds(&l, gcm ? "authEnveloped-data" : "enveloped-data");
		assert_verdict(&l, SMIME_UNSIGNED, "", "");
		assert_content(&l, ENTITY);
		assert_true(l.reads[0]);
		assert_false(l.reads[1]);
		assert_string_equal(
		    l.fingerprint, bob.cert.certificate->fingerprint_text);
		assert_string_equal(
		    l.cipher, gcm ? "aes128-gcm" : "aes256-cbc");
		assert_int_equal(l.authenticated, gcm);
		smime_layers_fini(&l);
		buf_fini(&m);
	}
}

static void
test_signed_inside(void **state)
{
	(void)state;
	for (int opaque = 0; opaque < 2; opaque++) {
		struct smime_layers l;
		struct buf m, inner;

		layers_begin(&m, ENTITY);
		layers_sign(&m, &fixture, &alice, opaque);
		layers_begin(&inner, buf_text(&m));
		layers_encrypt(
		    &m, &fixture, SMIME_CIPHER_AES256_CBC, to_both, 2);
		read_layers(&m, &l);
		assert_kinds(&l, opaque ? "enveloped-data signed-data"
					: "enveloped-data multipart-signed");
		assert_verdict(&l, SMIME_VALID, "", opaque ? "1" : "2");
		assert_true(l.reads[0] && l.reads[1]);
		assert_non_null(header_find(&l.content, "Content-Type", 0));
		/* E4: octet by octet. */
		assert_true(inner.len > l.body.len &&
			    memcmp(inner.data + inner.len - l.body.len,
				l.body.data, l.body.len) == 0);
		smime_layers_fini(&l);
		buf_fini(&inner);
		buf_fini(&m);
	}
}

/* Rule V8. */
static void
test_signed_outside(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	layers_begin(&m, ENTITY);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	layers_sign(&m, &fixture, &alice, false);
	read_layers(&m, &l);
	assert_kinds(&l, "multipart-signed enveloped-data");
	assert_verdict(
	    &l, SMIME_UNSIGNED, "signed only outside of the encryption", "");
	assert_true(l.signed_outside);
	assert_content(&l, ENTITY);
	smime_layers_fini(&l);
	buf_fini(&m);
}

static void
test_not_for_us(void **state)
{
	static const struct smime_user *const to_alice[] = {&alice};
	struct smime_layers l;
	struct buf m;

	(void)state;
	layers_begin(&m, ENTITY);
	layers_sign(&m, &fixture, &alice, false);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_GCM, to_alice, 1);
	read_layers(&m, &l);
	assert_kinds(&l, "authEnveloped-data");
	assert_verdict(&l, SMIME_UNSIGNED, "encrypted", "");
	assert_closed(&l);
	assert_string_equal(l.cipher, "aes256-gcm");
	assert_non_null(
	    strstr(buf_text(&l.recipients), alice.cert.certificate->serial));
	smime_layers_fini(&l);
	buf_fini(&m);
}

/* --- several layers --- */

static void
layers_of(struct buf *m, struct smime_layers *l, const char *kinds)
{
	read_layers(m, l);
	assert_kinds(l, kinds);
	buf_fini(m);
}

static void
test_compressed(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	layers_begin(&m, ENTITY);
	layers_compress(&m);
	layers_of(&m, &l, "compressed-data");
	assert_verdict(&l, SMIME_UNSIGNED, "", "");
	assert_int_equal(l.decryption, SMIME_CLEAR);
	smime_layers_fini(&l);

	layers_begin(&m, ENTITY);
	layers_sign(&m, &fixture, &alice, false);
	layers_compress(&m);
	layers_compress(&m);
	layers_of(&m, &l, "compressed-data compressed-data multipart-signed");
	assert_verdict(&l, SMIME_VALID, "", "1/1/2");
	smime_layers_fini(&l);

	/* Both go; the signature stays. */
	layers_begin(&m, ENTITY);
	layers_sign(&m, &fixture, &alice, false);
	layers_compress(&m);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES128_GCM, to_bob, 1);
	layers_of(
	    &m, &l, "authEnveloped-data compressed-data multipart-signed");
	assert_verdict(&l, SMIME_VALID, "", "2");
	assert_true(slice_has_prefix(
	    slice_trim(header_find(&l.content, "Content-Type", 0)->body),
	    "multipart/signed"));
	smime_layers_fini(&l);

	/* The signature encloses it: it stays, too. */
	layers_begin(&m, ENTITY);
	layers_compress(&m);
	layers_sign(&m, &fixture, &alice, true);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES128_GCM, to_bob, 1);
	layers_of(&m, &l, "authEnveloped-data signed-data compressed-data");
	assert_verdict(&l, SMIME_VALID, "", "1");
	assert_non_null(
	    strstr(buf_text(&l.recipients), bob.cert.certificate->serial));
	smime_layers_fini(&l);

	layers_begin(&m, ENTITY);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES128_GCM, to_bob, 1);
	layers_compress(&m);
	layers_of(&m, &l, "compressed-data authEnveloped-data");
	assert_content(&l, ENTITY);
	assert_false(l.signed_outside);
	smime_layers_fini(&l);
}

static void
test_broken_compression(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	layers_begin(&m, ENTITY);
	layers_cms(&m, "compressed-data", slice_text("nothing"));
	layers_of(&m, &l, "compressed-data");
	assert_verdict(&l, SMIME_MALFORMED, "compressed content", "");
	smime_layers_fini(&l);

	/* It is what was encrypted all the same. */
	layers_begin(&m, ENTITY);
	layers_cms(&m, "compressed-data", slice_text("nothing"));
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES128_GCM, to_bob, 1);
	layers_of(&m, &l, "authEnveloped-data compressed-data");
	assert_verdict(&l, SMIME_MALFORMED, "compressed content", "");
	assert_int_equal(l.decryption, SMIME_OPENED);
	smime_layers_fini(&l);
}

/* RFC 2634 1.1. */
static void
test_triple_wrap(void **state)
{
	(void)state;
	for (int outer = 0; outer < 2; outer++) {
		struct smime_layers l;
		struct buf m;

		layers_begin(&m, ENTITY);
		layers_sign(&m, &fixture, &alice, false);
		layers_encrypt(
		    &m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
		layers_sign(&m, &fixture, outer ? &carol : &alice, outer);
		layers_of(&m, &l,
		    outer ? "signed-data enveloped-data multipart-signed"
			  : "multipart-signed enveloped-data "
			    "multipart-signed");
		assert_verdict(&l, SMIME_VALID, "", "2");
		assert_false(l.signed_outside);
		assert_int_equal(l.decryption, SMIME_OPENED);
		assert_true(l.reads[0] && !l.reads[1]);
		smime_layers_fini(&l);
	}
}

/* NSS signs what it is given: LF here. */
static void
test_other_line_ends(void **state)
{
	struct smime_layers l;
	struct buf m, lf;

	(void)state;
	layers_begin(&m, ENTITY);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	layers_sign(&m, &fixture, &alice, false);
	layers_begin(&lf, "");
	for (size_t i = 0; i < m.len; i++)
		if (m.data[i] != '\r')
			buf_add_char(&lf, (char)m.data[i]);
	layers_sign(&lf, &fixture, &carol, true);
	layers_of(&lf, &l, "signed-data multipart-signed enveloped-data");
	assert_content(&l, ENTITY);
	assert_verdict(
	    &l, SMIME_UNSIGNED, "signed only outside of the encryption", "");
	smime_layers_fini(&l);
	buf_fini(&m);
}

/* The outermost one counts, whoever signed below it. */
static void
test_two_signatures(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	for (int opaque = 0; opaque < 4; opaque++) {
		layers_begin(&m, ENTITY);
		layers_sign(&m, &fixture, &alice, opaque & 1);
		layers_sign(&m, &fixture, &carol, opaque & 2);
		read_layers(&m, &l);
		buf_fini(&m);
		assert_int_equal(l.count, 2);
		assert_int_equal(l.verdict.status, SMIME_MISMATCH);
		assert_string_equal(l.part, opaque & 2 ? "1" : "2");
		smime_layers_fini(&l);
	}
	layers_begin(&m, ENTITY);
	layers_sign(&m, &fixture, &carol, true);
	layers_sign(&m, &fixture, &carol, true);
	layers_sign(&m, &fixture, &alice, true);
	layers_of(&m, &l, "signed-data signed-data signed-data");
	assert_verdict(&l, SMIME_VALID, "", "1");
	assert_ptr_equal(l.verdict.inside.data, NULL);
	smime_layers_fini(&l);
}

/* Who reads the inner and the outer one reads the message. */
static void
check_twice(const struct smime_user *const *inner, size_t inner_count,
    const struct smime_user *const *outer, size_t outer_count, int opened)
{
	struct smime_layers l;
	struct buf m;

	layers_begin(&m, ENTITY);
	layers_encrypt(
	    &m, &fixture, SMIME_CIPHER_AES256_GCM, inner, inner_count);
	layers_encrypt(
	    &m, &fixture, SMIME_CIPHER_AES256_CBC, outer, outer_count);
	layers_of(&m, &l, "enveloped-data authEnveloped-data");
	assert_int_equal(l.decryption, SMIME_OPENED);
	assert_string_equal(l.cipher, "aes256-cbc");
	assert_false(l.authenticated);
	if (opened) {
		assert_content(&l, ENTITY);
		assert_verdict(&l, SMIME_UNSIGNED, "", "");
	} else {
		assert_verdict(&l, SMIME_UNSIGNED, "encrypted", "");
		assert_non_null(header_find(&l.content, "Content-Type", 0));
		assert_memory_equal(
		    header_find(&l.content, "Content-Type", 0)->body.data,
		    " application/pkcs7-mime", 23);
	}
	assert_int_equal(l.reads[0], true);
	assert_int_equal(l.reads[1], !opened && outer_count == 2);
	smime_layers_fini(&l);
}

static void
test_encrypted_twice(void **state)
{
	static const struct smime_user *const to_carol[] = {&carol};

	(void)state;
	check_twice(to_bob, 1, to_both, 2, true);
	check_twice(to_both, 2, to_bob, 1, true);
	check_twice(to_carol, 1, to_bob, 1, false);
	check_twice(
	    (const struct smime_user *const[]){&alice}, 1, to_both, 2, false);
}

/* A signature between a layer that opens and one that does not says nothing
 * about what is inside (V8). */
static void
test_signed_between(void **state)
{
	static const struct smime_user *const to_alice[] = {&alice};
	struct smime_layers l;
	struct buf m;

	(void)state;
	layers_begin(&m, ENTITY);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_GCM, to_alice, 1);
	layers_sign(&m, &fixture, &alice, false);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_GCM, to_bob, 1);
	layers_of(
	    &m, &l, "authEnveloped-data multipart-signed authEnveloped-data");
	assert_verdict(
	    &l, SMIME_UNSIGNED, "signed only outside of the encryption", "");
	assert_true(l.signed_outside);
	assert_int_equal(l.decryption, SMIME_OPENED);
	assert_true(l.authenticated);
	smime_layers_fini(&l);
}

/* Rules V7 and X1: only the root. */
static void
test_not_at_the_root(void **state)
{
	static const char *const fronts[] = {
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
	    ("Content-Type: multipart/alternative; boundary=b\r\n\r\n"
	     "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\n"),
	    "Content-Type: message/rfc822\r\n\r\nFrom: alice@example.org\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
		struct smime_layers l;
		struct buf m, whole;

		layers_begin(&m, ENTITY);
		layers_encrypt(
		    &m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
		layers_begin(&whole, fronts[i]);
		buf_add_slice(&whole, buf_slice(&m));
		buf_add_text(&whole, "\r\n--b--\r\n");
		buf_fini(&m);
		layers_of(&whole, &l, "");
		assert_verdict(&l, SMIME_UNSIGNED, "", "");
		assert_int_equal(l.decryption, SMIME_CLEAR);
		smime_layers_fini(&l);
	}
}

/* The CMS says what it is, whatever smime-type says. */
static void
test_smime_type(void **state)
{
	static const char *const types[] = {NULL, "enveloped-data",
	    "authEnveloped-data", "signed-data", "compressed-data",
	    "certs-only", "x-other"};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct smime_layers l;
		struct buf m, der;

		layers_begin(&m, ENTITY);
		layers_encrypt_der(
		    &m, &fixture, SMIME_CIPHER_AES256_GCM, to_bob, 1, &der);
		layers_cms(&m, types[i], buf_slice(&der));
		buf_fini(&der);
		layers_of(&m, &l, "authEnveloped-data");
		assert_content(&l, ENTITY);
		smime_layers_fini(&l);
	}
}

/* Rule V4: nobody shows it as a signed one. */
static void
test_certificates_only(void **state)
{
	static const char name[] = "smime-type=signed-data";
	struct smime_layers l;
	struct buf m, other;
	size_t at;

	(void)state;
	layers_begin(&m, ENTITY);
	layers_sign(&m, &fixture, &alice, true);
	at = smime_find(buf_slice(&m), slice_text(name));
	layers_begin(&other, "");
	buf_add(&other, m.data, at);
	buf_add_text(&other, "smime-type=certs-only");
	buf_add(&other, m.data + at + strlen(name), m.len - at - strlen(name));
	buf_fini(&m);
	layers_of(&other, &l, "certs-only");
	assert_verdict(&l, SMIME_UNSIGNED, "certificates only", "");
	smime_layers_fini(&l);
}

static void
test_two_types(void **state)
{
	struct smime_layers l;
	struct buf m, two;

	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		layers_begin(&m, ENTITY);
		if (encrypted)
			layers_encrypt(
			    &m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
		else
			layers_sign(&m, &fixture, &alice, true);
		layers_begin(&two, buf_text(&m));
		buf_clear(&m);
		buf_add_slice(&m, buf_slice(&two));
		buf_fini(&two);
		layers_begin(&two, "");
		buf_add_slice(
		    &two, slice_part(buf_slice(&m), 0,
			      slice_find(buf_slice(&m), '\n', 0) + 1));
		buf_add_text(&two, "Content-Type: text/plain\r\n");
		buf_add_slice(
		    &two, slice_part(buf_slice(&m),
			      slice_find(buf_slice(&m), '\n', 0) + 1, m.len));
		buf_fini(&m);
		read_layers(&two, &l);
		buf_fini(&two);
		assert_int_equal(l.decryption, SMIME_CLEAR);
		assert_verdict(
		    &l, SMIME_MALFORMED, "several Content-Type fields", "");
		smime_layers_fini(&l);
	}
}

/* --- limits --- */

/* layers of compression around a text, and around them a ciphertext. */
static void
check_layers(size_t layers, bool encrypted, bool within)
{
	struct smime_layers l;
	struct buf m;

	layers_begin(&m, ENTITY);
	for (size_t i = 0; i < layers - encrypted; i++)
		layers_compress(&m);
	if (encrypted)
		layers_encrypt(
		    &m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	read_layers(&m, &l);
	buf_fini(&m);
	if (within && encrypted)
		assert_content(&l, ENTITY);
	if (within)
		assert_verdict(&l, SMIME_UNSIGNED, "", "");
	else if (encrypted)
		assert_verdict(&l, SMIME_UNSIGNED, "encrypted", "");
	else
		assert_verdict(&l, SMIME_UNSUPPORTED, "too many layers", "");
	if (!within && encrypted) {
		assert_closed(&l);
		assert_int_equal(l.count, 1);
	} else {
		assert_int_equal(l.count, within ? layers : LIMIT_LAYERS);
	}
	smime_layers_fini(&l);
}

static void
test_layer_limit(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		check_layers(LIMIT_LAYERS, encrypted, true);
		check_layers(LIMIT_LAYERS + 1, encrypted, false);
	}
	/* A good signature around does not count either; the longest
	 * section. */
	for (size_t i = LIMIT_LAYERS - 1; i <= LIMIT_LAYERS; i++) {
		layers_begin(&m, ENTITY);
		layers_sign(&m, &fixture, &alice, false);
		for (size_t k = 0; k < i; k++)
			layers_compress(&m);
		read_layers(&m, &l);
		buf_fini(&m);
		assert_string_equal(
		    l.part, i < LIMIT_LAYERS ? "1/1/1/1/1/1/1/2" : "");
		smime_layers_fini(&l);
	}
	layers_begin(&m, ENTITY);
	for (size_t i = 0; i < LIMIT_LAYERS + 1; i++)
		layers_sign(&m, &fixture, &alice, true);
	read_layers(&m, &l);
	buf_fini(&m);
	assert_verdict(&l, SMIME_UNSUPPORTED, "too many layers", "");
	assert_null(l.verdict.signer);
	smime_layers_fini(&l);
}

static void
test_bomb(void **state)
{
	unsigned char *zeros = xcalloc(4u << 20, 1);
	struct smime_layers l;
	struct buf m;

	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		layers_begin_bytes(&m, slice_make(zeros, 4u << 20));
		layers_compress(&m);
		if (encrypted)
			layers_encrypt(
			    &m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
		read_layers(&m, &l);
		buf_fini(&m);
		if (encrypted) {
			assert_closed(&l);
			assert_verdict(&l, SMIME_UNSIGNED, "encrypted", "");
		} else {
			assert_verdict(&l, SMIME_UNSUPPORTED,
			    "the compressed content is too large", "");
		}
		smime_layers_fini(&l);
	}
	free(zeros);
}

/* A zlib stream of an entity of so many times 64 KiB of zeros, which has a fair ratio and
 * yet can be compressed once more: blocks without content fill it up. */
static void
make_fillable(unsigned times, struct buf *out)
{
	static const unsigned char last[] = {1, 0, 0, 0xff, 0xff};
	unsigned char *zeros = xcalloc(64 * KIB, 1);
	uLong check = adler32(1, (const Bytef *)"\r\n", 2);
	struct buf block;

	buf_init(&block, 64 * KIB);
	compressed_sample_flush(slice_make(zeros, 64 * KIB), &block);
	for (int i = 0; i < 200; i++)
		buf_add(&block, "\0\0\0\xff\xff", 5);
	buf_add(out, "\x78\xda", 2);
	buf_add(out, "\0\2\0\xfd\xff\r\n", 7);
	for (unsigned i = 0; i < times; i++) {
		buf_add_slice(out, buf_slice(&block));
		check = adler32(check, zeros, 64 * KIB);
	}
	buf_add(out, last, sizeof(last));
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_add_char(out, (char)(check >> shift & 0xff));
	buf_fini(&block);
	free(zeros);
}

/* Neither layer alone is a bomb, but both together are: a few kilobytes that
 * become as many megabytes. */
static void
test_bomb_in_layers(void **state)
{
	static const struct {
		unsigned times;
		enum smime_status status;
	} rows[] = {{8, SMIME_UNSIGNED}, {24, SMIME_UNSUPPORTED}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buf stream, der, m;
		struct smime_layers l;

		buf_init(&stream, MIB);
		make_fillable(rows[i].times, &stream);
		buf_init(&der, MIB);
		compressed_sample_wrap(buf_slice(&stream), false, &der);
		layers_begin(&m, ENTITY);
		layers_cms(&m, "compressed-data", buf_slice(&der));
		layers_compress(&m);
		assert_true(m.len < 8 * KIB);
		read_layers(&m, &l);
		assert_int_equal(l.count, 2);
		assert_int_equal(l.verdict.status, rows[i].status);
		smime_layers_fini(&l);
		buf_fini(&m);
		buf_fini(&der);
		buf_fini(&stream);
	}
}

/* --- whose key it is --- */

/* The encrypted key in the RecipientInfo of that user. */
static struct slice
encrypted_key(const struct buf *der, const struct smime_user *who)
{
	struct recipient_reader reader;
	struct recipient_info info;
	struct envelope envelope;

	assert_int_equal(envelope_read(buf_slice(der), &envelope), 0);
	assert_int_equal(
	    recipient_reader_init(&reader, envelope.recipients), 0);
	do
		assert_int_equal(recipient_reader_next(&reader, &info), 1);
	while (!cms_id_matches(&info.id, who->cert.certificate));
	return info.encrypted_key;
}

static unsigned char *
inside(struct buf *der, struct slice part)
{
	return der->data + (part.data - der->data);
}

static void
check_reads(struct buf *der, bool bob_reads, bool carol_reads)
{
	struct smime_layers l;
	struct buf m;

	layers_begin(&m, ENTITY);
	layers_cms(&m, "enveloped-data", buf_slice(der));
	read_layers(&m, &l);
	buf_fini(&m);
	if (bob_reads || carol_reads)
		assert_content(&l, ENTITY);
	else
		assert_closed(&l);
	assert_int_equal(l.reads[0], bob_reads);
	assert_int_equal(l.reads[1], carol_reads);
	smime_layers_fini(&l);
}

/* Somebody inside puts his own name on another one's ciphertext, with garbage
 * for a key, or with the good key of another message. */
static void
test_named_but_no_reader(void **state)
{
	static const enum smime_cipher ciphers[] = {
	    SMIME_CIPHER_AES256_CBC, SMIME_CIPHER_AES256_GCM};
	struct buf m, der, other;
	struct slice key, foreign;

	(void)state;
	layers_begin(&m, ENTITY);
	for (size_t c = 0; c < 2; c++)
		for (int who = 0; who < 2; who++) {
			layers_encrypt_der(
			    &m, &fixture, ciphers[c], to_both, 2, &der);
			check_reads(&der, true, true);
			key = encrypted_key(&der, to_both[who]);
			inside(&der, key)[key.len / 2] ^= 1;
			check_reads(&der, who == 1, who == 0);

			layers_encrypt_der(
			    &m, &fixture, ciphers[c], to_both, 2, &other);
			foreign = encrypted_key(&other, to_both[who]);
			assert_int_equal(foreign.len, key.len);
			memcpy(inside(&der, key), foreign.data, key.len);
			check_reads(&der, who == 1, who == 0);
			buf_fini(&other);

			key = encrypted_key(&der, to_both[!who]);
			inside(&der, key)[key.len / 2] ^= 1;
			check_reads(&der, false, false);
			buf_fini(&der);
		}
	buf_fini(&m);
}

/* The same certificate may be that of several. */
static void
test_shared_certificate(void **state)
{
	struct store_own_cert shared[2] = {carol.own, bob.own};
	struct smime_reader saved = readers[1];
	struct smime_layers l;
	struct buf m;

	(void)state;
	readers[1] = (struct smime_reader){shared, 2};
	layers_begin(&m, ENTITY);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	read_layers(&m, &l);
	readers[1] = saved;
	assert_true(l.reads[0] && l.reads[1]);
	smime_layers_fini(&l);
	buf_fini(&m);
}

/* Expired ones, too: each that he ever had. */
static void
test_second_certificate(void **state)
{
	static const struct smime_user *const to_ec[] = {&bob_ec};
	struct smime_layers l;
	struct buf m;

	(void)state;
	layers_begin(&m, ENTITY);
	layers_sign(&m, &fixture, &alice, false);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_GCM, to_ec, 1);
	read_layers(&m, &l);
	assert_true(l.reads[0] && !l.reads[1]);
	assert_string_equal(
	    l.fingerprint, bob_ec.cert.certificate->fingerprint_text);
	assert_int_equal(l.used, STORE_USED_AES256_GCM | STORE_USED_ECDH);
	smime_layers_fini(&l);
	buf_fini(&m);
}

static void
test_without_keys(void **state)
{
	struct key_client *nobody = key_client_new("/nowhere/keyd", 1, 100);
	static const struct smime_user *const to_alice[] = {&alice};
	struct smime_layers l;
	struct buf m;
	struct err err;

	(void)state;
	layers_begin(&m, ENTITY);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	layers_finish(&m, ALICE);
	assert_int_equal(read_with(NULL, &m, &l, &err), 0);
	assert_closed(&l);
	assert_string_equal(l.cipher, "aes256-cbc");
	smime_layers_fini(&l);
	/* A certificate of ours fits. */
	assert_int_equal(read_with(nobody, &m, &l, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	smime_layers_fini(&l);
	buf_fini(&m);
	/* None does. */
	layers_begin(&m, ENTITY);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_alice, 1);
	layers_finish(&m, ALICE);
	assert_int_equal(read_with(nobody, &m, &l, &err), 0);
	assert_closed(&l);
	smime_layers_fini(&l);
	buf_fini(&m);
	key_client_free(nobody);
}

/* --- what the sender's program can do (B5) --- */

static void
check_used(struct buf *m, unsigned used)
{
	struct smime_layers l;

	read_layers(m, &l);
	buf_fini(m);
	assert_int_equal(l.decryption, SMIME_OPENED);
	assert_int_equal(l.used, used);
	smime_layers_fini(&l);
}

static void
encrypt_by_hand(struct buf *m, enum oid cipher)
{
	struct handmade h;
	struct buf der;

	handmade_init(&h,
	    cipher == OID_CHACHA20_POLY1305 ? OID_AUTH_ENVELOPED_DATA
					    : OID_ENVELOPED_DATA,
	    cipher);
	handmade_recipient(&h, &bob);
	if (cipher == OID_CHACHA20_POLY1305)
		handmade_chacha20(&h, 12, 16);
	else
		handmade_cbc(&h);
	handmade_write(&h, &der);
	layers_begin(m, "");
	layers_cms(m, NULL, buf_slice(&der));
	buf_fini(&der);
	handmade_fini(&h);
}

static void
test_used(void **state)
{
	static const struct {
		enum smime_cipher cipher;
		unsigned used;
	} cases[] = {
	    {SMIME_CIPHER_AES128_CBC, STORE_USED_CBC},
	    {SMIME_CIPHER_AES256_CBC, STORE_USED_CBC},
	    {SMIME_CIPHER_AES128_GCM, STORE_USED_AES128_GCM},
	    {SMIME_CIPHER_AES256_GCM, STORE_USED_AES256_GCM},
	};
	struct buf m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		layers_begin(&m, ENTITY);
		layers_encrypt(&m, &fixture, cases[i].cipher, to_bob, 1);
		check_used(&m, cases[i].used);
	}
	/* Both layers. */
	layers_begin(&m, ENTITY);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES128_GCM, to_bob, 1);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	check_used(&m, STORE_USED_CBC | STORE_USED_AES128_GCM);
	encrypt_by_hand(&m, OID_CHACHA20_POLY1305);
	check_used(&m, STORE_USED_CHACHA20);
	encrypt_by_hand(&m, OID_AES192_CBC);
	check_used(&m, STORE_USED_CBC);
	/* Nobody should use it again. */
	encrypt_by_hand(&m, OID_DES_EDE3_CBC);
	check_used(&m, 0);
}

/* The ways with an RSA key that a program need not know. */
static void
test_used_rsa(void **state)
{
	static const struct key_signing pss = {
	    KEY_ALG_RSA_PSS, KEY_HASH_SHA256};
	struct smime_user by = carol;
	struct smime_layers l;
	struct buf m, der;
	struct err err;

	(void)state;
	assert_int_equal(
	    smime_identity_new(&carol.own, &pss, &by.identity, &err), 0);
	layers_begin(&m, ENTITY);
	layers_sign(&m, &fixture, &by, false);
	layers_encrypt_oaep(&m, &fixture, to_bob, 1, &der);
	layers_cms(&m, NULL, buf_slice(&der));
	buf_fini(&der);
	check_used(&m, STORE_USED_CBC | STORE_USED_OAEP | STORE_USED_PSS);
	/* Not when the signature is wrong. */
	layers_begin(&m, ENTITY);
	layers_sign(&m, &fixture, &by, false);
	m.data[smime_find(buf_slice(&m), slice_text("secret"))] ^= 1;
	read_layers(&m, &l);
	assert_int_equal(l.verdict.status, SMIME_ALTERED);
	assert_int_equal(l.used, 0);
	smime_layers_fini(&l);
	buf_fini(&m);
	smime_identity_release(&by.identity);
}

/* --- nothing tells why (rule X4) --- */

/* All that can be told about a message, but to whom it was encrypted. */
static void
describe(const struct smime_layers *l, struct buf *out)
{
	buf_init(out, 4096);
	for (size_t i = 0; i < l->count; i++)
		buf_addf(out, "%s ", smime_kind_name(l->kinds[i]));
	buf_addf(out, "%s (%s) signer=%d signers=%u certificates=%zu ",
	    smime_status_name(l->verdict.status), l->verdict.detail,
	    l->verdict.signer != NULL, l->verdict.signers,
	    l->verdict.certificates.count);
	buf_addf(out, "outside=%d %s reads=%d%d fingerprint=%s cipher=%s ",
	    l->signed_outside, smime_decryption_name(l->decryption),
	    l->reads[0], l->reads[1], l->fingerprint, l->cipher);
	buf_addf(out, "authenticated=%d used=%u part=%s fields=%zu body=%zu",
	    l->authenticated, l->used, l->part, l->content.count, l->body.len);
}

static const char closed_description[] =
    "enveloped-data unsigned (encrypted) signer=0 signers=0 certificates=0 "
    "outside=0 closed reads=00 fingerprint= cipher=aes256-cbc "
    "authenticated=0 used=0 part= fields=0 body=0";

static void
assert_tells_nothing(struct buf *message)
{
	struct smime_layers l;
	struct buf text;

	read_layers(message, &l);
	describe(&l, &text);
	assert_string_equal(buf_text(&text), closed_description);
	assert_true(l.is_for_reader);
	assert_int_equal(l.recipient_count, 1);
	buf_fini(&text);
	smime_layers_fini(&l);
	buf_fini(message);
}

static void
encrypted_message(const char *plaintext, struct buf *m)
{
	layers_begin(m, plaintext);
	layers_encrypt(m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
}

static void
test_bad_plaintext(void **state)
{
	static const char *const bad[] = {
	    "no entity",
	    "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n",
	    "Content-Type: text/plain\rx: y\r\n\r\n",
	    ("Content-Type: multipart/signed; boundary=b;\r\n"
	     " protocol=\"application/pkcs7-signature\"\r\n\r\n"
	     "--b\r\n\r\n\xe4\r\n--b\r\n\r\n--b--\r\n"),
	};
	struct buf m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		encrypted_message(bad[i], &m);
		assert_tells_nothing(&m);
	}
}

/* --- a good signature inside, over what must be left as it is --- */

#define UMLAUTS                                                                \
	"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xfc\xdf"       \
	"e\r\n"
/* The same, encoded. */
#define UMLAUTS_7BIT "Gr=FC=DFe\r\n"

/* One part of 1000 octets in a line. */
static void
begin_long(struct buf *m)
{
	char line[1001];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	buf_init(m, 1u << 24);
	buf_addf(m, "Content-Type: text/plain\r\n\r\n%s\r\n", line);
}

static void
sign_and_encrypt(struct buf *m)
{
	layers_sign(m, &fixture, &alice, false);
	layers_encrypt(m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
}

static void
read_8bit(struct buf *message, bool takes_8bit, struct smime_layers *out)
{
	const struct smime_layers_opts opts = {
	    .verify = {.trust = trust, .now = time(NULL), .from = ALICE},
	    .keys = fixture.keys,
	    .readers = readers,
	    .reader_count = 2,
	    .takes_8bit = takes_8bit,
	};
	struct smime_message m;
	struct err err;

	layers_finish(message, ALICE);
	smime_message_parse(&m, buf_slice(message));
	smime_layers_init(out, &fixture.spool);
	assert_int_equal(
	    smime_layers_read(&opts, &m.header, m.body, out, &err), 0);
	smime_message_fini(&m);
}

static void
assert_field(const struct smime_layers *l, const char *name, const char *wanted)
{
	const struct header_field *field = header_find(&l->content, name, 0);

	assert_non_null(field);
	if (memmem(field->body.data, field->body.len, wanted, strlen(wanted)))
		return;
	fail_msg("%s:%.*s", name, (int)field->body.len,
	    (const char *)field->body.data);
}

/* Who takes 8-bit gets the signature with what is signed. */
static void
test_8bit_signed(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	layers_begin(&m, UMLAUTS);
	sign_and_encrypt(&m);
	read_8bit(&m, true, &l);
	assert_int_equal(l.decryption, SMIME_OPENED);
	assert_verdict(&l, SMIME_VALID, "", "2");
	assert_false(l.unwrapped);
	assert_field(&l, "Content-Type", "multipart/signed");
	assert_non_null(
	    memmem(l.body.data, l.body.len, UMLAUTS, sizeof(UMLAUTS) - 1));
	smime_layers_fini(&l);
	buf_fini(&m);
}

/* Who does not gets what is signed, encoded; the verdict is that of what was
 * signed. */
static void
test_8bit_unwrapped(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	layers_begin(&m, UMLAUTS);
	sign_and_encrypt(&m);
	read_8bit(&m, false, &l);
	assert_int_equal(l.decryption, SMIME_OPENED);
	assert_verdict(&l, SMIME_VALID, "", "");
	assert_true(l.unwrapped);
	assert_field(&l, "Content-Type", "text/plain; charset=iso-8859-1");
	assert_field(&l, "Content-Transfer-Encoding", "quoted-printable");
	assert_int_equal(l.content.count, 2);
	assert_true(slice_equal(l.body, slice_text(UMLAUTS_7BIT)));
	smime_layers_fini(&l);
	buf_fini(&m);
}

/* Lines that every mail server cuts. */
static void
test_long_lines_unwrapped(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	begin_long(&m);
	sign_and_encrypt(&m);
	read_8bit(&m, true, &l);
	assert_int_equal(l.decryption, SMIME_OPENED);
	assert_verdict(&l, SMIME_VALID, "", "");
	assert_true(l.unwrapped);
	assert_field(&l, "Content-Transfer-Encoding", "quoted-printable");
	smime_layers_fini(&l);
	buf_fini(&m);
}

/* A signature that is not good is left out, too; its verdict is not. */
static void
test_altered_unwrapped(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	begin_long(&m);
	layers_sign(&m, &fixture, &alice, false);
	*(unsigned char *)memmem(m.data, m.len, "xxx", 3) = 'y';
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	read_8bit(&m, true, &l);
	assert_int_equal(l.verdict.status, SMIME_ALTERED);
	assert_true(l.unwrapped);
	smime_layers_fini(&l);
	buf_fini(&m);
}

/* What nobody signed and nobody can encode: the header of a part. */
static void
test_8bit_part_header(void **state)
{
	static const char parts[] =
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Type: text/plain; name=\"Gr\xfc\xdf"
	    "e\"\r\n\r\nhello\r\n--b--\r\n";
	struct smime_layers l;
	struct buf m;

	(void)state;
	layers_begin(&m, parts);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	read_8bit(&m, true, &l);
	assert_int_equal(l.decryption, SMIME_OPENED);
	assert_non_null(
	    memmem(l.body.data, l.body.len, "name=\"Gr\xfc\xdf", 10));
	smime_layers_fini(&l);
	buf_fini(&m);
	layers_begin(&m, parts);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	assert_tells_nothing(&m);
}

/* Two signatures, and a line that is too long: below the first one is another
 * that nothing may be changed in. */
static void
test_cannot_travel(void **state)
{
	struct buf m;

	(void)state;
	begin_long(&m);
	layers_sign(&m, &fixture, &alice, false);
	sign_and_encrypt(&m);
	assert_tells_nothing(&m);
}

static void
test_too_much_inside(void **state)
{
	unsigned char *zeros = xcalloc(4u << 20, 1);
	struct buf m;

	(void)state;
	layers_begin_bytes(&m, slice_make(zeros, 4u << 20));
	layers_compress(&m);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	assert_tells_nothing(&m);
	layers_begin(&m, ENTITY);
	for (size_t i = 0; i < LIMIT_LAYERS; i++)
		layers_sign(&m, &fixture, &alice, true);
	layers_encrypt(&m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	assert_tells_nothing(&m);
	free(zeros);
}

/* Wherever a bit is changed from the encrypted key on: closed, or something
 * else was read, as CBC has it. */
static void
test_changed(void **state)
{
	struct slice key, content;
	struct envelope envelope;
	struct buf m, der;
	size_t places[5];

	(void)state;
	layers_begin(&m, ENTITY);
	layers_encrypt_der(
	    &m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1, &der);
	key = encrypted_key(&der, &bob);
	assert_int_equal(envelope_read(buf_slice(&der), &envelope), 0);
	places[0] = (size_t)(key.data - der.data);
	places[1] = places[0] + key.len / 2;
	places[2] = places[0] + key.len - 1;
	/* the initial vector: no colon behind the name of the first field */
	content = envelope.cipher.params;
	places[3] = (size_t)(content.data - der.data) + content.len - 16 +
		    strlen("Content-Type");
	/* the padding: sixteen more than there are */
	content = envelope.content.raw;
	places[4] = (size_t)(content.data - der.data) + content.len - 17;
	for (size_t i = 0; i < 5; i++) {
		der.data[places[i]] ^= 0x10;
		buf_fini(&m);
		layers_begin(&m, "");
		layers_cms(&m, "enveloped-data", buf_slice(&der));
		der.data[places[i]] ^= 0x10;
		assert_tells_nothing(&m);
		layers_begin(&m, "");
	}
	buf_fini(&m);
	buf_fini(&der);
}

/* What cannot be read at all is no ciphertext, whatever it says. */
static void
test_no_envelope(void **state)
{
	static const char *const bodies[] = {
	    "MIIB", "", "MIAGCSqGSIb3DQEHA6CA", "0\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct smime_layers l;
		struct buf m;

		layers_begin(&m, "Content-Type: application/pkcs7-mime; "
				 "smime-type=enveloped-data\r\n"
				 "Content-Transfer-Encoding: base64\r\n\r\n");
		buf_add_text(&m, bodies[i]);
		layers_of(&m, &l, "enveloped-data");
		assert_int_equal(l.decryption, SMIME_CLEAR);
		assert_verdict(&l, SMIME_MALFORMED, "no EnvelopedData", "");
		assert_int_equal(l.recipients.len, 0);
		assert_int_equal(l.recipient_count, 0);
		smime_layers_fini(&l);
	}
}

/* Rule X7: what is inside says only what describes the entity. */
static void
test_inner_fields(void **state)
{
	struct smime_layers l;
	struct buf m;

	(void)state;
	encrypted_message("Subject: inner\r\nFrom: mallory@example.com\r\n"
			  "Content-Type: text/plain\r\n"
			  "Content-ID: <1@example.org>\r\n\r\nHello\r\n",
	    &m);
	read_layers(&m, &l);
	assert_content(&l, "Content-Type: text/plain\r\n"
			   "Content-ID: <1@example.org>\r\n\r\nHello\r\n");
	smime_layers_fini(&l);
	buf_fini(&m);
	/* It is made to travel. */
	encrypted_message("Content-Type: image/png\r\n"
			  "Content-Transfer-Encoding: binary\r\n\r\n"
			  "\x89PNG",
	    &m);
	read_layers(&m, &l);
	assert_content(&l, "Content-Type: image/png\r\n"
			   "Content-Transfer-Encoding: base64\r\n\r\n"
			   "iVBORw==\r\n");
	smime_layers_fini(&l);
	buf_fini(&m);
}

/* --- spools that are too small or have no room --- */

/* All kinds of layers, so large that each has to go through a spool. */
static void
many_layers(struct buf *m)
{
	layers_begin(m, ENTITY);
	for (int i = 0; i < 40; i++)
		buf_addf(m, "line %d is not the same as any other\r\n", i * i);
	layers_sign(m, &fixture, &alice, false);
	layers_compress(m);
	layers_encrypt(m, &fixture, SMIME_CIPHER_AES256_CBC, to_bob, 1);
	layers_sign(m, &fixture, &alice, true);
	layers_compress(m);
	layers_finish(m, ALICE);
}

static int
read_in(const struct spool_config *config, const struct buf *message,
    struct smime_layers *out, struct err *err)
{
	struct spool_config saved = fixture.spool;
	int rc;

	fixture.spool = *config;
	rc = read_with(fixture.keys, message, out, err);
	/* The layers point to it. */
	assert_ptr_equal(out->verdict.content.config, &fixture.spool);
	fixture.spool = saved;
	return rc;
}

/* Whatever it is too large for: a result, never an error. */
static void
test_spool_too_small(void **state)
{
	struct spool_config config = fixture.spool;
	struct smime_layers l;
	size_t opened = 0, all = 0;
	struct err err;
	struct buf m;

	(void)state;
	many_layers(&m);
	for (config.max = 0; config.max < m.len + 4096; config.max += 131) {
		if (read_in(&config, &m, &l, &err))
			fail_msg("%zu: %s", config.max, err.text);
		opened += l.decryption == SMIME_OPENED;
		if (l.decryption == SMIME_OPENED)
			assert_int_equal(l.verdict.status, SMIME_VALID);
		all++;
		smime_layers_fini(&l);
	}
	assert_in_range(opened, 1, all - 1);
	buf_fini(&m);
}

/* No room for a file: temporary, wherever it happens. */
static void
test_spool_fails(void **state)
{
	struct spool_config config = fixture.spool;
	size_t failed = 0, all = 0;
	struct smime_layers l;
	struct err err;
	struct buf m;

	(void)state;
	config.folder = "/nowhere";
	many_layers(&m);
	for (config.memory = 0; config.memory < m.len + 4096;
	     config.memory += 131) {
		if (read_in(&config, &m, &l, &err)) {
			assert_int_equal(err.class, ERR_TEMPORARY);
			failed++;
		} else {
			assert_int_equal(l.decryption, SMIME_OPENED);
		}
		all++;
		smime_layers_fini(&l);
	}
	assert_in_range(failed, 1, all - 1);
	buf_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unsigned),
	    cmocka_unit_test(test_signed),
	    cmocka_unit_test(test_encrypted),
	    cmocka_unit_test(test_signed_inside),
	    cmocka_unit_test(test_signed_outside),
	    cmocka_unit_test(test_not_for_us),
	    cmocka_unit_test(test_compressed),
	    cmocka_unit_test(test_broken_compression),
	    cmocka_unit_test(test_triple_wrap),
	    cmocka_unit_test(test_other_line_ends),
	    cmocka_unit_test(test_two_signatures),
	    cmocka_unit_test(test_encrypted_twice),
	    cmocka_unit_test(test_signed_between),
	    cmocka_unit_test(test_not_at_the_root),
	    cmocka_unit_test(test_smime_type),
	    cmocka_unit_test(test_certificates_only),
	    cmocka_unit_test(test_two_types),
	    cmocka_unit_test(test_layer_limit),
	    cmocka_unit_test(test_bomb),
	    cmocka_unit_test(test_bomb_in_layers),
	    cmocka_unit_test(test_named_but_no_reader),
	    cmocka_unit_test(test_shared_certificate),
	    cmocka_unit_test(test_second_certificate),
	    cmocka_unit_test(test_without_keys),
	    cmocka_unit_test(test_used),
	    cmocka_unit_test(test_used_rsa),
	    cmocka_unit_test(test_bad_plaintext),
	    cmocka_unit_test(test_8bit_signed),
	    cmocka_unit_test(test_8bit_unwrapped),
	    cmocka_unit_test(test_long_lines_unwrapped),
	    cmocka_unit_test(test_altered_unwrapped),
	    cmocka_unit_test(test_8bit_part_header),
	    cmocka_unit_test(test_cannot_travel),
	    cmocka_unit_test(test_too_much_inside),
	    cmocka_unit_test(test_changed),
	    cmocka_unit_test(test_no_envelope),
	    cmocka_unit_test(test_inner_fields),
	    cmocka_unit_test(test_spool_too_small),
	    cmocka_unit_test(test_spool_fails),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
