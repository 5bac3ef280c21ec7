/* cert_fixture.c: see cert_fixture.h.  One thread. */
#include "unit/cert_fixture.h"
#include "unit/key_pool.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"

enum kind {
	KIND_CA,
	KIND_LEAF
};

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fixture: %s failed\n", what);
	ERR_print_errors_fp(stderr);
	abort();
}

time_t
fixture_now(void)
{
	static time_t now;

	if (now == 0)
		now = time(NULL);
	return now;
}

/* Keys */

EVP_PKEY *
fixture_fresh_key(const char *kind)
{
	EVP_PKEY *key;

	if (strncmp(kind, "RSA-PSS-", 8) == 0) {
		EVP_PKEY_CTX *ctx =
		    EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);

		key = NULL;
		check(EVP_PKEY_keygen_init(ctx) == 1, "keygen");
		EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, atoi(kind + 8));
		EVP_PKEY_keygen(ctx, &key);
		EVP_PKEY_CTX_free(ctx);
	} else if (strncmp(kind, "RSA-", 4) == 0) {
		key = key_pool_rsa((unsigned)atoi(kind + 4));
	} else if (strcmp(kind, "ED25519") == 0) {
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	} else {
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
	}
	check(key, kind);
	return key;
}

EVP_PKEY *
fixture_key(const char *kind)
{
	static struct {
		char *kind;
		EVP_PKEY *key;
	} made[8];
	size_t i;

	if (strncmp(kind, "RSA", 3) != 0)
		return fixture_fresh_key(kind);
	for (i = 0; i < 8 && made[i].kind; i++)
		if (strcmp(made[i].kind, kind) == 0)
			break;
	check(i < 8, "too many kinds of RSA keys");
	if (!made[i].kind) {
		made[i].kind = xstrdup(kind);
		made[i].key = fixture_fresh_key(kind);
	}
	EVP_PKEY_up_ref(made[i].key);
	return made[i].key;
}

EVP_PKEY *
fixture_public_rsa(int bits, unsigned long e)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_new(), *exponent = BN_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
	if (e > 0)
		BN_set_word(exponent, e);
	else
		BN_rand(
		    exponent, bits - 1, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent);
	params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_fromdata_init(ctx);
	check(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1,
	    "public key");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(exponent);
	return key;
}

/* Extensions */

/* Some extensions insist on a configuration, be it empty. */
static CONF *
empty_conf(void)
{
	static CONF *conf;

	if (!conf)
		conf = NCONF_new(NULL);
	return conf;
}

static void
add_extension(X509 *x509, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *ext;

	if (!value || !*value)
		return;
	ext = X509V3_EXT_nconf_nid(empty_conf(), ctx, nid, value);
	check(ext, value);
	check(X509_add_ext(x509, ext, -1) == 1, "X509_add_ext");
	X509_EXTENSION_free(ext);
}

static void
add_raw(X509 *x509, int nid, struct slice der)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	ASN1_OCTET_STRING_set(value, der.data, (int)der.len);
	ext = X509_EXTENSION_create_by_NID(NULL, nid, 0, value);
	check(ext && X509_add_ext(x509, ext, -1) == 1, "raw extension");
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
}

static const char *
pick(const char *wanted, const char *usual)
{
	return wanted ? wanted : usual;
}

static const char *
usual_usage(enum kind kind, const EVP_PKEY *key)
{
	if (kind == KIND_CA)
		return "critical,keyCertSign,cRLSign";
	if (EVP_PKEY_is_a(key, "EC"))
		return "critical,digitalSignature,keyAgreement";
	if (EVP_PKEY_is_a(key, "RSA"))
		return "critical,digitalSignature,keyEncipherment";
	return "critical,digitalSignature";
}

static void
add_san(X509 *x509, X509V3_CTX *ctx, const struct fixture_opts *o)
{
	char value[1024];

	if (o->raw_san.data) {
		add_raw(x509, NID_subject_alt_name, o->raw_san);
	} else if (o->san) {
		add_extension(x509, ctx, NID_subject_alt_name, o->san);
	} else if (o->address) {
		snprintf(value, sizeof(value), "email:%s", o->address);
		add_extension(x509, ctx, NID_subject_alt_name, value);
	}
}

static void
add_extensions(X509 *x509, X509 *issuer, enum kind kind, const EVP_PKEY *key,
    const struct fixture_opts *o)
{
	bool ca = kind == KIND_CA;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, empty_conf());
	add_extension(x509, &ctx, NID_basic_constraints,
	    pick(o->basic, ca ? "critical,CA:TRUE" : ""));
	add_extension(
	    x509, &ctx, NID_key_usage, pick(o->usage, usual_usage(kind, key)));
	add_extension(x509, &ctx, NID_ext_key_usage,
	    pick(o->extended_usage, ca ? "" : "emailProtection"));
	add_extension(x509, &ctx, NID_subject_key_identifier, "hash");
	if (issuer != x509)
		add_extension(
		    x509, &ctx, NID_authority_key_identifier, "keyid");
	add_extension(x509, &ctx, NID_name_constraints, o->constraints);
	add_extension(x509, &ctx, NID_certificate_policies, o->policies);
	add_san(x509, &ctx, o);
	if (o->extra_oid) {
		X509_EXTENSION *ext = X509V3_EXT_nconf(
		    empty_conf(), &ctx, o->extra_oid, o->extra);

		check(ext, o->extra_oid);
		X509_add_ext(x509, ext, -1);
		X509_EXTENSION_free(ext);
	}
}

