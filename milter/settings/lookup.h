/*
 * lookup.h: options by name, and what to say when there is none.
 */
#ifndef SETTINGS_LOOKUP_H
#define SETTINGS_LOOKUP_H

#include "settings/option.h"
#include "settings/reading.h"

/* NULL when there is none of that name in table, which has size. */
const struct option *lookup_option(
    const struct option *table, size_t size, const char *name);

/* Adds an error: there is no option path, but that of table which was meant, or
 * those of it that begin with prefix, each group once. */
void lookup_complain(struct reading *r, const config_setting_t *value,
    const char *path, const char *prefix, const struct option *table,
    size_t size);

#endif
