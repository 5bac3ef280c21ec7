/* errors.c: see errors.h.  One list belongs to one thread. */
#include "settings/errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

/* Longer lines are cut: what they quote is the operator's own file. */
#define LINE_MAX_LENGTH 1024

void
settings_errors_init(struct settings_errors *errors)
{
	*errors = (struct settings_errors){0};
}

void
settings_errors_fini(struct settings_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->lines[i]);
	free(errors->lines);
	settings_errors_init(errors);
}

void
settings_errors_add(struct settings_errors *errors, const char *format, ...)
{
	char line[LINE_MAX_LENGTH];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	errors->lines = xreallocarray(
	    errors->lines, errors->count + 1, sizeof(*errors->lines));
	errors->lines[errors->count++] = xstrdup(line);
}
