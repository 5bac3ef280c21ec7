/*
 * doctor_sendmail_listeners.c: the daemons of a Sendmail with their milters,
 * and lines of sendmail.mc that make others of them; see doctor_sendmail.h.
 */
#include <string.h>

#include "admin/doctor_sendmail.h"
#include "base/limits.h"
#include "settings/settings.h"

#define GOOD_TIMEOUTS "T=S:30s;R:2m;E:10m"
#define OUR_NAME      "smime"
#define GUARD_NAME    "smimeguard"

/* --- listeners --- */

static void
read_milter(const struct sendmail_config *c, const struct doctor_own *own,
    struct slice name, struct doctor_report *r, struct doctor_milter *m)
{
	const struct sendmail_filter *f = sendmail_filter_find(c, name);

	*m = (struct doctor_milter){.action = ""};
	m->text = m->safe = m->name = doctor_text_slice(r, name);
	if (!f)
		return;
	doctor_endpoint_milter(slice_text(f->socket), &m->at);
	m->kind = doctor_milter_kind(own, m);
	m->action = f->flags;
	if (doctor_milter_is_meant(m)) {
		m->kind = MILTER_OURS;
		m->unreachable = true;
	}
	if (m->kind == MILTER_OURS)
		m->name = "smime-milter";
	else if (m->kind == MILTER_GUARD)
		m->name = "the guard";
}

static enum doctor_role
role_of(const struct doctor_own *own, const struct sendmail_daemon *d,
    const struct doctor_listener *l)
{
	const char *port = doctor_port_number(d->port);

	if (doctor_endpoint_same(&l->at, &own->copies))
		return ROLE_COPIES;
	if (strchr(d->modifiers, 'a') || strcmp(port, "587") == 0 ||
	    strcmp(port, "465") == 0)
		return ROLE_SUBMISSION;
	if (strcmp(port, "25") == 0)
		return ROLE_STRANGERS;
	if (doctor_own_has_daemon(own, d->name))
		return ROLE_SUBMISSION;
	return doctor_host_is_loopback(d->address) ? ROLE_OTHER
						   : ROLE_STRANGERS;
}

static void
add_daemon(const struct sendmail_config *c, const struct sendmail_daemon *d,
    struct doctor_server *server, struct doctor_report *r)
{
	const char *list = d->has_filters ? d->filters : c->input_filters;
	struct slice at = slice_text(list), name;
	struct doctor_listener *l =
	    doctor_listener_add(&server->listeners, &server->count);

	l->name = d->name;
	l->daemon_name = d->name;
	l->where = d->has_filters
		       ? doctor_text(r, "%s, DaemonPortOptions, Name=%s",
			     c->file, d->name)
		       : doctor_text(r, "%s, InputMailFilters", c->file);
	doctor_endpoint_listener(
	    slice_text(doctor_text(r, "%s:%s", d->address, d->port)), &l->at);
	l->role = role_of(server->own, d, l);
	while (l->count < DOCTOR_MILTERS_MAX && sendmail_next(&at, ",;", &name))
		read_milter(c, server->own, name, r, &l->milters[l->count++]);
}

/* --- remedies --- */

static const struct sendmail_daemon *
daemon_of(const struct sendmail_config *c, const struct doctor_listener *l)
{
	for (size_t i = 0; i < c->daemon_count; i++)
		if (c->daemons[i].name == l->name)
			return &c->daemons[i];
	return NULL;
}

static bool
is_input_filter(const struct sendmail_config *c, const char *name)
{
	struct slice at = slice_text(c->input_filters), item;

	while (sendmail_next(&at, ",", &item))
		if (slice_equal(item, slice_text(name)))
			return true;
	return false;
}

/* Our socket as Sendmail writes it; the usual one when it is not good. */
static const char *
socket_text(struct doctor_report *r, const struct doctor_endpoint *at)
{
	if (at->kind != ENDPOINT_UNIX || strncmp(at->name, "/tmp/", 5) == 0 ||
	    strncmp(at->name, "/var/tmp/", 9) == 0)
		return settings_default_socket;
	return doctor_text(r, "unix:%s", at->name);
}

void
sendmail_set_filter(struct doctor_report *r, size_t n,
    const struct sendmail_config *c, const struct doctor_own *own,
    const struct sendmail_filter *filter)
{
	unsigned long long patience =
	    (unsigned long long)own->answer_ms / 1000 + 60;
	const char *name = filter ? filter->name : OUR_NAME;
	const char *macro = filter && is_input_filter(c, name)
				? "INPUT_MAIL_FILTER"
				: "MAIL_FILTER";
	const char *timeouts = GOOD_TIMEOUTS;

	if (patience > 600)
		timeouts = doctor_text(r, "T=S:30s;R:2m;E:%llus", patience);
	doctor_remedy(r, n, DOCTOR_SENDMAIL_MC, "%s(`%s', `S=%s, F=T, %s')dnl",
	    macro, name, socket_text(r, &own->socket), timeouts);
	if (filter)
		doctor_instead(r, n, doctor_text(r, "%s(`%s'", macro, name));
}

