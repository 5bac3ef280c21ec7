/* settings_place.c: see settings_place.h. */
#include "unit/settings_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/unit.h"

int
place_setup(void **state)
{
	struct place *p = malloc(sizeof(*p));

	strcpy(p->folder, "/tmp/test-settings-XXXXXX");
	if (!mkdtemp(p->folder))
		return -1;
	snprintf(p->file, sizeof(p->file), "%s/t.conf", p->folder);
	*state = p;
	return 0;
}

int
place_teardown(void **state)
{
	struct place *p = *state;
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", p->folder);
	free(p);
	return system(command);
}

void
place_write(const struct place *p, const char *name, const char *text)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", p->folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	for (; *text; text++)
		if (strncmp(text, "$/", 2) == 0)
			assert_true(fputs(p->folder, f) >= 0);
		else
			assert_int_not_equal(fputc(*text, f), EOF);
	assert_int_equal(fclose(f), 0);
}

struct settings *
place_load(const struct place *p, const char *text)
{
	struct settings_errors errors;
	struct settings *s = NULL;

	place_write(p, "t.conf", text);
	settings_errors_init(&errors);
	if (settings_load(p->file, &s, &errors))
		fail_msg("%s", errors.lines[0]);
	assert_int_equal(errors.count, 0);
	settings_errors_fini(&errors);
	return s;
}

/* Adds a line, without the folder wherever it is named. */
static void
add_line(const struct place *p, const char *line, char *out, size_t size)
{
	size_t len = strlen(p->folder), used = strlen(out);

	for (; *line; line++) {
		if (strncmp(line, p->folder, len) == 0 && line[len] == '/') {
			line += len;
			continue;
		}
		assert_true(used + 3 < size);
		out[used++] = *line;
	}
	out[used++] = '\n';
	out[used] = '\0';
}

void
place_errors(const struct place *p, const char *path, const char *wanted)
{
	struct settings_errors errors;
	struct settings *s = NULL;
	char got[8192] = "";

	settings_errors_init(&errors);
	assert_int_equal(settings_load(path, &s, &errors), -1);
	assert_null(s);
	for (size_t i = 0; i < errors.count; i++)
		add_line(p, errors.lines[i], got, sizeof(got));
	assert_string_equal(got, wanted);
	settings_errors_fini(&errors);
}

void
place_all_bad(const struct place *p, const struct place_bad *bad, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		place_write(p, "t.conf", bad[i].text);
		place_errors(p, p->file, bad[i].wanted);
	}
}
