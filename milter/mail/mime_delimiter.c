/*
 * mime_delimiter.c: see mime_delimiter.h.  RFC 2046 5.1.1.  Pure functions,
 * callable from any thread.
 */
#include "mail/mime_delimiter.h"

#include <string.h>

/* --- boundaries --- */

/* Printable and not ending in a blank, which would be padding.  Senders use
 * more characters than RFC 2046 5.1.1 grants. */
static bool
is_boundary(struct slice s)
{
	if (s.len == 0 || s.len > LIMIT_BOUNDARY || s.data[s.len - 1] == ' ')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < ' ' || s.data[i] > '~')
			return false;
	return true;
}

/* Could one line be a delimiter of both? */
static bool
boundaries_clash(struct slice a, struct slice b)
{
	struct slice longer = a.len > b.len ? a : b;
	struct slice shorter = a.len > b.len ? b : a;

	return slice_equal(a, b) ||
	       (longer.len == shorter.len + 2 &&
		   slice_equal(slice_part(longer, 0, shorter.len), shorter) &&
		   slice_equal(slice_part(longer, shorter.len, longer.len),
		       slice_text("--")));
}

bool
mime_frames_open(
    struct mime_frames *frames, struct mime_part *part, struct slice boundary)
{
	if (!is_boundary(boundary))
		return false;
	for (size_t i = 0; i < frames->count; i++)
		if (!frames->at[i].closed &&
		    boundaries_clash(frames->at[i].boundary, boundary))
			return false;
	frames->at[frames->count++] =
	    (struct mime_frame){.part = part, .boundary = boundary};
	return true;
}

/* --- lines --- */

/* A line of the body: [start, end) without its line end. */
struct line {
	size_t start;
	size_t end;
	size_t next;
	bool is_crlf; /* ended by CRLF, or by the end of the body */
};

static struct line
read_line(struct slice s, size_t start)
{
	size_t lf = slice_find(s, '\n', start);
	struct line line = {start, lf, lf, true};

	if (lf == s.len)
		return line;
	line.next = lf + 1;
	line.is_crlf = lf > start && s.data[lf - 1] == '\r';
	if (line.is_crlf)
		line.end--;
	return line;
}

enum match {
	MATCH_NONE,
	MATCH_PREFIX, /* begins like one, which is enough for Postfix */
	MATCH_DELIMITER,
	MATCH_CLOSE
};

/* line begins "--" and has no padding. */
static enum match
match_line(struct slice line, struct slice boundary)
{
	const unsigned char *text = line.data + 2;
	size_t len = line.len - 2;

	if (len < boundary.len ||
	    memcmp(text, boundary.data, boundary.len) != 0)
		return MATCH_NONE;
	if (len == boundary.len)
		return MATCH_DELIMITER;
	if (len == boundary.len + 2 && memcmp(text + len - 2, "--", 2) == 0)
		return MATCH_CLOSE;
	return MATCH_PREFIX;
}

/* "--" boundary ["--"] padding, of an open multipart. */
static bool
match_open(struct mime_frames *f, struct slice text, struct mime_delimiter *d)
{
	enum match match;

	if (text.len < 2 || text.data[0] != '-' || text.data[1] != '-')
		return false;
	while (ascii_is_blank(text.data[text.len - 1]))
		text.len--;
	for (size_t i = f->count; i-- > 0;) {
		d->frame = &f->at[i];
		match = d->frame->closed ? MATCH_NONE
					 : match_line(text, d->frame->boundary);
		if (match == MATCH_PREFIX)
			d->frame->disputed = true;
		d->close = match == MATCH_CLOSE;
		if (match > MATCH_PREFIX)
			return true;
	}
	return false;
}

/* A bare CR is a line end to some programs. */
static void
find_disputed(struct mime_frames *f, struct slice text)
{
	struct mime_delimiter d;
	size_t start = 0, end;

	while (start < text.len) {
		end = slice_find(text, '\r', start);
		if (match_open(f, slice_part(text, start, end), &d))
			d.frame->disputed = true;
		start = end + 1;
	}
}

/* RFC 2046 5.1.1: CRLF, then what match_open wants, then CRLF. */
static bool
is_delimiter(
    struct mime_frames *f, const struct line *line, struct mime_delimiter *d)
{
	struct slice text = slice_part(f->body, line->start, line->end);
	bool begins =
	    line->start == 0 ||
	    (line->start >= 2 && f->body.data[line->start - 2] == '\r');

	if (slice_find(text, '\r', 0) < text.len) {
		find_disputed(f, text);
		return false;
	}
	if (!match_open(f, text, d))
		return false;
	if (!begins || !line->is_crlf)
		d->frame->disputed = true;
	return begins && line->is_crlf;
}

bool
mime_delimiter_find(
    struct mime_frames *frames, size_t pos, struct mime_delimiter *out)
{
	struct mime_delimiter delimiter;
	struct line line;

	while (pos < frames->body.len) {
		line = read_line(frames->body, pos);
		if (is_delimiter(frames, &line, &delimiter)) {
			*out = delimiter;
			out->start = line.start;
			out->next = line.next;
			return true;
		}
		pos = line.next;
	}
	return false;
}

size_t
mime_delimiter_header_end(struct mime_frames *frames, size_t start)
{
	struct mime_delimiter unused;
	struct line line;
	size_t pos = start;

	while (pos < frames->body.len) {
		line = read_line(frames->body, pos);
		if (is_delimiter(frames, &line, &unused))
			return pos;
		pos = line.next;
		if (line.end == line.start)
			break;
	}
	return pos;
}
