/*
 * ca_list.c: the authorities of others: how many are configured, which ones
 * the operator has judged, and which ones were met that nobody knows (B6).
 */
#include "admin/admin.h"
#include "admin/authority_list.h"
#include "admin/ca_verbs.h"

static const struct column lines[] = {
    {"configured", "Configured", COLUMN_NUMBER},
    {"trusted", "Trusted by you", COLUMN_NUMBER},
    {"distrusted", "Distrusted by you", COLUMN_NUMBER},
    {"unknown", "Met and unknown", COLUMN_NUMBER},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column table[] = {
    {"id", "AUTHORITY", COLUMN_TEXT},
    {"trust", "TRUST", COLUMN_TEXT},
    {"messages", "MAILS", COLUMN_NUMBER},
    {"contacts", "WAITING CONTACTS", COLUMN_NUMBER},
    {"first_seen", "SINCE", COLUMN_DAY},
    {"last_seen", "LAST SEEN", COLUMN_DAY},
    {"subject", "SUBJECT", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct view views[] = {
    {NULL, NULL, lines},
    {"authorities", NULL, table},
};

static json_int_t
count_configured(const struct trust *trust)
{
	struct certificate_list configured;
	json_int_t count;

	certificate_list_init(&configured);
	trust_list_configured(trust, &configured);
	count = (json_int_t)configured.count;
	certificate_list_fini(&configured);
	return count;
}

enum verb_result
ca_list_run(struct admin *a, const struct args *args, struct err *err)
{
	struct authority_list list;
	struct store *store;
	struct trust *trust;
	json_t *object;

	if (admin_configured_trust(a, &trust, err) ||
	    admin_store(a, &store, err) ||
	    authority_list(
		store, args_has(args, "unknown"), a->now, &list, err))
		return VERB_FAILED;
	object = json_object();
	output_set(object, "configured", json_integer(count_configured(trust)));
	output_set(object, "trusted", json_integer((json_int_t)list.trusted));
	output_set(
	    object, "distrusted", json_integer((json_int_t)list.distrusted));
	output_set(object, "unknown", json_integer((json_int_t)list.unknown));
	output_set(object, "authorities", list.authorities);
	output_document(&a->output, object, views, 2);
	json_decref(object);
	return VERB_DONE;
}
