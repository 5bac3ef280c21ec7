/*
 * doctor_postfix_service.c: how each service of Postfix asks us; see
 * doctor_postfix_check.h.
 */
#include <grp.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/doctor_postfix_check.h"
#include "admin/doctor_postfix_listeners.h"
#include "base/confine.h"
#include "base/limits.h"

/* Seconds: signs of life come every second, but a busy machine is late. */
#define CONTENT_PATIENCE 30
#define COMMAND_PATIENCE 10

/* Groups of Postfix's user that are looked at. */
#define GROUPS_MAX 256

/* Octets: one of the units that limits.max_message takes, and a size limit
 * below which there is no point in any. */
#define MEBI	   1048576ULL
#define SIZE_LEAST (4 * MEBI)

/* A listener that has us among its milters, and its service. */
struct asking {
	const struct postfix_look *k;
	const struct doctor_listener *l;
	const struct postfix_service *service;
};

static const char *
value_of(const struct asking *a, const char *name)
{
	return postfix_look_value(a->k, a->service, name);
}

/* Where the parameter is set; NULL when check has been made there. */
static const char *
new_place(const struct asking *a, enum doctor_check check, const char *name)
{
	const char *where = postfix_where(a->k->c, a->service, name, a->k->r);

	return doctor_has(a->k->r, check, where) ? NULL : where;
}

/* The list of milters with one that is written otherwise. */
static void
replace_milter(const struct asking *a, size_t n, size_t which, const char *text)
{
	const char *texts[DOCTOR_MILTERS_MAX];

	for (size_t i = 0; i < a->l->count; i++)
		texts[i] = i == which ? text : a->l->milters[i].text;
	a->k->server->set_list(
	    a->k->r, n, a->k->server, a->l, texts, a->l->count);
}

/* Below the queue directory a path without its first slash is right for
 * services in a changed root and for the others. */
static const char *
common_entry(const struct asking *a, enum doctor_milter_kind kind)
{
	const struct doctor_server *server = a->k->server;
	const struct doctor_endpoint *at = kind == MILTER_GUARD
					       ? &server->own->guard_socket
					       : &server->own->socket;
	const char *queue = postfix_look_value(a->k, NULL, "queue_directory");
	const char *path = doctor_path_below(at->name, queue);

	if (at->kind == ENDPOINT_UNIX && path)
		return doctor_text(a->k->r, "unix:%s", path + 1);
	return server->entry(a->k->r, server, a->l, kind);
}

static void
check_reachable(const struct asking *a, size_t i)
{
	const struct doctor_milter *m = &a->l->milters[i];
	size_t n;

	if (!m->unreachable ||
	    doctor_has(a->k->r, CHECK_UNREACHABLE, a->l->where))
		return;
	n = doctor_find(a->k->r, CHECK_UNREACHABLE, a->l->where,
	    "%s %s a changed root, and looks for %s at %s.", a->l->name,
	    a->service && a->service->chrooted ? "runs in" : "does not run in",
	    m->name, m->text);
	replace_milter(a, n, i, common_entry(a, m->kind));
}

static void
check_action(const struct asking *a, size_t i)
{
	const struct doctor_milter *m = &a->l->milters[i];
	bool own = *m->action != '\0';
	const char *action =
	    own ? m->action : value_of(a, "milter_default_action");
	const char *where = own ? a->l->where
				: postfix_where(a->k->c, a->service,
				      "milter_default_action", a->k->r);
	enum doctor_check check = CHECK_DEFAULT_ACTION;
	size_t n;

	if (strcmp(action, "tempfail") == 0)
		return;
	if (strcmp(action, "reject") == 0 || strcmp(action, "shutdown") == 0)
		check = CHECK_BOUNCING;
	if (doctor_has(a->k->r, check, where))
		return;
	n = doctor_find(a->k->r, check, where,
	    "When %s does not answer, the action is \"%s\".", m->name, action);
	if (own)
		replace_milter(a, n, i, m->safe);
	else
		postfix_set(a->k->r, n, a->k->c, a->service,
		    "milter_default_action", "tempfail");
}

