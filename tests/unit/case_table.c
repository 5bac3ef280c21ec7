/* case_table.c: see case_table.h. */
#include "unit/case_table.h"

#include "unit/unit.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
trim(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && isspace((unsigned char)text[n - 1]))
		text[--n] = '\0';
	return text + strspn(text, " \t");
}

/* One case, with the lines that continue it; false at the end of the file. */
static bool
read_case(FILE *f, char record[CASE_TEXT], unsigned *number)
{
	char line[CASE_TEXT];
	int next;

	record[0] = '\0';
	while (record[0] == '\0' || record[0] == '#' || record[0] == '\n') {
		if (!fgets(record, CASE_TEXT, f))
			return false;
		++*number;
	}
	while ((next = getc(f)) == ' ' && fgets(line, sizeof(line), f)) {
		size_t n = strlen(trim(record));

		snprintf(
		    record + n, CASE_TEXT - n, " %s", line + strspn(line, " "));
		++*number;
	}
	ungetc(next, f);
	assert_true(strlen(record) < CASE_TEXT - 1);
	return true;
}

static void
check_case(
    char *record, const char *where, void (*check)(const struct case_row *row))
{
	struct case_row row = {.where = where};
	char *save;

	row.facts = trim(strtok_r(record, "|", &save));
	row.recipients = strtok_r(NULL, "|", &save);
	row.result = strtok_r(NULL, "|", &save);
	if (!row.recipients || !row.result || strtok_r(NULL, "|", &save))
		fail_msg("%s: not three columns", where);
	row.recipients = trim(row.recipients);
	row.result = trim(row.result);
	check(&row);
}

void
case_table_read(const char *name, unsigned cases_min,
    void (*check)(const struct case_row *row))
{
	const char *top = getenv("top_srcdir");
	char path[4096], where[5000], record[CASE_TEXT];
	unsigned number = 0, cases = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top ? top : ".", name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("no %s", path);
	while (read_case(f, record, &number)) {
		snprintf(where, sizeof(where), "%s:%u", path, number);
		check_case(record, where, check);
		cases++;
	}
	fclose(f);
	assert_true(cases >= cases_min);
}

int
case_read_name(char *word, const char *const *names, size_t count,
    int (*apply)(void *who, char *trait), void *who)
{
	char *traits = strchr(word, '('), *end, *save;

	if (traits) {
		*traits++ = '\0';
		end = strchr(traits, ')');
		if (!end || end[1])
			return -1;
		*end = '\0';
		for (traits = strtok_r(traits, ",", &save); traits;
		     traits = strtok_r(NULL, ",", &save))
			if (apply(who, traits) < 0)
				return -1;
	}
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], word) == 0)
			return -1;
	return 0;
}

void
case_say(char *out, const char *format, ...)
{
	size_t n = strlen(out);
	va_list args;

	va_start(args, format);
	vsnprintf(out + n, CASE_TEXT - n, format, args);
	va_end(args);
}
