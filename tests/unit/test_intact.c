/*
 * Integrity alone: what is intact whoever signed it, what is broken, what
 * nobody can say; and that it agrees with smime_verify about every byte.
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/limits.h"
#include "smime/intact.h"
#include "smime/verify.h"
#include "unit/handmade.h"
#include "unit/layers_fixture.h"
#include "unit/must.h"
#include "unit/seal_fixture.h"

#define ENTITY                                                                 \
	"Content-Type: multipart/mixed; boundary=\"m\"\r\n\r\n"                \
	"--m\r\nContent-Type: text/plain\r\n\r\nDear Bob,\r\nYours, Alice\r\n" \
	"\r\n--m\r\nContent-Type: application/pdf\r\n"                         \
	"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n"            \
	"\r\n--m--\r\n"

static struct smime_fixture fixture;
static struct smime_user alice; /* P-256 */
static struct certificate_cache *cache;
static struct trust *trust;

static int
start(void **state)
{
	const struct trust_config none = {0};

	(void)state;
	smime_fixture_start(&fixture);
	smime_user_make(
	    &fixture, &alice, &(struct fixture_opts){.address = HANDMADE_FROM});
	cache = certificate_cache_new();
	MUST(trust_load(&none, &trust, &err));
	MUST(trust_add_anchor(trust, fixture.root.certificate, &err));
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	certificate_cache_free(cache);
	trust_release(&trust);
	smime_user_fini(&alice);
	smime_fixture_stop(&fixture);
	return 0;
}

static void
check(struct slice message, struct smime_intact *out)
{
	struct smime_intact_opts opts = {
	    .cache = cache, .spool = &fixture.spool};
	struct smime_message m;

	smime_message_parse(&m, message);
	MUST(smime_check_integrity(&opts, &m.header, m.body, out, &err));
	smime_message_fini(&m);
	assert_int_equal(ERR_peek_error(), 0);
	/* What is broken is named; what is not, is not. */
	if (out->integrity == INTEGRITY_BROKEN)
		assert_non_null(seal_findings_worst(&out->findings));
	else
		assert_int_equal(out->findings.count, 0);
}

static void
assert_integrity(struct slice message, enum smime_integrity wanted)
{
	struct smime_intact intact;

	check(message, &intact);
	if (intact.integrity != wanted)
		fail_msg("%s (%s), not %s",
		    smime_integrity_name(intact.integrity), intact.detail,
		    smime_integrity_name(wanted));
	if (wanted == INTEGRITY_INTACT)
		assert_string_equal(intact.detail, "");
}

/* --- intact --- */

static void
test_keys(void **state)
{
	static const char *const keys[] = {
	    "RSA-2048", "P-256", "P-384", "P-521", "ED25519"};

	(void)state;
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		struct smime_user user;

		smime_user_make(
		    &fixture, &user, &(struct fixture_opts){.key = keys[k]});
		for (int opaque = 0; opaque < 2; opaque++) {
			struct buf message;

			layers_begin(&message, ENTITY);
			layers_sign(&message, &fixture, &user, opaque);
			assert_integrity(buf_slice(&message), INTEGRITY_INTACT);
			buf_fini(&message);
		}
		smime_user_fini(&user);
	}
}

/* Neither a weak digest, nor a certificate that nobody would trust, is the
 * business of who passes mail on. */
static void
test_weak(void **state)
{
	struct handmade h = handmade(&alice.cert);
	struct handmade_cms p;
	struct buf der, message;

	(void)state;
	h.digest = OID_SHA1;
	h.algorithm = OID_ECDSA_SHA1;
	h.md = EVP_sha1();
	handmade_attrs(&h);
	handmade_cms_init(&p);
	handmade_cms_cert(&p, alice.cert.certificate);
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, &der);
	handmade_detached(
	    &message, slice_text(handmade_entity), buf_slice(&der));
	assert_integrity(buf_slice(&message), INTEGRITY_INTACT);
	buf_fini(&message);
	buf_fini(&der);
}

static void
test_stranger(void **state)
{
	struct fixture_cert stranger;
	struct handmade h;
	struct handmade_cms p;
	struct buf der, message;

	(void)state;
	fixture_leaf(&stranger, NULL,
	    &(struct fixture_opts){.name = "Self-signed",
		.usage = "keyCertSign",
		.not_before = -2 * FIXTURE_DAY,
		.not_after = -FIXTURE_DAY});
	h = handmade(&stranger);
	handmade_attrs(&h);
	handmade_cms_init(&p);
	handmade_cms_cert(&p, stranger.certificate);
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, &der);
	handmade_detached(
	    &message, slice_text(handmade_entity), buf_slice(&der));
	assert_integrity(buf_slice(&message), INTEGRITY_INTACT);
	buf_fini(&message);
	buf_fini(&der);
	fixture_fini(&stranger);
}

