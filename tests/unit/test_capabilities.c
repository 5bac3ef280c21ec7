/*
 * SMIMECapabilities: the octets that we announce (rule D7), and what is
 * understood of those that others do.
 */
#include "unit/unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/limits.h"
#include "smime/capabilities.h"
#include "unit/cert_fixture.h"

/* Elements of lists, as the RFCs print them. */
#define CBC128	     "300b0609608648016503040102"
#define CBC192	     "300b0609608648016503040116"
#define CBC256	     "300b060960864801650304012a"
#define GCM128	     "300b0609608648016503040106"
#define GCM192	     "300b060960864801650304011a"
#define GCM256	     "300b060960864801650304012e"
#define GCM256_NULL  "300d060960864801650304012e0500"
#define GCM256_OTHER "300e060960864801650304012e020101"
#define RC2	     "300e06082a864886f70d030202020080"
#define DES3	     "300a06082a864886f70d0307"
/* 1.2.840.113549.1.9.16.11.1: somebody prefers binary inside. */
#define BINARY                                                                 \
	"300d060b2a864886f70d010910"                                           \
	"0b01"

#define OAEP	    "06092a864886f70d010107"
#define MGF	    "06092a864886f70d010108"
#define SHA1_NULL   "300906052b0e03021a0500"
#define SHA256	    "300b0609608648016503040201"
#define SHA256_NULL "300d06096086480165030402010500"
#define SHA512_NULL "300d06096086480165030402030500"
#define LABEL	    "a210300e06092a864886f70d010109040141"

/* RFC 3560 section 5. */
#define OAEP_SHA1   "300d" OAEP "3000"
#define OAEP_SHA256 "3038" OAEP "302b" SHA256_NULL "301a" MGF SHA256_NULL
/* RFC 4055 section 4.1. */
#define TAGGED_SHA256                                                          \
	"303c" OAEP "302fa00f" SHA256_NULL "a11c301a" MGF SHA256_NULL
#define TAGGED_SHA256_ABSENT "3038" OAEP "302ba00d" SHA256 "a11a3018" MGF SHA256
#define TAGGED_SHA1	     "3034" OAEP "3027a00b" SHA1_NULL "a1183016" MGF SHA1_NULL
#define TAGGED_SHA512                                                          \
	"303c" OAEP "302fa00f" SHA512_NULL "a11c301a" MGF SHA512_NULL
#define TAGGED_BOTH "301e" OAEP "3011a00f" SHA256_NULL
#define TAGGED_LABEL                                                           \
	"304e" OAEP "3041a00f" SHA256_NULL "a11c301a" MGF SHA256_NULL LABEL

/* --- writing --- */

static void
check_written(const char *key, const char *usage, const char *hex)
{
	char text[1024];
	struct fixture_cert leaf;
	struct buf out;

	fixture_leaf(&leaf, NULL,
	    &(struct fixture_opts){
		.address = "a@example.org", .key = key, .usage = usage});
	buf_init(&out, sizeof(text) / 2 - 1);
	capabilities_write(&out, leaf.certificate);
	assert_true(buf_ok(&out));
	hex_encode(out.data, out.len, text);
	assert_string_equal(text, hex);
	buf_fini(&out);
	fixture_fini(&leaf);
}

#define OURS	      CBC256 CBC128 GCM256 GCM128
#define EC_WRAP(wrap) "301506062b8104010b01300b06096086480165030401" wrap

static void
test_write(void **state)
{
	(void)state;
	check_written("RSA-2048", NULL, "307d" OURS OAEP_SHA256 OAEP_SHA1);
	check_written("P-256", NULL, "3062" OURS EC_WRAP("2d") EC_WRAP("05"));
	/* Nothing can be sent to a key that only signs. */
	check_written("RSA-2048", "digitalSignature", "3034" OURS);
	check_written("ED25519", NULL, "3034" OURS);
}

/* --- reading --- */

/* elements, as a SEQUENCE of the given length octets. */
static int
read_list(const char *elements, struct capabilities *out)
{
	unsigned char der[512], inside[500];
	size_t len = strlen(elements) / 2;

	assert_true(len <= sizeof(inside));
	assert_int_equal(hex_decode(elements, inside, len), 0);
	der[0] = 0x30;
	der[1] = 0x82;
	der[2] = (unsigned char)(len >> 8);
	der[3] = (unsigned char)len;
	memcpy(der + 4, inside, len);
	return capabilities_read(slice_make(der, len + 4), out);
}

