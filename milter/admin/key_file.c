/*
 * key_file.c: see key_file.h.  RFC 7292, RFC 5958, RFC 7468.
 *
 * Files come from the operator, often by mail from somebody else: whatever is
 * in them ends in an error line.  Every copy of a key is wiped.
 */
#include "admin/key_file.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "admin/key_work.h"
#include "base/limits.h"

void
key_file_init(struct key_file *f)
{
	f->key = NULL;
	certificate_list_init(&f->certificates);
}

void
key_file_fini(struct key_file *f)
{
	EVP_PKEY_free(f->key);
	certificate_list_fini(&f->certificates);
	key_file_init(f);
}

/* What old programs encrypt with (RC2, single DES, MD5) is in OpenSSL's
 * legacy provider, which a distribution need not ship. */
static int
load_legacy(struct err *err)
{
	static OSSL_PROVIDER *legacy;

	ERR_clear_error();
	if (!legacy)
		legacy = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
	ERR_clear_error();
	if (legacy)
		return 0;
	return err_set(err, ERR_PERMANENT,
	    "encrypted with an algorithm that needs OpenSSL's legacy "
	    "provider, which is not installed; convert the file with: "
	    "openssl pkcs12 -legacy");
}

/* Did something fail because an algorithm is not there? */
static bool
is_unsupported(void)
{
	unsigned long code;
	bool found = false;

	while ((code = ERR_get_error()))
		found =
		    found || ERR_GET_REASON(code) == ERR_R_UNSUPPORTED ||
		    (ERR_GET_LIB(code) == ERR_LIB_EVP &&
			(ERR_GET_REASON(code) == EVP_R_UNSUPPORTED_ALGORITHM ||
			    ERR_GET_REASON(code) ==
				EVP_R_UNKNOWN_PBE_ALGORITHM));
	return found;
}

static int
wrong_passphrase(struct err *err)
{
	ERR_clear_error();
	return err_set(err, ERR_PERMANENT, "wrong passphrase");
}

/* Takes key. */
static int
set_key(struct key_file *f, EVP_PKEY *key, struct err *err)
{
	if (f->key) {
		EVP_PKEY_free(key);
		return err_set(err, ERR_PERMANENT,
		    "several private keys in it; import them one by one");
	}
	f->key = key;
	return 0;
}

/* PKCS#12 */

static int
add_x509(struct key_file *f, X509 *x509, struct err *err)
{
	struct certificate *c = NULL;

	if (f->certificates.count >= LIMIT_CERTIFICATES_PER_MESSAGE)
		return err_set(err, ERR_PERMANENT,
		    "more than %u certificates in it",
		    LIMIT_CERTIFICATES_PER_MESSAGE);
	if (certificate_from_x509(x509, &c, err))
		return -1;
	certificate_list_add(&f->certificates, c);
	certificate_unref(&c);
	return 0;
}

/* NULL for no passphrase at all, which is not the same as an empty one. */
static int
find_passphrase(PKCS12 *p12, struct passphrase *passphrase, const char **out,
    struct err *err)
{
	const char *text;

	*out = NULL;
	if (!PKCS12_mac_present(p12) || PKCS12_verify_mac(p12, NULL, 0) == 1)
		return 0;
	*out = "";
	if (PKCS12_verify_mac(p12, "", 0) == 1)
		return 0;
	if (passphrase_get(passphrase, &text, err))
		return -1;
	*out = text;
	ERR_clear_error();
	if (PKCS12_verify_mac(p12, text, -1) == 1)
		return 0;
	/* a mismatch leaves no error behind */
	if (ERR_peek_error())
		return err_set_crypto(err, ERR_PERMANENT,
		    "cannot be checked with its passphrase");
	return wrong_passphrase(err);
}

static int
keep_parsed(struct key_file *f, EVP_PKEY *key, X509 *own, STACK_OF(X509) * ca,
    struct err *err)
{
	if (key && set_key(f, key, err))
		return -1;
	if (own && add_x509(f, own, err))
		return -1;
	for (int i = 0; i < sk_X509_num(ca); i++)
		if (add_x509(f, sk_X509_value(ca, i), err))
			return -1;
	return 0;
}

static int
parse_pkcs12(
    PKCS12 *p12, const char *passphrase, struct key_file *f, struct err *err)
{
	STACK_OF(X509) *ca = NULL;
	EVP_PKEY *key = NULL;
	X509 *own = NULL;
	int rc;

	if (key_work_check_inside(p12, passphrase, err))
		return -1;
	ERR_clear_error();
	if (PKCS12_parse(p12, passphrase, &key, &own, &ca) != 1) {
		if (!is_unsupported())
			return wrong_passphrase(err);
		if (load_legacy(err) ||
		    key_work_check_inside(p12, passphrase, err))
			return -1;
		if (PKCS12_parse(p12, passphrase, &key, &own, &ca) != 1)
			return err_set_crypto(
			    err, ERR_PERMANENT, "cannot be decrypted");
	}
	rc = keep_parsed(f, key, own, ca, err);
	X509_free(own);
	sk_X509_pop_free(ca, X509_free);
	return rc;
}

