/* doctor_postfix_listeners.c: see doctor_postfix_listeners.h. */
#include "admin/doctor_postfix_listeners.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/limits.h"

/* Users, and folders below the queue directory, where services in a changed
 * root can see them. */
#define OUR_NAME   "smime-milter"
#define GUARD_USER "smime-guard"
#define GUARD_NAME "smime-milter-guard"
#define SOCKET	   "milter.sock"

#define COMMAND_NAME "the sendmail command"

struct listing_site {
	const struct postfix_config *c;
	const struct doctor_own *own;
	struct doctor_report *r;
};

static const char *
value_of(const struct listing_site *s, const struct postfix_service *service,
    const char *name)
{
	return postfix_value(s->c, service, name, s->r);
}

/* --- milters --- */

/* A path as this host sees it; the rules are those of "unix:" in
 * MILTER_README. */
static void
set_unix_path(
    const struct listing_site *s, bool chrooted, struct doctor_endpoint *at)
{
	const char *queue = value_of(s, NULL, "queue_directory"), *path;

	if (at->name[0] == '/' && !chrooted)
		return;
	path = doctor_text(
	    s->r, "%s%s%s", queue, at->name[0] == '/' ? "" : "/", at->name);
	doctor_endpoint_milter(slice_text(path), at);
}

/* Is it what the operator meant, seen from another root? */
static bool
is_meant(const struct listing_site *s, const struct doctor_endpoint *written,
    bool chrooted, const struct doctor_endpoint *wanted)
{
	struct doctor_endpoint other = *written;

	if (written->kind != ENDPOINT_UNIX)
		return false;
	set_unix_path(s, !chrooted, &other);
	return doctor_endpoint_same(&other, wanted);
}

static void
judge_milter(
    const struct listing_site *s, bool chrooted, struct doctor_milter *m)
{
	struct doctor_endpoint written = m->at;

	if (m->at.kind == ENDPOINT_UNIX)
		set_unix_path(s, chrooted, &m->at);
	m->kind = doctor_milter_kind(s->own, m);
	if (m->kind == MILTER_OURS || m->kind == MILTER_GUARD)
		return;
	m->unreachable = true;
	if (is_meant(s, &written, chrooted, &s->own->socket) ||
	    doctor_milter_is_meant(m))
		m->kind = MILTER_OURS;
	else if (s->own->guard_file &&
		 is_meant(s, &written, chrooted, &s->own->guard_socket))
		m->kind = MILTER_GUARD;
	else
		m->unreachable = false;
}

/* "{ SOCKET, NAME = VALUE ... }" as one word without blanks, which is what
 * "postconf -P" takes; default_action apart. */
static void
read_attributes(
    const struct listing_site *s, struct slice inside, struct doctor_milter *m)
{
	struct slice word;
	struct buf more;

	(void)postfix_next_word(&inside, &word);
	m->name = doctor_text_slice(s->r, word);
	buf_init(&more, LIMIT_DOCTOR_VALUE);
	while (postfix_next_word(&inside, &word)) {
		if (slice_has_prefix(word, "default_action=")) {
			m->action = doctor_text_slice(
			    s->r, slice_part(word, strlen("default_action="),
				      word.len));
			continue;
		}
		buf_add_char(&more, ',');
		buf_add_slice(&more, word);
	}
	m->safe = more.len > 0
		      ? doctor_text(s->r, "{%s%s}", m->name, buf_text(&more))
		      : m->name;
	m->text = m->safe;
	if (*m->action)
		m->text = doctor_text(s->r, "{%s,default_action=%s%s}", m->name,
		    m->action, more.len > 0 ? buf_text(&more) : "");
	buf_fini(&more);
}

static void
read_milter(const struct listing_site *s, struct slice word, bool chrooted,
    struct doctor_milter *m)
{
	*m = (struct doctor_milter){.action = ""};
	if (slice_has_prefix(word, "{")) {
		if (word.data[word.len - 1] == '}')
			word.len--;
		read_attributes(s, slice_part(word, 1, word.len), m);
	} else {
		m->name = doctor_text_slice(s->r, word);
		m->text = m->safe = m->name;
	}
	doctor_endpoint_postfix(slice_text(m->name), &m->at);
	judge_milter(s, chrooted, m);
	if (m->kind == MILTER_OURS)
		m->name = "smime-milter";
	else if (m->kind == MILTER_GUARD)
		m->name = "the guard";
}

static void
read_milters(const struct listing_site *s,
    const struct postfix_service *service, const char *name,
    struct doctor_listener *l)
{
	struct slice at = slice_text(value_of(s, service, name)), word;

	l->where = postfix_where(s->c, service, name, s->r);
	while (l->count < DOCTOR_MILTERS_MAX && postfix_next_word(&at, &word))
		read_milter(s, word, service && service->chrooted,
		    &l->milters[l->count++]);
}

