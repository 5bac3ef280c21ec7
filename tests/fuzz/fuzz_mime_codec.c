/* Codecs: encoded and decoded again is the same; decoders take anything. */
#include "fuzz/fuzz.h"

#include "mail/mime_codec.h"
#include "unit/naive_codec.h"

typedef int decode_bytes(struct slice, struct spool *, bool *, struct err *);
typedef void decode_naively(struct slice, struct buf *);

static const struct spool_config config = {
    .memory = 1u << 20, .max = 1u << 26, .folder = "/tmp"};

static void
decode(
    decode_bytes *decode_with, struct slice in, struct spool *out, bool *strict)
{
	struct err err;
	bool again;

	spool_init(out, &config);
	FUZZ_CHECK(decode_with(in, out, strict, &err) == 0);
	FUZZ_CHECK(decode_with(in, NULL, &again, &err) == 0);
	FUZZ_CHECK(again == *strict);
	FUZZ_CHECK(spool_finish(out, &err) == 0);
	FUZZ_CHECK(spool_slice(out).len <= in.len);
}

/* What is strict means the same to a reader that is not ours. */
static void
check_decoder(decode_bytes *decode_with, decode_naively *naive, struct slice in)
{
	struct spool out;
	struct buf other;
	bool strict;

	decode(decode_with, in, &out, &strict);
	buf_init(&other, config.max);
	naive(in, &other);
	FUZZ_CHECK(buf_ok(&other));
	FUZZ_CHECK(
	    !strict || slice_equal(spool_slice(&out), buf_slice(&other)));
	buf_fini(&other);
	spool_fini(&out);
}

static void
check_decodes_to(
    decode_bytes *decode_with, struct spool *encoded, struct slice in)
{
	struct spool out;
	struct err err;
	bool strict;

	FUZZ_CHECK(spool_finish(encoded, &err) == 0);
	decode(decode_with, spool_slice(encoded), &out, &strict);
	FUZZ_CHECK(strict);
	FUZZ_CHECK(slice_equal(spool_slice(&out), in));
	spool_fini(&out);
	spool_fini(encoded);
}

static void
check_base64(struct slice in, size_t cut)
{
	struct base64_encoder encoder;
	struct spool encoded;
	struct err err;

	spool_init(&encoded, &config);
	base64_encoder_init(&encoder, &encoded);
	FUZZ_CHECK(
	    base64_encoder_write(&encoder, slice_part(in, 0, cut), &err) == 0);
	FUZZ_CHECK(base64_encoder_write(
		       &encoder, slice_part(in, cut, in.len), &err) == 0);
	FUZZ_CHECK(base64_encoder_finish(&encoder, &err) == 0);
	FUZZ_CHECK(encoded.size == base64_size(in.len));
	check_decodes_to(base64_decode, &encoded, in);
}

static void
check_qp(struct slice in, bool text)
{
	struct spool encoded;
	struct err err;

	spool_init(&encoded, &config);
	FUZZ_CHECK(qp_encode(in, text, &encoded, &err) == 0);
	FUZZ_CHECK(encoded.size == qp_size(in, text));
	check_decodes_to(qp_decode, &encoded, in);
}

/* What stands from there on decodes to the rest. */
static void
check_find(struct slice in, size_t offset)
{
	struct spool all, rest;
	bool strict;
	size_t pos;

	decode(qp_decode, in, &all, &strict);
	offset = offset < all.size ? offset : all.size;
	pos = qp_find(in, offset);
	FUZZ_CHECK(pos <= in.len);
	decode(qp_decode, slice_part(in, pos, in.len), &rest, &strict);
	FUZZ_CHECK(slice_equal(spool_slice(&rest),
	    slice_part(spool_slice(&all), offset, all.size)));
	spool_fini(&all);
	spool_fini(&rest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size);

	check_base64(in, size > 0 ? data[0] : 0);
	check_qp(in, true);
	check_qp(in, false);
	check_decoder(base64_decode, naive_base64, in);
	check_decoder(qp_decode, naive_qp, in);
	check_find(in, size > 0 ? data[0] : 0);
	return 0;
}
