/*
 * seal_number.c: the numbers of parts (see seal_compare.h), of a message that
 * is there and of one of which only the fingerprint is left.
 *
 * RFC 9051 6.4.5: children of a multipart are counted; the multipart at the
 * root, or right inside of a message, has no number of its own, and takes
 * that of what it is in.  Any thread.
 */
#include "smime/seal_findings.h"

#include <stdio.h>
#include <string.h>

/* From the root down to a part: what each is, and which child. */
struct path {
	enum mime_kind kinds[LIMIT_MIME_DEPTH + 1];
	unsigned places[LIMIT_MIME_DEPTH + 1]; /* from 1 */
	unsigned depth;
};

/* Room for a "+" is kept behind every number but the last. */
static void
append(char out[SEAL_PART_TEXT], unsigned number)
{
	size_t len = strlen(out);
	char more[16];
	int size;

	if (len > 0 && out[len - 1] == '+')
		return;
	size = snprintf(more, sizeof(more), "%s%u", len > 0 ? "." : "", number);
	if (len + (size_t)size + 1 >= SEAL_PART_TEXT)
		(void)snprintf(more, sizeof(more), "+");
	(void)snprintf(out + len, SEAL_PART_TEXT - len, "%s", more);
}

static void
path_write(const struct path *path, char out[SEAL_PART_TEXT])
{
	bool counts;

	out[0] = '\0';
	for (unsigned i = 0; i <= path->depth; i++) {
		counts = i > 0 && path->kinds[i - 1] == MIME_MULTIPART;
		if (counts || path->kinds[i] != MIME_MULTIPART)
			append(out, counts ? path->places[i] : 1);
	}
	if (out[0] == '\0')
		(void)snprintf(out, SEAL_PART_TEXT, "0");
}

void
seal_number_part(const struct mime_part *part, char out[SEAL_PART_TEXT])
{
	struct path path = {.depth = part->depth};

	for (; part; part = part->parent) {
		path.kinds[part->depth] = part->kind;
		path.places[part->depth] = 1;
		if (!part->parent)
			break;
		for (const struct mime_part *c = part->parent->child; c != part;
		     c = c->next)
			path.places[part->depth]++;
	}
	path_write(&path, out);
}

void
seal_number_lost(const struct seal *was, size_t index, char out[SEAL_PART_TEXT])
{
	struct path path = {.depth = was->parts[index].depth};

	for (size_t i = 0; i <= index; i++) {
		const struct seal_part *p = &was->parts[i];

		/* A child that is the first in its parent begins anew. */
		if (i == 0 || p->depth > was->parts[i - 1].depth)
			path.places[p->depth] = 0;
		path.places[p->depth]++;
		path.kinds[p->depth] = p->kind;
	}
	path_write(&path, out);
}
