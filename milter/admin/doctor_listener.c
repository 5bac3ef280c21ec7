/* doctor_listener.c: see doctor_listener.h. */
#include "admin/doctor_listener.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

const char *
doctor_role_name(enum doctor_role role)
{
	static const char *const names[] = {
	    [ROLE_OTHER] = "inside",
	    [ROLE_STRANGERS] = "strangers",
	    [ROLE_SUBMISSION] = "our users",
	    [ROLE_BOTH] = "strangers and our users",
	    [ROLE_COPIES] = "copies",
	    [ROLE_COMMAND] = "sendmail command",
	};

	return names[role];
}

const char *
doctor_milter_kind_name(enum doctor_milter_kind kind)
{
	static const char *const names[] = {
	    [MILTER_UNKNOWN] = "unknown",
	    [MILTER_OURS] = "ours",
	    [MILTER_GUARD] = "guard",
	    [MILTER_SIGNER] = "signer",
	    [MILTER_SCANNER] = "scanner",
	    [MILTER_NEUTRAL] = "neutral",
	};

	return names[kind];
}

bool
doctor_own_has_daemon(const struct doctor_own *own, const char *name)
{
	for (size_t i = 0; i < own->submission_daemon_count; i++)
		if (strcmp(own->submission_daemons[i], name) == 0)
			return true;
	return false;
}

struct hint {
	const char *word;
	enum doctor_milter_kind kind;
};

/* Words in sockets and names; the first that fits decides. */
static const struct hint words[] = {
    {"smime-milter-guard", MILTER_GUARD},
    {"smime-guard", MILTER_GUARD},
    {"opendmarc", MILTER_NEUTRAL},
    {"dmarc", MILTER_NEUTRAL},
    {"spf", MILTER_NEUTRAL},
    {"greylist", MILTER_NEUTRAL},
    /* scans and signs: nobody can say what it does without its settings */
    {"rspamd", MILTER_NEUTRAL},
    {"dkim", MILTER_SIGNER},
    {"openarc", MILTER_SIGNER},
    {"clam", MILTER_SCANNER},
    {"spam", MILTER_SCANNER},
    {"spamass", MILTER_SCANNER},
    {"amavis", MILTER_SCANNER},
    {"mimedefang", MILTER_SCANNER},
    {"virus", MILTER_SCANNER},
};

/* Ports that packages come with, or that manuals give. */
static const struct hint ports[] = {
    {"8891", MILTER_SIGNER},
    {"12301", MILTER_SIGNER},
    {"8893", MILTER_NEUTRAL},
    {"11332", MILTER_NEUTRAL},
    {"7357", MILTER_SCANNER},
};

bool
doctor_milter_is_meant(const struct doctor_milter *m)
{
	return m->kind == MILTER_UNKNOWN && (strstr(m->text, "smime-milter") ||
						strcmp(m->name, "smime") == 0);
}

enum doctor_milter_kind
doctor_milter_kind(const struct doctor_own *own, const struct doctor_milter *m)
{
	if (doctor_endpoint_same(&own->socket, &m->at))
		return MILTER_OURS;
	if (own->guard_file && doctor_endpoint_same(&own->guard_socket, &m->at))
		return MILTER_GUARD;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasestr(m->text, words[i].word) ||
		    strcasestr(m->name, words[i].word))
			return words[i].kind;
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		if (strcmp(m->at.port, ports[i].word) == 0)
			return ports[i].kind;
	return MILTER_UNKNOWN;
}

size_t
doctor_listener_find(
    const struct doctor_listener *l, enum doctor_milter_kind kind)
{
	size_t i = 0;

	while (i < l->count && l->milters[i].kind != kind)
		i++;
	return i;
}

bool
doctor_listener_is_outgoing(const struct doctor_listener *l)
{
	return l->role == ROLE_SUBMISSION || l->role == ROLE_BOTH ||
	       l->role == ROLE_COMMAND || l->role == ROLE_COPIES;
}

bool
doctor_server_has_guard_apart(const struct doctor_server *server)
{
	const struct doctor_listener *l;

	for (size_t i = 0; i < server->count; i++) {
		l = &server->listeners[i];
		if (doctor_listener_find(l, MILTER_OURS) == l->count &&
		    doctor_listener_find(l, MILTER_GUARD) < l->count)
			return true;
	}
	return false;
}

struct doctor_listener *
doctor_listener_add(struct doctor_listener **array, size_t *count)
{
	struct doctor_listener *l;

	*array = xreallocarray(*array, *count + 1, sizeof(**array));
	l = &(*array)[(*count)++];
	*l = (struct doctor_listener){
	    .name = "", .where = "", .daemon_name = ""};
	return l;
}
