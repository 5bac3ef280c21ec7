/*
 * scalar.h: how one value of each type is read into its field.
 *
 * Nothing is said about a mistake here: that is value.c's, which knows what
 * the type expects.
 */
#ifndef SETTINGS_SCALAR_H
#define SETTINGS_SCALAR_H

#include <stdbool.h>

#include <libconfig.h>

#include "base/err.h"
#include "settings/names.h"
#include "settings/option.h"
#include "settings/reading.h"

/* Reads value into the field, whose type is said in option.h behind that of
 * the option.  -1 when the value is none of it: then the field is unchanged.
 * Strings belong to the arena of the reading. */
typedef int scalar_fn(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field) MUST_USE;

scalar_fn scalar_read_socket;
scalar_fn scalar_read_log_target;
scalar_fn scalar_read_reinject;
scalar_fn scalar_read_mode; /* octal, as a number or as text */
scalar_fn scalar_read_count;
scalar_fn scalar_read_size;
scalar_fn scalar_read_duration;
scalar_fn scalar_read_switch;
scalar_fn scalar_read_flag;
scalar_fn scalar_read_word;
scalar_fn scalar_read_setting;

/* These add to what the field has: a list of networks, or a set. */
scalar_fn scalar_read_network;
scalar_fn scalar_read_exemption;
scalar_fn scalar_read_wish;

/* The same for text that is kept as it is when is_good has nothing against
 * it, */
int scalar_keep_text(struct reading *r, const config_setting_t *value,
    bool (*is_good)(const char *text), void *field) MUST_USE;

/* and for text that name makes canonical. */
int scalar_keep_name(struct reading *r, const config_setting_t *value,
    name_fn *name, void *field) MUST_USE;

/* The setting of a level that an OPTION_SETTING sets: it has the option's
 * name, without group. */
const struct setting *scalar_setting(const struct option *o);

#endif
