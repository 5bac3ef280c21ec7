/*
 * mime_codec.c: see mime_codec.h.  RFC 2045 6.8; quoted-printable is in
 * mime_qp.c.
 *
 * Decoding what was encoded here gives the same bytes, whatever they are.
 * Decoders never fail on content.  Everything is one pass over the input in
 * constant memory; the objects belong to one thread.
 */
#include "mail/mime_codec.h"

#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

#include "mail/mime_block.h"

#define BASE64_IN   57u /* bytes of a full line */
#define BASE64_LINE 78u /* its encoded size with CRLF */
#define BLOCK_LINES ((size_t)128)

size_t
base64_size(size_t len)
{
	size_t lines = len / BASE64_IN, rest = len % BASE64_IN;

	return lines * BASE64_LINE + (rest ? (rest + 2) / 3 * 4 + 2 : 0);
}

size_t
base64_encode(struct slice in, unsigned char *out)
{
	unsigned char *p = out;
	size_t n;

	for (; in.len > 0; in = slice_part(in, n, in.len)) {
		n = in.len < BASE64_IN ? in.len : BASE64_IN;
		/* Its final NUL lands where the CR goes. */
		p += EVP_EncodeBlock(p, in.data, (int)n);
		*p++ = '\r';
		*p++ = '\n';
	}
	return (size_t)(p - out);
}

void
base64_encoder_init(struct base64_encoder *e, struct spool *out)
{
	e->out = out;
	e->rest_len = 0;
}

/* Whole lines, or the last one. */
static int
write_base64(struct base64_encoder *e, struct slice in, struct err *err)
{
	unsigned char data[BLOCK_LINES * BASE64_LINE];

	return spool_write(e->out, data, base64_encode(in, data), err);
}

int
base64_encoder_write(struct base64_encoder *e, struct slice in, struct err *err)
{
	const size_t most = BLOCK_LINES * BASE64_IN;
	size_t n;

	if (in.len == 0)
		return 0;
	if (e->rest_len > 0) {
		n = sizeof(e->rest) - e->rest_len;
		n = in.len < n ? in.len : n;
		memcpy(e->rest + e->rest_len, in.data, n);
		e->rest_len += n;
		in = slice_part(in, n, in.len);
		if (e->rest_len < sizeof(e->rest))
			return 0;
		e->rest_len = 0;
		if (write_base64(e, slice_make(e->rest, BASE64_IN), err))
			return -1;
	}
	for (; in.len >= BASE64_IN; in = slice_part(in, n, in.len)) {
		n = in.len < most ? in.len / BASE64_IN * BASE64_IN : most;
		if (write_base64(e, slice_part(in, 0, n), err))
			return -1;
	}
	if (in.len > 0)
		memcpy(e->rest, in.data, in.len);
	e->rest_len = in.len;
	return 0;
}

int
base64_encoder_finish(struct base64_encoder *e, struct err *err)
{
	size_t n = e->rest_len;

	e->rest_len = 0;
	return write_base64(e, slice_make(e->rest, n), err);
}

enum {
	CHAR_BLANK = 64,
	CHAR_PAD = 65,
	CHAR_JUNK = 66
};

static unsigned
char_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	switch (c) {
	case '+':
		return 62;
	case '/':
		return 63;
	case '=':
		return CHAR_PAD;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		return CHAR_BLANK;
	default:
		return CHAR_JUNK;
	}
}

struct base64_decoder {
	unsigned char values[256]; /* char_value of each byte */
	uint32_t bits;		   /* of a group of four characters, */
	unsigned count;		   /* as far as they came */
	bool strict;
	struct mime_block block;
};

static void
decoder_init(struct base64_decoder *d, struct spool *out)
{
	for (unsigned c = 0; c < 256; c++)
		d->values[c] = (unsigned char)char_value((unsigned char)c);
	d->bits = d->count = 0;
	d->strict = true;
	mime_block_init(&d->block, out);
}

static void
add_group(struct mime_block *b, uint32_t bits)
{
	b->data[b->used++] = (unsigned char)(bits >> 16);
	b->data[b->used++] = (unsigned char)(bits >> 8);
	b->data[b->used++] = (unsigned char)bits;
}

/* Whole groups without anything between them, the bulk of real data; returns
 * how many characters that were. */
static size_t
decode_groups(struct base64_decoder *d, struct slice in)
{
	const unsigned char *p = in.data, *v = d->values;
	size_t i = 0;

	while (i + 4 <= in.len && sizeof(d->block.data) - d->block.used >= 3) {
		uint32_t v0 = v[p[i]], v1 = v[p[i + 1]];
		uint32_t v2 = v[p[i + 2]], v3 = v[p[i + 3]];

		if ((v0 | v1 | v2 | v3) >= CHAR_BLANK)
			break;
		add_group(&d->block, v0 << 18 | v1 << 12 | v2 << 6 | v3);
		i += 4;
	}
	return i;
}

static void
decode_char(struct base64_decoder *d, unsigned char value)
{
	if (value == CHAR_BLANK)
		return;
	if (value > CHAR_BLANK) {
		d->strict = false;
		return;
	}
	d->bits = d->bits << 6 | value;
	if (++d->count < 4)
		return;
	add_group(&d->block, d->bits);
	d->bits = d->count = 0;
}

/* Up to the padding or the end; returns how many characters that were. */
static int
decode_data(
    struct base64_decoder *d, struct slice in, size_t *len, struct err *err)
{
	size_t i = 0;

	while (i < in.len) {
		if (mime_block_reserve(&d->block, 3, err))
			return -1;
		if (d->count == 0)
			i += decode_groups(d, slice_part(in, i, in.len));
		if (i == in.len || in.data[i] == '=')
			break;
		if (mime_block_reserve(&d->block, 3, err))
			return -1;
		decode_char(d, d->values[in.data[i++]]);
	}
	*len = i;
	return mime_block_reserve(&d->block, 3, err);
}

/* The bytes of an incomplete last group, and what follows it: the right
 * number of pads, and nothing but blanks. */
static void
decode_end(struct base64_decoder *d, struct slice rest)
{
	unsigned pads = 0, wanted = d->count ? 4 - d->count : 0;
	unsigned unused = d->count == 2 ? 4 : 2;

	for (size_t i = 0; i < rest.len; i++) {
		unsigned char value = d->values[rest.data[i]];

		if (value == CHAR_PAD && pads < 3)
			pads++;
		else if (value != CHAR_BLANK)
			d->strict = false;
	}
	if (pads != wanted || d->count == 1)
		d->strict = false;
	if (d->count < 2)
		return;
	if (d->bits & ((1u << unused) - 1))
		d->strict = false;
	d->bits <<= 6 * (4 - d->count);
	add_group(&d->block, d->bits);
	d->block.used -= 4 - d->count;
}

int
base64_decode(struct slice in, struct spool *out, bool *strict, struct err *err)
{
	struct base64_decoder d;
	size_t len;

	decoder_init(&d, out);
	if (decode_data(&d, in, &len, err))
		return -1;
	decode_end(&d, slice_part(in, len, in.len));
	if (mime_block_flush(&d.block, err))
		return -1;
	*strict = d.strict;
	return 0;
}
