/*
 * header_lines.h: header fields that are written down briefly: "Name: body"
 * and LF, folds as LF and blank.
 */
#ifndef TESTS_UNIT_HEADER_LINES_H
#define TESTS_UNIT_HEADER_LINES_H

#include "mail/header.h"

/* Tells each field, as a milter hears it. */
void header_lines_each(const char *text,
    void (*each)(void *arg, const char *name, const char *body), void *arg);

/* Adds them to a header. */
void header_lines_add(struct header *h, const char *text);

#endif
