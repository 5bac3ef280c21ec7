/*
 * The gate: a finished message that is right passes; with any one thing
 * about it changed, it does not.
 *
 * The CMS are made by OpenSSL, the MIME around them here: nothing of what is
 * judged comes from the code that the gate has to watch.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>

#include "base/alloc.h"
#include "gateway/gate.h"
#include "mail/mime_codec.h"
#include "unit/cert_fixture.h"

static const struct spool_config spool = {
    .memory = 65536, .max = 1 << 20, .folder = "/tmp"};

static struct fixture_cert ca, alice, carol, bob_rsa, bob_ec, dave;

static const char content[] = "Content-Type: text/plain\r\n\r\nhello\r\n";

/* --- making messages --- */

enum {
	SIGNED,
	OPAQUE,
	ENVELOPED
};

/* One message on its way out; every test changes something. */
struct scene {
	struct plan plan;
	struct header header;
	struct edits edits;
	struct smime_entity inner, entity; /* inner: for sign and encrypt */
	char *text, *inner_text;
	struct certificate_list to;
	struct gate_case c;
};

static char *
base64(BIO *der)
{
	unsigned char *data;
	long len = BIO_get_mem_data(der, &data);
	unsigned char *text = xcalloc(1, base64_size((size_t)len) + 1);

	base64_encode(slice_make(data, (size_t)len), text);
	BIO_free(der);
	return (char *)text;
}

static BIO *
encode(CMS_ContentInfo *cms)
{
	BIO *der = BIO_new(BIO_s_mem());

	assert_non_null(cms);
	assert_int_equal(i2d_CMS_bio(der, cms), 1);
	CMS_ContentInfo_free(cms);
	return der;
}

static BIO *
content_bio(void)
{
	return BIO_new_mem_buf(content, (int)strlen(content));
}

/* second: another signer besides, or NULL */
static char *
make_signature(const struct fixture_cert *signer,
    const struct fixture_cert *second, bool detached)
{
	unsigned flags =
	    CMS_BINARY | CMS_PARTIAL | (detached ? CMS_DETACHED : 0u);
	BIO *in = content_bio();
	CMS_ContentInfo *cms =
	    CMS_sign(signer->x509, signer->key, NULL, in, flags);

	if (second)
		assert_non_null(CMS_add1_signer(
		    cms, second->x509, second->key, NULL, flags));
	assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
	BIO_free(in);
	return base64(encode(cms));
}

static char *
make_envelope(const struct fixture_cert *const *to, size_t count)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	BIO *in = content_bio();
	CMS_ContentInfo *cms;

	for (size_t i = 0; i < count; i++)
		sk_X509_push(certs, to[i]->x509);
	cms = CMS_encrypt(certs, in, EVP_aes_256_cbc(), CMS_BINARY);
	sk_X509_free(certs);
	BIO_free(in);
	return base64(encode(cms));
}

static char *
make_multipart(const char *signature)
{
	return xasprintf(
	    "This is a preamble\r\n\r\n--b0undary\r\n%s\r\n--b0undary\r\n"
	    "Content-Type: application/pkcs7-signature; name=x\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "%s\r\n--b0undary--\r\n",
	    content, signature);
}

static void
set_type(struct smime_entity *e, const char *type)
{
	buf_clear(&e->content_type);
	buf_add_text(&e->content_type, type);
}

static void
set_body(struct smime_entity *e, char **slot, char *text)
{
	free(*slot);
	*slot = text;
	e->body.count = 0;
	slice_list_add(&e->body, slice_text(text));
}

#define MULTIPART                                                              \
	" multipart/signed; protocol=\"application/pkcs7-signature\";\n"       \
	"\tmicalg=sha-256; boundary=\"b0undary\""
#define PKCS7 " application/pkcs7-mime; smime-type="

static void
make_signed(struct smime_entity *e, char **slot, char *signature)
{
	set_type(e, MULTIPART);
	set_body(e, slot, make_multipart(signature));
	free(signature);
}

