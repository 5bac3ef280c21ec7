/*
 * errors.h: everything that is wrong with a configuration, not just the
 * first thing.
 */
#ifndef SETTINGS_ERRORS_H
#define SETTINGS_ERRORS_H

#include <stddef.h>

/* One line each, "FILE:LINE: OPTION: expected X, not Y" wherever a line can
 * be named; in the order of the file. */
struct settings_errors {
	char **lines;
	size_t count;
};

void settings_errors_init(struct settings_errors *errors);
void settings_errors_fini(struct settings_errors *errors);
void settings_errors_add(struct settings_errors *errors, const char *format,
    ...) __attribute__((format(printf, 2, 3)));

#endif