/* --- listeners --- */

static enum doctor_role
role_of(const struct listing_site *s, const struct postfix_service *service,
    const struct doctor_listener *l)
{
	const char *port = doctor_port_number(l->at.port);
	bool logins = strcasecmp(value_of(s, service, "smtpd_sasl_auth_enable"),
			  "yes") == 0;

	if (doctor_endpoint_same(&l->at, &s->own->copies))
		return ROLE_COPIES;
	if (strcmp(port, "587") == 0 || strcmp(port, "465") == 0)
		return ROLE_SUBMISSION;
	if (strcmp(port, "25") == 0 || strcmp(service->type, "pass") == 0)
		return logins ? ROLE_BOTH : ROLE_STRANGERS;
	if (logins || doctor_own_has_daemon(s->own, l->daemon_name))
		return ROLE_SUBMISSION;
	return doctor_host_is_loopback(l->at.name) ? ROLE_OTHER
						   : ROLE_STRANGERS;
}

/* A listener without a host is at inet_interfaces. */
static void
set_interfaces(const struct listing_site *s, struct doctor_endpoint *at)
{
	struct slice list = slice_text(value_of(s, NULL, "inet_interfaces"));
	struct slice word;
	const char *host;
	bool loopback = false;

	while (postfix_next_word(&list, &word)) {
		host = doctor_text_slice(s->r, word);
		if (!doctor_host_is_loopback(host))
			return;
		loopback = true;
	}
	if (loopback)
		(void)snprintf(at->name, sizeof(at->name), "loopback-only");
}

static void
add_service(const struct listing_site *s, struct doctor_server *server,
    const struct postfix_service *service)
{
	struct doctor_listener *l =
	    doctor_listener_add(&server->listeners, &server->count);

	l->name = service->id;
	doctor_endpoint_listener(slice_text(service->service), &l->at);
	if (!*l->at.name)
		set_interfaces(s, &l->at);
	l->daemon_name = value_of(s, service, "milter_macro_daemon_name");
	l->role = role_of(s, service, l);
	read_milters(s, service, "smtpd_milters", l);
}

static const struct postfix_service *
find_command(const struct postfix_config *c)
{
	for (size_t i = 0; i < c->service_count; i++)
		if (strcmp(c->services[i].command, "cleanup") == 0)
			return &c->services[i];
	return NULL;
}

const struct postfix_service *
postfix_listener_service(
    const struct postfix_config *c, const struct doctor_listener *l)
{
	if (l->role == ROLE_COMMAND)
		return find_command(c);
	for (size_t i = 0; i < c->service_count; i++)
		if (c->services[i].id == l->name)
			return &c->services[i];
	return NULL;
}

/* --- remedies --- */

static const char *
list_name(const struct doctor_listener *l)
{
	return l->role == ROLE_COMMAND ? "non_smtpd_milters" : "smtpd_milters";
}

static const struct doctor_endpoint *
socket_of(const struct doctor_own *own, enum doctor_milter_kind kind)
{
	return kind == MILTER_GUARD ? &own->guard_socket : &own->socket;
}

/* Our socket as the service sees it; NULL when it does not. */
static const char *
visible_path(struct doctor_report *r, const struct postfix_config *c,
    const struct postfix_service *service, const struct doctor_endpoint *at)
{
	const char *queue = postfix_value(c, NULL, "queue_directory", r);

	if (!service || !service->chrooted)
		return at->name;
	return doctor_path_below(at->name, queue);
}

static const char *
entry(struct doctor_report *r, const struct doctor_server *server,
    const struct doctor_listener *l, enum doctor_milter_kind kind)
{
	const struct postfix_config *c = server->config;
	const struct doctor_endpoint *at = socket_of(server->own, kind);
	const char *path;
	bool colons;

	if (at->kind == ENDPOINT_INET) {
		colons = strchr(at->name, ':') != NULL;
		return doctor_text(r, "inet:%s%s%s:%s", colons ? "[" : "",
		    at->name, colons ? "]" : "", at->port);
	}
	path = visible_path(r, c, postfix_listener_service(c, l), at);
	if (!path)
		path = kind == MILTER_GUARD ? "/" GUARD_NAME "/" SOCKET
					    : "/" OUR_NAME "/" SOCKET;
	return doctor_text(r, "unix:%s", path);
}

/* The socket has to be below the queue directory first.  The TCP socket that
 * is to become a unix socket goes there, too. */
