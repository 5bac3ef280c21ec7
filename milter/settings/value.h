/*
 * value.h: one value of the file, judged by its option.
 */
#ifndef SETTINGS_VALUE_H
#define SETTINGS_VALUE_H

#include <stdbool.h>

#include <libconfig.h>

#include "base/err.h"
#include "settings/option.h"
#include "settings/reading.h"

/* Reads value into the field of base that o names.  path is the option as
 * the operator knows it.  -1: an error was added, the field is unchanged.
 * Not for OPTION_GROUPS. */
int value_read(struct reading *r, const struct option *o, const char *path,
    const config_setting_t *value, void *base) MUST_USE;

/* Sets the field of base to the default, which o has; not for OPTION_GROUPS.
 */
void value_default(struct reading *r, const struct option *o, void *base);

/* Is the field of an option with restart the same in a and b? */
bool value_equal(const struct option *o, const void *a, const void *b);

#endif
