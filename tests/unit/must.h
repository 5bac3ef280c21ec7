/*
 * must.h: calls that work, or fail in the way that a case wants.  In the call
 * the error's name is err.
 */
#ifndef TESTS_UNIT_MUST_H
#define TESTS_UNIT_MUST_H

#include <string.h>

#include "base/err.h"

/* Everything that must work says why when it does not. */
#define MUST(call)                                                             \
	do {                                                                   \
		struct err err = {0};                                          \
		if (call)                                                      \
			fail_msg("%s: %s", #call, err.text);                   \
	} while (0)

/* It fails with that class, and message is a part of its text. */
#define FAILS(wanted, message, call)                                           \
	do {                                                                   \
		struct err err = {0};                                          \
		assert_int_equal((call), -1);                                  \
		if (err.class != (wanted) || !strstr(err.text, message))       \
			fail_msg("%s: class %d: %s", #call, (int)err.class,    \
			    err.text);                                         \
	} while (0)

#endif
