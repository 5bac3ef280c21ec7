/*
 * What the key process lets itself be asked to sign: what passes is what
 * OpenSSL reads as signed attributes or as a certificate request, to the
 * last byte.  The first byte of the input chooses.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/limits.h"
#include "keyd/keyd_attrs.h"
#include "keyd/keyd_der.h"
#include "keyd/keyd_request_info.h"

static const ASN1_TEMPLATE attributes_tt[] = {
    ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SET_ORDER, 0, attributes, X509_ATTRIBUTE)};
static const ASN1_ITEM *
attributes_item(void)
{
	static const ASN1_ITEM item = {.itype = ASN1_ITYPE_PRIMITIVE,
	    .utype = -1,
	    .templates = attributes_tt,
	    .sname = "attributes"};

	return &item;
}

static void
check_attrs(struct slice s)
{
	const unsigned char *p = s.data;
	unsigned char *der = NULL;
	ASN1_VALUE *parsed;
	struct err err;
	int len;

	if (keyd_attrs_check(s, 32, &err))
		return;
	FUZZ_CHECK(s.len <= LIMIT_SIGNED_ATTRS && s.data[0] == 0x31);
	parsed = ASN1_item_d2i(NULL, &p, (long)s.len, attributes_item());
	/* keyd does not look into the values of other attributes. */
	if (parsed) {
		FUZZ_CHECK(p == s.data + s.len);
		len = ASN1_item_i2d(parsed, &der, attributes_item());
		FUZZ_CHECK(len > 0);
		OPENSSL_free(der);
		ASN1_item_free(parsed, attributes_item());
	}
	ERR_clear_error();
}

/* Takes the key that the input names for ours, to get beyond that check. */
static void
check_request(struct slice s)
{
	struct keyd_der whole, version, subject, key = {0};
	const unsigned char *p = s.data;
	X509_REQ_INFO *parsed;
	struct err err;

	if (keyd_der_only(s, DER_SEQUENCE, &whole) &&
	    keyd_der_next(&whole.contents, DER_INTEGER, &version) &&
	    keyd_der_next(&whole.contents, DER_SEQUENCE, &subject))
		(void)keyd_der_next(&whole.contents, DER_SEQUENCE, &key);
	if (keyd_request_info_check(s, key.whole, &err))
		return;
	FUZZ_CHECK(key.whole.len > 0 && s.len <= LIMIT_REQUEST_INFO);
	parsed = d2i_X509_REQ_INFO(NULL, &p, (long)s.len);
	FUZZ_CHECK(parsed && p == s.data + s.len);
	X509_REQ_INFO_free(parsed);
	ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s;

	if (size < 1)
		return 0;
	s = slice_make(data + 1, size - 1);
	if (data[0] & 1)
		check_request(s);
	else
		check_attrs(s);
	return 0;
}
