/*
 * header.h: header fields in order, exactly as they came.
 *
 * Two ways in: field by field as a milter hears them (copied), or a raw
 * header block of a MIME entity (borrowed).  Bodies are kept with their
 * leading blank and folds; a fold is LF or CRLF before a blank.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

struct header_field {
	struct slice name; /* spelling as it came, without the colon */
	struct slice body; /* everything behind the colon up to, not with,
	                    * the final line end; leading blank included */
};

struct header {
	struct header_field *fields; /* in order */
	size_t count;
	size_t size;	    /* allocated */
	size_t bytes;	    /* in all names and bodies */
	bool over_limit;    /* fields were left out for a limit */
	struct arena arena; /* copies, for header_add */
};

void header_init(struct header *h);
void header_fini(struct header *h);

/* Appends a copy.  Permanent error over LIMIT_HEADER_FIELDS or
 * LIMIT_HEADER_BYTES; the header then holds what came before. */
int header_add(struct header *h, struct slice name, struct slice body,
    struct err *err) MUST_USE;

/*
 * Reads the header block at the start of raw, which must outlive h: fields
 * up to an empty line, the end, or the first line that is neither field nor
 * continuation (both MTAs take such a line as the start of the body).
 * Returns the offset of the body; *complete says whether an empty line was
 * met (RFC 2046 5.1: a part may have no header at all).  Over a limit the
 * fields so far are kept and the scan goes on.
 */
size_t header_parse(struct header *h, struct slice raw, bool *complete);

/* The nth field (from 0) of that name, case-insensitive; NULL when absent. */
const struct header_field *header_find(
    const struct header *h, const char *name, size_t nth);

size_t header_count(const struct header *h, const char *name);

/* Does the field describe the MIME entity: any Content-* (rule S1)?
 * MIME-Version does not: it belongs to the message. */
bool header_field_is_content(const struct header_field *field);

/* Writes "Name:body" CRLF; every bare LF or CR LF fold becomes CRLF, any
 * other CR or NUL is left out. */
void header_field_write(const struct header_field *field, struct buf *out);

/* The body on one line: folds removed, white space runs made one blank, no
 * blank at either end.  The caller frees it. */
char *header_field_unfold(const struct header_field *field);

#endif
