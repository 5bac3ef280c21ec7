/* unit.h: what every unit test includes, in the order that cmocka wants. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A build with sanitizers: they keep books about all memory, so that nothing
 * can be measured, have opinions about sizes, and TSan a thread of its own. */
#ifdef WITH_SANITIZERS
#define UNIT_SANITIZED 1
#else
#define UNIT_SANITIZED 0
#endif

/* Ends a case that cannot run here.  cmocka's own skip() prints "not ok" as
 * TAP (1.1.5), which counts as a failure. */
#define unit_skip(reason)                                                      \
	do {                                                                   \
		print_message("# skipped: %s\n", reason);                      \
		return;                                                        \
	} while (0)

#endif
