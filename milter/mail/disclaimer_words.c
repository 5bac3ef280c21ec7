/*
 * disclaimer_words.c: see disclaimer_words.h.  RFC 3676 4.2 to 4.4.
 *
 * The empty line between the old text and ours also ends a paragraph of
 * flowed text, which would swallow our first line.  Pure functions, callable
 * from any thread.
 */
#include "mail/disclaimer_words.h"

#include "mail/charset.h"

/* "&#1114111;" for four bytes, "&#2047;" for two. */
#define GROWTH 4

static void
add_line_end(const struct words_opts *opts, struct buf *out)
{
	buf_add_text(out, opts->lf ? "\n" : "\r\n");
}

/* Without its line end. */
static struct slice
line_at(struct slice s, size_t pos, size_t *next)
{
	size_t end = slice_find(s, '\n', pos);

	*next = end < s.len ? end + 1 : end;
	if (end > pos && s.data[end - 1] == '\r')
		end--;
	return slice_part(s, pos, end);
}

static bool
ends_line(struct slice s)
{
	return s.len > 0 && s.data[s.len - 1] == '\n';
}

/* Is its last line an empty one? */
static bool
ends_with_empty_line(struct slice s)
{
	if (!ends_line(s))
		return false;
	s.len--;
	if (s.len > 0 && s.data[s.len - 1] == '\r')
		s.len--;
	return s.len == 0 || ends_line(s);
}

/* A blank at its end would make it flow, but in the separator of a signature;
 * what begins like a quotation or a stuffed line is stuffed. */
static void
add_flowed(struct slice line, struct buf *out)
{
	if (!slice_equal(line, slice_text("-- ")))
		while (line.len > 0 && line.data[line.len - 1] == ' ')
			line.len--;
	if (slice_has_prefix(line, " ") || slice_has_prefix(line, ">") ||
	    slice_has_prefix(line, "From "))
		buf_add_char(out, ' ');
	buf_add_slice(out, line);
}

void
words_of_text(struct slice text, struct slice lines,
    const struct words_opts *opts, struct buf *out)
{
	struct slice line;
	size_t next;

	buf_init(out, 2 * lines.len + 8);
	if (text.len > 0 && !ends_line(text))
		add_line_end(opts, out);
	if (text.len > 0 && !ends_with_empty_line(text))
		add_line_end(opts, out);
	for (size_t pos = 0; pos < lines.len; pos = next) {
		line = line_at(lines, pos, &next);
		if (opts->flowed)
			add_flowed(line, out);
		else
			buf_add_slice(out, line);
		add_line_end(opts, out);
	}
}

/* The code point of a character of UTF-8, not below 128. */
static unsigned long
code_of(struct slice c)
{
	unsigned long code = c.data[0] & (0x7fu >> c.len);

	for (size_t i = 1; i < c.len; i++)
		code = code << 6 | (c.data[i] & 0x3f);
	return code;
}

static void
add_html(struct slice line, bool references, struct buf *out)
{
	size_t n;

	for (size_t i = 0; i < line.len; i += n) {
		struct slice c = slice_part(line, i, line.len);

		n = charset_utf8_length(c);
		n = n > 0 ? n : 1;
		c.len = n;
		if (references && n > 1)
			buf_addf(out, "&#%lu;", code_of(c));
		else
			buf_add_slice(out, c);
	}
}

void
words_of_html(struct slice before, struct slice html,
    const struct words_opts *opts, struct buf *out)
{
	size_t next;

	buf_init(out, GROWTH * html.len + 8);
	if (before.len > 0 && !ends_line(before))
		add_line_end(opts, out);
	for (size_t pos = 0; pos < html.len; pos = next) {
		add_html(line_at(html, pos, &next), opts->references, out);
		add_line_end(opts, out);
	}
}
