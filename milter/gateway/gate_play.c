/*
 * gate_play.c: a mail server's part in the gate: what becomes of a header by
 * edits; see gate_header.h.  Pure; any thread.
 */
#include "gateway/gate_header.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "gateway/gate_trigger.h"

/* RFC 5322 2.1.1 */
#define HEADER_LINE_MAX 998u

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

/* A field as it came, and what an edit does with it. */
struct slot {
	bool deleted;
	const char *value; /* instead of its own; NULL: none */
};

/* The fields of one name. */
struct tally {
	struct slice name;
	size_t count;	    /* as they came */
	struct slot *slots; /* of each of them, and one for a new one */
	size_t lowest;	    /* index that was deleted last */
	size_t met;	    /* while the result is collected */
};

struct model {
	struct tally *at; /* sorted by name */
	size_t count;
	struct slot *slots; /* behind all of them */
};

static int
compare_tallies(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	return gate_header_compare_names(x->name, y->name);
}

/* Sorts n tallies and makes one of those of the same name. */
static void
join_tallies(struct model *m, size_t n)
{
	size_t used = 0;

	qsort(m->at, n, sizeof(*m->at), compare_tallies);
	m->count = n > 0;
	for (size_t i = 1; i < n; i++) {
		struct tally *last = &m->at[m->count - 1];

		if (compare_tallies(last, &m->at[i]) == 0)
			last->count += m->at[i].count;
		else
			m->at[m->count++] = m->at[i];
	}
	for (size_t i = 0; i < m->count; i++) {
		m->at[i].slots = m->slots + used;
		m->at[i].lowest = m->at[i].count + 1;
		used += m->at[i].count + 1;
	}
}

/* The fields that an entity may have are there even when the message has none
 * of them. */
static void
model_init(struct model *m, const struct gate_terms *terms)
{
	static const char *const names[] = {"Content-Type",
	    "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"};
	const size_t known = sizeof(names) / sizeof(*names);
	const struct header *header = terms->original;
	size_t content = terms->content ? terms->content->count : 0;
	size_t size = header->count + known + content + 1, n = 0;

	m->at = xcalloc(size, sizeof(*m->at));
	m->slots = xcalloc(2 * size, sizeof(*m->slots));
	for (size_t i = 0; i < known && terms->carries; i++)
		m->at[n++].name = slice_text(names[i]);
	for (size_t i = 0; i < content && terms->carries; i++)
		m->at[n++].name = terms->content->fields[i].name;
	if (terms->tagged)
		m->at[n++].name = slice_text("Subject");
	for (size_t i = 0; i < header->count; i++)
		if (gate_header_is_editable(terms, header->fields[i].name))
			m->at[n++] = (struct tally){
			    .name = header->fields[i].name, .count = 1};
	join_tallies(m, n);
}

static void
model_fini(struct model *m)
{
	free(m->at);
	free(m->slots);
}

static struct tally *
model_find(const struct model *m, struct slice name)
{
	struct tally key = {.name = name};

	return bsearch(&key, m->at, m->count, sizeof(*m->at), compare_tallies);
}

/* A value as a milter may send it: leading blank, folds as LF and blank,
 * nothing that ends the field or the line too late (rule L1).  What somebody
 * else wrote inside a ciphertext may be 8-bit. */
static bool
is_sendable(const struct gate_terms *terms, const char *value)
{
	size_t line = 0;

	if (value[0] != ' ' && value[0] != '\t' && value[0] != '\n')
		return false;
	for (const char *p = value; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '\n' && p[1] != ' ' && p[1] != '\t')
			return false;
		if ((c < ' ' && c != '\n' && c != '\t') ||
		    (c > 0x7e && !terms->content))
			return false;
		line = c == '\n' ? 0 : line + 1;
		if (line >
		    HEADER_LINE_MAX - sizeof("Content-Transfer-Encoding"))
			return false;
	}
	return true;
}

/* What is left of a subject, or is put before it, in its place. */
static int
play_rest(struct tally *t, const struct header_edit *edit, struct err *err)
{
	struct slot *slot;

	/* Without a subject a tag makes one. */
	if (edit->index == 0 || edit->index > t->count + (t->count == 0))
		return gap(err, "a field is set that is not there");
	slot = &t->slots[edit->index - 1];
	/* After a deletion Postfix counts anew. */
	if ((t->count > 0 && edit->index >= t->lowest) || slot->value)
		return gap(err, "a field is set out of order");
	if (!gate_trigger_value(edit->value))
		return gap(err, "a field has a value that no header can hold");
	slot->value = edit->value;
	return 0;
}

