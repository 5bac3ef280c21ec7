/*
 * contact_suspend.c: a correspondent to whom nothing is encrypted for a while:
 * his mail program is being set up anew, or he has lost his key.
 */
#include <stdlib.h>

#include "admin/admin.h"
#include "admin/contact_verbs.h"

#define SECONDS_OF_DAY ((time_t)24 * 3600)
#define DAYS_MAX       3650L

/* "30d" or "4w" */
static enum verb_result
read_days(const char *text, long *out, struct err *err)
{
	char *end;
	long days = strtol(text, &end, 10);

	if (*end == 'w' && days <= DAYS_MAX) {
		days *= 7;
		end++;
	} else if (*end == 'd') {
		end++;
	} else {
		days = 0;
	}
	if (text[0] < '0' || text[0] > '9' || *end || days < 1 ||
	    days > DAYS_MAX) {
		(void)err_set(err, ERR_PERMANENT,
		    "\"%.80s\": expected days or weeks like 30d or 4w, up to "
		    "%ld days",
		    text, DAYS_MAX);
		return VERB_USAGE;
	}
	*out = days;
	return VERB_DONE;
}

static int
suspend(struct admin *a, const char *address, time_t until, struct err *err)
{
	json_t *when = output_time(until), *object = json_object();
	const char *text = json_string_value(when);
	struct store *store;
	int rc = -1;

	output_set(object, "address", output_text(address));
	output_set(object, "suspended_until", when);
	if (admin_store(a, &store, err) ||
	    store_contact_suspend(store, address, until, err) ||
	    admin_audit(a, until ? "contact suspend" : "contact resume",
		address, until ? text : "", err))
		goto out;
	if (until)
		output_done(&a->output, object,
		    "%s: suspended until %.10s; nothing is encrypted to them "
		    "until then",
		    address, text);
	else
		output_done(
		    &a->output, object, "%s: no longer suspended", address);
	rc = 0;
out:
	json_decref(object);
	return rc;
}

enum verb_result
contact_suspend_run(struct admin *a, const struct args *args, struct err *err)
{
	enum verb_result rc;
	char *address = NULL;
	long days = 0;

	rc = read_days(args_operand(args, 1), &days, err);
	if (rc == VERB_DONE)
		rc = admin_address(args_operand(args, 0), &address, err);
	if (rc == VERB_DONE &&
	    suspend(a, address, a->now + days * SECONDS_OF_DAY, err))
		rc = VERB_FAILED;
	free(address);
	return rc;
}

enum verb_result
contact_resume_run(struct admin *a, const struct args *args, struct err *err)
{
	char *address = NULL;
	enum verb_result rc =
	    admin_address(args_operand(args, 0), &address, err);

	if (rc == VERB_DONE && suspend(a, address, 0, err))
		rc = VERB_FAILED;
	free(address);
	return rc;
}
