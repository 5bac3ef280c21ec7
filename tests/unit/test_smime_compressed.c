/*
 * compressed-data: what zlib writes, what is cut, changed or says that it is
 * something else, and bombs (rule X10).
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "smime/compressed.h"
#include "smime/der.h"
#include "unit/compressed_sample.h"

#define MAX ((size_t)64 * MIB)

static struct spool_config config = {
    .memory = 65536, .max = MAX, .folder = "/tmp"};

static int
inflate_der(struct slice der, struct spool *out, struct err *err)
{
	spool_init(out, &config);
	return compressed_read(der, der.len, out, err);
}

static void
assert_inflates(struct slice der, struct slice content)
{
	struct spool out;
	struct err err;

	if (inflate_der(der, &out, &err))
		fail_msg("%s", err.text);
	assert_true(out.finished);
	assert_true(slice_equal(spool_slice(&out), content));
	spool_fini(&out);
}

static void
assert_fails(struct slice der, enum err_class class)
{
	struct spool out;
	struct err err;

	assert_int_equal(inflate_der(der, &out, &err), -1);
	assert_int_equal(err.class, class);
	spool_fini(&out);
}

static void
test_sizes(void **state)
{
	static const size_t sizes[] = {
	    0, 1, 1000, 16383, 16384, 16385, 1000000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int pieces = 0; pieces < 2; pieces++) {
			unsigned char *text = xmalloc(sizes[i] + 1);
			struct slice content = slice_make(text, sizes[i]);
			struct buf stream, der;

			for (size_t k = 0; k < sizes[i]; k++)
				text[k] = (unsigned char)(k * k >> 4);
			buf_init(&stream, MAX);
			buf_init(&der, MAX);
			compressed_sample_deflate(content, &stream);
			compressed_sample_wrap(
			    buf_slice(&stream), pieces, &der);
			assert_inflates(buf_slice(&der), content);
			buf_fini(&stream);
			buf_fini(&der);
			free(text);
		}
}

/* The example of RFC 8551 3.6 was made by somebody else; so is this stream:
 * "hello", stored. */
static void
test_stored(void **state)
{
	static const unsigned char stream[] = {0x78, 0x01, 0x01, 0x05, 0x00,
	    0xfa, 0xff, 'h', 'e', 'l', 'l', 'o', 0x06, 0x2c, 0x02, 0x15};
	struct buf der;

	(void)state;
	buf_init(&der, 4096);
	compressed_sample_wrap(slice_make(stream, sizeof(stream)), false, &der);
	assert_inflates(buf_slice(&der), slice_text("hello"));
	buf_fini(&der);
}

static void
test_cut(void **state)
{
	struct buf stream, der;

	(void)state;
	buf_init(&stream, 4096);
	compressed_sample_deflate(slice_text("hello, hello, hello"), &stream);
	for (size_t len = 0; len < stream.len; len++) {
		buf_init(&der, 4096);
		compressed_sample_wrap(
		    slice_make(stream.data, len), false, &der);
		assert_fails(buf_slice(&der), ERR_PERMANENT);
		buf_fini(&der);
	}
	buf_init(&der, 4096);
	compressed_sample_wrap(buf_slice(&stream), false, &der);
	for (size_t len = 0; len < der.len; len++)
		assert_fails(slice_make(der.data, len), ERR_PERMANENT);
	/* and something behind either */
	buf_add_char(&der, 0);
	assert_fails(buf_slice(&der), ERR_PERMANENT);
	buf_clear(&der);
	buf_add_char(&stream, 0);
	compressed_sample_wrap(buf_slice(&stream), false, &der);
	assert_fails(buf_slice(&der), ERR_PERMANENT);
	buf_fini(&der);
	buf_fini(&stream);
}

