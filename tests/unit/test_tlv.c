/* Reading BER and writing DER: what comes in broken, cut, deep or odd. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "smime/der.h"
#include "smime/tlv.h"

/* Bytes of a string literal, without its NUL. */
#define B(text) slice_make(text, sizeof(text) - 1)

static void
assert_bytes(struct slice got, struct slice wanted)
{
	assert_int_equal(got.len, wanted.len);
	if (wanted.len > 0)
		assert_memory_equal(got.data, wanted.data, wanted.len);
}

/* --- heads --- */

static void
test_lengths(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int rc;
		size_t content;
	} cases[] = {
	    {"\x04\x00", 2, 0, 0}, {"\x04\x01x", 3, 0, 1},
	    {"\x04\x81\x01x", 4, 0, 1},		    /* BER, not DER */
	    {"\x04\x84\x00\x00\x00\x01x", 7, 0, 1}, /* leading zeros */
	    {"\x04\x88\x00\x00\x00\x00\x00\x00\x00\x01x", 11, 0, 1},
	    {"\x04", 1, -1, 0}, {"\x04\x02x", 3, -1, 0}, {"\x04\x81", 2, -1, 0},
	    {"\x04\x82\x01", 3, -1, 0},
	    {"\x04\x80x\x00\x00", 5, -1, 0}, /* indefinite, primitive */
	    {"\x04\x88\xff\xff\xff\xff\xff\xff\xff\xffx", 11, -1, 0},
	    {"\x04\x89\x00\x00\x00\x00\x00\x00\x00\x00\x01x", 12, -1, 0},
	    {"\x04\xff", 2, -1, 0}, {"\x00\x00", 2, -1, 0},
	    {"\x1f\x04\x00", 3, -1, 0}, /* tag number in further octets */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice content = {0};
		struct tlv b;

		tlv_init(&b, slice_make(cases[i].bytes, cases[i].len));
		if (tlv_value(&b, (unsigned char)cases[i].bytes[0], &content) !=
		    cases[i].rc)
			fail_msg("case %zu", i);
		if (cases[i].rc) {
			assert_ptr_equal(b.at, cases[i].bytes);
			continue;
		}
		assert_int_equal(content.len, cases[i].content);
		assert_true(tlv_at_end(&b));
	}
}

static void
test_empty_input(void **state)
{
	struct slice content;
	struct tlv b, inside;

	(void)state;
	tlv_init(&b, slice_make(NULL, 0));
	assert_true(tlv_at_end(&b));
	assert_int_equal(tlv_peek(&b), 0);
	assert_int_equal(tlv_value(&b, DER_OCTET_STRING, &content), -1);
	assert_int_equal(tlv_enter(&b, DER_SEQUENCE, &inside), -1);
	assert_int_equal(tlv_skip(&b, NULL), -1);
}

static void
test_wrong_tag(void **state)
{
	struct slice content;
	struct tlv b, inside;

	(void)state;
	tlv_init(&b, B("\x30\x00"));
	assert_int_equal(tlv_value(&b, DER_OCTET_STRING, &content), -1);
	assert_int_equal(tlv_enter(&b, DER_SET, &inside), -1);
	assert_int_equal(tlv_enter(&b, DER_SEQUENCE, &inside), 0);
	assert_true(tlv_at_end(&inside));
	assert_int_equal(tlv_leave(&b, &inside), 0);
	assert_true(tlv_at_end(&b));
	/* A primitive value cannot be entered. */
	tlv_init(&b, B("\x04\x02\x04\x00"));
	assert_int_equal(tlv_enter(&b, DER_OCTET_STRING, &inside), -1);
}