static void
check_protocol(const struct asking *a)
{
	const char *value = value_of(a, "milter_protocol");
	const char *where = new_place(a, CHECK_PROTOCOL, "milter_protocol");
	size_t n;

	if (!where || postfix_number(value, 6) >= 6)
		return;
	n = doctor_find(a->k->r, CHECK_PROTOCOL, where,
	    "milter_protocol is \"%s\".", value);
	postfix_set(a->k->r, n, a->k->c, a->service, "milter_protocol", "6");
}

static void
check_patience(const struct asking *a, const char *name,
    unsigned long long least, const char *usual)
{
	const char *where = new_place(a, CHECK_TIME, name);
	const char *value = value_of(a, name);
	size_t n;

	if (!where || postfix_number(value, least) >= least)
		return;
	n = doctor_find(a->k->r, CHECK_TIME, where,
	    "%s is %s; signs of life come every second, and later on a busy "
	    "machine.",
	    name, value);
	postfix_set(a->k->r, n, a->k->c, a->service, name, usual);
}

/* The list without one of its words. */
static const char *
without_word(struct doctor_report *r, const char *list, const char *word)
{
	struct slice at = slice_text(list), found;
	const char *text = "";

	while (postfix_next_word(&at, &found))
		if (!slice_equal(found, slice_text(word)))
			text = doctor_text(r, "%s%s%.*s", text,
			    *text ? "," : "", (int)found.len, found.data);
	return text;
}

static void
check_overrides(const struct asking *a)
{
	static const char name[] = "receive_override_options";
	const char *value = value_of(a, name);
	const char *where = new_place(a, CHECK_NO_MILTERS, name);
	size_t n;

	if (!where || !postfix_has_word(value, "no_milters"))
		return;
	n = doctor_find(a->k->r, CHECK_NO_MILTERS, where,
	    "%s has no_milters among its %s.", a->l->name, name);
	postfix_set(a->k->r, n, a->k->c, a->service, name,
	    without_word(a->k->r, value, "no_milters"));
}

static void
check_content_filter(const struct asking *a)
{
	if (*value_of(a, "content_filter") &&
	    doctor_server_has_guard_apart(a->k->server)) {
		doctor_fine(a->k->r, "the guard is behind the content filter");
		return;
	}
	postfix_check_empty(
	    a->k, a->service, CHECK_CONTENT_FILTER, "content_filter");
}

/* Lists without these words are those of somebody who changed them. */
static void
check_macros(const struct asking *a)
{
	static const char *const needed[][2] = {
	    {"milter_connect_macros", "{daemon_name}"},
	    {"milter_mail_macros", "{auth_authen}"},
	    {"milter_data_macros", "i"},
	};
	const char *value, *where;
	size_t n;

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		value = value_of(a, needed[i][0]);
		where = new_place(a, CHECK_MACROS, needed[i][0]);
		if (!where || strstr(value, needed[i][1]))
			continue;
		n = doctor_find(a->k->r, CHECK_MACROS, where, "%s lacks %s.",
		    needed[i][0], needed[i][1]);
		postfix_set(a->k->r, n, a->k->c, a->service, needed[i][0],
		    doctor_text(a->k->r, "%s%s%s", value, *value ? " " : "",
			needed[i][1]));
	}
}

static void
check_version(const struct asking *a)
{
	static const char name[] = "milter_macro_v";
	const char *where = new_place(a, CHECK_CERTIFICATES, name);
	const char *value = value_of(a, name);
	size_t n;

	if (!where || !a->k->own->client_certificates ||
	    strncmp(value, "Postfix", strlen("Postfix")) == 0)
		return;
	n = doctor_find(a->k->r, CHECK_CERTIFICATES, where,
	    "%s is \"%s\" and does not begin with \"Postfix\".", name, value);
	postfix_set(
	    a->k->r, n, a->k->c, a->service, name, "Postfix $mail_version");
}

/* --- size --- */

