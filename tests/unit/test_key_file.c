/* Private keys as people bring them, and what may be wrong with them. */
#include "unit/unit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "admin/key_file.h"
#include "admin/key_work.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "unit/cert_fixture.h"

#define SECRET "s3cret \xc3\xa4"

static struct fixture_cert ca, alice, other;
static char *folder, *passphrase_file;

static int
group_setup(void **state)
{
	struct buf text;

	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	fixture_leaf(&alice, &ca,
	    &(struct fixture_opts){
		.address = "alice@example.org", .key = "RSA-2048"});
	fixture_leaf(
	    &other, &ca, &(struct fixture_opts){.address = "bob@example.org"});
	folder = fixture_folder();
	passphrase_file = xasprintf("%s/passphrase", folder);
	buf_init(&text, 100);
	buf_add_text(&text, SECRET "\nnot this line\n");
	fixture_write(passphrase_file, 0600, &text);
	buf_fini(&text);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	free(passphrase_file);
	fixture_folder_remove(folder);
	fixture_fini(&alice);
	fixture_fini(&other);
	fixture_fini(&ca);
	return 0;
}

static int
read_with(const struct buf *file, const char *passphrases, struct key_file *out,
    struct err *err)
{
	struct passphrase p;
	int rc;

	passphrase_init(&p, passphrases, "the file");
	rc = key_file_read(buf_slice(file), &p, out, err);
	passphrase_fini(&p);
	return rc;
}

static void
must_be_alice(const struct buf *file)
{
	struct key_file f;
	struct err err;
	struct buf der;

	if (read_with(file, passphrase_file, &f, &err))
		fail_msg("%s", err.text);
	assert_int_equal(EVP_PKEY_eq(f.key, alice.key), 1);
	assert_string_equal(key_file_certificate(&f)->fingerprint_text,
	    alice.certificate->fingerprint_text);
	buf_init(&der, LIMIT_PRIVATE_KEY);
	assert_int_equal(key_file_pkcs8(&f, &der, &err), 0);
	assert_true(der.len > 1000);
	buf_wipe(&der);
	key_file_fini(&f);
}

static void
fails(const struct buf *file, const char *passphrases, const char *message)
{
	struct err err = {0};
	struct key_file f;

	assert_int_equal(read_with(file, passphrases, &f, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	if (!strstr(err.text, message))
		fail_msg("%s", err.text);
	assert_null(strchr(err.text, '\n'));
}

static void
add_bio(struct buf *out, BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	buf_add(out, data, (size_t)len);
	BIO_free(bio);
}

/* PKCS#12 */

struct pkcs12_kind {
	const char *passphrase;
	int key_nid, cert_nid, iterations;
	bool with_key, with_cert;
};

static void
make_pkcs12(struct buf *out, const struct pkcs12_kind *kind)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	unsigned char *der = NULL;
	PKCS12 *p12;
	int len;

	sk_X509_push(chain, ca.x509);
	p12 = PKCS12_create(kind->passphrase, "alice",
	    kind->with_key ? alice.key : NULL,
	    kind->with_cert ? alice.x509 : NULL, chain, kind->key_nid,
	    kind->cert_nid, kind->iterations, kind->iterations, 0);
	assert_non_null(p12);
	len = i2d_PKCS12(p12, &der);
	buf_init(out, LIMIT_FILE);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	PKCS12_free(p12);
	sk_X509_free(chain);
}

static void
test_pkcs12(void **state)
{
	static const struct pkcs12_kind kinds[] = {
	    {SECRET, 0, 0, 0, true, true},
	    {"", 0, 0, 0, true, true},
	    {NULL, -1, -1, 0, true, true},
	    {SECRET, NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
		NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 0, true, true},
	};
	struct buf file;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		make_pkcs12(&file, &kinds[i]);
		must_be_alice(&file);
		buf_fini(&file);
	}
}

static void
test_pkcs12_wrong(void **state)
{
	static const struct pkcs12_kind usual = {SECRET, 0, 0, 0, true, true};
	static const struct pkcs12_kind no_key = {
	    SECRET, 0, 0, 0, false, false};
	struct buf file, wrong;
	char *path = xasprintf("%s/wrong", folder);

	(void)state;
	buf_init(&wrong, 100);
	buf_add_text(&wrong, "wrong\n");
	fixture_write(path, 0600, &wrong);
	make_pkcs12(&file, &usual);
	fails(&file, path, "wrong passphrase");
	/* one bit in the sealed content: the MAC tells */
	file.data[file.len / 2] ^= 1;
	fails(&file, passphrase_file, "wrong passphrase");
	file.len /= 2;
	fails(&file, passphrase_file, "neither PKCS#12 nor PEM");
	buf_fini(&file);
	make_pkcs12(&file, &no_key);
	fails(&file, passphrase_file, "no private key in it, only");
	buf_fini(&file);
	buf_fini(&wrong);
	free(path);
}

