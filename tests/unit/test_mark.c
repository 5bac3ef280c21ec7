/* Fields of incoming mail that only we may write, and what we write. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/mark.h"
#include "gateway/tag.h"
#include "smime/layers.h"
#include "unit/cert_fixture.h"

static const struct gateway_config config = {.authserv_id = "mx.example.org",
    .tags = {.signed_ = "", .encrypted = "", .problem = ""}};
static const struct gateway_config config_all = {
    .authserv_id = "mx.example.org",
    .mark = MARK_OFF,
    .remove_results = REMOVE_ALL,
    .tags = {.signed_ = "", .encrypted = "", .problem = ""}};

static void
add_field(struct header *header, const char *line)
{
	struct slice s = slice_text(line);
	size_t colon = slice_find(s, ':', 0);
	struct err err;

	assert_int_equal(header_add(header, slice_part(s, 0, colon),
			     slice_part(s, colon + 1, s.len), &err),
	    0);
}

static void
make_header(struct header *header, const char *const *lines)
{
	header_init(header);
	for (; *lines; lines++)
		add_field(header, *lines);
}

/* What a mail server makes of the edits, "|" for each line end. */
static void
check_edited(
    const struct edits *edits, const struct header *header, const char *wanted)
{
	struct buf out, shown;

	buf_init(&out, EDITS_HEADER_MAX);
	buf_init(&shown, EDITS_HEADER_MAX);
	edits_write_header(edits, header, &out);
	for (size_t i = 0; i < out.len; i++)
		if (out.data[i] != '\r')
			buf_add_char(&shown,
			    out.data[i] == '\n' ? '|' : (char)out.data[i]);
	assert_string_equal(buf_text(&shown), wanted);
	buf_fini(&shown);
	buf_fini(&out);
}

/* The header once forged fields are gone. */
static void
check_removed(const struct gateway_config *c, const char *const *lines,
    const char *wanted)
{
	struct header header;
	struct edits edits;
	struct err err;

	make_header(&header, lines);
	edits_init(&edits);
	assert_int_equal(mark_remove(c, &header, &edits, &err), 0);
	assert_int_equal(mark_is_claimed(c, &header), !edits_are_empty(&edits));
	check_edited(&edits, &header, wanted);
	edits_fini(&edits);
	header_fini(&header);
}

static void
test_removed(void **state)
{
	const char *const lines[] = {"Received: x",
	    "Authentication-Results: mx.example.org; smime=pass",
	    "X-SMIME-Status: valid", "From: a@example.net",
	    "authentication-results: mx.example.org; dkim=pass",
	    "x-smime-STATUS:",
	    "Authentication-Results: mx.example.net; smime=pass",
	    "AUTHENTICATION-RESULTS: \"MX.example.org\"; smime=fail",
	    "X-SMIME-Statu: s",
	    "Old-Authentication-Results: mx.example.org; x=y", NULL};

	(void)state;
	check_removed(&config, lines,
	    "Received: x|From: a@example.net|"
	    "authentication-results: mx.example.org; dkim=pass|"
	    "Authentication-Results: mx.example.net; smime=pass|"
	    "X-SMIME-Statu: s|"
	    "Old-Authentication-Results: mx.example.org; x=y|");
	check_removed(&config_all, lines,
	    "Received: x|From: a@example.net|"
	    "Authentication-Results: mx.example.net; smime=pass|"
	    "X-SMIME-Statu: s|"
	    "Old-Authentication-Results: mx.example.org; x=y|");
}

/* Whatever is configured: what tells a guard and other filters what we did. */
static void
test_removed_seals(void **state)
{
	const char *const lines[] = {"X-SMIME-Seal: v=1", "From: a",
	    "x-smime-seal:", "X-SMIME-Protected: signed", "X-SMIME-Seals: x",
	    "X-SMIME-PROTECTED:\n\tencrypted", "X-SMIME-Protecte: d",
	    "X-SMIME-SEAL: v=1", NULL};
	struct header header;
	struct edits edits;

	(void)state;
	check_removed(
	    &config, lines, "From: a|X-SMIME-Seals: x|X-SMIME-Protecte: d|");
	check_removed(&config_all, lines,
	    "From: a|X-SMIME-Seals: x|X-SMIME-Protecte: d|");
	make_header(&header, lines);
	edits_init(&edits);
	assert_int_equal(mark_count_results(&config, &header), 5);
	mark_remove_results(&config, &header, &edits);
	check_edited(
	    &edits, &header, "From: a|X-SMIME-Seals: x|X-SMIME-Protecte: d|");
	edits_fini(&edits);
	header_fini(&header);
}

