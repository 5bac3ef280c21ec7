/*
 * seal_show.c: see seal_show.h.
 *
 * All text is printable ASCII by now, but for the names of files, which
 * output.c makes so.
 */
#include "admin/seal_show.h"

#include <string.h>

static const struct column diff_columns[] = {
    {"result", "Result", COLUMN_TEXT},
    {"summary", "  that is", COLUMN_TEXT},
    {"signed.file", "Signed", COLUMN_TEXT},
    {"signed.kind", "  kind", COLUMN_TEXT},
    {"signed.verification", "  verdict", COLUMN_TEXT},
    {"signed.detail", "  because", COLUMN_TEXT},
    {"delivered.file", "Delivered", COLUMN_TEXT},
    {"delivered.kind", "  kind", COLUMN_TEXT},
    {"delivered.verification", "  verdict", COLUMN_TEXT},
    {"delivered.detail", "  because", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

/* For spreadsheets. */
static const struct column finding_columns[] = {
    {"change", "CHANGE", COLUMN_TEXT},
    {"part", "PART", COLUMN_TEXT},
    {"bytes", "BYTES", COLUMN_NUMBER},
    {"harmless", "HARMLESS", COLUMN_TEXT},
    {"text", "TEXT", COLUMN_TEXT},
    {"before", "BEFORE", COLUMN_TEXT},
    {"after", "NOW", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

#define LINE_WIDTH 76

/* Words of a paragraph, in lines. */
static void
print_paragraph(FILE *file, const char *text)
{
	int column = 0, len;

	for (; *text; text += len) {
		text += strspn(text, " ");
		len = (int)strcspn(text, " ");
		if (column > 0 && column + 1 + len > LINE_WIDTH) {
			(void)fputc('\n', file);
			column = 0;
		}
		column +=
		    fprintf(file, "%s%.*s", column > 0 ? " " : "", len, text);
	}
	(void)fputc('\n', file);
}

static const char *
member_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Excerpts are too long for a table. */
static void
print_finding(FILE *file, const json_t *finding)
{
	bool harmless = json_is_true(json_object_get(finding, "harmless"));
	const char *before = member_text(finding, "before");
	const char *after = member_text(finding, "after");

	(void)fprintf(file, "%s%s\n", member_text(finding, "text"),
	    harmless ? " (harmless)" : "");
	if (before)
		(void)fprintf(file, "  was:  %s\n", before);
	if (after)
		(void)fprintf(file, "  is:   %s\n", after);
}

static void
print_for_people(FILE *file, const json_t *object)
{
	const json_t *findings = json_object_get(object, "findings");
	const json_t *advice = json_object_get(object, "advice");
	json_int_t more = json_integer_value(json_object_get(object, "more"));

	if (json_array_size(findings) > 0)
		(void)fputs("\nWhat was done\n", file);
	for (size_t i = 0; i < json_array_size(findings); i++)
		print_finding(file, json_array_get(findings, i));
	if (more > 0)
		(void)fprintf(
		    file, "and %" JSON_INTEGER_FORMAT " more\n", more);
	if (json_array_size(advice) > 0)
		(void)fputs("\nWhat usually does this, and what helps\n", file);
	for (size_t i = 0; i < json_array_size(advice); i++) {
		if (i > 0)
			(void)fputc('\n', file);
		print_paragraph(
		    file, json_string_value(json_array_get(advice, i)));
	}
}

void
seal_show(struct output *o, const json_t *object)
{
	static const struct view views[] = {
	    {NULL, NULL, diff_columns},
	    {"findings", NULL, finding_columns},
	};
	bool people = o->format == OUTPUT_PEOPLE;

	output_document(o, object, views, people ? 1 : 2);
	if (people)
		print_for_people(o->file, object);
}