void
postfix_move_socket(struct doctor_report *r, size_t n,
    const struct doctor_server *server, enum doctor_milter_kind kind)
{
	const struct postfix_config *c = server->config;
	const char *queue = postfix_value(c, NULL, "queue_directory", r);
	const char *owner = postfix_value(c, NULL, "mail_owner", r);
	bool guard = kind == MILTER_GUARD;
	enum doctor_place place = guard ? DOCTOR_GUARD_FILE : DOCTOR_OWN_FILE;
	const char *user = guard ? GUARD_USER : OUR_NAME;
	const char *folder =
	    doctor_text(r, "%s/%s", queue, guard ? GUARD_NAME : OUR_NAME);

	doctor_remedy(r, n, DOCTOR_SHELL, "adduser --quiet %s %s", user,
	    doctor_quoted(r, owner));
	doctor_remedy(r, n, DOCTOR_SHELL, "install -d -o %s -g %s -m 750 %s",
	    user, doctor_quoted(r, owner), doctor_quoted(r, folder));
	doctor_remedy(r, n, place, "socket = \"unix:%s/" SOCKET "\";", folder);
	doctor_instead(r, n, "socket =");
	doctor_remedy(r, n, place, "socket_group = \"%s\";", owner);
	doctor_instead(r, n, "socket_group =");
}

static const char *
join(struct doctor_report *r, const char *const *milters, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = doctor_text(
		    r, "%s%s%s", text, i > 0 ? "," : "", milters[i]);
	return text;
}

static void
set_list(struct doctor_report *r, size_t n, const struct doctor_server *server,
    const struct doctor_listener *l, const char *const *milters, size_t count)
{
	const struct postfix_config *c = server->config;
	const struct postfix_service *service = postfix_listener_service(c, l);
	const struct doctor_own *own = server->own;

	if (own->socket.kind == ENDPOINT_UNIX &&
	    !visible_path(r, c, service, &own->socket))
		postfix_move_socket(r, n, server, MILTER_OURS);
	if (own->guard_file && own->guard_socket.kind == ENDPOINT_UNIX &&
	    !visible_path(r, c, service, &own->guard_socket))
		postfix_move_socket(r, n, server, MILTER_GUARD);
	postfix_set(r, n, c, service, list_name(l), join(r, milters, count));
}

static void
set_name(struct doctor_report *r, size_t n, const struct doctor_server *server,
    const struct doctor_listener *l, const char *name)
{
	const struct postfix_config *c = server->config;

	postfix_set_for(r, n, c, postfix_listener_service(c, l),
	    "milter_macro_daemon_name", name);
}

/* A listener for our users, unless there is one. */
static void
add_submission(struct doctor_report *r, size_t n,
    const struct doctor_server *server, const struct doctor_listener *l)
{
	const struct postfix_config *c = server->config;
	const struct postfix_service *s = postfix_listener_service(c, l);
	const char *line;

	for (size_t i = 0; i < server->count; i++)
		if (server->listeners[i].role == ROLE_SUBMISSION)
			return;
	line = doctor_text(r,
	    "submission/inet=submission inet n - %s - - smtpd"
	    " -o milter_macro_daemon_name=SUBMISSION"
	    " -o smtpd_tls_security_level=encrypt"
	    " -o smtpd_sasl_auth_enable=yes"
	    " -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
	    " -o smtpd_milters=%s",
	    s && s->chrooted ? "y" : "n", entry(r, server, l, MILTER_OURS));
	doctor_remedy(r, n, DOCTOR_SHELL, "postconf %s-M %s",
	    postfix_folder_option(c, r), doctor_quoted(r, line));
}

static void
set_strangers(struct doctor_report *r, size_t n,
    const struct doctor_server *server, const struct doctor_listener *l)
{
	const struct postfix_config *c = server->config;

	add_submission(r, n, server, l);
	postfix_set_for(r, n, c, postfix_listener_service(c, l),
	    "smtpd_sasl_auth_enable", "no");
}

static void
set_loopback(struct doctor_report *r, size_t n,
    const struct doctor_server *server, const struct doctor_listener *l)
{
	const struct postfix_config *c = server->config;

	doctor_remedy(r, n, DOCTOR_SHELL, "postconf %s-F %s",
	    postfix_folder_option(c, r),
	    doctor_quoted(r, doctor_text(r, "%s/service=127.0.0.1:%s", l->name,
				 l->at.port)));
}

void
postfix_listeners(const struct postfix_config *c, const struct doctor_own *own,
    struct doctor_server *server, struct doctor_report *r)
{
	struct listing_site s = {.c = c, .own = own, .r = r};
	struct doctor_listener *l;

	*server = (struct doctor_server){
	    .own = own,
	    .set_list = set_list,
	    .entry = entry,
	    .set_name = set_name,
	    .set_loopback = set_loopback,
	    .set_strangers = set_strangers,
	    .config = c,
	};
	for (size_t i = 0; i < c->service_count; i++)
		if (strcmp(c->services[i].command, "smtpd") == 0)
			add_service(&s, server, &c->services[i]);
	l = doctor_listener_add(&server->listeners, &server->count);
	l->name = COMMAND_NAME;
	l->role = ROLE_COMMAND;
	read_milters(&s, find_command(c), "non_smtpd_milters", l);
}