static void
test_leave_only_at_the_end(void **state)
{
	struct tlv b, inside;

	(void)state;
	tlv_init(&b, B("\x30\x05\x02\x01\x05\x05\x00"));
	assert_int_equal(tlv_enter(&b, DER_SEQUENCE, &inside), 0);
	assert_int_equal(tlv_leave(&b, &inside), -1);
	assert_int_equal(tlv_skip(&inside, NULL), 0);
	assert_int_equal(tlv_leave(&b, &inside), -1);
	assert_int_equal(tlv_skip(&inside, NULL), 0);
	assert_int_equal(tlv_leave(&b, &inside), 0);
	assert_true(tlv_at_end(&b));
}

/* --- indefinite lengths --- */

static void
test_indefinite(void **state)
{
	struct tlv b, outer, inner;
	unsigned value;

	(void)state;
	tlv_init(&b, B("\x30\x80\x30\x80\x02\x01\x07\x00\x00\x00\x00\x05\x00"));
	assert_int_equal(tlv_enter(&b, DER_SEQUENCE, &outer), 0);
	assert_int_equal(tlv_enter(&outer, DER_SEQUENCE, &inner), 0);
	assert_int_equal(tlv_integer(&inner, &value), 0);
	assert_int_equal(value, 7);
	assert_true(tlv_at_end(&inner));
	assert_int_equal(tlv_leave(&outer, &inner), 0);
	assert_int_equal(tlv_leave(&b, &outer), 0);
	assert_int_equal(tlv_peek(&b), DER_NULL);
}

/* Goes through everything in b as a reader of unknown things would.  -1 when
 * somewhere an end is missing or stands outside of what holds it. */
static int
walk(struct tlv *b)
{
	struct tlv inside;

	while (!tlv_at_end(b)) {
		if (tlv_peek(b) != DER_SEQUENCE) {
			if (tlv_skip(b, NULL))
				return -1;
		} else if (tlv_enter(b, DER_SEQUENCE, &inside) ||
			   walk(&inside) || tlv_leave(b, &inside)) {
			return -1;
		}
	}
	return 0;
}

static void
test_indefinite_without_end(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int rc;
	} cases[] = {
	    {"\x30\x80\x00\x00", 4, 0},
	    {"\x30\x80\x30\x80\x00\x00\x00\x00", 8, 0},
	    {"\x30\x80", 2, -1},
	    {"\x30\x80\x00", 3, -1},
	    {"\x30\x80\x02\x01\x07", 5, -1},
	    {"\x30\x80\x30\x80\x00\x00", 6, -1},
	    {"\x30\x80\x30\x80\x00\x00\x00", 7, -1},
	    /* The end of the inner one lies outside of the outer one. */
	    {"\x30\x04\x30\x80\x05\x00\x00\x00", 8, -1},
	    /* An end where none belongs. */
	    {"\x00\x00", 2, -1},
	    {"\x30\x02\x00\x00", 4, -1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tlv b;

		tlv_init(&b, slice_make(cases[i].bytes, cases[i].len));
		if (walk(&b) != cases[i].rc)
			fail_msg("case %zu", i);
	}
}

static void
test_skip(void **state)
{
	struct slice whole;
	struct tlv b;

	(void)state;
	tlv_init(&b, B("\x30\x80\x24\x80\x04\x01z\x00\x00\x30\x02\x05\x00"
		       "\x00\x00\x05\x00"));
	assert_int_equal(tlv_skip_optional(&b, DER_SET, &whole), 0);
	assert_int_equal(whole.len, 0);
	assert_int_equal(tlv_skip_optional(&b, DER_SEQUENCE, &whole), 0);
	assert_int_equal(whole.len, 15);
	assert_int_equal(tlv_skip(&b, &whole), 0);
	assert_bytes(whole, B("\x05\x00"));
	assert_int_equal(tlv_skip_optional(&b, DER_SET, &whole), 0);
	assert_int_equal(whole.len, 0);
}

/* n times SEQUENCE of indefinite length, with all their ends. */
static struct slice
nested(unsigned n)
{
	static unsigned char bytes[4 * (LIMIT_TLV_DEPTH + 2)];

	for (unsigned i = 0; i < n; i++) {
		bytes[2 * i] = 0x30;
		bytes[2 * i + 1] = 0x80;
	}
	memset(bytes + 2 * n, 0, (size_t)2 * n);
	return slice_make(bytes, (size_t)4 * n);
}

