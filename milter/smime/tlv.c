/*
 * tlv.c: see tlv.h.
 *
 * Reads what the network sent: every length is checked against what is left
 * before it is used, nothing recurses deeper than LIMIT_TLV_DEPTH, and each
 * step consumes at least one octet.  Callable from any thread.
 */
#include "smime/tlv.h"

#include "base/limits.h"

#define CONSTRUCTED 0x20
#define TAG_NUMBER  0x1f /* all ones: the number follows; CMS has none */

struct head {
	unsigned char tag;
	bool indefinite;
	const unsigned char *content;
	size_t len; /* of the content; indefinite: all that is left */
};

/* X.690 8.1.3.5: the length octets behind the first one. */
static int
long_length(const unsigned char *at, size_t count, size_t *len)
{
	*len = 0;
	if (count > sizeof(*len))
		return -1;
	for (size_t i = 0; i < count; i++)
		*len = *len << 8 | at[i];
	return 0;
}

static int
head_read(const struct tlv *b, struct head *h)
{
	size_t left = (size_t)(b->end - b->at), count;

	if (left < 2 || b->at[0] == 0 || (b->at[0] & TAG_NUMBER) == TAG_NUMBER)
		return -1;
	h->tag = b->at[0];
	h->content = b->at + 2;
	h->indefinite = false;
	left -= 2;
	count = b->at[1] & 0x7fu;
	if (b->at[1] == 0x80) {
		h->indefinite = true;
		h->len = left;
		return h->tag & CONSTRUCTED ? 0 : -1;
	}
	if (b->at[1] < 0x80) {
		h->len = b->at[1];
	} else {
		if (count > left || long_length(h->content, count, &h->len))
			return -1;
		h->content += count;
		left -= count;
	}
	return h->len <= left ? 0 : -1;
}

void
tlv_init(struct tlv *b, struct slice input)
{
	/* Never NULL: pointers are compared and subtracted. */
	static const unsigned char none[1];

	b->at = input.len > 0 ? input.data : none;
	b->end = b->at + input.len;
	b->depth = 0;
	b->open = false;
}

bool
tlv_at_end(const struct tlv *b)
{
	if (b->open)
		return b->end - b->at >= 2 && b->at[0] == 0 && b->at[1] == 0;
	return b->at == b->end;
}

unsigned char
tlv_peek(const struct tlv *b)
{
	return b->at < b->end ? *b->at : 0;
}

int
tlv_enter(const struct tlv *b, unsigned char tag, struct tlv *inside)
{
	struct head h;

	if (b->depth >= LIMIT_TLV_DEPTH || head_read(b, &h) || h.tag != tag ||
	    !(h.tag & CONSTRUCTED))
		return -1;
	inside->at = h.content;
	inside->end = h.content + h.len;
	inside->depth = b->depth + 1;
	inside->open = h.indefinite;
	return 0;
}

int
tlv_leave(struct tlv *b, const struct tlv *inside)
{
	if (!tlv_at_end(inside))
		return -1;
	b->at = inside->open ? inside->at + 2 : inside->at;
	return 0;
}

int
tlv_value(struct tlv *b, unsigned char tag, struct slice *content)
{
	struct head h;

	if (head_read(b, &h) || h.tag != tag || h.indefinite)
		return -1;
	*content = slice_make(h.content, h.len);
	b->at = h.content + h.len;
	return 0;
}

/* The end of an indefinite value: elements of definite length are jumped
 * over, those of indefinite length are walked through. */
static int
skip_indefinite(struct tlv *b)
{
	unsigned open = 0;
	struct head h;

	do {
		if (open > 0 && b->end - b->at >= 2 && b->at[0] == 0 &&
		    b->at[1] == 0) {
			b->at += 2;
			open--;
			continue;
		}
		if (head_read(b, &h))
			return -1;
		b->at = h.indefinite ? h.content : h.content + h.len;
		open += h.indefinite;
		if (open > LIMIT_TLV_DEPTH)
			return -1;
	} while (open > 0);
	return 0;
}

int
tlv_skip(struct tlv *b, struct slice *whole)
{
	struct tlv walk = *b;

	if (skip_indefinite(&walk))
		return -1;
	if (whole)
		*whole = slice_make(b->at, (size_t)(walk.at - b->at));
	b->at = walk.at;
	return 0;
}