/* Whatever is changed: an error, or the same text. */
static void
test_one_bit(void **state)
{
	static const char text[] = "hello, hello, hello";
	struct spool out;
	struct err err;
	struct buf der;

	(void)state;
	buf_init(&der, 4096);
	compressed_sample(slice_text(text), &der);
	for (size_t i = 0; i < 8 * der.len; i++) {
		der.data[i / 8] ^= (unsigned char)(1 << i % 8);
		if (inflate_der(buf_slice(&der), &out, &err) == 0)
			assert_true(
			    slice_equal(spool_slice(&out), slice_text(text)));
		else
			assert_int_equal(err.class, ERR_PERMANENT);
		spool_fini(&out);
		der.data[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	buf_fini(&der);
}

static void
check_zeros(size_t len, bool inflates)
{
	unsigned char *zeros = xcalloc(len, 1);
	struct buf der;

	buf_init(&der, MAX);
	compressed_sample(slice_make(zeros, len), &der);
	if (inflates)
		assert_inflates(buf_slice(&der), slice_make(zeros, len));
	else
		assert_fails(buf_slice(&der), ERR_POLICY);
	buf_fini(&der);
	free(zeros);
}

/* Zeros give a thousand times what they are made from. */
static void
test_free_limit(void **state)
{
	(void)state;
	check_zeros(LIMIT_INFLATE_FREE, true);
	check_zeros(LIMIT_INFLATE_FREE + 1, false);
}

/* Octets of a stream with so much noise in it that the ratio is what limits
 * it. */
static size_t
noisy(size_t len, struct buf *stream)
{
	unsigned char *text = xcalloc(len, 1);
	uint32_t random = 1;

	for (size_t i = 0; i < 20000; i++) {
		random = random * 1664525u + 1013904223u;
		text[i] = (unsigned char)(random >> 24);
	}
	buf_init(stream, MAX);
	compressed_sample_deflate(slice_make(text, len), stream);
	free(text);
	return stream->len;
}

static bool
is_within_ratio(size_t len)
{
	struct buf stream;
	bool within = len <= noisy(len, &stream) * LIMIT_INFLATE_RATIO;
	struct spool out;
	struct err err;
	struct buf der;

	buf_init(&der, MAX);
	compressed_sample_wrap(buf_slice(&stream), false, &der);
	assert_int_equal(
	    inflate_der(buf_slice(&der), &out, &err), within ? 0 : -1);
	if (within)
		assert_int_equal(out.size, len);
	else
		assert_int_equal(err.class, ERR_POLICY);
	spool_fini(&out);
	buf_fini(&der);
	buf_fini(&stream);
	return within;
}

static void
test_ratio_limit(void **state)
{
	size_t low = 2 * LIMIT_INFLATE_FREE, high = 2 * low, middle;

	(void)state;
	assert_true(is_within_ratio(low));
	assert_false(is_within_ratio(high));
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (is_within_ratio(middle))
			low = middle;
		else
			high = middle;
	}
}

static void
test_spool_limit(void **state)
{
	struct spool_config small = config;
	struct spool out;
	struct err err;
	struct buf der;

	(void)state;
	buf_init(&der, 4096);
	compressed_sample(slice_text("hello"), &der);
	for (size_t max = 4; max <= 5; max++) {
		small.max = max;
		spool_init(&out, &small);
		assert_int_equal(
		    compressed_read(buf_slice(&der), der.len, &out, &err),
		    max == 5 ? 0 : -1);
		if (max < 5)
			assert_int_equal(err.class, ERR_POLICY);
		spool_fini(&out);
	}
	buf_fini(&der);
}

/* Ends at once, in no memory.  A bomb of 256 MiB, whose compressing is spared
 * to the test: the deflate blocks of one megabyte are repeated. */
static void
test_bomb(void **state)
{
	unsigned char *zeros = xcalloc(MIB, 1);
	struct rusage before, after;
	struct buf stream, bomb, der;
	struct spool out;
	struct err err;

	(void)state;
	buf_init(&stream, MAX);
	compressed_sample_flush(slice_make(zeros, MIB), &stream);
	buf_init(&bomb, MAX);
	buf_add(&bomb, "\x78\xda", 2);
	for (size_t made = 0; made < (size_t)256 * MIB; made += MIB)
		buf_add_slice(&bomb, buf_slice(&stream));
	buf_init(&der, MAX);
	compressed_sample_wrap(buf_slice(&bomb), false, &der);
	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(inflate_der(buf_slice(&der), &out, &err), -1);
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(err.class, ERR_POLICY);
	/* No more was ever written than may be. */
	assert_true(out.size <= bomb.len * LIMIT_INFLATE_RATIO);
	assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
	spool_fini(&out);
	buf_fini(&der);
	buf_fini(&bomb);
	buf_fini(&stream);
	free(zeros);
}

static void
test_other_algorithm(void **state)
{
	struct buf der;
	size_t at;

	(void)state;
	buf_init(&der, 4096);
	compressed_sample(slice_text("hello"), &der);
	for (at = 0; at + 11 < der.len; at++)
		if (memcmp(der.data + at, oid_bytes(OID_ZLIB).data, 11) == 0)
			break;
	der.data[at + 10]++;
	assert_fails(buf_slice(&der), ERR_PERMANENT);
	buf_fini(&der);
	assert_fails(slice_make(NULL, 0), ERR_PERMANENT);
	assert_fails(slice_text("0\x80"), ERR_PERMANENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_stored),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_one_bit),
	    cmocka_unit_test(test_free_limit),
	    cmocka_unit_test(test_ratio_limit),
	    cmocka_unit_test(test_spool_limit),
	    cmocka_unit_test(test_bomb),
	    cmocka_unit_test(test_other_algorithm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
