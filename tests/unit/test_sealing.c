/*
 * The two fields on top of what is protected: through a real gateway with a
 * real key process and store.  What a gateway that does it wrong gets is in
 * test_gate.c and test_job_gate.c.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/secret.h"
#include "gateway/sealing.h"
#include "unit/gateway_fixture.h"
#include "unit/must.h"

#define FILE_SIZE ((size_t)1 << 20)

static struct gateway_fixture f;
static struct fixture_cert carol, bob;
static char *key_file;
static struct secret key;

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	fixture_leaf(&carol, &f.our_ca,
	    &(struct fixture_opts){.address = "carol@example.org"});
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){.address = "bob@example.net"});
	gateway_fixture_user(&f, "carol@example.org", SWITCH_ON, ENCRYPT_OFF);
	gateway_fixture_own(&f, "carol@example.org", &carol);
	gateway_fixture_partner(
	    &f, "bob@example.net", &bob, STORE_TRUST_HARVESTED);
	key_file = xasprintf("%s/seal.key", f.folder);
	MUST(secret_random(&key, sizeof(struct seal_key), &err));
	MUST(secret_write_new_file(&key, key_file, &err));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	secret_fini(&key);
	free(key_file);
	fixture_fini(&bob);
	fixture_fini(&carol);
	return 0;
}

/* Carol's settings, and those of the gateway. */
static void
configure(bool sealed, bool marker, enum setting_switch sign,
    enum setting_encrypt encrypt)
{
	f.config.seal.key = sealed ? key_file : "";
	f.config.seal.marker = marker;
	gateway_fixture_user(&f, "carol@example.org", sign, encrypt);
	gateway_fixture_open(&f);
}

/* --- what has left --- */

struct sent {
	struct fixture_result result;
	struct buf file;
	struct header header;
	struct slice body;
	size_t own; /* bytes of our fields, on top */
};

#define LETTER "From: carol@example.org\nTo: bob@example.net\nSubject: hello\n"
#define TEXT   "secret\r\n"

static const struct seal_key *
seal_key(void)
{
	return (const struct seal_key *)key.data;
}

static void
send_letter(const char *header, const char *body, struct sent *s)
{
	const struct fixture_mail mail = {
	    .login = "carol@example.org",
	    .sender = "<carol@example.org>",
	    .header = header,
	    .body = slice_text(body),
	};
	bool complete;
	size_t at;

	gateway_fixture_send(&f, &mail, &s->result);
	assert_int_equal(s->result.outcome, JOB_ACCEPT);
	buf_init(&s->file, FILE_SIZE);
	gateway_fixture_read(&f, s->result.file, &s->file);
	header_init(&s->header);
	at = header_parse(&s->header, buf_slice(&s->file), &complete);
	assert_true(complete);
	s->body = slice_part(buf_slice(&s->file), at, s->file.len);
	s->own = 0;
}

static void
sent_fini(struct sent *s)
{
	header_fini(&s->header);
	buf_fini(&s->file);
	fixture_result_fini(&s->result);
}

/* The field at that place, and nowhere else. */
static const struct header_field *
only_field(struct sent *s, size_t at, const char *name)
{
	const struct header_field *field;

	assert_true(at < s->header.count);
	field = &s->header.fields[at];
	assert_ptr_equal(header_find(&s->header, name, 0), field);
	assert_int_equal(header_count(&s->header, name), 1);
	s->own += field->name.len + 1 + field->body.len + 2;
	return field;
}

static void
check_seal(struct sent *s)
{
	struct seal *seal = xcalloc(1, sizeof(*seal));
	struct header one = {.count = 1};
	struct slice cut = slice_part(s->body, 1, s->body.len);

	one.fields = &s->header.fields[0];
	(void)only_field(s, 0, SEAL_FIELD);
	assert_int_equal(seal_read(&one, seal_key(), seal), SEAL_GOOD);
	assert_true(seal_is_same(seal, seal_key(), &s->header, s->body));
	assert_false(seal_is_same(seal, seal_key(), &s->header, cut));
	free(seal);
}

/* Does its fingerprint say that it is not of our making? */
static bool
is_passing(const struct sent *s)
{
	struct seal *seal = xcalloc(1, sizeof(*seal));
	bool passing;

	assert_int_equal(seal_read(&s->header, seal_key(), seal), SEAL_GOOD);
	passing = seal->passing;
	free(seal);
	return passing;
}

