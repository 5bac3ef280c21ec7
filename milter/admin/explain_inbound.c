/*
 * explain_inbound.c: see explain_inbound.h.
 *
 * Tells the operator what nobody outside may learn: whether, and for whom, a
 * ciphertext can be opened (rule X4).
 */
#include "admin/explain_inbound.h"

#include <stdlib.h>
#include <string.h>

#include "admin/cert_json.h"
#include "admin/explain_parts.h"
#include "admin/policy_list.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/gather.h"
#include "gateway/inbound.h"
#include "gateway/lesson.h"

/* --- as tables --- */

static const struct column lines[] = {
    {"direction", "Direction", COLUMN_TEXT},
    {"submitter", "Submitted by", COLUMN_TEXT},
    {"login", "Login", COLUMN_TEXT},
    {"sender", "Envelope sender", COLUMN_TEXT},
    {"from", "From", COLUMN_TEXT},
    {"layers", "Made of", COLUMN_TEXT},
    {"decryption", "Encryption", COLUMN_TEXT},
    {"cipher", "  cipher", COLUMN_TEXT},
    {"authenticated", "  authenticated", COLUMN_TEXT},
    {"opened_with", "  opened with", COLUMN_ID},
    {"encrypted_to", "  names", COLUMN_TEXT},
    {"status", "Signature", COLUMN_TEXT},
    {"detail", "  because", COLUMN_TEXT},
    {"intact", "  intact", COLUMN_TEXT},
    {"trusted", "  trusted", COLUMN_TEXT},
    {"owns_from", "  certificate is for From", COLUMN_TEXT},
    {"usage_fits", "  usage fits", COLUMN_TEXT},
    {"in_time", "  valid now", COLUMN_TEXT},
    {"signer.subject", "  signer", COLUMN_TEXT},
    {"signer.addresses", "  addresses", COLUMN_TEXT},
    {"signer.issuer", "  issuer", COLUMN_TEXT},
    {"signer.level", "  level", COLUMN_TEXT},
    {"signer.id", "  certificate", COLUMN_TEXT},
    {"asked", "Asked of its author", COLUMN_TEXT},
    {"otherwise", "  otherwise", COLUMN_TEXT},
    {"unmet", "  missing", COLUMN_TEXT},
    {"forged", "Forged fields", COLUMN_TEXT},
    {"copies", "Copies possible", COLUMN_TEXT},
    {"shadow", "Shadow mode", COLUMN_TEXT},
    {"action", "Action", COLUMN_TEXT},
    {"reason", "  because", COLUMN_TEXT},
    {"marked", "Marked", COLUMN_TEXT},
    {"outcome", "Outcome", COLUMN_TEXT},
    {"reply", "Reply", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column recipient_columns[] = {
    {"address", "RECIPIENT", COLUMN_TEXT},
    {"local", "OURS", COLUMN_TEXT},
    {"user", "USER", COLUMN_TEXT},
    {"certificates", "CERTS", COLUMN_NUMBER},
    {"reads", "READS", COLUMN_TEXT},
    {"gets", "GETS", COLUMN_TEXT},
    {"copy", "IN", COLUMN_TEXT},
    {"reason", "BECAUSE", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column field_columns[] = {
    {"copy", "IN", COLUMN_TEXT},
    {"change", "CHANGE", COLUMN_TEXT},
    {"field", "FIELD", COLUMN_TEXT},
    {"value", "VALUE", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column lesson_columns[] = {
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"lesson", "BECOMES", COLUMN_TEXT},
    {"known", "KNOWN", COLUMN_TEXT},
    {"reason", "BECAUSE", COLUMN_TEXT},
    {"level", "LEVEL", COLUMN_TEXT},
    {"subject", "SUBJECT", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

const struct view explain_inbound_views[] = {
    {NULL, NULL, lines},
    {"rules", "What is asked of who stands in From", explain_rule_columns},
    {"recipient_rules", "Rules for recipients (others are built-in)",
	explain_rule_columns},
    {"fields", "Header fields", field_columns},
    {"learned", "What is learned", lesson_columns},
    {"recipients", "Recipients", recipient_columns},
};
const size_t explain_inbound_view_count =
    sizeof(explain_inbound_views) / sizeof(*explain_inbound_views);

/* --- what it is --- */

static void
append(json_t *list, const char *text)
{
	(void)json_array_append_new(list, output_text(text));
}

static void
set_encryption(json_t *o, const struct smime_layers *l)
{
	char *to =
	    xstrndup((const char *)l->recipients.data, l->recipients.len);

	output_set(o, "cipher", output_text(l->cipher));
	output_set(o, "encrypted_to", output_text(to));
	free(to);
	if (l->decryption != SMIME_OPENED)
		return;
	output_set(o, "authenticated", json_boolean(l->authenticated));
	output_set(o, "opened_with", output_text(l->fingerprint));
}

static void
set_layers(json_t *o, const struct smime_layers *l)
{
	json_t *kinds = json_array();

	output_set(o, "layers", kinds);
	for (size_t i = 0; i < l->count; i++)
		append(kinds, smime_kind_name(l->kinds[i]));
	output_set(
	    o, "decryption", output_text(smime_decryption_name(l->decryption)));
	if (l->decryption != SMIME_CLEAR)
		set_encryption(o, l);
}

static void
set_verdict(json_t *o, const struct smime_verdict *v, time_t now)
{
	output_set(o, "status", output_text(smime_status_name(v->status)));
	output_set(
	    o, "detail", *v->detail ? output_text(v->detail) : json_null());
	if (v->status == SMIME_UNSIGNED)
		return;
	output_set(o, "intact", json_boolean(v->intact));
	output_set(o, "trusted", output_fact(v->intact, v->trusted));
	output_set(o, "owns_from", output_fact(v->intact, v->owns_from));
	output_set(o, "usage_fits", output_fact(v->intact, v->usage_fits));
	output_set(o, "in_time", output_fact(v->intact, v->in_time));
	output_set(
	    o, "signer", v->signer ? cert_json(v->signer, now) : json_null());
}

/* --- what is asked --- */

/* The settings that are not "any". */
static json_t *
asked(const struct recipient_level *demand)
{
	json_t *list = json_array();

	if (demand->inbound_signature == DEMAND_REQUIRED)
		append(list, "signature");
	if (demand->inbound_level > ASSURANCE_ANY)
		append(list, "level");
	if (demand->inbound_encryption == DEMAND_REQUIRED)
		append(list, "encryption");
	return list;
}

/* What becomes of mail without. */
static json_t *
otherwise(const struct recipient_level *demand)
{
	if (!inbound_is_demand(demand))
		return json_null();
	return output_text(
	    demand->inbound_action == UNMET_REFUSE ? "refuse" : "mark");
}

/* Moves those rows of an address that are about these settings. */
static void
keep_rows(json_t *list, const char *address, json_t *rows,
    const char *const *settings)
{
	json_t *kept = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const json_t *name = json_object_get(row, "setting");

		for (size_t k = 0; settings[k]; k++)
			if (strcmp(json_string_value(name), settings[k]) == 0)
				(void)json_array_append(kept, row);
	}
	json_decref(rows);
	explain_rows(list, address, kept, false);
}

static int
add_author_rules(const struct levels *levels, const struct address_list *from,
    json_t *list, struct err *err)
{
	static const char *const settings[] = {"inbound_signature",
	    "inbound_encryption", "inbound_level", "inbound_action", NULL};
	json_t *rows;

	for (size_t i = 0; i < from->count && i < LIMIT_DEMAND_AUTHORS; i++) {
		if (policy_list_recipient(
			levels, from->addresses[i], &rows, err) < 0)
			return -1;
		keep_rows(list, from->addresses[i], rows, settings);
	}
	return 0;
}

/* --- who gets what --- */

static const char *
what_he_gets(const struct inbound *in, size_t i)
{
	if (in->plan.action == PLAN_REFUSE)
		return "nothing";
	if (in->layers.decryption == SMIME_CLEAR)
		return "what came";
	return in->plan.plain[i] ? "plaintext" : "ciphertext";
}

/* The ciphertext stays in place when some get plaintext. */
static json_t *
copy_of(const struct inbound_plan *p, size_t i)
{
	if (p->action == PLAN_REFUSE)
		return json_null();
	return output_text(p->split && p->plain[i] ? "copy" : "in place");
}

static json_t *
recipient_json(const struct inbound *in, const char *name, size_t i)
{
	const struct inbound_recipient *r = &in->readers.recipients[i];
	json_t *object = json_object();

	output_set(object, "address", output_text(name));
	output_set(object, "local", json_boolean(r->is_own));
	output_set(object, "user", json_null());
	output_set(object, "decrypt",
	    r->is_own ? json_boolean(r->decrypt == SWITCH_ON) : json_null());
	output_set(object, "shadow",
	    r->is_own ? json_boolean(r->mode == MODE_SHADOW) : json_null());
	/* Nobody looks for them where there is nothing to read, or where it is
	 * not wanted. */
	output_set(object, "certificates",
	    in->has_smime && (!r->is_own || r->decrypt == SWITCH_ON)
		? json_integer((json_int_t)in->readers.at[i].own_count)
		: json_null());
	output_set(object, "reads",
	    in->layers.decryption == SMIME_CLEAR ? json_null()
						 : json_boolean(r->reads));
	output_set(object, "gets", output_text(what_he_gets(in, i)));
	output_set(object, "copy", copy_of(&in->plan, i));
	output_set(object, "reason", explain_reason(in->plan.why[i]));
	return object;
}

/* A retired one still reads (F6). */
static int
set_user(const struct levels *levels, const char *address, json_t *recipient,
    struct err *err)
{
	struct store_user user;
	int rc;

	rc = store_user_find(levels->store, address, &user, err);
	if (rc)
		return err->class == ERR_NOT_FOUND ? 0 : -1;
	output_set(recipient, "user",
	    output_text(
		user.state == STORE_USER_RETIRED ? "retired" : "active"));
	store_user_fini(&user);
	return 0;
}

static int
add_recipient_rules(const struct levels *levels, const char *address,
    json_t *rules, struct err *err)
{
	static const char *const settings[] = {"decrypt", "mode", NULL};
	json_t *rows;

	if (policy_list_sender(levels, address, &rows, err) < 0)
		return -1;
	keep_rows(rules, address, rows, settings);
	return 0;
}

static int
add_recipients(const struct inbound *in, const struct levels *levels,
    json_t *answer, struct err *err)
{
	json_t *list = json_array(), *rules = json_array(), *object;

	output_set(answer, "recipients", list);
	output_set(answer, "recipient_rules", rules);
	for (size_t i = 0; i < in->plan.recipient_count; i++) {
		const struct inbound_recipient *r = &in->readers.recipients[i];

		object = recipient_json(in, r->address, i);
		(void)json_array_append_new(list, object);
		if (!r->is_own)
			continue;
		if (set_user(levels, r->address, object, err) < 0 ||
		    add_recipient_rules(levels, r->address, rules, err) < 0)
			return -1;
	}
	return 0;
}

/* --- which fields --- */

static const char *
change_of(const struct header_edit *e)
{
	if (!e->value)
		return "removed";
	return e->index == 0 ? "added" : "set";
}

/* On one line, as people read it. */
static json_t *
unfolded(const char *value)
{
	size_t n = 0;
	char *text;
	json_t *line;

	if (!value)
		return json_null();
	text = slice_dup_text(slice_trim(slice_text(value)));
	for (const char *c = text; *c; c++)
		if (*c != '\n' && *c != '\r')
			text[n++] = *c == '\t' ? ' ' : *c;
	text[n] = '\0';
	line = output_text(text);
	free(text);
	return line;
}

/* Added last comes first. */
static void
add_fields(const struct job *job, bool plaintext, json_t *list)
{
	bool copy = plaintext && job_inbound(job)->plan.split;
	struct edits edits;
	struct err err;

	edits_init(&edits);
	/* What cannot be done is in the reply. */
	(void)!job_foresee_edits(job, plaintext, &edits, &err);
	for (size_t i = edits.header_count; i > 0; i--) {
		const struct header_edit *e = &edits.headers[i - 1];
		json_t *object = json_object();

		output_set(
		    object, "copy", output_text(copy ? "copy" : "in place"));
		output_set(object, "change", output_text(change_of(e)));
		output_set(object, "field", output_text(e->name));
		output_set(object, "value", unfolded(e->value));
		(void)json_array_append_new(list, object);
	}
	edits_fini(&edits);
}

static void
add_changes(const struct job *job, json_t *answer)
{
	const struct inbound_plan *p = &job_inbound(job)->plan;
	bool all = p->plain_count > 0 && !p->split;
	json_t *list = json_array();

	output_set(answer, "fields", list);
	/* Where something failed there is no plan. */
	if (p->action == PLAN_REFUSE || p->recipient_count == 0)
		return;
	add_fields(job, all, list);
	if (p->split)
		add_fields(job, true, list);
}

/* --- what is learned --- */

static json_t *
forecast_json(const struct lesson_forecast *f, time_t now)
{
	json_t *object = cert_json(f->certificate, now);

	output_set(
	    object, "lesson", output_text(lesson_word_name(f->outlook.word)));
	output_set(object, "known",
	    json_boolean(f->outlook.word == LESSON_RENEWED ||
			 f->outlook.word == LESSON_WAITS));
	output_set(object, "reason",
	    *f->outlook.reason ? output_text(f->outlook.reason) : json_null());
	return object;
}

static int
add_lesson(
    struct admin *a, const struct job *job, json_t *answer, struct err *err)
{
	struct lesson *lesson = job_lesson(job);
	struct lesson_forecast forecast = {0};
	json_t *list = json_array();
	int rc = 0;

	output_set(answer, "learned", list);
	if (!lesson)
		return 0;
	rc = lesson_foresee(lesson, gateway_store(a->gateway),
	    gateway_trust(a->gateway), a->now, &forecast, err);
	if (rc == 0)
		(void)json_array_append_new(
		    list, forecast_json(&forecast, a->now));
	certificate_unref(&forecast.certificate);
	lesson_free(lesson);
	return rc;
}

/* --- all of it --- */

static const char *
action_word(const struct inbound_plan *p)
{
	if (p->would == PLAN_REFUSE)
		return "refuse";
	return p->would_plain > 0 ? "decrypt" : "pass";
}

static void
set_plan(json_t *o, const struct inbound_plan *p)
{
	output_set(o, "shadow", json_boolean(p->shadow));
	output_set(o, "action", output_text(action_word(p)));
	output_set(o, "reason", explain_reason(p->reason));
	output_set(o, "unmet", explain_reason(p->unmet));
	output_set(o, "marked", json_boolean(p->mark));
	output_set(o, "split", json_boolean(p->split));
}

int
explain_inbound(struct admin *a, const struct levels *levels,
    const struct job *job, json_t *answer, struct err *err)
{
	const struct inbound *in = job_inbound(job);
	const struct gather *g = job_gather(job);
	json_t *rules = json_array();

	output_set(answer, "rules", rules);
	set_layers(answer, &in->layers);
	if (in->has_smime)
		set_verdict(answer, &in->layers.verdict, a->now);
	output_set(answer, "asked", asked(&in->demand));
	output_set(answer, "otherwise", otherwise(&in->demand));
	output_set(answer, "forged", json_boolean(in->is_claimed));
	output_set(answer, "copies", json_integer((json_int_t)g->facts.copies));
	set_plan(answer, &in->plan);
	if (add_author_rules(levels, inbound_authors(job), rules, err) < 0 ||
	    add_recipients(in, levels, answer, err) < 0)
		return -1;
	add_changes(job, answer);
	return add_lesson(a, job, answer, err);
}