/* --- none, unknown --- */

#define UNSIGNED "From: a@example.org\r\n\r\nHello\r\n"
#define PGP_SIGNED                                                             \
	"Content-Type: multipart/signed; boundary=b;\r\n"                      \
	" protocol=\"application/pgp-signature\"\r\n\r\n--b\r\n\r\nHello"      \
	"\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n"      \
	"--b--\r\n"
#define CERTS_ONLY                                                             \
	"Content-Type: application/pkcs7-mime; smime-type=certs-only\r\n"      \
	"\r\nMAA=\r\n"

static void
test_none(void **state)
{
	static const char *const texts[] = {UNSIGNED, PGP_SIGNED, CERTS_ONLY};
	const struct smime_user *to = &alice;
	struct buf message;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_integrity(slice_text(texts[i]), INTEGRITY_NONE);
	layers_begin(&message, ENTITY);
	layers_sign(&message, &fixture, &alice, false);
	layers_encrypt(&message, &fixture, SMIME_CIPHER_AES256_GCM, &to, 1);
	assert_integrity(buf_slice(&message), INTEGRITY_NONE);
	buf_fini(&message);
}

static void
assert_unknown(struct handmade *h, bool certificate, const char *detail)
{
	struct smime_intact intact;
	struct handmade_cms p;
	struct buf der, message;

	handmade_attrs(h);
	handmade_cms_init(&p);
	if (certificate)
		handmade_cms_cert(&p, alice.cert.certificate);
	handmade_info(h, &p.infos);
	handmade_cms_write(&p, &der);
	handmade_detached(
	    &message, slice_text(handmade_entity), buf_slice(&der));
	check(buf_slice(&message), &intact);
	assert_int_equal(intact.integrity, INTEGRITY_UNKNOWN);
	assert_string_equal(intact.detail, detail);
	buf_fini(&message);
	buf_fini(&der);
}

static void
test_unknown(void **state)
{
	struct handmade h = handmade(&alice.cert);

	(void)state;
	assert_unknown(&h, false, "the signer's certificate is missing");
	h = handmade(&alice.cert);
	h.algorithm = OID_AES128_CBC;
	assert_unknown(&h, true, "signature algorithm");
	h = handmade(&alice.cert);
	h.digest = OID_AES128_CBC;
	assert_unknown(&h, true, "digest algorithm");
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(smime_integrity_name(INTEGRITY_NONE), "none");
	assert_string_equal(smime_integrity_name(INTEGRITY_INTACT), "intact");
	assert_string_equal(smime_integrity_name(INTEGRITY_BROKEN), "broken");
	assert_string_equal(smime_integrity_name(INTEGRITY_UNKNOWN), "unknown");
}

/* --- broken --- */

struct row {
	const char *from;
	const char *to;
	enum smime_integrity integrity;
	const char *found;
};

/* The boundary of the signature is not known beforehand: this stands for
 * it. */
#define B "@BOUNDARY@"

static const struct row detached[] = {
    {"Alice\r\n", "Alice\r\nConfidential.\r\n", INTEGRITY_BROKEN,
	"text-appended 1.1 15"},
    {"Alice\r\n", "Alice\r\n\r\n-- \r\nConfidential.\r\n", INTEGRITY_BROKEN,
	"text-appended 1.1 22"},
    {"Dear Bob,\r\n", "Warning!\r\nDear Bob,\r\n", INTEGRITY_BROKEN,
	"text-changed 1"},
    {"Dear", "Daer", INTEGRITY_BROKEN, "text-changed 1"},
    {"text/plain", "text/html", INTEGRITY_BROKEN, "text-changed 1"},
    {"Content-Type: multipart/mixed", "X: y\r\nContent-Type: multipart/mixed",
	INTEGRITY_BROKEN, "text-changed 1"},
    {"\r\n--" B "--", "\r\n--" B "\r\n\r\nlist\r\n--" B "--", INTEGRITY_BROKEN,
	"part-added 3 4"},
    {"\r\n--" B "--", "\r\n--" B "\r\n\r\nlist\r\n--" B "--\r\nbye",
	INTEGRITY_BROKEN, "part-added 3 4; after-end 0 3"},
    {"\r\n--" B "--\r\n", "\r\n--" B "--\r\nfooter\r\n--" B "--\r\n",
	INTEGRITY_BROKEN, "after-end 0 52"},
    {"\r\n--" B "--\r\n", "\r\n--" B "--\r\nfooter\r\n", INTEGRITY_INTACT, ""},
    {"\r\n--" B "--\r\n", "\r\n", INTEGRITY_BROKEN, "signature-changed 2"},
    {"boundary=\"", "boundary=\"x", INTEGRITY_BROKEN, "header-changed 0"},
    {"application/pkcs7-signature; name", "text/plain; name", INTEGRITY_BROKEN,
	"signature-changed 2"},
    {"base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"",
	"x-new\r\nContent-Disposition: attachment; filename=\"smime.p7s\"",
	INTEGRITY_BROKEN, "signature-changed 2"},
};

