/* der.c: see der.h.  Callable from any thread. */
#include "smime/der.h"

#include <stdlib.h>
#include <string.h>

/* Octets of the length itself. */
static size_t
length_size(size_t len)
{
	size_t n = 1;

	if (len < 0x80)
		return 1;
	for (; len > 0; len >>= 8)
		n++;
	return n;
}

size_t
der_head_size(size_t len)
{
	return 1 + length_size(len);
}

size_t
der_size(size_t len)
{
	return der_head_size(len) + len;
}

/* Writes the length of size octets (length_size) to at. */
static void
length_write(unsigned char *at, size_t size, size_t len)
{
	if (size == 1) {
		at[0] = (unsigned char)len;
		return;
	}
	at[0] = (unsigned char)(0x80 | (size - 1));
	for (size_t i = size - 1; i > 0; i--, len >>= 8)
		at[i] = (unsigned char)len;
}

void
der_head(struct buf *out, unsigned char tag, size_t len)
{
	size_t size = der_head_size(len);
	unsigned char *at = buf_reserve(out, size);

	if (!at)
		return;
	at[0] = tag;
	length_write(at + 1, size - 1, len);
	out->len += size;
}

void
der_put(struct buf *out, unsigned char tag, struct slice content)
{
	der_head(out, tag, content.len);
	buf_add_slice(out, content);
}

size_t
der_open(struct buf *out, unsigned char tag)
{
	/* Room for the short form; der_close makes more when it must. */
	buf_add_char(out, (char)tag);
	buf_add_char(out, 0);
	return out->len;
}

void
der_close(struct buf *out, size_t mark)
{
	size_t len, more;

	if (!buf_ok(out))
		return;
	len = out->len - mark;
	more = length_size(len) - 1;
	if (more > 0) {
		if (!buf_reserve(out, more))
			return;
		memmove(out->data + mark + more, out->data + mark, len);
		out->len += more;
	}
	length_write(out->data + mark - 1, more + 1, len);
}

void
der_oid(struct buf *out, enum oid oid)
{
	der_put(out, DER_OID, oid_bytes(oid));
}

void
der_integer(struct buf *out, unsigned value)
{
	unsigned char bytes[sizeof(value) + 1];
	size_t at = sizeof(bytes);

	do {
		bytes[--at] = (unsigned char)value;
		value >>= 8;
	} while (value > 0);
	/* The number is not negative: its first bit must be 0. */
	if (bytes[at] & 0x80)
		bytes[--at] = 0;
	der_put(out, DER_INTEGER, slice_make(bytes + at, sizeof(bytes) - at));
}

void
der_null(struct buf *out)
{
	der_head(out, DER_NULL, 0);
}

void
der_algorithm(struct buf *out, enum oid oid)
{
	size_t mark = der_open(out, DER_SEQUENCE);

	der_oid(out, oid);
	der_close(out, mark);
}

void
der_algorithm_null(struct buf *out, enum oid oid)
{
	size_t mark = der_open(out, DER_SEQUENCE);

	der_oid(out, oid);
	der_null(out);
	der_close(out, mark);
}

/* X.690 11.6: as octet strings.  The padding of the shorter one that it asks
 * for never decides: no element is the beginning of another one. */
static int
compare(const void *one, const void *other)
{
	const struct slice *a = one, *b = other;
	int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

void
der_set_of(
    struct buf *out, unsigned char tag, struct slice *elements, size_t count)
{
	size_t len = 0;

	qsort(elements, count, sizeof(*elements), compare);
	for (size_t i = 0; i < count; i++)
		len += elements[i].len;
	der_head(out, tag, len);
	for (size_t i = 0; i < count; i++)
		buf_add_slice(out, elements[i]);
}
