/*
 * gate_header.c: see gate_header.h.  Pure; any thread.
 *
 * A field is one of three: ours, when it describes the entity that we put in
 * the place of the message's own; gone, when nobody may see it; or somebody
 * else's, and then it must be there as it came, in its order.
 */
#include "gateway/gate_header.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/gate_trigger.h"
#include "gateway/token.h"

/* RFC 5322 2.1.1 */
#define HEADER_LINE_MAX 998u

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

void
gate_header_init(struct gate_header *h)
{
	memset(h, 0, sizeof(*h));
	buf_init(&h->text, EDITS_HEADER_MAX);
	header_init(&h->parsed);
}

void
gate_header_fini(struct gate_header *h)
{
	free(h->fields);
	header_fini(&h->parsed);
	buf_fini(&h->text);
}

/* --- what kind of field --- */

static bool
is_ours(const struct gate_terms *terms, struct slice name)
{
	return terms->carries && (slice_has_prefix_ci(name, "Content-") ||
				     slice_equal_text_ci(name, "MIME-Version"));
}

static bool
is_bcc(struct slice name)
{
	return slice_equal_text_ci(name, "Bcc") ||
	       slice_equal_text_ci(name, "Resent-Bcc");
}

static bool
is_token(struct slice name)
{
	return slice_equal_text_ci(name, TOKEN_FIELD);
}

/* Nobody may see it. */
static bool
is_gone(const struct gate_terms *terms, struct slice name)
{
	return !terms->passes && (is_token(name) || is_bcc(name));
}

static bool
is_editable(const struct gate_terms *terms, struct slice name)
{
	return is_ours(terms, name) || is_gone(terms, name) ||
	       gate_trigger_knows(&terms->triggers, name);
}

/* --- playing edits --- */

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
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;

	for (size_t i = 0; i < n; i++) {
		int difference =
		    ascii_lower(x->name.data[i]) - ascii_lower(y->name.data[i]);

		if (difference != 0)
			return difference;
	}
	return x->name.len < y->name.len ? -1 : x->name.len > y->name.len;
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
	size_t n = 0;

	m->at = xcalloc(header->count + known, sizeof(*m->at));
	m->slots = xcalloc(2 * (header->count + known), sizeof(*m->slots));
	for (size_t i = 0; i < known && terms->carries; i++)
		m->at[n++].name = slice_text(names[i]);
	for (size_t i = 0; i < header->count; i++)
		if (is_editable(terms, header->fields[i].name))
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
 * nothing that ends the field or the line too late (rule L1). */
static bool
is_sendable(const char *value)
{
	size_t line = 0;

	if (value[0] != ' ' && value[0] != '\t' && value[0] != '\n')
		return false;
	for (const char *p = value; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '\n' && p[1] != ' ' && p[1] != '\t')
			return false;
		if ((c < ' ' && c != '\n' && c != '\t') || c > 0x7e)
			return false;
		line = c == '\n' ? 0 : line + 1;
		if (line >
		    HEADER_LINE_MAX - sizeof("Content-Transfer-Encoding"))
			return false;
	}
	return true;
}

/* What is left of a subject, in its place. */
static int
play_rest(struct tally *t, const struct header_edit *edit, struct err *err)
{
	struct slot *slot;

	if (edit->index == 0 || edit->index > t->count)
		return gap(err, "a field is set that is not there");
	slot = &t->slots[edit->index - 1];
	/* After a deletion Postfix counts anew. */
	if (edit->index >= t->lowest || slot->value)
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

	if (gate_trigger_knows(&terms->triggers, t->name))
		return play_rest(t, edit, err);
	if (!is_ours(terms, t->name))
		return gap(err, "a field is set that must be gone");
	if (edit->index != 1 || t->slots[0].deleted || t->slots[0].value)
		return gap(
		    err, "a field is set in another place than the first");
	if (!is_sendable(edit->value))
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

/* The header once all edits are played. */
static void
collect(struct gate_header *h, struct model *m, const struct gate_terms *terms)
{
	const struct header *header = terms->original;

	h->fields = xcalloc(header->count + m->count + 1, sizeof(*h->fields));
	for (size_t i = 0; i < header->count; i++) {
		struct header_field field = header->fields[i];
		struct tally *t = is_editable(terms, field.name)
				      ? model_find(m, field.name)
				      : NULL;

		if (is_left(t, &field))
			h->fields[h->count++] = field;
	}
	for (size_t i = 0; i < m->count; i++)
		if (m->at[i].count == 0 && m->at[i].slots[0].value)
			h->fields[h->count++] =
			    (struct header_field){.name = m->at[i].name,
				.body = slice_text(m->at[i].slots[0].value)};
}

int
gate_header_play(struct gate_header *h, const struct edits *edits,
    const struct gate_terms *terms, struct err *err)
{
	struct model m;
	int rc = 0;

	model_init(&m, terms);
	for (size_t i = 0; i < edits->header_count && rc == 0; i++)
		rc = play(&m, &edits->headers[i], terms, err);
	if (rc == 0)
		collect(h, &m, terms);
	model_fini(&m);
	return rc;
}

/* --- reading --- */

/* CR and LF as pairs only; what servers make of others is anybody's guess. */
static bool
is_clean(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.data[i];
		bool behind_cr = i > 0 && text.data[i - 1] == '\r';

		if (c == '\0' || (c == '\n') != behind_cr)
			return false;
	}
	return true;
}

/* Names end with their colon: not everybody reads "Bcc :" as a Bcc. */
static bool
has_plain_names(const struct header *h)
{
	for (size_t i = 0; i < h->count; i++) {
		struct slice name = h->fields[i].name;

		if (name.data[name.len] != ':')
			return false;
	}
	return true;
}