static void
raise_size(const struct asking *a, size_t n, unsigned long long limit)
{
	static const char *const mailboxes[] = {
	    "mailbox_size_limit", "virtual_mailbox_limit"};
	unsigned long long wanted = 2 * limit, box;

	if (wanted < SIZE_LEAST)
		wanted = SIZE_LEAST;
	/* local(8) and virtual(8) do not start with a smaller one */
	for (size_t i = 0; i < sizeof(mailboxes) / sizeof(*mailboxes); i++) {
		box = postfix_number(
		    postfix_look_value(a->k, NULL, mailboxes[i]), 0);
		if (box > 0 && box < wanted)
			postfix_set(a->k->r, n, a->k->c, NULL, mailboxes[i],
			    doctor_text(a->k->r, "%llu", wanted));
	}
	postfix_set(a->k->r, n, a->k->c, a->service, "message_size_limit",
	    doctor_text(a->k->r, "%llu", wanted));
	if (a->k->own->max_message + LIMIT_RELAY_QUEUE_BYTES <= wanted)
		return;
	doctor_remedy(a->k->r, n, DOCTOR_OWN_FILE,
	    "limits = { max_message = \"%lluM\"; };",
	    (wanted - LIMIT_RELAY_QUEUE_BYTES) / MEBI);
	doctor_instead(a->k->r, n, "limits =");
}

static void
check_size(const struct asking *a)
{
	static const char name[] = "message_size_limit";
	unsigned long long limit = postfix_number(value_of(a, name), 0);
	const char *where = new_place(a, CHECK_SIZE, name);
	size_t n;

	if (!where || limit == 0 ||
	    a->k->own->max_message + LIMIT_RELAY_QUEUE_BYTES <= limit)
		return;
	n = doctor_find(a->k->r, CHECK_SIZE, where,
	    "%s is %llu octets, and limits.max_message lets a mail become "
	    "%llu.",
	    name, limit, a->k->own->max_message);
	raise_size(a, n, limit);
}

/* --- all of it --- */

static void
check_milters(const struct asking *a)
{
	for (size_t i = 0; i < a->l->count; i++) {
		if (a->l->milters[i].kind != MILTER_OURS &&
		    a->l->milters[i].kind != MILTER_GUARD)
			continue;
		check_reachable(a, i);
		check_action(a, i);
	}
}

static void
check_service(const struct asking *a)
{
	check_milters(a);
	check_protocol(a);
	check_patience(a, "milter_content_timeout", CONTENT_PATIENCE, "300s");
	check_patience(a, "milter_command_timeout", COMMAND_PATIENCE, "30s");
	check_patience(a, "milter_connect_timeout", COMMAND_PATIENCE, "30s");
	check_macros(a);
	check_version(a);
	check_size(a);
	check_content_filter(a);
	if (a->l->role == ROLE_COMMAND)
		return;
	check_overrides(a);
	postfix_check_empty(
	    a->k, a->service, CHECK_PROXY_FILTER, "smtpd_proxy_filter");
	postfix_check_empty(
	    a->k, a->service, CHECK_MILTER_MAPS, "smtpd_milter_maps");
}

/* "smtpd_milter = ..." looks right, and does nothing. */
static void
check_unused(const struct postfix_look *k)
{
	struct slice at = k->c->complaints, name;
	const char *text;
	size_t n;

	while (postfix_next_unused(&at, &name)) {
		text = doctor_text_slice(k->r, name);
		if (!strcasestr(text, "milter"))
			continue;
		n = doctor_find(k->r, CHECK_UNUSED,
		    postfix_where(k->c, NULL, text, k->r),
		    "Nothing uses the parameter %s.", text);
		doctor_remedy(k->r, n, DOCTOR_SHELL, "postconf %s-X %s",
		    postfix_folder_option(k->c, k->r),
		    doctor_quoted(k->r, text));
	}
}

