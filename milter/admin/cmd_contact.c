/*
 * cmd_contact.c: correspondents, and the certificates that were learned from
 * their mail or put in by the operator.
 */
#include <stdlib.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/contact_verbs.h"

static const struct command_option list_options[] = {
    {"pending", NULL, "certificates that wait for you, and why"},
    {NULL, NULL, NULL},
};

static const struct command_option import_options[] = {
    {"trust", NULL, "you vouch for it: it needs no trusted authority"},
    {NULL, NULL, NULL},
};

static enum verb_result
run_forget(struct admin *a, const struct args *args, struct err *err)
{
	char *address = NULL;
	struct store *store;
	enum verb_result rc;
	json_t *object;

	rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE)
		return rc;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    store_contact_forget(store, address, err) ||
	    admin_audit(a, "contact forget", address, "", err))
		goto out;
	object = json_object();
	output_set(object, "address", output_text(address));
	output_set(object, "forgotten", json_true());
	output_done(&a->output, object,
	    "%s: forgotten; the next signed mail starts afresh", address);
	json_decref(object);
	rc = VERB_DONE;
out:
	free(address);
	return rc;
}

const struct command contact_commands[] = {
    {"contact", "list", "", 0, 0, list_options, "Lists correspondents",
	contact_list_run},
    {"contact", "show", "ADDRESS", 1, 1, NULL,
	"Shows a correspondent's certificates and which are used",
	contact_show_run},
    {"contact", "import", "ADDRESS FILE", 2, 2, import_options,
	"Takes a correspondent's certificate from a file", contact_import_run},
    {"contact", "approve", "ADDRESS [FINGERPRINT]", 1, 2, NULL,
	"Lets a certificate that waits be used", contact_approve_run},
    {"contact", "pin", "ADDRESS [FINGERPRINT]", 1, 2, NULL,
	"Vouches for a certificate: this one, whatever comes", contact_pin_run},
    {"contact", "distrust", "ADDRESS [FINGERPRINT]", 1, 2, NULL,
	"Never uses a certificate", contact_distrust_run},
    {"contact", "suspend", "ADDRESS TIME", 2, 2, NULL,
	"Encrypts nothing to a correspondent for some days (30d) or weeks (4w)",
	contact_suspend_run},
    {"contact", "resume", "ADDRESS", 1, 1, NULL,
	"Encrypts to a suspended correspondent again", contact_resume_run},
    {"contact", "forget", "ADDRESS", 1, 1, NULL,
	"Forgets a correspondent's certificates", run_forget},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
