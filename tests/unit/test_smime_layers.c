/*
 * Layers: every order of signatures, compressions and ciphertexts, who reads
 * them, and what is left of a message that cannot be opened (rules V2, V7,
 * V8, X1 to X10).
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "smime/layers.h"
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
	trust_unref(&trust);
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
	};

	return cmocka_run_group_tests(tests, start, stop);
}