/* What Windows and old OpenSSL write: RC2 with 40 bits around the
 * certificates.  Only the legacy provider reads it. */
static void
test_pkcs12_legacy(void **state)
{
	static const struct pkcs12_kind legacy = {SECRET,
	    NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
	    NID_pbe_WithSHA1And40BitRC2_CBC, 0, true, true};
	OSSL_PROVIDER *provider = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
	struct buf file;

	(void)state;
	if (!provider)
		skip();
	make_pkcs12(&file, &legacy);
	OSSL_PROVIDER_unload(provider);
	must_be_alice(&file);
	buf_fini(&file);
}

/* Absurd numbers of iterations, hand-made: nobody could derive a key. */

#define ABSURD ((int)LIMIT_PBE_ITERATIONS + 1)

static X509_ALGOR *
pbkdf2(int iterations)
{
	return PKCS5_pbe2_set_iv(
	    EVP_aes_256_cbc(), iterations, NULL, 0, NULL, -1);
}

/* PKCS#8 that pretends to be encrypted so.  Takes algorithm. */
static X509_SIG *
sealed_with(X509_ALGOR *algorithm)
{
	X509_SIG *sealed = X509_SIG_new();
	ASN1_OCTET_STRING *digest;
	X509_ALGOR *old;

	assert_non_null(algorithm);
	X509_SIG_getm(sealed, &old, &digest);
	assert_int_equal(X509_ALGOR_copy(old, algorithm), 1);
	X509_ALGOR_free(algorithm);
	ASN1_OCTET_STRING_set(digest, (const unsigned char *)SECRET, 8);
	return sealed;
}

static STACK_OF(PKCS12_SAFEBAG) * bag_with(X509_ALGOR *algorithm)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();

	sk_PKCS12_SAFEBAG_push(
	    bags, PKCS12_SAFEBAG_create0_pkcs8(sealed_with(algorithm)));
	return bags;
}

/* A file of one part, which it takes, as are the bags.  No MAC. */
static void
write_pkcs12(struct buf *out, PKCS7 *part, STACK_OF(PKCS12_SAFEBAG) * bags)
{
	STACK_OF(PKCS7) *parts = sk_PKCS7_new_null();
	unsigned char *der = NULL;
	PKCS12 *p12;
	int len;

	assert_non_null(part);
	sk_PKCS7_push(parts, part);
	p12 = PKCS12_add_safes(parts, NID_pkcs7_data);
	len = i2d_PKCS12(p12, &der);
	assert_true(len > 0);
	buf_init(out, LIMIT_FILE);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	PKCS12_free(p12);
	sk_PKCS7_pop_free(parts, PKCS7_free);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

static void
is_absurd(struct buf *file)
{
	fails(file, passphrase_file, "more than 10000000 times");
	buf_fini(file);
}

static void
test_absurd_key_bags(void **state)
{
	X509_ALGOR *kinds[] = {pbkdf2(ABSURD), pbkdf2(INT_MAX),
	    PKCS5_pbe_set(
		NID_pbe_WithSHA1And3_Key_TripleDES_CBC, ABSURD, NULL, 0),
	    PKCS5_pbe_set(NID_pbeWithMD5AndDES_CBC, INT_MAX, NULL, 0)};
	X509_ALGOR *most = pbkdf2(LIMIT_PBE_ITERATIONS);
	STACK_OF(PKCS12_SAFEBAG) * bags;
	struct buf file;
	struct err err;

	(void)state;
	assert_int_equal(key_work_check(most, &err), 0);
	X509_ALGOR_free(most);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		bags = bag_with(kinds[i]);
		write_pkcs12(&file, PKCS12_pack_p7data(bags), bags);
		is_absurd(&file);
	}
}

