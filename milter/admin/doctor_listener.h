/*
 * doctor_listener.h: where mail comes in, and which milters are asked about
 * it, in a form in which Postfix and Sendmail look alike.
 */
#ifndef ADMIN_DOCTOR_LISTENER_H
#define ADMIN_DOCTOR_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "admin/doctor_endpoint.h"
#include "admin/doctor_report.h"

/* Our own configuration, as far as it matters to the mail server. */
struct doctor_own {
	const char *file;
	const char *user; /* whom root becomes, and whose the key is */
	struct doctor_endpoint socket;
	struct doctor_endpoint copies; /* "reinject"; ENDPOINT_NONE: none */
	unsigned long long max_message;
	int answer_ms;
	const char *const *submission_daemons;
	size_t submission_daemon_count;
	const char *const *domains; /* of our users, as far as known */
	size_t domain_count;
	const char *socket_group; /* "": none */
	mode_t socket_mode;
	bool client_certificates; /* some may submit */
	const char *seal_key;	  /* file; "": no fingerprints */
	bool marker;		  /* seal.marker */
	/* The guard's configuration; NULL: there is none. */
	const char *guard_file;
	struct doctor_endpoint guard_socket;
	const char *guard_user;
	const char *guard_group; /* of its socket; "": none */
	mode_t guard_mode;
	const char *guard_key; /* file; "": none */
	bool keys_differ;      /* both are there, and are not the same */
};

/* Does outbound.submission_daemons name it? */
bool doctor_own_has_daemon(const struct doctor_own *own, const char *name);

enum doctor_milter_kind {
	MILTER_UNKNOWN = 0,
	MILTER_OURS,
	MILTER_GUARD,
	MILTER_SIGNER,	/* DKIM or ARC, also as a verifier */
	MILTER_SCANNER, /* viruses, unwanted mail */
	MILTER_NEUTRAL	/* adds results, asks policy; right at any place */
};

/* "ours", "guard", "signer", "scanner", "neutral", "unknown". */
const char *doctor_milter_kind_name(enum doctor_milter_kind kind);

struct doctor_milter {
	const char *text; /* as it is written, with what belongs to it */
	const char *safe; /* the same without an action of its own */
	const char *name; /* for people */
	enum doctor_milter_kind kind;
	struct doctor_endpoint at; /* as this host sees it */
	bool unreachable;	   /* not where the service looks */
	const char *action; /* when it does not answer, "" is the server's */
};

enum doctor_role {
	ROLE_OTHER = 0,	 /* from inside: a content filter, a monitor */
	ROLE_STRANGERS,	 /* MX */
	ROLE_SUBMISSION, /* our users */
	ROLE_BOTH,
	ROLE_COPIES, /* the reinjection listener */
	ROLE_COMMAND /* the sendmail command */
};
const char *doctor_role_name(enum doctor_role role);

#define DOCTOR_MILTERS_MAX 32

struct doctor_listener {
	const char *name;  /* "smtp/inet", "MX" */
	const char *where; /* of its list of milters */
	enum doctor_role role;
	struct doctor_endpoint at;
	const char *daemon_name;
	struct doctor_milter milters[DOCTOR_MILTERS_MAX];
	size_t count;
};

/* What kind of milter is it?  By its socket for us and the guard, by words
 * and ports that are usual for the others. */
enum doctor_milter_kind doctor_milter_kind(
    const struct doctor_own *own, const struct doctor_milter *m);

/* It has our name, though it is not where we are? */
bool doctor_milter_is_meant(const struct doctor_milter *m);

/* Place of the first milter of a kind, or l->count. */
size_t doctor_listener_find(
    const struct doctor_listener *l, enum doctor_milter_kind kind);

/* Does mail of our users come in there? */
bool doctor_listener_is_outgoing(const struct doctor_listener *l);

/* What a server adds to the remedy of finding n: how to give a listener this
 * list of milters. */
struct doctor_server {
	const struct doctor_own *own;
	struct doctor_listener *listeners;
	size_t count;
	void (*set_list)(struct doctor_report *r, size_t n,
	    const struct doctor_server *server, const struct doctor_listener *l,
	    const char *const *milters, size_t count);
	/* Our own entry, or the guard's, in such a list; NULL: there can be
	 * none. */
	const char *(*entry)(struct doctor_report *r,
	    const struct doctor_server *server, const struct doctor_listener *l,
	    enum doctor_milter_kind kind);
	/* How to give it a name, and how to bind it to loopback. */
	void (*set_name)(struct doctor_report *r, size_t n,
	    const struct doctor_server *server, const struct doctor_listener *l,
	    const char *name);
	void (*set_loopback)(struct doctor_report *r, size_t n,
	    const struct doctor_server *server,
	    const struct doctor_listener *l);
	/* How to keep our users away from a listener of strangers; NULL where
	 * no server can tell. */
	void (*set_strangers)(struct doctor_report *r, size_t n,
	    const struct doctor_server *server,
	    const struct doctor_listener *l);
	const void *config; /* of the server's own functions */
};

/* Is there a listener with the guard and without us: behind a content filter,
 * or on a way that is not known here? */
bool doctor_server_has_guard_apart(const struct doctor_server *server);

/* Appends a listener to an array of *count. */
struct doctor_listener *doctor_listener_add(
    struct doctor_listener **array, size_t *count);

#endif
