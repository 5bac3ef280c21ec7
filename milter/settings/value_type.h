/*
 * value_type.h: what is expected of a value of each type, and who reads it.
 */
#ifndef SETTINGS_VALUE_TYPE_H
#define SETTINGS_VALUE_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "settings/option.h"
#include "settings/scalar.h"

/* One of the first three is set, or it is a list. */
struct value_type {
	bool (*is_good)(const char *text); /* text that is kept as it is */
	name_fn *name;			   /* text that is made canonical */
	scalar_fn *read;		   /* anything else */
	enum option_type element;	   /* of a list */
	const struct option_word *words;   /* of such an element, or NULL */
	const char *expected; /* NULL: words, of the option or the element;
			       * the range follows, where there is one */
};

/* Not for OPTION_GROUPS. */
const struct value_type *value_type(enum option_type type);

/* Writes what the operator should have written in place of a value of this
 * option; VALUE_EXPECTED_MAX is room enough. */
#define VALUE_EXPECTED_MAX 256
void value_type_expect(const struct option *o, char *out, size_t size);

#endif