static void
make_pkcs7(struct smime_entity *e, char **slot, const char *kind, char *text)
{
	char *type = xasprintf("%s%s; name=\"smime.p7m\"", PKCS7, kind);

	set_type(e, type);
	e->transfer_encoding = "base64";
	buf_add_text(&e->disposition, " attachment; filename=\"smime.p7m\"");
	set_body(e, slot, text);
	free(type);
}

static void
add_field(struct scene *s, const char *name, const char *body)
{
	struct err err;

	assert_int_equal(
	    header_add(&s->header, slice_text(name), slice_text(body), &err),
	    0);
}

static void
scene_init(struct scene *s, int kind)
{
	const struct fixture_cert *const to[] = {&bob_rsa, &bob_ec, &dave};

	memset(s, 0, sizeof(*s));
	header_init(&s->header);
	add_field(s, "From", " alice@example.org");
	add_field(s, "Content-Type", " text/plain");
	add_field(s, "Content-Language", " en");
	edits_init(&s->edits);
	smime_entity_init(&s->inner, &spool);
	smime_entity_init(&s->entity, &spool);
	certificate_list_init(&s->to);
	s->plan = (struct plan){.direction = PLAN_OUTBOUND,
	    .action = PLAN_PROTECT,
	    .sign = true,
	    .encrypt = kind == ENVELOPED,
	    .must_encrypt = kind == ENVELOPED,
	    .recipient = PLAN_NO_RECIPIENT};
	s->c = (struct gate_case){.plan = &s->plan,
	    .from = "alice@example.org",
	    .header = &s->header,
	    .edits = &s->edits,
	    .signer = alice.certificate};
	if (kind == SIGNED) {
		make_signed(
		    &s->entity, &s->text, make_signature(&alice, NULL, true));
	} else if (kind == OPAQUE) {
		s->plan.opaque = true;
		make_pkcs7(&s->entity, &s->text, "signed-data",
		    make_signature(&alice, NULL, false));
	} else {
		make_signed(&s->inner, &s->inner_text,
		    make_signature(&alice, NULL, true));
		make_pkcs7(&s->entity, &s->text, "enveloped-data",
		    make_envelope(to, 3));
		for (size_t i = 0; i < 3; i++)
			certificate_list_add(&s->to, to[i]->certificate);
		s->c.payload = &s->inner;
		s->c.to = &s->to;
	}
	edits_carry(&s->edits, &s->header, &s->entity);
}

static void
scene_fini(struct scene *s)
{
	certificate_list_fini(&s->to);
	smime_entity_fini(&s->entity);
	smime_entity_fini(&s->inner);
	edits_fini(&s->edits);
	header_fini(&s->header);
	free(s->text);
	free(s->inner_text);
}

/* Makes the edits again after the entity or header was changed. */
static void
carry_again(struct scene *s)
{
	edits_fini(&s->edits);
	edits_carry(&s->edits, &s->header, &s->entity);
}

static void
passes(struct scene *s)
{
	struct err err;

	if (gate_check(&s->c, &err) < 0)
		fail_msg("%s", err.text);
	scene_fini(s);
}

/* Stopped, by this very check. */
static void
stops(struct scene *s, const char *why)
{
	struct err err;

	assert_int_equal(gate_check(&s->c, &err), -1);
	assert_int_equal(err.class, ERR_BUG);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" instead of \"%s\"", err.text, why);
	scene_fini(s);
}

/* Replaces the first occurrence in the body by something as long. */
static void
change_body(struct scene *s, const char *from, const char *to)
{
	char *p = strstr(s->text, from);

	assert_non_null(p);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(p, to, strlen(to));
}

/* --- what is right --- */

static void
test_right_ones_pass(void **state)
{
	struct scene s;

	(void)state;
	for (int kind = SIGNED; kind <= ENVELOPED; kind++) {
		scene_init(&s, kind);
		passes(&s);
	}
	scene_init(&s, ENVELOPED);
	s.plan.sign = false;
	s.c.payload = NULL;
	s.c.signer = NULL;
	passes(&s);
}