static int
read_pkcs12(PKCS12 *p12, struct passphrase *passphrase, struct key_file *f,
    struct err *err)
{
	const char *text;

	if (key_work_check_outside(p12, err) ||
	    find_passphrase(p12, passphrase, &text, err))
		return -1;
	return parse_pkcs12(p12, text, f, err);
}

/* Private keys alone */

static int
read_plain_key(struct slice der, struct key_file *f, struct err *err)
{
	const unsigned char *p = der.data;
	EVP_PKEY *key;

	ERR_clear_error();
	key = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
	if (!key || p != der.data + der.len) {
		EVP_PKEY_free(key);
		return err_set_crypto(
		    err, ERR_PERMANENT, "the private key cannot be read");
	}
	return set_key(f, key, err);
}

static PKCS8_PRIV_KEY_INFO *
decrypt_pkcs8(const X509_SIG *sealed, const char *passphrase, struct err *err)
{
	PKCS8_PRIV_KEY_INFO *info;
	int len = (int)strlen(passphrase);

	ERR_clear_error();
	info = PKCS8_decrypt(sealed, passphrase, len);
	if (info)
		return info;
	if (!is_unsupported()) {
		(void)wrong_passphrase(err);
		return NULL;
	}
	if (load_legacy(err))
		return NULL;
	info = PKCS8_decrypt(sealed, passphrase, len);
	if (!info)
		(void)(is_unsupported()
			   ? err_set(err, ERR_PERMANENT,
				 "encrypted with an algorithm that "
				 "this OpenSSL does not have")
			   : wrong_passphrase(err));
	return info;
}

static int
read_encrypted_key(struct slice der, struct passphrase *passphrase,
    struct key_file *f, struct err *err)
{
	const unsigned char *p = der.data;
	PKCS8_PRIV_KEY_INFO *info = NULL;
	const X509_ALGOR *algorithm;
	EVP_PKEY *key = NULL;
	X509_SIG *sealed;
	const char *text;
	int rc = -1;

	ERR_clear_error();
	sealed = d2i_X509_SIG(NULL, &p, (long)der.len);
	if (!sealed || p != der.data + der.len) {
		err_set_crypto(
		    err, ERR_PERMANENT, "the private key cannot be read");
		goto out;
	}
	X509_SIG_get0(sealed, &algorithm, NULL);
	if (key_work_check(algorithm, err) ||
	    passphrase_get(passphrase, &text, err))
		goto out;
	info = decrypt_pkcs8(sealed, text, err);
	if (!info)
		goto out;
	key = EVP_PKCS82PKEY(info);
	if (!key) {
		err_set_crypto(
		    err, ERR_PERMANENT, "the private key cannot be read");
		goto out;
	}
	rc = set_key(f, key, err);
out:
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(info);
	return rc;
}

/* PEM */

/* OpenSSL asks for the passphrase of a traditional key through this. */
struct pem_question {
	struct passphrase *passphrase;
	struct err *err;
	bool failed;
};

static int
answer_pem(char *text, int size, int writing, void *arg)
{
	struct pem_question *q = arg;
	const char *answer;
	size_t len;

	(void)writing;
	if (passphrase_get(q->passphrase, &answer, q->err)) {
		q->failed = true;
		return -1;
	}
	len = strlen(answer);
	if (len > (size_t)size)
		len = (size_t)size;
	memcpy(text, answer, len);
	return (int)len;
}

/* RFC 1421 encryption ("Proc-Type: 4,ENCRYPTED"), in place. */
static int
decrypt_traditional(char *header, unsigned char *data, long *len,
    struct passphrase *passphrase, struct err *err)
{
	struct pem_question q = {.passphrase = passphrase, .err = err};
	EVP_CIPHER_INFO cipher;

	int ok;

	ERR_clear_error();
	if (!PEM_get_EVP_CIPHER_INFO(header, &cipher))
		return err_set_crypto(
		    err, ERR_PERMANENT, "the private key cannot be decrypted");
	ok = PEM_do_header(&cipher, data, len, answer_pem, &q);
	if (ok != 1 && !q.failed && is_unsupported()) {
		if (load_legacy(err))
			return -1;
		ok = PEM_do_header(&cipher, data, len, answer_pem, &q);
	}
	if (q.failed)
		return -1;
	return ok == 1 ? 0 : wrong_passphrase(err);
}

struct pem_block {
	char *name;
	char *header;
	unsigned char *data;
	long len;
};

static int
read_key_block(struct pem_block *block, struct passphrase *passphrase,
    struct key_file *f, struct err *err)
{
	size_t len = strlen(block->name), tail = strlen("PRIVATE KEY");