static unsigned
depth_entered(struct slice bytes)
{
	struct tlv b, inside;
	unsigned depth = 0;

	for (tlv_init(&b, bytes); tlv_enter(&b, DER_SEQUENCE, &inside) == 0;
	     b = inside)
		depth++;
	return depth;
}

static void
test_depth_limit(void **state)
{
	struct tlv b;

	(void)state;
	tlv_init(&b, nested(LIMIT_TLV_DEPTH));
	assert_int_equal(tlv_skip(&b, NULL), 0);
	assert_true(tlv_at_end(&b));
	tlv_init(&b, nested(LIMIT_TLV_DEPTH + 1));
	assert_int_equal(tlv_skip(&b, NULL), -1);
	assert_int_equal(
	    depth_entered(nested(LIMIT_TLV_DEPTH)), LIMIT_TLV_DEPTH);
	assert_int_equal(
	    depth_entered(nested(LIMIT_TLV_DEPTH + 1)), LIMIT_TLV_DEPTH);
}

/* --- octet strings --- */

static void
assert_octets(struct slice bytes, const char *wanted)
{
	struct tlv_octets octets;
	char text[64];
	struct slice piece;
	size_t at = 0, len = 0;
	struct tlv b;

	tlv_init(&b, bytes);
	assert_int_equal(tlv_octets(&b, DER_OCTET_STRING, &octets), 0);
	assert_true(tlv_at_end(&b));
	while (tlv_octets_next(&octets, &at, &piece)) {
		assert_true(len + piece.len < sizeof(text));
		memcpy(text + len, piece.data, piece.len);
		len += piece.len;
	}
	text[len] = '\0';
	assert_string_equal(text, wanted);
	assert_int_equal(octets.size, len);
}

static void
test_octets(void **state)
{
	(void)state;
	assert_octets(B("\x04\x05hello"), "hello");
	assert_octets(B("\x04\x00"), "");
	assert_octets(B("\x24\x00"), "");
	assert_octets(B("\x24\x80\x00\x00"), "");
	assert_octets(B("\x24\x09\x04\x02he\x04\x03llo"), "hello");
	assert_octets(
	    B("\x24\x80\x04\x02he\x04\x00\x04\x03llo\x00\x00"), "hello");
	/* Constructed of constructed (X.690 8.7.3.2). */
	assert_octets(B("\x24\x80\x24\x80\x04\x02he\x00\x00\x24\x05\x04\x03llo"
			"\x00\x00"),
	    "hello");
}

static void
test_octets_broken(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
	    {"\x24\x80\x04\x02he", 6},			/* no end */
	    {"\x24\x05\x04\x05h\x00\x00", 7},		/* piece too long */
	    {"\x24\x80\x02\x01h\x00\x00", 7},		/* an INTEGER */
	    {"\x24\x80\x84\x01h\x00\x00", 7},		/* context tag */
	    {"\x24\x06\x24\x06\x04\x02he\x04\x00", 10}, /* sticks out */
	    {"\x24\x04\x24\x80\x00\x00\x00", 7},
	    {"\x44\x01h", 3},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tlv_octets octets;
		struct tlv b;

		tlv_init(&b, slice_make(cases[i].bytes, cases[i].len));
		if (tlv_octets(&b, DER_OCTET_STRING, &octets) == 0)
			assert_false(tlv_at_end(&b));
		else
			assert_ptr_equal(b.at, cases[i].bytes);
	}
}

