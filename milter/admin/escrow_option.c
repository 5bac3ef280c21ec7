/* escrow_option.c: see escrow_option.h. */
#include "admin/escrow_option.h"

#include <stdlib.h>
#include <string.h>

#include "admin/complain.h"
#include "admin/mail_run.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "cert/store.h"

#define ESCROW_MAX 65536u

/* "ADDRESS,..." in canonical form, each once. */
static enum verb_result
read_addresses(const char *text, char **out, struct err *err)
{
	struct address_list list;
	enum verb_result rc;
	struct buf joined;

	address_list_init(&list);
	rc = mail_run_addresses(text, &list, err);
	buf_init(&joined, ESCROW_MAX);
	address_list_sort(&list);
	for (size_t i = 0; i < list.count; i++)
		if (i == 0 ||
		    strcmp(list.addresses[i], list.addresses[i - 1]) != 0)
			buf_addf(&joined, "%s%s", i > 0 ? "," : "",
			    list.addresses[i]);
	if (rc == VERB_DONE)
		*out = xstrdup(buf_text(&joined));
	buf_fini(&joined);
	address_list_fini(&list);
	return rc;
}

enum verb_result
escrow_option_read(const struct args *args, char **out, struct err *err)
{
	return admin_choice(
	    args_option(args, "escrow"), read_addresses, out, err);
}

static int
count_own(const struct store_own_cert *cert, void *arg)
{
	(void)cert;
	++*(size_t *)arg;
	return 0;
}

static int
count_partner(const struct store_partner_cert *cert, void *arg)
{
	(void)cert;
	++*(size_t *)arg;
	return 0;
}

/* Whether it can be used is for "explain"; a store that fails has other ways
 * to say so. */
static bool
has_certificate(struct store *store, const char *address)
{
	size_t count = 0;
	struct err err;

	if (store_own_cert_each(store, address, count_own, &count, &err) < 0 ||
	    store_partner_cert_each(
		store, address, count_partner, &count, &err) < 0)
		return true;
	return count > 0;
}

void
escrow_option_warn(
    struct store *store, const struct args *args, const char *escrow)
{
	char *list, *rest, *address;

	if (!args_option(args, "escrow") || strcmp(escrow, "none") == 0)
		return;
	list = rest = xstrdup(escrow);
	while ((address = strsep(&rest, ",")))
		if (*address && !has_certificate(store, address))
			complain("warning: %s has no certificate; until it "
				 "has one, nothing can be encrypted, and what "
				 "has to be waits (smimectl contact import)",
			    address);
	free(list);
}
