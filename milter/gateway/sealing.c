/*
 * sealing.c: see sealing.h.  Pure but for the spool; any thread.
 *
 * The fingerprint is taken of the message as its readers will see it: the
 * header is written with all edits, then read again.
 */
#include "gateway/sealing.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/mime_build.h"
#include "mail/mime_scan.h"
#include "smime/detect.h"

const char *
sealing_marker(const struct sealing *s, const struct sealing_deed *deed)
{
	if (!s->marker)
		return NULL;
	if (deed->is_signed)
		return deed->is_encrypted ? " signed, encrypted" : " signed";
	return deed->is_encrypted ? " encrypted" : NULL;
}

bool
sealing_wants_passing(const struct sealing *s, const struct header *header)
{
	return s->key && smime_detect_header(header) != SMIME_NONE;
}

/* The entity that the copy is: its Content-* fields, no empty line. */
static int
write_entity_header(const struct header *header, const struct edits *edits,
    struct slice body, struct buf *out, struct err *err)
{
	struct header finished;
	struct buf text;
	bool complete;

	buf_init(&text, EDITS_HEADER_MAX);
	edits_write_header(edits, header, &text);
	header_init(&finished);
	(void)header_parse(&finished, buf_slice(&text), &complete);
	mime_entity_header(&finished, body, out);
	complete = buf_ok(&text) && buf_ok(out);
	header_fini(&finished);
	buf_fini(&text);
	if (!complete)
		return err_set(err, ERR_PERMANENT, "header too large");
	return 0;
}

/* The entity that leaves. */
struct finished {
	struct slice header; /* without the empty line */
	struct slice body;
	bool passing; /* not of our making */
};

static int
write_seal(const struct sealing *s, const struct finished *f, struct buf *out,
    struct err *err)
{
	const struct seal_opts opts = {.key = s->key, .spool = s->spool};
	struct seal *seal = xcalloc(1, sizeof(*seal));
	struct mime_tree tree;
	int rc;

	mime_scan(&tree, f->header, f->body);
	rc = seal_take(&opts, &tree, seal, err);
	seal->passing = f->passing;
	if (rc == 0)
		rc = seal_write(seal, s->key, s->now, out, err);
	mime_tree_fini(&tree);
	free(seal);
	return rc;
}

static int
add_seal(const struct sealing *s, const struct sealing_message *m,
    struct edits *edits, struct err *err)
{
	struct finished f = {.body = m->body,
	    .passing = !m->deed.is_signed && !m->deed.is_encrypted};
	struct buf entity, field;
	struct spool joined;
	int rc = 0;

	buf_init(&entity, EDITS_HEADER_MAX);
	buf_init(&field, LIMIT_SEAL_FIELD);
	spool_init(&joined, s->spool);
	if (edits->replace_body)
		rc = spool_join(&joined, &edits->body, &f.body, err);
	if (rc == 0)
		rc =
		    write_entity_header(m->header, edits, f.body, &entity, err);
	f.header = buf_slice(&entity);
	if (rc == 0)
		rc = write_seal(s, &f, &field, err);
	if (rc == 0)
		edits_insert_top(edits, SEAL_FIELD, buf_text(&field));
	spool_fini(&joined);
	buf_fini(&field);
	buf_fini(&entity);
	return rc;
}

int
sealing_add(const struct sealing *s, const struct sealing_message *m,
    struct edits *edits, struct err *err)
{
	const char *marker = sealing_marker(s, &m->deed);

	if (marker)
		edits_insert_top(edits, MARKER_FIELD, marker);
	return s->key ? add_seal(s, m, edits, err) : 0;
}
