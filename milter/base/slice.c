/* slice.c: see slice.h.  Pure functions, callable from any thread. */
#include "base/slice.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"

struct slice
slice_make(const void *data, size_t len)
{
	return (struct slice){data, len};
}

struct slice
slice_text(const char *text)
{
	return slice_make(text, strlen(text));
}

struct slice
slice_part(struct slice s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	return slice_make(s.data ? s.data + from : NULL, to - from);
}

bool
slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int
slice_compare_ci(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < n; i++) {
		int difference =
		    ascii_lower(a.data[i]) - ascii_lower(b.data[i]);

		if (difference != 0)
			return difference;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

bool
slice_has_prefix(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && (n == 0 || memcmp(s.data, prefix, n) == 0);
}

bool
slice_has_prefix_ci(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s.len < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (ascii_lower(s.data[i]) !=
		    ascii_lower((unsigned char)prefix[i]))
			return false;
	return true;
}

bool
slice_equal_text_ci(struct slice s, const char *text)
{
	return s.len == strlen(text) && slice_has_prefix_ci(s, text);
}

bool
slice_is_ascii(struct slice s)
{
	unsigned char bits = 0;

	for (size_t i = 0; i < s.len; i++)
		bits |= s.data[i];
	return bits < 0x80;
}

struct slice
slice_trim(struct slice s)
{
	while (s.len > 0 && ascii_is_white(s.data[0]))
		s = slice_part(s, 1, s.len);
	while (s.len > 0 && ascii_is_white(s.data[s.len - 1]))
		s.len--;
	return s;
}

size_t
slice_find(struct slice s, unsigned char c, size_t from)
{
	const unsigned char *p;

	if (from >= s.len)
		return s.len;
	p = memchr(s.data + from, c, s.len - from);
	return p ? (size_t)(p - s.data) : s.len;
}

char *
slice_dup_text(struct slice s)
{
	return xstrndup((const char *)s.data, s.len);
}

void
slice_show(struct slice s, char *out, size_t size)
{
	size_t n = s.len < size ? s.len : size - 1;

	for (size_t i = 0; i < n; i++) {
		out[i] = (char)s.data[i];
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
	}
	out[n] = '\0';
}

void
slice_list_add(struct slice_list *list, struct slice s)
{
	assert(list->count < SLICE_LIST_MAX);
	list->at[list->count++] = s;
}

void
slice_list_add_all(struct slice_list *list, const struct slice_list *tail)
{
	for (size_t i = 0; i < tail->count; i++)
		slice_list_add(list, tail->at[i]);
}

size_t
slice_list_size(const struct slice_list *list)
{
	size_t size = 0;

	for (size_t i = 0; i < list->count; i++)
		size += list->at[i].len;
	return size;
}

size_t
slice_list_read(
    const struct slice_list *list, size_t from, void *out, size_t len)
{
	unsigned char *to = out;
	size_t done = 0;

	for (size_t i = 0; i < list->count && done < len; i++) {
		struct slice piece = list->at[i];
		size_t n;

		if (from >= piece.len) {
			from -= piece.len;
			continue;
		}
		n = piece.len - from < len - done ? piece.len - from
						  : len - done;
		memcpy(to + done, piece.data + from, n);
		done += n;
		from = 0;
	}
	return done;
}

/* Does needle stand at this offset of piece number i? */
static bool
list_has_at(
    const struct slice_list *list, size_t i, size_t offset, struct slice needle)
{
	for (; i < list->count && needle.len > 0; i++, offset = 0) {
		struct slice piece =
		    slice_part(list->at[i], offset, offset + needle.len);

		if (!slice_equal(piece, slice_part(needle, 0, piece.len)))
			return false;
		needle = slice_part(needle, piece.len, needle.len);
	}
	return needle.len == 0;
}

/* Offset in piece number i where needle begins, or the piece's length. */
static size_t
find_in_piece(
    const struct slice_list *list, size_t i, struct slice needle, size_t from)
{
	struct slice piece = slice_part(list->at[i], from, list->at[i].len);
	const unsigned char *p;

	p = piece.len < needle.len
		? NULL
		: memmem(piece.data, piece.len, needle.data, needle.len);
	if (p)
		return from + (size_t)(p - piece.data);
	/* Only what begins too near to the end to fit into this piece. */
	if (piece.len >= needle.len)
		from = list->at[i].len - needle.len + 1;
	for (; from < list->at[i].len; from++)
		if (list_has_at(list, i, from, needle))
			break;
	return from;
}

size_t
slice_list_find(const struct slice_list *list, struct slice needle, size_t from)
{
	size_t start = 0, at;

	for (size_t i = 0; i < list->count && needle.len > 0; i++) {
		size_t len = list->at[i].len;

		if (from < len) {
			at = find_in_piece(list, i, needle, from);
			if (at < len)
				return start + at;
		}
		start += len;
		from = from > len ? from - len : 0;
	}
	return slice_list_size(list);
}
