/*
 * daemon.c: see daemon.h.
 *
 * Order of the start: what needs root (socket, pid file), then confinement,
 * then what must belong to the user (log, store), threads last.
 */
#include "daemon/daemon.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/background.h"
#include "base/log.h"
#include "daemon/confinement.h"
#include "daemon/control.h"
#include "daemon/milter_serve.h"
#include "daemon/notify.h"
#include "daemon/pid_file.h"
#include "daemon/reload.h"
#include "daemon/service.h"
#include "daemon/socket.h"
#include "gateway/disclaimer_names.h"

/* In the system log. */
#define IDENT	    "smime-milter"
#define IDENT_GUARD "smime-milter-guard"

/* How long the end waits for messages in flight: a message of 150 MB takes a
 * few seconds, systemd kills after 90. */
#define DRAIN_MS 60000
/* libmilter sends the answer to a message after our callback has returned. */
#define ANSWER_MS 500

struct daemon {
	struct settings *settings;
	struct service *service;
	struct tokens *tokens; /* outlive every gateway */
	bool listens;	       /* the socket and the pid file are ours */
	const char *exposure;  /* who can connect that should not, or NULL */
};

/* --- the start --- */

static int
check_temp_folder(const struct settings *s, struct err *err)
{
	if (access(s->gateway.spool.folder, W_OK | X_OK))
		return err_set_errno(err, ERR_PERMANENT,
		    "temp_folder: cannot write to %s as user %u",
		    s->gateway.spool.folder, geteuid());
	return 0;
}

static int
check_file(const char *path, struct err *err)
{
	struct stat st;

	if (!*path || access(path, R_OK) == 0)
		return 0;
	if (stat(path, &st) < 0)
		return err_set(err, ERR_PERMANENT,
		    "%s: user %u cannot get there, so that a reload fails; a "
		    "folder above it is closed",
		    path, geteuid());
	return err_set(err, ERR_PERMANENT,
	    "%s: user %u cannot read it, so that a reload fails; run: "
	    "chmod a+r %s",
	    path, geteuid(), path);
}

/* Files that root has read, and that are read again without root. */
static int
check_readable(const struct settings *s, struct err *err)
{
	const struct gateway_config *config = &s->gateway;

	if (check_file(s->file, err) < 0)
		return -1;
	for (size_t i = 0; i < config->disclaimer_count; i++)
		if (check_file(config->disclaimers[i].text, err) < 0 ||
		    check_file(config->disclaimers[i].html, err) < 0)
			return -1;
	return 0;
}

static int
start_listening(struct daemon *d, struct err *err)
{
	const struct settings *s = d->settings;
	struct confine_user owner;
	int lock, rc;

	if (confinement_owner(s, &owner, err) ||
	    socket_prepare(s, &owner, &lock, err))
		return -1;
	rc = milter_listen(s, err);
	if (lock >= 0)
		close(lock);
	if (rc)
		return -1;
	d->listens = true;
	d->exposure = socket_exposure(s);
	if (socket_open_up(s, &owner, err))
		return -1;
	return pid_file_write(s->pid_file, err);
}

static void
stop_listening(struct daemon *d)
{
	if (!d->listens)
		return;
	socket_remove(d->settings);
	pid_file_remove(d->settings->pid_file);
}

static int
refuse_log_file(const struct settings_log *log, struct err *err)
{
	return err_set_errno(err, ERR_PERMANENT,
	    "log.target: cannot open %s as user %u", log->file, geteuid());
}

static bool
is_guard(const struct settings *s)
{
	return s->gateway.role == ROLE_GUARD;
}

static int
start_log(const struct settings *s, struct err *err)
{
	const struct settings_log *log = &s->log;

	if (log_open(log->target, log->level, is_guard(s) ? IDENT_GUARD : IDENT,
		log->file))
		return refuse_log_file(log, err);
	return 0;
}

static int
start_service(struct daemon *d, struct err *err)
{
	struct gateway *gateway;

	if (tokens_new(&d->tokens, err) < 0 ||
	    reload_make_gateway(
		settings_ref(d->settings), d->tokens, &gateway, err))
		return -1;
	reload_warn(gateway);
	d->service = service_new(gateway);
	return milter_serve(d->service, control_give_up, NULL, err);
}

static int
start(struct daemon *d, struct err *err)
{
	const struct settings *s = d->settings;

	if (start_listening(d, err) || confinement_enter(s, err) ||
	    check_temp_folder(s, err) || start_log(s, err) || control_open(err))
		return -1;
	return start_service(d, err);
}

/* --- the middle --- */

static void
say_ready(const struct daemon *d)
{
	const struct settings *s = d->settings;
	struct err err;

	notify_supervisor("READY=1");
	log_info("version %s %s %s with the settings of %s", PACKAGE_VERSION,
	    is_guard(s) ? "guards seals at" : "serves", s->socket.spec,
	    s->file);
	if (d->exposure && !is_guard(s))
		log_warning("%s can connect to %s and have mail signed",
		    d->exposure, s->socket.spec);
	if (check_readable(s, &err) < 0)
		log_warning("%s", err.text);
	if (geteuid() == 0)
		log_warning("runs as root; name another user in %s", s->file);
}

static void
reopen_log(void)
{
	if (log_reopen())
		log_error("the log file cannot be opened again");
}

