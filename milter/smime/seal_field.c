/*
 * seal_field.c: the header field of a fingerprint (see seal.h).
 *
 *	v=1; t=TIME; s=BASE64; m=CODE
 *
 * CODE authenticates everything before it, without white space: servers fold
 * anew.  In BASE64, numbers as in LEB128, digests and sums as they are:
 *
 *	nonce whole type rest root count part*
 *	part = kind-and-flags depth header leaf|container
 *	leaf = raw letters [decoded letters] blanks
 *	container = [glue] [preamble epilogue]
 *
 * What is not authentic is not read at all.  What is, is read as if it were
 * not: nothing is believed but what fits.  Any thread.
 */
#include "smime/seal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/hex.h"
#include "mail/mime_codec.h"
#include "smime/seal_digest.h"

#define CODE_SIZE ((size_t)16)
#define VERSION	  "v=1;"
#define CODE_TAG  ";m="

/* Octets of base64 in a line of the field. */
#define LINE ((size_t)72)

/* Bits of a part's first octet; below them its kind, and its encoding. */
enum {
	FLAG_LOOSE = 0x80,
	FLAG_ENDS = 0x40, /* preamble or epilogue */
	FLAG_RUINS = 0x20,
	FLAGS = FLAG_LOOSE | FLAG_ENDS | FLAG_RUINS,
	KIND_SHIFT = 3,
	CTE_MASK = 7
};

/* Of the number that says what is at the root. */
enum {
	FLAG_PASSING = 0x40
};

static int
code_make(const struct seal_key *key, struct slice text,
    unsigned char code[CODE_SIZE], struct err *err)
{
	struct seal_digester d;
	int rc;

	if (seal_digester_init(&d, key, err))
		return -1;
	seal_digest_begin(&d, SEAL_LABEL_FIELD);
	seal_digest_add(&d, text);
	seal_digest_end(&d, code, CODE_SIZE);
	rc = seal_digester_check(&d, err);
	seal_digester_fini(&d);
	return rc;
}

static bool
is_encoded(const struct seal_part *p)
{
	return p->cte == MIME_CTE_BASE64 || p->cte == MIME_CTE_QP;
}

/* --- writing --- */

static void
put_number(struct buf *b, uint64_t number)
{
	for (; number > 0x7f; number >>= 7)
		buf_add_char(b, (char)(0x80 | (number & 0x7f)));
	buf_add_char(b, (char)number);
}

static void
put_bytes(struct buf *b, const struct seal_bytes *bytes)
{
	put_number(b, bytes->len);
	buf_add(b, bytes->digest, sizeof(bytes->digest));
}

static void
put_text(struct buf *b, const struct seal_text *text)
{
	put_number(b, text->len);
	for (unsigned shift = 64; shift > 0; shift -= 8)
		buf_add_char(b, (char)(text->sum >> (shift - 8) & 0xff));
}

static void
put_part(struct buf *b, const struct seal_part *p)
{
	bool ends = p->preamble.len > 0 || p->epilogue.len > 0;
	unsigned flags = (p->loose ? FLAG_LOOSE : 0u) |
			 (ends ? FLAG_ENDS : 0u) |
			 (p->in_ruins ? FLAG_RUINS : 0u);
	unsigned kind = (unsigned)p->kind << KIND_SHIFT;

	buf_add_char(b, (char)(flags | kind | (unsigned)p->cte));
	put_number(b, p->depth);
	put_bytes(b, &p->header);
	if (p->kind == MIME_LEAF) {
		put_bytes(b, &p->raw);
		put_text(b, &p->letters);
		if (is_encoded(p)) {
			put_bytes(b, &p->decoded);
			put_text(b, &p->decoded_letters);
		}
		put_number(b, p->blanks);
		return;
	}
	if (!p->loose)
		put_bytes(b, &p->glue);
	if (ends) {
		put_text(b, &p->preamble);
		put_text(b, &p->epilogue);
	}
}

static void
put_seal(struct buf *b, const struct seal *s)
{
	buf_add(b, s->nonce, sizeof(s->nonce));
	buf_add(b, s->whole, sizeof(s->whole));
	buf_add(b, s->type, sizeof(s->type));
	put_bytes(b, &s->rest);
	put_number(b, (uint64_t)s->root | (s->passing ? FLAG_PASSING : 0));
	put_number(b, s->count);
	for (size_t i = 0; i < s->count; i++)
		put_part(b, &s->parts[i]);
}