/* In the form that was planned, in clear and inside an envelope (A2). */
static void
test_form(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, SIGNED);
	s.plan.opaque = true;
	stops(&s, "not signed opaque");
	scene_init(&s, OPAQUE);
	s.plan.opaque = false;
	stops(&s, "not signed detached");
	scene_init(&s, ENVELOPED);
	s.plan.opaque = true;
	stops(&s, "not signed opaque");
	scene_init(&s, ENVELOPED);
	make_pkcs7(&s.inner, &s.inner_text, "signed-data",
	    make_signature(&alice, NULL, false));
	stops(&s, "not signed detached");
	scene_init(&s, ENVELOPED);
	make_pkcs7(&s.inner, &s.inner_text, "signed-data",
	    make_signature(&alice, NULL, false));
	s.plan.opaque = true;
	passes(&s);
}

static void
test_untouched_passes(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, SIGNED);
	s.plan.action = PLAN_PASS;
	s.plan.sign = false;
	edits_fini(&s.edits);
	passes(&s);
}

/* Whatever was decided: in shadow mode nothing is done (G1). */
static void
test_shadow(void **state)
{
	static const enum plan_action actions[] = {
	    PLAN_PASS, PLAN_PROTECT, PLAN_REFUSE, PLAN_DEFER};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		scene_init(&s, ENVELOPED);
		s.plan.action = actions[i];
		s.plan.shadow = true;
		stops(&s, "must not be changed in shadow mode");
		scene_init(&s, ENVELOPED);
		s.plan.action = actions[i];
		s.plan.shadow = true;
		edits_fini(&s.edits);
		passes(&s);
	}
}

/* --- against the plan --- */

static void
test_plan(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, SIGNED);
	s.plan.action = PLAN_PASS;
	stops(&s, "must not be changed");
	scene_init(&s, SIGNED);
	s.plan.action = PLAN_PASS;
	edits_fini(&s.edits);
	stops(&s, "must be protected and is not");
	scene_init(&s, SIGNED);
	s.plan.action = PLAN_PASS;
	s.plan.sign = false;
	s.plan.must_encrypt = true;
	edits_fini(&s.edits);
	stops(&s, "must be encrypted");
	scene_init(&s, SIGNED);
	s.plan.must_encrypt = true;
	stops(&s, "must be encrypted");
	scene_init(&s, SIGNED);
	s.plan.action = PLAN_REFUSE;
	stops(&s, "must not leave");
	scene_init(&s, SIGNED);
	s.plan.action = PLAN_DEFER;
	stops(&s, "must not leave");
	scene_init(&s, SIGNED);
	s.plan.sign = false;
	stops(&s, "without a reason");
	scene_init(&s, SIGNED);
	s.plan.encrypt = true;
	s.c.payload = &s.entity;
	s.c.to = &s.to;
	stops(&s, "to nobody");
	scene_init(&s, SIGNED);
	s.plan.encrypt = true;
	s.c.payload = &s.entity;
	s.c.to = &s.to;
	certificate_list_add(&s.to, bob_rsa.certificate);
	stops(&s, "not encrypted");
	scene_init(&s, ENVELOPED);
	s.plan.encrypt = s.plan.must_encrypt = false;
	stops(&s, "not signed");
}

/* --- the signer --- */

static void
test_signer(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, SIGNED);
	s.c.from = "carol@example.org";
	stops(&s, "not the author");
	scene_init(&s, SIGNED);
	s.c.from = NULL;
	stops(&s, "not the author");
	scene_init(&s, SIGNED);
	s.c.signer = NULL;
	stops(&s, "not the author");
	/* The planned certificate is the author's, the signature is not. */
	for (int kind = SIGNED; kind <= OPAQUE; kind++) {
		scene_init(&s, kind);
		s.c.signer = carol.certificate;
		s.c.from = "carol@example.org";
		stops(&s, "by another certificate");
	}
	scene_init(&s, ENVELOPED);
	s.c.signer = carol.certificate;
	s.c.from = "carol@example.org";
	stops(&s, "by another certificate");
	scene_init(&s, SIGNED);
	make_signed(&s.entity, &s.text, make_signature(&alice, &carol, true));
	carry_again(&s);
	stops(&s, "not exactly one signature");
	scene_init(&s, ENVELOPED);
	s.c.payload = NULL;
	stops(&s, "no signed payload");
	scene_init(&s, ENVELOPED);
	set_type(&s.inner, " text/plain");
	stops(&s, "not signed");
}

