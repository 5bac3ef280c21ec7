/*
 * edits.c: see edits.h.
 *
 * The recipe is what Postfix and Sendmail agree on: fields of one name are
 * deleted from the highest index down to 2, and the first one is changed in
 * place, which adds it where there is none.  A value that is only changed
 * keeps its place in the header.
 */
#include "gateway/edits.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

void
edits_init(struct edits *e)
{
	memset(e, 0, sizeof(*e));
}

void
edits_cut(struct edits *e, size_t count)
{
	while (e->header_count > count) {
		struct header_edit *last = &e->headers[--e->header_count];

		free(last->name);
		free(last->value);
	}
}

void
edits_fini(struct edits *e)
{
	edits_cut(e, 0);
	free(e->headers);
	for (size_t i = 0; i < e->recipient_count; i++)
		free(e->recipients[i]);
	free(e->recipients);
	for (size_t i = 0; i < e->restored_count; i++) {
		free(e->restored[i].path);
		free(e->restored[i].parameters);
	}
	free(e->restored);
	free(e->hold);
	edits_init(e);
}

void
edits_set_header(
    struct edits *e, const char *name, unsigned index, const char *value)
{
	if (e->header_count == e->header_size) {
		e->header_size = e->header_size ? 2 * e->header_size : 8;
		e->headers = xreallocarray(
		    e->headers, e->header_size, sizeof(*e->headers));
	}
	e->headers[e->header_count++] = (struct header_edit){
	    .name = xstrdup(name),
	    .index = index,
	    .value = value ? xstrdup(value) : NULL,
	};
}

void
edits_change_header(
    struct edits *e, const char *name, unsigned index, const char *value)
{
	for (size_t i = 0; i < e->header_count; i++) {
		struct header_edit *edit = &e->headers[i];

		if (edit->index != index || strcasecmp(edit->name, name) != 0)
			continue;
		free(edit->value);
		edit->value = value ? xstrdup(value) : NULL;
		return;
	}
	edits_set_header(e, name, index, value);
}

void
edits_insert_top(struct edits *e, const char *name, const char *value)
{
	edits_set_header(e, name, 0, value);
}

void
edits_remove_recipient(struct edits *e, const char *path)
{
	if (e->recipient_count == e->recipient_size) {
		e->recipient_size =
		    e->recipient_size ? 2 * e->recipient_size : 8;
		e->recipients = xreallocarray(
		    e->recipients, e->recipient_size, sizeof(char *));
	}
	e->recipients[e->recipient_count++] = xstrdup(path);
}

void
edits_restore_recipient(
    struct edits *e, const char *path, const char *parameters)
{
	e->restored = xreallocarray(
	    e->restored, e->restored_count + 1, sizeof(*e->restored));
	e->restored[e->restored_count++] = (struct restored_recipient){
	    .path = xstrdup(path), .parameters = xstrdup(parameters)};
}

/* Sendmail writes it as a line of its queue file, whatever is in it. */
void
edits_hold(struct edits *e, const char *why)
{
	size_t len = strnlen(why, LIMIT_HOLD_TEXT);

	free(e->hold);
	e->hold = xmalloc(len + 1);
	memset(e->hold, '?', len);
	for (size_t i = 0; i < len; i++)
		if (why[i] >= ' ' && why[i] < 0x7f)
			e->hold[i] = why[i];
	e->hold[len] = '\0';
}

bool
edits_are_empty(const struct edits *e)
{
	return e->header_count == 0 && e->recipient_count == 0 &&
	       e->restored_count == 0 && !e->replace_body && !e->hold;
}

/* By name, fields of one name in their order in the message. */
static int
compare_fields(const void *a, const void *b)
{
	const struct header_field *const *x = a, *const *y = b;
	int difference = slice_compare_ci((*x)->name, (*y)->name);

	if (difference != 0)
		return difference;
	return *x < *y ? -1 : *x > *y;
}

/* --- another entity --- */

/* A field of the entity that the message is to carry. */
struct carried {
	struct slice name;
	char *value;
	bool is_set; /* in the place of one that was there */
};

struct carriage {
	struct carried *fields; /* in their order */
	struct carried **by_name;
	size_t count;
};

static void
carriage_init(struct carriage *c, size_t size)
{
	c->fields = xcalloc(size + 1, sizeof(*c->fields));
	c->by_name = xcalloc(size + 1, sizeof(struct carried *));
	c->count = 0;
}

static void
carriage_fini(struct carriage *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->fields[i].value);
	free(c->fields);
	free(c->by_name);
}

/* Takes value. */
static void
carriage_add(struct carriage *c, struct slice name, char *value)
{
	c->fields[c->count++] = (struct carried){.name = name, .value = value};
}

static int
compare_carried(const void *a, const void *b)
{
	const struct carried *const *x = a, *const *y = b;

	return slice_compare_ci((*x)->name, (*y)->name);
}

static void
carriage_sort(struct carriage *c)
{
	for (size_t i = 0; i < c->count; i++)
		c->by_name[i] = &c->fields[i];
	if (c->count > 0)
		qsort(c->by_name, c->count, sizeof(struct carried *),
		    compare_carried);
}

