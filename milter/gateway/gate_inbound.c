/*
 * gate_inbound.c: see gate_inbound.h.  Pure; any thread.
 *
 * Which fields only we may write it knows from authres.h; what was made of the
 * header it sees for itself.
 */
#include "gateway/gate_inbound.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/authres.h"
#include "gateway/gate_header.h"
#include "gateway/gate_sealing.h"
#include "gateway/mark.h"
#include "gateway/token.h"

/* RFC 5322 2.1.1 */
#define LINE_MAX_OCTETS 998u

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

/* --- people --- */

/* A recipient by one of the names that the mail server has for him. */
struct name {
	const char *path;
	size_t recipient;
	bool removed;
};

struct people {
	struct name *names; /* sorted by path */
	size_t count;
	bool *out; /* of each recipient: not in the message in place */
	size_t out_count;
};

static int
compare_paths(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void
people_init(struct people *p, const struct envelope *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->count; i++)
		n += 1 + e->recipients[i].alias_count;
	p->names = xcalloc(n + 1, sizeof(*p->names));
	p->out = xcalloc(e->count + 1, sizeof(*p->out));
	p->count = p->out_count = 0;
	for (size_t i = 0; i < e->count; i++) {
		const struct envelope_recipient *r = &e->recipients[i];

		p->names[p->count++] = (struct name){r->path, i, false};
		for (size_t k = 0; k < r->alias_count; k++)
			p->names[p->count++] =
			    (struct name){r->aliases[k], i, false};
	}
	qsort(p->names, p->count, sizeof(*p->names), compare_paths);
}

static void
people_fini(struct people *p)
{
	free(p->names);
	free(p->out);
}

/* The first one of that path; NULL: there is none. */
static struct name *
find_path(const struct people *p, const char *path)
{
	const struct name key = {.path = path};
	struct name *found =
	    bsearch(&key, p->names, p->count, sizeof(*p->names), compare_paths);

	while (found && found > p->names && compare_paths(found - 1, &key) == 0)
		found--;
	return found;
}

/* Who is removed by one of his names is removed by all of them, and by
 * nobody else's. */
static int
find_out(struct people *p, const struct edits *edits, struct err *err)
{
	for (size_t i = 0; i < edits->recipient_count; i++) {
		struct name *n = find_path(p, edits->recipients[i]);

		if (!n)
			return gap(err, "somebody is removed who is not there");
		for (; n < p->names + p->count &&
		       strcmp(n->path, edits->recipients[i]) == 0;
		     n++) {
			n->removed = true;
			p->out_count += !p->out[n->recipient];
			p->out[n->recipient] = true;
		}
	}
	for (size_t i = 0; i < p->count; i++)
		if (p->names[i].removed != p->out[p->names[i].recipient])
			return gap(err, "a recipient is removed by one of his "
					"names only");
	return 0;
}

/* E2 */
static bool
may_read(const struct gate_inbound_case *c, size_t i)
{
	const struct inbound_recipient *r = &c->recipients[i];

	return r->is_own && r->reads && r->decrypt == SWITCH_ON &&
	       r->mode != MODE_SHADOW;
}

/* plain[i] in the plan, and who may have it; nobody else. */
static int
check_readers(
    const struct gate_inbound_case *c, const struct people *p, struct err *err)
{
	bool all = c->edits->replace_body;

	if (all && p->out_count > 0)
		return gap(err, "plaintext in place, and a split");
	for (size_t i = 0; i < c->envelope->count; i++) {
		bool plain = all || p->out[i];

		if (plain && !may_read(c, i))
			return gap(err, "plaintext for one who cannot read it");
		if (plain != c->plan->plain[i])
			return gap(err, "a recipient gets another copy than "
					"planned");
	}
	return 0;
}

static bool
same_text(struct slice a, const char *b)
{
	return slice_equal(a, slice_text(b ? b : ""));
}

/* Each who is out and has not had it is in the copy, once, with his
 * parameters. */
static int
check_relay_recipients(
    const struct gate_inbound_case *c, const struct people *p, struct err *err)
{
	const struct relay_copy *relay = c->relay;
	size_t n = 0;

	for (size_t i = 0; i < c->envelope->count; i++) {
		const struct envelope_recipient *e =
		    &c->envelope->recipients[i];

		if (!p->out[i] || (c->done && c->done[i]))
			continue;
		if (!relay || n >= relay->count ||
		    !same_text(relay->recipients[n].path, e->path) ||
		    !same_text(relay->recipients[n].parameters, e->parameters))
			return gap(err, "a recipient is in no copy");
		n++;
	}
	if (relay && (n == 0 || n < relay->count))
		return gap(err, "a copy for somebody else");
	return 0;
}

