/*
 * mime_check.h: properties that hold for every message, whatever is in it.
 * For unit tests and fuzz targets; a check returns NULL, or what is wrong.
 */
#ifndef TESTS_UNIT_MIME_CHECK_H
#define TESTS_UNIT_MIME_CHECK_H

#include "mail/mime_canon.h"
#include "mail/mime_scan.h"

/* Takes an entity apart around the empty line that ends its header. */
void mime_check_split(
    struct slice entity, struct slice *header_raw, struct slice *body);

/* The tree is well linked and covers every byte of the entity, in order. */
const char *mime_check_tree(
    const struct mime_tree *tree, struct slice header_raw, struct slice body);

/* The same tree, the same fields but for transfer encodings, and each leaf
 * decodes to the same bytes, judged by a decoder that is not ours; what is
 * protected has not changed at all, and no label says 8bit any more. */
const char *mime_check_same(
    const struct mime_tree *before, const struct mime_tree *after);

/* Scans, makes the canonical form, and checks what mime_canon.h promises:
 * robust result, same tree, same fields, same bytes of each leaf, and nothing
 * left to do the second time.  *result tells what was made; out, initialised
 * by the caller, is as mime_canon_write left it. */
const char *mime_check_canon(struct slice header_raw, struct slice body,
    struct spool *out, enum mime_canon_result *result, const char **reason);

#endif
