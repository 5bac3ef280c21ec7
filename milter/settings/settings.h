/*
 * settings.h: the configuration file, read and judged.
 *
 * Every option stands once, in the table of option.c, with its type, range,
 * default and purpose.  What the file says wrong is told all at once, each
 * with file, line and what was expected; nothing is guessed or ignored.
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "gateway/gateway.h"
#include "settings/errors.h"

/* Where the mail server finds us. */
struct settings_socket {
	const char *spec; /* as libmilter wants it: "unix:/PATH",
	                   * "inet:PORT@HOST", "inet6:PORT@HOST" */
	const char *path; /* of a unix socket; NULL for the others */
};

struct settings_log {
	enum log_target target;
	const char *file; /* LOG_TARGET_FILE: its path, otherwise NULL */
	enum log_level level;
};

/* Immutable once loaded, and counted: a gateway keeps those that it was made
 * from.  Strings belong to the arena; "" means "none" where it is allowed. */
struct settings {
	int refs;
	const char *file; /* which configuration file this is */

	struct settings_socket socket;
	mode_t socket_mode;
	const char *socket_group; /* "": leave the group alone */
	const char *user;	  /* for who starts as root */
	const char *pid_file;	  /* "": none */
	struct settings_log log;
	const char *local_ca; /* folder of the built-in authority */

	struct gateway_config gateway; /* everything about mail */

	struct arena arena;
};

/* SYSCONFDIR/smime-milter/smime-milter.conf */
extern const char settings_default_file[];
/* "unix:RUNSTATEDIR/smime-milter/milter.sock" */
extern const char settings_default_socket[];

/* Reads a configuration file; path NULL: the default one, whose absence is
 * an error, too.  The caller gets one reference.  On -1 errors, which must be
 * initialised, holds one line per mistake and *out is untouched. */
int settings_load(const char *path, struct settings **out,
    struct settings_errors *errors) MUST_USE;

struct settings *settings_ref(struct settings *s);
/* Drops a reference and sets *s to NULL; NULL is fine. */
void settings_unref(struct settings **s);

/* The name of the first option that differs and that a running daemon cannot
 * change (socket, user, log ...); NULL when there is none. */
const char *settings_restart_needed(
    const struct settings *old, const struct settings *new);

#endif
