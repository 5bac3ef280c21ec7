/* doctor_postfix_check.c: see doctor_postfix_check.h. */
#include "admin/doctor_postfix_check.h"

#include "admin/doctor_order.h"
#include "admin/doctor_postfix_listeners.h"

const char *
postfix_look_value(const struct postfix_look *k,
    const struct postfix_service *service, const char *name)
{
	return postfix_value(k->c, service, name, k->r);
}

void
postfix_check_empty(const struct postfix_look *k,
    const struct postfix_service *service, enum doctor_check check,
    const char *name)
{
	const char *value = postfix_look_value(k, service, name);
	const char *where = postfix_where(k->c, service, name, k->r);
	size_t n;

	if (!*value || doctor_has(k->r, check, where))
		return;
	n = doctor_find(k->r, check, where, "%s is \"%s\".", name, value);
	postfix_set(k->r, n, k->c, service, name, "");
}

void
postfix_check(const struct postfix_config *c, const struct doctor_own *own,
    const struct doctor_tables *tables, struct doctor_server *server,
    struct doctor_report *r)
{
	struct postfix_look k = {.r = r, .c = c, .own = own, .server = server};

	r->server = "Postfix";
	postfix_listeners(c, own, server, r);
	doctor_order_presence(r, server);
	postfix_check_services(&k);
	doctor_order_neighbours(r, server);
	doctor_order_daemons(r, server);
	doctor_order_copies(r, server);
	postfix_check_copies(&k);
	doctor_order_guard(r, server);
	postfix_check_later(&k, tables);
}
