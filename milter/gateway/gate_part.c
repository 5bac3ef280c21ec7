/* gate_part.c: see gate_part.h.  RFC 2046 5.1, RFC 2387.  Any thread. */
#include "gateway/gate_part.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/limits.h"

/* --- entities --- */

static void
read_type(struct gate_part *p)
{
	struct slice field = gate_part_field(p, "Content-Type");

	p->has_type = field.data != NULL;
	mime_type_parse(
	    &p->type, p->has_type ? field : slice_text(" text/plain"));
}

void
gate_part_read(struct gate_part *p, struct slice raw)
{
	size_t body;

	header_init(&p->header);
	body = header_parse(&p->header, raw, &p->is_ended);
	p->body = slice_part(raw, body, raw.len);
	read_type(p);
}

/* Over a limit fields are missing, and will be missed. */
void
gate_part_of_message(
    struct gate_part *p, const struct header *header, struct slice body)
{
	struct err ignored;

	header_init(&p->header);
	for (size_t i = 0; i < header->count; i++)
		if (header_field_is_content(&header->fields[i]) &&
		    header_add(&p->header, header->fields[i].name,
			header->fields[i].body, &ignored) < 0)
			break;
	p->body = body;
	p->is_ended = true;
	read_type(p);
}

void
gate_part_fini(struct gate_part *p)
{
	mime_type_fini(&p->type);
	header_fini(&p->header);
}

struct slice
gate_part_field(const struct gate_part *p, const char *name)
{
	const struct header_field *field = header_find(&p->header, name, 0);

	if (!field)
		return (struct slice){NULL, 0};
	return field->body.data ? field->body : slice_text("");
}

/* --- parts --- */

/* A delimiter line: from the CRLF before it to behind its own. */
struct delimiter {
	size_t start, next;
	bool is_last;
};

/* What stands behind the boundary; false: it is another one. */
static bool
ends_line(struct slice body, size_t at, struct delimiter *d)
{
	if (at + 2 <= body.len && memcmp(body.data + at, "--", 2) == 0) {
		d->is_last = true;
		at += 2;
	}
	while (at < body.len && (body.data[at] == ' ' || body.data[at] == '\t'))
		at++;
	d->next = at;
	if (at == body.len)
		return true;
	d->next = at + 2;
	return at + 2 <= body.len && memcmp(body.data + at, "\r\n", 2) == 0;
}

static bool
is_delimiter(
    struct slice body, size_t line, struct slice dash, struct delimiter *d)
{
	*d = (struct delimiter){.start = line >= 2 ? line - 2 : line};
	return body.len - line >= dash.len &&
	       memcmp(body.data + line, dash.data, dash.len) == 0 &&
	       ends_line(body, line + dash.len, d);
}

/* Where the next line after a CRLF begins; body.len: nowhere. */
static size_t
next_line(struct slice body, size_t from)
{
	size_t lf = slice_find(body, '\n', from);

	while (lf < body.len && (lf == 0 || body.data[lf - 1] != '\r'))
		lf = slice_find(body, '\n', lf + 1);
	return lf < body.len ? lf + 1 : body.len;
}

/* The next delimiter line from line on, which begins one. */
static bool
find_delimiter(
    struct slice body, size_t line, struct slice dash, struct delimiter *d)
{
	for (; line < body.len; line = next_line(body, line))
		if (body.data[line] == '-' && is_delimiter(body, line, dash, d))
			return true;
	return false;
}

static void
add_child(struct gate_children *c, struct slice glue, struct slice part)
{
	if (c->count + 1 >= c->size) {
		c->size = c->size ? 2 * c->size : 8;
		c->parts = xreallocarray(c->parts, c->size, sizeof(*c->parts));
		c->glue = xreallocarray(c->glue, c->size, sizeof(*c->glue));
	}
	c->parts[c->count] = part;
	c->glue[c->count++] = glue;
}

