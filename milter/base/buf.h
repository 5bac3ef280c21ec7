/*
 * buf.h: a growing run of bytes with a cap.
 *
 * What does not fit under the cap is dropped and remembered: add as often as
 * you like, then ask buf_ok() once.  A buffer that is not ok holds a cut
 * result and must not be used.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct buf {
	unsigned char *data; /* owned; NULL until the first byte */
	size_t len;	     /* bytes in use */
	size_t size;	     /* bytes allocated */
	size_t max;	     /* cap of len */
	bool overflow;	     /* something did not fit */
};

/* An empty buffer that will hold at most max bytes. */
void buf_init(struct buf *b, size_t max);

/* Releases the bytes; the buffer may be initialised again. */
void buf_fini(struct buf *b);

/* Overwrites the bytes with zeros, then releases them (for secrets). */
void buf_wipe(struct buf *b);

/* Empties the buffer and forgets an overflow; keeps the memory. */
void buf_clear(struct buf *b);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_slice(struct buf *b, struct slice s);
void buf_add_text(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for len more bytes, to be written by the caller, who then adds what
 * he wrote to b->len; NULL when it does not fit under the cap. */
unsigned char *buf_reserve(struct buf *b, size_t len);

/* Did everything fit? */
bool buf_ok(const struct buf *b);

/* The bytes; valid until the buffer changes. */
struct slice buf_slice(const struct buf *b);

/* The bytes with a NUL behind them; valid until the buffer changes. */
const char *buf_text(struct buf *b);

/* Hands the bytes over as a C string that the caller frees; b is empty. */
char *buf_take_text(struct buf *b);

#endif
