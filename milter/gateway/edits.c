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

#include "base/alloc.h"

void
edits_init(struct edits *e)
{
	memset(e, 0, sizeof(*e));
}

void
edits_fini(struct edits *e)
{
	for (size_t i = 0; i < e->header_count; i++) {
		free(e->headers[i].name);
		free(e->headers[i].value);
	}
	free(e->headers);
	for (size_t i = 0; i < e->recipient_count; i++)
		free(e->recipients[i]);
	free(e->recipients);
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

bool
edits_are_empty(const struct edits *e)
{
	return e->header_count == 0 && e->recipient_count == 0 &&
	       !e->replace_body;
}

static int
compare_names(struct slice a, struct slice b)
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

/* By name, fields of one name in their order in the message. */
static int
compare_fields(const void *a, const void *b)
{
	const struct header_field *const *x = a, *const *y = b;
	int difference = compare_names((*x)->name, (*y)->name);

	if (difference != 0)
		return difference;
	return *x < *y ? -1 : *x > *y;
}

/* The value that a field of this name gets, NULL when it has to go. */
static char *
value_of(const struct smime_entity *entity, const char *name)
{
	struct slice name_slice = slice_text(name);

	if (slice_equal_text_ci(name_slice, "Content-Type"))
		return slice_dup_text(buf_slice(&entity->content_type));
	if (slice_equal_text_ci(name_slice, "Content-Transfer-Encoding") &&
	    entity->transfer_encoding)
		return xasprintf(" %s", entity->transfer_encoding);
	if (slice_equal_text_ci(name_slice, "Content-Disposition") &&
	    entity->disposition.len > 0)
		return slice_dup_text(buf_slice(&entity->disposition));
	return NULL;
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
set_present(struct edits *e, const struct header *header,
    const struct smime_entity *entity)
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
		char *value = value_of(entity, name);

		next = i + 1;
		while (next < count &&
		       compare_names(fields[i]->name, fields[next]->name) == 0)
			next++;
		set_name(e, name, next - i, value);
		free(value);
		free(name);
	}
	free(fields);
}

static void
set_absent(struct edits *e, const struct header *header,
    const struct smime_entity *entity)
{
	static const char *const names[] = {
	    "Content-Type", "Content-Transfer-Encoding", "Content-Disposition"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *value;

		if (header_count(header, names[i]) > 0)
			continue;
		value = value_of(entity, names[i]);
		set_name(e, names[i], 0, value);
		free(value);
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

void
edits_carry(struct edits *e, const struct header *header,
    const struct smime_entity *entity)
{
	set_mime_version(e, header);
	set_present(e, header, entity);
	set_absent(e, header, entity);
	e->replace_body = true;
	e->body = entity->body;
}

/* --- the header afterwards --- */

/* A field, and what has become of it. */
struct played {
	struct header_field field;
	bool deleted;
};

struct play {
	struct played *at;
	size_t count;
	struct played **by_name; /* of the fields that were there before */
	size_t original;
};

static int
compare_played(const void *a, const void *b)
{
	const struct played *const *x = a, *const *y = b;
	int difference = compare_names((*x)->field.name, (*y)->field.name);

	if (difference != 0)
		return difference;
	return *x < *y ? -1 : *x > *y;
}

static int
compare_name_to_played(const void *key, const void *element)
{
	const struct slice *name = key;
	const struct played *const *p = element;

	return compare_names(*name, (*p)->field.name);
}

/* The field of that name and index as they were counted before the edits:
 * because deletions run from the highest index down that is also what
 * Postfix counts.  NULL: there is none. */
static struct played *
find_original(const struct play *p, struct slice name, unsigned index)
{
	struct played **found = bsearch(&name, p->by_name, p->original,
	    sizeof(struct played *), compare_name_to_played);
	size_t at;

	if (!found)
		return NULL;
	at = (size_t)(found - p->by_name);
	while (
	    at > 0 && compare_names(name, p->by_name[at - 1]->field.name) == 0)
		at--;
	at += index - 1;
	if (at >= p->original ||
	    compare_names(name, p->by_name[at]->field.name) != 0)
		return NULL;
	return p->by_name[at];
}

/* Those that are inserted, the last one first. */
static void
write_inserted(const struct edits *e, struct buf *out)
{
	for (size_t i = e->header_count; i > 0; i--) {
		const struct header_edit *edit = &e->headers[i - 1];
		struct header_field field = {.name = slice_text(edit->name)};

		if (edit->index > 0)
			continue;
		field.body = slice_text(edit->value);
		header_field_write(&field, out);
	}
}

static void
play(struct play *p, const struct header_edit *edit)
{
	struct played *field =
	    find_original(p, slice_text(edit->name), edit->index);

	if (!edit->value) {
		if (field)
			field->deleted = true;
		return;
	}
	if (!field) {
		field = &p->at[p->count++];
		field->field.name = slice_text(edit->name);
	}
	field->field.body = slice_text(edit->value);
}

void
edits_write_header(
    const struct edits *e, const struct header *header, struct buf *out)
{
	struct play p = {.count = header->count, .original = header->count};

	p.at = xcalloc(header->count + e->header_count + 1, sizeof(*p.at));
	p.by_name = xcalloc(header->count + 1, sizeof(struct played *));
	for (size_t i = 0; i < header->count; i++) {
		p.at[i].field = header->fields[i];
		p.by_name[i] = &p.at[i];
	}
	qsort(p.by_name, p.original, sizeof(struct played *), compare_played);
	for (size_t i = 0; i < e->header_count; i++)
		if (e->headers[i].index > 0)
			play(&p, &e->headers[i]);
	write_inserted(e, out);
	for (size_t i = 0; i < p.count; i++)
		if (!p.at[i].deleted)
			header_field_write(&p.at[i].field, out);
	free(p.by_name);
	free(p.at);
}