/* What stands for the boundary is replaced by it. */
static void
boundary_fill(struct buf *out, const char *text, struct slice boundary)
{
	const char *at = strstr(text, B);

	for (; at; text = at + strlen(B), at = strstr(text, B)) {
		buf_add(out, text, (size_t)(at - text));
		buf_add_slice(out, boundary);
	}
	buf_add_text(out, text);
}

static struct slice
boundary_find(struct slice message)
{
	const char name[] = "boundary=\"";
	size_t from = smime_find(message, slice_text(name)) + sizeof(name) - 1;

	return slice_part(message, from, slice_find(message, '"', from));
}

static void
assert_row(struct slice message, const struct row *row)
{
	struct slice boundary = boundary_find(message);
	struct buf from, to, changed, found;
	struct smime_intact intact;

	buf_init(&from, 4096);
	buf_init(&to, 4096);
	buf_init(&found, 4096);
	buf_init(&changed, MIB);
	boundary_fill(&from, row->from, boundary);
	boundary_fill(&to, row->to, boundary);
	seal_replace(&changed, message, buf_text(&from), buf_text(&to));
	check(buf_slice(&changed), &intact);
	seal_findings_show(&intact.findings, &found);
	if (intact.integrity != row->integrity ||
	    strcmp(buf_text(&found), row->found) != 0)
		fail_msg("%s -> %s: %s (%s), \"%s\"", row->from, row->to,
		    smime_integrity_name(intact.integrity), intact.detail,
		    buf_text(&found));
	buf_fini(&from);
	buf_fini(&to);
	buf_fini(&changed);
	buf_fini(&found);
}

static void
test_detached_broken(void **state)
{
	struct buf message;

	(void)state;
	layers_begin(&message, ENTITY);
	layers_sign(&message, &fixture, &alice, false);
	layers_finish(&message, HANDMADE_FROM);
	assert_integrity(buf_slice(&message), INTEGRITY_INTACT);
	for (size_t i = 0; i < sizeof(detached) / sizeof(detached[0]); i++)
		assert_row(buf_slice(&message), &detached[i]);
	buf_fini(&message);
}

/* --- footers without a fingerprint --- */

/* A signed entity in which from was replaced by to afterwards. */
static void
assert_found(
    const char *entity, const char *from, const char *to, const char *wanted)
{
	struct smime_intact intact;
	struct buf message, changed, found;

	layers_begin(&message, entity);
	layers_sign(&message, &fixture, &alice, false);
	layers_finish(&message, HANDMADE_FROM);
	buf_init(&changed, (size_t)64 * MIB);
	buf_init(&found, 4096);
	seal_replace(&changed, buf_slice(&message), from, to);
	check(buf_slice(&changed), &intact);
	assert_int_equal(intact.integrity, INTEGRITY_BROKEN);
	seal_findings_show(&intact.findings, &found);
	if (strcmp(buf_text(&found), wanted) != 0)
		fail_msg("%s -> %s: %s", from, to, buf_text(&found));
	buf_fini(&found);
	buf_fini(&changed);
	buf_fini(&message);
}

#define PLAIN "Content-Type: text/plain\r\n\r\nDear Bob,\r\nYours, Alice"
#define PAGE                                                                   \
	"Content-Type: text/html\r\n\r\n<html><body><p>Dear Bob</p>"           \
	"</body></html>\r\n"