/* --- the header --- */

static void
test_edits(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, SIGNED);
	s.edits.replace_body = false;
	stops(&s, "body is not replaced");
	scene_init(&s, SIGNED);
	edits_set_header(&s.edits, "Subject", 1, " changed");
	stops(&s, "none of ours");
	scene_init(&s, SIGNED);
	add_field(&s, "Content-ID", " <1>");
	stops(&s, "of the old entity stays");
	scene_init(&s, SIGNED);
	add_field(&s, "content-type", " text/html");
	stops(&s, "not the only one");
	scene_init(&s, SIGNED);
	add_field(&s, "MIME-Version", " 1.0");
	add_field(&s, "MIME-Version", " 1.0");
	stops(&s, "not the only one");
	scene_init(&s, SIGNED);
	edits_set_header(&s.edits, "Content-Type", 1, " text/plain");
	stops(&s, "not the only one");
	scene_init(&s, SIGNED);
	edits_set_header(&s.edits, "Content-Type", 2, " text/plain");
	stops(&s, "not the only one");
	scene_init(&s, SIGNED);
	edits_set_header(&s.edits, "Content-Language", 1, NULL);
	stops(&s, "out of order");
	scene_init(&s, SIGNED);
	edits_fini(&s.edits);
	s.edits.replace_body = true;
	s.edits.body = s.entity.body;
	stops(&s, "old entity stays");
}

/* Deleting 1, then 2 leaves one behind in Postfix. */
static void
test_deletion_order(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, SIGNED);
	add_field(&s, "Content-Language", " fr");
	edits_fini(&s.edits);
	edits_set_header(&s.edits, "Content-Language", 1, NULL);
	edits_set_header(&s.edits, "Content-Language", 2, NULL);
	edits_set_header(&s.edits, "Content-Type", 1, MULTIPART);
	edits_set_header(&s.edits, "MIME-Version", 1, " 1.0");
	s.edits.replace_body = true;
	s.edits.body = s.entity.body;
	stops(&s, "out of order");
}

static void
test_version(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, SIGNED);
	edits_fini(&s.edits);
	edits_set_header(&s.edits, "Content-Language", 1, NULL);
	edits_set_header(&s.edits, "Content-Type", 1, MULTIPART);
	s.edits.replace_body = true;
	s.edits.body = s.entity.body;
	stops(&s, "MIME-Version");
	scene_init(&s, SIGNED);
	for (size_t i = 0; i < s.edits.header_count; i++)
		if (strcmp(s.edits.headers[i].name, "MIME-Version") == 0)
			s.edits.headers[i].value[1] = '2';
	stops(&s, "MIME-Version");
}

static void
test_values(void **state)
{
	static const char *const bad[] = {"no blank", " a\r\n b", " a\nBcc: x",
	    " a\n", " \xc3\xa4", " a\x7f", " a\x01", ""};
	char line[1100];
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		scene_init(&s, SIGNED);
		set_type(&s.entity, bad[i]);
		carry_again(&s);
		stops(&s, "no header can hold");
	}
	memset(line, 'x', sizeof(line));
	line[0] = ' ';
	line[sizeof(line) - 1] = '\0';
	scene_init(&s, SIGNED);
	set_type(&s.entity, line);
	carry_again(&s);
	stops(&s, "no header can hold");
}

/* --- the type --- */

