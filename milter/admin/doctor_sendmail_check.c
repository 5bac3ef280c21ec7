/* doctor_sendmail_check.c: what is looked at in a Sendmail; see
 * doctor_sendmail.h. */
#include <stdlib.h>
#include <string.h>

#include "admin/doctor_order.h"
#include "admin/doctor_sendmail.h"
#include "base/limits.h"
#include "settings/settings.h"

/* Seconds: what Sendmail takes where nobody says anything, and what is enough
 * for signs of life that come every second. */
#define REPLY_DEFAULT 10
#define REPLY_LEAST   30
#define END_DEFAULT   300
/* How much longer than our own work the mail server has to wait for it. */
#define END_MARGIN 30

/* Octets of a unit that limits.max_message takes. */
#define MEBI 1048576ULL

struct sendmail_look {
	struct doctor_report *r;
	const struct sendmail_config *c;
	const struct doctor_own *own;
	const struct doctor_server *server;
};

static const char *
option_place(const struct sendmail_look *k, const char *option)
{
	return doctor_text(k->r, "%s, %s", k->c->file, option);
}

/* --- filters --- */

static void
check_action(const struct sendmail_look *k, const struct sendmail_filter *f,
    const char *where)
{
	bool bounces = strcmp(f->flags, "R") == 0 || strcmp(f->flags, "4") == 0;
	size_t n;

	if (strcmp(f->flags, "T") == 0)
		return;
	n = doctor_find(k->r, bounces ? CHECK_BOUNCING : CHECK_DEFAULT_ACTION,
	    where,
	    *f->flags ? "The flag of %s is F=%s." : "%s has no flag F=T%s.",
	    f->name, f->flags);
	sendmail_set_filter(k->r, n, k->c, k->own, f);
}

static void
check_timeouts(const struct sendmail_look *k, const struct sendmail_filter *f,
    const char *where)
{
	unsigned long reply = sendmail_timeout(f->timeouts, 'R', REPLY_DEFAULT);
	unsigned long end = sendmail_timeout(f->timeouts, 'E', END_DEFAULT);
	unsigned long ours = (unsigned long)k->own->answer_ms / 1000;
	size_t n;

	if (reply < REPLY_LEAST) {
		n = doctor_find(k->r, CHECK_TIME, where,
		    "Sendmail waits %lu seconds for an answer of %s (T=R:).",
		    reply, f->name);
		sendmail_set_filter(k->r, n, k->c, k->own, f);
	} else if (end < ours + END_MARGIN) {
		n = doctor_find(k->r, CHECK_TIME, where,
		    "Sendmail waits %lu seconds for all work on a mail (T=E:), "
		    "and answer_timeout is %lu.",
		    end, ours);
		sendmail_set_filter(k->r, n, k->c, k->own, f);
	}
}

static bool
has_open_folder(const char *path)
{
	return strncmp(path, "/tmp/", 5) == 0 ||
	       strncmp(path, "/var/tmp/", 9) == 0 ||
	       strncmp(path, "/dev/shm/", 9) == 0;
}

static void
check_socket(const struct sendmail_look *k, const struct sendmail_filter *f,
    const struct doctor_endpoint *at)
{
	const char *where = doctor_text(k->r, "%s, socket", k->own->file);
	enum doctor_check check;
	size_t n;

	if (at->kind == ENDPOINT_INET) {
		check = CHECK_TCP;
		n = doctor_find(k->r, check, where,
		    "The socket is port %s of %s.", at->port, at->name);
	} else if (has_open_folder(at->name)) {
		check = CHECK_SOCKET_FOLDER;
		n = doctor_find(
		    k->r, check, where, "The socket is %s.", at->name);
	} else {
		return;
	}
	doctor_remedy(k->r, n, DOCTOR_OWN_FILE, "socket = \"%s\";",
	    settings_default_socket);
	doctor_instead(k->r, n, "socket =");
	sendmail_set_filter(k->r, n, k->c, k->own, f);
}

