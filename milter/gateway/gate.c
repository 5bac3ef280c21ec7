/*
 * gate.c: see gate.h.  Pure; any thread.
 *
 * The edits are played on a model of the message's header that holds nothing
 * but how many fields of each name there are.  Edits that two mail servers
 * could understand differently are a gap, as are values that a header cannot
 * hold.
 */
#include "gateway/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/gate_entity.h"

/* RFC 5322 2.1.1 */
#define HEADER_LINE_MAX 998u

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

/* --- the header after the edits --- */

/* The fields of one name. */
struct tally {
	struct slice name;
	size_t count;
	const char *value; /* of the only one, when an edit set it */
};

struct model {
	struct tally *at; /* sorted by name */
	size_t count;
};

static bool
is_ours(struct slice name)
{
	return slice_has_prefix_ci(name, "Content-") ||
	       slice_equal_text_ci(name, "MIME-Version") ||
	       slice_equal_text_ci(name, "Bcc") ||
	       slice_equal_text_ci(name, "Resent-Bcc");
}

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

/* Counts the fields that describe the entity, and those that nobody else may
 * see (rule B2).  The fields that an entity may
 * have are there even when the message has none of them. */
static void
model_init(struct model *m, const struct header *header)
{
	static const char *const names[] = {"Content-Type",
	    "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"};
	const size_t known = sizeof(names) / sizeof(*names);
	struct tally *all = xcalloc(header->count + known, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < known; i++)
		all[n++].name = slice_text(names[i]);
	for (size_t i = 0; i < header->count; i++)
		if (is_ours(header->fields[i].name))
			all[n++] = (struct tally){
			    .name = header->fields[i].name, .count = 1};
	qsort(all, n, sizeof(*all), compare_tallies);
	m->at = all;
	m->count = 1;
	for (size_t i = 1; i < n; i++) {
		struct tally *last = &all[m->count - 1];

		if (compare_tallies(last, &all[i]) == 0)
			last->count += all[i].count;
		else
			all[m->count++] = all[i];
	}
}

static void
model_fini(struct model *m)
{
	free(m->at);
}

static struct tally *
model_find(const struct model *m, const char *name)
{
	struct tally key = {.name = slice_text(name)};

	return bsearch(&key, m->at, m->count, sizeof(*m->at), compare_tallies);
}

/* A body as a milter may send it: leading blank, folds as LF and blank,
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

/* Plays one edit.  Only the last field of a name is deleted, and only the
 * first one is set: there Postfix and Sendmail agree. */
static int
play(struct model *m, const struct header_edit *edit, struct err *err)
{
	struct tally *t = model_find(m, edit->name);

	if (!t)
		return gap(err, "a field is edited that is none of ours");
	if (!edit->value) {
		if (t->count == 0 || edit->index != t->count || t->value)
			return gap(err, "a field is deleted out of order");
		t->count--;
		return 0;
	}
	if (edit->index != 1 || t->count > 1 || t->value)
		return gap(err, "a field is set that is not the only one");
	if (!is_sendable(edit->value))
		return gap(err, "a field has a value that no header can hold");
	t->count = 1;
	t->value = edit->value;
	return 0;
}

static struct slice
value_slice(const struct tally *t)
{
	return t->value ? slice_text(t->value) : slice_make(NULL, 0);
}

/* What the header describes once all edits are played (rule S1). */
static int
describe(const struct model *m, const struct header *header,
    struct gate_entity *e, struct err *err)
{
	const struct tally *version = model_find(m, "MIME-Version");
	const struct header_field *field =
	    header_find(header, "MIME-Version", 0);

	for (size_t i = 0; i < m->count; i++)
		if (&m->at[i] != version && m->at[i].count > 0 &&
		    !m->at[i].value)
			return gap(err, "a field of the old entity stays");
	if (version->count != 1 ||
	    !slice_equal(
		slice_trim(version->value ? value_slice(version) : field->body),
		slice_text("1.0")))
		return gap(err, "MIME-Version is not there exactly once");
	e->content_type = value_slice(model_find(m, "Content-Type"));
	e->transfer_encoding =
	    value_slice(model_find(m, "Content-Transfer-Encoding"));
	if (e->content_type.len == 0)
		return gap(err, "no Content-Type");
	return 0;
}

static int
read_back(const struct gate_case *c, struct gate_entity *e, struct err *err)
{
	struct model m;
	int rc = -1;

	model_init(&m, c->header);
	for (size_t i = 0; i < c->edits->header_count; i++)
		if (play(&m, &c->edits->headers[i], err) < 0)
			goto out;
	e->body = &c->edits->body;
	rc = describe(&m, c->header, e, err);
out:
	model_fini(&m);
	return rc;
}

/* --- against the plan --- */

/* The signature is in clear, or inside the envelope (rule S17). */
static int
check_signature(
    const struct gate_case *c, const struct gate_entity *e, struct err *err)
{
	struct gate_entity inner;

	if (!c->signer || !c->from ||
	    !certificate_has_address(c->signer, c->from))
		return gap(err, "the signer is not the author");
	if (!c->plan->encrypt)
		return gate_entity_signed(e, c->plan->opaque, c->signer, err);
	if (!c->payload)
		return gap(err, "the envelope has no signed payload");
	inner = (struct gate_entity){
	    .content_type = buf_slice(&c->payload->content_type),
	    .transfer_encoding = slice_text(c->payload->transfer_encoding
						? c->payload->transfer_encoding
						: ""),
	    .body = &c->payload->body,
	};
	return gate_entity_signed(&inner, c->plan->opaque, c->signer, err);
}

static int
check_protection(const struct gate_case *c, struct err *err)
{
	struct gate_entity e = {.body = NULL};

	if (!c->plan->sign && !c->plan->encrypt)
		return gap(err, "protected without a reason");
	if (!c->edits->replace_body)
		return gap(err, "the body is not replaced");
	if (read_back(c, &e, err) < 0)
		return -1;
	if (c->plan->sign && check_signature(c, &e, err) < 0)
		return -1;
	if (c->plan->encrypt)
		return c->to && c->to->count > 0
			   ? gate_entity_enveloped(&e, c->to, err)
			   : gap(err, "encrypted to nobody");
	return 0;
}

int
gate_check(const struct gate_case *c, struct err *err)
{
	/* Whatever was decided: nothing was to be done (G1). */
	if (c->plan->shadow)
		return edits_are_empty(c->edits)
			   ? 0
			   : gap(err, "must not be changed in shadow mode");
	/* C7: whatever failed before. */
	if (c->plan->must_encrypt && !c->plan->encrypt)
		return gap(err, "must be encrypted and is not");
	if (c->plan->action == PLAN_PROTECT)
		return check_protection(c, err);
	if (c->plan->action != PLAN_PASS)
		return gap(err, "must not leave");
	if (!edits_are_empty(c->edits))
		return gap(err, "must not be changed");
	if (c->plan->sign || c->plan->encrypt)
		return gap(err, "must be protected and is not");
	return 0;
}
