/*
 * cmd_policy.c: what applies to an address, and which level says so.
 */
#include <stdlib.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/effective.h"
#include "admin/policy_list.h"
#include "base/alloc.h"
#include "mail/address.h"

static const struct column head_columns[] = {
    {"address", "Address", COLUMN_TEXT},
    {"own", "Of ours", COLUMN_TEXT},
    {"user", "User", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct column csv_columns[] = {
    {"as", "AS", COLUMN_TEXT},
    {"setting", "SETTING", COLUMN_TEXT},
    {"value", "VALUE", COLUMN_TEXT},
    {"level", "SET BY", COLUMN_TEXT},
    {"instead_of", "INSTEAD OF", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct view views[] = {
    {NULL, NULL, head_columns},
    {"sender", "What it sends", policy_list_columns},
    {"recipient", "What it is sent, and sends us (inbound)",
	policy_list_columns},
};

#define VIEWS (sizeof(views) / sizeof(*views))

static int
set_user(
    json_t *object, struct store *store, const char *address, struct err *err)
{
	struct store_user user;

	if (store_user_find(store, address, &user, err)) {
		output_set(object, "user", json_null());
		return err->class == ERR_NOT_FOUND ? 0 : -1;
	}
	output_set(object, "user",
	    output_text(
		user.state == STORE_USER_RETIRED ? "retired" : "active"));
	store_user_fini(&user);
	return 0;
}

static int
set_sender(json_t *object, const struct levels *levels, const char *address,
    struct err *err)
{
	json_t *list;

	if (policy_list_sender(levels, address, &list, err))
		return -1;
	output_set(object, "sender", list);
	return set_user(object, levels->store, address, err);
}

static int
policy_json(
    struct admin *a, const char *address, json_t *object, struct err *err)
{
	struct levels levels;
	json_t *list;
	bool own;

	if (effective_levels(a, &levels, err) ||
	    effective_is_ours(a, address_domain(address), &own, err))
		return -1;
	output_set(object, "address", output_text(address));
	output_set(object, "own", json_boolean(own));
	if (own && set_sender(object, &levels, address, err))
		return -1;
	if (policy_list_recipient(&levels, address, &list, err))
		return -1;
	output_set(object, "recipient", list);
	return 0;
}

/* One list for a spreadsheet: which side of the address a row is about stands
 * in it. */
static void
add_rows(struct listing *listing, const json_t *document, const char *as)
{
	json_t *row, *copy;
	size_t i;

	json_array_foreach(json_object_get(document, as), i, row)
	{
		copy = json_copy(row);
		output_set(copy, "as", output_text(as));
		listing_add(listing, copy);
	}
}

static void
print(struct output *o, const json_t *document)
{
	struct listing *listing;

	if (o->format != OUTPUT_CSV) {
		output_document(o, document, views, VIEWS);
		return;
	}
	listing = listing_begin(o, csv_columns);
	add_rows(listing, document, "sender");
	add_rows(listing, document, "recipient");
	listing_end(listing, NULL);
}

static enum verb_result
run_show(struct admin *a, const struct args *args, struct err *err)
{
	json_t *object = json_object();
	enum verb_result rc;
	char *address = NULL;

	rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE) {
		(void)err_set(err, ERR_PERMANENT,
		    "\"%s\" is not a mail address; domains and rules have: "
		    "smimectl domain show, smimectl recipient show",
		    args_operand(args, 0));
		goto out;
	}
	rc = VERB_FAILED;
	if (policy_json(a, address, object, err))
		goto out;
	print(&a->output, object);
	rc = VERB_DONE;
out:
	json_decref(object);
	free(address);
	return rc;
}

const struct command policy_commands[] = {
    {"policy", "show", "ADDRESS", 1, 1, NULL,
	"Shows what applies to an address, and which level says so", run_show},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
