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

bool
edits_are_empty(const struct edits *e)
{
	return e->header_count == 0 && !e->replace_body;
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