static void
test_octets_implicit(void **state)
{
	struct tlv_octets octets;
	struct slice piece;
	size_t at = 0;
	struct tlv b;

	(void)state;
	tlv_init(&b, B("\xa0\x80\x04\x01x\x00\x00\x80\x01y"));
	assert_int_equal(tlv_octets(&b, DER_CONTEXT(0), &octets), 0);
	assert_true(octets.constructed);
	assert_true(tlv_octets_next(&octets, &at, &piece));
	assert_bytes(piece, B("x"));
	assert_false(tlv_octets_next(&octets, &at, &piece));
	at = 0;
	assert_int_equal(tlv_octets(&b, DER_CONTEXT(0), &octets), 0);
	assert_true(tlv_octets_next(&octets, &at, &piece));
	assert_bytes(piece, B("y"));
	assert_false(tlv_octets_next(&octets, &at, &piece));
}

/* --- simple values --- */

static void
test_integer(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int rc;
		unsigned value;
	} cases[] = {
	    {"\x02\x01\x00", 3, 0, 0},
	    {"\x02\x01\x7f", 3, 0, 127},
	    {"\x02\x02\x00\x80", 4, 0, 128},
	    {"\x02\x03\x00\xff\xff", 5, 0, 65535},
	    {"\x02\x03\x01\x00\x00", 5, -1, 0},
	    {"\x02\x04\x00\x00\x00\x01", 6, -1, 0},
	    {"\x02\x01\x80", 3, -1, 0}, /* negative */
	    {"\x02\x00", 2, -1, 0},
	    {"\x0a\x01\x01", 3, -1, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned value = 4711;
		struct tlv b;

		tlv_init(&b, slice_make(cases[i].bytes, cases[i].len));
		assert_int_equal(tlv_integer(&b, &value), cases[i].rc);
		if (cases[i].rc == 0)
			assert_int_equal(value, cases[i].value);
		else
			assert_ptr_equal(b.at, cases[i].bytes);
	}
}

static void
test_algorithm(void **state)
{
	struct tlv_algorithm a;
	struct tlv b;

	(void)state;
	tlv_init(&b, B("\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
		       "\x05\x00\x30\x05\x06\x03\x2b\x65\x70"));
	assert_int_equal(tlv_algorithm(&b, &a), 0);
	assert_int_equal(a.oid, OID_SHA256);
	assert_bytes(a.params, B("\x05\x00"));
	assert_int_equal(a.whole.len, 15);
	assert_true(tlv_params_absent(a.params));
	assert_int_equal(tlv_algorithm(&b, &a), 0);
	assert_int_equal(a.oid, OID_ED25519);
	assert_int_equal(a.params.len, 0);
	assert_true(tlv_params_absent(a.params));
	/* Two parameters. */
	tlv_init(&b, B("\x30\x09\x06\x03\x2b\x65\x70\x05\x00\x05\x00"));
	assert_int_equal(tlv_algorithm(&b, &a), -1);
	/* An identifier that we do not know is none that we must refuse. */
	tlv_init(&b, B("\x30\x05\x06\x03\x2b\x65\x7f"));
	assert_int_equal(tlv_algorithm(&b, &a), 0);
	assert_int_equal(a.oid, OID_UNKNOWN);
	tlv_init(&b, B("\x30\x02\x06\x00"));
	assert_int_equal(tlv_algorithm(&b, &a), -1);
	assert_false(tlv_params_absent(B("\x30\x00")));
}

/* --- writing --- */

static void
test_head_sizes(void **state)
{
	static const size_t sizes[] = {
	    0, 1, 127, 128, 255, 256, 65535, 65536, 16777215, 16777216};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tlv b;

		buf_init(&out, 64);
		der_head(&out, DER_OCTET_STRING, sizes[i]);
		assert_int_equal(out.len, der_head_size(sizes[i]));
		assert_int_equal(
		    der_size(sizes[i]), der_head_size(sizes[i]) + sizes[i]);
		/* Shortest form: no leading zero. */
		if (sizes[i] > 127)
			assert_int_not_equal(out.data[2], 0);
		tlv_init(&b, buf_slice(&out));
		buf_fini(&out);
	}
}

