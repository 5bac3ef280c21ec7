/*
 * gate_disclaimer.c: see gate_disclaimer.h.  Pure but for a spool; any thread.
 *
 * What is the same bytes is not looked into; so large attachments cost one
 * comparison.  Every failure is ERR_BUG: these bytes are our own work.
 */
#include "gateway/gate_disclaimer.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/gate_insertion.h"
#include "gateway/gate_part.h"

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

/* Of one comparison. */
struct comparison {
	const struct gate_disclaimer *d;
	size_t added; /* to so many parts */
};

/* --- fields --- */

static const char type_name[] = "Content-Type";
static const char encoding_name[] = "Content-Transfer-Encoding";

static bool
may_differ(const struct header_field *field)
{
	return slice_equal_text_ci(field->name, type_name) ||
	       slice_equal_text_ci(field->name, encoding_name);
}

/* The next field from *at on that must be as it was. */
static const struct header_field *
next_fixed(const struct header *h, size_t *at)
{
	for (; *at < h->count; ++*at)
		if (!may_differ(&h->fields[*at]))
			return &h->fields[(*at)++];
	return NULL;
}

static bool
same_other_fields(const struct header *a, const struct header *b)
{
	const struct header_field *x, *y;
	size_t i = 0, j = 0;

	do {
		x = next_fixed(a, &i);
		y = next_fixed(b, &j);
		if (!x != !y)
			return false;
		if (x && (!gate_header_same_name(x->name, y->name) ||
			     !gate_header_same_body(x->body, y->body)))
			return false;
	} while (x);
	return header_count(a, type_name) <= 1 &&
	       header_count(b, type_name) <= 1 &&
	       header_count(a, encoding_name) <= 1 &&
	       header_count(b, encoding_name) <= 1;
}

static bool
same_field(
    const struct gate_part *was, const struct gate_part *is, const char *name)
{
	struct slice a = gate_part_field(was, name);
	struct slice b = gate_part_field(is, name);

	return !a.data == !b.data && gate_header_same_words(a, b);
}

/* Has is every parameter of was but the charset? */
static bool
has_params_of(const struct mime_type *was, const struct mime_type *is)
{
	for (size_t i = 0; i < was->count; i++) {
		const struct mime_param *p = &was->params[i];
		const char *value = mime_type_param(is, p->name);

		if (strcmp(p->name, "charset") != 0 &&
		    (!value || strcmp(value, p->value) != 0))
			return false;
	}
	return true;
}

/* The same kind of text, perhaps in another charset? */
static bool
same_kind(const struct mime_type *was, const struct mime_type *is)
{
	return strcmp(was->type, is->type) == 0 &&
	       strcmp(was->subtype, is->subtype) == 0 && !is->malformed &&
	       !is->duplicate && has_params_of(was, is) &&
	       has_params_of(is, was);
}

/* --- parts --- */

static int
encoded_text(const struct gate_part *p, struct gate_text *out, struct err *err)
{
	out->raw = p->body;
	if (gate_text_encoding(
		gate_part_field(p, encoding_name), &out->encoding) < 0)
		return gap(err, "a text in an unknown encoding");
	return 0;
}

/* One without a name is none: nobody can know what it means. */
static const char *
charset_label(const struct gate_part *p)
{
	const char *label = mime_type_param(&p->type, "charset");

	return label && *label ? label : NULL;
}

static int
compare_text(struct comparison *c, const struct gate_part *was,
    const struct gate_part *is, struct err *err)
{
	bool html = mime_type_is(&was->type, "text", "html");
	struct gate_insertion i = {
	    .html = html,
	    .text = buf_slice(html ? &c->d->text->html : &c->d->text->text),
	    .was_charset = charset_label(was),
	    .is_charset = charset_label(is),
	    .spool = c->d->spool,
	};

	if (!same_kind(&was->type, &is->type))
		return gap(err, "a text has become something else");
	c->added++;
	if (encoded_text(was, &i.was, err) < 0 ||
	    encoded_text(is, &i.is, err) < 0)
		return -1;
	if (i.is.encoding == GATE_IDENTITY &&
	    !same_field(was, is, encoding_name) &&
	    i.was.encoding == GATE_IDENTITY)
		return gap(err, "a text has lost its label");
	return gate_insertion_check(&i, err);
}

static int compare(struct comparison *c, const struct gate_part *was,
    const struct gate_part *is, unsigned depth, struct err *err);

static int
compare_raw(struct comparison *c, struct slice was, struct slice is,
    unsigned depth, struct err *err)
{
	struct gate_part a, b;
	int rc;

	gate_part_read(&a, was);
	gate_part_read(&b, is);
	rc = compare(c, &a, &b, depth, err);
	gate_part_fini(&a);
	gate_part_fini(&b);
	return rc;
}

