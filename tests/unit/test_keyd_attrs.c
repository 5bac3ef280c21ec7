/* Signed attributes of a mail, and everything that looks like them. */
#include "unit/unit.h"

#include <string.h>

#include "keyd/keyd_attrs.h"
#include "unit/key_sample.h"

/* The attributes of sample_attrs, which the tests put together anew. */
struct parts {
	struct slice content_type;
	struct slice signing_time;
	struct slice digest;
};

static struct buf sample;
static struct parts parts;

static int
set_up(void **state)
{
	struct slice all;

	(void)state;
	buf_init(&sample, LIMIT_SIGNED_ATTRS);
	sample_attrs(&sample, 32);
	all = buf_slice(&sample);
	parts.content_type = slice_part(all, 2, 28);
	parts.signing_time = slice_part(all, 28, 58);
	parts.digest = slice_part(all, 58, all.len);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_fini(&sample);
	return 0;
}

/* A SET of these, in this order; lengths below 64 kB. */
static void
make_set(struct buf *out, const struct slice *attributes, size_t count)
{
	size_t len = 0;

	buf_init(out, 65536);
	for (size_t i = 0; i < count; i++)
		len += attributes[i].len;
	buf_add_char(out, 0x31);
	if (len < 0x80) {
		buf_add_char(out, (char)len);
	} else if (len < 0x100) {
		buf_add_char(out, (char)0x81);
		buf_add_char(out, (char)len);
	} else {
		buf_add_char(out, (char)0x82);
		buf_add_char(out, (char)(len >> 8));
		buf_add_char(out, (char)len);
	}
	for (size_t i = 0; i < count; i++)
		buf_add_slice(out, attributes[i]);
}

static void
check_set(const struct slice *attributes, size_t count, const char *error)
{
	struct buf set;
	struct err err;
	int rc;

	make_set(&set, attributes, count);
	rc = keyd_attrs_check(buf_slice(&set), 32, &err);
	if (!error) {
		if (rc)
			fail_msg("%s", err.text);
	} else {
		assert_int_equal(rc, -1);
		assert_int_equal(err.class, ERR_POLICY);
		if (!strstr(err.text, error))
			fail_msg("%s", err.text);
	}
	buf_fini(&set);
}

static void
test_good_ones(void **state)
{
	struct slice all[] = {
	    parts.content_type, parts.signing_time, parts.digest};
	struct slice two[] = {parts.content_type, parts.digest};

	(void)state;
	check_set(all, 3, NULL);
	check_set(two, 2, NULL);
}

static void
test_missing_and_doubled(void **state)
{
	struct slice no_digest[] = {parts.content_type, parts.signing_time};
	struct slice no_type[] = {parts.signing_time, parts.digest};
	struct slice twice[] = {
	    parts.content_type, parts.content_type, parts.digest};
	unsigned char other[64] = {0};
	struct slice two_digests[] = {
	    parts.content_type, parts.digest, slice_make(other, 0)};

	(void)state;
	check_set(no_digest, 2, "0 message digests");
	check_set(no_type, 2, "do not begin with the content type");
	check_set(NULL, 0, "do not begin with the content type");
	check_set(twice, 3, "not in DER's order");
	memcpy(other, parts.digest.data, parts.digest.len);
	other[parts.digest.len - 1]++;
	two_digests[2] = slice_make(other, parts.digest.len);
	check_set(two_digests, 3, "2 message digests");
}

/* A second content type that sorts behind the first one. */
static void
test_second_content_type(void **state)
{
	static const unsigned char second[] = {0x30, 0x19, 0x06, 0x09, 0x2a,
	    0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03, 0x31, 0x0c, 0x06,
	    0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01, 0x01};
	struct slice set[] = {parts.content_type,
	    slice_make(second, sizeof(second)), parts.digest};

	(void)state;
	check_set(set, 3, "two content types");
}

static void
test_order(void **state)
{
	struct slice late[] = {
	    parts.content_type, parts.digest, parts.signing_time};
	struct slice last[] = {
	    parts.signing_time, parts.digest, parts.content_type};

	(void)state;
	check_set(late, 3, "not in DER's order");
	check_set(last, 3, "do not begin with the content type");
}

