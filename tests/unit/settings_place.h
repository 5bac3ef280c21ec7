/*
 * settings_place.h: configuration files of a test, in a folder of their own.
 */
#ifndef TESTS_UNIT_SETTINGS_PLACE_H
#define TESTS_UNIT_SETTINGS_PLACE_H

#include <stddef.h>

#include "settings/settings.h"

/* The folder, and the file that is read: "t.conf". */
struct place {
	char folder[64];
	char file[96];
};

/* Of a group of tests; *state is a struct place. */
int place_setup(void **state);
int place_teardown(void **state);

/* Makes a file in the folder, which "$/" in its text stands for. */
void place_write(const struct place *p, const char *name, const char *text);

/* Makes t.conf, and reads it without any error. */
struct settings *place_load(const struct place *p, const char *text);

/* Reading path fails with these lines, from which the folder is taken out. */
void place_errors(const struct place *p, const char *path, const char *wanted);

/* The same for t.conf with each of these texts. */
struct place_bad {
	const char *text, *wanted;
};
void place_all_bad(
    const struct place *p, const struct place_bad *bad, size_t count);

#endif