static void
test_types(void **state)
{
	static const struct {
		int kind;
		const char *type;
		const char *why;
	} rows[] = {
	    {SIGNED, " text/plain", "not signed"},
	    {SIGNED, " multipart/mixed; boundary=b0undary", "not signed"},
	    {SIGNED, " multipart/signed; micalg=sha-256; boundary=b0undary",
		"not labelled right"},
	    {SIGNED,
		" multipart/signed; protocol=\"application/pgp-signature\";"
		" micalg=sha-256; boundary=b0undary",
		"not labelled right"},
	    {SIGNED,
		" multipart/signed; protocol=\"application/pkcs7-signature\";"
		" boundary=b0undary",
		"not labelled right"},
	    {SIGNED,
		" multipart/signed; protocol=\"application/pkcs7-signature\";"
		" micalg=sha-256",
		"not labelled right"},
	    {SIGNED,
		" multipart/signed; protocol=\"application/pkcs7-signature\";"
		" micalg=sha-256; boundary=\"other\"",
		"exactly two parts"},
	    {SIGNED,
		" multipart/signed; protocol=\"application/pkcs7-signature\";"
		" micalg=sha-256; boundary=\"b0und\"",
		"exactly two parts"},
	    {SIGNED, MULTIPART "; boundary=\"b0undary\"", "malformed"},
	    {OPAQUE, PKCS7 "enveloped-data", "not signed"},
	    {OPAQUE, " application/pkcs7-mime", "not signed"},
	    {ENVELOPED, PKCS7 "signed-data", "not encrypted"},
	    {ENVELOPED, " application/pkcs7-mime", "not encrypted"},
	    {ENVELOPED, " application/octet-stream; smime-type=enveloped-data",
		"not encrypted"},
	    {ENVELOPED, MULTIPART, "not encrypted"},
	};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		scene_init(&s, rows[i].kind);
		set_type(&s.entity, rows[i].type);
		carry_again(&s);
		stops(&s, rows[i].why);
	}
	/* Labels of the other encoding. */
	scene_init(&s, SIGNED);
	s.entity.transfer_encoding = "base64";
	carry_again(&s);
	stops(&s, "not labelled right");
	scene_init(&s, OPAQUE);
	s.entity.transfer_encoding = NULL;
	carry_again(&s);
	stops(&s, "not base64");
	scene_init(&s, ENVELOPED);
	s.entity.transfer_encoding = "7bit";
	carry_again(&s);
	stops(&s, "not base64");
}

/* --- the body --- */

static void
test_parts(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
	    {"--b0undary\r\n", "--b1undary\r\n"},	/* first */
	    {"--b0undary--\r\n", "--b1undary--\r\n"},	/* last */
	    {"--b0undary--\r\n", "--b0undary  \r\n"},	/* not closed */
	    {"hello\r\n\r\n--b0", "hello\r\n\r\n--bx"}, /* middle */
	    {"hello\r\n\r\n--b0", "hello\r\n\r\nx-b0"},
	    {"hello\r\n\r\n--b0", "hello\r\n \n--b0"}, /* no line start */
	    {"application/pkcs7-signature", "application/pkcs7-signaturX"},
	    {"\r\n\r\nMII", "\r\nX:MII"}, /* no header end */
	    {"This is a preamble\r\n", "\r\n--b0undary xxxxx\r\n"},
	    {"text/plain\r\n\r\nhello\r\n", "x\r\n--b0undary\r\nabcd\r\n"},
	};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		scene_init(&s, SIGNED);
		change_body(&s, rows[i].from, rows[i].to);
		stops(&s, "two parts");
	}
}

static void
test_more_parts(void **state)
{
	char *text;
	struct scene s;

	(void)state;
	scene_init(&s, SIGNED);
	text = xasprintf("%s\r\n--b0undary\r\n\r\nafterwards\r\n", s.text);
	set_body(&s.entity, &s.text, text);
	carry_again(&s);
	stops(&s, "two parts");
	scene_init(&s, SIGNED);
	text = xasprintf("--b0undary\r\n\r\nbefore\r\n%s", s.text);
	set_body(&s.entity, &s.text, text);
	carry_again(&s);
	stops(&s, "two parts");
}

/* The same bytes in pieces, cut anywhere. */
static void
test_pieces(void **state)
{
	struct scene s;
	size_t len;

	(void)state;
	scene_init(&s, SIGNED);
	len = strlen(s.text);
	scene_fini(&s);
	for (size_t cut = 0; cut < len; cut += 7) {
		scene_init(&s, SIGNED);
		len = strlen(s.text);
		if (cut > len)
			cut = len;
		s.edits.body.count = 0;
		slice_list_add(
		    &s.edits.body, slice_part(slice_text(s.text), 0, cut));
		slice_list_add(&s.edits.body,
		    slice_part(slice_text(s.text), cut, cut + 3));
		slice_list_add(&s.edits.body,
		    slice_part(slice_text(s.text), cut + 3, len));
		passes(&s);
	}
}

