/* disclaimer_check.c: see disclaimer_check.h.  Decodes with code that is not
 * that of mail/. */
#include "unit/disclaimer_check.h"

#include <string.h>

#include "base/limits.h"
#include "mail/charset_convert.h"
#include "mail/mime_canon.h"
#include "mail/mime_codec.h"
#include "unit/naive_codec.h"

#define BYTES_MAX ((size_t)1 << 26)

static const struct spool_config config = {
    .memory = 1u << 20, .max = BYTES_MAX, .folder = "/tmp"};

static const char *const texts[DISCLAIMER_CHECK_TEXTS][2] = {
    {"Example Ltd, registered in Nowhere", ""},
    {"-- \n%{name} Gr\xc3\xbc\xc3\x9f"
     "e, \xe2\x82\xac GmbH Niemandsort",
	"<div>Gr\xc3\xbc\xc3\x9f"
	"e &euro; GmbH Niemandsort</div>"},
    {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe6\x96\x87", ""},
    {"--b\n--b--\n From trailing \n>quoted\n\nFrom %{address}",
	"--b\n<p>From trailing quoted --\n--b--"},
    {"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, \xd0\xbc\xd0\xb8"
     "\xd1\x80",
	"<!-- x -->Privet mir"},
};

/* The two entities. */
struct pair {
	struct mime_tree was, now;
	struct spool out;
	size_t header_len;
	struct buf skeletons[2]; /* what is not in a body that was touched */
	const unsigned char *pos[2];
};

static const unsigned char *
end_of(struct slice s)
{
	return s.data + s.len;
}

static bool
is_label(const struct header_field *f)
{
	return slice_equal_text_ci(f->name, "Content-Type") ||
	       slice_equal_text_ci(f->name, "Content-Transfer-Encoding");
}

/* Labels may change, or come behind all others. */
static bool
has_same_fields(const struct header *was, const struct header *now)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct header_field *f = &now->fields[i];

		if (i >= was->count && !is_label(f))
			return false;
		if (i >= was->count)
			continue;
		if (!slice_equal(f->name, was->fields[i].name))
			return false;
		if (!is_label(f) && !slice_equal(f->body, was->fields[i].body))
			return false;
	}
	return now->count >= was->count && now->count <= was->count + 2;
}

static void
decode(const struct mime_part *part, struct buf *out)
{
	buf_init(out, BYTES_MAX);
	if (part->cte == MIME_CTE_QP)
		naive_qp(part->body, out);
	else if (part->cte == MIME_CTE_BASE64)
		naive_base64(part->body, out);
	else
		buf_add_slice(out, part->body);
}

static bool
is_strict(const struct mime_part *part)
{
	struct err unused;
	bool strict = true;

	if (part->cte == MIME_CTE_QP &&
	    qp_decode(part->body, NULL, &strict, &unused))
		return false;
	return strict;
}

/* Of a charset that the new text is no longer in. */
static void
to_utf8(
    const struct mime_part *was, const struct mime_part *now, struct buf *text)
{
	const char *before = mime_type_param(&was->type, "charset");
	const char *after = mime_type_param(&now->type, "charset");
	const struct charset *charset;
	struct buf utf8;

	if (!before || !after || strcmp(before, after) == 0)
		return;
	charset = charset_find(slice_text(before));
	if (!charset)
		return;
	buf_init(&utf8, BYTES_MAX);
	charset_add_utf8(charset, buf_slice(text), &utf8);
	buf_fini(text);
	*text = utf8;
}

/* Is longer the other one with something put in at one place? */
static bool
is_insertion(struct slice text, struct slice longer)
{
	size_t head = 0, tail = 0;

	while (head < text.len && head < longer.len &&
	       text.data[head] == longer.data[head])
		head++;
	while (tail < text.len && tail < longer.len &&
	       text.data[text.len - 1 - tail] ==
		   longer.data[longer.len - 1 - tail])
		tail++;
	return longer.len > text.len && head + tail >= text.len;
}

static const char *
check_touched(const struct mime_part *was, const struct mime_part *now)
{
	struct buf before, after;
	bool good;

	if (was->kind != MIME_LEAF || !mime_type_is(&was->type, "text", NULL))
		return "something else than a text was touched";
	if (!has_same_fields(&was->header, &now->header))
		return "another field was changed";
	if (!is_strict(was))
		return NULL;
	decode(was, &before);
	decode(now, &after);
	to_utf8(was, now, &before);
	good = is_insertion(buf_slice(&before), buf_slice(&after));
	buf_fini(&before);
	buf_fini(&after);
	return good ? NULL : "the old text was changed";
}

static void
add_skeleton(struct pair *p, int side, const struct mime_part *part)
{
	const unsigned char *from = p->pos[side];

	if (part->parent)
		buf_add(&p->skeletons[side], from,
		    (size_t)(part->header_raw.data - from));
	p->pos[side] = end_of(part->body);
}

