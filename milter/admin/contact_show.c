/*
 * contact_show.c: all about one correspondent: the state of the exchange (B7),
 * each certificate, and whether mail is encrypted to it.
 */
#include <stdlib.h>

#include "admin/admin.h"
#include "admin/contact_verbs.h"
#include "admin/effective.h"
#include "admin/partner_list.h"

static const struct column lines[] = {
    {"address", "Address", COLUMN_TEXT},
    {"usable", "Usable now", COLUMN_NUMBER},
    {"suspended_until", "Suspended until", COLUMN_TEXT},
    {"domain_certificate", "Stands in", COLUMN_TEXT},
    {"messages", "Signed mails", COLUMN_NUMBER},
    {"first_seen", "  first", COLUMN_TEXT},
    {"first_message", "  learned from", COLUMN_TEXT},
    {"last_seen", "  last", COLUMN_TEXT},
    {"last_message", "  last learned from", COLUMN_TEXT},
    {"first_sent", "Ours to them, first", COLUMN_TEXT},
    {"last_sent", "  last", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

/* For people one table would be too wide. */
static const struct column table[] = {
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"pick", "USED", COLUMN_TEXT},
    {"trust", "TRUST", COLUMN_TEXT},
    {"not_after", "VALID UNTIL", COLUMN_DAY},
    {"key", "KEY", COLUMN_TEXT},
    {"level", "LEVEL", COLUMN_TEXT},
    {"issuer", "ISSUER", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column source_table[] = {
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"used", "HAS USED", COLUMN_TEXT},
    {"source", "LEARNED FROM", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column capability_table[] = {
    {"id", "CERTIFICATE", COLUMN_TEXT},
    {"capabilities", "CAN DO", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column csv_table[] = {
    {"id", "", COLUMN_TEXT},
    {"pick", "", COLUMN_TEXT},
    {"trust", "", COLUMN_TEXT},
    {"not_after", "", COLUMN_DAY},
    {"key", "", COLUMN_TEXT},
    {"level", "", COLUMN_TEXT},
    {"issuer", "", COLUMN_TEXT},
    {"source", "", COLUMN_TEXT},
    {"used", "", COLUMN_TEXT},
    {"capabilities", "", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct view views[] = {
    {NULL, NULL, lines},
    {"certificates", "Certificates", table},
    {"certificates", "Where they are from", source_table},
    {"certificates", "What was announced with them", capability_table},
};
#define VIEW_COUNT (sizeof(views) / sizeof(*views))

static const struct view csv_view = {"certificates", NULL, csv_table};

static void
print(struct output *o, const json_t *document)
{
	if (o->format == OUTPUT_CSV)
		output_document(o, document, &csv_view, 1);
	else
		output_document(o, document, views, VIEW_COUNT);
}

enum verb_result
contact_show_run(struct admin *a, const struct args *args, struct err *err)
{
	struct partner_question q = {.now = a->now};
	struct store_contact contact = {0};
	struct recipient_level level = {0};
	struct partner_answer answer;
	json_t *object = NULL, *stand_in = NULL;
	char *address = NULL;
	enum verb_result rc;

	rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	q.level = &level;
	if (admin_store(a, &q.store, err) || admin_trust(a, &q.trust, err) ||
	    store_contact_find(q.store, address, &contact, err) ||
	    effective_recipient(a, address, &level, &stand_in, err))
		goto out;
	q.suspended = contact.suspended_until > a->now;
	if (partner_list(&q, address, &answer, err))
		goto out;
	object = partner_contact_json(&contact, a->now);
	output_set(object, "usable", json_integer((json_int_t)answer.usable));
	output_set(
	    object, "word", output_text(cert_pick_word_name(answer.word)));
	output_set(object, "domain_certificate", json_incref(stand_in));
	output_set(object, "first_message", answer.first_message);
	output_set(object, "last_message", answer.last_message);
	output_set(object, "certificates", answer.certificates);
	print(&a->output, object);
	rc = VERB_DONE;
out:
	json_decref(object);
	json_decref(stand_in);
	store_contact_fini(&contact);
	free(address);
	return rc;
}
