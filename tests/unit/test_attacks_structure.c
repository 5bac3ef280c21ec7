/*
 * What is signed is not what is shown: parts hidden, wrapped, doubled, and
 * delimiters that programs read differently ("Johnny, you are fired!", 2019,
 * sections 4.1 to 4.3; rules V3 to V7).  Bob's signatures are good, by a
 * trusted certificate, and under his own From.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "smime/cms_id.h"
#include "smime/der.h"
#include "smime/signed_attrs.h"
#include "unit/attack_site.h"

#define FROM "From: " BOB "\r\n"
#define EVIL "Content-Type: text/html\r\n\r\n<h1>Pay to Mallory</h1>\r\n"

static struct attack_site site;

static int
start(void **state)
{
	(void)state;
	attack_site_start(&site);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	attack_site_stop(&site);
	return 0;
}

/* Bob's letter as it was; the message without a From is an entity. */
static void
bobs_letter(struct buf *out, const char *fields)
{
	attack_letter(
	    out, fields, slice_text(handmade_entity), buf_slice(&site.by_bob));
}

/* --- wrapped --- */

/* Rule V7: Bob's letter as a part of something else. */
static void
test_wrapped(void **state)
{
	static const struct {
		const char *before, *behind;
	} rows[] = {
	    {"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" EVIL
	     "\r\n--o\r\n",
		"\r\n--o--\r\n"},
	    {"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n",
		"\r\n--o--\r\n"},
	    {"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n",
		"\r\n--o\r\n\r\nfooter of a list\r\n--o--\r\n"},
	    {"Content-Type: multipart/related; boundary=o\r\n\r\n--o\r\n" EVIL
	     "\r\n--o\r\nContent-ID: <x@example.com>\r\n",
		"\r\n--o--\r\n"},
	    {"Content-Type: multipart/related; boundary=o; start=\"<x@x>\"\r\n"
	     "\r\n--o\r\nContent-ID: <x@x>\r\n",
		"\r\n--o\r\n" EVIL "\r\n--o--\r\n"},
	    {"Content-Type: multipart/alternative; boundary=o\r\n\r\n--o\r\n",
		"\r\n--o\r\n" EVIL "\r\n--o--\r\n"},
	    {"Content-Type: multipart/alternative; "
	     "boundary=o\r\n\r\n--o\r\n" EVIL "\r\n--o\r\n",
		"\r\n--o--\r\n"},
	    {"Content-Type: multipart/report; boundary=o\r\n\r\n--o\r\n" EVIL
	     "\r\n--o\r\n",
		"\r\n--o--\r\n"},
	    {"Content-Type: multipart/digest; "
	     "boundary=o\r\n\r\n--o\r\n\r\n" FROM,
		"\r\n--o--\r\n"},
	    {"Content-Type: message/rfc822\r\n\r\n" FROM, ""},
	    {"Content-Type: message/global\r\n\r\n" FROM, ""},
	    {"Content-Type: message/partial; id=x; number=1; "
	     "total=1\r\n\r\n" FROM,
		""},
	    {"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
	     "Content-Type: message/rfc822\r\n\r\n" FROM,
		"\r\n--o\r\n" EVIL "\r\n--o--\r\n"},
	    {"Content-Type: text/html\r\n\r\n", ""},
	    {"\r\n", ""},
	    {"Content-Type: multipart/signed; boundary=o; "
	     "protocol=\"application/pgp-signature\"\r\n\r\n--o\r\n",
		"\r\n--o\r\nContent-Type: application/pgp-signature\r\n\r\n"
		"x\r\n--o--\r\n"},
	    {"Content-Type: multipart/encrypted; boundary=o; "
	     "protocol=\"application/pgp-encrypted\"\r\n\r\n--o\r\n",
		"\r\n--o--\r\n"},
	};
	struct buf inner, message;

	(void)state;
	bobs_letter(&inner, "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&message, 1u << 20);
		buf_addf(&message, FROM "%s", rows[i].before);
		buf_add_slice(&message, buf_slice(&inner));
		buf_add_text(&message, rows[i].behind);
		attack_expect(
		    &site, rows[i].before, buf_slice(&message), "unsigned");
		buf_fini(&message);
	}
	buf_fini(&inner);
	attack_nothing_learned(&site);
}

/* --- parts of the multipart/signed itself --- */

#define PART(text) "--b1\r\n" text "\r\n"