static const char *
entry(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *l, enum doctor_milter_kind kind)
{
	const struct sendmail_config *c = server->config;
	const struct doctor_endpoint *wanted = kind == MILTER_GUARD
						   ? &server->own->guard_socket
						   : &server->own->socket;
	struct doctor_endpoint at;

	(void)r;
	(void)l;
	for (size_t i = 0; i < c->filter_count; i++) {
		doctor_endpoint_milter(slice_text(c->filters[i].socket), &at);
		if (doctor_endpoint_same(&at, wanted))
			return c->filters[i].name;
	}
	return kind == MILTER_GUARD ? GUARD_NAME : OUR_NAME;
}

static const char *
join(struct doctor_report *r, const char *const *names, size_t count,
    const char *between)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = doctor_text(
		    r, "%s%s%s", text, i > 0 ? between : "", names[i]);
	return text;
}

/* The daemon's line with other values for one of its options. */
static void
set_daemon(struct doctor_report *r, size_t n, const struct sendmail_daemon *d,
    const char *option, const char *value)
{
	struct slice at = slice_text(d->text), item;
	const char *text = "";

	while (sendmail_next(&at, ",", &item))
		if (item.data[0] != (unsigned char)option[0])
			text = doctor_text(r, "%s%s%.*s", text,
			    *text ? ", " : "", (int)item.len, item.data);
	doctor_remedy(r, n, DOCTOR_SENDMAIL_MC,
	    "DAEMON_OPTIONS(`%s%s%s=%s')dnl", text, *text ? ", " : "", option,
	    value);
	doctor_instead(r, n, doctor_text(r, "DAEMON_OPTIONS(`%s", d->text));
}

/* A list must name filters that there are. */
static void
declare(struct doctor_report *r, size_t n, const struct doctor_server *server,
    const char *name)
{
	const struct sendmail_config *c = server->config;

	if (sendmail_filter_find(c, slice_text(name)))
		return;
	if (strcmp(name, OUR_NAME) == 0)
		sendmail_set_filter(r, n, c, server->own, NULL);
	else if (strcmp(name, GUARD_NAME) == 0)
		doctor_remedy(r, n, DOCTOR_SENDMAIL_MC,
		    "MAIL_FILTER(`%s', `S=%s, F=T, " GOOD_TIMEOUTS "')dnl",
		    name, socket_text(r, &server->own->guard_socket));
}

static size_t
count_sharing(const struct sendmail_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->daemon_count; i++)
		n += !c->daemons[i].has_filters;
	return n;
}

static void
set_list(struct doctor_report *r, size_t n, const struct doctor_server *server,
    const struct doctor_listener *l, const char *const *milters, size_t count)
{
	const struct sendmail_config *c = server->config;
	const struct sendmail_daemon *d = daemon_of(c, l);

	for (size_t i = 0; i < count; i++)
		declare(r, n, server, milters[i]);
	if (d && (d->has_filters || count_sharing(c) > 1))
		set_daemon(
		    r, n, d, "InputMailFilters", join(r, milters, count, ";"));
	else
		doctor_remedy(r, n, DOCTOR_SENDMAIL_MC,
		    "define(`confINPUT_MAIL_FILTERS', `%s')dnl",
		    join(r, milters, count, ", "));
}

static void
set_name(struct doctor_report *r, size_t n, const struct doctor_server *server,
    const struct doctor_listener *l, const char *name)
{
	const struct sendmail_daemon *d = daemon_of(server->config, l);

	if (d)
		set_daemon(r, n, d, "Name", name);
}

static void
set_loopback(struct doctor_report *r, size_t n,
    const struct doctor_server *server, const struct doctor_listener *l)
{
	const struct sendmail_daemon *d = daemon_of(server->config, l);

	if (d)
		set_daemon(r, n, d, "Addr", "127.0.0.1");
}

void
sendmail_listeners(const struct sendmail_config *c,
    const struct doctor_own *own, struct doctor_server *server,
    struct doctor_report *r)
{
	*server = (struct doctor_server){
	    .own = own,
	    .set_list = set_list,
	    .entry = entry,
	    .set_name = set_name,
	    .set_loopback = set_loopback,
	    .config = c,
	};
	for (size_t i = 0; i < c->daemon_count; i++)
		add_daemon(c, &c->daemons[i], server, r);
}
