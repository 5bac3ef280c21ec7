/* Identifiers of certificates: what other agents write, and what they get
 * wrong. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "smime/cms_id.h"
#include "smime/der.h"
#include "unit/cert_fixture.h"

static struct fixture_cert ca, alice, bob;

static int
start(void **state)
{
	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	fixture_leaf(&alice, &ca,
	    &(struct fixture_opts){.name = "Alice", .serial = 200});
	fixture_leaf(
	    &bob, &ca, &(struct fixture_opts){.name = "Bob", .serial = 201});
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	fixture_fini(&ca);
	fixture_fini(&alice);
	fixture_fini(&bob);
	return 0;
}

static struct cms_id
read_all(struct slice der)
{
	struct cms_id id;
	struct tlv b;

	tlv_init(&b, der);
	assert_int_equal(cms_id_read(&b, &id), 0);
	assert_true(tlv_at_end(&b));
	return id;
}

static void
refuse(struct slice der)
{
	struct cms_id id;
	struct tlv b;

	tlv_init(&b, der);
	assert_int_equal(cms_id_read(&b, &id), -1);
}

static void
test_issuer_and_serial(void **state)
{
	struct cms_id id;
	struct buf der;

	(void)state;
	buf_init(&der, 4096);
	assert_int_equal(cms_id_write(alice.certificate, &der), 0);
	id = read_all(buf_slice(&der));
	assert_true(cms_id_matches(&id, alice.certificate));
	assert_false(cms_id_matches(&id, bob.certificate));
	assert_false(cms_id_matches(&id, ca.certificate));
	buf_fini(&der);
}

static void
test_key_id(void **state)
{
	const ASN1_OCTET_STRING *key = X509_get0_subject_key_id(alice.x509);
	struct cms_id id;
	struct buf der;

	(void)state;
	assert_non_null(key);
	buf_init(&der, 4096);
	der_put(&der, DER_CONTEXT(0),
	    slice_make(
		ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key)));
	id = read_all(buf_slice(&der));
	assert_true(cms_id_matches(&id, alice.certificate));
	assert_false(cms_id_matches(&id, bob.certificate));
	buf_fini(&der);
}

/* One Name with this string type and text as CN. */
static void
name(struct buf *out, unsigned char type, const char *text)
{
	size_t whole = der_open(out, DER_SEQUENCE);
	size_t rdn = der_open(out, DER_SET);
	size_t pair = der_open(out, DER_SEQUENCE);

	buf_add(out, "\x06\x03\x55\x04\x03", 5);
	der_put(out, type, slice_text(text));
	der_close(out, pair);
	der_close(out, rdn);
	der_close(out, whole);
}

static bool
matches_name(unsigned char type, const char *text)
{
	struct buf der;
	struct cms_id id;
	size_t mark;
	bool match;

	buf_init(&der, 4096);
	mark = der_open(&der, DER_SEQUENCE);
	name(&der, type, text);
	der_integer(&der, 200);
	der_close(&der, mark);
	id = read_all(buf_slice(&der));
	match = cms_id_matches(&id, alice.certificate);
	buf_fini(&der);
	assert_int_equal(ERR_peek_error(), 0);
	return match;
}

/* RFC 5280 7.1: the same name in another string type. */
static void
test_other_string_types(void **state)
{
	(void)state;
	assert_true(matches_name(V_ASN1_UTF8STRING, "Test CA"));
	assert_true(matches_name(V_ASN1_PRINTABLESTRING, "Test CA"));
	assert_true(matches_name(V_ASN1_T61STRING, "Test CA"));
	assert_true(matches_name(V_ASN1_PRINTABLESTRING, "test  ca"));
	assert_false(matches_name(V_ASN1_PRINTABLESTRING, "Test CB"));
	assert_false(matches_name(V_ASN1_PRINTABLESTRING, ""));
	/* No string at all. */
	assert_false(matches_name(DER_NULL, ""));
}

/* Not by RFC 5280, but they exist. */
static void
test_strange_serials(void **state)
{
	static const struct {
		const char *hex;
		const char *content;
		size_t len;
	} cases[] = {
	    {"00", "\x00", 1},
	    {"7F", "\x7f", 1},
	    {"80", "\x00\x80", 2},
	    {"-80", "\x80", 1},
	    {"-01", "\xff", 1},
	    {"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
		"\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		"\xff\xff\xff\xff\xff\xff\xff",
		21},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct certificate *c;
		struct cms_id id;
		BIGNUM *n = NULL;
		struct buf der;
		struct err err;
		X509 *x509 = X509_dup(alice.x509);

		BN_hex2bn(&n, cases[i].hex);
		BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x509));
		assert_true(X509_sign(x509, ca.key, EVP_sha256()) > 0);
		assert_int_equal(certificate_from_x509(x509, &c, &err), 0);
		buf_init(&der, 4096);
		assert_int_equal(cms_id_write(c, &der), 0);
		id = read_all(buf_slice(&der));
		assert_int_equal(id.serial.len, cases[i].len);
		assert_memory_equal(
		    id.serial.data, cases[i].content, cases[i].len);
		assert_true(cms_id_matches(&id, c));
		assert_false(cms_id_matches(&id, alice.certificate));
		buf_fini(&der);
		certificate_unref(&c);
		X509_free(x509);
		BN_free(n);
	}
}

#define B(text) slice_make(text, sizeof(text) - 1)

static void
test_refused(void **state)
{
	static unsigned char long_serial[4 + 65] = {0x30, 67 + 2, 0x30, 0x00};
	(void)state;
	refuse(B(""));
	refuse(B("\x30\x00"));
	refuse(B("\x30\x02\x30\x00"));			   /* no serial */
	refuse(B("\x30\x04\x30\x00\x02\x00"));		   /* an empty one */
	refuse(B("\x30\x05\x02\x01\x05\x30\x00"));	   /* wrong order */
	refuse(B("\x30\x07\x30\x00\x02\x01\x05\x05\x00")); /* more behind */
	refuse(B("\x80\x00"));				   /* an empty key id */
	refuse(B("\xa0\x03\x04\x01x"));			   /* explicit */
	refuse(slice_make(long_serial, sizeof(long_serial)));
}

static void
assert_text(struct slice der, const char *wanted)
{
	struct cms_id id = read_all(der);
	struct buf text;

	buf_init(&text, 4096);
	cms_id_text(&id, &text);
	assert_string_equal(buf_text(&text), wanted);
	buf_fini(&text);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
test_text(void **state)
{
	struct buf der;
	size_t mark;

	(void)state;
	buf_init(&der, 4096);
	assert_int_equal(cms_id_write(alice.certificate, &der), 0);
	assert_text(buf_slice(&der), "CN=Test CA 00C8");
	buf_clear(&der);
	/* A name cannot begin a new line of the log. */
	mark = der_open(&der, DER_SEQUENCE);
	name(&der, V_ASN1_UTF8STRING, "x\ny");
	der_integer(&der, 1);
	der_close(&der, mark);
	assert_text(buf_slice(&der), "CN=x\\0Ay 01");
	buf_fini(&der);
	assert_text(B("\x80\x03\x01\xab\xff"), "01ABFF");
	assert_text(
	    B("\x30\x07\x30\x02\x05\x00\x02\x01\x05"), "unreadable-issuer 05");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_issuer_and_serial),
	    cmocka_unit_test(test_key_id),
	    cmocka_unit_test(test_other_string_types),
	    cmocka_unit_test(test_strange_serials),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
