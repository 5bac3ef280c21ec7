/*
 * gate_sealing.c: see gate_sealing.h.  Pure but for the spool; any thread.
 *
 * Reads the fingerprint as the guard will, who has nothing but the field and
 * the key.
 */
#include "gateway/gate_sealing.h"

#include <stdlib.h>

#include "base/alloc.h"

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

bool
gate_sealing_knows(struct slice name)
{
	return slice_equal_text_ci(name, SEAL_FIELD) ||
	       slice_equal_text_ci(name, MARKER_FIELD);
}

static bool
has_name(const struct gate_header *h, size_t at, const char *name)
{
	return at < h->count && slice_equal_text_ci(h->fields[at].name, name);
}

int
gate_sealing_find(const struct gate_header *h, const struct gate_terms *terms,
    size_t *at, struct err *err)
{
	if (terms->sealed) {
		if (!has_name(h, *at, SEAL_FIELD))
			return gap(err, "a fingerprint is missing");
		++*at;
	}
	if (terms->marker) {
		if (!has_name(h, *at, MARKER_FIELD) ||
		    !gate_header_same_body(
			h->fields[*at].body, slice_text(terms->marker)))
			return gap(err, "the marker is not as planned");
		++*at;
	}
	return 0;
}

static int
check_seal(const struct sealing *s, const struct gate_header *h, size_t at,
    struct slice body, struct err *err)
{
	const struct header whole = {.fields = h->fields, .count = h->count};
	const struct header field = {.fields = &h->fields[at], .count = 1};
	struct seal *seal = xcalloc(1, sizeof(*seal));
	int rc = 0;

	if (seal_read(&field, s->key, seal) != SEAL_GOOD)
		rc = gap(err, "a fingerprint that nobody can read");
	else if (seal->when != s->now)
		rc = gap(err, "a fingerprint of another time");
	else if (!seal_is_same(seal, s->key, &whole, body))
		rc = gap(err, "a fingerprint of something else");
	free(seal);
	return rc;
}

int
gate_sealing_check(const struct sealing *s, const struct gate_header *h,
    size_t at, const struct slice_list *body, struct err *err)
{
	struct spool joined;
	struct slice bytes;
	int rc;

	spool_init(&joined, s->spool);
	rc = spool_join(&joined, body, &bytes, err);
	if (rc == 0)
		rc = check_seal(s, h, at, bytes, err);
	spool_fini(&joined);
	return rc;
}