/* Signed data, enveloped data, a time stamp, code: none of them is mail. */
static void
test_other_content_types(void **state)
{
	static const unsigned char tst_info[] = {0x30, 0x1a, 0x06, 0x09, 0x2a,
	    0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03, 0x31, 0x0d, 0x06,
	    0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01,
	    0x04};
	static const unsigned char code[] = {0x30, 0x19, 0x06, 0x09, 0x2a, 0x86,
	    0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03, 0x31, 0x0c, 0x06, 0x0a,
	    0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04};
	struct slice set[] = {slice_make(tst_info, sizeof(tst_info)),
	    parts.signing_time, parts.digest};
	unsigned char pkcs7[26] = {0};

	(void)state;
	check_set(set, 3, "do not begin with the content type");
	set[0] = slice_make(code, sizeof(code));
	check_set(set, 3, "do not begin with the content type");
	memcpy(pkcs7, parts.content_type.data, sizeof(pkcs7));
	set[0] = slice_make(pkcs7, sizeof(pkcs7));
	for (unsigned i = 0; i < 256; i++) {
		pkcs7[25] = (unsigned char)i;
		check_set(set, 3,
		    i == 1 ? NULL : "do not begin with the content type");
	}
}

static void
test_two_values(void **state)
{
	/* contentType with two values */
	static const unsigned char two[] = {0x30, 0x23, 0x06, 0x09, 0x2a, 0x86,
	    0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03, 0x31, 0x16, 0x06, 0x09,
	    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01, 0x06, 0x09,
	    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
	struct slice set[] = {slice_make(two, sizeof(two)), parts.digest};

	(void)state;
	check_set(set, 2, "do not begin with the content type");
}

static void
test_digest_sizes(void **state)
{
	struct buf attrs;
	struct err err;

	(void)state;
	for (size_t size = 0; size <= 64; size++) {
		buf_init(&attrs, LIMIT_SIGNED_ATTRS);
		sample_attrs(&attrs, size);
		for (size_t wanted = 32; wanted <= 64; wanted += 16)
			assert_int_equal(
			    keyd_attrs_check(buf_slice(&attrs), wanted, &err),
			    size == wanted ? 0 : -1);
		buf_fini(&attrs);
	}
}

/* Every cut and every added byte, and any other first byte. */
static void
test_borders(void **state)
{
	struct buf longer;
	struct err err;

	(void)state;
	for (size_t len = 0; len < sample.len; len++)
		assert_int_equal(
		    keyd_attrs_check(
			slice_part(buf_slice(&sample), 0, len), 32, &err),
		    -1);
	buf_init(&longer, LIMIT_SIGNED_ATTRS);
	buf_add_slice(&longer, buf_slice(&sample));
	buf_add_char(&longer, 0);
	assert_int_equal(keyd_attrs_check(buf_slice(&longer), 32, &err), -1);
	longer.len--;
	for (unsigned tag = 0; tag < 256; tag++) {
		longer.data[0] = (unsigned char)tag;
		assert_int_equal(keyd_attrs_check(buf_slice(&longer), 32, &err),
		    tag == 0x31 ? 0 : -1);
	}
	buf_fini(&longer);
}

/* Every bit that belongs to the structure.  What may change is the date and
 * the digest, which keyd does not judge. */
static void
test_every_bit_of_the_structure(void **state)
{
	size_t digest = sample.len - 32;
	struct buf changed;
	struct err err;

	(void)state;
	buf_init(&changed, LIMIT_SIGNED_ATTRS);
	buf_add_slice(&changed, buf_slice(&sample));
	for (size_t at = 0; at < digest; at++) {
		for (unsigned bit = 1; bit < 0x100; bit <<= 1) {
			changed.data[at] ^= (unsigned char)bit;
			/* Inside the signing time, values may be others. */
			if (at < 28 || at >= 58)
				assert_int_equal(
				    keyd_attrs_check(
					buf_slice(&changed), 32, &err),
				    -1);
			changed.data[at] ^= (unsigned char)bit;
		}
	}
	buf_fini(&changed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_ones),
	    cmocka_unit_test(test_missing_and_doubled),
	    cmocka_unit_test(test_second_content_type),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_other_content_types),
	    cmocka_unit_test(test_two_values),
	    cmocka_unit_test(test_digest_sizes),
	    cmocka_unit_test(test_borders),
	    cmocka_unit_test(test_every_bit_of_the_structure),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
