/* session_judge.c: see session_judge.h. */
#include "fuzz/fuzz.h"

#include "fuzz/session_judge.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "gateway/authres.h"
#include "gateway/job.h"
#include "gateway/mark.h"
#include "gateway/token.h"
#include "gateway/trigger.h"
#include "mail/address.h"
#include "mail/address_list.h"
#include "mail/mime_build.h"
#include "smime/detect.h"
#include "smime/seal.h"
#include "smime/verify.h"
#include "unit/gateway_fixture.h"
#include "unit/mime_check.h"

#define TEXT_MAX ((size_t)16 * MIB)

static const struct spool_config spool = {
    .memory = TEXT_MAX, .max = TEXT_MAX, .folder = "/tmp"};

void
message_init(struct message *m)
{
	memset(m, 0, sizeof(*m));
	header_init(&m->header);
	buf_init(&m->body, TEXT_MAX);
}

void
message_fini(struct message *m)
{
	header_fini(&m->header);
	buf_fini(&m->body);
}

/* --- what is asked of every answer --- */

static void
check_reply(const struct outcome *o)
{
	char class = o->answer == SESSION_REFUSE ? '5' : '4';

	if (o->answer != SESSION_REFUSE && o->answer != SESSION_DEFER)
		return;
	FUZZ_CHECK(strlen(o->reply.code) == 3 && o->reply.code[0] == class);
	FUZZ_CHECK(o->reply.extended[0] == class);
	FUZZ_CHECK(*o->reply.text);
	for (const char *c = o->reply.text; *c; c++)
		FUZZ_CHECK(*c >= ' ' && *c <= '~' && *c != '%');
}