/* Until the end is asked for; -1 when libmilter gave up. */
static int
obey(struct daemon *d)
{
	for (;;) {
		switch (control_wait()) {
		case CONTROL_RELOAD:
			reload(d->service, d->tokens, &d->settings);
			break;
		case CONTROL_REOPEN_LOG:
			reopen_log();
			break;
		case CONTROL_END:
			return 0;
		default: /* CONTROL_GAVE_UP */
			log_error("libmilter has given up");
			return -1;
		}
	}
}

/* --- the end --- */

/* Does not return: libmilter's threads cannot be stopped, and must not find
 * a process that is being taken apart by exit handlers, its own among them. */
static _Noreturn void
finish(struct daemon *d, int status)
{
	unsigned left;

	notify_supervisor("STOPPING=1");
	stop_listening(d);
	left = service_end(d->service, deadline_in(DRAIN_MS));
	if (left > 0)
		log_warning("%u messages were not finished and will be sent "
			    "again",
		    left);
	if (!service_is_idle(d->service))
		(void)poll(NULL, 0, ANSWER_MS);
	log_info("ended");
	_exit(status ? EXIT_FAILURE : EXIT_SUCCESS);
}

int
daemon_run(struct settings *settings, bool foreground, struct err *err)
{
	struct daemon d = {.settings = settings};

	if (!foreground && settings->log.target == LOG_TARGET_STDERR) {
		err_set(err, ERR_PERMANENT,
		    "log.target: \"stderr\" needs the foreground (-f)");
		goto fail;
	}
	if (!foreground && background_begin(err))
		goto fail;
	if (start(&d, err))
		goto fail;
	if (!foreground) {
		(void)!chdir("/");
		background_ready();
	}
	say_ready(&d);
	finish(&d, obey(&d));
fail:
	stop_listening(&d);
	if (!d.service)
		tokens_free(d.tokens);
	settings_unref(&d.settings);
	return -1;
}

/* --- only looking --- */

static void
check_keyd(struct gateway *gateway, const char *path)
{
	char *version = NULL;
	struct err err;

	if (key_hello(gateway_keys(gateway), &version, &err) == 0)
		printf("smime-keyd: %s at %s\n", version, path);
	else
		printf("%s (until it runs, mail that is to be signed waits)\n",
		    err.text);
	free(version);
}

static void
say(const char *text, void *arg)
{
	(void)arg;
	printf("%s\n", text);
}

static void
check_counts(const struct settings *s, struct gateway *gateway)
{
	struct store_counts counts;
	struct err err;

	printf("trust: %zu authorities\n",
	    trust_anchor_count(gateway_trust(gateway)));
	if (store_count(gateway_store(gateway), &counts, &err))
		printf("store: %s\n", err.text);
	else
		printf("store: %lu domains, %lu users, %lu contacts\n",
		    counts.domains, counts.users, counts.contacts);
	if (disclaimer_names_check(gateway_config(gateway),
		gateway_store(gateway), say, NULL, &err))
		printf("store: %s\n", err.text);
	check_keyd(gateway, s->gateway.keyd);
}

/* What -n tells of a guard. */
static void
check_guard(const struct settings *s, struct gateway *gateway)
{
	const char *to = s->gateway.guard.report_to;

	printf("seal.key: %s\n",
	    gateway_seal_key(gateway)
		? s->gateway.seal.key
		: "none (no mail counts as sealed, and what was changed is "
		  "known only roughly)");
	printf("guard.report_to: %s\n", *to ? to : "nobody");
}

/* Before the user is taken.  Nothing is wrong with a start as root, but systemd
 * starts as the user. */
static int
check_group(const struct settings *s, struct err *err)
{
	struct confine_user owner;
	char *name;

	if (confinement_owner(s, &owner, err))
		return -1;
	if (geteuid() != 0 || !owner.has_user ||
	    socket_owner_in_group(s, &owner))
		return 0;
	name = confine_user_word(owner.uid);
	printf("socket_group: %s is not in group %s (systemd, which starts as "
	       "%s, would fail); run: adduser %s %s\n",
	    name, s->socket_group, name, name, s->socket_group);
	free(name);
	return 0;
}

static bool
can_make(const char *file)
{
	char *copy = xstrdup(file);
	bool can = access(dirname(copy), W_OK | X_OK) == 0;

	free(copy);
	return can;
}

/* As the start does, but nothing is made. */
static int
check_log_file(const struct settings_log *log, struct err *err)
{
	int fd;

	if (log->target != LOG_TARGET_FILE)
		return 0;
	fd = open(log->file, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 && (errno != ENOENT || !can_make(log->file)))
		return refuse_log_file(log, err);
	if (fd >= 0)
		close(fd);
	return 0;
}

int
daemon_check(struct settings *settings, struct err *err)
{
	struct gateway *gateway = NULL;
	int rc = -1;

	if (socket_check(settings, err) || check_group(settings, err) ||
	    confinement_enter(settings, err) || check_readable(settings, err) ||
	    check_temp_folder(settings, err) ||
	    check_log_file(&settings->log, err) ||
	    reload_make_gateway(settings_ref(settings), NULL, &gateway, err))
		goto out;
	if (is_guard(settings))
		check_guard(settings, gateway);
	else
		check_counts(settings, gateway);
	printf("%s: good\n", settings->file);
	rc = 0;
out:
	gateway_unref(&gateway);
	settings_unref(&settings);
	return rc;
}