/* The signature fits the second or no part at all. */
static void
test_parts(void **state)
{
	static const struct {
		const char *what, *before, *behind, *word;
	} rows[] = {
	    {"three, the first is not signed", PART(EVIL), "", "malformed"},
	    {"three, the last is not signed", "", PART(EVIL), "malformed"},
	    {"four", PART(EVIL), PART(EVIL), "malformed"},
	};
	struct buf letter, message, changed;

	(void)state;
	bobs_letter(&letter, FROM);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&message, 1u << 20);
		buf_addf(&message, "%s--b1\r\n", rows[i].before);
		attack_replace(&changed, buf_slice(&letter), "--b1\r\n",
		    buf_text(&message));
		buf_fini(&message);
		buf_init(&message, 1u << 20);
		buf_addf(&message, "%s--b1--\r\n", rows[i].behind);
		buf_fini(&letter);
		attack_replace(&letter, buf_slice(&changed), "--b1--\r\n",
		    buf_text(&message));
		attack_expect(
		    &site, rows[i].what, buf_slice(&letter), rows[i].word);
		buf_fini(&message);
		buf_fini(&changed);
		buf_fini(&letter);
		bobs_letter(&letter, FROM);
	}
	buf_fini(&letter);
	attack_nothing_learned(&site);
}

/* Something replaced in Bob's letter. */
static void
expect_replaced(const char *old, const char *new, const char *word)
{
	struct buf letter, changed;
	char what[512];

	bobs_letter(&letter, FROM);
	attack_replace(&changed, buf_slice(&letter), old, new);
	snprintf(what, sizeof(what), "%s -> %s", old, new);
	attack_expect(&site, what, buf_slice(&changed), word);
	buf_fini(&changed);
	buf_fini(&letter);
}

#define FIRST "\r\n\r\n--b1\r\n"
#define LAST  "--b1--\r\n"

/* What one program takes for a delimiter and another one does not: in the
 * preamble, before the signature or behind the end, anything could be shown
 * there. */