/* The value that a field of this name gets, NULL when it has to go. */
static const char *
carriage_take(struct carriage *c, struct slice name)
{
	struct carried key = {.name = name}, *wanted = &key, **found;

	found = c->count > 0 ? bsearch(&wanted, c->by_name, c->count,
				   sizeof(struct carried *), compare_carried)
			     : NULL;
	if (!found)
		return NULL;
	(*found)->is_set = true;
	return (*found)->value;
}

/* All fields of one name, of which there are count. */
static void
set_name(struct edits *e, const char *name, size_t count, const char *value)
{
	for (size_t index = count; index > 1; index--)
		edits_set_header(e, name, (unsigned)index, NULL);
	if (value || count > 0)
		edits_set_header(e, name, 1, value);
}

void
edits_delete_fields(
    struct edits *e, const struct header *header, const char *name)
{
	set_name(e, name, header_count(header, name), NULL);
}

/* The Content-* fields that the message has, name by name. */
static void
set_present(struct edits *e, const struct header *header, struct carriage *c)
{
	const struct header_field **fields;
	size_t count = 0, next;

	fields = xcalloc(header->count + 1, sizeof(struct header_field *));
	for (size_t i = 0; i < header->count; i++)
		if (header_field_is_content(&header->fields[i]))
			fields[count++] = &header->fields[i];
	qsort(fields, count, sizeof(struct header_field *), compare_fields);
	for (size_t i = 0; i < count; i = next) {
		char *name = slice_dup_text(fields[i]->name);

		next = i + 1;
		while (next < count && slice_compare_ci(fields[i]->name,
					   fields[next]->name) == 0)
			next++;
		set_name(e, name, next - i, carriage_take(c, fields[i]->name));
		free(name);
	}
	free(fields);
}

static void
set_absent(struct edits *e, const struct carriage *c)
{
	for (size_t i = 0; i < c->count; i++) {
		char *name;

		if (c->fields[i].is_set)
			continue;
		name = slice_dup_text(c->fields[i].name);
		set_name(e, name, 0, c->fields[i].value);
		free(name);
	}
}

static void
set_mime_version(struct edits *e, const struct header *header)
{
	const struct header_field *field =
	    header_find(header, "MIME-Version", 0);
	size_t count = header_count(header, "MIME-Version");

	if (count == 1 &&
	    slice_equal(slice_trim(field->body), slice_text("1.0")))
		return;
	set_name(e, "MIME-Version", count, " 1.0");
}

static void
carry(struct edits *e, const struct header *header, struct carriage *c,
    const struct slice_list *body)
{
	carriage_sort(c);
	set_mime_version(e, header);
	set_present(e, header, c);
	set_absent(e, c);
	e->replace_body = true;
	e->body = *body;
	carriage_fini(c);
}

void
edits_carry(struct edits *e, const struct header *header,
    const struct smime_entity *entity)
{
	struct carriage c;

	carriage_init(&c, 3);
	carriage_add(&c, slice_text("Content-Type"),
	    slice_dup_text(buf_slice(&entity->content_type)));
	if (entity->transfer_encoding)
		carriage_add(&c, slice_text("Content-Transfer-Encoding"),
		    xasprintf(" %s", entity->transfer_encoding));
	if (entity->disposition.len > 0)
		carriage_add(&c, slice_text("Content-Disposition"),
		    slice_dup_text(buf_slice(&entity->disposition)));
	carry(e, header, &c, &entity->body);
}

/* The next line of text, without its end; text becomes what follows. */
static struct slice
next_line(struct slice *text)
{
	size_t end = slice_find(*text, '\n', 0);
	struct slice line = slice_part(*text, 0, end);

	*text = slice_part(*text, end + 1, text->len);
	while (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

char *
edits_value(struct slice body)
{
	struct slice rest = slice_trim(body);
	struct buf text;
	char *value;

	if (rest.len == 0)
		return NULL;
	buf_init(&text, EDITS_HEADER_MAX);
	while (rest.len > 0) {
		struct slice line = next_line(&rest);

		if (slice_trim(line).len == 0)
			continue;
		buf_add_text(&text, text.len > 0 ? "\n" : " ");
		buf_add(&text, line.data, line.len);
	}
	value = slice_dup_text(buf_slice(&text));
	buf_fini(&text);
	return value;
}

/* The first of its name? */
static bool
is_first(const struct header *header, const struct header_field *field)
{
	for (const struct header_field *f = header->fields; f < field; f++)
		if (slice_compare_ci(f->name, field->name) == 0)
			return false;
	return true;
}

void
edits_carry_fields(struct edits *e, const struct header *header,
    const struct header *content, struct slice body)
{
	struct slice_list list = {.count = 0};
	struct carriage c;

	carriage_init(&c, content->count);
	for (size_t i = 0; i < content->count; i++) {
		const struct header_field *field = &content->fields[i];
		char *value;

		if (!header_field_is_content(field) ||
		    !is_first(content, field))
			continue;
		value = edits_value(field->body);
		if (value)
			carriage_add(&c, field->name, value);
	}
	slice_list_add(&list, body);
	carry(e, header, &c, &list);
}
