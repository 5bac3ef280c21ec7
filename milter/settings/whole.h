/*
 * whole.h: what the options of a file say together.
 */
#ifndef SETTINGS_WHOLE_H
#define SETTINGS_WHOLE_H

#include <libconfig.h>

#include "settings/reading.h"
#include "settings/settings.h"

/* Adds an error for each option of tree that the role of s has no use for, or
 * that another one makes meaningless; s is what was read from it, and each
 * option is good by itself. */
void whole_check(
    struct reading *r, const config_t *tree, const struct settings *s);

#endif