static int
play_value(struct tally *t, const struct header_edit *edit,
    const struct gate_terms *terms, struct err *err)
{
	struct slot *slot;

	if (gate_trigger_knows(&terms->triggers, t->name) ||
	    gate_header_is_tagged(terms, t->name))
		return play_rest(t, edit, err);
	if (!gate_header_is_ours(terms, t->name))
		return gap(err, "a field is set that must be gone");
	if (edit->index != 1 || t->slots[0].deleted || t->slots[0].value)
		return gap(
		    err, "a field is set in another place than the first");
	if (!is_sendable(terms, edit->value))
		return gap(err, "a field has a value that no header can hold");
	slot = &t->slots[0];
	slot->value = edit->value;
	return 0;
}

/* From the highest index down: there Postfix, which counts anew after each
 * deletion, and Sendmail agree. */
static int
play_deletion(struct tally *t, unsigned index, struct err *err)
{
	if (index == 0 || index >= t->lowest || t->slots[index - 1].value)
		return gap(err, "a field is deleted out of order");
	t->slots[index - 1].deleted = true;
	t->lowest = index;
	return 0;
}

static int
play(struct model *m, const struct header_edit *edit,
    const struct gate_terms *terms, struct err *err)
{
	struct tally *t = model_find(m, slice_text(edit->name));

	if (!t)
		return gap(err, "a field is edited that is none of ours");
	return edit->value ? play_value(t, edit, terms, err)
			   : play_deletion(t, edit->index, err);
}

/* What becomes of an original field; false: it is deleted. */
static bool
is_left(struct tally *t, struct header_field *field)
{
	const struct slot *slot;

	if (!t)
		return true;
	slot = &t->slots[t->met++];
	if (slot->value)
		field->body = slice_text(slot->value);
	return !slot->deleted;
}

/* Has the edit added a field?  Both mail servers append those in the order
 * of the edits. */
static bool
is_new(const struct model *m, const struct header_edit *edit)
{
	const struct tally *t = model_find(m, slice_text(edit->name));

	return edit->index > 0 && edit->value && t && t->count == 0;
}

/* The header once all edits are played; what is put on top of it is there
 * already. */
static void
collect(struct gate_header *h, struct model *m, const struct edits *edits,
    const struct gate_terms *terms)
{
	const struct header *header = terms->original;

	for (size_t i = 0; i < header->count; i++) {
		struct header_field field = header->fields[i];
		struct tally *t = gate_header_is_editable(terms, field.name)
				      ? model_find(m, field.name)
				      : NULL;

		if (is_left(t, &field))
			h->fields[h->count++] = field;
	}
	for (size_t i = 0; i < edits->header_count; i++)
		if (is_new(m, &edits->headers[i]))
			h->fields[h->count++] = (struct header_field){
			    .name = slice_text(edits->headers[i].name),
			    .body = slice_text(edits->headers[i].value)};
}

/* Above all others, the last one on top (edits.h). */
static int
play_insertions(struct gate_header *h, const struct edits *edits,
    const struct gate_terms *terms, struct err *err)
{
	for (size_t i = edits->header_count; i > 0; i--) {
		const struct header_edit *edit = &edits->headers[i - 1];
		struct slice name = slice_text(edit->name);

		if (edit->index > 0)
			continue;
		if (!gate_header_is_result(terms, name) || !edit->value)
			return gap(
			    err, "a field is added that is none of ours");
		if (!is_sendable(terms, edit->value))
			return gap(
			    err, "a field has a value that no header can hold");
		h->fields[h->count++] = (struct header_field){
		    .name = name, .body = slice_text(edit->value)};
	}
	return 0;
}

int
gate_header_play(struct gate_header *h, const struct edits *edits,
    const struct gate_terms *terms, struct err *err)
{
	struct model m;
	int rc;

	model_init(&m, terms);
	h->fields =
	    xcalloc(terms->original->count + m.count + edits->header_count + 1,
		sizeof(*h->fields));
	rc = play_insertions(h, edits, terms, err);
	for (size_t i = 0; i < edits->header_count && rc == 0; i++)
		if (edits->headers[i].index > 0)
			rc = play(&m, &edits->headers[i], terms, err);
	if (rc == 0)
		collect(h, &m, edits, terms);
	model_fini(&m);
	return rc;
}