/* Every list that has us, with a unix socket instead. */
static void
check_tcp(const struct postfix_look *k)
{
	const struct doctor_endpoint *at = &k->own->socket;
	const char *queue = postfix_look_value(k, NULL, "queue_directory");
	const char *done = "";
	struct asking a = {.k = k};
	size_t n, ours;

	if (at->kind != ENDPOINT_INET)
		return;
	n = doctor_find(k->r, CHECK_TCP,
	    doctor_text(k->r, "%s, socket", k->own->file),
	    "The socket is port %s of %s%s.", at->port, at->name,
	    doctor_host_is_loopback(at->name)
		? ", which every user of this host can connect to"
		: ", which others may reach");
	postfix_move_socket(k->r, n, k->server, MILTER_OURS);
	for (size_t i = 0; i < k->server->count; i++) {
		a.l = &k->server->listeners[i];
		a.service = postfix_listener_service(k->c, a.l);
		ours = doctor_listener_find(a.l, MILTER_OURS);
		if (ours == a.l->count || strstr(done, a.l->where) ||
		    k->r->findings[n].step_count == DOCTOR_STEPS_MAX)
			continue;
		done = doctor_text(k->r, "%s\n%s", done, a.l->where);
		replace_milter(&a, n, ours,
		    a.service && a.service->chrooted
			? "unix:/smime-milter/milter.sock"
			: doctor_text(
			      k->r, "unix:%s/smime-milter/milter.sock", queue));
	}
}

/* --- who may open the sockets --- */

struct door {
	const char *file;
	const char *user;
	const char *group; /* "": that of user */
	mode_t mode;
	const struct doctor_endpoint *at;
	enum doctor_place place;
};

static bool
is_in_group(const char *name, const struct confine_user *who, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (getgrouplist(name, who->gid, groups, &count) < 0)
		return true; /* in so many that nobody can say */
	for (int i = 0; i < count; i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

/* Postfix takes the groups of mail_owner along.  Of users and groups that are
 * not known here only what is written can be judged. */
static bool
may_open(const struct door *d, const char *name)
{
	struct confine_user who = {.has_user = false}, group = {.gid = 0};
	struct err err;

	if (d->at->kind != ENDPOINT_UNIX || (d->mode & S_IWOTH))
		return true;
	if (confine_find_user(name, &who, &err) < 0)
		return *d->group != '\0';
	if (*d->group)
		return confine_find_group(d->group, &group, &err) < 0 ||
		       is_in_group(name, &who, group.group);
	return confine_find_user(d->user, &group, &err) == 0 &&
	       (group.uid == who.uid || is_in_group(name, &who, group.gid));
}

static void
check_door(const struct postfix_look *k, const struct door *d)
{
	const char *owner = postfix_look_value(k, NULL, "mail_owner");
	size_t n;

	if (may_open(d, owner))
		return;
	n = doctor_find(k->r, CHECK_SOCKET_GROUP,
	    doctor_text(k->r, "%s, socket_group", d->file),
	    "Postfix runs as %s, which is not in the group of the socket.",
	    owner);
	doctor_remedy(k->r, n, DOCTOR_SHELL, "adduser --quiet %s %s",
	    doctor_quoted(k->r, d->user), doctor_quoted(k->r, owner));
	doctor_remedy(k->r, n, d->place, "socket_group = \"%s\";", owner);
	doctor_instead(k->r, n, "socket_group =");
}

static void
check_doors(const struct postfix_look *k)
{
	const struct doctor_own *own = k->own;

	check_door(k, &(struct door){own->file, own->user, own->socket_group,
			  own->socket_mode, &own->socket, DOCTOR_OWN_FILE});
	if (own->guard_file)
		check_door(k, &(struct door){own->guard_file, own->guard_user,
				  own->guard_group, own->guard_mode,
				  &own->guard_socket, DOCTOR_GUARD_FILE});
}

void
postfix_check_services(const struct postfix_look *k)
{
	size_t before = k->r->count;
	struct asking a = {.k = k};

	check_tcp(k);
	check_doors(k);
	check_unused(k);
	for (size_t i = 0; i < k->server->count; i++) {
		a.l = &k->server->listeners[i];
		a.service = postfix_listener_service(k->c, a.l);
		if (doctor_listener_find(a.l, MILTER_OURS) < a.l->count ||
		    doctor_listener_find(a.l, MILTER_GUARD) < a.l->count)
			check_service(&a);
	}
	if (k->r->count == before)
		doctor_fine(k->r,
		    "socket, default action, protocol, time-outs, macros, size "
		    "limit, filters");
}
