/*
 * contact_list.c: correspondents, and what of them waits for the operator.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/contact_verbs.h"
#include "admin/partner_list.h"
#include "base/alloc.h"
#include "cert/continuity.h"

static const struct column list_columns[] = {
    {"address", "ADDRESS", COLUMN_TEXT},
    {"certificates", "CERTIFICATES", COLUMN_NUMBER},
    {"pending", "WAITING", COLUMN_NUMBER},
    {"messages", "SIGNED MAILS", COLUMN_NUMBER},
    {"first_seen", "SINCE", COLUMN_DAY},
    {"last_seen", "LAST SEEN", COLUMN_DAY},
    {"last_sent", "LAST SENT", COLUMN_DAY},
    {"suspended_until", "SUSPENDED UNTIL", COLUMN_DAY},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column pending_columns[] = {
    {"address", "ADDRESS", COLUMN_TEXT},
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"first_seen", "WAITS SINCE", COLUMN_DAY},
    {"authority", "AUTHORITY", COLUMN_TEXT},
    {"level", "LEVEL", COLUMN_TEXT},
    {"reason", "BECAUSE", COLUMN_TEXT},
    {"instead_of_text", "INSTEAD OF", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

/* Programs get the list itself. */
static const struct column pending_csv[] = {
    {"address", "", COLUMN_TEXT},
    {"fingerprint", "", COLUMN_TEXT},
    {"first_seen", "", COLUMN_TEXT},
    {"last_seen", "", COLUMN_TEXT},
    {"authority", "", COLUMN_TEXT},
    {"level", "", COLUMN_TEXT},
    {"reason", "", COLUMN_TEXT},
    {"source", "", COLUMN_TEXT},
    {"instead_of_text", "", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

struct walk {
	struct admin *a;
	struct listing *listing;
	struct partner_question question;
	int rc;
	struct err *err;
};

static int
list_one(const struct store_contact *c, void *arg)
{
	struct walk *walk = arg;
	json_t *object = partner_contact_json(c, walk->a->now);

	output_set(object, "certificates", json_integer(c->certificates));
	listing_add(walk->listing, object);
	return 0;
}

/* --- what waits --- */

/* Those that are used until then. */
static json_t *
taken_of(const json_t *certificates)
{
	json_t *list = json_array();
	json_t *one;
	size_t i;

	json_array_foreach(certificates, i, one)
	{
		const char *word =
		    json_string_value(json_object_get(one, "pick"));

		if (word && strcmp(word, "taken") == 0)
			(void)json_array_append(list, one);
	}
	return list;
}

static const char *
member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* "0123456789abcdef (CN=Other CA, mailbox)", with commas between. */
static json_t *
text_of(const json_t *taken)
{
	char *text = xstrdup(""), *longer;
	json_t *one, *value;
	size_t i;

	json_array_foreach(taken, i, one)
	{
		longer = xasprintf("%s%s%s (%s, %s)", text, i > 0 ? ", " : "",
		    member(one, "id"), member(one, "authority"),
		    member(one, "level"));
		free(text);
		text = longer;
	}
	value = output_text(*text ? text : "nothing usable");
	free(text);
	return value;
}

/* What is said about one of them, to be added to. */
static json_t *
copy_of(const json_t *certificates, const char *fingerprint)
{
	json_t *one;
	size_t i;

	json_array_foreach(certificates, i, one)
	{
		if (strcmp(member(one, "fingerprint"), fingerprint) == 0)
			return json_copy(one);
	}
	return json_object();
}

static int
add_pending(struct walk *walk, const struct store_partner_cert *c)
{
	const struct partner_question *q = &walk->question;
	struct partner_answer answer;
	enum continuity why;
	json_t *object, *taken;

	if (continuity_judge_stored(
		q->trust, q->store, c, q->now, &why, walk->err) ||
	    partner_list(q, c->address, &answer, walk->err))
		return -1;
	taken = taken_of(answer.certificates);
	object = copy_of(answer.certificates, c->fingerprint);
	/* It is meant for those who want to write to this contact. */
	(void)json_object_del(object, "advice");
	output_set(object, "address", output_text(c->address));
	output_set(object, "reason", output_text(continuity_name(why)));
	output_set(object, "instead_of_text", text_of(taken));
	output_set(object, "instead_of", taken);
	if (walk->a->output.format == OUTPUT_JSON)
		(void)json_object_del(object, "instead_of_text");
	listing_add(walk->listing, object);
	json_decref(answer.last_message);
	json_decref(answer.first_message);
	json_decref(answer.certificates);
	return 0;
}

static int
list_pending(const struct store_partner_cert *c, void *arg)
{
	struct walk *walk = arg;

	walk->rc = add_pending(walk, c);
	return walk->rc;
}

static enum verb_result
run_pending(struct admin *a, struct err *err)
{
	struct walk walk = {.a = a, .err = err, .question.now = a->now};
	struct partner_question *q = &walk.question;
	struct store_counts counts;
	int rc;

	if (admin_store(a, &q->store, err) || admin_trust(a, &q->trust, err))
		return VERB_FAILED;
	walk.listing = listing_begin(&a->output,
	    a->output.format == OUTPUT_CSV ? pending_csv : pending_columns);
	rc = store_partner_cert_walk(
	    q->store, STORE_TRUST_PENDING, list_pending, &walk, err);
	if (rc == 0)
		rc = walk.rc;
	if (rc == 0)
		rc = store_count(q->store, &counts, err);
	listing_end(walk.listing, rc ? NULL
				  : counts.untrusted > 0
				      ? "nothing waits for you, but for its "
					"authority; see: smimectl ca list "
					"--unknown"
				      : "nothing waits for you");
	return rc ? VERB_FAILED : VERB_DONE;
}

enum verb_result
contact_list_run(struct admin *a, const struct args *args, struct err *err)
{
	struct walk walk = {.a = a};
	struct store *store;
	int rc;

	if (args_has(args, "pending"))
		return run_pending(a, err);
	if (admin_store(a, &store, err))
		return VERB_FAILED;
	walk.listing = listing_begin(&a->output, list_columns);
	rc = store_contact_each(store, NULL, list_one, &walk, err);
	listing_end(walk.listing,
	    rc ? NULL : "no contact yet: they are learned from signed mail");
	return rc ? VERB_FAILED : VERB_DONE;
}
