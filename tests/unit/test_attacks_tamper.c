/*
 * One change anywhere in a signed message, and the word that it must end in:
 * the header block and the body of the signed part, each signed attribute,
 * the certificate, its issuer, the signature, the algorithms.
 */
#include "unit/unit.h"

#include <string.h>

#include "smime/cms_id.h"
#include "smime/der.h"
#include "smime/signed_attrs.h"
#include "unit/attack_site.h"

static struct attack_site site;
static struct buf der; /* by Bob, with all attributes */

static int
start(void **state)
{
	struct handmade h;
	struct handmade_cms p;

	(void)state;
	attack_site_start(&site);
	h = handmade(&site.bob);
	attack_attributes(&h);
	handmade_cms_init(&p);
	handmade_cms_cert(&p, site.bob.certificate);
	handmade_cms_cert(&p, site.intermediate.certificate);
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, &der);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	buf_fini(&der);
	attack_site_stop(&site);
	return 0;
}

static void
expect(const char *what, struct slice content, const char *word)
{
	struct buf message;

	attack_letter(&message, "From: " BOB "\r\n", content, buf_slice(&der));
	attack_expect(&site, what, buf_slice(&message), word);
	buf_fini(&message);
}

/* Nobody touched it: what the other tests change was good. */
static void
test_untouched(void **state)
{
	(void)state;
	expect("untouched", slice_text(handmade_entity), "valid");
	assert_int_equal(attack_learned(&site, BOB), 1);
	gateway_fixture_sql(&site.gateway, "DELETE FROM partner_certificates");
	attack_nothing_learned(&site);
}

/* --- the signed part --- */

