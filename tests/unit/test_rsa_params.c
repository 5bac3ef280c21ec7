/* RSASSA-PSS and RSAES-OAEP parameters, judged by OpenSSL's own encoder. */
#include "unit/unit.h"

#include <string.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "smime/rsa_params.h"

#define B(text) slice_make(text, sizeof(text) - 1)

/* Only the parameters of a written AlgorithmIdentifier. */
static struct slice
params_of(const struct buf *whole)
{
	struct slice all = buf_slice(whole);

	/* SEQUENCE, then an identifier of 9 octets. */
	return slice_part(all, 2 + 11, all.len);
}

static void
test_pss_written(void **state)
{
	static const enum oid hashes[] = {
	    OID_SHA1, OID_SHA256, OID_SHA384, OID_SHA512};
	static const int salts[] = {20, 32, 48, 64};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const unsigned char *at;
		RSA_PSS_PARAMS *theirs;
		struct rsa_params ours;
		struct slice params;
		struct buf out;

		buf_init(&out, 256);
		rsa_pss_write(&out, digest_algorithm_find(hashes[i]));
		params = params_of(&out);
		assert_int_equal(rsa_pss_params_read(params, &ours), 0);
		assert_int_equal(ours.hash->oid, hashes[i]);
		assert_int_equal(ours.mgf_hash->oid, hashes[i]);
		assert_int_equal(ours.salt, salts[i]);
		at = params.data;
		theirs = d2i_RSA_PSS_PARAMS(NULL, &at, (long)params.len);
		assert_non_null(theirs);
		assert_ptr_equal(at, params.data + params.len);
		if (hashes[i] == OID_SHA1) {
			assert_null(theirs->saltLength);
			assert_null(theirs->hashAlgorithm);
		} else {
			assert_int_equal(
			    ASN1_INTEGER_get(theirs->saltLength), salts[i]);
		}
		RSA_PSS_PARAMS_free(theirs);
		buf_fini(&out);
	}
}

static void
test_oaep_written(void **state)
{
	struct rsa_params params = {.hash = digest_algorithm_find(OID_SHA256),
	    .mgf_hash = digest_algorithm_find(OID_SHA1)};
	struct rsa_params back;
	RSA_OAEP_PARAMS *theirs;
	const unsigned char *at;
	struct slice written;
	struct buf out;

	(void)state;
	buf_init(&out, 256);
	rsa_oaep_write(&out, &params);
	written = params_of(&out);
	assert_int_equal(rsa_oaep_params_read(written, &back), 0);
	assert_int_equal(back.hash->oid, OID_SHA256);
	assert_int_equal(back.mgf_hash->oid, OID_SHA1);
	assert_int_equal(back.label.len, 0);
	at = written.data;
	theirs = d2i_RSA_OAEP_PARAMS(NULL, &at, (long)written.len);
	assert_non_null(theirs);
	assert_non_null(theirs->hashFunc);
	assert_null(theirs->maskGenFunc);
	assert_null(theirs->pSourceFunc);
	RSA_OAEP_PARAMS_free(theirs);
	buf_fini(&out);
}

#define SHA256_ID  "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define UNKNOWN_ID "\x06\x03\x2b\x65\x7f"
#define MGF1_ID	   "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
#define P_ID	   "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x09"

static void
test_defaults(void **state)
{
	struct rsa_params params;

	(void)state;
	assert_int_equal(rsa_pss_params_read(B("\x30\x00"), &params), 0);
	assert_int_equal(params.hash->oid, OID_SHA1);
	assert_int_equal(params.mgf_hash->oid, OID_SHA1);
	assert_int_equal(params.salt, 20);
	assert_int_equal(rsa_oaep_params_read(B("\x30\x00"), &params), 0);
	assert_int_equal(params.hash->oid, OID_SHA1);
	assert_int_equal(params.label.len, 0);
}

static void
test_label(void **state)
{
	struct rsa_params params;

	(void)state;
	assert_int_equal(
	    rsa_oaep_params_read(
		B("\x30\x12\xa2\x10\x30\x0e" P_ID "\x04\x01L"), &params),
	    0);
	assert_int_equal(params.label.len, 1);
	assert_int_equal(params.label.data[0], 'L');
}

/* Rule X: each of these is taken for PKCS#1 v1.5 by OpenSSL's CMS. */
static void
test_oaep_refused(void **state)
{
	const struct slice cases[] = {
	    B(""),					    /* absent */
	    B("\x05\x00"),				    /* NULL */
	    B("\x30\x00\x00"),				    /* trailing */
	    B("\x30\x02\x05\x00"),			    /* junk inside */
	    B("\x30\x09\xa0\x07\x30\x05" UNKNOWN_ID),	    /* hash */
	    B("\x30\x09\xa1\x07\x30\x05" UNKNOWN_ID),	    /* mask */
	    B("\x30\x0f\xa1\x0d\x30\x0b" MGF1_ID),	    /* no hash */
	    B("\x30\x09\xa2\x07\x30\x05" UNKNOWN_ID),	    /* source */
	    B("\x30\x0f\xa2\x0d\x30\x0b" P_ID),		    /* no label */
	    B("\x30\x12\xa2\x10\x30\x0e" P_ID "\x0c\x01L"), /* UTF8 */
	    B("\x30\x0f\xa0\x0d\x30\x0b" SHA256_ID "\x05"), /* cut */
	    B("\x30\x1e\xa0\x0d\x30\x0b" SHA256_ID	    /* twice */
	      "\xa0\x0d\x30\x0b" SHA256_ID),
	};
	struct rsa_params params;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (rsa_oaep_params_read(cases[i], &params) == 0)
			fail_msg("case %zu was read", i);
}

static void
test_pss_refused(void **state)
{
	const struct slice cases[] = {
	    B(""), B("\x05\x00"),
	    B("\x30\x05\xa3\x03\x02\x01\x02"),	       /* trailer */
	    B("\x30\x05\xa2\x03\x02\x01\xff"),	       /* salt below 0 */
	    B("\x30\x07\xa2\x05\x02\x03\x01\x00\x00"), /* salt over 65535 */
	    B("\x30\x05\xa2\x03\x04\x01\x20"),	       /* no INTEGER */
	};
	struct rsa_params params;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (rsa_pss_params_read(cases[i], &params) == 0)
			fail_msg("case %zu was read", i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pss_written),
	    cmocka_unit_test(test_oaep_written),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_label),
	    cmocka_unit_test(test_oaep_refused),
	    cmocka_unit_test(test_pss_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