/* The algorithm around the content; that of a bag inside of it. */
static void
test_absurd_content(void **state)
{
	STACK_OF(PKCS12_SAFEBAG) * bags;
	struct buf file;
	PKCS7 *part;
	X509_ALGOR *algorithm = pbkdf2(ABSURD);

	(void)state;
	bags = bag_with(pbkdf2(1));
	part =
	    PKCS12_pack_p7encdata(NID_aes_256_cbc, NULL, 0, NULL, 0, 1, bags);
	assert_int_equal(
	    X509_ALGOR_copy(part->d.encrypted->enc_data->algorithm, algorithm),
	    1);
	X509_ALGOR_free(algorithm);
	write_pkcs12(&file, part, bags);
	is_absurd(&file);
	bags = bag_with(pbkdf2(ABSURD));
	write_pkcs12(&file,
	    PKCS12_pack_p7encdata(NID_aes_256_cbc, NULL, 0, NULL, 0, 1, bags),
	    bags);
	is_absurd(&file);
}

/* The number of iterations is the last in the file: 2048 becomes more. */
static void
test_absurd_mac(void **state)
{
	static const struct pkcs12_kind usual = {
	    SECRET, 0, 0, 2048, true, true};
	static const unsigned char before[] = {2, 2, 8, 0},
				   after[] = {2, 4, 0x7f, 0xff, 0xff, 0xff};
	unsigned char *mac;
	struct buf file;

	(void)state;
	make_pkcs12(&file, &usual);
	file.len -= sizeof(before);
	assert_memory_equal(file.data + file.len, before, sizeof(before));
	buf_add(&file, after, sizeof(after));
	/* The lengths of MacData and of the whole grow by two. */
	mac = file.data + file.len - 2;
	while (mac[0] != 0x30 || mac + 2 + mac[1] + 2 != file.data + file.len)
		mac--;
	mac[1] = (unsigned char)(mac[1] + 2);
	assert_int_equal(file.data[1], 0x82);
	file.data[3] = (unsigned char)(file.data[3] + 2);
	file.data[2] = (unsigned char)(file.data[2] + (file.data[3] < 2));
	is_absurd(&file);
}

static void
test_absurd_pkcs8(void **state)
{
	X509_SIG *sealed = sealed_with(pbkdf2(ABSURD));
	BIO *bio = BIO_new(BIO_s_mem());
	struct buf file;

	(void)state;
	buf_init(&file, LIMIT_FILE);
	assert_int_equal(i2d_PKCS8_bio(bio, sealed), 1);
	add_bio(&file, bio);
	is_absurd(&file);
	bio = BIO_new(BIO_s_mem());
	buf_init(&file, LIMIT_FILE);
	assert_int_equal(PEM_write_bio_PKCS8(bio, sealed), 1);
	add_bio(&file, bio);
	is_absurd(&file);
	X509_SIG_free(sealed);
}

/* PEM */

static void
test_pem(void **state)
{
	struct buf file;

	(void)state;
	buf_init(&file, LIMIT_FILE);
	/* any order, and text around it */
	buf_add_text(&file, "Bag Attributes\n    friendlyName: alice\n");
	fixture_cert_pem(&ca, &file);
	fixture_key_pem(&alice, &file);
	buf_add_text(&file, "subject=CN = Test\n");
	fixture_cert_pem(&alice, &file);
	must_be_alice(&file);
	buf_fini(&file);
}

static void
test_pem_encrypted(void **state)
{
	char secret[] = SECRET;
	struct buf file;
	BIO *bio = BIO_new(BIO_s_mem());

	(void)state;
	buf_init(&file, LIMIT_FILE);
	fixture_cert_pem(&alice, &file);
	assert_int_equal(
	    PEM_write_bio_PKCS8PrivateKey(bio, alice.key, EVP_aes_256_cbc(),
		secret, (int)strlen(secret), NULL, NULL),
	    1);
	add_bio(&file, bio);
	must_be_alice(&file);
	fails(&file, "/dev/null", "wrong passphrase");
	buf_fini(&file);
}

/* Only the padding tells, and one wrong passphrase in 256 makes a good one. */
static void
fails_to_open(const struct buf *file)
{
	struct err err = {0};
	struct key_file f;

	assert_int_equal(read_with(file, "/dev/null", &f, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	if (!strstr(err.text, "wrong passphrase") &&
	    !strstr(err.text, "the private key cannot be read"))
		fail_msg("%s", err.text);
}

/* RFC 1421 style, as "openssl rsa -aes128" wrote for decades. */
static void
test_pem_traditional(void **state)
{
	unsigned char secret[] = SECRET;
	struct buf file;
	BIO *bio = BIO_new(BIO_s_mem());

	(void)state;
	buf_init(&file, LIMIT_FILE);
	assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, alice.key,
			     EVP_aes_128_cbc(), secret,
			     (int)strlen((char *)secret), NULL, NULL),
	    1);
	add_bio(&file, bio);
	fixture_cert_pem(&alice, &file);
	must_be_alice(&file);
	fails_to_open(&file);
	buf_fini(&file);
}