/* "v=1;t=...;s=..." without any white space. */
static void
put_authentic(struct buf *text, const struct seal *s, time_t now)
{
	struct buf binary;
	struct slice in;
	unsigned char line[LINE + 4];
	size_t n;

	buf_init(&binary, LIMIT_SEAL_FIELD);
	put_seal(&binary, s);
	buf_addf(text, VERSION "t=%lld;s=", (long long)now);
	for (in = buf_slice(&binary); in.len > 0;
	     in = slice_part(in, n, in.len)) {
		n = in.len < LINE / 4 * 3 ? in.len : LINE / 4 * 3;
		/* Without the line end that it writes. */
		buf_add(
		    text, line, base64_encode(slice_part(in, 0, n), line) - 2);
	}
	text->overflow = text->overflow || !buf_ok(&binary);
	buf_fini(&binary);
}

/* Folded: every line but the first begins with a TAB. */
static void
put_folded(struct buf *out, struct slice text)
{
	for (size_t at = 0; at < text.len; at += LINE) {
		buf_add_text(out, at == 0 ? " " : "\n\t");
		buf_add_slice(out, slice_part(text, at, at + LINE));
	}
}

int
seal_write(const struct seal *s, const struct seal_key *key, time_t now,
    struct buf *out, struct err *err)
{
	unsigned char code[CODE_SIZE];
	char hex[2 * CODE_SIZE + 1];
	struct buf text;
	int rc = -1;

	buf_init(&text, LIMIT_SEAL_FIELD);
	put_authentic(&text, s, now);
	if (code_make(key, buf_slice(&text), code, err))
		goto out;
	hex_encode(code, sizeof(code), hex);
	buf_addf(&text, CODE_TAG "%s", hex);
	put_folded(out, buf_slice(&text));
	if (buf_ok(&text) && buf_ok(out))
		rc = 0;
	else
		err_set(err, ERR_BUG, "no room for a fingerprint");
out:
	buf_fini(&text);
	return rc;
}

/* --- reading --- */

/* What is left, and whether everything was there so far. */
struct input {
	struct slice rest;
	bool bad;
};

static void
get(struct input *in, void *out, size_t len)
{
	if (in->rest.len < len) {
		in->bad = true;
		memset(out, 0, len);
		return;
	}
	memcpy(out, in->rest.data, len);
	in->rest = slice_part(in->rest, len, in->rest.len);
}

static uint64_t
get_number(struct input *in)
{
	uint64_t number = 0;
	unsigned char octet;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		get(in, &octet, 1);
		number |= (uint64_t)(octet & 0x7f) << shift;
		if (!(octet & 0x80))
			return number;
	}
	in->bad = true;
	return 0;
}

static void
get_bytes(struct input *in, struct seal_bytes *bytes)
{
	bytes->len = get_number(in);
	get(in, bytes->digest, sizeof(bytes->digest));
}

static void
get_text(struct input *in, struct seal_text *text)
{
	unsigned char octets[8];

	text->len = get_number(in);
	get(in, octets, sizeof(octets));
	text->sum = 0;
	for (size_t i = 0; i < sizeof(octets); i++)
		text->sum = text->sum << 8 | octets[i];
}

static void
get_leaf(struct input *in, struct seal_part *p)
{
	get_bytes(in, &p->raw);
	get_text(in, &p->letters);
	p->decoded = p->raw;
	p->decoded_letters = p->letters;
	if (is_encoded(p)) {
		get_bytes(in, &p->decoded);
		get_text(in, &p->decoded_letters);
	}
	p->blanks = get_number(in);
}

static void
get_part(struct input *in, struct seal_part *p)
{
	unsigned char first;
	unsigned kind;

	get(in, &first, 1);
	kind = (first & ~(unsigned)FLAGS) >> KIND_SHIFT;
	*p = (struct seal_part){.kind = (enum mime_kind)kind,
	    .cte = (enum mime_cte)(first & CTE_MASK),
	    .loose = first & FLAG_LOOSE,
	    .in_ruins = first & FLAG_RUINS};
	if (kind > MIME_MESSAGE || p->cte > MIME_CTE_OTHER)
		in->bad = true;
	p->depth = (unsigned)get_number(in);
	get_bytes(in, &p->header);
	if (p->kind == MIME_LEAF) {
		get_leaf(in, p);
		return;
	}
	if (!p->loose)
		get_bytes(in, &p->glue);
	if (first & FLAG_ENDS) {
		get_text(in, &p->preamble);
		get_text(in, &p->epilogue);
	}
}

/* Each part is a child of the one before, or a sibling of that or of one
 * around it; only containers have children. */
static bool
depth_fits(const struct seal *s, size_t i)
{
	const struct seal_part *p = &s->parts[i], *before = p - 1;

	if (i == 0)
		return p->depth == 0;
	if (p->depth == 0 || p->depth > LIMIT_MIME_DEPTH)
		return false;
	return p->depth <= before->depth ||
	       (p->depth == before->depth + 1 && before->kind != MIME_LEAF);
}

