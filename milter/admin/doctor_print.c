/*
 * doctor_print.c: see doctor_print.h.
 *
 * What is to be pasted is never broken into lines.  Configurations can hold
 * anything, so all of it goes through table_printable.
 */
#include "admin/doctor_print.h"

#include <stdlib.h>
#include <string.h>

#include "admin/table.h"
#include "base/alloc.h"

#define LINE_WIDTH 80
#define MARGIN	   2

/* --- for programs --- */

static const char *
place_name(enum doctor_place place)
{
	static const char *const names[] = {
	    [DOCTOR_SHELL] = "shell",
	    [DOCTOR_OWN_FILE] = "smime-milter.conf",
	    [DOCTOR_GUARD_FILE] = "guard",
	    [DOCTOR_SENDMAIL_MC] = "sendmail.mc",
	    [DOCTOR_BY_HAND] = "hand",
	};

	return names[place];
}

/* For the table: with what a milter was taken for, where its name is none. */
static json_t *
milter_text(const struct doctor_milter *m)
{
	char *text;
	json_t *value;

	if (m->kind == MILTER_OURS || m->kind == MILTER_GUARD)
		return output_text(m->name);
	text = xasprintf("%s (%s)", m->name, doctor_milter_kind_name(m->kind));
	value = output_text(text);
	free(text);
	return value;
}

static json_t *
listener_json(const struct doctor_listener *l)
{
	json_t *object = json_object(), *milters = json_array(), *item;
	json_t *order = json_array();

	for (size_t i = 0; i < l->count; i++) {
		item = json_object();
		output_set(item, "name", output_text(l->milters[i].name));
		output_set(item, "kind",
		    output_text(doctor_milter_kind_name(l->milters[i].kind)));
		(void)json_array_append_new(milters, item);
		(void)json_array_append_new(order, milter_text(&l->milters[i]));
	}
	output_set(object, "name", output_text(l->name));
	output_set(object, "for", output_text(doctor_role_name(l->role)));
	output_set(object, "daemon_name", output_text(l->daemon_name));
	output_set(object, "milters", milters);
	output_set(object, "order", order);
	return object;
}

json_t *
doctor_server_json(
    const struct doctor_server *server, const char *name, const char *config)
{
	json_t *object = json_object(), *listeners = json_array();

	for (size_t i = 0; i < server->count; i++)
		(void)json_array_append_new(
		    listeners, listener_json(&server->listeners[i]));
	output_set(object, "server", output_text(name));
	output_set(object, "config", output_text(config));
	output_set(object, "listeners", listeners);
	return object;
}

static json_t *
remedy_json(const struct doctor_finding *f)
{
	json_t *list = json_array(), *step;

	for (size_t i = 0; i < f->step_count; i++) {
		step = json_object();
		output_set(
		    step, "in", output_text(place_name(f->steps[i].place)));
		output_set(step, "instead", output_text(f->steps[i].instead));
		output_set(step, "text", output_text(f->steps[i].text));
		(void)json_array_append_new(list, step);
	}
	return list;
}

static json_t *
finding_json(const struct doctor_finding *f)
{
	const struct doctor_check_info *info = doctor_check_info(f->check);
	json_t *object = json_object();

	output_set(object, "severity",
	    output_text(doctor_severity_name(info->severity)));
	output_set(object, "check", output_text(info->word));
	output_set(object, "server", output_text(f->server));
	output_set(object, "where", output_text(f->where));
	output_set(object, "what", output_text(f->what));
	output_set(object, "why", output_text(info->why));
	output_set(object, "remedy", remedy_json(f));
	return object;
}

static json_t *
count_json(const struct doctor_report *r, enum doctor_severity severity)
{
	return json_integer((json_int_t)doctor_count(r, severity));
}