static void
test_cms(void **state)
{
	const struct fixture_cert *const to[] = {&bob_rsa};
	struct scene s;

	(void)state;
	/* eContent inside, though detached: "eContent confusion". */
	scene_init(&s, SIGNED);
	make_signed(&s.entity, &s.text, make_signature(&alice, NULL, false));
	carry_again(&s);
	stops(&s, "not about the content");
	scene_init(&s, OPAQUE);
	set_body(&s.entity, &s.text, make_signature(&alice, NULL, true));
	carry_again(&s);
	stops(&s, "not about the content");
	scene_init(&s, SIGNED);
	make_signed(&s.entity, &s.text, make_envelope(to, 1));
	carry_again(&s);
	stops(&s, "no SignedData");
	scene_init(&s, OPAQUE);
	set_body(&s.entity, &s.text, make_envelope(to, 1));
	carry_again(&s);
	stops(&s, "no SignedData");
	scene_init(&s, ENVELOPED);
	set_body(&s.entity, &s.text, make_signature(&alice, NULL, false));
	carry_again(&s);
	stops(&s, "not an envelope");
	/* Bytes missing at the end. */
	scene_init(&s, ENVELOPED);
	s.text[strlen(s.text) - 80] = '\0';
	s.edits.body.at[0].len = strlen(s.text);
	stops(&s, "");
}

/* --- recipients --- */

static void
test_recipients(void **state)
{
	const struct fixture_cert *const less[] = {&bob_rsa, &bob_ec};
	const struct fixture_cert *const more[] = {
	    &bob_rsa, &bob_ec, &dave, &carol};
	const struct fixture_cert *const other[] = {&bob_rsa, &bob_ec, &carol};
	const struct fixture_cert *const twice[] = {
	    &bob_rsa, &bob_ec, &dave, &dave};
	const struct fixture_cert *const twice_only[] = {
	    &bob_rsa, &bob_ec, &bob_ec};
	const struct {
		const struct fixture_cert *const *to;
		size_t count;
	} rows[] = {
	    {less, 2}, {more, 4}, {other, 3}, {twice, 4}, {twice_only, 3}};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		scene_init(&s, ENVELOPED);
		set_body(&s.entity, &s.text,
		    make_envelope(rows[i].to, rows[i].count));
		carry_again(&s);
		stops(&s, "other recipients than planned");
	}
	scene_init(&s, ENVELOPED);
	certificate_list_fini(&s.to);
	stops(&s, "to nobody");
	scene_init(&s, ENVELOPED);
	s.c.to = NULL;
	stops(&s, "to nobody");
}

static int
set_up(void **state)
{
	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	fixture_leaf(&alice, &ca,
	    &(struct fixture_opts){.address = "alice@example.org"});
	fixture_leaf(&carol, &ca,
	    &(struct fixture_opts){.address = "carol@example.org"});
	fixture_leaf(&bob_rsa, &ca,
	    &(struct fixture_opts){
		.address = "bob@example.net", .key = "RSA-2048"});
	fixture_leaf(
	    &bob_ec, &ca, &(struct fixture_opts){.address = "bob@example.net"});
	fixture_leaf(&dave, &ca,
	    &(struct fixture_opts){
		.address = "dave@example.net", .key = "P-384"});
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	fixture_fini(&dave);
	fixture_fini(&bob_ec);
	fixture_fini(&bob_rsa);
	fixture_fini(&carol);
	fixture_fini(&alice);
	fixture_fini(&ca);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_right_ones_pass),
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_untouched_passes),
	    cmocka_unit_test(test_shadow),
	    cmocka_unit_test(test_plan),
	    cmocka_unit_test(test_signer),
	    cmocka_unit_test(test_edits),
	    cmocka_unit_test(test_deletion_order),
	    cmocka_unit_test(test_version),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_more_parts),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_cms),
	    cmocka_unit_test(test_recipients),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
