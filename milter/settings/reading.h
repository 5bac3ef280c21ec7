/*
 * reading.h: a configuration file while it is read, and where its mistakes
 * are.
 */
#ifndef SETTINGS_READING_H
#define SETTINGS_READING_H

#include <stddef.h>

#include <libconfig.h>

#include "base/arena.h"
#include "settings/errors.h"

struct reading {
	const char *file;    /* for what libconfig knows no file of */
	struct arena *arena; /* owns the strings of the result */
	struct settings_errors *errors; /* takes one line per mistake */
};

/* Writes "FILE:LINE: " of a value; cut to size. */
void reading_place(const struct reading *r, const config_setting_t *value,
    char *out, size_t size);

/* Adds the line "FILE:LINE: PATH: TEXT". */
void reading_complain_text(struct reading *r, const config_setting_t *value,
    const char *path, const char *text);

/* Adds the line "FILE:LINE: PATH: expected EXPECTED, not VALUE". */
void reading_complain(struct reading *r, const config_setting_t *value,
    const char *path, const char *expected);

#endif
