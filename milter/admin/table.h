/*
 * table.h: rows of text in aligned columns, for people at a terminal.
 *
 * Much of the text came from certificates and mail: what a terminal would
 * obey or reorder (escape sequences, other controls, bidirectional marks) is
 * shown as "?", and columns are aligned by the width that a terminal gives
 * UTF-8, whatever the locale.
 */
#ifndef ADMIN_TABLE_H
#define ADMIN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table;

/* columns: how many; right[i]: align column i at its right side. */
struct table *table_new(size_t columns, const bool *right);
void table_free(struct table *t);

/* Adds a row of exactly that many cells, which are copied. */
void table_add(struct table *t, const char *const *cells);

/* Writes all rows, two blanks between columns, no blanks at line ends. */
void table_write(const struct table *t, FILE *file);

/* Text as a terminal may show it on one line; the caller frees it. */
char *table_printable(const char *text);

#endif
