/*
 * disclaimer_files.h: the texts of disclaimers, read once when the settings
 * are loaded.
 */
#ifndef SETTINGS_DISCLAIMER_FILES_H
#define SETTINGS_DISCLAIMER_FILES_H

#include <libconfig.h>

#include "settings/reading.h"
#include "settings/settings.h"

/* Reads the files of every disclaimer of s into its template; adds an error
 * for each that cannot be used, at the option of tree that names it. */
void disclaimer_files_load(
    struct reading *r, const config_t *tree, struct settings *s);

/* Frees the templates. */
void disclaimer_files_free(struct settings *s);

#endif
