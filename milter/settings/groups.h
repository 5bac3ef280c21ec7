/*
 * groups.h: options that are lists of groups, ( { name = "x"; ... } ).
 */
#ifndef SETTINGS_GROUPS_H
#define SETTINGS_GROUPS_H

#include "base/err.h"
#include "settings/option.h"
#include "settings/reading.h"

/* Reads a list of groups into the array and the count of base that o names,
 * of type OPTION_GROUPS.  -1: errors were added, base is unchanged. */
int groups_read(struct reading *r, const struct option *o,
    const config_setting_t *list, void *base) MUST_USE;

#endif