/* Our name, and a socket where we are not. */
static void
check_reachable(const struct sendmail_look *k, const struct doctor_listener *l)
{
	const struct sendmail_filter *f;
	const char *where;
	size_t n;

	for (size_t i = 0; i < l->count; i++) {
		f = sendmail_filter_find(k->c, slice_text(l->milters[i].text));
		if (!f || !l->milters[i].unreachable)
			continue;
		where = doctor_text(k->r, "%s, X%s", k->c->file, f->name);
		if (doctor_has(k->r, CHECK_UNREACHABLE, where))
			continue;
		n = doctor_find(k->r, CHECK_UNREACHABLE, where,
		    "%s looks for smime-milter at %s.", l->name, f->socket);
		sendmail_set_filter(k->r, n, k->c, k->own, f);
	}
}

static void
check_filters(const struct sendmail_look *k)
{
	const struct sendmail_filter *f;
	struct doctor_endpoint at;
	const char *where;

	for (size_t i = 0; i < k->server->count; i++)
		check_reachable(k, &k->server->listeners[i]);
	for (size_t i = 0; i < k->c->filter_count; i++) {
		f = &k->c->filters[i];
		doctor_endpoint_milter(slice_text(f->socket), &at);
		if (!doctor_endpoint_same(&at, &k->own->socket))
			continue;
		where = doctor_text(k->r, "%s, X%s", k->c->file, f->name);
		check_action(k, f, where);
		check_timeouts(k, f, where);
		check_socket(k, f, &at);
	}
}

/* --- options --- */

static void
check_size(const struct sendmail_look *k)
{
	unsigned long long limit = strtoull(k->c->max_size, NULL, 10), wanted;
	size_t n;

	if (limit == 0 ||
	    k->own->max_message + LIMIT_RELAY_QUEUE_BYTES <= limit)
		return;
	wanted = limit < 2 * MEBI ? 4 * MEBI : 2 * limit;
	n = doctor_find(k->r, CHECK_SIZE, option_place(k, "MaxMessageSize"),
	    "MaxMessageSize is %llu octets, and limits.max_message lets a mail "
	    "become %llu.",
	    limit, k->own->max_message);
	doctor_remedy(k->r, n, DOCTOR_SENDMAIL_MC,
	    "define(`confMAX_MESSAGE_SIZE', `%llu')dnl", wanted);
	if (k->own->max_message + LIMIT_RELAY_QUEUE_BYTES <= wanted)
		return;
	doctor_remedy(k->r, n, DOCTOR_OWN_FILE,
	    "limits = { max_message = \"%lluM\"; };",
	    (wanted - LIMIT_RELAY_QUEUE_BYTES) / MEBI);
	doctor_instead(k->r, n, "limits =");
}

static bool
is_own_domain(const struct doctor_own *own, const char *name)
{
	for (size_t i = 0; i < own->domain_count; i++)
		if (slice_equal_text_ci(slice_text(name), own->domains[i]))
			return true;
	return false;
}

static void
check_rewriting(const struct sendmail_look *k)
{
	const struct sendmail_config *c = k->c;
	size_t n;

	if (*c->masquerade && !is_own_domain(k->own, c->masquerade)) {
		n = doctor_find(k->r, CHECK_REWRITTEN,
		    option_place(k, "DM (MASQUERADE_AS)"),
		    "Addresses of this host's domains become those of %s%s.",
		    c->masquerade,
		    k->own->domain_count > 0
			? ", which is no domain of our users"
			: "");
		doctor_remedy(k->r, n, DOCTOR_SENDMAIL_MC,
		    "MASQUERADE_AS(`%s')dnl",
		    k->own->domain_count == 1 ? k->own->domains[0] : "");
	}
	if (*c->generics) {
		n = doctor_find(k->r, CHECK_REWRITTEN,
		    option_place(k, "Kgenerics (genericstable)"),
		    "Addresses are rewritten by %s.", c->generics);
		doctor_remedy(k->r, n, DOCTOR_SENDMAIL_MC,
		    "dnl FEATURE(`genericstable')dnl");
		doctor_instead(k->r, n, "FEATURE(`genericstable'");
	}
}

