/* Content keys and what came under them. */
#include "unit/unit.h"

#include <string.h>

#include "base/limits.h"
#include "smime/content_guard.h"
#include "smime/der.h"
#include "smime/tlv.h"

static struct content_guard *guard;
static unsigned char iv[16];

static int
before_each(void **state)
{
	(void)state;
	guard = content_guard_new();
	return 0;
}

static int
after_each(void **state)
{
	(void)state;
	content_guard_free(guard);
	return 0;
}

/* A content that is a number, under a key that is one. */
static bool
allows(unsigned key, unsigned content, enum oid oid)
{
	struct content_cipher cipher = {.algorithm = cipher_algorithm_find(oid),
	    .iv = slice_make(iv, sizeof(iv))};
	struct envelope envelope = {
	    .authenticated = cipher.algorithm->authenticated};
	unsigned char octets[2 + sizeof(content)] = {
	    DER_CONTEXT(0), sizeof(content)};
	unsigned char bytes[32] = {0};
	struct tlv b;

	memcpy(bytes, &key, sizeof(key));
	memcpy(octets + 2, &content, sizeof(content));
	tlv_init(&b, slice_make(octets, sizeof(octets)));
	assert_int_equal(tlv_octets(&b, DER_CONTEXT(0), &envelope.content), 0);
	return content_guard_allows(guard, &cipher, &envelope, bytes);
}

static void
test_contents(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_CONTENTS_PER_KEY; i++)
		assert_true(allows(1, i, OID_AES256_CBC));
	assert_false(allows(1, LIMIT_CONTENTS_PER_KEY, OID_AES256_CBC));
	assert_false(allows(1, LIMIT_CONTENTS_PER_KEY, OID_AES256_CBC));
	/* Those that were there may come again, and other keys have theirs. */
	for (unsigned i = 0; i < LIMIT_CONTENTS_PER_KEY; i++)
		assert_true(allows(1, i, OID_AES256_CBC));
	assert_true(allows(2, LIMIT_CONTENTS_PER_KEY, OID_AES256_CBC));
}

/* Another initialisation vector is another content. */
static void
test_vectors(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_CONTENTS_PER_KEY; i++, iv[3]++)
		assert_true(allows(1, 7, OID_AES128_CBC));
	assert_false(allows(1, 7, OID_AES128_CBC));
}

static void
test_authenticated(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10 * LIMIT_CONTENTS_PER_KEY; i++)
		assert_true(allows(1, i, OID_AES256_GCM));
}

/* Who was not seen for long is forgotten. */
static void
test_keys(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= LIMIT_CONTENTS_PER_KEY; i++)
		allows(0, i, OID_AES256_CBC);
	for (unsigned key = 1; key < LIMIT_GUARDED_KEYS; key++)
		assert_true(allows(key, 0, OID_AES256_CBC));
	assert_false(allows(0, LIMIT_CONTENTS_PER_KEY, OID_AES256_CBC));
	for (unsigned key = 1; key <= LIMIT_GUARDED_KEYS; key++)
		assert_true(allows(key, 0, OID_AES256_CBC));
	assert_true(allows(0, LIMIT_CONTENTS_PER_KEY, OID_AES256_CBC));
}

static void
test_none(void **state)
{
	struct content_guard *keep = guard;

	(void)state;
	guard = NULL;
	for (unsigned i = 0; i < 10 * LIMIT_CONTENTS_PER_KEY; i++)
		assert_true(allows(1, i, OID_AES256_CBC));
	guard = keep;
}

#define EACH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, before_each, after_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_contents),
	    EACH(test_vectors),
	    EACH(test_authenticated),
	    EACH(test_keys),
	    EACH(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