static json_t *
report_json(const struct doctor_report *r, json_t *servers)
{
	json_t *object = json_object(), *findings = json_array();
	json_t *facts = json_array(), *fact;

	for (size_t i = 0; i < r->count; i++)
		(void)json_array_append_new(
		    findings, finding_json(&r->findings[i]));
	for (size_t i = 0; i < r->fact_count; i++) {
		fact = json_object();
		output_set(fact, "server", output_text(r->facts[i].server));
		output_set(fact, "what", output_text(r->facts[i].what));
		(void)json_array_append_new(facts, fact);
	}
	output_set(object, "servers", json_incref(servers));
	output_set(object, "findings", findings);
	output_set(object, "right", facts);
	output_set(object, "errors", count_json(r, DOCTOR_ERROR));
	output_set(object, "warnings", count_json(r, DOCTOR_WARNING));
	output_set(object, "hints", count_json(r, DOCTOR_HINT));
	return object;
}

/* --- for people --- */

/* A sentence in lines, behind a margin. */
static void
write_sentence(FILE *file, const char *text)
{
	char *clean = table_printable(text);
	int column = 0, len;

	for (const char *at = clean; *at; at += len) {
		at += strspn(at, " ");
		len = (int)strcspn(at, " ");
		if (column > 0 && column + 1 + len > LINE_WIDTH) {
			(void)fputc('\n', file);
			column = 0;
		}
		column += fprintf(
		    file, "%*s%.*s", column > 0 ? 1 : MARGIN, "", len, at);
	}
	(void)fputc('\n', file);
	free(clean);
}

static void
write_printable(
    FILE *file, const char *before, const char *text, const char *after)
{
	char *clean = table_printable(text);

	(void)fprintf(file, "%s%s%s", before, clean, after);
	free(clean);
}

/* Where the next lines go, unless those before them went there, too. */
static void
write_place(
    FILE *file, const struct doctor_step *step, const struct doctor_step *last)
{
	static const char *const places[] = {
	    [DOCTOR_SHELL] = "Run",
	    [DOCTOR_OWN_FILE] = "In smime-milter.conf",
	    [DOCTOR_GUARD_FILE] = "In the guard's configuration",
	    [DOCTOR_SENDMAIL_MC] = "In sendmail.mc",
	    [DOCTOR_BY_HAND] = "",
	};

	if (step->place == DOCTOR_BY_HAND)
		return;
	if (last && last->place == step->place && !step->instead &&
	    !last->instead)
		return;
	(void)fprintf(file, "%*s%s", MARGIN, "", places[step->place]);
	if (step->instead)
		write_printable(
		    file, ", instead of \"", step->instead, " ...\"");
	(void)fputs(":\n", file);
}

static void
write_finding(FILE *file, const struct doctor_finding *f)
{
	const struct doctor_check_info *info = doctor_check_info(f->check);
	const struct doctor_step *last = NULL;

	(void)fprintf(file, "\n%s: %s\n", doctor_severity_name(info->severity),
	    info->word);
	write_sentence(file, f->what);
	write_sentence(file, info->why);
	write_printable(file, "  Where: ", f->where, "\n");
	for (size_t i = 0; i < f->step_count; i++) {
		write_place(file, &f->steps[i], last);
		if (f->steps[i].place == DOCTOR_BY_HAND)
			write_sentence(file, f->steps[i].text);
		else
			write_printable(file, "    ", f->steps[i].text, "\n");
		last = &f->steps[i];
	}
}

static void
write_servers(struct output *o, const json_t *servers)
{
	static const struct column columns[] = {
	    {"name", "Listener", COLUMN_TEXT},
	    {"for", "Mail of", COLUMN_TEXT},
	    {"order", "Milters, in order", COLUMN_TEXT},
	    {NULL, NULL, COLUMN_TEXT},
	};
	static const struct view view = {"listeners", NULL, columns};
	const json_t *server;
	size_t i;

	json_array_foreach(servers, i, server)
	{
		(void)fputs(i > 0 ? "\n" : "", o->file);
		write_printable(o->file, "",
		    json_string_value(json_object_get(server, "server")), ", ");
		write_printable(o->file, "",
		    json_string_value(json_object_get(server, "config")), "\n");
		output_document(o, server, &view, 1);
	}
}

static void
write_right(FILE *file, const struct doctor_report *r)
{
	static const bool left[] = {false, false};
	struct table *table = table_new(2, left);
	char *server;

	if (r->fact_count > 0)
		(void)fputs("\nRight:\n", file);
	for (size_t i = 0; i < r->fact_count; i++) {
		server = xasprintf("  %s", r->facts[i].server);
		table_add(
		    table, (const char *const[]){server, r->facts[i].what});
		free(server);
	}
	table_write(table, file);
	table_free(table);
}