static void
test_content(void **state)
{
	static const char *const contents[] = {
	    /* its header block */
	    "Content-Type: text/html\r\n\r\nHello, this is signed.\r\n",
	    "content-type: text/plain\r\n\r\nHello, this is signed.\r\n",
	    "Content-Type:  text/plain\r\n\r\nHello, this is signed.\r\n",
	    "Content-Type:\r\n text/plain\r\n\r\nHello, this is signed.\r\n",
	    "Content-Type: text/plain; charset=x\r\n\r\n"
	    "Hello, this is signed.\r\n",
	    "Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n"
	    "\r\nHello, this is signed.\r\n",
	    "Content-Transfer-Encoding: base64\r\nContent-Type: text/plain\r\n"
	    "\r\nHello, this is signed.\r\n",
	    "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n"
	    "Hello, this is signed.\r\n",
	    "\r\nHello, this is signed.\r\n",
	    "Hello, this is signed.\r\n",
	    /* its body */
	    "Content-Type: text/plain\r\n\r\nhello, this is signed.\r\n",
	    "Content-Type: text/plain\r\n\r\nHello, this is signed\r\n",
	    "Content-Type: text/plain\r\n\r\nHello, this is signed.",
	    "Content-Type: text/plain\r\n\r\nHello, this is signed. \r\n",
	    "Content-Type: text/plain\r\n\r\nHello, this is signed.\r\n\r\n",
	    "Content-Type: text/plain\r\n\r\n\r\nHello, this is signed.\r\n",
	    "Content-Type: text/plain\r\n\r\nHello,\r\nthis is signed.\r\n",
	    "Content-Type: text/plain\r\n\r\nHello, this is signed.\n",
	    "Content-Type: text/plain\r\n\r\nHello, this is signed.\r\n"
	    "And this is not.\r\n",
	    "Content-Type: text/plain\r\n\r\n",
	    "",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		expect(contents[i], slice_text(contents[i]), "altered");
	attack_nothing_learned(&site);
}

/* --- the SignedData --- */

/* Where the bytes stand in the SignedData, for the nth time from 0. */
static size_t
place(struct slice needle, unsigned nth)
{
	const unsigned char *at = der.data, *end = der.data + der.len;

	for (;;) {
		at = memmem(at, (size_t)(end - at), needle.data, needle.len);
		assert_non_null(at);
		if (nth-- == 0)
			return (size_t)(at - der.data);
		at++;
	}
}

/* With one bit changed. */
static void
expect_flipped(const char *what, size_t at, const char *word)
{
	assert_true(at < der.len);
	der.data[at] ^= 1;
	expect(what, slice_text(handmade_entity), word);
	der.data[at] ^= 1;
}

/* The last octet of the attribute of that type: within its value. */
static size_t
attribute_end(enum oid type)
{
	size_t at = place(oid_bytes(type), 0) + oid_bytes(type).len;

	assert_int_equal(der.data[at], DER_SET);
	assert_true(der.data[at + 1] < 0x80);
	return at + 1 + der.data[at + 1];
}

static void
test_each_attribute(void **state)
{
	static const struct {
		enum oid type;
		const char *what, *word;
	} rows[] = {
	    /* Compared with the message before the signature is. */
	    {OID_CONTENT_TYPE, "contentType", "malformed"},
	    {OID_MESSAGE_DIGEST, "messageDigest", "altered"},
	    {OID_CMS_ALGORITHM_PROTECTION, "CMSAlgorithmProtection", "altered"},
	    {OID_SIGNING_CERTIFICATE_V2, "signingCertificateV2", "altered"},
	    /* Only the signature covers them. */
	    {OID_SIGNING_TIME, "signingTime", "altered"},
	    {OID_SMIME_CAPABILITIES, "SMIMECapabilities", "altered"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_flipped(
		    rows[i].what, attribute_end(rows[i].type), rows[i].word);
	/* Longer than the others: by its beginning. */
	expect_flipped("SMIMEEncryptionKeyPreference",
	    place(oid_bytes(OID_ENCRYPTION_KEY_PREFERENCE), 0) + 40, "altered");
	attack_nothing_learned(&site);
}

/* The name of an attribute: then it is another one, or none that we know. */
static void
test_each_attribute_type(void **state)
{
	static const struct {
		enum oid type;
		const char *what, *word;
	} rows[] = {
	    {OID_CONTENT_TYPE, "contentType", "malformed"},
	    {OID_MESSAGE_DIGEST, "messageDigest", "malformed"},
	    {OID_SIGNING_TIME, "signingTime", "malformed"},
	    {OID_SMIME_CAPABILITIES, "SMIMECapabilities", "altered"},
	    {OID_ENCRYPTION_KEY_PREFERENCE, "SMIMEEncryptionKeyPreference",
		"altered"},
	    {OID_SIGNING_CERTIFICATE_V2, "signingCertificateV2", "altered"},
	    {OID_CMS_ALGORITHM_PROTECTION, "CMSAlgorithmProtection", "altered"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice oid = oid_bytes(rows[i].type);

		expect_flipped(
		    rows[i].what, place(oid, 0) + oid.len - 1, rows[i].word);
	}
	attack_nothing_learned(&site);
}

static void
test_signature_value(void **state)
{
	(void)state;
	/* RSA-2048, at the end of everything. */
	for (size_t i = 1; i <= 256; i += 15)
		expect_flipped("signature", der.len - i, "altered");
	expect_flipped("length of the signature", der.len - 257, "malformed");
	attack_nothing_learned(&site);
}

/* --- made anew --- */

/* What is changed in a SignedData of Bob's that is signed as usual. */
struct change {
	enum oid digest, algorithm; /* in the SignerInfo; 0: as signed */
	bool sparse;		    /* no attributes but the two */
	const struct fixture_cert *signer_name; /* in the SignerInfo */
	size_t leaf_at, issuer_at; /* an octet of the certificate; 0: none */
	bool no_leaf, no_issuer;
};

static void
add_certificate(
    struct handmade_cms *p, const struct fixture_cert *cert, size_t at)
{
	size_t start = p->certs.len;

	handmade_cms_cert(p, cert->certificate);
	if (at)
		p->certs.data[start + at] ^= 1;
}

static void
expect_changed(const char *what, const struct change *c, const char *word)
{
	struct handmade h = handmade(&site.bob);
	struct buf changed, message;
	struct handmade_cms p;

	if (c->sparse)
		handmade_attrs(&h);
	else
		attack_attributes(&h);
	h.digest = c->digest ? c->digest : h.digest;
	h.algorithm = c->algorithm ? c->algorithm : h.algorithm;
	h.signer_name = c->signer_name;
	handmade_cms_init(&p);
	if (!c->no_leaf)
		add_certificate(&p, &site.bob, c->leaf_at);
	if (!c->no_issuer)
		add_certificate(&p, &site.intermediate, c->issuer_at);
	handmade_cms_cert(&p, site.mallory.certificate);
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, &changed);
	attack_letter(&message, "From: " BOB "\r\n",
	    slice_text(handmade_entity), buf_slice(&changed));
	/* With a path found before nothing would be wrong. */
	gateway_fixture_open(&site.gateway);
	attack_expect(&site, what, buf_slice(&message), word);
	buf_fini(&message);
	buf_fini(&changed);
}

static void
test_algorithms(void **state)
{
	static const struct {
		const char *what;
		struct change change;
		const char *word;
	} rows[] = {
	    {"another digest", {.digest = OID_SHA512}, "malformed"},
	    {"a weaker digest", {.digest = OID_SHA1}, "malformed"},
	    {"another digest, any signature",
		{.digest = OID_SHA512, .algorithm = OID_RSA}, "altered"},
	    {"a weaker digest, any signature",
		{.digest = OID_MD5, .algorithm = OID_RSA}, "altered"},
	    {"both others", {.digest = OID_SHA512, .algorithm = OID_RSA_SHA512},
		"altered"},
	    {"both others, unprotected",
		{.digest = OID_SHA512,
		    .algorithm = OID_RSA_SHA512,
		    .sparse = true},
		"altered"},
	    {"a signature without its hash", {.algorithm = OID_RSA}, "altered"},
	    {"another signature's hash", {.algorithm = OID_RSA_SHA512},
		"malformed"},
	    {"another kind of signature", {.algorithm = OID_ECDSA_SHA256},
		"altered"},
	    {"another kind of signature, unprotected",
		{.algorithm = OID_ECDSA_SHA256, .sparse = true}, "malformed"},
	    {"PSS without parameters", {.algorithm = OID_RSA_PSS}, "malformed"},
	    {"no signature", {.algorithm = OID_AES128_CBC}, "unsupported"},
	    {"no digest", {.digest = OID_AES128_CBC}, "unsupported"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_changed(rows[i].what, &rows[i].change, rows[i].word);
	attack_nothing_learned(&site);
}

/* Where bytes stand in a certificate. */
static size_t
within(const struct fixture_cert *cert, const void *needle, size_t len)
{
	struct slice all = cert->certificate->der;
	const unsigned char *at = memmem(all.data, all.len, needle, len);

	assert_non_null(at);
	return (size_t)(at - all.data);
}

static void
expect_certificate(
    const char *what, struct change change, const char *word, const char *bare)
{
	expect_changed(what, &change, word);
	/* The attributes name the certificate by its hash (rule V12); many
	 * programs write none that does. */
	change.sparse = true;
	expect_changed(what, &change, bare);
}

static void
test_certificate(void **state)
{
	size_t end = site.bob.certificate->der.len;
	size_t key = within(&site.bob, "\x30\x82\x01\x0a\x02", 5) + 20;

	(void)state;
	expect_certificate("its signature", (struct change){.leaf_at = end - 1},
	    "altered", "untrusted");
	expect_certificate("its address",
	    (struct change){.leaf_at = within(&site.bob, BOB, strlen(BOB))},
	    "altered", "untrusted");
	expect_certificate(
	    "its key", (struct change){.leaf_at = key}, "altered", "altered");
	expect_certificate("its serial number", (struct change){.leaf_at = 15},
	    "untrusted", "untrusted");
	expect_certificate("left out", (struct change){.no_leaf = true},
	    "untrusted", "untrusted");
	expect_certificate("another signer's",
	    (struct change){.signer_name = &site.mallory}, "altered",
	    "malformed");
	expect_certificate("its issuer's",
	    (struct change){.signer_name = &site.intermediate}, "altered",
	    "malformed");
	attack_nothing_learned(&site);
}

static void
test_chain(void **state)
{
	size_t end = site.intermediate.certificate->der.len;

	(void)state;
	expect_certificate("signature of the issuer",
	    (struct change){.issuer_at = end - 1}, "untrusted", "untrusted");
	expect_certificate("name of the issuer",
	    (struct change){
		.issuer_at = within(&site.intermediate, "Intermediate", 12)},
	    "untrusted", "untrusted");
	expect_certificate("key of the issuer",
	    (struct change){.issuer_at = end - 200}, "untrusted", "untrusted");
	expect_certificate("issuer left out",
	    (struct change){.no_issuer = true}, "untrusted", "untrusted");
	attack_nothing_learned(&site);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_untouched),
	    cmocka_unit_test(test_content),
	    cmocka_unit_test(test_each_attribute),
	    cmocka_unit_test(test_each_attribute_type),
	    cmocka_unit_test(test_signature_value),
	    cmocka_unit_test(test_algorithms),
	    cmocka_unit_test(test_certificate),
	    cmocka_unit_test(test_chain),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