/* What nobody is to see: it is deleted. */
static bool
is_private(struct slice name)
{
	static const char *const names[] = {
	    "Bcc", "Resent-Bcc", TOKEN_FIELD, "X-Ask"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (slice_equal_text_ci(name, names[i]))
			return true;
	return false;
}

/* It tells what was found in mail from outside, or done with ours. */
static bool
is_result(struct slice name)
{
	return slice_equal_text_ci(name, STATUS_FIELD) ||
	       slice_equal_text_ci(name, AUTHRES_FIELD) ||
	       slice_equal_text_ci(name, SEAL_FIELD) ||
	       slice_equal_text_ci(name, MARKER_FIELD);
}

/* Nothing changes but what describes the body, where there is a new one, what
 * the sender asked with, and what only we may write. */
static void
check_edits(const struct edits *e)
{
	for (size_t i = 0; i < e->header_count; i++) {
		struct slice name = slice_text(e->headers[i].name);
		bool ours = slice_has_prefix_ci(name, "Content-") ||
			    slice_equal_text_ci(name, "MIME-Version");

		if (is_result(name))
			FUZZ_CHECK((e->headers[i].index == 0) ==
				   (e->headers[i].value != NULL));
		else
			FUZZ_CHECK(e->headers[i].index >= 1);
		if (is_result(name))
			continue;
		if (is_private(name))
			FUZZ_CHECK(!e->headers[i].value);
		else if (slice_equal_text_ci(name, "Subject"))
			FUZZ_CHECK(e->headers[i].value);
		else
			FUZZ_CHECK(ours && e->replace_body);
	}
}

/* --- the message that leaves --- */

static void
copy_header(const struct header *from, struct header *to)
{
	struct err err;

	for (size_t i = 0; i < from->count; i++)
		FUZZ_CHECK(header_add(to, from->fields[i].name,
			       from->fields[i].body, &err) == 0);
}

static void
carry_out(const struct message *m, const struct edits *e, struct message *out)
{
	struct header edited;

	message_fini(out);
	message_init(out);
	if (!e || edits_are_empty(e)) {
		copy_header(&m->header, &out->header);
		buf_add_slice(&out->body, buf_slice(&m->body));
		return;
	}
	header_init(&edited);
	copy_header(&m->header, &edited);
	fixture_play_edits(&edited, e);
	/* Values belong to the edits; out has to outlive them. */
	copy_header(&edited, &out->header);
	header_fini(&edited);
	if (!e->replace_body)
		buf_add_slice(&out->body, buf_slice(&m->body));
	for (size_t i = 0; i < e->body.count; i++)
		buf_add_slice(&out->body, e->body.at[i]);
}

/* Rule S1, and nothing that a mail server would break. */
static void
check_form(const struct message *out)
{
	struct mime_texture texture = {0};

	FUZZ_CHECK(header_count(&out->header, "Content-Type") == 1);
	FUZZ_CHECK(header_count(&out->header, "MIME-Version") == 1);
	FUZZ_CHECK(
	    header_count(&out->header, "Content-Transfer-Encoding") <= 1);
	mime_texture_scan(&texture, buf_slice(&out->body));
	FUZZ_CHECK(mime_texture_survives(&texture));
}

/* --- what is inside --- */

/* An entity in one piece, taken apart. */
struct entity {
	struct slice header_raw;
	struct slice body;
	struct header header;
	struct mime_tree tree;
};

static void
entity_read(struct entity *e, struct slice header_raw, struct slice body)
{
	bool complete;

	e->header_raw = header_raw;
	e->body = body;
	header_init(&e->header);
	(void)header_parse(&e->header, header_raw, &complete);
	mime_scan(&e->tree, header_raw, body);
}

static void
entity_split(struct entity *e, struct slice text)
{
	struct slice header_raw, body;

	mime_check_split(text, &header_raw, &body);
	entity_read(e, header_raw, body);
}

static void
entity_fini(struct entity *e)
{
	header_fini(&e->header);
	mime_tree_fini(&e->tree);
}

static bool
is_same_bytes(const struct entity *a, const struct entity *b)
{
	return slice_equal(a->header_raw, b->header_raw) &&
	       slice_equal(a->body, b->body);
}

/* Signed is the message that was sent: the same bytes, or the same leaves. */
static void
check_content(const struct entity *sent, const struct entity *inside)
{
	const char *wrong;

	if (is_same_bytes(sent, inside))
		return;
	wrong = mime_check_same(&sent->tree, &inside->tree);
	if (wrong)
		fprintf(stderr, "%s\n", wrong);
	FUZZ_CHECK(!wrong);
}

/* The only mailbox of all From fields, canonical; the caller frees it. */
static char *
only_from(const struct message *m)
{
	const struct header_field *field;
	struct address_list list;
	char *address = NULL;

	address_list_init(&list);
	for (size_t i = 0; (field = header_find(&m->header, "From", i)); i++)
		address_list_add(&list, field->body);
	if (list.count == 1)
		address = strdup(list.addresses[0]);
	address_list_fini(&list);
	return address;
}

static void
check_signed(const struct message *m, const struct entity *outer,
    const struct entity *sent)
{
	char *from = only_from(m);
	struct smime_verify_opts opts = {
	    .trust = gateway_trust(site_get()->gateway),
	    .now = clock_now(),
	    .from = from,
	};
	const struct mime_part *first = outer->tree.root->child;
	struct smime_verdict v;
	struct entity inside;
	struct err err;

	smime_verdict_init(&v, &spool);
	FUZZ_CHECK(
	    smime_verify(&opts, &outer->header, outer->body, &v, &err) == 0);
	if (v.status != SMIME_VALID)
		fprintf(
		    stderr, "%s: %s\n", smime_status_name(v.status), v.detail);
	FUZZ_CHECK(v.status == SMIME_VALID);
	if (first)
		entity_read(&inside, first->header_raw, first->body);
	else
		entity_split(&inside, spool_slice(&v.content));
	check_content(sent, &inside);
	entity_fini(&inside);
	smime_verdict_fini(&v);
	free(from);
}

/* A reader with one of the recipients' keys. */
static void
check_encrypted(const struct message *m, const struct entity *outer,
    const struct entity *sent, bool with_signature)
{
	struct smime_decrypted facts;
	struct entity inside;
	struct spool plain;
	struct err err = {.text = ""};
	int rc;

	spool_init(&plain, &spool);
	rc = smime_decrypt(&site_get()->partners, &outer->header, outer->body,
	    &plain, &facts, &err);
	if (rc < 0)
		fprintf(stderr, "%s\n", err.text);
	FUZZ_CHECK(rc == 0);
	entity_split(&inside, spool_slice(&plain));
	if (with_signature)
		check_signed(m, &inside, sent);
	else
		check_content(sent, &inside);
	entity_fini(&inside);
	spool_fini(&plain);
}

static void
entity_of(const struct message *m, struct buf *header, struct entity *e)
{
	buf_init(header, TEXT_MAX);
	mime_entity_header(&m->header, buf_slice(&m->body), header);
	entity_read(e, buf_slice(header), buf_slice(&m->body));
}

static void
check_protected(
    const struct message *m, const struct plan *plan, const struct message *out)
{
	struct buf sent_header, outer_header;
	struct entity sent, outer;
	enum smime_kind kind;

	check_form(out);
	entity_of(m, &sent_header, &sent);
	entity_of(out, &outer_header, &outer);
	kind = smime_detect_header(&outer.header);
	FUZZ_CHECK(smime_kind_is_encrypted(kind) == plan->encrypt);
	if (plan->encrypt)
		check_encrypted(m, &outer, &sent, plan->sign);
	else
		check_signed(m, &outer, &sent);
	entity_fini(&sent);
	entity_fini(&outer);
	buf_fini(&sent_header);
	buf_fini(&outer_header);
}

/* --- what had to happen --- */

/* What the same gateway decides about the same message, told at once. */
static enum job_outcome
decide_alone(
    const struct message *m, struct plan *plan, struct job_reply *reply)
{
	const struct job_client client = {
	    .address = m->address,
	    .daemon_name = m->daemon_name,
	    .login = m->login,
	};
	struct job *job = job_new(site_get()->gateway, &client);
	enum job_outcome outcome;

	job_sender(job, m->sender, NULL);
	for (size_t i = 0; i < m->recipient_count; i++)
		job_recipient(job, m->recipients[i], NULL, NULL);
	for (size_t i = 0; i < m->header.count; i++) {
		char *name = slice_dup_text(m->header.fields[i].name);
		char *body = slice_dup_text(m->header.fields[i].body);

		job_header(job, name, body);
		free(body);
		free(name);
	}
	job_body(job, m->body.data, m->body.len);
	outcome = job_decide(job, reply);
	*plan = *job_plan(job);
	job_free(job);
	return outcome;
}

/* Whatever was granted, nobody reads what was asked. */
static void
check_asked(const struct message *out)
{
	const struct gateway_config *config =
	    gateway_config(site_get()->gateway);

	for (size_t i = 0; i < out->header.count; i++)
		FUZZ_CHECK(!trigger_is_in(config->triggers,
		    config->trigger_count, &out->header.fields[i]));
}

/* Rule A5: nothing in our name but what we have put on top. */
static void
check_results(const struct message *out)
{
	size_t from = 0;

	if (out->header.count >= 2 &&
	    slice_equal_text_ci(out->header.fields[0].name, AUTHRES_FIELD) &&
	    slice_equal_text_ci(out->header.fields[1].name, STATUS_FIELD))
		from = 2;
	for (size_t i = from; i < out->header.count; i++) {
		const struct header_field *f = &out->header.fields[i];

		FUZZ_CHECK(!slice_equal_text_ci(f->name, SEAL_FIELD));
		FUZZ_CHECK(!slice_equal_text_ci(f->name, MARKER_FIELD));
		FUZZ_CHECK(!slice_equal_text_ci(f->name, STATUS_FIELD));
		if (slice_equal_text_ci(f->name, AUTHRES_FIELD))
			FUZZ_CHECK(authres_read(f->body, "mx.example.org") !=
				   AUTHRES_SMIME);
	}
}

/* Whatever comes from outside goes on; what is put in its place can travel,
 * and says so; S/MIME is told from other mail. */
static void
check_inbound(
    const struct message *m, const struct outcome *o, const struct message *out)
{
	enum smime_kind kind = smime_detect_header(&m->header);
	bool is_smime =
	    kind == SMIME_SIGNED_DETACHED || smime_kind_is_cms(kind);
	struct mime_texture texture = {0};
	const struct header_field *status;

	FUZZ_CHECK(o->answer == SESSION_ACCEPT);
	check_results(out);
	status = header_find(&out->header, STATUS_FIELD, 0);
	if (!o->edits || !o->edits->replace_body) {
		FUZZ_CHECK(
		    slice_equal(buf_slice(&m->body), buf_slice(&out->body)));
		FUZZ_CHECK(is_smime || !status);
		return;
	}
	FUZZ_CHECK(is_smime && status);
	FUZZ_CHECK(
	    memmem(status->body.data, status->body.len, "decrypted=yes", 13));
	FUZZ_CHECK(header_count(&out->header, "MIME-Version") == 1);
	FUZZ_CHECK(header_count(&out->header, "Content-Type") <= 1);
	mime_texture_scan(&texture, buf_slice(&out->body));
	texture.has_8bit = false; /* it may be, where nothing can be encoded */
	FUZZ_CHECK(mime_texture_survives(&texture));
}

/* A fingerprint that the guard finds right, on top of what is protected, and
 * nobody else's anywhere. */
static void
check_sealed(const struct message *out, bool protected)
{
	bool sealed =
	    protected || smime_detect_header(&out->header) != SMIME_NONE;
	const struct seal_key *key = gateway_seal_key(site_get()->gateway);
	struct seal *seal;

	FUZZ_CHECK(header_count(&out->header, SEAL_FIELD) == sealed);
	FUZZ_CHECK(header_count(&out->header, MARKER_FIELD) == protected);
	if (!sealed)
		return;
	FUZZ_CHECK(slice_equal_text_ci(out->header.fields[0].name, SEAL_FIELD));
	seal = calloc(1, sizeof(*seal));
	FUZZ_CHECK(seal && seal_read(&out->header, key, seal) == SEAL_GOOD);
	FUZZ_CHECK(
	    seal_is_same(seal, key, &out->header, buf_slice(&out->body)));
	free(seal);
}

static void
check_decision(
    const struct message *m, const struct outcome *o, const struct message *out)
{
	bool protected = o->edits && o->edits->replace_body;
	struct job_reply reply;
	enum job_outcome outcome;
	struct plan plan;

	outcome = decide_alone(m, &plan, &reply);
	if (plan.direction == PLAN_INBOUND) {
		check_inbound(m, o, out);
		return;
	}
	/* Protected it would have become too large. */
	if (3 * m->body.len + 64 * KIB > SITE_MESSAGE_MAX)
		return;
	FUZZ_CHECK(o->answer != SESSION_DEFER);
	FUZZ_CHECK((outcome == JOB_ACCEPT) == (o->answer == SESSION_ACCEPT));
	if (outcome == JOB_REFUSE)
		FUZZ_CHECK(strcmp(reply.code, o->reply.code) == 0 &&
			   strcmp(reply.text, o->reply.text) == 0);
	FUZZ_CHECK(protected == (plan.action == PLAN_PROTECT));
	if (protected)
		check_protected(m, &plan, out);
	if (outcome == JOB_ACCEPT) {
		check_asked(out);
		check_sealed(out, protected);
	}
}

static bool
is_submitted(const struct message *m)
{
	const struct sockaddr_in *v4 = (const void *)m->address;

	if (m->login && *m->login)
		return true;
	if (m->daemon_name && strcmp(m->daemon_name, "SUBMISSION") == 0)
		return true;
	return v4 && v4->sin_family == AF_INET &&
	       ntohl(v4->sin_addr.s_addr) >> 24 == 127;
}

/* Is somebody of elsewhere, or nobody knows who, among the recipients? */
static bool
leaves(const struct message *m)
{
	bool found = false;
	struct err err;
	char *address;

	for (size_t i = 0; i < m->recipient_count && !found; i++) {
		if (address_canonical(
			slice_text(m->recipients[i]), &address, &err) < 0)
			return true;
		found = strcmp(address_domain(address), "example.org") != 0 &&
			strcmp(address_domain(address), "example.com") != 0;
		free(address);
	}
	return found;
}

/* C7, by other means than the code that decides: what must be encrypted does
 * not leave in clear, whoever else it names as its author. */
static void
check_never_in_clear(const struct message *m, const struct message *out)
{
	const struct header_field *field;
	struct address_list from;
	bool must;

	address_list_init(&from);
	for (size_t i = 0; (field = header_find(&m->header, "From", i)); i++)
		address_list_add(&from, field->body);
	address_list_sort(&from);
	must = address_list_has(&from, site_get()->must_encrypt);
	address_list_fini(&from);
	if (!must || !is_submitted(m) || !leaves(m))
		return;
	FUZZ_CHECK(smime_kind_is_encrypted(
	    smime_detect(&out->header, buf_slice(&out->body))));
}

void
judge(const struct message *m, const struct outcome *o, struct message *out)
{
	bool edited = o->edits && !edits_are_empty(o->edits);

	FUZZ_CHECK(o->answer != SESSION_CONTINUE);
	FUZZ_CHECK(!edited || o->answer == SESSION_ACCEPT);
	check_reply(o);
	if (edited)
		check_edits(o->edits);
	if (o->answer == SESSION_ACCEPT) {
		carry_out(m, o->edits, out);
		check_never_in_clear(m, out);
	}
	if (m->legal)
		check_decision(m, o, out);
}