static void
test_nothing(void **state)
{
	const char *const lines[] = {"From: a", "To: b", "Subject: [signed] x",
	    "X-SMIME-Statux: valid", "Authentication-Resultx: mx.example.org",
	    NULL};
	const char *const none[] = {NULL};

	(void)state;
	check_removed(&config, lines,
	    "From: a|To: b|Subject: [signed] x|X-SMIME-Statux: valid|"
	    "Authentication-Resultx: mx.example.org|");
	check_removed(&config, none, "");
}

/* Without a name of its own the gateway has that of the host. */
static void
test_host_name(void **state)
{
	const struct gateway_config nameless = {.authserv_id = ""};
	char host[256], line[512];
	const char *lines[] = {
	    line, "Authentication-Results: mx.example.org; smime=pass", NULL};

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	snprintf(
	    line, sizeof(line), "Authentication-Results: %s; smime=pass", host);
	check_removed(&nameless, lines,
	    "Authentication-Results: mx.example.org; smime=pass|");
}

/* As many as can be removed, and one more: then none may pass for removed. */
static void
test_too_many(void **state)
{
	static const char *const forged[] = {"X-SMIME-Status: valid",
	    "Authentication-Results: mx.example.org; smime=pass",
	    "X-SMIME-Seal: v=1", "X-SMIME-Protected: signed"};
	struct header header;
	struct edits edits;
	struct err err;

	(void)state;
	header_init(&header);
	edits_init(&edits);
	for (unsigned i = 0; i < LIMIT_FORGED_FIELDS; i++)
		add_field(&header, forged[i % 4]);
	assert_int_equal(mark_remove(&config, &header, &edits, &err), 0);
	assert_int_equal(edits.header_count, LIMIT_FORGED_FIELDS);
	edits_fini(&edits);
	add_field(&header, "x-smime-status: valid");
	edits_set_header(&edits, "Other", 1, " x");
	assert_int_equal(mark_remove(&config, &header, &edits, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_int_equal(edits.header_count, 1);
	assert_true(mark_is_claimed(&config, &header));
	edits_fini(&edits);
	header_fini(&header);
}

/* Nobody knows what stands behind the last field that was kept. */
static void
test_over_limit(void **state)
{
	struct header header;
	struct edits edits;
	struct err err;

	(void)state;
	header_init(&header);
	edits_init(&edits);
	for (unsigned i = 0; i < LIMIT_HEADER_FIELDS; i++)
		add_field(&header, "X: y");
	assert_false(mark_is_claimed(&config, &header));
	assert_int_equal(mark_remove(&config, &header, &edits, &err), 0);
	assert_int_equal(header_add(&header, slice_text("X-SMIME-Status"),
			     slice_text(" valid"), &err),
	    -1);
	assert_true(mark_is_claimed(&config, &header));
	assert_int_equal(mark_remove(&config, &header, &edits, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_true(edits_are_empty(&edits));
	edits_fini(&edits);
	header_fini(&header);
}

/* --- tags --- */

static const struct gateway_config config_tags = {
    .authserv_id = "mx.example.org",
    .tags = {.signed_ = "[signed]",
	.encrypted = "[v\xc3\xb6llig]",
	.problem = "S/MIME?"}};

static void
check_subject(const char *subject, const char *wanted)
{
	char *line = xasprintf("Subject:%s", subject);
	char *shown = xasprintf("Subject:%s|", wanted);
	const char *const lines[] = {line, NULL};

	check_removed(&config_tags, lines, shown);
	free(shown);
	free(line);
}

/* A tag of the operator's may hold what is not seen: forms of an emoji. */
static void
test_forged_emoji(void **state)
{
	static const struct gateway_config emoji = {
	    .authserv_id = "mx.example.org",
	    .tags = {.signed_ = "\xe2\x9c\x94\xef\xb8\x8f",
		.encrypted = "",
		.problem = "\xe2\x80\x8b"}};
	const char *const with[] = {
	    "Subject: \xe2\x9c\x94\xef\xb8\x8f Offer", NULL};
	const char *const without[] = {"Subject: \xe2\x9c\x94 Offer", NULL};
	const char *const nothing[] = {"Subject: \xe2\x80\x8bOffer", NULL};

	(void)state;
	check_removed(&emoji, with, "Subject: Offer|");
	check_removed(&emoji, without, "Subject: Offer|");
	check_removed(&emoji, nothing, "Subject: \xe2\x80\x8bOffer|");
}

static void
test_forged_tags(void **state)
{
	(void)state;
	check_subject(" Offer", " Offer");
	check_subject(" [signed] Offer", " Offer");
	check_subject(" [SIGNED]Offer", " Offer");
	check_subject(" [signed] [Signed] Re: [signed] Offer", " Re: Offer");
	check_subject(" Re: AW: [V\xc3\x96LLIG] Offer", " Re: AW: Offer");
	check_subject(" Offer [signed]", " Offer");
	check_subject(" This [signed] offer", " This offer");
	check_subject(" [si[signed]gned] Offer", " Offer");
	check_subject(" S/MIME? Offer", " Offer");
	check_subject(" asS/MIME? Offer", " asS/MIME? Offer");
	check_subject("\n\t[signed]\n\tOffer", "|\tOffer");
	check_subject(" =?utf-8?q?=5Bsigned=5D?= Offer", " Offer");
	check_subject(
	    " =?utf-8?q?=5Bsig?= =?utf-8?b?bmVkXQ==?= Offer", " Offer");
	check_subject(
	    " =?utf-8?q?=E2=80=8B=5Bsigned=5D_B?=", " =?utf-8?b?4oCLIEI=?=");
	check_subject(" =?iso-8859-1?q?[v=F6llig]?= Offer", " Offer");
	/* Nobody sees what else is in it. */
	check_subject(" [sig\xe2\x80\x8bned] Offer", " Offer");
	check_subject(" \xe2\x80\x8e[signed\xc2\xad]\xef\xbb\xbf Offer",
	    " \xe2\x80\x8e Offer");
	check_subject(
	    " =?utf-8?q?[si=E2=81=A0gned=F3=A0=81=BF]?= Offer", " Offer");
	check_subject(" S/\xe2\x80\x8dMIME\xef\xb8\x8f? Offer", " Offer");
	check_subject(" [sig\xe2\x80\x8b", " [sig\xe2\x80\x8b");
	check_subject(" [signed]", " ");
	check_subject("", "");
}

/* Each of several. */
static void
test_several_subjects(void **state)
{
	const char *const lines[] = {"Subject: [signed] a", "From: x",
	    "SUBJECT: b", "subject: Re: [signed] c", NULL};

	(void)state;
	check_removed(&config_tags, lines,
	    "Subject: a|From: x|SUBJECT: b|subject: Re: c|");
	check_removed(&config, lines,
	    "Subject: [signed] a|From: x|SUBJECT: b|subject: Re: [signed] c|");
}

/* --- our own --- */

static struct fixture_cert ca, alice;

static int
setup(void **state)
{
	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	fixture_leaf(&alice, &ca,
	    &(struct fixture_opts){
		.san = "email:info@example.net,email:alice@example.net"});
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_fini(&alice);
	fixture_fini(&ca);
	return 0;
}

/* A message, what was found in it, and what is done with it. */
struct scene {
	struct header header;
	struct smime_layers layers;
	struct inbound_plan plan;
	struct mark_facts facts;
};

static const struct spool_config spool = {
    .memory = 65536, .max = 1 << 20, .folder = "/tmp"};

static void
scene_init(struct scene *s, const char *const *lines)
{
	struct smime_verdict *v = &s->layers.verdict;

	make_header(&s->header, lines);
	smime_layers_init(&s->layers, &spool);
	inbound_plan_init(&s->plan);
	s->plan.mark = true;
	s->facts = (struct mark_facts){.layers = &s->layers, .plan = &s->plan};
	v->status = SMIME_VALID;
	v->intact = v->trusted = v->owns_from = true;
	v->usage_fits = v->in_time = true;
	v->digest = "sha256";
	v->signer = certificate_ref(alice.certificate);
	s->layers.kinds[0] = SMIME_SIGNED_DETACHED;
	s->layers.count = 1;
	strcpy(s->layers.part, "2");
}

/* As a mail in which it was found, opened or not. */
static void
scene_encrypt(struct scene *s, bool decrypted)
{
	s->layers.kinds[0] = SMIME_ENVELOPED;
	s->layers.kinds[1] = SMIME_SIGNED_DETACHED;
	s->layers.count = 2;
	s->layers.decryption = SMIME_OPENED;
	s->layers.cipher = "aes256-cbc";
	s->facts.decrypted = decrypted;
}

static void
scene_check(struct scene *s, const struct gateway_config *c, const char *wanted)
{
	struct edits edits;
	struct err err;

	edits_init(&edits);
	assert_int_equal(mark_remove(c, &s->header, &edits, &err), 0);
	mark_add(c, &s->facts, &s->header, &edits);
	check_edited(&edits, &s->header, wanted);
	edits_fini(&edits);
	smime_layers_fini(&s->layers);
	inbound_plan_fini(&s->plan);
	header_fini(&s->header);
}

static const char *const mail[] = {"From: Alice <ALICE@example.net>",
    "X-SMIME-Status: valid", "Subject: Re: [signed] Offer", NULL};

#define RESULTS "Authentication-Results: mx.example.org;|"
#define PASS                                                                   \
	RESULTS " smime=pass (256-bit ECDSA, sha256)"                          \
		" body.smime-identifier=alice@example.net|"                    \
		" policy.smime-level=unknown body.smime-part=2|"
#define VALID                                                                  \
	"X-SMIME-Status: valid; signer=alice@example.net; level=unknown;"      \
	" intact=yes;|"                                                        \
	" trusted=yes; address=yes; usage=yes; time=yes;"                      \
	" revocation=unchecked"
#define FROM	"From: Alice <ALICE@example.net>|"
#define SUBJECT "Subject: Re: [signed] Offer|"

static void
test_signed(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, mail);
	scene_check(&s, &config, PASS VALID "|" FROM SUBJECT);
	scene_init(&s, mail);
	scene_check(&s, &config_tags,
	    PASS VALID "|" FROM "Subject: [signed] Re: Offer|");
	/* Not the author's: whose it is, and who says so. */
	scene_init(&s, mail);
	s.layers.verdict.status = SMIME_MISMATCH;
	s.layers.verdict.detail = "the certificate is not that of From";
	s.layers.verdict.owns_from = false;
	scene_check(&s, &config_tags,
	    RESULTS " smime=policy (the certificate is not that of From)|"
		    " body.smime-identifier=info@example.net body.smime-part=2|"
		    "X-SMIME-Status: mismatch; signer=info@example.net;"
		    " level=unknown; intact=yes;|"
		    " trusted=yes; address=no; usage=yes; time=yes;"
		    " revocation=unchecked|" FROM
		    "Subject: S/MIME? Re: Offer|");
}

static void
test_decrypted(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, mail);
	scene_encrypt(&s, true);
	scene_check(&s, &config_tags,
	    PASS VALID ";| encrypted=aes256-cbc;"
		       " decrypted=yes; integrity=signed|" FROM
		       "Subject: =?utf-8?q?[v=C3=B6llig]_[signed]?="
		       " Re: Offer|");
}

/* Who gets the ciphertext is told the same, whatever others could read. */
static void
test_closed(void **state)
{
	const char *const wanted =
	    RESULTS " smime=none (encrypted)|"
		    "X-SMIME-Status: unsigned; encrypted=yes;"
		    " decrypted=no|" FROM "Subject: Re: Offer|";
	struct scene s;

	(void)state;
	scene_init(&s, mail);
	scene_encrypt(&s, false);
	scene_check(&s, &config_tags, wanted);
	scene_init(&s, mail);
	scene_encrypt(&s, false);
	s.layers.verdict.status = SMIME_ALTERED;
	s.layers.authenticated = true;
	s.layers.signed_outside = true;
	scene_check(&s, &config_tags, wanted);
	scene_init(&s, mail);
	scene_encrypt(&s, false);
	s.layers.decryption = SMIME_CLOSED;
	s.layers.verdict.status = SMIME_UNSUPPORTED;
	s.layers.cipher = "";
	scene_check(&s, &config_tags, wanted);
}

/* V8: around the encryption a signature proves nothing. */
static void
test_signed_outside(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, mail);
	scene_encrypt(&s, true);
	s.layers.verdict.status = SMIME_UNSIGNED;
	s.layers.signed_outside = true;
	scene_check(&s, &config,
	    RESULTS " smime=policy (signed only outside of the encryption)|"
		    "X-SMIME-Status: unsigned; encrypted=aes256-cbc;"
		    " decrypted=yes;| integrity=unknown|" FROM SUBJECT);
	scene_init(&s, mail);
	scene_encrypt(&s, false);
	s.layers.kinds[0] = SMIME_SIGNED_DETACHED;
	s.layers.kinds[1] = SMIME_ENVELOPED;
	scene_check(&s, &config,
	    RESULTS
	    " smime=policy (signed only outside of the encryption)|"
	    "X-SMIME-Status: unsigned; encrypted=yes; decrypted=no|" FROM
		SUBJECT);
}

static void
test_unsigned(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, mail);
	s.facts.layers = NULL;
	scene_check(&s, &config,
	    RESULTS " smime=none|X-SMIME-Status: unsigned|" FROM SUBJECT);
	scene_init(&s, mail);
	s.facts.layers = NULL;
	s.plan.unmet = REASON_MUST_BE_SIGNED;
	scene_check(&s, &config_tags,
	    RESULTS " smime=none|"
		    "X-SMIME-Status: unsigned; unmet=must-be-signed|" FROM
		    "Subject: S/MIME? Re: Offer|");
}

