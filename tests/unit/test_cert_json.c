/* Certificates and capabilities in words. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "admin/cert_json.h"
#include "base/limits.h"
#include "unit/cert_fixture.h"

static const char *
text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void
test_certificate(void **state)
{
	struct fixture_cert ca, bob;
	json_t *object;
	char *pem;

	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	fixture_leaf(&bob, &ca,
	    &(struct fixture_opts){.name = "Bob",
		.address = "bob@example.net",
		.not_before = -FIXTURE_DAY,
		.not_after = 9 * FIXTURE_DAY});
	object = cert_json(bob.certificate, fixture_now());
	assert_string_equal(text_of(object, "subject"), "CN=Bob");
	assert_string_equal(text_of(object, "issuer"), "CN=Test CA");
	assert_string_equal(text_of(object, "validity"), "valid");
	assert_string_equal(text_of(object, "key"), "ec 256");
	assert_int_equal(strlen(text_of(object, "fingerprint")), 64);
	assert_int_equal(strlen(text_of(object, "id")), CERT_ID_DIGITS);
	assert_int_equal(
	    json_integer_value(json_object_get(object, "days_left")), 9);
	assert_int_equal(json_array_size(json_object_get(object, "usage")), 2);
	json_decref(object);
	object = cert_json(bob.certificate, bob.certificate->not_after);
	assert_string_equal(text_of(object, "validity"), "valid");
	json_decref(object);
	object = cert_json(bob.certificate, bob.certificate->not_after + 1);
	assert_string_equal(text_of(object, "validity"), "expired");
	json_decref(object);
	object = cert_json(bob.certificate, bob.certificate->not_before - 1);
	assert_string_equal(text_of(object, "validity"), "not-yet");
	json_decref(object);
	pem = cert_json_pem(bob.certificate);
	assert_ptr_equal(strstr(pem, "-----BEGIN CERTIFICATE-----"), pem);
	free(pem);
	fixture_fini(&bob);
	fixture_fini(&ca);
}

static void
assert_words(const void *der, size_t len, const char *const *words)
{
	json_t *list = cert_json_capabilities(slice_make(der, len)), *word;
	size_t i;

	json_array_foreach(list, i, word)
	{
		assert_non_null(words[i]);
		assert_string_equal(json_string_value(word), words[i]);
	}
	assert_null(words[i]);
	json_decref(list);
}

static void
test_capabilities(void **state)
{
	/* the encodings of rule D7, RC2 with its key length, an OID that
	 * nobody knows */
	static const unsigned char der[] =
	    "\x30\x31"
	    "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"
	    "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x06"
	    "\x30\x0e\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x02\x02\x02\x00\x80"
	    "\x30\x05\x06\x03\x2a\x03\x04";
	static const char *const words[] = {
	    "aes-256-cbc", "aes-128-gcm", "rc2-cbc/128", "1.2.3.4", NULL};
	static const char *const none[] = {NULL};
	unsigned char broken[sizeof(der)];

	(void)state;
	assert_words(der, sizeof(der) - 1, words);
	assert_words("", 0, none);
	assert_words(der, sizeof(der) - 2, none);
	memcpy(broken, der, sizeof(der));
	broken[2] = 0x31;
	assert_words(broken, sizeof(der) - 1, none);
}

/* As many as are shown, and one more. */
static void
test_many_capabilities(void **state)
{
	static const unsigned char one[] = "\x30\x05\x06\x03\x2a\x03\x04";
	const size_t size = sizeof(one) - 1;
	unsigned char der[4 + (LIMIT_CAPABILITIES_SHOWN + 1) * 7];
	size_t len;
	json_t *list;

	(void)state;
	for (size_t n = LIMIT_CAPABILITIES_SHOWN;
	     n <= LIMIT_CAPABILITIES_SHOWN + 1; n++) {
		len = n * size;
		memcpy(der, "\x30\x82", 2);
		der[2] = (unsigned char)(len >> 8);
		der[3] = (unsigned char)len;
		for (size_t i = 0; i < n; i++)
			memcpy(der + 4 + i * size, one, size);
		list = cert_json_capabilities(slice_make(der, 4 + len));
		assert_int_equal(
		    json_array_size(list), LIMIT_CAPABILITIES_SHOWN);
		json_decref(list);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_certificate),
	    cmocka_unit_test(test_capabilities),
	    cmocka_unit_test(test_many_capabilities),
	};

	return cmocka_run_group_tests_name("cert_json", tests, NULL, NULL);
}
