/* doctor_own.c: see doctor_own.h. */
#include "admin/doctor_own.h"

#include <stdlib.h>
#include <string.h>

#define URL_SCHEME "smtp://"

/* The listener that "reinject" names. */
static void
read_copies(const char *url, struct doctor_endpoint *out)
{
	*out = (struct doctor_endpoint){.kind = ENDPOINT_NONE};
	if (strncmp(url, URL_SCHEME, strlen(URL_SCHEME)) == 0)
		doctor_endpoint_listener(
		    slice_text(url + strlen(URL_SCHEME)), out);
}

void
doctor_own_read(struct doctor_own *own, const struct settings *settings,
    const struct settings *guard)
{
	const struct gateway_config *g = &settings->gateway;

	*own = (struct doctor_own){
	    .file = settings->file,
	    .user = settings->user,
	    .max_message = g->spool.max,
	    .answer_ms = g->answer_ms,
	    .submission_daemons = g->submission_daemons,
	    .submission_daemon_count = g->submission_daemon_count,
	    .socket_group = settings->socket_group,
	    .socket_mode = settings->socket_mode,
	    .client_certificates = g->client_count > 0,
	    .seal_key = g->seal.key,
	    .marker = g->seal.marker,
	    .guard_key = "",
	};
	doctor_endpoint_milter(slice_text(settings->socket.spec), &own->socket);
	read_copies(g->relay.reinject, &own->copies);
	if (!guard)
		return;
	own->guard_file = guard->file;
	own->guard_user = guard->user;
	own->guard_group = guard->socket_group;
	own->guard_mode = guard->socket_mode;
	own->guard_key = guard->gateway.seal.key;
	doctor_endpoint_milter(
	    slice_text(guard->socket.spec), &own->guard_socket);
}

/* "FOLDER/NAME" beside a file. */
static const char *
beside(struct doctor_report *r, const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');

	return doctor_text(
	    r, "%.*s%s", slash ? (int)(slash - file + 1) : 0, file, name);
}

static void
set_own_key(struct doctor_report *r, size_t n, const struct doctor_own *own,
    const char *key)
{
	doctor_remedy(r, n, DOCTOR_OWN_FILE,
	    own->marker ? "seal = { key = \"%s\"; marker = true; };"
			: "seal = { key = \"%s\"; };",
	    key);
	doctor_instead(r, n, "seal =");
}

static void
copy_key(struct doctor_report *r, size_t n, const char *user, const char *from,
    const char *to)
{
	doctor_remedy(r, n, DOCTOR_SHELL, "install -o %s -m 0400 %s %s",
	    doctor_quoted(r, user), doctor_quoted(r, from),
	    doctor_quoted(r, to));
}

/* The guard gets a copy of the signer's key, in a file of its own. */
static void
set_guard_key(struct doctor_report *r, size_t n, const struct doctor_own *own,
    const char *key)
{
	const char *to = *own->guard_key
			     ? own->guard_key
			     : beside(r, own->guard_file, "guard-seal.key");

	copy_key(r, n, own->guard_user, key, to);
	if (*own->guard_key)
		return;
	doctor_remedy(r, n, DOCTOR_GUARD_FILE, "seal = { key = \"%s\"; };", to);
	doctor_instead(r, n, "seal =");
}

static void
check_keys(const struct doctor_own *own, struct doctor_report *r)
{
	const char *new_key = beside(r, own->file, "seal.key");
	size_t n;

	if (own->keys_differ) {
		n = doctor_find(r, CHECK_GUARD_KEY,
		    doctor_text(r, "%s, seal.key", own->guard_file),
		    "The guard's key is not that of the signer.");
		set_guard_key(r, n, own, own->seal_key);
	} else if (*own->seal_key && !*own->guard_key) {
		n = doctor_find(r, CHECK_GUARD_KEY,
		    doctor_text(r, "%s, seal.key", own->guard_file),
		    "The guard has no key.");
		set_guard_key(r, n, own, own->seal_key);
	} else if (!*own->seal_key) {
		n = doctor_find(r, CHECK_GUARD_KEY,
		    doctor_text(r, "%s, seal.key", own->file),
		    "The signer has no key, so it leaves no fingerprints for "
		    "the guard.");
		if (*own->guard_key)
			copy_key(r, n, own->user, own->guard_key, new_key);
		else
			doctor_remedy(r, n, DOCTOR_SHELL,
			    "smimectl seal key %s", doctor_quoted(r, new_key));
		set_own_key(r, n, own, new_key);
		if (!*own->guard_key)
			set_guard_key(r, n, own, new_key);
	} else {
		doctor_fine(r, "signer and guard have a key");
	}
}

void
doctor_own_check(const struct doctor_own *own, struct doctor_report *r)
{
	size_t n;

	r->server = "smime-milter";
	if (own->guard_file) {
		check_keys(own, r);
		return;
	}
	if (!*own->seal_key)
		return;
	n = doctor_find(r, CHECK_SEAL_LEAVES,
	    doctor_text(r, "%s, seal.key", own->file),
	    "Fingerprints are made, and no guard is known here.");
	doctor_remedy(r, n, DOCTOR_BY_HAND,
	    "Set up a guard (THE SEAL GUARD in smime-milter(8)) and name its "
	    "configuration with --guard.  Where there is to be none:");
	set_own_key(r, n, own, "");
}