static int
compare_children(struct comparison *c, const struct gate_part *parent,
    const struct gate_children *was, const struct gate_children *is,
    unsigned depth, struct err *err)
{
	if (was->count != is->count)
		return gap(err, "a part is missing, or too many");
	for (size_t i = 0; i <= was->count; i++)
		if (!slice_equal(was->glue[i], is->glue[i]))
			return gap(err, "what stands between parts has "
					"changed");
	for (size_t i = 0; i < was->count; i++) {
		if (slice_equal(was->parts[i], is->parts[i]))
			continue;
		if (!gate_children_is_text(was, parent, depth, i))
			return gap(err, "another part than the text has "
					"changed");
		if (compare_raw(
			c, was->parts[i], is->parts[i], depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

static int
compare_multipart(struct comparison *c, const struct gate_part *was,
    const struct gate_part *is, unsigned depth, struct err *err)
{
	struct gate_children a, b;
	int rc = -1;

	if (!same_field(was, is, type_name) ||
	    !same_field(was, is, encoding_name))
		return gap(err, "a multipart has become another one");
	if (gate_children_read(&a, was) < 0) {
		gate_children_fini(&a);
		return gap(err, "a multipart that cannot be read has changed");
	}
	if (gate_children_read(&b, is) < 0)
		gap(err, "a multipart cannot be read any more");
	else
		rc = compare_children(c, was, &a, &b, depth, err);
	gate_children_fini(&a);
	gate_children_fini(&b);
	return rc;
}

static int
compare(struct comparison *c, const struct gate_part *was,
    const struct gate_part *is, unsigned depth, struct err *err)
{
	if (depth > LIMIT_MIME_DEPTH)
		return gap(err, "deeper than anybody looks");
	if (!same_other_fields(&was->header, &is->header))
		return gap(err, "a field of a part is not as it came");
	/* Where its body begins readers would not agree, or not as before. */
	if (!is->is_ended &&
	    (was->is_ended || was->header.count != is->header.count))
		return gap(err, "a header has lost the line behind it");
	if (!gate_part_may_be_text(was, depth))
		return gap(err, "a part without text has changed");
	if (mime_type_is(&was->type, "multipart", NULL))
		return compare_multipart(c, was, is, depth, err);
	return compare_text(c, was, is, err);
}

int
gate_disclaimer_check(const struct gate_disclaimer *d,
    const struct header *header, struct slice body, struct err *err)
{
	struct comparison c = {.d = d};
	struct gate_part was, is;
	int rc;

	gate_part_of_message(&was, header, body);
	gate_part_read(&is, d->head);
	is.body = d->body;
	rc = compare(&c, &was, &is, 0, err);
	if (rc == 0 && c.added == 0)
		rc = gap(err, "no disclaimer was added");
	gate_part_fini(&was);
	gate_part_fini(&is);
	return rc;
}

/* --- copies in clear --- */

/* Byte for byte, wherever the pieces meet. */
static bool
same_bytes(const struct slice_list *list, struct slice s)
{
	size_t at = 0;

	if (slice_list_size(list) != s.len)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		if (!slice_equal(
			list->at[i], slice_part(s, at, at + list->at[i].len)))
			return false;
		at += list->at[i].len;
	}
	return true;
}

/* What a message without Content-Type is taken for: then there need not be one
 * in the copy, either. */
static bool
is_default_type(const struct gate_part *entity, const struct gate_part *copy)
{
	const char *charset = mime_type_param(&entity->type, "charset");

	if (copy->has_type || !mime_type_is(&entity->type, "text", "plain"))
		return false;
	return !charset || strcmp(charset, "us-ascii") == 0 ||
	       strcmp(charset, "utf-8") == 0;
}

/* Its own fields are as they came, those of the entity as that has them. */
static int
compare_fields(const struct gate_part *original, const struct gate_part *copy,
    const struct gate_part *entity, struct err *err)
{
	if (!same_other_fields(&original->header, &copy->header))
		return gap(err, "a Content-* field is not as it came");
	if (!same_field(copy, entity, encoding_name))
		return gap(err, "a copy is labelled with another encoding");
	if (same_field(copy, entity, type_name))
		return 0;
	if (original->has_type || !is_default_type(entity, copy))
		return gap(err, "a copy is labelled as something else");
	return 0;
}

static size_t
count_versions(const struct header_field *fields, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += slice_equal_text_ci(fields[i].name, "MIME-Version");
	return n;
}

/* Labels that are not as they were count only under MIME-Version. */
static int
check_version(const struct header *original, const struct gate_header *header,
    bool labelled, struct err *err)
{
	size_t was = count_versions(original->fields, original->count);
	size_t is = count_versions(header->fields, header->count);

	if (is != was && (is != 1 || was != 0))
		return gap(err, "MIME-Version is not as it came");
	if (labelled && is == 0)
		return gap(err, "labels without MIME-Version");
	return 0;
}

int
gate_disclaimer_carried(const struct gate_disclaimer *d,
    const struct header *original, const struct gate_header *header,
    const struct slice_list *body, struct err *err)
{
	const struct header all = {
	    .fields = header->fields, .count = header->count};
	struct gate_part was, is, entity;
	bool labelled;
	int rc;

	if (!same_bytes(body, d->body))
		return gap(err, "a copy has another text than was looked at");
	gate_part_of_message(&was, original, d->body);
	gate_part_of_message(&is, &all, d->body);
	gate_part_read(&entity, d->head);
	labelled = !same_field(&was, &is, type_name) ||
		   !same_field(&was, &is, encoding_name);
	rc = compare_fields(&was, &is, &entity, err);
	if (rc == 0)
		rc = check_version(original, header, labelled, err);
	gate_part_fini(&entity);
	gate_part_fini(&is);
	gate_part_fini(&was);
	return rc;
}
