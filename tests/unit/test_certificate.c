/* Certificates: encoding, names, usage, strength, lists (rules V9, V10, E6,
 * H6, C1, D1). */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/limits.h"
#include "cert/certificate.h"
#include "unit/cert_fixture.h"

static struct fixture_cert ca;

static int
setup(void **state)
{
	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_fini(&ca);
	return 0;
}

/* Encoding */

static void
parse_fails(const unsigned char *data, size_t len, const char *text)
{
	struct certificate *c = NULL;
	struct err err;

	assert_int_equal(
	    certificate_parse(slice_make(data, len), &c, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_non_null(strstr(err.text, text));
	assert_null(c);
}

static void
test_exact_der(void **state)
{
	struct slice der = ca.certificate->der;
	unsigned char *copy = xmalloc(der.len + 1);
	struct certificate *c;
	struct err err;

	(void)state;
	memcpy(copy, der.data, der.len);
	copy[der.len] = 0;
	assert_int_equal(
	    certificate_parse(slice_make(copy, der.len), &c, &err), 0);
	assert_true(slice_equal(c->der, der));
	assert_string_equal(
	    c->fingerprint_text, ca.certificate->fingerprint_text);
	certificate_unref(&c);
	assert_null(c);
	certificate_unref(&c);

	parse_fails(copy, der.len + 1, "more bytes behind");
	parse_fails(copy, der.len - 1, "cannot be parsed");
	parse_fails(copy, 0, "cannot be parsed");
	free(copy);
}

/* The same certificate with an indefinite length around it. */
static void
test_ber_is_refused(void **state)
{
	struct slice der = ca.certificate->der;
	size_t head = 4, len = der.len + 2;
	unsigned char *ber = xcalloc(1, len);

	(void)state;
	assert_int_equal(der.data[1], 0x82);
	ber[0] = 0x30;
	ber[1] = 0x80;
	memcpy(ber + 2, der.data + head, der.len - head);
	parse_fails(ber, der.len - head + 4, "not DER");
	free(ber);
}

static void
test_size_limit(void **state)
{
	unsigned char *big = xcalloc(1, LIMIT_CERTIFICATE + 1);

	(void)state;
	parse_fails(big, LIMIT_CERTIFICATE, "cannot be parsed");
	parse_fails(big, LIMIT_CERTIFICATE + 1, "larger than");
	free(big);
}

static void
test_repeated_extension(void **state)
{
	struct fixture_cert leaf;

	(void)state;
	fixture_leaf(&leaf, &ca,
	    &(struct fixture_opts){.address = "bob@example.net",
		.extra_oid = "subjectAltName",
		.extra = "email:eve@example.net"});
	assert_null(leaf.certificate);
	fixture_fini(&leaf);
}

static void
test_x509_keeps_its_bytes(void **state)
{
	struct certificate *c;
	struct err err;

	(void)state;
	assert_int_equal(certificate_from_x509(ca.x509, &c, &err), 0);
	assert_true(slice_equal(c->der, ca.certificate->der));
	assert_ptr_equal(c->x509, ca.x509);
	certificate_unref(&c);
}

/* What the openssl command says, first line without newline. */
static char *
run(const char *command)
{
	char line[512] = "";
	FILE *in = popen(command, "r");

	assert_non_null(in);
	assert_non_null(fgets(line, sizeof(line), in));
	pclose(in);
	line[strcspn(line, "\n")] = '\0';
	return xstrdup(line);
}

static char *
ask_openssl(const char *folder, const char *what)
{
	char *command =
	    xasprintf("openssl x509 -in %s/leaf.pem -noout %s", folder, what);
	char *answer = run(command);

	free(command);
	return answer;
}

/* openssl prints "SHA256 Fingerprint=AB:CD..." */
static void
check_fingerprint(const char *folder, const struct certificate *c)
{
	char *answer = ask_openssl(folder, "-fingerprint -sha256");
	char digits[FINGERPRINT_TEXT] = "";
	size_t n = 0;

	for (const char *p = strchr(answer, '=') + 1; *p; p++)
		if (*p != ':')
			digits[n++] = (char)ascii_lower((unsigned char)*p);
	assert_string_equal(digits, c->fingerprint_text);
	free(answer);
}

static void
check_key_id(const char *folder, const struct certificate *c)
{
	char *command = xasprintf(
	    "openssl x509 -in %s/leaf.pem -noout -pubkey |"
	    " openssl pkey -pubin -outform DER | openssl dgst -sha256 -r",
	    folder);
	char *answer = run(command);
	char digits[65];

	hex_encode(c->key_id, sizeof(c->key_id), digits);
	assert_int_equal(strncmp(answer, digits, 64), 0);
	free(answer);
	free(command);
}

static void
test_facts_as_openssl_sees_them(void **state)
{
	char *folder = fixture_folder(), *path, *answer;
	struct fixture_cert leaf;
	struct buf pem;

	(void)state;
	fixture_leaf(&leaf, &ca,
	    &(struct fixture_opts){.name = "J\xc3\xbcrgen, +",
		.organisation = "Example",
		.serial = 0x1234abcd,
		.address = "bob@example.net"});
	buf_init(&pem, MIB);
	fixture_cert_pem(&leaf, &pem);
	path = xasprintf("%s/leaf.pem", folder);
	fixture_write(path, 0600, &pem);

	check_fingerprint(folder, leaf.certificate);
	check_key_id(folder, leaf.certificate);
	answer = ask_openssl(folder, "-serial");
	assert_string_equal(answer, "serial=1234ABCD");
	assert_string_equal(leaf.certificate->serial, "1234ABCD");
	free(answer);
	answer = ask_openssl(folder, "-subject -nameopt RFC2253,-esc_msb");
	assert_string_equal(
	    answer, "subject=CN=J\xc3\xbcrgen\\, \\+,O=Example");
	assert_string_equal(leaf.certificate->subject, answer + 8);
	free(answer);
	assert_string_equal(leaf.certificate->issuer, "CN=Test CA");
	assert_int_equal(
	    leaf.certificate->not_before, fixture_now() - FIXTURE_DAY);
	assert_int_equal(
	    leaf.certificate->not_after, fixture_now() + 365 * FIXTURE_DAY);

	fixture_fini(&leaf);
	buf_fini(&pem);
	free(path);
	fixture_folder_remove(folder);
}

/* Names */

/* SAN with one rfc822Name (tag 0x81) of any bytes. */
static size_t
san_email(unsigned char *out, const char *bytes, size_t len)
{
	assert_true(len < 100);
	out[0] = 0x30;
	out[1] = (unsigned char)(len + 2);
	out[2] = 0x81;
	out[3] = (unsigned char)len;
	memcpy(out + 4, bytes, len);
	return len + 4;
}

/* SAN with one otherName SmtpUTF8Mailbox of this string type. */
static size_t
san_utf8(
    unsigned char *out, unsigned char string, const char *bytes, size_t len)
{
	static const unsigned char oid[] = {
	    0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09};
	unsigned char n = (unsigned char)len;

	assert_true(len < 90);
	out[0] = 0x30;
	out[1] = (unsigned char)(n + 16);
	out[2] = 0xa0;
	out[3] = (unsigned char)(n + 14);
	memcpy(out + 4, oid, 10);
	out[14] = 0xa0;
	out[15] = (unsigned char)(n + 2);
	out[16] = string;
	out[17] = n;
	memcpy(out + 18, bytes, len);
	return len + 18;
}

static void
names_are(const struct fixture_opts *opts, const char *expected)
{
	struct fixture_cert leaf;
	struct buf names;

	fixture_leaf(&leaf, &ca, opts);
	assert_non_null(leaf.certificate);
	buf_init(&names, KIB);
	for (size_t i = 0; i < leaf.certificate->address_count; i++) {
		const char *address = leaf.certificate->addresses[i];

		buf_addf(&names, "%s%s", i ? " " : "", address);
		assert_true(certificate_has_address(leaf.certificate, address));
	}
	assert_string_equal(buf_text(&names), expected);
	assert_false(certificate_has_address(leaf.certificate, "eve@x.test"));
	assert_false(certificate_has_address(leaf.certificate, ""));
	buf_fini(&names);
	fixture_fini(&leaf);
}

static void
test_names(void **state)
{
	(void)state;
	names_are(&(struct fixture_opts){.san = "email:Bob@Example.NET"},
	    "bob@example.net");
	names_are(&(struct fixture_opts){.san = "email:bob@example.net,"
						"DNS:example.net,"
						"email:b@example.org"},
	    "bob@example.net b@example.org");
	names_are(&(struct fixture_opts){.san = "DNS:example.net"}, "");
	names_are(&(struct fixture_opts){.name = "bob@example.net"}, "");
}

/* RFC 8550 section 3: the subject is for old certificates only. */
static void
test_subject_address_is_a_fallback(void **state)
{
	unsigned char der[128];
	size_t len;

	(void)state;
	names_are(&(struct fixture_opts){.subject_address = "Bob@example.net"},
	    "bob@example.net");
	names_are(&(struct fixture_opts){.subject_address = "bob@example.net",
		      .san = "DNS:example.net"},
	    "bob@example.net");
	names_are(&(struct fixture_opts){.subject_address = "eve@example.net",
		      .address = "bob@example.net"},
	    "bob@example.net");
	/* A broken mailbox in the SAN is no reason to look elsewhere. */
	len = san_email(der, "bob", 3);
	names_are(&(struct fixture_opts){.subject_address = "eve@example.net",
		      .raw_san = slice_make(der, len)},
	    "");
}

static void
test_malformed_names_match_nobody(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} names[] = {
	    {"bob@example.net\0.example.org", 28},
	    {"bob\0@example.net", 16},
	    {"bob@example.net\0", 16},
	    {"<bob@example.net>", 17},
	    {"Bob <bob@example.net>", 21},
	    {"bob@example.net (Bob)", 21},
	    {"(Bob)bob@example.net", 20},
	    {"@example.org:bob@example.net", 28},
	    {"eve@example.org,bob@example.net", 31},
	    {" bob@example.net", 16},
	    {"bob@example.net\n", 16},
	    {"bob @example.net", 16},
	    {"b\xc3\xb6"
	     "b@example.net",
		16},
	    {"bob", 3},
	    {"example.net", 11},
	    {"@example.net", 12},
	    {"bob@", 4},
	    {"\"bob@example.net", 16},
	    /* Other spellings, which name constraints do not know. */
	    {"\"bob\"@example.net", 17},
	    {"bob@example.net.", 16},
	    {"", 0},
	};
	unsigned char der[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = san_email(der, names[i].bytes, names[i].len);

		names_are(
		    &(struct fixture_opts){.raw_san = slice_make(der, len)},
		    "");
	}
}

static void
test_utf8_mailboxes(void **state)
{
	static const struct {
		unsigned char string;
		const char *bytes;
		const char *expected;
	} names[] = {
	    {0x0c, "j\xc3\xbcrgen@example.net", "j\xc3\xbcrgen@example.net"},
	    /* No case folding outside ASCII (RFC 8398 section 5). */
	    {0x0c, "J\xc3\xbcrgen@example.net", "J\xc3\xbcrgen@example.net"},
	    /* U-label or A-label, the same domain (RFC 9598). */
	    {0x0c,
		"\xc3\xbc@b\xc3\xbc"
		"cher.example",
		"\xc3\xbc@xn--bcher-kva.example"},
	    {0x0c, "\xc3\xbc@xn--bcher-kva.example",
		"\xc3\xbc@xn--bcher-kva.example"},
	    /* An ASCII local part belongs in rfc822Name (rule H6). */
	    {0x0c, "bob@example.net", ""},
	    {0x0c,
		"bob@b\xc3\xbc"
		"cher.example",
		""},
	    /* What IDNA makes other letters of. */
	    {0x0c, "\xc3\xbc@example.net.", ""},
	    {0x0c, "\xc3\xbc@\xef\xbd\x85xample.net", ""},
	    {0x0c,
		"\xc3\xbc@bu\xcc\x88"
		"cher.example",
		""},
	    /* Not UTF-8, not UTF8String, no mailbox. */
	    {0x0c, "j\xfcrgen@example.net", ""},
	    {0x0c, "j\xc3@example.net", ""},
	    {0x16, "j\xc3\xbcrgen@example.net", ""},
	    {0x0c, "j\xc3\xbcrgen", ""},
	    {0x0c, "<j\xc3\xbcrgen@example.net>", ""},
	};
	unsigned char der[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = san_utf8(der, names[i].string, names[i].bytes,
		    strlen(names[i].bytes));

		names_are(
		    &(struct fixture_opts){.raw_san = slice_make(der, len)},
		    names[i].expected);
	}
}

static void
test_number_of_names(void **state)
{
	struct fixture_cert leaf;
	struct buf san;

	(void)state;
	buf_init(&san, MIB);
	for (unsigned i = 0; i <= LIMIT_CERTIFICATE_ADDRESSES; i++)
		buf_addf(&san, "%semail:u%u@example.net", i ? "," : "", i);
	fixture_leaf(&leaf, &ca, &(struct fixture_opts){.san = buf_text(&san)});
	assert_int_equal(
	    leaf.certificate->address_count, LIMIT_CERTIFICATE_ADDRESSES);
	assert_true(
	    certificate_has_address(leaf.certificate, "u255@example.net"));
	assert_false(
	    certificate_has_address(leaf.certificate, "u256@example.net"));
	buf_fini(&san);
	fixture_fini(&leaf);
}

/* A subject that is not even UTF-8 still has a text. */
static void
test_subject_text_of_odd_bytes(void **state)
{
	static const unsigned char bad[] = "bad \xff\xfe\x01 name";
	struct fixture_cert leaf;
	struct certificate *c;
	X509_NAME *name;
	struct err err;

	(void)state;
	fixture_leaf(&leaf, &ca, &(struct fixture_opts){.name = "x"});
	name = X509_get_subject_name(leaf.x509);
	X509_NAME_add_entry_by_NID(name, NID_organizationName,
	    V_ASN1_UTF8STRING, bad, sizeof(bad) - 1, -1, 0);
	X509_sign(leaf.x509, ca.key, EVP_sha256());
	assert_int_equal(certificate_from_x509(leaf.x509, &c, &err), 0);
	assert_string_equal(c->subject, "O=bad \\FF\\FE\\01 name,CN=x");
	certificate_unref(&c);
	fixture_fini(&leaf);
}

/* Usage */

struct usage_case {
	const char *key, *usage, *extended, *basic;
	bool sign, encrypt;
};

static void
test_usage(void **state)
{
	static const struct usage_case cases[] = {
	    /* Nothing said: everything allowed (RFC 8550 4.4.2, 4.4.4). */
	    {"P-256", "", "", "", true, true},
	    {"RSA-2048", "", "", "", true, true},
	    {"P-256", "digitalSignature", NULL, "", true, false},
	    {"P-256", "nonRepudiation", NULL, "", true, false},
	    {"P-256", "keyAgreement", NULL, "", false, true},
	    {"P-256", "keyEncipherment", NULL, "", false, false},
	    {"P-256", "digitalSignature,keyAgreement", NULL, "", true, true},
	    {"RSA-2048", "keyEncipherment", NULL, "", false, true},
	    {"RSA-2048", "keyAgreement", NULL, "", false, false},
	    {"RSA-2048", "digitalSignature", NULL, "", true, false},
	    {"RSA-2048", "keyCertSign,cRLSign", NULL, "", false, false},
	    /* Neither may receive keys. */
	    {"RSA-PSS-2048", "", "", "", true, false},
	    {"ED25519", "", "", "", true, false},
	    /* Other curves. */
	    {"secp256k1", "", "", "", false, false},
	    {"brainpoolP256r1", "", "", "", false, false},
	    /* EKU */
	    {"P-256", "", "emailProtection", "", true, true},
	    {"P-256", "", "anyExtendedKeyUsage", "", true, true},
	    {"P-256", "", "clientAuth,emailProtection", "", true, true},
	    {"P-256", "", "clientAuth", "", false, false},
	    {"P-256", "", "serverAuth,codeSigning", "", false, false},
	    {"P-256", "", "1.2.3.4", "", false, false},
	    /* An authority does not sign mail. */
	    {"P-256", "", "", "CA:TRUE", false, true},
	    {"P-256", "", "", "CA:FALSE", true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct usage_case *t = &cases[i];
		struct fixture_cert leaf;

		fixture_leaf(&leaf, &ca,
		    &(struct fixture_opts){.key = t->key,
			.usage = t->usage,
			.extended_usage = t->extended,
			.basic = t->basic});
		assert_non_null(leaf.certificate);
		if (leaf.certificate->may_sign != t->sign ||
		    leaf.certificate->may_encrypt != t->encrypt)
			fail_msg("case %zu: %s \"%s\"", i, t->key, t->usage);
		fixture_fini(&leaf);
	}
}

static void
test_unknown_critical_extension(void **state)
{
	struct fixture_cert leaf;

	(void)state;
	fixture_leaf(&leaf, &ca,
	    &(struct fixture_opts){
		.extra_oid = "1.2.3.4.5", .extra = "critical,DER:0500"});
	assert_false(leaf.certificate->may_sign);
	assert_false(leaf.certificate->may_encrypt);
	fixture_fini(&leaf);
	fixture_leaf(&leaf, &ca,
	    &(struct fixture_opts){
		.extra_oid = "1.2.3.4.5", .extra = "DER:0500"});
	assert_true(leaf.certificate->may_sign);
	fixture_fini(&leaf);
}

static void
test_issued_by_itself(void **state)
{
	struct fixture_cert leaf;

	(void)state;
	assert_true(ca.certificate->is_ca);
	assert_true(ca.certificate->self_issued);
	fixture_leaf(&leaf, &ca, &(struct fixture_opts){.name = "x"});
	assert_false(leaf.certificate->is_ca);
	assert_false(leaf.certificate->self_issued);
	fixture_fini(&leaf);
}

/* Strength */

static void
test_keys_and_strength(void **state)
{
	static const struct {
		const char *key, *digest;
		enum certificate_key kind;
		int bits;
		bool strong;
	} cases[] = {
	    {"P-256", NULL, CERTIFICATE_KEY_EC, 256, true},
	    {"P-384", "SHA384", CERTIFICATE_KEY_EC, 384, true},
	    {"P-521", "SHA512", CERTIFICATE_KEY_EC, 521, true},
	    {"P-256", "SHA1", CERTIFICATE_KEY_EC, 256, false},
	    {"P-224", NULL, CERTIFICATE_KEY_OTHER, 224, false},
	    {"secp256k1", NULL, CERTIFICATE_KEY_OTHER, 256, false},
	    {"ED25519", NULL, CERTIFICATE_KEY_ED25519, 256, true},
	    {"RSA-2048", NULL, CERTIFICATE_KEY_RSA, 2048, true},
	    {"RSA-2047", NULL, CERTIFICATE_KEY_RSA, 2047, false},
	    {"RSA-1024", NULL, CERTIFICATE_KEY_RSA, 1024, false},
	    {"RSA-2048", "MD5", CERTIFICATE_KEY_RSA, 2048, false},
	    {"RSA-PSS-2048", NULL, CERTIFICATE_KEY_RSA_PSS, 2048, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture_cert leaf;

		fixture_leaf(&leaf, NULL,
		    &(struct fixture_opts){
			.key = cases[i].key, .digest = cases[i].digest});
		assert_int_equal(leaf.certificate->key, cases[i].kind);
		assert_int_equal(leaf.certificate->key_bits, cases[i].bits);
		if (certificate_is_strong(leaf.certificate) != cases[i].strong)
			fail_msg("%s %s", cases[i].key,
			    cases[i].digest ? cases[i].digest : "");
		fixture_fini(&leaf);
	}
}

static bool
is_strong_rsa(int bits, unsigned long e)
{
	EVP_PKEY *key = fixture_public_rsa(bits, e);
	struct fixture_cert leaf;
	bool strong;

	fixture_leaf(&leaf, &ca, &(struct fixture_opts){.use_key = key});
	assert_int_equal(leaf.certificate->key_bits, bits);
	strong = certificate_is_strong(leaf.certificate);
	fixture_fini(&leaf);
	EVP_PKEY_free(key);
	return strong;
}

static void
test_rsa_limits(void **state)
{
	(void)state;
	assert_true(is_strong_rsa(LIMIT_RSA_BITS_MIN, 65537));
	assert_false(is_strong_rsa(LIMIT_RSA_BITS_MIN - 1, 65537));
	assert_true(is_strong_rsa(LIMIT_RSA_BITS, 65537));
	assert_false(is_strong_rsa(LIMIT_RSA_BITS + 1, 65537));
	assert_true(is_strong_rsa(2048, 3));
	assert_false(is_strong_rsa(2048, 1));
	assert_false(is_strong_rsa(2048, 65536));
}

/* RFC 3560 section 4: the key's type says OAEP. */
static void
test_oaep_key(void **state)
{
	const unsigned char *bytes;
	struct fixture_cert leaf;
	struct certificate *c;
	unsigned char *copy;
	X509_PUBKEY *spki;
	struct err err;
	int len;

	(void)state;
	fixture_leaf(&leaf, &ca,
	    &(struct fixture_opts){
		.key = "RSA-2048", .usage = "keyEncipherment"});
	spki = X509_get_X509_PUBKEY(leaf.x509);
	X509_PUBKEY_get0_param(NULL, &bytes, &len, NULL, spki);
	copy = OPENSSL_memdup(bytes, (size_t)len);
	X509_PUBKEY_set0_param(
	    spki, OBJ_nid2obj(NID_rsaesOaep), V_ASN1_UNDEF, NULL, copy, len);
	X509_sign(leaf.x509, ca.key, EVP_sha256());
	assert_int_equal(certificate_from_x509(leaf.x509, &c, &err), 0);
	assert_int_equal(c->key, CERTIFICATE_KEY_RSA_OAEP);
	assert_int_equal(c->key_bits, 2048);
	assert_true(certificate_is_strong(c));
	assert_true(c->may_encrypt);
	assert_false(c->may_sign);
	certificate_unref(&c);
	fixture_fini(&leaf);
}

/* The same curve with its parameters spelled out is not accepted: whoever may
 * choose a generator may choose a key for somebody else's point. */
static void
test_explicit_curve(void **state)
{
	EVP_PKEY *key = fixture_key("P-256");
	struct fixture_cert leaf;

	(void)state;
	EVP_PKEY_set_utf8_string_param(
	    key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit");
	fixture_leaf(&leaf, &ca, &(struct fixture_opts){.use_key = key});
	assert_true(leaf.certificate->der.len > ca.certificate->der.len + 100);
	assert_int_equal(leaf.certificate->key, CERTIFICATE_KEY_OTHER);
	assert_false(certificate_is_strong(leaf.certificate));
	assert_false(leaf.certificate->may_encrypt);
	fixture_fini(&leaf);
	EVP_PKEY_free(key);
}

/* Levels (rule C1) */

static void
test_levels(void **state)
{
	static const struct {
		const char *policies;
		const char *level;
	} cases[] = {
	    {NULL, "unknown"},
	    {"1.2.3.4", "unknown"},
	    {"2.23.140.1.5.1.1", "mailbox"},
	    {"2.23.140.1.5.2.2", "organisation"},
	    {"2.23.140.1.5.3.3", "sponsor"},
	    {"1.2.3.4,2.23.140.1.5.4.1", "individual"},
	    {"2.23.140.1.5.4.1,2.23.140.1.5.1.1", "mailbox"},
	    {"2.23.140.1.5.5.1", "unknown"},
	    {"2.23.140.1.5.0.1", "unknown"},
	    {"2.23.140.1.5.1.4", "unknown"},
	    {"2.23.140.1.5.1", "unknown"},
	    {"2.23.140.1.5.1.1.1", "unknown"},
	    {"2.23.140.1.5.11.1", "unknown"},
	    {"2.23.140.1.5.1.11", "unknown"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture_cert leaf;

		fixture_leaf(&leaf, &ca,
		    &(struct fixture_opts){.policies = cases[i].policies});
		assert_string_equal(
		    certificate_level_name(leaf.certificate->level),
		    cases[i].level);
		fixture_fini(&leaf);
	}
}

/* Lists */

static void
read_is(struct slice text, size_t expected, const char *message)
{
	struct certificate_list list;
	struct err err;

	certificate_list_init(&list);
	certificate_list_add(&list, ca.certificate);
	if (message) {
		assert_int_equal(certificate_list_read(&list, text, &err), -1);
		assert_int_equal(err.class, ERR_PERMANENT);
		assert_non_null(strstr(err.text, message));
	} else {
		assert_int_equal(certificate_list_read(&list, text, &err), 0);
	}
	assert_int_equal(list.count, expected + 1);
	certificate_list_fini(&list);
}

static void
test_list_of_pem(void **state)
{
	struct buf pem;

	(void)state;
	buf_init(&pem, MIB);
	buf_add_text(&pem, "Some words before\n");
	fixture_cert_pem(&ca, &pem);
	fixture_key_pem(&ca, &pem);
	fixture_cert_pem(&ca, &pem);
	read_is(buf_slice(&pem), 2, NULL);
	buf_add_text(&pem, "-----BEGIN CERTIFICATE-----\nAAAA\n"
			   "-----END CERTIFICATE-----\n");
	read_is(buf_slice(&pem), 0, "cannot be parsed");
	buf_clear(&pem);
	fixture_cert_pem(&ca, &pem);
	read_is(slice_part(buf_slice(&pem), 0, pem.len - 30), 0, "malformed");
	buf_clear(&pem);
	fixture_key_pem(&ca, &pem);
	read_is(buf_slice(&pem), 0, "no certificate");
	read_is(slice_text(""), 0, "no certificate");
	read_is(slice_text("hello"), 0, "neither PEM nor DER");
	buf_fini(&pem);
}

static void
test_list_of_der(void **state)
{
	struct certificate_list list;
	struct buf der;

	(void)state;
	certificate_list_init(&list);
	certificate_list_add(&list, ca.certificate);
	certificate_list_add(&list, ca.certificate);
	buf_init(&der, MIB);
	certificate_list_write_der(&list, &der);
	assert_int_equal(der.len, 2 * ca.certificate->der.len);
	read_is(buf_slice(&der), 2, NULL);
	read_is(slice_part(buf_slice(&der), 0, der.len - 1), 0, "DER");
	buf_add_char(&der, 0);
	read_is(buf_slice(&der), 0, "neither PEM nor DER");
	buf_fini(&der);
	certificate_list_fini(&list);
}

static void
test_list_limit(void **state)
{
	struct buf pem, der;

	(void)state;
	buf_init(&pem, MIB);
	buf_init(&der, MIB);
	for (unsigned i = 0; i < LIMIT_CERTIFICATES_PER_MESSAGE; i++) {
		fixture_cert_pem(&ca, &pem);
		buf_add_slice(&der, ca.certificate->der);
	}
	read_is(buf_slice(&pem), LIMIT_CERTIFICATES_PER_MESSAGE, NULL);
	read_is(buf_slice(&der), LIMIT_CERTIFICATES_PER_MESSAGE, NULL);
	fixture_cert_pem(&ca, &pem);
	buf_add_slice(&der, ca.certificate->der);
	read_is(buf_slice(&pem), 0, "more than 32");
	read_is(buf_slice(&der), 0, "more than 32");
	buf_fini(&pem);
	buf_fini(&der);
}

static void
test_list_file_limit(void **state)
{
	unsigned char *big = xcalloc(1, LIMIT_FILE + 1);

	(void)state;
	read_is(slice_make(big, LIMIT_FILE), 0, "neither PEM nor DER");
	read_is(slice_make(big, LIMIT_FILE + 1), 0, "larger than");
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exact_der),
	    cmocka_unit_test(test_ber_is_refused),
	    cmocka_unit_test(test_size_limit),
	    cmocka_unit_test(test_repeated_extension),
	    cmocka_unit_test(test_x509_keeps_its_bytes),
	    cmocka_unit_test(test_facts_as_openssl_sees_them),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_subject_address_is_a_fallback),
	    cmocka_unit_test(test_malformed_names_match_nobody),
	    cmocka_unit_test(test_utf8_mailboxes),
	    cmocka_unit_test(test_number_of_names),
	    cmocka_unit_test(test_subject_text_of_odd_bytes),
	    cmocka_unit_test(test_usage),
	    cmocka_unit_test(test_unknown_critical_extension),
	    cmocka_unit_test(test_issued_by_itself),
	    cmocka_unit_test(test_keys_and_strength),
	    cmocka_unit_test(test_rsa_limits),
	    cmocka_unit_test(test_oaep_key),
	    cmocka_unit_test(test_explicit_curve),
	    cmocka_unit_test(test_levels),
	    cmocka_unit_test(test_list_of_pem),
	    cmocka_unit_test(test_list_of_der),
	    cmocka_unit_test(test_list_limit),
	    cmocka_unit_test(test_list_file_limit),
	};

	return cmocka_run_group_tests_name(
	    "certificate", tests, setup, teardown);
}
