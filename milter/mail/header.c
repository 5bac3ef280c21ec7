/*
 * header.c: see header.h.  RFC 5322 2.2 and its obsolete forms.
 *
 * Nothing is corrected while reading: spelling, folds and odd bytes stay as
 * they came, and all work is linear in the bytes.  A header belongs to one
 * thread.
 */
#include "mail/header.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

#define BYTES_MAX ((size_t)LIMIT_HEADER_BYTES)
/* The arena rounds each copy up. */
#define COPY_OVERHEAD ((size_t)16)

void
header_init(struct header *h)
{
	*h = (struct header){0};
	arena_init(&h->arena, BYTES_MAX + LIMIT_HEADER_FIELDS * COPY_OVERHEAD);
}

void
header_fini(struct header *h)
{
	free(h->fields);
	arena_fini(&h->arena);
	header_init(h);
}

static bool
has_room(const struct header *h, size_t len)
{
	return h->count < LIMIT_HEADER_FIELDS && len <= BYTES_MAX - h->bytes;
}

static void
append(struct header *h, struct slice name, struct slice body)
{
	if (h->count == h->size) {
		h->size = h->size ? 2 * h->size : 8;
		h->fields =
		    xreallocarray(h->fields, h->size, sizeof(*h->fields));
	}
	h->fields[h->count++] = (struct header_field){name, body};
	h->bytes += name.len + body.len;
}

int
header_add(
    struct header *h, struct slice name, struct slice body, struct err *err)
{
	size_t len = name.len + body.len;
	unsigned char *copy;

	copy = has_room(h, len) ? arena_alloc(&h->arena, len) : NULL;
	if (!copy) {
		h->over_limit = true;
		return err_set(err, ERR_PERMANENT,
		    "header larger than %u fields or %zu bytes",
		    LIMIT_HEADER_FIELDS, BYTES_MAX);
	}
	if (name.len > 0)
		memcpy(copy, name.data, name.len);
	if (body.len > 0)
		memcpy(copy + name.len, body.data, body.len);
	append(h, slice_make(copy, name.len),
	    slice_make(copy + name.len, body.len));
	return 0;
}

/* The name of the field at pos and the offset of its colon; false when the
 * line is no field.  Blanks before the colon are obsolete (RFC 5322 4.5). */
static bool
read_name(struct slice raw, size_t pos, struct slice *name, size_t *colon)
{
	size_t end = pos;

	while (end < raw.len && raw.data[end] > ' ' && raw.data[end] < 0x7f &&
	       raw.data[end] != ':')
		end++;
	*name = slice_part(raw, pos, end);
	while (end < raw.len && ascii_is_blank(raw.data[end]))
		end++;
	*colon = end;
	return name->len > 0 && end < raw.len && raw.data[end] == ':';
}

/* The body that starts at pos, with its folds; *next is behind its final
 * line end. */
static struct slice
read_body(struct slice raw, size_t pos, size_t *next)
{
	size_t end = slice_find(raw, '\n', pos);

	while (end + 1 < raw.len && ascii_is_blank(raw.data[end + 1]))
		end = slice_find(raw, '\n', end + 1);
	*next = end < raw.len ? end + 1 : raw.len;
	if (end < raw.len && end > pos && raw.data[end - 1] == '\r')
		end--;
	return slice_part(raw, pos, end);
}

size_t
header_parse(struct header *h, struct slice raw, bool *complete)
{
	struct slice name, body;
	size_t pos = 0, colon, next, empty_line;

	*complete = false;
	while (pos < raw.len) {
		empty_line = slice_line_end(raw, pos);
		if (empty_line > 0) {
			*complete = true;
			return pos + empty_line;
		}
		if (!read_name(raw, pos, &name, &colon))
			break;
		body = read_body(raw, colon + 1, &next);
		if (has_room(h, name.len + body.len))
			append(h, name, body);
		else
			h->over_limit = true;
		pos = next;
	}
	return pos;
}

const struct header_field *
header_find(const struct header *h, const char *name, size_t nth)
{
	for (size_t i = 0; i < h->count; i++)
		if (slice_equal_text_ci(h->fields[i].name, name) && nth-- == 0)
			return &h->fields[i];
	return NULL;
}

size_t
header_count(const struct header *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->count; i++)
		n += slice_equal_text_ci(h->fields[i].name, name);
	return n;
}

bool
header_field_is_content(const struct header_field *field)
{
	return slice_has_prefix_ci(field->name, "Content-");
}

/* Writes the line end at pos of body in a way that cannot start a new field
 * or end the header; returns the bytes it took. */
static size_t
write_fold(struct slice body, size_t pos, struct buf *out)
{
	size_t len = slice_line_end(body, pos), next = pos + len;

	if (next == body.len || slice_line_end(body, next) > 0)
		return len;
	buf_add_text(out, ascii_is_blank(body.data[next]) ? "\r\n" : "\r\n\t");
	return len;
}

void
header_field_write(const struct header_field *field, struct buf *out)
{
	struct slice body = field->body;
	size_t pos = 0, run;

	buf_add_slice(out, field->name);
	buf_add_char(out, ':');
	while (pos < body.len) {
		for (run = pos; run < body.len; run++)
			if (strchr("\r\n", body.data[run])) /* or NUL */
				break;
		buf_add_slice(out, slice_part(body, pos, run));
		pos = run;
		if (slice_line_end(body, pos) > 0)
			pos += write_fold(body, pos, out);
		else
			pos++;
	}
	buf_add_text(out, "\r\n");
}

char *
header_field_unfold(const struct header_field *field)
{
	struct slice body = slice_trim(field->body);
	char *text = xmalloc(body.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = body.data[i];

		if (c == '\0')
			continue;
		if (c != '\r' && c != '\n' && !ascii_is_blank(c))
			text[len++] = (char)c;
		else if (len > 0 && text[len - 1] != ' ')
			text[len++] = ' ';
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	return text;
}