static int
check_people(const struct gate_inbound_case *c, struct err *err)
{
	struct people p;
	int rc;

	people_init(&p, c->envelope);
	rc = find_out(&p, c->edits, err);
	if (rc == 0)
		rc = check_readers(c, &p, err);
	if (rc == 0)
		rc = check_relay_recipients(c, &p, err);
	people_fini(&p);
	return rc;
}

/* --- header --- */

/* May nobody but us have written it? */
static bool
must_go(const struct gate_inbound_case *c, const struct header_field *field)
{
	char room[GATEWAY_NAME_MAX];
	enum authres_claim claim;

	if (slice_equal_text_ci(field->name, STATUS_FIELD) ||
	    gate_sealing_knows(field->name))
		return true;
	claim = authres_read(field->body, gateway_name(c->config, room));
	return c->config->remove_results == REMOVE_ALL ? claim != AUTHRES_OTHERS
						       : claim == AUTHRES_SMIME;
}

/* What stands above all others: at most one of each, results on top. */
static size_t
count_own(
    const struct gate_inbound_case *c, const struct gate_header *h, size_t from)
{
	size_t at = from;

	if (at < h->count &&
	    slice_equal_text_ci(h->fields[at].name, AUTHRES_FIELD) &&
	    must_go(c, &h->fields[at]))
		at++;
	if (at < h->count &&
	    slice_equal_text_ci(h->fields[at].name, STATUS_FIELD))
		at++;
	return at - from;
}

/* How many we put there; a copy that is handed over has the same ones. */
static size_t
count_inserted(const struct edits *edits)
{
	size_t n = 0;

	for (size_t i = 0; i < edits->header_count; i++)
		n += edits->headers[i].index == 0;
	return n;
}

/* The next one that tells what was found, and is not forged. */
static const struct header_field *
next_result(const struct gate_inbound_case *c, const struct gate_terms *terms,
    size_t *at)
{
	const struct header *header = terms->original;

	for (; *at < header->count; ++*at)
		if (gate_header_is_result(terms, header->fields[*at].name) &&
		    !must_go(c, &header->fields[*at]))
			return &header->fields[(*at)++];
	return NULL;
}

/* Rule A5: forged fields are gone, those of other servers are all there. */
static int
check_results(const struct gate_inbound_case *c, const struct gate_header *h,
    const struct gate_terms *terms, struct err *err)
{
	size_t from = terms->has_token ? 1 : 0, at = 0;
	size_t own = count_own(c, h, from);
	const struct header_field *was;

	if (own != count_inserted(c->edits) || (own > 0 && !c->plan->mark))
		return gap(err, "our fields are not as planned");
	for (size_t i = from + own; i < h->count; i++) {
		const struct header_field *f = &h->fields[i];

		if (!gate_header_is_result(terms, f->name))
			continue;
		if (must_go(c, f))
			return gap(err, "a forged field is left");
		was = next_result(c, terms, &at);
		if (!was || !gate_header_same_body(was->body, f->body))
			return gap(err, "results of another server have "
					"changed");
	}
	if (next_result(c, terms, &at))
		return gap(err, "results of another server are missing");
	return 0;
}

/* The first of its name that says anything; NULL: none does. */
static const struct header_field *
find_content(const struct header *content, struct slice name)
{
	for (size_t i = 0; i < content->count; i++)
		if (gate_header_same_name(content->fields[i].name, name))
			return slice_trim(content->fields[i].body).len > 0
				   ? &content->fields[i]
				   : NULL;
	return NULL;
}

/* How many names the entity has fields of. */
static size_t
count_content(const struct header *content)
{
	size_t n = 0;

	for (size_t i = 0; i < content->count; i++)
		n += find_content(content, content->fields[i].name) ==
		     &content->fields[i];
	return n;
}

/* Rule X7: its Content-* fields and no others, MIME-Version once. */
static int
check_entity(const struct gate_header *h, const struct gate_terms *terms,
    struct err *err)
{
	size_t versions = 0, fields = 0;

	for (size_t i = 0; i < h->count; i++) {
		const struct header_field *f = &h->fields[i], *wanted;

		if (!gate_header_is_ours(terms, f->name))
			continue;
		if (slice_equal_text_ci(f->name, "MIME-Version")) {
			if (!slice_equal(
				slice_trim(f->body), slice_text("1.0")))
				return gap(err, "another MIME-Version");
			versions++;
			continue;
		}
		wanted = find_content(terms->content, f->name);
		if (!wanted || !gate_header_same_words(wanted->body, f->body))
			return gap(err, "a field is not that of the plaintext");
		fields++;
	}
	if (versions != 1)
		return gap(err, "MIME-Version is not there exactly once");
	if (fields != count_content(terms->content))
		return gap(err, "a field of the plaintext is missing");
	return 0;
}

