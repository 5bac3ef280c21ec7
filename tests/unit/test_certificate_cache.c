/* Parsed certificates are kept, and found by their bytes alone. */
#include "unit/unit.h"

#include <pthread.h>
#include <string.h>

#include <openssl/err.h>

#include "base/limits.h"
#include "cert/certificate_cache.h"
#include "unit/cert_fixture.h"

static struct fixture_cert alice, bob;

static int
start(void **state)
{
	(void)state;
	fixture_leaf(
	    &alice, NULL, &(struct fixture_opts){.address = "a@example.org"});
	fixture_leaf(
	    &bob, NULL, &(struct fixture_opts){.address = "b@example.org"});
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	fixture_fini(&alice);
	fixture_fini(&bob);
	return 0;
}

static struct certificate *
parse(struct certificate_cache *cache, struct slice der)
{
	struct certificate *c = NULL;
	struct err err;

	assert_int_equal(certificate_cache_parse(cache, der, &c, &err), 0);
	return c;
}

static void
test_parsed_once(void **state)
{
	struct certificate_cache *cache = certificate_cache_new();
	struct certificate *one = parse(cache, alice.certificate->der);
	struct certificate *other = parse(cache, bob.certificate->der);
	struct certificate *again = parse(cache, alice.certificate->der);

	(void)state;
	assert_ptr_equal(one, again);
	assert_ptr_not_equal(one, other);
	assert_memory_equal(
	    one->fingerprint, alice.certificate->fingerprint, FINGERPRINT_SIZE);
	assert_memory_equal(
	    other->fingerprint, bob.certificate->fingerprint, FINGERPRINT_SIZE);
	certificate_unref(&one);
	certificate_unref(&other);
	/* References outlive the cache. */
	certificate_cache_free(cache);
	assert_string_equal(again->addresses[0], "a@example.org");
	certificate_unref(&again);
}

static void
test_without_cache(void **state)
{
	struct certificate *c = parse(NULL, alice.certificate->der);

	(void)state;
	assert_memory_equal(
	    c->fingerprint, alice.certificate->fingerprint, FINGERPRINT_SIZE);
	certificate_unref(&c);
	certificate_cache_free(NULL);
}

static void
test_not_a_certificate(void **state)
{
	struct certificate_cache *cache = certificate_cache_new();
	struct slice der = alice.certificate->der;
	struct certificate *c = NULL;
	struct err err;

	(void)state;
	/* The same answer every time: a failure is not kept. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(certificate_cache_parse(cache,
				     slice_part(der, 0, der.len - 1), &c, &err),
		    -1);
		assert_int_equal(err.class, ERR_PERMANENT);
		assert_null(c);
	}
	certificate_cache_free(cache);
	assert_int_equal(ERR_peek_error(), 0);
}

static void *
parse_often(void *arg)
{
	struct certificate *c;

	for (int i = 0; i < 500; i++) {
		c = parse(
		    arg, i % 2 ? alice.certificate->der : bob.certificate->der);
		certificate_unref(&c);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct certificate_cache *cache = certificate_cache_new();
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, parse_often, cache), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	certificate_cache_free(cache);
}

/* Puts count certificates into the cache that differ only in their number.
 * Returns the bytes of one. */
static size_t
fill(struct certificate_cache *cache, struct slice san, size_t count)
{
	struct certificate *made, *c;
	struct fixture_cert many;
	struct err err;
	size_t size;

	fixture_leaf(&many, NULL,
	    &(struct fixture_opts){
		.address = "c@example.org", .raw_san = san, .serial = 0x10000});
	size = many.certificate->der.len;
	for (size_t i = 1; i <= count; i++) {
		ASN1_INTEGER_set(
		    X509_get_serialNumber(many.x509), 0x10000 + (long)i);
		assert_true(X509_sign(many.x509, many.key, EVP_sha256()) > 0);
		assert_int_equal(
		    certificate_from_x509(many.x509, &made, &err), 0);
		c = parse(cache, made->der);
		certificate_unref(&c);
		certificate_unref(&made);
	}
	fixture_fini(&many);
	return size;
}

/* Is the first certificate still the same object after count others? */
static bool
survives(struct slice san, size_t count)
{
	struct certificate_cache *cache = certificate_cache_new();
	struct certificate *first = parse(cache, alice.certificate->der);
	struct certificate *c;
	bool same;

	fill(cache, san, count);
	c = parse(cache, alice.certificate->der);
	same = c == first;
	certificate_unref(&c);
	certificate_unref(&first);
	certificate_cache_free(cache);
	return same;
}

static void
test_limit(void **state)
{
	const struct slice none = slice_make(NULL, 0);

	(void)state;
	assert_true(survives(none, LIMIT_CACHED_CERTIFICATES - 1));
	assert_false(survives(none, LIMIT_CACHED_CERTIFICATES));
}

/* Tiny names take fifty times their bytes when they are parsed: what is kept
 * of such certificates is bounded by those. */
static void
test_limit_of_bytes(void **state)
{
	static unsigned char san[60000] = {
	    0x30, 0x82, (60000 - 4) >> 8, (60000 - 4) & 0xff};
	struct slice names = slice_make(san, sizeof(san));
	/* Signatures of ECDSA differ by some octets. */
	const size_t slack = 8;
	size_t size, room;

	(void)state;
	for (size_t i = 4; i < sizeof(san); i += 2)
		san[i] = 0x82; /* dNSName "" */
	size = fill(NULL, names, 0);
	room = LIMIT_CACHED_CERTIFICATE_BYTES - alice.certificate->der.len;
	assert_true(size > sizeof(san));
	assert_true(survives(names, room / (size + slack)));
	assert_false(survives(names, room / (size - slack) + 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parsed_once),
	    cmocka_unit_test(test_without_cache),
	    cmocka_unit_test(test_not_a_certificate),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_limit_of_bytes),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