/* Not marked, only logged, or refused. */
static void
test_unmarked(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, mail);
	s.plan.mark = false;
	scene_check(&s, &config_tags, FROM "Subject: Re: Offer|");
	scene_init(&s, mail);
	s.plan.shadow = true;
	scene_check(&s, &config_tags, FROM "Subject: Re: Offer|");
	scene_init(&s, mail);
	s.plan.action = PLAN_REFUSE;
	scene_check(&s, &config_tags, FROM "Subject: Re: Offer|");
}

/* --- what a tag makes of a subject --- */

static void
check_tagged(const char *tag, const char *body, const char *wanted)
{
	char *tagged = tag_subject(tag, slice_text(body));

	assert_string_equal(tagged, wanted);
	free(tagged);
}

#define TEN   "123456789 "
#define FIFTY TEN TEN TEN TEN TEN

static void
test_subjects(void **state)
{
	(void)state;
	check_tagged("[signed]", "", " [signed]");
	check_tagged("[signed]", " \r\n\t ", " [signed]");
	check_tagged("[signed]", "x", " [signed] x");
	check_tagged("[signed]", "\r\n x\r\n\ty ", " [signed]\n x\n\ty ");
	check_tagged(
	    "[signed]", " =?utf-8?q?=C3=BC?=", " [signed] =?utf-8?q?=C3=BC?=");
	check_tagged("[\xc3\xbc]",
	    " =?utf-8?q?=C3=BC?=", " =?utf-8?q?[=C3=BC]_?= =?utf-8?q?=C3=BC?=");
	check_tagged("[\xc3\xbc]", " x", " =?utf-8?q?[=C3=BC]?= x");
	check_tagged("[signed]", " " FIFTY "123456789x",
	    " [signed] " FIFTY "123456789x");
	check_tagged("[signed]", " " FIFTY "123456789xy",
	    " [signed]\n " FIFTY "123456789xy");
	check_tagged("[signed]", " " FIFTY "123456789xy\n z",
	    " [signed]\n " FIFTY "123456789xy\n z");
	/* Bytes that no charset explains stay. */
	check_tagged("[signed]", " \xff\xfe", " [signed] \xff\xfe");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_removed),
	    cmocka_unit_test(test_removed_seals),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_host_name),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_over_limit),
	    cmocka_unit_test(test_forged_tags),
	    cmocka_unit_test(test_forged_emoji),
	    cmocka_unit_test(test_several_subjects),
	    cmocka_unit_test(test_signed),
	    cmocka_unit_test(test_decrypted),
	    cmocka_unit_test(test_closed),
	    cmocka_unit_test(test_signed_outside),
	    cmocka_unit_test(test_unsigned),
	    cmocka_unit_test(test_unmarked),
	    cmocka_unit_test(test_subjects),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