static void
test_footers(void **state)
{
	(void)state;
	assert_found(PLAIN "\r\n", "Alice\r\n", "Alice\r\n--\r\nX\r\n",
	    "text-appended 1 7");
	assert_found(PLAIN, "Alice", "Alice\r\n--\r\nX", "text-appended 1 7");
	assert_found(PAGE, "</body>", "<p>X</p></body>", "text-inserted 1 8");
	assert_found(
	    PAGE, "</html>\r\n", "</html>\r\n<p>X</p>", "text-appended 1 8");
	/* Two changes, or another one, are more than can be tried. */
	assert_found(PLAIN, "Dear Bob,\r\nYours, Alice",
	    "dear Bob,\r\nYours, Alice\r\nX", "text-changed 1");
	assert_found(PLAIN, "Alice", "AliceX", "text-changed 1");
	assert_found(PLAIN, "Dear", "Hello Dear", "text-changed 1");
}

/* A footer of that many pieces. */
static void
assert_footer(const char *piece, size_t count, const char *wanted)
{
	struct buf to;

	buf_init(&to, MIB);
	buf_add_text(&to, "Alice\r\n");
	for (size_t i = 0; i < count; i++)
		buf_add_text(&to, piece);
	assert_found(PLAIN "\r\n", "Alice\r\n", buf_text(&to), wanted);
	buf_fini(&to);
}