static int
check_header(const struct gate_inbound_case *c, const struct gate_header *h,
    const struct gate_terms *terms, struct err *err)
{
	struct gate_entity unused = {.body = {.count = 0}};

	if (gate_header_check(h, terms, &unused, err) < 0 ||
	    check_results(c, h, terms, err) < 0)
		return -1;
	return terms->carries ? check_entity(h, terms, err) : 0;
}

/* --- bodies --- */

/* Rule X8: lines that every server takes, ended by CRLF, and 7-bit unless that
 * can be helped on the way. */
static bool
can_travel(struct slice body, bool takes_8bit)
{
	size_t line = 0;

	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = body.data[i];
		bool behind_cr = i > 0 && body.data[i - 1] == '\r';

		if (c == '\0' || (c > 0x7f && !takes_8bit) ||
		    (c == '\n') != behind_cr)
			return false;
		line = c == '\n' ? 0 : line + (c != '\r');
		if (line > LINE_MAX_OCTETS)
			return false;
	}
	return body.len == 0 || body.data[body.len - 1] != '\r';
}

/* Byte for byte, wherever the pieces meet. */
static bool
is_plaintext(const struct slice_list *list, size_t from, struct slice plaintext)
{
	size_t at = 0;

	if (slice_list_size(list) - from != plaintext.len)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		struct slice s = slice_part(list->at[i], from, list->at[i].len);

		from -= from < list->at[i].len ? from : list->at[i].len;
		if (!slice_equal(s, slice_part(plaintext, at, at + s.len)))
			return false;
		at += s.len;
	}
	return true;
}

static int
check_body(const struct gate_inbound_case *c, const struct slice_list *list,
    size_t from, struct err *err)
{
	if (!is_plaintext(list, from, c->plaintext))
		return gap(err, "a body is not the plaintext");
	if (!can_travel(c->plaintext, envelope_takes_8bit(c->envelope)))
		return gap(err, "a plaintext that cannot travel");
	return 0;
}

/* --- copies --- */

static struct gate_terms
terms_of(const struct gate_inbound_case *c, bool carries, bool has_token)
{
	const struct gateway_tags *tags = &c->config->tags;

	return (struct gate_terms){
	    .original = c->header,
	    .inbound = true,
	    .passes = !has_token,
	    .has_token = has_token,
	    .carries = carries,
	    .content = carries ? c->content : NULL,
	    .tagged = (tags->signed_ && *tags->signed_) ||
		      (tags->encrypted && *tags->encrypted) ||
		      (tags->problem && *tags->problem),
	};
}

static int
check_in_place(const struct gate_inbound_case *c, struct err *err)
{
	bool carries = c->edits->replace_body;
	struct gate_terms terms = terms_of(c, carries, false);
	struct gate_header header;
	int rc;

	if (carries && !c->content)
		return gap(err, "a plaintext of nothing");
	gate_header_init(&header);
	rc = gate_header_play(&header, c->edits, &terms, err);
	if (rc == 0)
		rc = check_header(c, &header, &terms, err);
	if (rc == 0 && carries)
		rc = check_body(c, &c->edits->body, 0, err);
	gate_header_fini(&header);
	return rc;
}

static int
check_relay(const struct gate_inbound_case *c, struct err *err)
{
	struct gate_terms terms = terms_of(c, true, true);
	struct gate_header header;
	size_t body = 0;
	int rc;

	if (!c->content)
		return gap(err, "a plaintext of nothing");
	if (!same_text(c->relay->path, c->envelope->sender_path) ||
	    !same_text(c->relay->parameters, c->envelope->parameters))
		return gap(err, "a copy has another sender");
	gate_header_init(&header);
	rc = gate_header_read(&header, c->relay->content, &body, err);
	if (rc == 0)
		rc = check_header(c, &header, &terms, err);
	if (rc == 0)
		rc = check_body(c, c->relay->content, body, err);
	gate_header_fini(&header);
	return rc;
}

int
gate_inbound_check(const struct gate_inbound_case *c, struct err *err)
{
	if (c->plan->action != PLAN_PASS)
		return gap(err, "must not go on");
	if (c->plan->shadow)
		return edits_are_empty(c->edits) && !c->relay
			   ? 0
			   : gap(err, "must not be changed in shadow mode");
	if (c->plan->recipient_count != c->envelope->count)
		return gap(err, "planned for others");
	if (check_people(c, err) < 0 || check_in_place(c, err) < 0)
		return -1;
	return c->relay ? check_relay(c, err) : 0;
}
