/*
 * explain_answer.c: see explain_answer.h.
 *
 * Tells what the gateway has found and decided, and decides nothing itself:
 * the facts and the plan are those of the job, the rules those that the
 * directory goes by, the certificates those that it would encrypt to.
 */
#include "admin/explain_answer.h"

#include <stdlib.h>
#include <string.h>

#include "admin/cert_json.h"
#include "admin/policy_list.h"
#include "base/alloc.h"
#include "gateway/directory.h"
#include "gateway/gather.h"
#include "gateway/reply.h"
#include "gateway/trigger.h"
#include "policy/decide.h"

/* --- as tables --- */

static const struct column lines[] = {
    {"direction", "Direction", COLUMN_TEXT},
    {"submitter", "Submitted by", COLUMN_TEXT},
    {"login", "Login", COLUMN_TEXT},
    {"sender", "Envelope sender", COLUMN_TEXT},
    {"from", "From", COLUMN_TEXT},
    {"identity", "Own certificate", COLUMN_TEXT},
    {"protection", "Protected already", COLUMN_TEXT},
    {"exemption", "Exempt", COLUMN_TEXT},
    {"asks", "Asked for", COLUMN_TEXT},
    {"triggers", "  by", COLUMN_TEXT},
    {"escrow", "Escrow", COLUMN_TEXT},
    {"escrow_missing", "  of", COLUMN_TEXT},
    {"copies", "Copies possible", COLUMN_TEXT},
    {"shadow", "Shadow mode", COLUMN_TEXT},
    {"action", "Action", COLUMN_TEXT},
    {"reason", "  because", COLUMN_TEXT},
    {"sign", "Signed", COLUMN_TEXT},
    {"sign_reason", "  because", COLUMN_TEXT},
    {"encrypt", "Encrypted", COLUMN_TEXT},
    /* Of some recipient: others may get ciphertext all the same. */
    {"encrypt_reason", "  in the way", COLUMN_TEXT},
    {"culprit", "  at", COLUMN_TEXT},
    {"outcome", "Outcome", COLUMN_TEXT},
    {"reply", "Reply", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column rule_columns[] = {
    {"address", "ADDRESS", COLUMN_TEXT},
    {"setting", "SETTING", COLUMN_TEXT},
    {"value", "VALUE", COLUMN_TEXT},
    {"level", "SET BY", COLUMN_TEXT},
    {"instead_of", "INSTEAD OF", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column recipient_columns[] = {
    {"address", "RECIPIENT", COLUMN_TEXT},
    {"local", "OURS", COLUMN_TEXT},
    {"visible", "TO/CC", COLUMN_TEXT},
    {"usable", "CERTS", COLUMN_NUMBER},
    {"gets", "GETS", COLUMN_TEXT},
    {"copy", "IN", COLUMN_TEXT},
    {"reason", "IN THE WAY", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column copy_columns[] = {
    {"copy", "COPY", COLUMN_TEXT},
    {"recipient_count", "RECIPIENTS", COLUMN_NUMBER},
    {"signature", "SIGNATURE", COLUMN_TEXT},
    {"cipher", "CIPHER", COLUMN_TEXT},
    {"key_transport", "RSA KEYS", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column reader_columns[] = {
    {"copy", "COPY", COLUMN_TEXT},
    {"address", "NAMES", COLUMN_TEXT},
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"escrow", "ESCROW", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column refused_columns[] = {
    {"address", "RECIPIENT", COLUMN_TEXT},
    {"text", "THE SENDER IS TOLD", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column certificate_columns[] = {
    {"address", "ADDRESS", COLUMN_TEXT},
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"pick", "USED", COLUMN_TEXT},
    {"trust", "TRUST", COLUMN_TEXT},
    {"not_after", "VALID UNTIL", COLUMN_DAY},
    {"subject", "SUBJECT", COLUMN_TEXT},
    {"detail", "DETAIL", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

const struct view explain_views[] = {
    {NULL, NULL, lines},
    {"rules", "Rules for the sender", rule_columns},
    {"recipient_rules", "Rules for recipients (others are built-in)",
	rule_columns},
    {"recipients", "Recipients", recipient_columns},
    {"messages", "Copies", copy_columns},
    {"readers", "Whom each ciphertext names to its readers", reader_columns},
    {"refused", "Refused", refused_columns},
    {"certificates", "Certificates", certificate_columns},
};
const size_t explain_view_count =
    sizeof(explain_views) / sizeof(*explain_views);

/* --- words --- */

static const char *const submitter_words[] = {
    [SUBMITTER_NONE] = "stranger",
    [SUBMITTER_LOGIN] = "login",
    [SUBMITTER_NETWORK] = "trusted network",
    [SUBMITTER_DAEMON] = "submission daemon",
    [SUBMITTER_CERTIFICATE] = "TLS certificate",
};

static const char *const identity_words[] = {
    [IDENTITY_NO_USER] = "no user",
    [IDENTITY_RETIRED] = "retired",
    [IDENTITY_NO_CERTIFICATE] = "none",
    [IDENTITY_EXPIRED] = "expired",
    [IDENTITY_NOT_YET] = "not valid yet",
    [IDENTITY_WRONG_ADDRESS] = "of another address",
    [IDENTITY_WRONG_USAGE] = "not for signing",
    [IDENTITY_WEAK] = "too weak",
    [IDENTITY_READY] = "ready",
};

static const char *const protection_words[] = {
    [PROTECTION_NONE] = "no",
    [PROTECTION_SIGNED] = "signed",
    [PROTECTION_ENCRYPTED] = "encrypted",
};

static const char *const exemption_words[] = {
    [EXEMPT_NOT] = "no",
    [EXEMPT_NULL_SENDER] = "null sender",
    [EXEMPT_DSN] = "delivery report",
    [EXEMPT_MDN] = "read receipt",
    [EXEMPT_ACME] = "ACME",
    [EXEMPT_AUTO_SUBMITTED] = "auto-submitted",
    [EXEMPT_LIST] = "mailing list",
    [EXEMPT_RESENT] = "resent",
    [EXEMPT_CALENDAR] = "calendar",
    [EXEMPT_PARTIAL] = "message/partial",
};

static const char *const action_words[] = {
    [PLAN_PASS] = "pass unchanged",
    [PLAN_PROTECT] = "protect",
    [PLAN_REFUSE] = "refuse",
    [PLAN_DEFER] = "defer",
};

static const char *const escrow_words[] = {
    [ESCROW_NONE] = "none",
    [ESCROW_READY] = "ready",
    [ESCROW_MISSING] = "missing",
};

static const char *const outcome_words[] = {
    [JOB_ACCEPT] = "accepted",
    [JOB_REFUSE] = "refused",
    [JOB_DEFER] = "waits",
};

/* null for no reason at all. */
static json_t *
reason_text(enum plan_reason reason)
{
	return reason == REASON_NONE ? json_null()
				     : output_text(plan_reason_name(reason));
}

static json_t *
reply_text(const struct job_reply *reply)
{
	char *text =
	    xasprintf("%s %s %s", reply->code, reply->extended, reply->text);
	json_t *value = output_text(text);

	free(text);
	return value;
}

/* --- the message as a whole --- */

static json_t *
asked_for(const struct policy_facts *f)
{
	json_t *list = json_array();

	if (f->asks_sign)
		(void)json_array_append_new(list, output_text("sign"));
	if (f->asks_encrypt)
		(void)json_array_append_new(list, output_text("encrypt"));
	if (f->asks_no_sign)
		(void)json_array_append_new(list, output_text("no-sign"));
	if (f->asks_no_encrypt)
		(void)json_array_append_new(list, output_text("no-encrypt"));
	return list;
}

/* What has been found in subject and header. */
static json_t *
trigger_names(const struct triggers *t)
{
	json_t *list = json_array();

	for (size_t i = 0; t && i < t->count; i++)
		(void)json_array_append_new(list, output_text(t->names[i]));
	return list;
}

static json_t *
settings_json(const struct policy_facts *f)
{
	json_t *object = json_object();

	output_set(object, "sign", output_text(setting_switch_name(f->sign)));
	output_set(
	    object, "encrypt", output_text(setting_encrypt_name(f->encrypt)));
	return object;
}

static void
set_facts(json_t *o, const struct policy_facts *f, bool outbound)
{
	output_set(
	    o, "direction", output_text(outbound ? "outbound" : "inbound"));
	output_set(o, "submitter", output_text(submitter_words[f->submitter]));
	output_set(o, "login", output_text(f->login));
	output_set(o, "sender", output_text(f->null_sender ? "<>" : f->sender));
	output_set(o, "from", output_text(f->from));
	output_set(
	    o, "protection", output_text(protection_words[f->protection]));
	output_set(
	    o, "exemption", output_text(exemption_words[decide_exemption(f)]));
	if (!outbound)
		return;
	output_set(o, "settings", settings_json(f));
	output_set(o, "identity", output_text(identity_words[f->identity]));
	output_set(o, "asks", asked_for(f));
	output_set(o, "escrow", output_text(escrow_words[f->escrow]));
	output_set(o, "copies", json_integer((json_int_t)f->copies));
}

static const char *
name_of(const struct recipient_facts *r)
{
	return r->address ? r->address : r->envelope;
}

static void
set_plan(json_t *o, const struct policy_facts *f, const struct plan *p)
{
	output_set(o, "shadow", json_boolean(p->shadow));
	output_set(o, "action", output_text(action_words[p->action]));
	output_set(o, "reason", reason_text(p->reason));
	output_set(o, "sign", json_boolean(p->sign));
	output_set(o, "sign_reason", reason_text(p->sign_reason));
	output_set(o, "encrypt", json_boolean(p->encrypt));
	output_set(o, "encrypt_reason", reason_text(p->encrypt_reason));
	if (p->recipient != PLAN_NO_RECIPIENT)
		output_set(o, "culprit",
		    output_text(name_of(&f->recipients[p->recipient])));
	output_set(o, "must_sign", json_boolean(p->must_sign));
	output_set(o, "must_encrypt", json_boolean(p->must_encrypt));
}

/* In shadow mode the mail is accepted; the reply is what it would have been.
 */
static void
set_outcome(json_t *o, const struct job *job, enum job_outcome outcome,
    const struct job_reply *reply)
{
	struct job_reply would;

	output_set(o, "outcome", output_text(outcome_words[outcome]));
	if (outcome != JOB_ACCEPT)
		output_set(o, "reply", reply_text(reply));
	else if (job_plan(job)->shadow && job_would(job, &would) != JOB_ACCEPT)
		output_set(o, "reply", reply_text(&would));
}

/* --- rules --- */

/* Moves the rows of an address to list; all, or those that somebody set. */
static void
move_rows(json_t *list, const char *address, json_t *rows, bool all)
{
	const char *level;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		level = json_string_value(json_object_get(row, "level"));
		if (!all && strcmp(level, "built-in") == 0)
			continue;
		output_set(row, "address", output_text(address));
		(void)json_array_append(list, row);
	}
	json_decref(rows);
}

/* Each of our addresses in the mail counts for "encrypt", so each is shown. */
static int
add_sender(const struct levels *levels, const struct gather *g,
    const char *address, json_t *list, struct err *err)
{
	json_t *rows, *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		const json_t *known = json_object_get(row, "address");

		if (strcmp(json_string_value(known), address) == 0)
			return 0;
	}
	if (policy_list_sender(levels, address, &rows, err) < 0)
		return -1;
	move_rows(
	    list, address, rows, g->author && strcmp(g->author, address) == 0);
	return 0;
}

static int
add_rules(const struct levels *levels, const struct job *job, json_t *answer,
    struct err *err)
{
	const struct gather *g = job_gather(job);
	const struct policy_facts *f = &g->facts;
	json_t *list = json_array();

	output_set(answer, "rules", list);
	if (g->author && add_sender(levels, g, g->author, list, err) < 0)
		return -1;
	if (f->from && f->from_is_own &&
	    add_sender(levels, g, f->from, list, err) < 0)
		return -1;
	return f->sender && f->sender_is_own
		   ? add_sender(levels, g, f->sender, list, err)
		   : 0;
}

/* --- recipients --- */

static const char *
what_he_gets(const struct plan *p, size_t i)
{
	if (p->recipients[i].group == PLAN_NO_GROUP)
		return "nothing";
	return p->recipients[i].encrypt ? "encrypted" : "clear text";
}

/* "in place", "copy 2" ...: with the numbers of the log (record.c), where the
 * first is the message itself. */
static json_t *
copy_name(size_t group)
{
	char *text;
	json_t *value;

	if (group == PLAN_NO_GROUP)
		return json_null();
	if (group == 0)
		return output_text("in place");
	text = xasprintf("copy %zu", group + 1);
	value = output_text(text);
	free(text);
	return value;
}

static json_t *
recipient_json(const struct recipient_facts *r, const struct plan *p, size_t i)
{
	json_t *object = json_object();

	output_set(object, "address", output_text(name_of(r)));
	output_set(object, "local", json_boolean(r->is_local));
	output_set(object, "visible", json_boolean(r->visible));
	if (i >= p->recipient_count)
		return object;
	output_set(object, "gets", output_text(what_he_gets(p, i)));
	output_set(object, "copy", copy_name(p->recipients[i].group));
	output_set(object, "required", json_boolean(p->recipients[i].required));
	output_set(object, "reason", reason_text(p->recipients[i].reason));
	return object;
}

static json_t *
candidate_json(const struct cert_candidate *c, const char *address, time_t now)
{
	json_t *object = cert_json(c->certificate, now);

	output_set(object, "address", output_text(address));
	output_set(object, "trust", output_text(store_trust_name(c->trust)));
	output_set(object, "pick", output_text(cert_pick_word_name(c->word)));
	output_set(object, "detail",
	    output_text(c->is_domain && !*c->detail
			    ? "of the address that stands in"
			    : c->detail));
	output_set(object, "stands_in", json_boolean(c->is_domain));
	if (c->word != CERT_PICK_TAKEN)
		output_set(object, "advice",
		    output_text(cert_pick_word_advice(c->word)));
	return object;
}

static void
set_choice(json_t *recipient, json_t *all, const struct cert_choice *choice,
    const char *address, time_t now)
{
	output_set(
	    recipient, "usable", json_integer((json_int_t)choice->taken));
	output_set(
	    recipient, "word", output_text(cert_pick_word_name(choice->word)));
	if (choice->word != CERT_PICK_TAKEN)
		output_set(recipient, "advice",
		    output_text(cert_pick_word_advice(choice->word)));
	for (size_t i = 0; i < choice->count; i++)
		(void)json_array_append_new(
		    all, candidate_json(&choice->candidates[i], address, now));
}

/* What the gateway would find, even where nobody asks for encryption. */
static int
add_certificates(const struct directory_view *view,
    const struct recipient_facts *r, json_t *recipient, json_t *all,
    struct err *err)
{
	struct directory_recipient *found;

	if (directory_find_recipient(view, r->address, &found, err) < 0)
		return -1;
	set_choice(recipient, all, &found->choice, r->address, view->now);
	directory_recipient_unref(&found);
	return 0;
}

struct lists {
	json_t *recipients;
	json_t *certificates;
	json_t *rules;
	json_t *refused;
};

static int
add_recipient(const struct levels *levels, const struct directory_view *view,
    const struct job *job, size_t i, const struct lists *to, struct err *err)
{
	const struct recipient_facts *r = &job_facts(job)->recipients[i];
	json_t *object = recipient_json(r, job_plan(job), i), *rows;

	(void)json_array_append_new(to->recipients, object);
	if (!r->address)
		return 0;
	/* Whose certificates nobody would ever look at. */
	if ((!r->is_local || r->level.encrypt > RECEIVE_NEVER) &&
	    add_certificates(view, r, object, to->certificates, err) < 0)
		return -1;
	if (policy_list_recipient(levels, r->address, &rows, err) < 0)
		return -1;
	output_set(object, "rules", json_deep_copy(rows));
	move_rows(to->rules, r->address, rows, false);
	return 0;
}

/* He gets nothing: with which words? */
static void
add_refused(const struct job *job, size_t i, json_t *list)
{
	const struct recipient_facts *r = &job_facts(job)->recipients[i];
	const struct plan_recipient *p = &job_plan(job)->recipients[i];
	json_t *object = json_object();
	struct job_reply reply;

	reply_about(&reply, p->reason, r);
	output_set(object, "address", output_text(name_of(r)));
	output_set(object, "reason", reason_text(p->reason));
	output_set(object, "text", reply_text(&reply));
	(void)json_array_append_new(list, object);
}

static int
add_recipients(struct admin *a, const struct levels *levels,
    const struct job *job, json_t *answer, struct err *err)
{
	const struct policy_facts *f = job_facts(job);
	const struct plan *p = job_plan(job);
	const struct lists to = {
	    json_array(), json_array(), json_array(), json_array()};
	struct directory_view view;

	output_set(answer, "recipients", to.recipients);
	output_set(answer, "certificates", to.certificates);
	output_set(answer, "recipient_rules", to.rules);
	output_set(answer, "refused", to.refused);
	if (directory_look(
		gateway_directory(a->gateway), 0, a->now, &view, err) < 0)
		return -1;
	for (size_t i = 0; i < f->recipient_count; i++)
		if (add_recipient(levels, &view, job, i, &to, err) < 0)
			return -1;
	for (size_t i = 0; i < p->recipient_count; i++)
		if (p->recipients[i].refused)
			add_refused(job, i, to.refused);
	return 0;
}

/* --- escrow --- */

static int
add_escrow_of(const struct directory_view *view, const char *address,
    json_t *answer, json_t *missing, struct err *err)
{
	json_t *all = json_object_get(answer, "certificates");
	struct directory_recipient *found;
	size_t own = 0;

	if (directory_find_recipient(view, address, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found->choice.count; i++) {
		const struct cert_candidate *c = &found->choice.candidates[i];

		/* A domain's would let others read: never for escrow. */
		if (c->is_domain)
			continue;
		own += i < found->choice.taken;
		(void)json_array_append_new(
		    all, candidate_json(c, address, view->now));
	}
	directory_recipient_unref(&found);
	if (own == 0)
		(void)json_array_append_new(missing, output_text(address));
	return 0;
}

/* Which of them keeps the mail from being encrypted, and why. */
static int
add_escrow(
    struct admin *a, const struct job *job, json_t *answer, struct err *err)
{
	const struct gather *g = job_gather(job);
	struct directory_sender *author;
	struct directory_view view;
	json_t *missing = json_array();
	int rc = 0;

	output_set(answer, "escrow_missing", missing);
	if (!g->author || g->facts.escrow == ESCROW_NONE)
		return 0;
	if (directory_look(
		gateway_directory(a->gateway), 0, a->now, &view, err) < 0 ||
	    directory_find_sender(&view, g->author, &author, err) < 0)
		return -1;
	for (size_t i = 0; i < author->escrow.count && rc == 0; i++)
		rc = add_escrow_of(
		    &view, author->escrow.addresses[i], answer, missing, err);
	directory_sender_unref(&author);
	return rc;
}

/* --- copies --- */

static bool
is_escrow(const struct gather *g, const struct certificate *c)
{
	for (size_t i = 0; i < g->escrow.count; i++)
		if (memcmp(g->escrow.at[i]->fingerprint, c->fingerprint,
			sizeof(c->fingerprint)) == 0)
			return true;
	return false;
}

static json_t *
reader_json(const struct gather *g, const struct certificate *c, size_t group)
{
	json_t *object = json_object();
	char *id = xasprintf("%.*s", CERT_ID_DIGITS, c->fingerprint_text);

	output_set(object, "copy", copy_name(group));
	output_set(object, "address",
	    output_text(c->address_count > 0 ? c->addresses[0] : c->subject));
	output_set(object, "id", output_text(id));
	output_set(object, "escrow", json_boolean(is_escrow(g, c)));
	free(id);
	return object;
}

/* A reader in one word for each copy. */
static json_t *
reader_text(const json_t *reader)
{
	char *text = xasprintf("%s %s%s",
	    json_string_value(json_object_get(reader, "address")),
	    json_string_value(json_object_get(reader, "id")),
	    json_is_true(json_object_get(reader, "escrow")) ? " (escrow)" : "");
	json_t *value = output_text(text);

	free(text);
	return value;
}

static json_t *
members(const struct policy_facts *f, const struct plan *p, size_t group)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->recipient_count; i++)
		if (p->recipients[i].group == group)
			(void)json_array_append_new(
			    list, output_text(name_of(&f->recipients[i])));
	return list;
}

static json_t *
copy_json(const struct gather *g, const struct plan *p, size_t i)
{
	const struct plan_group *group = &p->groups[i];
	json_t *object = json_object(), *to = members(&g->facts, p, i);

	output_set(object, "copy", copy_name(i));
	output_set(object, "recipient_count",
	    json_integer((json_int_t)json_array_size(to)));
	output_set(object, "recipients", to);
	output_set(object, "signature",
	    output_text(!p->sign	 ? "none"
			: group->opaque	 ? "opaque"
			: group->encrypt ? "inside"
					 : "detached"));
	output_set(object, "encrypted", json_boolean(group->encrypt));
	output_set(object, "cipher",
	    output_text(
		group->encrypt ? setting_cipher_name(group->cipher) : "none"));
	output_set(object, "blind", json_boolean(group->blind));
	return object;
}

/* Whom the RecipientInfos of a copy name, to everybody who can see it (rule
 * B1), and how those with RSA keys get the key of the content. */
static void
add_readers(const struct gather *g, const struct plan *p, size_t i,
    json_t *copy, json_t *readers)
{
	json_t *list = json_array(), *reader;
	struct certificate_list to;
	const char *transport = "none";

	certificate_list_init(&to);
	gather_group_certificates(g, p, i, &to);
	for (size_t k = 0; k < to.count; k++) {
		reader = reader_json(g, to.at[k], i);
		(void)json_array_append_new(list, reader_text(reader));
		(void)json_array_append_new(readers, reader);
		if (to.at[k]->key == CERTIFICATE_KEY_RSA)
			transport = p->groups[i].oaep ? "oaep" : "pkcs1";
		else if (to.at[k]->key == CERTIFICATE_KEY_RSA_OAEP &&
			 strcmp(transport, "none") == 0)
			transport = "oaep";
	}
	certificate_list_fini(&to);
	output_set(copy, "reveals", list);
	output_set(copy, "key_transport", output_text(transport));
}

static void
add_copies(const struct job *job, json_t *answer)
{
	const struct plan *p = job_plan(job);
	json_t *list = json_array(), *readers = json_array(), *copy;

	output_set(answer, "messages", list);
	output_set(answer, "readers", readers);
	for (size_t i = 0; i < p->group_count; i++) {
		copy = copy_json(job_gather(job), p, i);
		(void)json_array_append_new(list, copy);
		add_readers(job_gather(job), p, i, copy, readers);
	}
}

/* --- all of it --- */

int
explain_answer(struct admin *a, const struct job *job, enum job_outcome outcome,
    const struct job_reply *reply, json_t **out, struct err *err)
{
	const struct levels levels = {.config = gateway_config(a->gateway),
	    .store = gateway_store(a->gateway)};
	const struct plan *p = job_plan(job);
	bool outbound = p->direction == PLAN_OUTBOUND;
	json_t *answer = json_object();

	set_facts(answer, job_facts(job), outbound);
	set_plan(answer, job_facts(job), p);
	set_outcome(answer, job, outcome, reply);
	if ((outbound && add_rules(&levels, job, answer, err) < 0) ||
	    add_recipients(a, &levels, job, answer, err) < 0 ||
	    (outbound && add_escrow(a, job, answer, err) < 0)) {
		json_decref(answer);
		return -1;
	}
	if (outbound)
		output_set(
		    answer, "triggers", trigger_names(job_triggers(job)));
	add_copies(job, answer);
	*out = answer;
	return 0;
}
