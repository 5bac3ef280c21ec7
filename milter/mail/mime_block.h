/*
 * mime_block.h: bytes that a codec has made, on their way.
 */
#ifndef MAIL_MIME_BLOCK_H
#define MAIL_MIME_BLOCK_H

#include <stddef.h>

#include "base/err.h"
#include "mail/spool.h"

#define MIME_BLOCK_SIZE ((size_t)9984)

/* A block on its way to a spool, or nowhere. */
struct mime_block {
	struct spool *out; /* NULL: bytes are only counted */
	size_t used;
	size_t total;
	unsigned char data[MIME_BLOCK_SIZE];
};

/* An empty one. */
void mime_block_init(struct mime_block *b, struct spool *out);

/* Hands the bytes over.  -1 is an error of the spool. */
int mime_block_flush(struct mime_block *b, struct err *err) MUST_USE;

/* Makes room for len bytes, which are less than a block. */
static inline MUST_USE int
mime_block_reserve(struct mime_block *b, size_t len, struct err *err)
{
	if (len <= sizeof(b->data) - b->used)
		return 0;
	return mime_block_flush(b, err);
}

#endif