static void
test_read(void **state)
{
	static const struct {
		const char *name, *elements;
		struct capabilities wanted;
	} rows[] = {
	    {"nothing", "", {0}},
	    {"old ones", CBC128 RC2 DES3 BINARY, {0}},
	    {"GCM before CBC", GCM256 GCM128 CBC256,
		{.aes256_gcm = true, .aes128_gcm = true, .prefers_gcm = true}},
	    {"GCM alone", DES3 GCM256,
		{.aes256_gcm = true, .prefers_gcm = true}},
	    {"CBC before GCM", CBC128 GCM256, {.aes256_gcm = true}},
	    {"any CBC", CBC192 GCM256, {.aes256_gcm = true}},
	    {"another GCM first", GCM128 CBC256 GCM256,
		{.aes256_gcm = true, .aes128_gcm = true}},
	    {"GCM of 192 bits", GCM192, {0}},
	    {"NULL", GCM256_NULL, {.aes256_gcm = true, .prefers_gcm = true}},
	    {"parameters that do not belong there", GCM256_OTHER, {0}},
	    {"OAEP without parameters", "300b" OAEP, {.oaep_sha1 = true}},
	    {"OAEP NULL", "300d" OAEP "0500", {.oaep_sha1 = true}},
	    {"OAEP by default", OAEP_SHA1, {.oaep_sha1 = true}},
	    {"OAEP as printed", OAEP_SHA256, {.oaep_sha256 = true}},
	    {"OAEP both", OAEP_SHA256 OAEP_SHA1,
		{.oaep_sha1 = true, .oaep_sha256 = true}},
	    {"OAEP as defined", TAGGED_SHA256, {.oaep_sha256 = true}},
	    {"hashes without NULL", TAGGED_SHA256_ABSENT,
		{.oaep_sha256 = true}},
	    {"SHA-1 spelled out", TAGGED_SHA1, {.oaep_sha1 = true}},
	    {"another hash", TAGGED_SHA512, {0}},
	    {"two hashes", TAGGED_BOTH, {0}},
	    {"a label", TAGGED_LABEL, {0}},
	    {"parameters that are none", "300e" OAEP "020101", {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct capabilities c;

		memset(&c, 0xff, sizeof(c));
		if (read_list(rows[i].elements, &c) != 0)
			fail_msg("%s", rows[i].name);
		if (memcmp(&c, &rows[i].wanted, sizeof(c)) != 0)
			fail_msg("%s: gcm %d %d preferred %d oaep %d %d",
			    rows[i].name, c.aes256_gcm, c.aes128_gcm,
			    c.prefers_gcm, c.oaep_sha1, c.oaep_sha256);
	}
}

/* What is no list leaves no trace. */
static void
test_malformed(void **state)
{
	static const char *const rows[] = {"",
	    "3000"
	    "00",
	    "3100", "300b",
	    "3002"
	    "0500",
	    "300d" GCM256 "05", "300c" GCM256, "300e" GCM256,
	    "3002"
	    "3000",
	    "3080" GCM256, "300f" GCM256 "3100"};
	struct capabilities c, before;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned char der[64];
		size_t len = strlen(rows[i]) / 2;

		memcpy(&c, &before, sizeof(c));
		assert_int_equal(hex_decode(rows[i], der, len), 0);
		if (capabilities_read(slice_make(der, len), &c) != -1)
			fail_msg("%s", rows[i]);
		assert_memory_equal(&c, &before, sizeof(c));
	}
}

/* Tag and length of all that is left until end. */
static size_t
put_head(unsigned char *der, size_t at, size_t end, unsigned char tag)
{
	size_t len = end - at - 4;

	der[at] = tag;
	der[at + 1] = 0x82;
	der[at + 2] = (unsigned char)(len >> 8);
	der[at + 3] = (unsigned char)len;
	return at + 4;
}

/* One algorithm, whose parameters fill the rest. */
static int
read_filled(size_t size)
{
	unsigned char der[LIMIT_CAPABILITIES + 1] = {0};
	struct capabilities c;
	size_t at = put_head(der, 0, size, 0x30);

	at = put_head(der, at, size, 0x30);
	der[at++] = 0x06;
	der[at++] = 1;
	der[at++] = 0x2a;
	(void)put_head(der, at, size, 0x04);
	return capabilities_read(slice_make(der, size), &c);
}

static void
test_limit(void **state)
{
	(void)state;
	assert_int_equal(read_filled(LIMIT_CAPABILITIES), 0);
	assert_int_equal(read_filled(LIMIT_CAPABILITIES + 1), -1);
}

/* Others read it as we mean it. */
static void
test_our_own(void **state)
{
	struct fixture_cert leaf;
	struct capabilities c;
	struct buf out;

	(void)state;
	fixture_leaf(&leaf, NULL, &(struct fixture_opts){.key = "RSA-2048"});
	buf_init(&out, LIMIT_CAPABILITIES);
	capabilities_write(&out, leaf.certificate);
	assert_int_equal(capabilities_read(buf_slice(&out), &c), 0);
	assert_true(c.aes256_gcm && c.aes128_gcm);
	assert_true(c.oaep_sha1 && c.oaep_sha256);
	/* The user's own programs may have the key, too. */
	assert_false(c.prefers_gcm);
	buf_fini(&out);
	fixture_fini(&leaf);
}

/* RFC 4262. */
static void
test_in_certificate(void **state)
{
	static const struct {
		const char *extension;
		int rc;
	} rows[] = {{NULL, -1}, {"DER:300d" GCM256, 0}, {"DER:3100", -1}};
	struct fixture_cert leaf;
	struct capabilities c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *value = rows[i].extension;

		fixture_leaf(&leaf, NULL,
		    &(struct fixture_opts){
			.extra_oid = value ? "1.2.840.113549.1.9.15" : NULL,
			.extra = value});
		memset(&c, 0, sizeof(c));
		assert_int_equal(
		    capabilities_of_certificate(leaf.certificate, &c),
		    rows[i].rc);
		assert_int_equal(c.prefers_gcm, rows[i].rc == 0);
		fixture_fini(&leaf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_our_own),
	    cmocka_unit_test(test_in_certificate),
	};

	return cmocka_run_group_tests_name("capabilities", tests, NULL, NULL);
}
