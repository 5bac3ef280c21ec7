/* mime_block.c: see mime_block.h.  A block belongs to one thread. */
#include "mail/mime_block.h"

void
mime_block_init(struct mime_block *b, struct spool *out)
{
	b->out = out;
	b->used = b->total = 0;
}

int
mime_block_flush(struct mime_block *b, struct err *err)
{
	size_t used = b->used;

	b->used = 0;
	b->total += used;
	return b->out ? spool_write(b->out, b->data, used, err) : 0;
}