/* marker: NULL where there is none */
static void
check_fields(struct sent *s, bool sealed, const char *marker)
{
	size_t at = 0;

	if (sealed) {
		check_seal(s);
		at++;
	}
	if (marker) {
		struct slice said =
		    slice_trim(only_field(s, at, MARKER_FIELD)->body);

		assert_true(slice_equal(said, slice_text(marker)));
		at++;
	}
	assert_int_equal(header_count(&s->header, SEAL_FIELD), sealed);
	assert_int_equal(header_count(&s->header, MARKER_FIELD), !!marker);
}

/* --- what we protect --- */

static void
test_protected(void **state)
{
	static const struct {
		enum setting_switch sign;
		enum setting_encrypt encrypt;
		const char *marker;
	} rows[] = {
	    {SWITCH_ON, ENCRYPT_OFF, "signed"},
	    {SWITCH_ON, ENCRYPT_REQUIRED, "signed, encrypted"},
	    {SWITCH_OFF, ENCRYPT_REQUIRED, "encrypted"},
	};
	struct sent s;

	(void)state;
	for (unsigned i = 0; i < 4 * sizeof(rows) / sizeof(*rows); i++) {
		bool sealed = i & 1, marker = i & 2;

		configure(
		    sealed, marker, rows[i / 4].sign, rows[i / 4].encrypt);
		send_letter(LETTER, TEXT, &s);
		check_fields(&s, sealed, marker ? rows[i / 4].marker : NULL);
		assert_false(sealed && is_passing(&s));
		sent_fini(&s);
	}
}

/* Of which there is nothing to guard. */
static void
test_clear(void **state)
{
	struct sent s;

	(void)state;
	configure(true, true, SWITCH_OFF, ENCRYPT_OFF);
	send_letter(LETTER, TEXT, &s);
	assert_false(s.result.wanted_body);
	assert_false(s.result.changed);
	check_fields(&s, false, NULL);
	sent_fini(&s);
}

/* --- what is protected already --- */

#define MULTIPART(kind, subtype)                                               \
	LETTER "MIME-Version: 1.0\nContent-Type: multipart/" kind              \
	       ";\n\tprotocol=\"application/" subtype "\"; boundary=b\n"
#define PARTS "--b\r\n\r\nhello\r\n--b\r\n\r\nsignature\r\n--b--\r\n"

static const struct {
	const char *header, *body;
	bool sealed;
} foreign[] = {
    {MULTIPART("signed", "pkcs7-signature"), PARTS, true},
    {MULTIPART("signed", "pgp-signature"), PARTS, true},
    {MULTIPART("encrypted", "pgp-encrypted"), PARTS, true},
    {LETTER "Content-Type: application/pkcs7-mime; smime-type=signed-data\n"
	    "Content-Transfer-Encoding: base64\n",
	"MIIB\r\n", true},
    {LETTER, "-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nhello\r\n", false},
};

/* Nothing but the one field is new, whether the author has a certificate or
 * signs at all. */
static void
test_passing(void **state)
{
	struct sent plain, s;

	(void)state;
	for (unsigned i = 0; i < 2 * sizeof(foreign) / sizeof(*foreign); i++) {
		enum setting_switch sign = i & 1 ? SWITCH_ON : SWITCH_OFF;
		bool sealed = foreign[i / 2].sealed;

		configure(false, true, sign, ENCRYPT_OFF);
		send_letter(foreign[i / 2].header, foreign[i / 2].body, &plain);
		assert_false(plain.result.changed);
		configure(true, true, sign, ENCRYPT_OFF);
		send_letter(foreign[i / 2].header, foreign[i / 2].body, &s);
		check_fields(&s, sealed, NULL);
		assert_true(!sealed || is_passing(&s));
		assert_true(slice_equal(buf_slice(&plain.file),
		    slice_part(buf_slice(&s.file), s.own, s.file.len)));
		assert_string_equal(plan_reason_name(s.result.plan.reason),
		    plan_reason_name(plain.result.plan.reason));
		sent_fini(&s);
		sent_fini(&plain);
	}
}