int
gate_header_read(struct gate_header *h, const struct slice_list *content,
    size_t *body, struct err *err)
{
	size_t end = slice_list_find(content, slice_text("\r\n\r\n"), 0);
	unsigned char *bytes;
	bool complete;

	if (end == slice_list_size(content))
		return gap(err, "a copy without an end of its header");
	*body = end + 4;
	bytes = buf_reserve(&h->text, *body);
	if (!bytes)
		return gap(err, "a copy with too large a header");
	h->text.len = slice_list_read(content, 0, bytes, *body);
	if (!is_clean(buf_slice(&h->text)))
		return gap(err, "a copy with stray bytes in its header");
	if (header_parse(&h->parsed, buf_slice(&h->text), &complete) != *body ||
	    !complete || h->parsed.over_limit || !has_plain_names(&h->parsed))
		return gap(err, "a copy whose header cannot be read");
	h->count = h->parsed.count;
	h->fields = xcalloc(h->count + 1, sizeof(*h->fields));
	for (size_t i = 0; i < h->count; i++)
		h->fields[i] = h->parsed.fields[i];
	return 0;
}

/* --- checking --- */

static bool
is_line_end(unsigned char c)
{
	return c == '\r' || c == '\n' || c == '\0';
}

/* The same but for how lines end? */
bool
gate_header_same_body(struct slice a, struct slice b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.len && is_line_end(a.data[i]))
			i++;
		while (j < b.len && is_line_end(b.data[j]))
			j++;
		if (i == a.len || j == b.len)
			return i == a.len && j == b.len;
		if (a.data[i++] != b.data[j++])
			return false;
	}
}

bool
gate_header_same_name(struct slice a, struct slice b)
{
	struct tally x = {.name = a}, y = {.name = b};

	return compare_tallies(&x, &y) == 0;
}

/* The next field from *at on that is somebody else's; NULL: there is none. */
static const struct header_field *
next_other(const struct header_field *fields, size_t count, size_t *at,
    const struct gate_terms *terms)
{
	for (; *at < count; ++*at)
		if (!is_editable(terms, fields[*at].name))
			return &fields[(*at)++];
	return NULL;
}

/* What is none of our business is there as it came. */
static int
check_others(const struct gate_header *h, const struct gate_terms *terms,
    struct err *err)
{
	const struct header_field *was, *is;
	size_t i = 0, j = 0;

	do {
		was = next_other(
		    terms->original->fields, terms->original->count, &i, terms);
		is = next_other(h->fields, h->count, &j, terms);
		if (!was != !is)
			return gap(err, "a field is missing, or too many");
		if (was && (!gate_header_same_name(was->name, is->name) ||
			       !gate_header_same_body(was->body, is->body)))
			return gap(err, "a field is not as it came");
	} while (was);
	return 0;
}

static int
check_gone(const struct gate_header *h, const struct gate_terms *terms,
    struct err *err)
{
	size_t from = 0;

	if (terms->passes)
		return 0;
	if (terms->has_token) {
		if (h->count == 0 || !is_token(h->fields[0].name))
			return gap(err, "a copy does not begin with a token");
		from = 1;
	}
	for (size_t i = from; i < h->count; i++) {
		struct slice name = h->fields[i].name;

		if (is_bcc(name))
			return gap(err, "Bcc is left");
		if (is_token(name))
			return gap(err, "a token is left");
	}
	return 0;
}

/* Printable ASCII, in lines that every server takes. */
static bool
is_our_style(const struct header_field *field)
{
	size_t line = field->name.len + 1;

	for (size_t i = 0; i < field->body.len; i++) {
		unsigned char c = field->body.data[i];

		line = c == '\n' ? 0 : line + 1;
		if (line > HEADER_LINE_MAX || c > 0x7e ||
		    (c < ' ' && !is_line_end(c) && c != '\t'))
			return false;
	}
	return true;
}

/* Rule S1: the fields of the entity, each once, and no other Content-*. */
static int
describe(const struct gate_header *h, const struct gate_terms *terms,
    struct gate_entity *e, struct err *err)
{
	struct slice version = {NULL, 0};
	const struct {
		const char *name;
		struct slice *body;
	} known[] = {{"MIME-Version", &version},
	    {"Content-Type", &e->content_type},
	    {"Content-Transfer-Encoding", &e->transfer_encoding},
	    {"Content-Disposition", &e->disposition}};

	for (size_t i = 0; i < h->count; i++) {
		const struct header_field *f = &h->fields[i];
		size_t k = 0;

		if (!is_ours(terms, f->name))
			continue;
		while (k < 4 && !slice_equal_text_ci(f->name, known[k].name))
			k++;
		if (k == 4 || known[k].body->data)
			return gap(err, "a field of the old entity stays");
		if (!is_our_style(f))
			return gap(
			    err, "a field has a value that no header can hold");
		*known[k].body = f->body;
	}
	if (!slice_equal(slice_trim(version), slice_text("1.0")))
		return gap(err, "MIME-Version is not there exactly once");
	if (!e->content_type.data)
		return gap(err, "no Content-Type");
	return 0;
}

int
gate_header_check(const struct gate_header *h, const struct gate_terms *terms,
    struct gate_entity *e, struct err *err)
{
	if (check_gone(h, terms, err) < 0 || check_others(h, terms, err) < 0 ||
	    gate_trigger_check(&terms->triggers, terms->original, h->fields,
		h->count, err) < 0)
		return -1;
	return terms->carries ? describe(h, terms, e, err) : 0;
}
