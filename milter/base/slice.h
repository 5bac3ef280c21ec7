/*
 * slice.h: a borrowed run of bytes.
 *
 * A slice owns nothing and ends nowhere but at its length: it may hold NUL,
 * and it is never a C string.  Whoever keeps a slice says how long the bytes
 * behind it live.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const unsigned char *data; /* may be NULL when len is 0 */
	size_t len;
};

/* A body in pieces, in order; what a message consists of before it is sent. */
#define SLICE_LIST_MAX 8
struct slice_list {
	struct slice at[SLICE_LIST_MAX];
	size_t count;
};

/* The bytes [data, data + len). */
struct slice slice_make(const void *data, size_t len);

/* The characters of a C string, without its NUL. */
struct slice slice_text(const char *text);

/* Bytes [from, to) of s; both are cut to its length. */
struct slice slice_part(struct slice s, size_t from, size_t to);

bool slice_equal(struct slice a, struct slice b);

/* Equal to a C string but for the case of ASCII letters. */
bool slice_equal_text_ci(struct slice s, const char *text);

/* Order but for the case of ASCII letters, a prefix first: below, at or over
 * 0. */
int slice_compare_ci(struct slice a, struct slice b);

bool slice_has_prefix(struct slice s, const char *prefix);
bool slice_has_prefix_ci(struct slice s, const char *prefix);

/* Has it no byte over 127? */
bool slice_is_ascii(struct slice s);

/* Without blanks, tabs, CR and LF at either end. */
struct slice slice_trim(struct slice s);

/* Offset of the first c at or after from, or s.len when there is none. */
size_t slice_find(struct slice s, unsigned char c, size_t from);

/* Length of the line end at pos: 2 for CR LF, 1 for LF alone, 0 for anything
 * else and at the end. */
static inline size_t
slice_line_end(struct slice s, size_t pos)
{
	if (pos < s.len && s.data[pos] == '\n')
		return 1;
	if (pos + 1 < s.len && s.data[pos] == '\r' && s.data[pos + 1] == '\n')
		return 2;
	return 0;
}

/* A copy as a C string (NULs in the slice stay); the caller frees it. */
char *slice_dup_text(struct slice s);

/* Foreign text for people: writes s as a C string of printable ASCII into
 * out[size], "?" for every other byte, cut to fit. */
void slice_show(struct slice s, char *out, size_t size);

/* Appends s to list.  More than SLICE_LIST_MAX pieces are our own mistake. */
void slice_list_add(struct slice_list *list, struct slice s);

/* Appends all of tail to list. */
void slice_list_add_all(struct slice_list *list, const struct slice_list *tail);

/* Bytes in all pieces together. */
size_t slice_list_size(const struct slice_list *list);

/* Copies at most len bytes, beginning at offset from of all pieces together;
 * returns how many there were. */
size_t slice_list_read(
    const struct slice_list *list, size_t from, void *out, size_t len);

/* Offset of the first needle at or after from, wherever the pieces meet, or
 * the size of the list when there is none.  An empty needle is nowhere. */
size_t slice_list_find(
    const struct slice_list *list, struct slice needle, size_t from);

/* ASCII only, whatever the locale. */
static inline unsigned char
ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

/* What a line may be folded at (RFC 5322 2.2.2: WSP). */
static inline bool
ascii_is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* A blank, or what lines and folds consist of. */
static inline bool
ascii_is_white(unsigned char c)
{
	return ascii_is_blank(c) || c == '\r' || c == '\n';
}

#endif