static int
read_children(struct gate_children *c, struct slice body, struct slice dash)
{
	struct delimiter d, next;
	size_t before = 0;

	if (!find_delimiter(body, 0, dash, &d) || d.is_last)
		return -1;
	do {
		if (!find_delimiter(body, d.next, dash, &next))
			return -1;
		/* Without anything between them a line end serves both. */
		if (next.start < d.next)
			next.start = d.next;
		add_child(c, slice_part(body, before, d.next),
		    slice_part(body, d.next, next.start));
		before = next.start;
		d = next;
	} while (!next.is_last);
	c->glue[c->count] = slice_part(body, before, body.len);
	return 0;
}

int
gate_children_read(struct gate_children *c, const struct gate_part *p)
{
	const char *boundary = mime_type_param(&p->type, "boundary");
	char *dash;
	int rc;

	*c = (struct gate_children){.count = 0};
	if (!boundary || !*boundary)
		return -1;
	dash = xasprintf("--%s", boundary);
	rc = read_children(c, p->body, slice_text(dash));
	free(dash);
	return rc;
}

void
gate_children_fini(struct gate_children *c)
{
	free(c->parts);
	free(c->glue);
}

/* --- who has text --- */

static bool
is_attachment(const struct gate_part *p)
{
	struct slice field = gate_part_field(p, "Content-Disposition");
	const char *name = mime_type_param(&p->type, "name");
	bool found = name && *name && strcmp(p->type.type, "multipart") != 0;
	struct mime_type d;

	if (!field.data || found)
		return found;
	mime_disposition_parse(&d, field);
	name = mime_type_param(&d, "filename");
	found = mime_type_is(&d, "attachment", NULL) || (name && *name);
	mime_type_fini(&d);
	return found;
}

static bool
is_multipart(const struct gate_part *p, const char *subtype)
{
	return mime_type_is(&p->type, "multipart", subtype);
}

static bool
has_no_text(const struct gate_part *p)
{
	static const char *const names[] = {
	    "report", "digest", "signed", "encrypted", "appledouble"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (is_multipart(p, names[i]))
			return true;
	return false;
}

/* RFC 2387 3.2 */
static size_t
find_root(const struct gate_children *c, const struct gate_part *p)
{
	const char *start = mime_type_param(&p->type, "start");

	for (size_t i = 0; start && i < c->count; i++) {
		struct slice wanted = slice_trim(slice_text(start));
		struct gate_part child;
		bool is;

		gate_part_read(&child, c->parts[i]);
		is = slice_equal(
		    slice_trim(gate_part_field(&child, "Content-ID")), wanted);
		gate_part_fini(&child);
		if (is)
			return i;
	}
	return 0;
}

bool
gate_part_may_be_text(const struct gate_part *p, unsigned depth)
{
	if (is_multipart(p, NULL))
		return !has_no_text(p) && (depth == 0 || !is_attachment(p));
	return !is_attachment(p) && (mime_type_is(&p->type, "text", "plain") ||
					mime_type_is(&p->type, "text", "html"));
}

static bool
has_text(struct slice raw, unsigned depth)
{
	struct gate_children c;
	struct gate_part p;
	size_t i = 0;
	bool has;

	gate_part_read(&p, raw);
	has = depth <= LIMIT_MIME_DEPTH && gate_part_may_be_text(&p, depth);
	if (has && is_multipart(&p, NULL)) {
		has = gate_children_read(&c, &p) == 0;
		if (has && is_multipart(&p, "related"))
			i = find_root(&c, &p);
		while (has && i < c.count && !has_text(c.parts[i], depth + 1))
			i = is_multipart(&p, "related") ? c.count : i + 1;
		has = has && i < c.count;
		gate_children_fini(&c);
	}
	gate_part_fini(&p);
	return has;
}

/* Those before it are looked into, which it is not: so each byte is looked at
 * once in each depth. */
bool
gate_children_is_text(const struct gate_children *c, const struct gate_part *p,
    unsigned depth, size_t i)
{
	if (is_multipart(p, "alternative"))
		return true;
	if (is_multipart(p, "related"))
		return find_root(c, p) == i;
	for (size_t k = 0; k < i; k++)
		if (has_text(c->parts[k], depth + 1))
			return false;
	return true;
}