/* A footer before an attachment of that many bytes. */
static void
assert_tail(size_t bytes, const char *wanted)
{
	struct buf entity;

	buf_init(&entity, (size_t)64 * MIB);
	buf_add_text(&entity,
	    "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n" PLAIN
	    "\r\n--m\r\nContent-Type: application/pdf\r\n\r\n");
	for (size_t i = 0; i < bytes / 64; i++)
		buf_add_text(&entity,
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxxxxxx\r\n");
	buf_add_text(&entity, "\r\n--m--\r\n");
	assert_found(buf_text(&entity), "Alice", "Alice\r\nX", wanted);
	buf_fini(&entity);
}

static void
test_footer_limits(void **state)
{
	(void)state;
	/* One may begin before or behind a line end. */
	assert_footer("x\r\n", LIMIT_INTACT_TRIES / 2, "text-appended 1 384");
	assert_footer("x\r\n", LIMIT_INTACT_TRIES / 2 + 1, "text-changed 1");
	assert_footer("x", LIMIT_INTACT_WINDOW, "text-appended 1 65536");
	assert_footer("x", LIMIT_INTACT_WINDOW + 1, "text-changed 1");
	assert_tail(LIMIT_INTACT_WORK / 4, "text-appended 1.1 3");
	assert_tail(LIMIT_INTACT_WORK, "text-changed 1");
}

static void
test_signature_removed(void **state)
{
	struct smime_intact intact;
	struct buf message;
	size_t at;

	(void)state;
	layers_begin(&message, ENTITY);
	layers_sign(&message, &fixture, &alice, false);
	layers_finish(&message, HANDMADE_FROM);
	/* With its delimiter, but not the one that closes. */
	at = smime_find(buf_slice(&message), slice_text("\r\n--m--")) + 9;
	message.len = at;
	buf_add_text(&message, "\r\n--");
	buf_add_slice(&message, boundary_find(buf_slice(&message)));
	buf_add_text(&message, "--\r\n");
	check(buf_slice(&message), &intact);
	assert_int_equal(intact.integrity, INTEGRITY_BROKEN);
	assert_int_equal(intact.findings.at[0].change, SEAL_PART_REMOVED);
	assert_string_equal(intact.findings.at[0].part, "2");
	buf_fini(&message);
}

static void
test_opaque_broken(void **state)
{
	struct smime_intact intact;
	struct buf message;
	size_t at;

	(void)state;
	layers_begin(&message, ENTITY);
	layers_sign(&message, &fixture, &alice, true);
	at = smime_find(buf_slice(&message), slice_text("RGVhciBCb2I"));
	message.data[at] = 'S';
	check(buf_slice(&message), &intact);
	assert_int_equal(intact.integrity, INTEGRITY_BROKEN);
	assert_int_equal(intact.findings.at[0].change, SEAL_TEXT_CHANGED);
	assert_string_equal(intact.findings.at[0].part, "1");
	message.data[at] = 'R';
	assert_integrity(buf_slice(&message), INTEGRITY_INTACT);
	message.data[message.len - 40] ^= 1;
	check(buf_slice(&message), &intact);
	assert_int_equal(intact.integrity, INTEGRITY_BROKEN);
	assert_int_equal(intact.findings.at[0].change, SEAL_SIGNATURE_CHANGED);
	buf_fini(&message);
}

/* --- every byte --- */

static enum smime_integrity
verified(struct slice message)
{
	struct smime_verify_opts opts = {.trust = trust,
	    .cache = cache,
	    .now = fixture_now(),
	    .from = HANDMADE_FROM};
	enum smime_integrity integrity;
	struct smime_verdict v;
	struct smime_message m;

	smime_message_parse(&m, message);
	smime_verdict_init(&v, &fixture.spool);
	MUST(smime_verify(&opts, &m.header, m.body, &v, &err));
	if (v.status == SMIME_ALTERED || v.status == SMIME_MALFORMED)
		integrity = INTEGRITY_BROKEN;
	else if (v.intact)
		integrity = INTEGRITY_INTACT;
	else if (v.status == SMIME_UNSIGNED)
		integrity = INTEGRITY_NONE;
	else
		integrity = INTEGRITY_UNKNOWN;
	smime_verdict_fini(&v);
	smime_message_fini(&m);
	return integrity;
}

/* How often each came out. */
struct tally {
	size_t broken;
	size_t benign;
	size_t nothing;
};

/* What a signature does not cover and yet is more than looks: bytes behind the
 * end; and in the CMS object the certificates. */
static bool
counts_though_intact(const struct seal_finding *f, bool opaque)
{
	return f->change == SEAL_AFTER_END ||
	       f->change == SEAL_SIGNATURE_CHANGED || opaque;
}

/* One byte of a sealed message is not what it was.  Whatever it is, it ends
 * in one of three ways: it is broken, and the comparison says what; it reads
 * otherwise and counts as changed; or it is as good as it was. */
static void
assert_byte(const struct seal *seal, struct slice message, size_t at,
    bool opaque, struct tally *tally)
{
	const struct seal_finding *worst;
	struct smime_intact intact;
	struct seal_findings f;

	check(message, &intact);
	assert_int_equal(intact.integrity, verified(message));
	seal_message_compare(seal, message, &f);
	worst = seal_findings_worst(&f);
	if (intact.integrity == INTEGRITY_BROKEN) {
		if (!worst)
			fail_msg("byte %zu: broken (%s), nothing found", at,
			    intact.detail);
		assert_false(seal_message_is_same(seal, message));
		tally->broken++;
		return;
	}
	if (intact.integrity == INTEGRITY_INTACT && worst &&
	    !counts_though_intact(worst, opaque))
		fail_msg("byte %zu: intact, yet %s %s", at,
		    seal_change_name(worst->change), worst->part);
	if (intact.integrity != INTEGRITY_INTACT)
		assert_non_null(worst);
	tally->benign += f.count > 0;
	tally->nothing += f.count == 0;
}

/* Neither NUL nor CR is in a header field that a mail server hands over. */
static bool
may_arrive(unsigned char c, size_t at, size_t body)
{
	return at >= body || (c != '\0' && c != '\r');
}

static void
test_every_byte(bool opaque, struct tally *tally)
{
	const size_t step = UNIT_SANITIZED ? 11 : 1;
	unsigned char changes[] = {0x01, 0x20, 0x80};
	struct seal taken, seal;
	struct buf message;
	size_t body;

	layers_begin(&message, ENTITY);
	layers_sign(&message, &fixture, &alice, opaque);
	layers_finish(&message, HANDMADE_FROM);
	seal_message_take(buf_slice(&message), &taken);
	seal_there_and_back(&taken, &seal);
	body = smime_find(buf_slice(&message), slice_text("\r\n\r\n"));
	for (size_t i = 0; i < message.len; i += step) {
		unsigned char change = changes[i % sizeof(changes)];

		message.data[i] ^= change;
		if (may_arrive(message.data[i], i, body))
			assert_byte(
			    &seal, buf_slice(&message), i, opaque, tally);
		message.data[i] ^= change;
	}
	buf_fini(&message);
}

static void
test_every_byte_detached(void **state)
{
	struct tally tally = {0};

	(void)state;
	test_every_byte(false, &tally);
	assert_true(tally.broken > 20 && tally.nothing > 0);
}

static void
test_every_byte_opaque(void **state)
{
	struct tally tally = {0};

	(void)state;
	test_every_byte(true, &tally);
	assert_true(tally.broken > 20 && tally.nothing > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_weak),
	    cmocka_unit_test(test_stranger),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_detached_broken),
	    cmocka_unit_test(test_footers),
	    cmocka_unit_test(test_footer_limits),
	    cmocka_unit_test(test_signature_removed),
	    cmocka_unit_test(test_opaque_broken),
	    cmocka_unit_test(test_every_byte_detached),
	    cmocka_unit_test(test_every_byte_opaque),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
