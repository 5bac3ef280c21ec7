/*
 * smtp_data.h: content as it goes out after DATA (RFC 5321 4.5.2): a dot
 * before every line that begins with one, nothing else changed, the final
 * dot not included.
 */
#ifndef RELAY_SMTP_DATA_H
#define RELAY_SMTP_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

struct smtp_data {
	const struct slice_list *content; /* borrowed */
	size_t piece, at; /* where to go on: in which piece, where in it */
	bool in_line;	  /* something of this line is out */
	bool after_cr;
};

void smtp_data_init(struct smtp_data *data, const struct slice_list *content);

/* The next bytes, at most size, which is 3 or more; *len is 0 at the end.
 * Permanent error before a CR or LF that is not part of a CRLF.  At the end
 * the last line has its CRLF. */
int smtp_data_read(struct smtp_data *data, unsigned char *out, size_t size,
    size_t *len, struct err *err) MUST_USE;

#endif
