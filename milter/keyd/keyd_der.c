/* keyd_der.c: see keyd_der.h.  Pure functions on bytes that nobody has
 * checked yet. */
#include "keyd/keyd_der.h"

/* Nothing that keyd reads needs more than two bytes of length. */
#define LENGTH_BYTES_MAX 2

/* The length behind the tag; at is moved behind it. */
static bool
read_length(struct slice s, size_t *at, size_t *length)
{
	size_t bytes, value = 0;

	if (*at >= s.len)
		return false;
	if (s.data[*at] < 0x80) {
		*length = s.data[(*at)++];
		return true;
	}
	bytes = s.data[(*at)++] & 0x7fu;
	if (bytes == 0 || bytes > LENGTH_BYTES_MAX || bytes > s.len - *at ||
	    s.data[*at] == 0)
		return false;
	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | s.data[(*at)++];
	*length = value;
	return value >= 0x80;
}

bool
keyd_der_next(
    struct slice *rest, enum keyd_der_tag tag, struct keyd_der *element)
{
	size_t at = 1, length;

	if (rest->len == 0 || rest->data[0] != tag ||
	    !read_length(*rest, &at, &length) || length > rest->len - at)
		return false;
	element->whole = slice_part(*rest, 0, at + length);
	element->contents = slice_part(*rest, at, at + length);
	*rest = slice_part(*rest, at + length, rest->len);
	return true;
}

bool
keyd_der_only(struct slice all, enum keyd_der_tag tag, struct keyd_der *element)
{
	return keyd_der_next(&all, tag, element) && all.len == 0;
}
