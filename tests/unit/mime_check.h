/*
 * mime_check.h: properties that hold for every message, whatever is in it.
 * For unit tests and fuzz targets; each function returns NULL, or what is
 * wrong.
 */
#ifndef TESTS_UNIT_MIME_CHECK_H
#define TESTS_UNIT_MIME_CHECK_H

#include "mail/mime_scan.h"

/* The tree is well linked and covers every byte of the entity, in order. */
const char *mime_check_tree(
    const struct mime_tree *tree, struct slice header_raw, struct slice body);

#endif
