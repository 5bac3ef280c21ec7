/* Certificate requests: for the key that signs, and in one form only. */
#include "unit/unit.h"

#include <string.h>

#include "keyd/keyd_request_info.h"
#include "unit/key_sample.h"

static EVP_PKEY *pkey;
static struct buf info, spki;

static int
set_up(void **state)
{
	(void)state;
	pkey = sample_key("P-256");
	buf_init(&info, LIMIT_REQUEST_INFO);
	buf_init(&spki, LIMIT_KEY_FIELD);
	sample_request_info(pkey, &info);
	sample_spki(pkey, &spki);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	EVP_PKEY_free(pkey);
	buf_fini(&info);
	buf_fini(&spki);
	return 0;
}

static int
check(struct slice s)
{
	struct err err;
	int rc = keyd_request_info_check(s, buf_slice(&spki), &err);

	if (rc)
		assert_int_equal(err.class, ERR_POLICY);
	return rc;
}

static void
test_good_one(void **state)
{
	(void)state;
	assert_int_equal(check(buf_slice(&info)), 0);
}

static void
test_borders(void **state)
{
	(void)state;
	for (size_t len = 0; len < info.len; len++)
		assert_int_equal(
		    check(slice_part(buf_slice(&info), 0, len)), -1);
	buf_add_char(&info, 0);
	assert_int_equal(check(buf_slice(&info)), -1);
	info.len--;
}

static void
test_version(void **state)
{
	unsigned char *version = memmem(info.data, info.len, "\2\1\0", 3);

	(void)state;
	assert_non_null(version);
	for (unsigned v = 0; v < 256; v++) {
		version[2] = (unsigned char)v;
		assert_int_equal(check(buf_slice(&info)), v == 0 ? 0 : -1);
	}
	version[2] = 0;
}

/* Any other byte of the public key is another key. */
static void
test_public_key(void **state)
{
	unsigned char *key = memmem(info.data, info.len, spki.data, spki.len);

	(void)state;
	assert_non_null(key);
	for (size_t i = 0; i < spki.len; i++) {
		key[i] ^= 1;
		assert_int_equal(check(buf_slice(&info)), -1);
		key[i] ^= 1;
	}
}

/* A subject that is no Name could be something else of another structure:
 * an AlgorithmIdentifier, in a TBSCertificate. */
static void
test_subject_must_be_a_name(void **state)
{
	static const unsigned char algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a,
	    0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
	struct buf body, other;

	(void)state;
	buf_init(&body, 1000);
	buf_init(&other, 1000);
	buf_add(&body, "\2\1\0", 3);
	buf_add(&body, algorithm, sizeof(algorithm));
	buf_add_slice(&body, buf_slice(&spki));
	buf_add(&body, "\xa0\0", 2);
	buf_add_char(&other, 0x30);
	buf_add_char(&other, (char)body.len);
	buf_add_slice(&other, buf_slice(&body));
	assert_true(body.len < 0x80);
	assert_int_equal(check(buf_slice(&other)), -1);
	/* An empty Name is one. */
	buf_clear(&body);
	buf_clear(&other);
	buf_add(&body, "\2\1\0\x30\0", 5);
	buf_add_slice(&body, buf_slice(&spki));
	buf_add(&body, "\xa0\0", 2);
	buf_add_char(&other, 0x30);
	buf_add_char(&other, (char)body.len);
	buf_add_slice(&other, buf_slice(&body));
	assert_int_equal(check(buf_slice(&other)), 0);
	buf_fini(&body);
	buf_fini(&other);
}

/* Attributes at and over the cap: one extension request, filled up. */
static void
test_size_at_the_limit(void **state)
{
	static unsigned char big[LIMIT_REQUEST_INFO + 1];
	size_t head = 4 + 3 + 2 + spki.len;

	(void)state;
	for (size_t total = LIMIT_REQUEST_INFO; total <= sizeof(big); total++) {
		size_t rest = total - head, at = head;
		unsigned char *p = big;

		memset(big, 'x', sizeof(big));
		memcpy(p, "\x30\x82", 2);
		p[2] = (unsigned char)((total - 4) >> 8);
		p[3] = (unsigned char)(total - 4);
		memcpy(p + 4, "\2\1\0\x30\0", 5);
		memcpy(p + 9, spki.data, spki.len);
		/* [0], SEQUENCE, OID 1.2.3, SET, OCTET STRING */
		for (size_t i = 0; i < 4; i++) {
			static const unsigned char tags[] = {
			    0xa0, 0x30, 0x31, 0x04};

			p[at] = tags[i];
			p[at + 1] = 0x82;
			p[at + 2] = (unsigned char)((rest - 4) >> 8);
			p[at + 3] = (unsigned char)(rest - 4);
			at += 4;
			rest -= 4;
			if (tags[i] == 0x30) {
				memcpy(p + at, "\x06\x02\x2a\x03", 4);
				at += 4;
				rest -= 4;
			}
		}
		assert_int_equal(check(slice_make(big, total)),
		    total == LIMIT_REQUEST_INFO ? 0 : -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_one),
	    cmocka_unit_test(test_borders),
	    cmocka_unit_test(test_version),
	    cmocka_unit_test(test_public_key),
	    cmocka_unit_test(test_subject_must_be_a_name),
	    cmocka_unit_test(test_size_at_the_limit),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