/* What is inside is the client's, the envelope is ours. */
static void
test_foreign_encrypted(void **state)
{
	struct sent s;

	(void)state;
	configure(true, true, SWITCH_ON, ENCRYPT_REQUIRED);
	send_letter(foreign[0].header, foreign[0].body, &s);
	check_fields(&s, true, "encrypted");
	assert_false(is_passing(&s));
	sent_fini(&s);
}

/* --- what is not ours --- */

#define FORGED                                                                 \
	"X-SMIME-Seal: 1\nx-smime-SEAL:\n\tv=1\nX-SMIME-Protected: signed\n"   \
	"X-Smime-Protected:\n"

/* Whatever is configured, and whatever becomes of the message. */
static void
test_forged(void **state)
{
	struct sent s;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		bool sealed = i & 1, marker = i & 2, sign = i & 4;

		configure(
		    sealed, marker, sign ? SWITCH_ON : SWITCH_OFF, ENCRYPT_OFF);
		send_letter(FORGED LETTER, TEXT, &s);
		check_fields(
		    &s, sealed && sign, marker && sign ? "signed" : NULL);
		sent_fini(&s);
		send_letter(foreign[0].header, foreign[0].body, &s);
		check_fields(&s, sealed, NULL);
		sent_fini(&s);
	}
}

static void
test_from_outside(void **state)
{
	const struct fixture_mail mail = {
	    .sender = "<bob@example.net>",
	    .to = {"<carol@example.org>"},
	    .header =
		"From: bob@example.net\n" FORGED "To: carol@example.org\n",
	    .body = slice_text(TEXT),
	};
	struct fixture_result r;
	struct buf file;

	(void)state;
	for (int sealed = 0; sealed < 2; sealed++) {
		configure(sealed, sealed, SWITCH_ON, ENCRYPT_OFF);
		gateway_fixture_send(&f, &mail, &r);
		assert_int_equal(r.outcome, JOB_ACCEPT);
		buf_init(&file, FILE_SIZE);
		gateway_fixture_read(&f, r.file, &file);
		assert_string_equal(buf_text(&file),
		    "From: bob@example.net\r\nTo: "
		    "carol@example.org\r\n\r\n" TEXT);
		buf_fini(&file);
		fixture_result_fini(&r);
	}
}

/* Shadow mode changes nothing (G1), not even that. */
static void
test_shadow(void **state)
{
	struct sent s;

	(void)state;
	f.config.defaults.mode = MODE_SHADOW;
	configure(true, true, SWITCH_ON, ENCRYPT_OFF);
	send_letter(FORGED LETTER, TEXT, &s);
	assert_false(s.result.changed);
	sent_fini(&s);
	send_letter(foreign[0].header, foreign[0].body, &s);
	assert_false(s.result.changed);
	sent_fini(&s);
	f.config.defaults.mode = MODE_INHERIT;
}

/* --- the key --- */

static void
check_refused(const char *path, const char *text)
{
	const struct gateway_opts opts = {.seal = true};
	struct gateway *g = NULL;

	f.config.seal.key = path;
	FAILS(ERR_PERMANENT, text, gateway_new(&f.config, &opts, &g, &err));
	assert_null(g);
}

static void
test_key(void **state)
{
	const struct gateway_opts admin = {.seal = false};
	struct gateway *g = NULL;
	struct sealing s;

	(void)state;
	assert_int_equal(chmod(key_file, 0444), 0);
	check_refused(key_file, "chmod 0400");
	/* Who only administers may not read it, and need not. */
	MUST(gateway_new(&f.config, &admin, &g, &err));
	s = gateway_sealing(g, 1);
	assert_null(s.key);
	gateway_unref(&g);
	assert_int_equal(chmod(key_file, 0400), 0);
	check_refused(f.ca_file, "seal.key: ");
	configure(true, false, SWITCH_ON, ENCRYPT_OFF);
	s = gateway_sealing(f.gateway, 1);
	assert_memory_equal(s.key, key.data, sizeof(struct seal_key));
	assert_int_equal(s.now, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_protected),
	    cmocka_unit_test(test_clear),
	    cmocka_unit_test(test_passing),
	    cmocka_unit_test(test_foreign_encrypted),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_from_outside),
	    cmocka_unit_test(test_shadow),
	    cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
