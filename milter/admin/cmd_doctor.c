/*
 * cmd_doctor.c: is the mail server set up so that what we do survives?
 *
 * Reads configurations and changes nothing.  Nothing is executed but
 * postconf, which is found at fixed places.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/commands.h"
#include "admin/doctor_own.h"
#include "admin/doctor_postfix_check.h"
#include "admin/doctor_print.h"
#include "admin/doctor_run.h"
#include "admin/doctor_sendmail.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"

/* The guard's configuration, when it lies beside ours. */
#define GUARD_CONFIG "smime-milter-guard.conf"

struct examination {
	struct admin *a;
	const struct args *args;
	struct settings *guard;
	struct doctor_own own;
	struct doctor_report report;
	json_t *servers;
	char **domains; /* owned */
};

/* --- files --- */

/* A regular file: nothing here waits for a device or a pipe. */
static int
read_file(const char *path, struct buf *out, struct err *err)
{
	struct stat st;

	if (stat(path, &st))
		return err_set_errno(err, ERR_TEMPORARY, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, ERR_TEMPORARY, "%s is no regular file", path);
	if (io_read_file(path, out, err)) {
		err->class = ERR_TEMPORARY;
		return -1;
	}
	return 0;
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* A table of Postfix; one that cannot be read says so in the report. */
static struct slice
read_table(const char *path, void *arg)
{
	struct examination *e = arg;
	struct slice text = {NULL, 0};
	struct buf content;
	struct err err;

	buf_init(&content, LIMIT_FILE);
	if (read_file(path, &content, &err) == 0)
		text = slice_text(
		    doctor_text_slice(&e->report, buf_slice(&content)));
	else if (!doctor_has(&e->report, CHECK_UNREADABLE, path))
		(void)doctor_find(
		    &e->report, CHECK_UNREADABLE, path, "%s.", err.text);
	buf_fini(&content);
	return text;
}

/* --- Postfix --- */

static char *
find_postconf(void)
{
	static const char *const places[] = {"/usr/sbin/postconf",
	    "/usr/local/sbin/postconf", "/usr/pkg/sbin/postconf",
	    "/opt/postfix/sbin/postconf"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (access(places[i], X_OK) == 0)
			return xstrdup(places[i]);
	return NULL;
}

/* What postconf is asked, and what it says. */
struct question {
	const char *program, *folder;
	const char *what; /* "-P", "-F", or NULL for all parameters */
	struct buf out, complaints;
};

static int
ask_postconf(struct question *q, struct err *err)
{
	char *argv[] = {xstrdup(q->program), xstrdup("-c"), xstrdup(q->folder),
	    q->what ? xstrdup(q->what) : NULL, NULL};
	int rc;

	buf_init(&q->out, LIMIT_FILE);
	buf_init(&q->complaints, LIMIT_FILE);
	rc = doctor_run(argv, LIMIT_DOCTOR_WAIT, &q->out, &q->complaints, err);
	for (size_t i = 0; i < sizeof(argv) / sizeof(*argv); i++)
		free(argv[i]);
	return rc;
}

static void
judge_postfix(struct examination *e, const char *folder,
    const struct postfix_prints *prints)
{
	struct postfix_config config = {.folder = folder};
	struct doctor_tables tables = {.read = read_table, .arg = e};
	struct doctor_server server;

	postfix_config_read(&config, prints, &e->report);
	postfix_check(&config, &e->own, &tables, &server, &e->report);
	(void)json_array_append_new(
	    e->servers, doctor_server_json(&server, "Postfix", folder));
	free(server.listeners);
	postfix_config_fini(&config);
}

static int
examine_postfix(struct examination *e, const char *folder, struct err *err)
{
	static const char *const whats[] = {NULL, "-F", "-P"};
	struct question q[3];
	char *postconf = find_postconf();
	int rc = 0;

	if (!postconf)
		return err_set(err, ERR_TEMPORARY,
		    "%s: there is no postconf to read it with", folder);
	for (int i = 0; i < 3; i++) {
		memset(&q[i], 0, sizeof(q[i]));
		q[i].program = postconf;
		q[i].folder = folder;
		q[i].what = whats[i];
		rc = rc ? rc : ask_postconf(&q[i], err);
	}
	if (rc == 0)
		judge_postfix(e, folder,
		    &(struct postfix_prints){.parameters = buf_slice(&q[0].out),
			.fields = buf_slice(&q[1].out),
			.overrides = buf_slice(&q[2].out),
			.complaints = buf_slice(&q[0].complaints)});
	for (int i = 0; i < 3; i++) {
		buf_fini(&q[i].out);
		buf_fini(&q[i].complaints);
	}
	free(postconf);
	return rc;
}

/* --- Sendmail --- */

static int
examine_sendmail(struct examination *e, const char *file, struct err *err)
{
	struct sendmail_config config = {.file = file};
	struct doctor_server server;
	struct buf content;
	int rc;

	buf_init(&content, LIMIT_FILE);
	rc = read_file(file, &content, err);
	if (rc == 0) {
		sendmail_config_read(&config, buf_slice(&content), &e->report);
		sendmail_check(&config, &e->own, &server, &e->report);
		(void)json_array_append_new(
		    e->servers, doctor_server_json(&server, "Sendmail", file));
		free(server.listeners);
		sendmail_config_fini(&config);
	}
	buf_fini(&content);
	return rc;
}

/* --- our own configuration --- */

static int
load_guard(struct examination *e, const char *path, struct err *err)
{
	struct settings_errors errors;
	int rc;

	settings_errors_init(&errors);
	rc = settings_load(path, &e->guard, &errors);
	if (rc)
		(void)err_set(err, ERR_TEMPORARY, "%s",
		    errors.count > 0 ? errors.lines[0] : path);
	settings_errors_fini(&errors);
	if (rc == 0 && e->guard->gateway.role != ROLE_GUARD)
		rc = err_set(
		    err, ERR_TEMPORARY, "%s: role is not \"guard\"", path);
	return rc;
}

static int
find_guard(
    struct examination *e, const struct settings *settings, struct err *err)
{
	const char *given = args_option(e->args, "guard");
	const char *slash = strrchr(settings->file, '/');
	char *path;
	int rc = 0;

	if (given)
		return load_guard(e, given, err);
	path =
	    xasprintf("%.*s%s", slash ? (int)(slash - settings->file + 1) : 0,
		settings->file, GUARD_CONFIG);
	if (exists(path))
		rc = load_guard(e, path, err);
	free(path);
	return rc;
}

static void
add_domain(struct examination *e, const char *name)
{
	e->domains = xreallocarray(
	    e->domains, e->own.domain_count + 1, sizeof(*e->domains));
	e->domains[e->own.domain_count++] = xstrdup(name);
	e->own.domains = (const char *const *)e->domains;
}

static int
add_store_domain(const struct store_domain *d, void *arg)
{
	add_domain(arg, d->name);
	return 0;
}

/* The store need not be there yet. */
static void
add_domains(struct examination *e, const struct settings *settings)
{
	const struct gateway_config *g = &settings->gateway;
	struct store *store;
	struct err ignored;

	for (size_t i = 0; i < g->domain_count; i++)
		add_domain(e, g->domains[i].name);
	if (admin_store(e->a, &store, &ignored) ||
	    store_domain_each(store, add_store_domain, e, &ignored))
		return; /* what is known is enough */
}

/* Only who may read both can tell. */
static bool
files_differ(const char *a, const char *b)
{
	struct buf first, second;
	struct err ignored;
	bool differ;

	buf_init(&first, LIMIT_KEY_FIELD);
	buf_init(&second, LIMIT_KEY_FIELD);
	differ = *a && *b && read_file(a, &first, &ignored) == 0 &&
		 read_file(b, &second, &ignored) == 0 &&
		 !slice_equal(slice_trim(buf_slice(&first)),
		     slice_trim(buf_slice(&second)));
	buf_wipe(&first);
	buf_wipe(&second);
	return differ;
}

static int
read_own(struct examination *e, struct err *err)
{
	const struct settings *settings;

	if (admin_settings(e->a, &settings, err))
		return -1;
	if (settings->gateway.role == ROLE_GUARD)
		return err_set(err, ERR_PERMANENT,
		    "%s is the guard's: give it with --guard, and the "
		    "signer's with -c",
		    settings->file);
	if (find_guard(e, settings, err))
		return -1;
	doctor_own_read(&e->own, settings, e->guard);
	e->own.keys_differ =
	    e->guard && files_differ(e->own.seal_key, e->own.guard_key);
	add_domains(e, settings);
	return 0;
}

/* --- all of it --- */

/* A Postfix that was removed leaves its configuration. */
static bool
is_left_over(void)
{
	char *postconf = find_postconf();
	bool is_gone = !postconf;

	free(postconf);
	return is_gone && exists(SENDMAIL_FILE);
}

/* What was asked for, or what there is. */
static int
examine(struct examination *e, struct err *err)
{
	const char *postfix = args_option(e->args, "postfix");
	const char *sendmail = args_option(e->args, "sendmail");

	if (!postfix && !sendmail) {
		if (exists(POSTFIX_FOLDER "/main.cf") && !is_left_over())
			postfix = POSTFIX_FOLDER;
		if (exists(SENDMAIL_FILE))
			sendmail = SENDMAIL_FILE;
	}
	if (!postfix && !sendmail)
		return err_set(err, ERR_TEMPORARY,
		    "there is neither " POSTFIX_FOLDER
		    "/main.cf nor " SENDMAIL_FILE
		    ": say where with --postfix or --sendmail");
	if (read_own(e, err))
		return -1;
	if (postfix && examine_postfix(e, postfix, err))
		return -1;
	if (sendmail && examine_sendmail(e, sendmail, err))
		return -1;
	doctor_own_check(&e->own, &e->report);
	return 0;
}

static void
examination_fini(struct examination *e)
{
	for (size_t i = 0; i < e->own.domain_count; i++)
		free(e->domains[i]);
	free(e->domains);
	settings_unref(&e->guard);
	doctor_report_fini(&e->report);
	json_decref(e->servers);
}

static enum verb_result
run_doctor(struct admin *a, const struct args *args, struct err *err)
{
	struct examination e = {.a = a, .args = args};
	enum verb_result result = VERB_FAILED;
	size_t complaints;

	doctor_report_init(&e.report);
	e.servers = json_array();
	if (examine(&e, err) == 0) {
		doctor_print(&a->output, &e.report, e.servers);
		complaints = doctor_count(&e.report, DOCTOR_ERROR) +
			     doctor_count(&e.report, DOCTOR_WARNING);
		result = complaints > 0 ? VERB_NO : VERB_DONE;
	}
	examination_fini(&e);
	return result;
}

static const struct command_option options[] = {
    {"postfix", "DIR", "folder of main.cf; default: /etc/postfix"},
    {"sendmail", "FILE", "sendmail.cf; default: /etc/mail/sendmail.cf"},
    {"guard", "FILE",
	"the guard's configuration; default: " GUARD_CONFIG " beside ours"},
    {NULL, NULL, NULL},
};

const struct command doctor_commands[] = {
    {"doctor", NULL, "", 0, 0, options,
	"Looks for weaknesses in the mail server's configuration", run_doctor},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