static int
get_seal(struct slice binary, struct seal *out)
{
	struct input in = {.rest = binary};
	uint64_t root;

	*out = (struct seal){0};
	get(&in, out->nonce, sizeof(out->nonce));
	get(&in, out->whole, sizeof(out->whole));
	get(&in, out->type, sizeof(out->type));
	get_bytes(&in, &out->rest);
	root = get_number(&in);
	out->passing = root & FLAG_PASSING;
	out->root = (enum seal_root)(root & ~(uint64_t)FLAG_PASSING);
	out->count = get_number(&in);
	if (in.bad || out->root > SEAL_ROOT_CMS || out->count == 0 ||
	    out->count > LIMIT_SEAL_PARTS)
		return -1;
	for (size_t i = 0; i < out->count && !in.bad; i++) {
		get_part(&in, &out->parts[i]);
		in.bad = in.bad || !depth_fits(out, i);
	}
	return in.bad || in.rest.len > 0 ? -1 : 0;
}

static int
get_base64(struct slice text, struct seal *out)
{
	static const struct spool_config config = {
	    .memory = LIMIT_SEAL_FIELD, .max = LIMIT_SEAL_FIELD, .folder = "/"};
	struct spool spool;
	struct err err;
	bool strict;
	int rc = -1;

	spool_init(&spool, &config);
	if (base64_decode(text, &spool, &strict, &err) == 0 && strict &&
	    spool_finish(&spool, &err) == 0)
		rc = get_seal(spool_slice(&spool), out);
	spool_fini(&spool);
	return rc;
}

/* text is authentic, and without white space. */
static int
get_authentic(struct slice text, struct seal *out)
{
	uint64_t when = 0;
	size_t at = strlen(VERSION "t=");

	if (!slice_has_prefix(text, VERSION "t="))
		return -1;
	for (; at < text.len && text.data[at] >= '0' && text.data[at] <= '9' &&
	       when < UINT64_MAX / 16 / 10;
	     at++)
		when = 10 * when + (uint64_t)(text.data[at] - '0');
	text = slice_part(text, at, text.len);
	if (!slice_has_prefix(text, ";s=") ||
	    get_base64(slice_part(text, 3, text.len), out))
		return -1;
	out->when = (time_t)when;
	return 0;
}

static int
check_code(struct slice text, struct slice code, const struct seal_key *key)
{
	unsigned char wanted[CODE_SIZE], got[CODE_SIZE];
	char hex[2 * CODE_SIZE + 1];
	struct err err;

	memcpy(hex, code.data, 2 * CODE_SIZE);
	hex[2 * CODE_SIZE] = '\0';
	if (hex_decode(hex, got, sizeof(got)) ||
	    code_make(key, text, wanted, &err))
		return -1;
	return CRYPTO_memcmp(wanted, got, sizeof(got)) == 0 ? 0 : -1;
}

static int
read_field(struct slice body, const struct seal_key *key, struct seal *out)
{
	const size_t tail = strlen(CODE_TAG) + 2 * CODE_SIZE;
	struct slice all, text, code;
	struct buf squeezed;
	int rc = -1;

	/* As it is written, with a line end for each letter at worst. */
	if (body.len > 4 * (size_t)LIMIT_SEAL_FIELD)
		return -1;
	buf_init(&squeezed, LIMIT_SEAL_FIELD);
	for (size_t i = 0; i < body.len; i++)
		if (!ascii_is_white(body.data[i]))
			buf_add(&squeezed, &body.data[i], 1);
	all = buf_slice(&squeezed);
	if (!buf_ok(&squeezed) || all.len < tail)
		goto out;
	text = slice_part(all, 0, all.len - tail);
	code = slice_part(all, all.len - tail, all.len);
	if (slice_has_prefix(code, CODE_TAG) &&
	    check_code(
		text, slice_part(code, strlen(CODE_TAG), code.len), key) == 0)
		rc = get_authentic(text, out);
out:
	buf_fini(&squeezed);
	return rc;
}

enum seal_verdict
seal_read(
    const struct header *header, const struct seal_key *key, struct seal *out)
{
	enum seal_verdict verdict = SEAL_ABSENT;
	const struct header_field *field;
	struct seal found;
	size_t n;

	for (n = 0; n < LIMIT_SEAL_FIELDS; n++) {
		field = header_find(header, SEAL_FIELD, n);
		if (!field)
			break;
		verdict = SEAL_FORGED;
		if (read_field(field->body, key, &found))
			continue;
		*out = found;
		return SEAL_GOOD;
	}
	return verdict;
}