int
tlv_skip_optional(struct tlv *b, unsigned char tag, struct slice *whole)
{
	if (whole)
		*whole = slice_make(NULL, 0);
	if (tlv_at_end(b) || tlv_peek(b) != tag)
		return 0;
	return tlv_skip(b, whole);
}

int
tlv_oid(struct tlv *b, enum oid *oid)
{
	struct tlv walk = *b;
	struct slice content;

	if (tlv_value(&walk, DER_OID, &content) || content.len == 0)
		return -1;
	*oid = oid_find(content);
	*b = walk;
	return 0;
}

int
tlv_integer(struct tlv *b, unsigned *value)
{
	struct tlv walk = *b;
	struct slice content;

	if (tlv_value(&walk, DER_INTEGER, &content) || content.len == 0 ||
	    content.len > 3 || content.data[0] & 0x80 ||
	    (content.len == 3 && content.data[0] != 0))
		return -1;
	*value = 0;
	for (size_t i = 0; i < content.len; i++)
		*value = *value << 8 | content.data[i];
	*b = walk;
	return 0;
}

int
tlv_algorithm(struct tlv *b, struct tlv_algorithm *out)
{
	return tlv_algorithm_tagged(b, DER_SEQUENCE, out);
}

int
tlv_algorithm_tagged(
    struct tlv *b, unsigned char tag, struct tlv_algorithm *out)
{
	const unsigned char *start = b->at;
	struct tlv inside;

	if (tlv_enter(b, tag, &inside) || tlv_oid(&inside, &out->oid))
		return -1;
	out->params = slice_make(NULL, 0);
	if (!tlv_at_end(&inside) && tlv_skip(&inside, &out->params))
		return -1;
	if (tlv_leave(b, &inside))
		return -1;
	out->whole = slice_make(start, (size_t)(b->at - start));
	return 0;
}

bool
tlv_params_absent(struct slice params)
{
	static const unsigned char null[] = {DER_NULL, 0};

	return params.len == 0 ||
	       slice_equal(params, slice_make(null, sizeof(null)));
}

/* Adds up the pieces of a constructed string; they may be constructed again
 * (X.690 8.7.3.2). */
static int
octets_measure(struct tlv *b, size_t *size)
{
	struct slice piece;
	struct tlv inside;

	while (!tlv_at_end(b)) {
		if (tlv_peek(b) == DER_OCTET_STRING) {
			if (tlv_value(b, DER_OCTET_STRING, &piece))
				return -1;
			*size += piece.len;
		} else if (tlv_enter(
			       b, DER_OCTET_STRING | CONSTRUCTED, &inside) ||
			   octets_measure(&inside, size) ||
			   tlv_leave(b, &inside)) {
			return -1;
		}
	}
	return 0;
}

int
tlv_octets(struct tlv *b, unsigned char tag, struct tlv_octets *out)
{
	struct tlv inside, walk;

	out->size = 0;
	out->constructed = tlv_peek(b) == (tag | CONSTRUCTED);
	if (!out->constructed) {
		if (tlv_value(b, tag, &out->raw))
			return -1;
		out->size = out->raw.len;
		return 0;
	}
	if (tlv_enter(b, tag | CONSTRUCTED, &inside))
		return -1;
	walk = inside;
	if (octets_measure(&walk, &out->size))
		return -1;
	out->raw = slice_make(inside.at, (size_t)(walk.at - inside.at));
	return tlv_leave(b, &walk);
}

bool
tlv_octets_next(
    const struct tlv_octets *octets, size_t *at, struct slice *piece)
{
	struct tlv b;
	struct head h;

	if (!octets->constructed) {
		*piece = octets->raw;
		return (*at)++ == 0;
	}
	/* tlv_octets has checked the nesting: heads of constructed pieces
	 * and ends of indefinite ones can be passed over one by one. */
	for (tlv_init(&b, slice_part(octets->raw, *at, octets->raw.len));
	     b.at < b.end;) {
		if (*b.at == 0) {
			b.at += 2;
		} else if (head_read(&b, &h)) {
			return false;
		} else if (h.tag & CONSTRUCTED) {
			b.at = h.content;
		} else {
			*piece = slice_make(h.content, h.len);
			*at = (size_t)(h.content + h.len - octets->raw.data);
			return true;
		}
	}
	return false;
}
