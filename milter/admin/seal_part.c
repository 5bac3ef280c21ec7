/* seal_part.c: see seal_part.h.  One thread.  Linear in the messages. */
#include "admin/seal_part.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "mail/mime_codec.h"

/* --- numbers --- */

static const struct mime_part *
nth(const struct mime_part *first, unsigned long n)
{
	while (first && n-- > 1)
		first = first->next;
	return first;
}

/* The multipart at the root, or right inside of a message, has no number of
 * its own; what else is there is number 1. */
static const struct mime_part *
inside(const struct mime_part *whole, unsigned long n)
{
	if (whole->kind == MIME_MULTIPART)
		return nth(whole->child, n);
	return n == 1 ? whole : NULL;
}

static const struct mime_part *
child_of(const struct mime_part *part, unsigned long n)
{
	switch (part->kind) {
	case MIME_MULTIPART:
		return nth(part->child, n);
	case MIME_MESSAGE:
		return part->child ? inside(part->child, n) : NULL;
	case MIME_LEAF:
		break;
	}
	return NULL;
}

const struct mime_part *
seal_part_find(const struct mime_tree *tree, const char *number)
{
	const struct mime_part *part = NULL;
	char *end;

	if (strcmp(number, "0") == 0)
		return tree->root;
	for (;; number = end + 1) {
		unsigned long n = strtoul(number, &end, 10);

		if (end == number || n == 0)
			return NULL;
		part = part ? child_of(part, n) : inside(tree->root, n);
		if (!part || *end != '.')
			return *end ? NULL : part;
	}
}

/* --- excerpts --- */

static void
escape(struct buf *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = bytes.data[i];

		if (c == '\r' && i + 1 < bytes.len && bytes.data[i + 1] == '\n')
			continue;
		if (c == '\n')
			buf_add_text(out, "\\n");
		else if (c == '\t')
			buf_add_text(out, "\\t");
		else if (c == '\\')
			buf_add_text(out, "\\\\");
		else if (c < ' ' || c > 0x7e)
			buf_addf(out, "\\x%02X", c);
		else
			buf_add_char(out, (char)c);
	}
}

char *
seal_part_escape(struct slice bytes)
{
	const size_t half = SEAL_EXCERPT_BYTES / 2;
	struct buf out;

	if (bytes.len == 0)
		return NULL;
	/* Four characters for each. */
	buf_init(&out, (size_t)4 * SEAL_EXCERPT_BYTES + sizeof(" [...] "));
	if (bytes.len <= SEAL_EXCERPT_BYTES) {
		escape(&out, bytes);
	} else {
		escape(&out, slice_part(bytes, 0, half));
		buf_add_text(&out, " [...] ");
		escape(&out, slice_part(bytes, bytes.len - half, bytes.len));
	}
	return buf_take_text(&out);
}

/* What is left of both without what they begin and end with; whole lines of
 * them only, where a piece of one would tell nobody anything. */
static void
cut_common(struct slice *a, struct slice *b, bool lines)
{
	size_t n = a->len < b->len ? a->len : b->len, head = 0, tail = 0;

	while (head < n && a->data[head] == b->data[head])
		head++;
	while (lines && head > 0 && a->data[head - 1] != '\n')
		head--;
	while (tail < n - head &&
	       a->data[a->len - 1 - tail] == b->data[b->len - 1 - tail])
		tail++;
	while (lines && tail > 0 && tail < a->len &&
	       a->data[a->len - 1 - tail] != '\n')
		tail--;
	*a = slice_part(*a, head, a->len - tail);
	*b = slice_part(*b, head, b->len - tail);
}

/* A body as a reader sees it; raw unless it is encoded. */
static int
decode(const struct mime_part *part, struct spool *room, struct slice *out,
    struct err *err)
{
	bool strict;
	int rc;

	*out = part->body;
	if (part->kind != MIME_LEAF ||
	    (part->cte != MIME_CTE_BASE64 && part->cte != MIME_CTE_QP))
		return 0;
	if (part->cte == MIME_CTE_BASE64)
		rc = base64_decode(part->body, room, &strict, err);
	else
		rc = qp_decode(part->body, room, &strict, err);
	if (rc < 0 || spool_finish(room, err) < 0)
		return -1;
	*out = spool_slice(room);
	return 0;
}

/* Which bytes of a part a change is about. */
enum aspect {
	ASPECT_NONE = 0,
	ASPECT_HEADER,
	ASPECT_RAW,
	ASPECT_TEXT, /* decoded */
	ASPECT_PREAMBLE,
	ASPECT_EPILOGUE
};