	if (strcmp(block->name, "ENCRYPTED PRIVATE KEY") == 0)
		return read_encrypted_key(
		    slice_make(block->data, (size_t)block->len), passphrase, f,
		    err);
	/* "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY" */
	if (len < tail || strcmp(block->name + len - tail, "PRIVATE KEY") != 0)
		return 0;
	if (*block->header && decrypt_traditional(block->header, block->data,
				  &block->len, passphrase, err))
		return -1;
	return read_plain_key(
	    slice_make(block->data, (size_t)block->len), f, err);
}

static int
read_pem_keys(BIO *bio, struct passphrase *passphrase, struct key_file *f,
    struct err *err)
{
	struct pem_block block;
	long size;
	int rc = 0;

	ERR_clear_error();
	while (rc == 0 && PEM_read_bio(bio, &block.name, &block.header,
			      &block.data, &block.len) == 1) {
		size = block.len;
		rc = read_key_block(&block, passphrase, f, err);
		OPENSSL_clear_free(block.data, (size_t)size);
		OPENSSL_free(block.header);
		OPENSSL_free(block.name);
	}
	/* at the end: no start line */
	ERR_clear_error();
	return rc;
}

static int
read_pem(struct slice content, struct passphrase *passphrase,
    struct key_file *f, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(content.data, (int)content.len);
	int rc;

	if (!bio)
		return err_set_crypto(err, ERR_BUG, "cannot read PEM");
	rc = read_pem_keys(bio, passphrase, f, err);
	BIO_free(bio);
	if (rc || memmem(content.data, content.len, "CERTIFICATE-----",
		      strlen("CERTIFICATE-----")) == NULL)
		return rc;
	return certificate_list_read(&f->certificates, content, err);
}

/* All */

static int
read_der(struct slice content, struct passphrase *passphrase,
    struct key_file *f, struct err *err)
{
	const unsigned char *p = content.data;
	PKCS12 *p12;
	X509_SIG *sealed;
	int rc;

	ERR_clear_error();
	p12 = d2i_PKCS12(NULL, &p, (long)content.len);
	if (p12) {
		rc = read_pkcs12(p12, passphrase, f, err);
		PKCS12_free(p12);
		return rc;
	}
	p = content.data;
	sealed = d2i_X509_SIG(NULL, &p, (long)content.len);
	X509_SIG_free(sealed);
	if (sealed)
		return read_encrypted_key(content, passphrase, f, err);
	if (read_plain_key(content, f, err) == 0)
		return 0;
	if (certificate_list_read(&f->certificates, content, err) == 0)
		return 0;
	return err_set(err, ERR_PERMANENT,
	    "neither PKCS#12 nor PEM nor the DER of a private key");
}

static bool
looks_like_pem(struct slice content)
{
	return memmem(content.data, content.len, "-----BEGIN ", 11) != NULL;
}

int
key_file_read(struct slice content, struct passphrase *passphrase,
    struct key_file *out, struct err *err)
{
	struct key_file f;
	int rc;

	if (content.len == 0)
		return err_set(err, ERR_PERMANENT, "empty");
	if (content.len > LIMIT_FILE)
		return err_set(
		    err, ERR_PERMANENT, "larger than %u bytes", LIMIT_FILE);
	key_file_init(&f);
	rc = looks_like_pem(content) ? read_pem(content, passphrase, &f, err)
				     : read_der(content, passphrase, &f, err);
	if (rc == 0 && !f.key)
		rc = err_set(err, ERR_PERMANENT,
		    "no private key in it%s; export the certificate together "
		    "with its private key",
		    f.certificates.count > 0 ? ", only certificates" : "");
	ERR_clear_error();
	if (rc) {
		key_file_fini(&f);
		return -1;
	}
	*out = f;
	return 0;
}

struct certificate *
key_file_certificate(const struct key_file *f)
{
	struct certificate *found = NULL, *c;

	for (size_t i = 0; i < f->certificates.count; i++) {
		c = f->certificates.at[i];
		if (X509_check_private_key(c->x509, f->key) != 1)
			continue;
		if (!found || c->not_before > found->not_before)
			found = c;
	}
	ERR_clear_error();
	return found;
}

int
key_file_pkcs8(const struct key_file *f, struct buf *out, struct err *err)
{
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *der = NULL;
	int len, rc = 0;

	ERR_clear_error();
	info = EVP_PKEY2PKCS8(f->key);
	len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
	PKCS8_PRIV_KEY_INFO_free(info);
	if (len <= 0)
		return err_set_crypto(
		    err, ERR_PERMANENT, "the private key cannot be encoded");
	buf_add(out, der, (size_t)len);
	OPENSSL_clear_free(der, (size_t)len);
	if (!buf_ok(out))
		rc = err_set(err, ERR_PERMANENT,
		    "the private key is larger than %zu bytes", out->max);
	return rc;
}
