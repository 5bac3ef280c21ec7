/* buf.c: see buf.h.  One buffer belongs to one thread. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define BUF_FIRST_SIZE 256

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void
buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.max = b->max};
}

void
buf_wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->size);
	buf_fini(b);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
}

/* Memory for len more bytes and one NUL.  The old block is wiped, not just
 * freed, because buffers hold secrets too. */
static void
grow(struct buf *b, size_t len)
{
	size_t size = b->size ? b->size : BUF_FIRST_SIZE;
	unsigned char *data;

	if (b->len + len < b->size)
		return;
	while (size <= b->len + len)
		size *= 2;
	data = xmalloc(size);
	if (b->len > 0)
		memcpy(data, b->data, b->len);
	if (b->data)
		explicit_bzero(b->data, b->size);
	free(b->data);
	b->data = data;
	b->size = size;
}

unsigned char *
buf_reserve(struct buf *b, size_t len)
{
	if (b->overflow || len > b->max - b->len) {
		b->overflow = true;
		return NULL;
	}
	grow(b, len);
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	unsigned char *p = buf_reserve(b, len);

	if (!p || len == 0)
		return;
	memcpy(p, data, len);
	b->len += len;
}

void
buf_add_slice(struct buf *b, struct slice s)
{
	buf_add(b, s.data, s.len);
}

void
buf_add_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_addf(struct buf *b, const char *format, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0 || !(p = (char *)buf_reserve(b, (size_t)n))) {
		b->overflow = true;
		return;
	}
	va_start(ap, format);
	vsnprintf(p, (size_t)n + 1, format, ap);
	va_end(ap);
	b->len += (size_t)n;
}

bool
buf_ok(const struct buf *b)
{
	return !b->overflow;
}

struct slice
buf_slice(const struct buf *b)
{
	return slice_make(b->data, b->len);
}

const char *
buf_text(struct buf *b)
{
	grow(b, 0);
	b->data[b->len] = '\0';
	return (const char *)b->data;
}

char *
buf_take_text(struct buf *b)
{
	char *text;

	buf_text(b);
	text = (char *)b->data;
	b->data = NULL;
	buf_fini(b);
	return text;
}
