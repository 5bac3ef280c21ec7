/*
 * output.c: see output.h.  One thread.
 */
#include "admin/output.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "admin/table.h"
#include "base/alloc.h"
#include "base/buf.h"

#define TEXT_MAX   ((size_t)1024 * 1024)
#define TIME_TEXT  sizeof("2026-01-31T23:59:59Z")
#define DAY_LENGTH 10
#define ID_LENGTH  16 /* as in the log */

struct listing {
	struct output *o;
	const struct column *columns;
	size_t column_count;
	struct table *table; /* for people */
	size_t rows;
};

json_t *
output_fact(bool known, bool value)
{
	return known ? json_boolean(value) : json_null();
}

json_t *
output_text(const char *text)
{
	json_t *value;
	char *clean;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	/* not UTF-8: a certificate may say anything */
	clean = table_printable(text);
	value = json_string(clean);
	free(clean);
	return value ? value : json_null();
}

json_t *
output_time(time_t time)
{
	char text[TIME_TEXT];
	struct tm tm;

	if (time == 0 || !gmtime_r(&time, &tm))
		return json_null();
	if (strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

void
output_set(json_t *object, const char *key, json_t *value)
{
	int rc = json_object_set_new(object, key, value);

	assert(rc == 0);
	(void)rc;
}

static const json_t *
member(const json_t *object, const char *path)
{
	const char *dot;
	char *name;

	while ((dot = strchr(path, '.'))) {
		name = xstrndup(path, (size_t)(dot - path));
		object = json_object_get(object, name);
		free(name);
		path = dot + 1;
	}
	return json_object_get(object, path);
}

static const char *
truth(bool value, enum output_format format)
{
	if (format == OUTPUT_PEOPLE)
		return value ? "yes" : "no";
	return value ? "true" : "false";
}

static void
add_list(struct buf *out, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) if (json_is_string(item))
	    buf_addf(out, "%s%s", i > 0 ? ", " : "", json_string_value(item));
}

static void
add_value(struct buf *out, const json_t *value, enum output_format format)
{
	if (json_is_string(value))
		buf_add_text(out, json_string_value(value));
	else if (json_is_integer(value))
		buf_addf(
		    out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		buf_add_text(out, truth(json_is_true(value), format));
	else if (json_is_array(value))
		add_list(out, value);
}

/* How much of a value people are shown. */
static size_t
seen_by_people(enum column_kind kind)
{
	switch (kind) {
	case COLUMN_DAY:
		return DAY_LENGTH;
	case COLUMN_ID:
		return ID_LENGTH;
	case COLUMN_TEXT:
	case COLUMN_NUMBER:
		break;
	}
	return SIZE_MAX;
}

/* The value of one column as text that the caller frees. */
static char *
cell_text(const struct column *column, const json_t *object,
    enum output_format format)
{
	struct buf out;

	buf_init(&out, TEXT_MAX);
	add_value(&out, member(object, column->key), format);
	if (format == OUTPUT_PEOPLE && out.len > seen_by_people(column->kind))
		out.len = seen_by_people(column->kind);
	return buf_take_text(&out);
}

/* RFC 4180: quoted when it holds a comma, a quote or a line end. */
static void
write_csv_cell(FILE *file, const char *text, bool first)
{
	if (!first)
		(void)fputc(',', file);
	if (!text[strcspn(text, ",\"\r\n")]) {
		(void)fputs(text, file);
		return;
	}
	(void)fputc('"', file);
	for (; *text; text++) {
		if (*text == '"')
			(void)fputc('"', file);
		(void)fputc(*text, file);
	}
	(void)fputc('"', file);
}

static size_t
count_columns(const struct column *columns)
{
	size_t n = 0;

	while (columns[n].key)
		n++;
	return n;
}

static void
begin_table(struct listing *l)
{
	const char **titles = xcalloc(l->column_count, sizeof(*titles));
	bool *right = xcalloc(l->column_count, sizeof(*right));

	for (size_t i = 0; i < l->column_count; i++) {
		titles[i] = l->columns[i].title;
		right[i] = l->columns[i].kind == COLUMN_NUMBER;
	}
	l->table = table_new(l->column_count, right);
	table_add(l->table, titles);
	free(titles);
	free(right);
}

struct listing *
listing_begin(struct output *o, const struct column *columns)
{
	struct listing *l = xcalloc(1, sizeof(*l));

	l->o = o;
	l->columns = columns;
	l->column_count = count_columns(columns);
	if (o->format == OUTPUT_JSON)
		(void)fputs("[", o->file);
	else if (o->format == OUTPUT_PEOPLE)
		begin_table(l);
	else
		for (size_t i = 0; i < l->column_count; i++)
			write_csv_cell(o->file, columns[i].key, i == 0);
	if (o->format == OUTPUT_CSV)
		(void)fputs("\r\n", o->file);
	return l;
}

static void
add_cells(struct listing *l, const json_t *object)
{
	char **cells = xcalloc(l->column_count, sizeof(*cells));

	for (size_t i = 0; i < l->column_count; i++)
		cells[i] = cell_text(&l->columns[i], object, l->o->format);
	if (l->table)
		table_add(l->table, (const char *const *)cells);
	else
		for (size_t i = 0; i < l->column_count; i++)
			write_csv_cell(l->o->file, cells[i], i == 0);
	if (!l->table)
		(void)fputs("\r\n", l->o->file);
	for (size_t i = 0; i < l->column_count; i++)
		free(cells[i]);
	free(cells);
}

void
listing_add(struct listing *l, json_t *object)
{
	if (l->o->format == OUTPUT_JSON) {
		(void)fputs(l->rows > 0 ? ",\n " : "\n ", l->o->file);
		(void)json_dumpf(object, l->o->file, JSON_COMPACT);
	} else {
		add_cells(l, object);
	}
	l->rows++;
	json_decref(object);
}

void
listing_end(struct listing *l, const char *empty)
{
	if (l->o->format == OUTPUT_JSON)
		(void)fputs(l->rows > 0 ? "\n]\n" : "]\n", l->o->file);
	if (l->table && l->rows > 0)
		table_write(l->table, l->o->file);
	else if (l->table && empty)
		(void)fprintf(l->o->file, "%s\n", empty);
	table_free(l->table);
	free(l);
}

/* "Title:  value", one to a line; what has no value is left out. */
static void
write_lines(struct output *o, const json_t *object, const struct column *c)
{
	static const bool left[] = {false, false};
	struct table *table = table_new(2, left);
	char *title, *text;

	for (; c->key; c++) {
		text = cell_text(c, object, o->format);
		title = xasprintf("%s:", c->title);
		if (*text)
			table_add(table, (const char *const[]){title, text});
		free(title);
		free(text);
	}
	table_write(table, o->file);
	table_free(table);
}

static void
write_view(struct output *o, const json_t *document, const struct view *view)
{
	struct listing *l;
	json_t *list, *item;
	size_t i;

	if (!view->key && o->format == OUTPUT_PEOPLE) {
		write_lines(o, document, view->columns);
		return;
	}
	list = view->key ? json_object_get(document, view->key) : NULL;
	if (o->format == OUTPUT_PEOPLE && json_array_size(list) == 0)
		return;
	if (o->format == OUTPUT_PEOPLE && view->title)
		(void)fprintf(o->file, "\n%s\n", view->title);
	l = listing_begin(o, view->columns);
	json_array_foreach(list, i, item) listing_add(l, json_incref(item));
	if (!view->key)
		listing_add(l, json_deep_copy(document));
	listing_end(l, NULL);
}

static void
write_json(struct output *o, const json_t *object)
{
	(void)json_dumpf(object, o->file, JSON_INDENT(2));
	(void)fputc('\n', o->file);
}

void
output_document(struct output *o, const json_t *document,
    const struct view *views, size_t count)
{
	if (o->format == OUTPUT_JSON) {
		write_json(o, document);
		return;
	}
	if (o->format == OUTPUT_CSV) {
		write_view(o, document, &views[count - 1]);
		return;
	}
	for (size_t i = 0; i < count; i++)
		write_view(o, document, &views[i]);
}

void
output_done(struct output *o, const json_t *object, const char *format, ...)
{
	char *text;
	va_list ap;
	char line[ERR_TEXT_MAX];

	if (o->format == OUTPUT_JSON) {
		write_json(o, object);
		return;
	}
	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	text = table_printable(line);
	(void)fprintf(o->file, "%s\n", text);
	free(text);
}

int
output_finish(struct output *o, struct err *err)
{
	if (fflush(o->file) || ferror(o->file))
		return err_set_errno(
		    err, ERR_TEMPORARY, "cannot write standard output");
	return 0;
}