static void
check_group(const struct sendmail_look *k)
{
	const char *colon = strchr(k->c->run_as, ':'), *group;
	size_t n;

	if (!*k->c->run_as || strncmp(k->c->run_as, "root", 4) == 0 ||
	    strcmp(k->c->run_as, "0") == 0 || *k->own->socket_group ||
	    k->own->socket.kind != ENDPOINT_UNIX)
		return;
	group = colon ? colon + 1 : k->c->run_as;
	n = doctor_find(k->r, CHECK_SOCKET_GROUP, option_place(k, "RunAsUser"),
	    "RunAsUser is %s, and socket_group is not set.", k->c->run_as);
	doctor_remedy(k->r, n, DOCTOR_SHELL, "adduser --quiet smime-milter %s",
	    doctor_quoted(k->r, group));
	doctor_remedy(
	    k->r, n, DOCTOR_OWN_FILE, "socket_group = \"%s\";", group);
	doctor_instead(k->r, n, "socket_group =");
}

static void
check_macros(const struct sendmail_look *k, const char *name,
    const char *define, const char *value, const char *macro)
{
	size_t n;

	if (!*value || strstr(value, macro))
		return;
	n = doctor_find(k->r, CHECK_MACROS, option_place(k, name),
	    "%s lacks %s.", name, macro);
	doctor_remedy(k->r, n, DOCTOR_SENDMAIL_MC, "define(`%s', `%s, %s')dnl",
	    define, value, macro);
}

/* --- copies --- */

static void
check_copies(const struct sendmail_look *k)
{
	const struct doctor_endpoint *at = &k->own->copies;
	const char *signer = "", *guard = "";
	const struct doctor_listener *l;
	size_t n;

	for (size_t i = 0; i < k->server->count; i++) {
		l = &k->server->listeners[i];
		if (l->role == ROLE_COPIES)
			return;
		n = doctor_listener_find(l, MILTER_SIGNER);
		if (l->role == ROLE_SUBMISSION && n < l->count)
			signer = doctor_text(k->r, ";%s", l->milters[n].text);
	}
	if (at->kind != ENDPOINT_INET || !doctor_host_is_loopback(at->name))
		return;
	if (k->own->guard_file)
		guard = doctor_text(k->r, ";%s",
		    k->server->entry(k->r, k->server, NULL, MILTER_GUARD));
	n = doctor_find(k->r, CHECK_COPIES_MISSING,
	    option_place(k, "DaemonPortOptions"),
	    "No daemon listens at %s, port %s, which \"reinject\" names.",
	    at->name, at->port);
	if (k->c->built_in_daemon)
		doctor_remedy(k->r, n, DOCTOR_SENDMAIL_MC,
		    "DAEMON_OPTIONS(`Name=MTA, Port=smtp')dnl");
	doctor_remedy(k->r, n, DOCTOR_SENDMAIL_MC,
	    "DAEMON_OPTIONS(`Name=REINJECT, Addr=%s, Port=%s, Family=%s, "
	    "InputMailFilters=%s%s%s')dnl",
	    at->name, at->port, strchr(at->name, ':') ? "inet6" : "inet",
	    k->server->entry(k->r, k->server, NULL, MILTER_OURS), signer,
	    guard);
}

void
sendmail_check(const struct sendmail_config *c, const struct doctor_own *own,
    struct doctor_server *server, struct doctor_report *r)
{
	struct sendmail_look k = {.r = r, .c = c, .own = own, .server = server};
	size_t before;

	r->server = "Sendmail";
	sendmail_listeners(c, own, server, r);
	doctor_order_presence(r, server);
	before = r->count;
	check_filters(&k);
	check_size(&k);
	check_group(&k);
	check_macros(&k, "Milter.macros.connect", "confMILTER_MACROS_CONNECT",
	    c->macros_connect, "{daemon_name}");
	check_macros(&k, "Milter.macros.envfrom", "confMILTER_MACROS_ENVFROM",
	    c->macros_sender, "{auth_authen}");
	if (r->count == before)
		doctor_fine(
		    r, "socket, flag F, time-outs, macros, size limit, group");
	doctor_order_neighbours(r, server);
	doctor_order_daemons(r, server);
	doctor_order_copies(r, server);
	check_copies(&k);
	doctor_order_guard(r, server);
	before = r->count;
	check_rewriting(&k);
	if (r->count == before)
		doctor_fine(r, "nothing rewrites addresses after the milters");
}
