/*
 * mime_texture.c: see mime_texture.h.  RFC 5322 2.1.1, RFC 2045 2.7 and 2.8.
 *
 * Whole messages go through here, so the bytes are looked at in three sweeps
 * of simple loops (over words, by memchr, line by line), which is faster than
 * one of a clever one.  Pure functions, callable from any thread.
 */
#include "mail/mime_texture.h"

#include <stdint.h>
#include <string.h>

#include "base/limits.h"

/* Eight bytes at a time; what is left over, one by one. */
static bool
has_8bit(struct slice s)
{
	uint64_t word, all = 0;
	size_t i = 0;

	for (; s.len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s.data + i, sizeof(word));
		all |= word;
	}
	for (; i < s.len; i++)
		all |= s.data[i];
	return (all & UINT64_C(0x8080808080808080)) != 0;
}

/* A line without its line end. */
static void
scan_line(struct mime_texture *texture, struct slice line)
{
	unsigned char last;

	if (line.len == 0)
		return;
	last = line.data[line.len - 1];
	if (ascii_is_blank(last))
		texture->has_trailing_blank = true;
	if (line.len > LIMIT_LINE)
		texture->has_long_line = true;
	if (slice_find(line, '\r', 0) < line.len)
		texture->has_bare_cr_lf = true;
	if (line.data[0] == 'F' && slice_has_prefix(line, "From "))
		texture->has_from_line = true;
}

void
mime_texture_scan(struct mime_texture *texture, struct slice data)
{
	size_t lf, end;

	if (data.len == 0)
		return;
	if (has_8bit(data))
		texture->has_8bit = true;
	if (slice_find(data, '\0', 0) < data.len)
		texture->has_nul = true;
	for (size_t pos = 0; pos < data.len; pos = lf + 1) {
		end = lf = slice_find(data, '\n', pos);
		if (lf > pos && lf < data.len && data.data[lf - 1] == '\r')
			end--;
		else if (lf < data.len)
			texture->has_bare_cr_lf = true;
		scan_line(texture, slice_part(data, pos, end));
	}
}

void
mime_texture_add(struct mime_texture *sum, const struct mime_texture *texture)
{
	sum->has_8bit |= texture->has_8bit;
	sum->has_nul |= texture->has_nul;
	sum->has_bare_cr_lf |= texture->has_bare_cr_lf;
	sum->has_long_line |= texture->has_long_line;
	sum->has_trailing_blank |= texture->has_trailing_blank;
	sum->has_from_line |= texture->has_from_line;
}

bool
mime_texture_is_robust(const struct mime_texture *texture)
{
	return mime_texture_survives(texture) && !texture->has_trailing_blank &&
	       !texture->has_from_line;
}

bool
mime_texture_survives(const struct mime_texture *texture)
{
	return !texture->has_8bit && !texture->has_nul &&
	       !texture->has_bare_cr_lf && !texture->has_long_line;
}
