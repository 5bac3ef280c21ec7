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
#include "gateway/authres.h"
#include "gateway/gate_sealing.h"
#include "gateway/gate_trigger.h"
#include "gateway/mark.h"
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

int
gate_header_compare_names(struct slice a, struct slice b)
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

bool
gate_header_is_ours(const struct gate_terms *terms, struct slice name)
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

/* Nobody may see it.  What comes in has no Bcc of ours, and that of what
 * passes stays. */
static bool
is_gone(const struct gate_terms *terms, struct slice name)
{
	bool keeps_bcc = terms->inbound || terms->passes;

	return is_token(name) || (!keeps_bcc && is_bcc(name));
}

bool
gate_header_is_result(const struct gate_terms *terms, struct slice name)
{
	return (terms->inbound || terms->config) &&
	       (slice_equal_text_ci(name, STATUS_FIELD) ||
		   slice_equal_text_ci(name, AUTHRES_FIELD) ||
		   gate_sealing_knows(name));
}

bool
gate_header_is_tagged(const struct gate_terms *terms, struct slice name)
{
	return terms->tagged && slice_equal_text_ci(name, "Subject");
}

bool
gate_header_is_editable(const struct gate_terms *terms, struct slice name)
{
	return gate_header_is_ours(terms, name) || is_gone(terms, name) ||
	       gate_header_is_result(terms, name) ||
	       gate_header_is_tagged(terms, name) ||
	       gate_trigger_knows(&terms->triggers, name);
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

/* The same but for bytes of that kind? */
static bool
same_without(struct slice a, struct slice b, bool (*skipped)(unsigned char))
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.len && skipped(a.data[i]))
			i++;
		while (j < b.len && skipped(b.data[j]))
			j++;
		if (i == a.len || j == b.len)
			return i == a.len && j == b.len;
		if (a.data[i++] != b.data[j++])
			return false;
	}
}

bool
gate_header_same_body(struct slice a, struct slice b)
{
	return same_without(a, b, is_line_end);
}

bool
gate_header_same_words(struct slice a, struct slice b)
{
	return same_without(a, b, ascii_is_white);
}

bool
gate_header_same_name(struct slice a, struct slice b)
{
	return gate_header_compare_names(a, b) == 0;
}

/* The next field from *at on that is somebody else's; NULL: there is none. */
static const struct header_field *
next_other(const struct header_field *fields, size_t count, size_t *at,
    const struct gate_terms *terms)
{
	for (; *at < count; ++*at)
		if (!gate_header_is_editable(terms, fields[*at].name))
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

		if (is_bcc(name) && !terms->inbound)
			return gap(err, "Bcc is left");
		if (is_token(name))
			return gap(err, "a token is left");
	}
	return 0;
}

/* The next result from *at on that is not in our name. */
static const struct header_field *
next_result(const struct header_field *fields, size_t count, size_t *at,
    const struct gate_terms *terms)
{
	for (; *at < count; ++*at)
		if (gate_header_is_result(terms, fields[*at].name) &&
		    !mark_is_result(terms->config, &fields[*at]))
			return &fields[(*at)++];
	return NULL;
}

/* Of what our users send: fields in our name are gone but for our own, results
 * of others are there. */
static int
check_results(const struct gate_header *h, const struct gate_terms *terms,
    struct err *err)
{
	const struct header *original = terms->original;
	const struct header_field *was, *is;
	size_t i = 0, j = 0, own = terms->has_token ? 1 : 0;

	if (gate_sealing_find(h, terms, &own, err) < 0)
		return -1;
	for (size_t k = own; k < h->count; k++)
		if (mark_is_result(terms->config, &h->fields[k]))
			return gap(err, "a result in our name is left");
	do {
		was = next_result(original->fields, original->count, &i, terms);
		is = next_result(h->fields, h->count, &j, terms);
		if (!was != !is ||
		    (was && !gate_header_same_body(was->body, is->body)))
			return gap(err, "results of others are not as they "
					"came");
	} while (was);
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

		if (!gate_header_is_ours(terms, f->name))
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
	if (check_gone(h, terms, err) < 0 || check_others(h, terms, err) < 0)
		return -1;
	if (terms->config && !terms->inbound &&
	    check_results(h, terms, err) < 0)
		return -1;
	if (gate_trigger_check(&terms->triggers, terms->original, h->fields,
		h->count, err) < 0)
		return -1;
	return terms->carries && !terms->content ? describe(h, terms, e, err)
						 : 0;
}
