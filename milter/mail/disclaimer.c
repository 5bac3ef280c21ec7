/*
 * disclaimer.c: see disclaimer.h.  Rules N1 and N2.
 *
 * Nothing is written before it is known that all bodies can have it: a message
 * that says one thing in its text and another in its HTML is worse than one
 * that lacks a disclaimer.  Then the entity is copied from its start to its
 * end, but for what changes.  Pure but for the spools; callable from any
 * thread.
 */
#include "mail/disclaimer.h"

#include "mail/disclaimer_body.h"
#include "mail/disclaimer_part.h"
#include "mail/disclaimer_present.h"
#include "mail/mime_label.h"

/* What labels add to a header block. */
#define LABELS_MAX 256

struct parts {
	struct disclaimer_part at[LIMIT_DISCLAIMER_BODIES];
	struct buf headers[LIMIT_DISCLAIMER_BODIES];
	size_t count;
};

static void
parts_fini(struct parts *p)
{
	for (size_t i = 0; i < p->count; i++) {
		disclaimer_part_fini(&p->at[i]);
		buf_fini(&p->headers[i]);
	}
}

static bool
make_header(const struct disclaimer_part *p, struct buf *out)
{
	buf_init(out, p->part->header_raw.len + LABELS_MAX);
	return mime_label_write(p->part, p->charset, p->cte, out);
}

static int
make_parts(struct parts *p, const struct disclaimer_bodies *bodies,
    const struct disclaimer *d, const struct spool_config *config,
    enum disclaimer_result *result, struct err *err)
{
	for (size_t i = 0; i < bodies->count; i++) {
		buf_init(&p->headers[i], 0);
		p->count++;
		if (disclaimer_part_make(
			&bodies->at[i], d, config, &p->at[i], result, err))
			return -1;
		if (*result != DISCLAIMER_ADDED)
			return 0;
		if (!make_header(&p->at[i], &p->headers[i])) {
			*result = DISCLAIMER_BROKEN;
			return 0;
		}
	}
	return 0;
}

/* --- writing --- */

struct writer {
	struct spool *out;
	const unsigned char *pos; /* what lies before it has been written */
};

static int
write_slice(struct writer *w, struct slice s, struct err *err)
{
	return spool_write(w->out, s.data, s.len, err);
}

static int
copy_until(struct writer *w, const unsigned char *end, struct err *err)
{
	const unsigned char *from = w->pos;

	w->pos = end;
	return spool_write(w->out, from, (size_t)(end - from), err);
}

static int
write_part(struct writer *w, const struct disclaimer_part *p,
    const struct buf *header, struct err *err)
{
	struct slice raw = p->part->header_raw, body = p->part->body;

	/* That of the root is written already, and lies elsewhere. */
	if (p->part->parent) {
		if (copy_until(w, raw.data, err) ||
		    write_slice(w, buf_slice(header), err))
			return -1;
		w->pos = raw.data + raw.len;
	}
	if (copy_until(w, body.data + p->from, err) ||
	    write_slice(w, spool_slice(&p->instead), err))
		return -1;
	w->pos = body.data + p->to;
	return 0;
}

static int
write_entity(const struct mime_part *root, const struct parts *parts,
    struct spool *out, size_t *header_len, struct err *err)
{
	struct writer w = {out, root->body.data};
	struct slice header = root->header_raw;

	if (parts->at[0].part == root)
		header = buf_slice(&parts->headers[0]);
	if (write_slice(&w, header, err) ||
	    write_slice(&w, slice_text("\r\n"), err))
		return -1;
	for (size_t i = 0; i < parts->count; i++)
		if (write_part(&w, &parts->at[i], &parts->headers[i], err))
			return -1;
	if (copy_until(&w, root->body.data + root->body.len, err) ||
	    spool_finish(out, err))
		return -1;
	*header_len = header.len;
	return 0;
}

int
disclaimer_insert(const struct mime_tree *tree,
    const struct disclaimer_opts *opts, struct spool *out, size_t *header_len,
    enum disclaimer_result *result, struct err *err)
{
	enum disclaimer_result r = DISCLAIMER_ADDED;
	struct disclaimer_bodies bodies;
	struct parts parts = {.count = 0};
	int rc;

	rc = disclaimer_bodies_read(tree, out->config, &bodies, &r, err);
	if (rc == 0 && r == DISCLAIMER_ADDED && !opts->repeat &&
	    disclaimer_is_present(&bodies, opts->template_, opts->filled))
		r = DISCLAIMER_PRESENT;
	if (rc == 0 && r == DISCLAIMER_ADDED)
		rc = make_parts(
		    &parts, &bodies, opts->filled, out->config, &r, err);
	if (rc == 0 && r == DISCLAIMER_ADDED)
		rc = write_entity(tree->root, &parts, out, header_len, err);
	parts_fini(&parts);
	disclaimer_bodies_fini(&bodies);
	if (rc == 0)
		*result = r;
	return rc;
}
