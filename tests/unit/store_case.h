/*
 * store_case.h: a new store for each case of a test program.
 */
#ifndef TESTS_UNIT_STORE_CASE_H
#define TESTS_UNIT_STORE_CASE_H

#include "unit/store_scene.h"

/* Those of the case that runs.  It may close the store, but leaves in its
 * place what it opened instead, or NULL. */
extern struct store_scene scene;
extern struct store *store;

/* For cmocka_unit_test_setup_teardown. */
int store_case_setup(void **state);
int store_case_teardown(void **state);

/* Another program's look at the file, or its change: the first column of the
 * first row, "" when there is none.  The caller frees it. */
char *store_case_ask(const char *sql);

/* The same, when the answer must be this one. */
void store_case_says(const char *sql, const char *expected);

#endif