static void
test_open_close(void **state)
{
	static const size_t sizes[] = {0, 1, 120, 127, 128, 300, 70000};
	static unsigned char zeros[70000];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct slice content;
		struct tlv b, outer, inner;
		struct buf out;
		size_t one, two;

		buf_init(&out, 100000);
		one = der_open(&out, DER_SEQUENCE);
		two = der_open(&out, DER_SET);
		der_put(&out, DER_OCTET_STRING, slice_make(zeros, sizes[i]));
		der_close(&out, two);
		der_null(&out);
		der_close(&out, one);
		assert_true(buf_ok(&out));
		assert_int_equal(
		    out.len, der_size(der_size(der_size(sizes[i])) + 2));
		tlv_init(&b, buf_slice(&out));
		assert_int_equal(tlv_enter(&b, DER_SEQUENCE, &outer), 0);
		assert_int_equal(tlv_enter(&outer, DER_SET, &inner), 0);
		assert_int_equal(
		    tlv_value(&inner, DER_OCTET_STRING, &content), 0);
		assert_int_equal(content.len, sizes[i]);
		assert_int_equal(tlv_leave(&outer, &inner), 0);
		assert_int_equal(tlv_skip(&outer, NULL), 0);
		assert_int_equal(tlv_leave(&b, &outer), 0);
		buf_fini(&out);
	}
}

static void
test_write_over_the_cap(void **state)
{
	static unsigned char zeros[200];
	struct buf out;
	size_t mark;

	(void)state;
	for (size_t max = 0; max < 210; max++) {
		buf_init(&out, max);
		mark = der_open(&out, DER_SEQUENCE);
		der_put(&out, DER_OCTET_STRING, slice_make(zeros, 200));
		der_close(&out, mark);
		assert_int_equal(buf_ok(&out), max >= 206);
		buf_fini(&out);
	}
}

static void
test_write_integer(void **state)
{
	static const struct {
		unsigned value;
		const char *bytes;
		size_t len;
	} cases[] = {
	    {0, "\x02\x01\x00", 3},
	    {3, "\x02\x01\x03", 3},
	    {127, "\x02\x01\x7f", 3},
	    {128, "\x02\x02\x00\x80", 4},
	    {256, "\x02\x02\x01\x00", 4},
	    {0xffffffff, "\x02\x05\x00\xff\xff\xff\xff", 7},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out;

		buf_init(&out, 64);
		der_integer(&out, cases[i].value);
		assert_bytes(
		    buf_slice(&out), slice_make(cases[i].bytes, cases[i].len));
		buf_fini(&out);
	}
}

static void
test_set_of_order(void **state)
{
	struct slice elements[] = {B("\x30\x02\x05\x00"), B("\x04\x01\x02"),
	    B("\x04\x01\x01"), B("\x04\x00"), B("\x04\x01\x01")};
	struct buf out;

	(void)state;
	buf_init(&out, 64);
	der_set_of(&out, DER_SET, elements, 5);
	assert_bytes(buf_slice(&out),
	    B("\x31\x0f\x04\x00\x04\x01\x01\x04\x01\x01\x04\x01\x02\x30\x02"
	      "\x05\x00"));
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_empty_input),
	    cmocka_unit_test(test_wrong_tag),
	    cmocka_unit_test(test_leave_only_at_the_end),
	    cmocka_unit_test(test_indefinite),
	    cmocka_unit_test(test_indefinite_without_end),
	    cmocka_unit_test(test_skip),
	    cmocka_unit_test(test_depth_limit),
	    cmocka_unit_test(test_octets),
	    cmocka_unit_test(test_octets_broken),
	    cmocka_unit_test(test_octets_implicit),
	    cmocka_unit_test(test_integer),
	    cmocka_unit_test(test_algorithm),
	    cmocka_unit_test(test_head_sizes),
	    cmocka_unit_test(test_open_close),
	    cmocka_unit_test(test_write_over_the_cap),
	    cmocka_unit_test(test_write_integer),
	    cmocka_unit_test(test_set_of_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
