/*
 * The gate: a finished message that is right passes; with any one thing
 * about it changed, it does not.  Several copies: test_gate_copies.c.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/gate.h"
#include "unit/gate_fixture.h"

static const struct spool_config spool = {
    .memory = 65536, .max = 1 << 20, .folder = "/tmp"};

static struct fixture_cert ca, alice, carol, bob_rsa, bob_ec, dave;

/* --- making messages --- */

enum {
	SIGNED,
	OPAQUE,
	ENVELOPED
};

/* One message on its way out; every test changes something. */
#define RECIPIENTS 2

struct scene {
	struct plan plan;
	struct plan_group group;
	struct plan_recipient planned[RECIPIENTS];
	struct policy_facts facts;
	struct recipient_facts recipients[RECIPIENTS];
	struct envelope envelope;
	struct certificate_list to[RECIPIENTS];
	struct header header;
	struct edits edits;
	struct smime_entity inner, entity; /* inner: for sign and encrypt */
	char *text, *inner_text;
	struct gate_copy copy;
	struct gate_case c;
};

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

#define MULTIPART GATE_FIXTURE_MULTIPART
#define PKCS7	  GATE_FIXTURE_PKCS7

static void
make_signed(struct smime_entity *e, char **slot, char *signature)
{
	set_type(e, MULTIPART);
	set_body(e, slot, gate_fixture_multipart(signature));
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

/* To two visible recipients, who must be given ciphertext where there is
 * any. */
static void
add_recipients(struct scene *s, bool encrypt)
{
	static const char *const paths[] = {
	    "<bob@example.net>", "<dave@example.net>"};

	envelope_init(&s->envelope);
	envelope_set_sender(&s->envelope, "<alice@example.org>", NULL);
	for (size_t i = 0; i < RECIPIENTS; i++) {
		envelope_add_recipient(&s->envelope, paths[i], NULL, NULL);
		s->recipients[i] = (struct recipient_facts){
		    .address = s->envelope.recipients[i].address,
		    .visible = true,
		    .certificates = 2 - i,
		};
		s->planned[i] = (struct plan_recipient){
		    .encrypt = encrypt, .required = encrypt};
		certificate_list_init(&s->to[i]);
	}
	certificate_list_add(&s->to[0], bob_rsa.certificate);
	certificate_list_add(&s->to[0], bob_ec.certificate);
	certificate_list_add(&s->to[1], dave.certificate);
}

static void
scene_plan(struct scene *s, int kind)
{
	s->group = (struct plan_group){.encrypt = kind == ENVELOPED,
	    .opaque = kind == OPAQUE,
	    .cipher = CIPHER_AES256_CBC,
	    .count = RECIPIENTS};
	s->plan = (struct plan){.direction = PLAN_OUTBOUND,
	    .action = PLAN_PROTECT,
	    .sign = true,
	    .encrypt = kind == ENVELOPED,
	    .must_encrypt = kind == ENVELOPED,
	    .recipient = PLAN_NO_RECIPIENT,
	    .groups = &s->group,
	    .group_count = 1,
	    .recipients = s->planned,
	    .recipient_count = RECIPIENTS};
	s->facts = (struct policy_facts){.from = "alice@example.org",
	    .recipients = s->recipients,
	    .recipient_count = RECIPIENTS};
	s->copy = (struct gate_copy){.edits = &s->edits};
	s->c = (struct gate_case){.plan = &s->plan,
	    .facts = &s->facts,
	    .envelope = &s->envelope,
	    .header = &s->header,
	    .signer = alice.certificate,
	    .certificates = s->to,
	    .copies = &s->copy,
	    .copy_count = 1};
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
	add_recipients(s, kind == ENVELOPED);
	scene_plan(s, kind);
	if (kind == SIGNED) {
		make_signed(&s->entity, &s->text,
		    gate_fixture_signature(&alice, NULL, true));
	} else if (kind == OPAQUE) {
		make_pkcs7(&s->entity, &s->text, "signed-data",
		    gate_fixture_signature(&alice, NULL, false));
	} else {
		make_signed(&s->inner, &s->inner_text,
		    gate_fixture_signature(&alice, NULL, true));
		make_pkcs7(&s->entity, &s->text, "enveloped-data",
		    gate_fixture_envelope(to, 3, EVP_aes_256_cbc()));
		s->copy.payload = &s->inner;
	}
	edits_carry(&s->edits, &s->header, &s->entity);
}

static void
scene_fini(struct scene *s)
{
	for (size_t i = 0; i < RECIPIENTS; i++)
		certificate_list_fini(&s->to[i]);
	envelope_fini(&s->envelope);
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
	s.copy.payload = NULL;
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
	s.group.opaque = true;
	stops(&s, "not signed opaque");
	scene_init(&s, OPAQUE);
	s.group.opaque = false;
	stops(&s, "not signed detached");
	scene_init(&s, ENVELOPED);
	s.group.opaque = true;
	stops(&s, "not signed opaque");
	scene_init(&s, ENVELOPED);
	make_pkcs7(&s.inner, &s.inner_text, "signed-data",
	    gate_fixture_signature(&alice, NULL, false));
	stops(&s, "not signed detached");
	scene_init(&s, ENVELOPED);
	make_pkcs7(&s.inner, &s.inner_text, "signed-data",
	    gate_fixture_signature(&alice, NULL, false));
	s.group.opaque = true;
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
plan_encryption(struct scene *s, bool encrypt)
{
	s->plan.encrypt = s->group.encrypt = encrypt;
	for (size_t i = 0; i < RECIPIENTS; i++)
		s->planned[i].encrypt = s->planned[i].required = encrypt;
}

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
	s.plan.action = PLAN_REFUSE;
	stops(&s, "must not leave");
	scene_init(&s, SIGNED);
	s.plan.action = PLAN_DEFER;
	stops(&s, "must not leave");
	scene_init(&s, SIGNED);
	s.plan.sign = false;
	stops(&s, "without a reason");
	scene_init(&s, SIGNED);
	s.planned[1].required = true;
	stops(&s, "must be encrypted");
	scene_init(&s, SIGNED);
	s.recipients[1].level.encrypt = RECEIVE_REQUIRED;
	stops(&s, "must be encrypted");
	scene_init(&s, SIGNED);
	s.facts.encrypt = ENCRYPT_REQUIRED;
	stops(&s, "must be encrypted");
	/* Not for our own users, nor what is ciphertext already. */
	scene_init(&s, SIGNED);
	s.facts.encrypt = ENCRYPT_REQUIRED;
	s.recipients[0].is_local = s.recipients[1].is_local = true;
	passes(&s);
	scene_init(&s, SIGNED);
	s.facts.encrypt = ENCRYPT_REQUIRED;
	s.facts.protection = PROTECTION_ENCRYPTED;
	passes(&s);
	scene_init(&s, SIGNED);
	plan_encryption(&s, true);
	s.copy.payload = &s.entity;
	stops(&s, "not encrypted");
	scene_init(&s, ENVELOPED);
	plan_encryption(&s, false);
	stops(&s, "not signed");
	scene_init(&s, ENVELOPED);
	s.group.cipher = CIPHER_AES256_GCM;
	stops(&s, "not encrypted as planned");
	scene_init(&s, ENVELOPED);
	s.group.encrypt = false;
	stops(&s, "a group that is not his");
	scene_init(&s, ENVELOPED);
	s.planned[0].encrypt = false;
	stops(&s, "a group that is not his");
	scene_init(&s, ENVELOPED);
	s.plan.group_count = 0;
	stops(&s, "for nobody");
}

/* --- the signer --- */

static void
test_signer(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, SIGNED);
	s.facts.from = "carol@example.org";
	stops(&s, "not the author");
	scene_init(&s, SIGNED);
	s.facts.from = NULL;
	stops(&s, "not the author");
	scene_init(&s, SIGNED);
	s.c.signer = NULL;
	stops(&s, "not the author");
	/* The planned certificate is the author's, the signature is not. */
	for (int kind = SIGNED; kind <= OPAQUE; kind++) {
		scene_init(&s, kind);
		s.c.signer = carol.certificate;
		s.facts.from = "carol@example.org";
		stops(&s, "by another certificate");
	}
	scene_init(&s, ENVELOPED);
	s.c.signer = carol.certificate;
	s.facts.from = "carol@example.org";
	stops(&s, "by another certificate");
	scene_init(&s, SIGNED);
	make_signed(
	    &s.entity, &s.text, gate_fixture_signature(&alice, &carol, true));
	carry_again(&s);
	stops(&s, "not exactly one signature");
	scene_init(&s, ENVELOPED);
	s.copy.payload = NULL;
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
	stops(&s, "old entity stays");
	scene_init(&s, SIGNED);
	add_field(&s, "MIME-Version", " 1.0");
	add_field(&s, "MIME-Version", " 1.0");
	stops(&s, "old entity stays");
	scene_init(&s, SIGNED);
	edits_set_header(&s.edits, "Content-Type", 1, " text/plain");
	stops(&s, "another place than the first");
	scene_init(&s, SIGNED);
	edits_set_header(&s.edits, "Content-Type", 2, " text/plain");
	stops(&s, "another place than the first");
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
	make_signed(
	    &s.entity, &s.text, gate_fixture_signature(&alice, NULL, false));
	carry_again(&s);
	stops(&s, "not about the content");
	scene_init(&s, OPAQUE);
	set_body(
	    &s.entity, &s.text, gate_fixture_signature(&alice, NULL, true));
	carry_again(&s);
	stops(&s, "not about the content");
	scene_init(&s, SIGNED);
	make_signed(&s.entity, &s.text,
	    gate_fixture_envelope(to, 1, EVP_aes_256_cbc()));
	carry_again(&s);
	stops(&s, "no SignedData");
	scene_init(&s, OPAQUE);
	set_body(&s.entity, &s.text,
	    gate_fixture_envelope(to, 1, EVP_aes_256_cbc()));
	carry_again(&s);
	stops(&s, "no SignedData");
	scene_init(&s, ENVELOPED);
	set_body(
	    &s.entity, &s.text, gate_fixture_signature(&alice, NULL, false));
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
		    gate_fixture_envelope(
			rows[i].to, rows[i].count, EVP_aes_256_cbc()));
		carry_again(&s);
		stops(&s, "other recipients than planned");
	}
	for (size_t i = 0; i < RECIPIENTS; i++) {
		scene_init(&s, ENVELOPED);
		certificate_list_fini(&s.to[i]);
		stops(&s, "to nobody");
	}
	scene_init(&s, ENVELOPED);
	s.c.certificates = NULL;
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
