/*
 * edits_header.c: edits_write_header() of edits.h: the header as it is when a
 * mail server has carried out the edits.  Fields are found by name in sorted
 * order: n edits of m fields cost no n times m.
 */
#include "gateway/edits.h"

#include <stdlib.h>

#include "base/alloc.h"

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
	int difference = slice_compare_ci((*x)->field.name, (*y)->field.name);

	if (difference != 0)
		return difference;
	return *x < *y ? -1 : *x > *y;
}

static int
compare_name_to_played(const void *key, const void *element)
{
	const struct slice *name = key;
	const struct played *const *p = element;

	return slice_compare_ci(*name, (*p)->field.name);
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
	while (at > 0 &&
	       slice_compare_ci(name, p->by_name[at - 1]->field.name) == 0)
		at--;
	at += index - 1;
	if (at >= p->original ||
	    slice_compare_ci(name, p->by_name[at]->field.name) != 0)
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