static void
write_count(FILE *file, size_t n, const char *what, const char *before)
{
	if (n > 0)
		(void)fprintf(
		    file, "%s%zu %s%s", before, n, what, n == 1 ? "" : "s");
}

/* "postfix reload", of the folder that "postconf -c FOLDER -e" changes. */
static void
write_reload(FILE *file, const char *postconf)
{
	const char *option = postconf + strlen("postconf "), *end = option;
	char *folder;

	if (slice_has_prefix(slice_text(option), "-c "))
		while (end[0] && !(end[0] == ' ' && end[1] == '-'))
			end++;
	folder = xasprintf("%.*s", (int)(end - option), option);
	write_printable(file, "    postfix ", folder,
	    end > option ? " reload\n" : "reload\n");
	free(folder);
}

/* What has to be done for any of it to count. */
static void
write_then(FILE *file, const struct doctor_report *r)
{
	const char *postconf = NULL;
	bool sendmail = false, own = false, guard = false;

	for (size_t i = 0; i < r->count; i++) {
		guard |= r->findings[i].check == CHECK_GUARD_KEY;
		for (size_t k = 0; k < r->findings[i].step_count; k++) {
			own |= r->findings[i].steps[k].place == DOCTOR_OWN_FILE;
			guard |=
			    r->findings[i].steps[k].place == DOCTOR_GUARD_FILE;
			sendmail |=
			    r->findings[i].steps[k].place == DOCTOR_SENDMAIL_MC;
			if (slice_has_prefix(
				slice_text(r->findings[i].steps[k].text),
				"postconf "))
				postconf = r->findings[i].steps[k].text;
		}
	}
	if (!own && !sendmail && !postconf && !guard)
		return;
	(void)fputs("\nThen:\n", file);
	if (own)
		(void)fputs("    systemctl restart smime-milter\n", file);
	if (guard)
		(void)fputs("    systemctl restart smime-milter-guard\n", file);
	if (postconf)
		write_reload(file, postconf);
	if (sendmail)
		(void)fputs("    make -C /etc/mail && systemctl restart "
			    "sendmail\n",
		    file);
}

static void
write_summary(FILE *file, const struct doctor_report *r)
{
	size_t errors = doctor_count(r, DOCTOR_ERROR);
	size_t warnings = doctor_count(r, DOCTOR_WARNING);

	(void)fputc('\n', file);
	if (errors + warnings == 0)
		(void)fputs("Nothing to complain about", file);
	write_count(file, errors, "error", "");
	write_count(file, warnings, "warning", errors > 0 ? ", " : "");
	write_count(file, doctor_count(r, DOCTOR_HINT), "hint", ", ");
	(void)fputs(".\n", file);
}

static void
write_people(
    struct output *o, const struct doctor_report *r, const json_t *servers)
{
	write_servers(o, servers);
	/* the worst first */
	for (int severity = DOCTOR_ERROR; severity >= DOCTOR_HINT; severity--)
		for (size_t i = 0; i < r->count; i++)
			if ((int)doctor_check_info(r->findings[i].check)
				->severity == severity)
				write_finding(o->file, &r->findings[i]);
	write_right(o->file, r);
	write_then(o->file, r);
	write_summary(o->file, r);
}

void
doctor_print(struct output *o, const struct doctor_report *r, json_t *servers)
{
	static const struct column columns[] = {
	    {"severity", "Severity", COLUMN_TEXT},
	    {"check", "Check", COLUMN_TEXT},
	    {"server", "Server", COLUMN_TEXT},
	    {"where", "Where", COLUMN_TEXT},
	    {"what", "What", COLUMN_TEXT},
	    {"why", "Why", COLUMN_TEXT},
	    {NULL, NULL, COLUMN_TEXT},
	};
	static const struct view view = {"findings", NULL, columns};
	json_t *document;

	if (o->format == OUTPUT_PEOPLE) {
		write_people(o, r, servers);
		return;
	}
	document = report_json(r, servers);
	output_document(o, document, &view, 1);
	json_decref(document);
}
