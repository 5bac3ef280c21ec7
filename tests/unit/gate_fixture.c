/* gate_fixture.c: see gate_fixture.h. */
#include "unit/unit.h"

#include "unit/gate_fixture.h"

#include <string.h>

#include <openssl/cms.h>

#include "base/alloc.h"
#include "mail/mime_codec.h"

#define CONTENT "Content-Type: text/plain\r\n\r\nhello\r\n"

static char *
base64(BIO *der)
{
	unsigned char *data;
	long len = BIO_get_mem_data(der, &data);
	unsigned char *text = xcalloc(1, base64_size((size_t)len) + 1);

	base64_encode(slice_make(data, (size_t)len), text);
	BIO_free(der);
	return (char *)text;
}

static BIO *
encode(CMS_ContentInfo *cms)
{
	BIO *der = BIO_new(BIO_s_mem());

	assert_non_null(cms);
	assert_int_equal(i2d_CMS_bio(der, cms), 1);
	CMS_ContentInfo_free(cms);
	return der;
}

static BIO *
content_bio(void)
{
	return BIO_new_mem_buf(CONTENT, (int)strlen(CONTENT));
}

char *
gate_fixture_signature(const struct fixture_cert *signer,
    const struct fixture_cert *second, bool detached)
{
	unsigned flags =
	    CMS_BINARY | CMS_PARTIAL | (detached ? CMS_DETACHED : 0u);
	BIO *in = content_bio();
	CMS_ContentInfo *cms =
	    CMS_sign(signer->x509, signer->key, NULL, in, flags);

	if (second)
		assert_non_null(CMS_add1_signer(
		    cms, second->x509, second->key, NULL, flags));
	assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
	BIO_free(in);
	return base64(encode(cms));
}

char *
gate_fixture_envelope(const struct fixture_cert *const *to, size_t count,
    const EVP_CIPHER *cipher)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	BIO *in = content_bio();
	CMS_ContentInfo *cms;

	for (size_t i = 0; i < count; i++)
		sk_X509_push(certs, to[i]->x509);
	cms = CMS_encrypt(certs, in, cipher, CMS_BINARY);
	sk_X509_free(certs);
	BIO_free(in);
	return base64(encode(cms));
}

char *
gate_fixture_multipart(const char *signature)
{
	return xasprintf(
	    "This is a preamble\r\n\r\n--b0undary\r\n%s\r\n--b0undary\r\n"
	    "Content-Type: application/pkcs7-signature; name=x\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "%s\r\n--b0undary--\r\n",
	    CONTENT, signature);
}