/* Certificates */

static void
add_name(X509_NAME *name, const char *field, const char *value)
{
	if (value && *value)
		check(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
			  (const unsigned char *)value, -1, -1, 0) == 1,
		    field);
}

static void
set_serial(X509 *x509, long serial)
{
	unsigned char random[8];
	BIGNUM *bn;

	if (serial) {
		ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
		return;
	}
	RAND_bytes(random, sizeof(random));
	random[0] = (random[0] & 0x7f) | 0x40;
	bn = BN_bin2bn(random, sizeof(random), NULL);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x509));
	BN_free(bn);
}

static void
set_validity(X509 *x509, const struct fixture_opts *o)
{
	long from = o->not_before ? o->not_before : -FIXTURE_DAY;
	long to = o->not_after ? o->not_after : 365 * FIXTURE_DAY;
	time_t base = fixture_now();

	X509_time_adj(X509_getm_notBefore(x509), from, &base);
	X509_time_adj(X509_getm_notAfter(x509), to, &base);
}

static void
sign(X509 *x509, EVP_PKEY *key, const char *digest)
{
	const EVP_MD *md = NULL;

	if (!EVP_PKEY_is_a(key, "ED25519"))
		md = EVP_get_digestbyname(pick(digest, "SHA256"));
	check(X509_sign(x509, key, md) > 0, "X509_sign");
}

static void
make(struct fixture_cert *out, const struct fixture_cert *issuer,
    enum kind kind, const struct fixture_opts *o)
{
	struct err err;
	X509_NAME *name;

	*out = (struct fixture_cert){.x509 = X509_new()};
	if (o->use_key) {
		out->key = o->use_key;
		EVP_PKEY_up_ref(out->key);
	} else {
		out->key = fixture_key(pick(o->key, "P-256"));
	}
	X509_set_version(out->x509, X509_VERSION_3);
	set_serial(out->x509, o->serial);
	set_validity(out->x509, o);
	name = X509_get_subject_name(out->x509);
	add_name(name, "O", o->organisation);
	add_name(name, "CN", pick(o->name, "Test"));
	add_name(name, "emailAddress", o->subject_address);
	X509_set_issuer_name(out->x509,
	    X509_get_subject_name(issuer ? issuer->x509 : out->x509));
	check(X509_set_pubkey(out->x509, out->key) == 1, "X509_set_pubkey");
	add_extensions(
	    out->x509, issuer ? issuer->x509 : out->x509, kind, out->key, o);
	sign(out->x509, issuer ? issuer->key : out->key, o->digest);
	if (certificate_from_x509(out->x509, &out->certificate, &err))
		out->certificate = NULL;
}

void
fixture_ca(struct fixture_cert *out, const struct fixture_opts *opts)
{
	make(out, NULL, KIND_CA, opts);
}

void
fixture_intermediate(struct fixture_cert *out,
    const struct fixture_cert *issuer, const struct fixture_opts *opts)
{
	make(out, issuer, KIND_CA, opts);
}

void
fixture_leaf(struct fixture_cert *out, const struct fixture_cert *issuer,
    const struct fixture_opts *opts)
{
	make(out, issuer, KIND_LEAF, opts);
}

void
fixture_fini(struct fixture_cert *cert)
{
	X509_free(cert->x509);
	EVP_PKEY_free(cert->key);
	certificate_unref(&cert->certificate);
	*cert = (struct fixture_cert){0};
}

/* Files */

static void
add_bio(struct buf *out, BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	buf_add(out, data, (size_t)len);
	BIO_free(bio);
}

void
fixture_cert_pem(const struct fixture_cert *cert, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	check(PEM_write_bio_X509(bio, cert->x509) == 1, "PEM");
	add_bio(out, bio);
}

void
fixture_key_pem(const struct fixture_cert *cert, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	check(PEM_write_bio_PKCS8PrivateKey(
		  bio, cert->key, NULL, NULL, 0, NULL, NULL) == 1,
	    "PEM");
	add_bio(out, bio);
}

void
fixture_key_der(const struct fixture_cert *cert, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	check(i2d_PKCS8PrivateKey_bio(
		  bio, cert->key, NULL, NULL, 0, NULL, NULL) == 1,
	    "PKCS#8");
	add_bio(out, bio);
}

void
fixture_write(const char *path, unsigned mode, const struct buf *data)
{
	struct err err;

	if (io_write_file(path, buf_slice(data), mode, &err)) {
		fprintf(stderr, "fixture: %s\n", err.text);
		abort();
	}
}

char *
fixture_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = xasprintf("%s/unit.XXXXXX", tmp ? tmp : "/tmp");

	check(mkdtemp(folder) != NULL, folder);
	return folder;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
fixture_folder_remove(char *folder)
{
	nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(folder);
}
