/*
 * compressed.c: see compressed.h.
 *
 * A kilobyte may hold a megabyte, and that another one: what comes out is
 * counted before it is written, and takes no memory beyond one block and
 * zlib's window.  Callable from any thread.
 */
#include "smime/compressed.h"

#define ZLIB_CONST /* input is only read */
#include <zlib.h>

#include "base/limits.h"
#include "smime/tlv.h"

/* Input and output of one call; the latter lies on the stack. */
#define BLOCK_IN  ((size_t)64 * KIB)
#define BLOCK_OUT 16384

struct inflating {
	z_stream stream;
	size_t limit; /* octets that may come out */
	bool ended;
	struct spool *out;
};

static int
refuse(struct err *err)
{
	return err_set(err, ERR_PERMANENT, "not compressed-data");
}

/* CompressedData, RFC 3274 1.1. */
static int
structure_read(struct slice der, struct tlv_octets *content)
{
	struct tlv b, info, tagged, data, encapsulated, octets;
	struct tlv_algorithm algorithm;
	unsigned version;
	enum oid type;

	tlv_init(&b, der);
	if (tlv_enter(&b, DER_SEQUENCE, &info) || tlv_oid(&info, &type) ||
	    type != OID_COMPRESSED_DATA ||
	    tlv_enter(&info, DER_CONSTRUCTED(0), &tagged) ||
	    tlv_enter(&tagged, DER_SEQUENCE, &data) ||
	    tlv_integer(&data, &version) || tlv_algorithm(&data, &algorithm) ||
	    algorithm.oid != OID_ZLIB || !tlv_params_absent(algorithm.params) ||
	    tlv_enter(&data, DER_SEQUENCE, &encapsulated) ||
	    tlv_oid(&encapsulated, &type) || type != OID_DATA ||
	    tlv_enter(&encapsulated, DER_CONSTRUCTED(0), &octets) ||
	    tlv_octets(&octets, DER_OCTET_STRING, content))
		return -1;
	if (tlv_leave(&encapsulated, &octets) ||
	    tlv_leave(&data, &encapsulated) || tlv_leave(&tagged, &data) ||
	    tlv_leave(&info, &tagged) || tlv_leave(&b, &info))
		return -1;
	return tlv_at_end(&b) ? 0 : -1;
}

static size_t
limit_of(size_t compressed, size_t whole, const struct spool_config *config)
{
	size_t from = compressed < whole ? compressed : whole;
	size_t limit = from > config->max / LIMIT_INFLATE_RATIO
			   ? config->max
			   : from * LIMIT_INFLATE_RATIO;

	if (limit < LIMIT_INFLATE_FREE)
		limit = LIMIT_INFLATE_FREE;
	return limit < config->max ? limit : config->max;
}

/* One block of output; *made tells whether there may be more. */
static int
block_inflate(struct inflating *f, bool *more, struct err *err)
{
	unsigned char block[BLOCK_OUT];
	size_t made;
	int rc;

	f->stream.next_out = block;
	f->stream.avail_out = sizeof(block);
	rc = inflate(&f->stream, Z_NO_FLUSH);
	if (rc == Z_MEM_ERROR)
		return err_set(err, ERR_TEMPORARY, "inflate: memory");
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return refuse(err);
	f->ended = rc == Z_STREAM_END;
	made = sizeof(block) - f->stream.avail_out;
	*more = !f->ended && f->stream.avail_out == 0;
	if (made > f->limit - f->out->size)
		return err_set(err, ERR_POLICY,
		    "compressed-data of more than %zu octets", f->limit);
	return spool_write(f->out, block, made, err);
}

static int
piece_inflate(struct inflating *f, struct slice piece, struct err *err)
{
	struct slice part;
	bool more = false;

	for (size_t at = 0; at < piece.len; at += part.len) {
		part = slice_part(piece, at, at + BLOCK_IN);
		f->stream.next_in = part.data;
		f->stream.avail_in = (uInt)part.len;
		do {
			/* Something follows the end. */
			if (f->ended)
				return refuse(err);
			if (block_inflate(f, &more, err))
				return -1;
		} while (more || f->stream.avail_in > 0);
	}
	return 0;
}

static int
content_inflate(
    struct inflating *f, const struct tlv_octets *content, struct err *err)
{
	struct slice piece;
	size_t at = 0;

	while (tlv_octets_next(content, &at, &piece))
		if (piece_inflate(f, piece, err))
			return -1;
	if (!f->ended)
		return refuse(err);
	return spool_finish(f->out, err);
}

int
compressed_read(
    struct slice der, size_t whole, struct spool *out, struct err *err)
{
	struct inflating f = {.out = out};
	struct tlv_octets content;
	int rc;

	if (structure_read(der, &content))
		return refuse(err);
	f.limit = limit_of(content.size, whole, out->config);
	if (inflateInit(&f.stream) != Z_OK)
		return err_set(err, ERR_TEMPORARY, "inflate: memory");
	rc = content_inflate(&f, &content, err);
	(void)inflateEnd(&f.stream);
	return rc;
}