static void
test_delimiters(void **state)
{
	static const struct {
		const char *old, *new;
	} rows[] = {
	    /* RFC 2046 5.1.1: no exact match of the line is required */
	    {FIRST, "\r\n\r\n--b1x\r\n" EVIL "\r\n--b1\r\n"},
	    {FIRST, "\r\n\r\n--b1-\r\n" EVIL "\r\n--b1\r\n"},
	    {FIRST, "\r\n\r\n--b1--x\r\n" EVIL "\r\n--b1\r\n"},
	    {FIRST, "\r\n\r\n--b1 x\r\n" EVIL "\r\n--b1\r\n"},
	    {FIRST, "\r\n\r\n--b1\t; x\r\n" EVIL "\r\n--b1\r\n"},
	    /* line ends */
	    {FIRST, "\r\n\r\nx\n--b1\n" EVIL "\r\n--b1\r\n"},
	    {FIRST, "\r\n\r\nx\r--b1\r" EVIL "\r\n--b1\r\n"},
	    {FIRST, "\r\n\r\n--b1\n" EVIL "\r\n--b1\r\n"},
	    {FIRST, "\r\n\r\n--b1\r\r\n" EVIL "\r\n--b1\r\n"},
	    {FIRST, "\r\n\r\nx\r\r\n--b1\r" EVIL "\r\n--b1\r\n"},
	    /* closed before it began */
	    {FIRST, "\r\n\r\n--b1--\r\n" EVIL "\r\n--b1\r\n"},
	    {FIRST, "\r\n\r\n" PART(EVIL) "--b1--\r\n--b1\r\n"},
	    /* no end, or another one */
	    {LAST, ""},
	    {LAST, "--b1-\r\n"},
	    {LAST, "--b1-- x\r\n"},
	    {LAST, "--b1 --\r\n"},
	    {LAST, "x--b1--\r\n"},
	    {LAST, " --b1--\r\n"},
	    {LAST, "--B1--\r\n"},
	    /* goes on behind its end */
	    {LAST, "--b1--\r\n" PART(EVIL) "--b1--\r\n"},
	    {LAST, "--b1--\r\n" PART(EVIL)},
	    {LAST, "--b1--\r\n--b1x\r\n" EVIL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_replaced(rows[i].old, rows[i].new, "malformed");
	attack_nothing_learned(&site);
}

#define BOUNDARY "boundary=\"b1\""

static void
test_boundary_parameter(void **state)
{
	static const char *const parameters[] = {
	    "boundary=\"b1\"; boundary=\"b2\"",
	    "boundary=\"b2\"; boundary=\"b1\"",
	    "boundary=\"b1\"; Boundary=\"b2\"",
	    "boundary=\"b1\"; boundary*=us-ascii''b2",
	    "boundary*=us-ascii''b2; boundary=\"b1\"",
	    "boundary=\"b2\"; boundary*0=b; boundary*1=1",
	    "boundary*0=b; boundary*1=1; boundary=\"b2\"",
	    "boundary=b1 (boundary=b2)",
	    "boundary=(b2)b1",
	    "boundary=b1(b2)",
	    "(boundary=b2) boundary=b1",
	    "boundary=\"b\\1\"",
	    "boundary=\"b\r\n 1\"",
	    "boundary=\"b1 \"",
	    "boundary=\"b1",
	    "boundary=b1\"",
	    "boundary='b1'",
	    "boundary=\"b1\";; boundary=\"b2\"",
	    "boundary=\"b1\", boundary=\"b2\"",
	    "boundary=\"b1\"; x=\"; boundary=b2\"; y=\"",
	    /* RFC 2231, and no quotes where the grammar wants some: other
	     * boundaries, or none, to many programs, which show what stands
	     * before the first part. */
	    "boundary*=us-ascii''b1",
	    "boundary*0=b; boundary*1=1",
	    "boundary*0*=us-ascii''b1",
	    "boundary =",
	    "boundary=\"\"",
	    "x-boundary=\"b1\"",
	    "=\"b1\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		expect_replaced(BOUNDARY, parameters[i], "malformed");
	attack_nothing_learned(&site);
}

static void
replace(struct buf *letter, const char *old, const char *before,
    const char *boundary, const char *behind)
{
	struct buf new, changed;

	buf_init(&new, 1u << 10);
	buf_addf(&new, "%s--%s%s", before, boundary, behind);
	attack_replace(&changed, buf_slice(letter), old, buf_text(&new));
	buf_fini(&new);
	buf_fini(letter);
	*letter = changed;
}

/* Bob's letter with another boundary, and something in its preamble for who
 * reads only the beginning of that. */
static void
expect_boundary(const char *parameter, const char *boundary, const char *word)
{
	struct buf letter, changed;

	bobs_letter(&letter, FROM);
	replace(&letter, "--b1\r\nContent-Type: app", "", boundary,
	    "\r\nContent-Type: app");
	replace(&letter, LAST, "", boundary, "--\r\n");
	replace(&letter, FIRST, "\r\n\r\n--b\r\n" EVIL "\r\n--b--\r\n",
	    boundary, "\r\n");
	attack_replace(&changed, buf_slice(&letter), BOUNDARY, parameter);
	attack_expect(&site, parameter, buf_slice(&changed), word);
	buf_fini(&changed);
	buf_fini(&letter);
}

/* Python's email package, and whoever else reads by the grammar, stops where
 * quotes are missing. */
static void
test_boundary_without_quotes(void **state)
{
	(void)state;
	expect_boundary("boundary=b?1", "b?1", "malformed");
	expect_boundary("boundary=b=1", "b=1", "malformed");
	expect_boundary("boundary=b*1", "b*1", "malformed");
	expect_boundary("boundary=b'1", "b'1", "malformed");
	expect_boundary("boundary=b/1", "b/1", "malformed");
	expect_boundary("boundary=\" b\"", " b", "malformed");
	expect_boundary("boundary=\"b\\\"1\"", "b\"1", "malformed");
	expect_boundary("boundary=b*1; x=\"b*1\"", "b*1", "malformed");
	/* Bob's, whatever is in the preamble that nobody shows. */
	expect_boundary("boundary=\"b?1\"", "b?1", "valid");
}

#define TYPE "Content-Type: multipart/signed;"

/* The field that says what the message is. */
static void
test_type_field(void **state)
{
	static const struct {
		const char *old, *new, *word;
	} rows[] = {
	    {TYPE, "Content-Type: text/html\r\n" TYPE, "unsigned"},
	    {BOUNDARY "\r\n", BOUNDARY "\r\nContent-Type: text/html\r\n",
		"malformed"},
	    {BOUNDARY "\r\n", BOUNDARY "\r\ncontent-TYPE: text/html\r\n",
		"malformed"},
	    {BOUNDARY "\r\n", BOUNDARY "\r\nContent-Type:\r\n", "malformed"},
	    {TYPE, "Content-Type:\r\n" TYPE, "unsigned"},
	    {TYPE, "Content-Type: multipart/mixed;", "unsigned"},
	    {TYPE, "Content-Type: multipart/(x)signed;", "malformed"},
	    {TYPE, "Content-Type: (text/html) multipart/signed;", "malformed"},
	    {TYPE, "Content-Type: multipart / signed;", "malformed"},
	    {TYPE, "Content-Type: \"multipart/signed\";", "unsigned"},
	    {TYPE, "Content-Type: multipart/signed, text/html;", "malformed"},
	    {TYPE, "Content-Type: text/html, multipart/signed;", "unsigned"},
	    {TYPE, "X-Content-Type: multipart/signed;", "unsigned"},
	    {TYPE,
		"Content-Transfer-Encoding: base64\r\n"
		"Content-Type: multipart/signed;",
		"malformed"},
	    {TYPE,
		"Content-Transfer-Encoding: quoted-printable\r\n"
		"Content-Type: multipart/signed;",
		"malformed"},
	    {TYPE,
		"Content-Transfer-Encoding: 7bit\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"Content-Type: multipart/signed;",
		"malformed"},
	    {"protocol=\"application/pkcs7-signature\"",
		"protocol=\"application/pgp-signature\"", "unsigned"},
	    {"protocol=\"application/pkcs7-signature\"",
		"protocol=\"application/pkcs7-signature\"; "
		"protocol=\"application/pgp-signature\"",
		"malformed"},
	    {"protocol=\"application/pkcs7-signature\"", "x=y", "unsigned"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_replaced(rows[i].old, rows[i].new, rows[i].word);
	attack_nothing_learned(&site);
}

/* Outer signatures count, whatever is inside: Mallory's around a letter of
 * Bob's is Mallory's. */
static void
test_signed_again(void **state)
{
	struct buf inner, der, message;

	(void)state;
	bobs_letter(&inner, "");
	attack_sign(&site, &site.mallory, buf_slice(&inner), &der);
	attack_letter(&message, FROM, buf_slice(&inner), buf_slice(&der));
	/* The same boundary inside and outside. */
	attack_expect(&site, "same boundary", buf_slice(&message), "malformed");
	buf_fini(&message);
	buf_fini(&der);
	buf_fini(&inner);

	buf_init(&inner, 1u << 20);
	buf_addf(&inner,
	    "Content-Type: multipart/signed; micalg=sha-256; boundary=i;"
	    "\r\n protocol=\"application/pkcs7-signature\"\r\n\r\n--i\r\n%s"
	    "\r\n--i\r\nContent-Type: application/pkcs7-signature; "
	    "name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n",
	    handmade_entity);
	handmade_base64(&inner, buf_slice(&site.by_bob));
	buf_add_text(&inner, "\r\n--i--\r\n");
	attack_sign(&site, &site.mallory, buf_slice(&inner), &der);
	attack_letter(&message, FROM, buf_slice(&inner), buf_slice(&der));
	attack_expect(
	    &site, "Bob's inside Mallory's", buf_slice(&message), "mismatch");
	buf_fini(&message);
	buf_fini(&der);
	buf_fini(&inner);
	attack_nothing_learned(&site);
}

/* --- the SignedData beside it --- */

static void
cms_start(struct handmade_cms *p)
{
	handmade_cms_init(p);
	handmade_cms_cert(p, site.bob.certificate);
	handmade_cms_cert(p, site.mallory.certificate);
	handmade_cms_cert(p, site.intermediate.certificate);
}

static void
signer_add(struct handmade_cms *p, const struct fixture_cert *cert, bool bad)
{
	struct handmade h = handmade(cert);

	handmade_attrs(&h);
	h.break_signature = bad;
	handmade_info(&h, &p->infos);
}

/* Ends p. */
static void
expect_cms(struct handmade_cms *p, const char *what, const char *word)
{
	struct buf der, message;

	handmade_cms_write(p, &der);
	attack_letter(
	    &message, FROM, slice_text(handmade_entity), buf_slice(&der));
	attack_expect(&site, what, buf_slice(&message), word);
	buf_fini(&message);
	buf_fini(&der);
}

static void
test_signers(void **state)
{
	struct fixture_cert stranger;
	struct handmade_cms p;

	(void)state;
	cms_start(&p);
	expect_cms(&p, "no signer", "unsigned");
	cms_start(&p);
	signer_add(&p, &site.bob, true);
	signer_add(&p, &site.mallory, false);
	expect_cms(&p, "Bob's is broken, Mallory's good", "altered");
	cms_start(&p);
	signer_add(&p, &site.mallory, false);
	signer_add(&p, &site.bob, true);
	expect_cms(&p, "the other way round", "altered");
	cms_start(&p);
	signer_add(&p, &site.bob, false);
	signer_add(&p, &site.mallory, true);
	expect_cms(&p, "Mallory's is broken", "altered");
	fixture_leaf(&stranger, NULL, &(struct fixture_opts){.address = BOB});
	cms_start(&p);
	handmade_cms_cert(&p, stranger.certificate);
	signer_add(&p, &site.mallory, false);
	signer_add(&p, &stranger, false);
	expect_cms(&p, "a Bob whom nobody knows", "untrusted");
	fixture_fini(&stranger);
	attack_nothing_learned(&site);
}

/* Rule V3 ("eContent confusion"): what is signed is inside, what is shown is
 * outside. */
static void
test_two_contents(void **state)
{
	struct handmade_cms p;
	struct buf der, message;

	(void)state;
	cms_start(&p);
	p.content = slice_text(handmade_entity);
	signer_add(&p, &site.bob, false);
	expect_cms(&p, "the same content twice", "malformed");
	cms_start(&p);
	p.content = slice_text(handmade_entity);
	signer_add(&p, &site.bob, false);
	handmade_cms_write(&p, &der);
	attack_letter(&message, FROM, slice_text(EVIL), buf_slice(&der));
	attack_expect(
	    &site, "another content", buf_slice(&message), "malformed");
	buf_fini(&message);
	buf_fini(&der);
	cms_start(&p);
	p.content = slice_text("");
	signer_add(&p, &site.bob, false);
	expect_cms(&p, "an empty content", "malformed");
	attack_nothing_learned(&site);
}

/* "ForgedAttributes" (Strenzke 2023): RFC 5652 5.4 signs attributes and bare
 * contents in the same way, so the attributes of any letter of Bob's could
 * be presented as a letter without attributes.  Whatever they hold. */
static void
expect_forged(struct handmade *h, const char *what)
{
	struct handmade evil = handmade(&site.bob);
	struct buf content, der, message;
	struct handmade_cms p;

	buf_init(&content, 1u << 20);
	der_put(&content, DER_SET, buf_slice(&h->attrs));
	evil.content = buf_slice(&content);
	cms_start(&p);
	handmade_info(&evil, &p.infos);
	handmade_cms_write(&p, &der);
	attack_letter(&message, FROM, buf_slice(&content), buf_slice(&der));
	attack_expect(&site, what, buf_slice(&message), "altered");
	buf_fini(&message);
	buf_fini(&der);
	buf_fini(&content);
	buf_fini(&h->attrs);
}

static void
test_forged_attributes(void **state)
{
	struct handmade h = handmade(&site.bob);

	(void)state;
	attack_attributes(&h);
	expect_forged(&h, "attributes");
	h = handmade(&site.bob);
	handmade_attrs(&h);
	handmade_attrs(&h);
	expect_forged(&h, "attributes that come twice");
	h = handmade(&site.bob);
	handmade_attrs(&h);
	for (unsigned i = 0; i < LIMIT_ATTRIBUTES; i++)
		buf_add(&h.attrs, "\x30\x07\x06\x03\x2b\x65\x7f\x31\x00", 9);
	expect_forged(&h, "too many attributes");
	h = handmade(&site.bob);
	handmade_attrs(&h);
	handmade_attribute(
	    &h.attrs, OID_SIGNING_CERTIFICATE_V2, slice_make("\x05\x00", 2));
	expect_forged(&h, "attributes that we cannot read");
	h = handmade(&site.bob);
	signed_attr_content_type(&h.attrs, OID_DATA);
	expect_forged(&h, "attributes without a digest");
	attack_nothing_learned(&site);
}

/* The name of the digest in the header decides nothing (rule V6). */
static void
test_micalg(void **state)
{
	static const char *const lies[] = {
	    "micalg=md5", "micalg=sha-512", "micalg=none", "micalg=\"\""};
	struct handmade h = handmade(&site.bob);
	struct handmade_cms p;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		expect_replaced("micalg=sha-256", lies[i], "valid");
	assert_int_equal(attack_learned(&site, BOB), 1);
	/* It calls SHA-1 sha-256. */
	h.md = EVP_sha1();
	h.digest = OID_SHA1;
	h.algorithm = OID_RSA_SHA1;
	handmade_attrs(&h);
	cms_start(&p);
	handmade_info(&h, &p.infos);
	expect_cms(&p, "SHA-1", "weak");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wrapped),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_delimiters),
	    cmocka_unit_test(test_boundary_parameter),
	    cmocka_unit_test(test_type_field),
	    cmocka_unit_test(test_signed_again),
	    cmocka_unit_test(test_signers),
	    cmocka_unit_test(test_two_contents),
	    cmocka_unit_test(test_forged_attributes),
	    cmocka_unit_test(test_micalg),
	    cmocka_unit_test(test_boundary_without_quotes),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