static bool
is_text(const struct mime_part *part)
{
	return part && part->kind == MIME_LEAF &&
	       strcmp(part->type.type, "text") == 0;
}

/* text: is the part one that people can read?  Of others the header tells
 * more. */
static enum aspect
aspect_of(enum seal_change change, bool text)
{
	switch (change) {
	case SEAL_TEXT_APPENDED:
	case SEAL_TEXT_PREPENDED:
	case SEAL_TEXT_INSERTED:
	case SEAL_TEXT_CUT:
	case SEAL_TEXT_CHANGED:
		return text ? ASPECT_TEXT : ASPECT_NONE;
	case SEAL_PART_ADDED:
	case SEAL_PART_REMOVED:
		return text ? ASPECT_TEXT : ASPECT_HEADER;
	case SEAL_RE_ENCODED:
	case SEAL_WHITE_SPACE:
	case SEAL_LINE_ENDS:
		return ASPECT_RAW;
	case SEAL_HEADER_CHANGED:
	case SEAL_UNPROTECTED:
	case SEAL_WRAPPED:
		return ASPECT_HEADER;
	case SEAL_AFTER_END:
		return ASPECT_EPILOGUE;
	case SEAL_BEFORE_START:
		return ASPECT_PREAMBLE;
	case SEAL_SIGNATURE_CHANGED: /* a signature tells nobody anything */
		break;
	}
	return ASPECT_NONE;
}

static int
look(const struct mime_part *part, enum aspect aspect, struct spool *room,
    struct slice *out, struct err *err)
{
	*out = slice_make(NULL, 0);
	if (!part)
		return 0;
	switch (aspect) {
	case ASPECT_NONE:
		break;
	case ASPECT_HEADER:
		*out = part->header_raw;
		break;
	case ASPECT_RAW:
		*out = part->body;
		break;
	case ASPECT_TEXT:
		return decode(part, room, out, err);
	case ASPECT_PREAMBLE:
		*out = part->preamble;
		break;
	case ASPECT_EPILOGUE:
		*out = part->epilogue;
		break;
	}
	return 0;
}

/* The number that the part had before the message became a part of another
 * one: "1.2" was "2" when all of it is "1" now. */
static const char *
number_before(const char *number, const char *wrapped)
{
	size_t len = strlen(wrapped);

	if (len == 0 || strncmp(number, wrapped, len) != 0)
		return number;
	if (number[len] == '.')
		return number + len + 1;
	return number[len] ? number : "0";
}

/* The part as it was and as it is; NULL where it is not there. */
static void
find_parts(const struct seal_excerpt_case *c,
    const struct seal_finding *finding, const struct mime_part **was,
    const struct mime_part **now)
{
	const char *before = number_before(finding->part, c->wrapped);

	switch (finding->change) {
	case SEAL_WRAPPED:
	case SEAL_UNPROTECTED:
		*was = c->was->root;
		*now = c->now->root;
		break;
	case SEAL_PART_ADDED:
		*was = NULL;
		*now = seal_part_find(c->now, finding->part);
		break;
	case SEAL_PART_REMOVED:
		*was = seal_part_find(c->was, finding->part);
		*now = NULL;
		break;
	default:
		*was = seal_part_find(c->was, before);
		*now = seal_part_find(c->now, finding->part);
		break;
	}
}

int
seal_part_excerpt(const struct seal_excerpt_case *c,
    const struct seal_finding *finding, struct seal_excerpt *out,
    struct err *err)
{
	const struct mime_part *was, *now;
	struct spool was_room, now_room;
	struct slice before, after;
	enum aspect aspect;
	int rc = -1;

	find_parts(c, finding, &was, &now);
	aspect = aspect_of(finding->change, is_text(now ? now : was));
	spool_init(&was_room, c->spool);
	spool_init(&now_room, c->spool);
	if (look(was, aspect, &was_room, &before, err) < 0 ||
	    look(now, aspect, &now_room, &after, err) < 0)
		goto out;
	cut_common(&before, &after, aspect == ASPECT_HEADER);
	out->before = seal_part_escape(before);
	out->after = seal_part_escape(after);
	rc = 0;
out:
	spool_fini(&now_room);
	spool_fini(&was_room);
	return rc;
}

void
seal_excerpt_fini(struct seal_excerpt *e)
{
	free(e->before);
	free(e->after);
}