static const char *
check_part(struct pair *p, const struct mime_part *was,
    const struct mime_part *now, size_t *touched)
{
	bool same_header = slice_equal(was->header_raw, now->header_raw);

	if (was->kind != now->kind || was->depth != now->depth)
		return "another tree";
	if (was->kind != MIME_LEAF)
		return same_header ? NULL : "the header of a container";
	if (same_header && slice_equal(was->body, now->body))
		return NULL;
	++*touched;
	add_skeleton(p, 0, was);
	add_skeleton(p, 1, now);
	return check_touched(was, now);
}

static const char *
check_trees(struct pair *p)
{
	const struct mime_part *was = p->was.root, *now = p->now.root;
	const char *wrong = NULL;
	size_t touched = 0;

	p->pos[0] = was->body.data;
	p->pos[1] = now->body.data;
	for (; was && now && !wrong; was = mime_part_next(was)) {
		wrong = check_part(p, was, now, &touched);
		now = mime_part_next(now);
	}
	if (wrong)
		return wrong;
	if (was || now)
		return "more parts, or fewer";
	if (touched == 0 || touched > LIMIT_DISCLAIMER_BODIES)
		return "no body was touched, or too many";
	was = p->was.root;
	now = p->now.root;
	buf_add(&p->skeletons[0], p->pos[0],
	    (size_t)(end_of(was->body) - p->pos[0]));
	buf_add(&p->skeletons[1], p->pos[1],
	    (size_t)(end_of(now->body) - p->pos[1]));
	return slice_equal(
		   buf_slice(&p->skeletons[0]), buf_slice(&p->skeletons[1]))
		   ? NULL
		   : "bytes outside of the bodies were changed";
}

/* Can it be signed in the clear? */
static bool
is_signable(const struct mime_tree *tree)
{
	enum mime_canon_result result = MIME_CANON_SKIP;
	const char *reason;
	struct spool out;
	struct err err;
	int rc;

	spool_init(&out, &config);
	rc = mime_canon_write(tree, &out, &result, &reason, &err);
	spool_fini(&out);
	return rc == 0 &&
	       (result == MIME_CANON_SAME || result == MIME_CANON_TRANSCODED);
}

static const char *
check_again(struct pair *p, const struct disclaimer_opts *opts)
{
	enum disclaimer_result result;
	struct spool out;
	struct err err;
	size_t len;
	int rc;

	spool_init(&out, &config);
	rc = disclaimer_insert(&p->now, opts, &out, &len, &result, &err);
	spool_fini(&out);
	if (rc)
		return "an error the second time";
	return result == DISCLAIMER_PRESENT ? NULL : "it was not found again";
}

static const char *
check_added(struct pair *p, const struct disclaimer_opts *opts)
{
	struct slice all = spool_slice(&p->out);
	const char *wrong;

	if (!slice_has_prefix(slice_part(all, p->header_len, all.len), "\r\n"))
		return "no empty line behind the header";
	mime_scan(&p->now, slice_part(all, 0, p->header_len),
	    slice_part(all, p->header_len + 2, all.len));
	buf_init(&p->skeletons[0], BYTES_MAX);
	buf_init(&p->skeletons[1], BYTES_MAX);
	wrong = check_trees(p);
	if (!wrong && is_signable(&p->was) && !is_signable(&p->now))
		wrong = "it cannot be signed any more";
	if (!wrong)
		wrong = check_again(p, opts);
	buf_fini(&p->skeletons[0]);
	buf_fini(&p->skeletons[1]);
	mime_tree_fini(&p->now);
	return wrong;
}

const char *
disclaimer_check(struct slice header_raw, struct slice body, unsigned which,
    enum disclaimer_result *result)
{
	const char *const *files = texts[which % DISCLAIMER_CHECK_TEXTS];
	const char *wrong = NULL;
	struct disclaimer_template *t;
	struct disclaimer_opts opts;
	struct disclaimer d;
	struct pair p = {0};
	struct err err;

	if (disclaimer_template_new(
		slice_text(files[0]), slice_text(files[1]), &t, &err))
		return "a bad template";
	disclaimer_fill(t, "Alice", "alice@example.org", &d);
	opts = (struct disclaimer_opts){t, &d, false};
	mime_scan(&p.was, header_raw, body);
	spool_init(&p.out, &config);
	if (disclaimer_insert(
		&p.was, &opts, &p.out, &p.header_len, result, &err))
		wrong = "an error";
	else if (*result == DISCLAIMER_ADDED)
		wrong = check_added(&p, &opts);
	else if (p.out.size > 0 || p.header_len > 0)
		wrong = "something was written";
	spool_fini(&p.out);
	mime_tree_fini(&p.was);
	disclaimer_fini(&d);
	disclaimer_template_free(t);
	return wrong;
}
