/*
 * case_table.h: the tables of tests/policy/: one case in each line, in three
 * columns with "|" between them; a line that begins with a blank continues the
 * one before, "#" begins a comment.
 */
#ifndef TESTS_UNIT_CASE_TABLE_H
#define TESTS_UNIT_CASE_TABLE_H

#include <stddef.h>

/* Characters of a case at most. */
#define CASE_TEXT 1024

struct case_row {
	char *facts, *recipients, *result; /* may be cut up */
	const char *where;		   /* "FILE:LINE" */
};

/* Calls check for each case of top_srcdir/name.  Fails without the file, or
 * with fewer cases than it promises: a reader that skips lines is no test. */
void case_table_read(const char *name, unsigned cases_min,
    void (*check)(const struct case_row *row));

/* Of "bob" or "bob(trait,trait)", cuts the traits off and gives each to apply,
 * with who.  -1 when apply says so, a bracket is missing, or the name stands
 * among the count names already. */
int case_read_name(char *word, const char *const *names, size_t count,
    int (*apply)(void *who, char *trait), void *who);

/* Adds to text in out[CASE_TEXT]. */
void case_say(char *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
