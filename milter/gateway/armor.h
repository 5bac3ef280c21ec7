/*
 * armor.h: DER behind lines of base64, read where it lies.
 *
 * For the gate, which wants a few fields of a large CMS in a finished body:
 * only the lines that hold them are decoded.  Takes exactly what we write:
 * lines of 76 characters that end with CRLF, definite lengths.
 */
#ifndef GATEWAY_ARMOR_H
#define GATEWAY_ARMOR_H

#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

#define ARMOR_LINE_BYTES 57u

struct armor {
	const struct slice_list *text; /* borrowed */
	size_t start;		       /* where its first line begins */
	size_t size;		       /* bytes of DER */
	/* The line decoded last: neighbours share one. */
	size_t line;
	size_t line_len; /* 0: none yet */
	unsigned char bytes[ARMOR_LINE_BYTES];
};

/* The lines between these offsets of text.  -1 when they cannot be base64 as
 * we write it; only the last line is looked at yet. */
int armor_open(struct armor *a, const struct slice_list *text, size_t from,
    size_t to) MUST_USE;

/* Decodes len bytes from offset at on.  -1 when there are not that many or
 * their lines are not as we write them. */
int armor_read(struct armor *a, size_t at, void *out, size_t len) MUST_USE;

struct armor_element {
	unsigned char tag;
	size_t start; /* of its head */
	size_t value;
	size_t end;
};

/* The DER element that begins at offset at and ends at limit or before. */
int armor_element(struct armor *a, size_t at, size_t limit,
    struct armor_element *out) MUST_USE;

/* The same; it must have that tag. */
int armor_expect(struct armor *a, size_t at, size_t limit, unsigned char tag,
    struct armor_element *out) MUST_USE;

#endif
