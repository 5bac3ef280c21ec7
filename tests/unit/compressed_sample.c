/* compressed_sample.c: see compressed_sample.h. */
#include "unit/unit.h"

#include "unit/compressed_sample.h"

#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/alloc.h"
#include "smime/der.h"
#include "smime/oid.h"

#define PIECE 1000

void
compressed_sample_deflate(struct slice content, struct buf *out)
{
	uLongf len = compressBound((uLong)content.len);
	unsigned char *stream = xmalloc(len);

	assert_int_equal(compress2(stream, &len, content.data,
			     (uLong)content.len, Z_BEST_COMPRESSION),
	    Z_OK);
	buf_add(out, stream, len);
	free(stream);
}

void
compressed_sample_flush(struct slice content, struct buf *out)
{
	z_stream z = {0};
	unsigned char *room = buf_reserve(out, content.len);

	assert_int_equal(deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, -15,
			     8, Z_DEFAULT_STRATEGY),
	    Z_OK);
	z.next_in = content.data;
	z.avail_in = (uInt)content.len;
	z.next_out = room;
	z.avail_out = (uInt)content.len;
	assert_int_equal(deflate(&z, Z_FULL_FLUSH), Z_OK);
	assert_int_equal(z.avail_in, 0);
	out->len += z.total_out;
	deflateEnd(&z);
}

void
compressed_sample_wrap(struct slice stream, bool pieces, struct buf *out)
{
	size_t info = der_open(out, DER_SEQUENCE), tagged, data, inside, mark;

	der_oid(out, OID_COMPRESSED_DATA);
	tagged = der_open(out, DER_CONSTRUCTED(0));
	data = der_open(out, DER_SEQUENCE);
	der_integer(out, 0);
	der_algorithm(out, OID_ZLIB);
	inside = der_open(out, DER_SEQUENCE);
	der_oid(out, OID_DATA);
	mark = der_open(out, DER_CONSTRUCTED(0));
	if (pieces) {
		size_t whole = der_open(out, DER_OCTET_STRING | 0x20);

		for (size_t at = 0; at < stream.len; at += PIECE)
			der_put(out, DER_OCTET_STRING,
			    slice_part(stream, at, at + PIECE));
		der_close(out, whole);
	} else {
		der_put(out, DER_OCTET_STRING, stream);
	}
	der_close(out, mark);
	der_close(out, inside);
	der_close(out, data);
	der_close(out, tagged);
	der_close(out, info);
	assert_true(buf_ok(out));
}

void
compressed_sample(struct slice content, struct buf *out)
{
	struct buf stream;

	buf_init(&stream, out->max);
	compressed_sample_deflate(content, &stream);
	compressed_sample_wrap(buf_slice(&stream), false, out);
	buf_fini(&stream);
}
