/*
 * mime_scan.h: where the parts of an entity start and end.
 *
 * The tree consists of slices of the message: nothing is copied or decoded.
 * Delimiters are found by the real boundary only (RFC 2046 5.1.1), in one
 * pass, in linear time whatever the input.  A part whose multipart structure
 * cannot be trusted (no boundary parameter, boundary that never occurs,
 * missing close-delimiter) is still there, marked; nothing is ever cut off:
 * header, separator, preamble, delimiter lines, children and epilogue
 * together are all bytes, in order.
 *
 * Lines end with CRLF, as mail servers hand them over.  A bare LF ends a
 * header line, but nothing before or behind a bare LF or CR is a delimiter,
 * nor is a line that only begins like one.  A multipart in which others would
 * take it for one cannot be trusted.
 */
#ifndef MAIL_MIME_SCAN_H
#define MAIL_MIME_SCAN_H

#include "base/slice.h"
#include "mail/mime_tree.h"

/* Reads the entity with this header block (CRLF lines, no empty line at the
 * end; may be empty) and body.  Both must outlive the tree.  Never fails on
 * content; the caller ends it with mime_tree_fini. */
void mime_scan(
    struct mime_tree *tree, struct slice header_raw, struct slice body);

#endif