static void
test_pem_wrong(void **state)
{
	struct key_file f;
	struct buf file;
	struct err err;

	(void)state;
	buf_init(&file, LIMIT_FILE);
	fixture_cert_pem(&alice, &file);
	fails(&file, NULL, "no private key in it, only certificates");
	fixture_key_pem(&alice, &file);
	fixture_key_pem(&other, &file);
	fails(&file, NULL, "several private keys");
	buf_clear(&file);
	fixture_key_pem(&other, &file);
	fixture_cert_pem(&alice, &file);
	assert_int_equal(read_with(&file, NULL, &f, &err), 0);
	assert_null(key_file_certificate(&f));
	key_file_fini(&f);
	buf_clear(&file);
	buf_add_text(&file, "-----BEGIN PRIVATE KEY-----\nAAAA\n"
			    "-----END PRIVATE KEY-----\n");
	fails(&file, NULL, "cannot be read");
	buf_clear(&file);
	fails(&file, NULL, "empty");
	buf_add_text(&file, "hello");
	fails(&file, NULL, "neither PKCS#12 nor PEM");
	buf_fini(&file);
}

/* Among a renewed and an old certificate of one key, the renewed one. */
static void
test_renewed(void **state)
{
	struct fixture_cert renewed;
	struct key_file f;
	struct buf file;
	struct err err;

	(void)state;
	fixture_leaf(&renewed, &ca,
	    &(struct fixture_opts){.address = "alice@example.org",
		.use_key = alice.key,
		.not_before = -3600});
	buf_init(&file, LIMIT_FILE);
	fixture_cert_pem(&renewed, &file);
	fixture_cert_pem(&alice, &file);
	fixture_key_pem(&alice, &file);
	assert_int_equal(read_with(&file, NULL, &f, &err), 0);
	assert_string_equal(key_file_certificate(&f)->fingerprint_text,
	    renewed.certificate->fingerprint_text);
	key_file_fini(&f);
	buf_fini(&file);
	fixture_fini(&renewed);
}

/* DER */

static void
test_der(void **state)
{
	struct key_file f;
	struct buf file;
	struct err err;

	(void)state;
	buf_init(&file, LIMIT_FILE);
	fixture_key_der(&alice, &file);
	assert_int_equal(read_with(&file, NULL, &f, &err), 0);
	assert_int_equal(EVP_PKEY_eq(f.key, alice.key), 1);
	assert_int_equal(f.certificates.count, 0);
	key_file_fini(&f);
	buf_add_text(&file, "x");
	fails(&file, NULL, "neither PKCS#12 nor PEM");
	buf_clear(&file);
	buf_add_slice(&file, alice.certificate->der);
	fails(&file, NULL, "no private key in it, only certificates");
	buf_fini(&file);
}

static void
test_der_encrypted(void **state)
{
	char secret[] = SECRET;
	struct key_file f;
	struct buf file;
	struct err err;
	BIO *bio = BIO_new(BIO_s_mem());

	(void)state;
	buf_init(&file, LIMIT_FILE);
	assert_int_equal(
	    i2d_PKCS8PrivateKey_bio(bio, other.key, EVP_aes_256_cbc(), secret,
		(int)strlen(secret), NULL, NULL),
	    1);
	add_bio(&file, bio);
	assert_int_equal(read_with(&file, passphrase_file, &f, &err), 0);
	assert_int_equal(EVP_PKEY_eq(f.key, other.key), 1);
	key_file_fini(&f);
	fails(&file, "/dev/null", "wrong passphrase");
	buf_fini(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pkcs12),
	    cmocka_unit_test(test_pkcs12_wrong),
	    cmocka_unit_test(test_pkcs12_legacy),
	    cmocka_unit_test(test_absurd_key_bags),
	    cmocka_unit_test(test_absurd_content),
	    cmocka_unit_test(test_absurd_mac),
	    cmocka_unit_test(test_absurd_pkcs8),
	    cmocka_unit_test(test_pem),
	    cmocka_unit_test(test_pem_encrypted),
	    cmocka_unit_test(test_pem_traditional),
	    cmocka_unit_test(test_pem_wrong),
	    cmocka_unit_test(test_renewed),
	    cmocka_unit_test(test_der),
	    cmocka_unit_test(test_der_encrypted),
	};

	return cmocka_run_group_tests_name(
	    "key_file", tests, group_setup, group_teardown);
}
