/* cms_id.c: see cms_id.h.  Callable from any thread. */
#include "smime/cms_id.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "smime/der.h"

/* RFC 5280 4.1.2.2: at most 20 octets.  Key identifiers are hashes. */
#define ID_MAX 64

int
cms_id_issuer_serial_read(struct tlv *b, struct cms_id *out)
{
	struct tlv inside;

	*out = (struct cms_id){0};
	if (tlv_enter(b, DER_SEQUENCE, &inside) ||
	    tlv_peek(&inside) != DER_SEQUENCE ||
	    tlv_skip(&inside, &out->issuer) ||
	    tlv_value(&inside, DER_INTEGER, &out->serial) ||
	    out->serial.len == 0 || out->serial.len > ID_MAX ||
	    out->issuer.len > (size_t)LIMIT_CERTIFICATE)
		return -1;
	return tlv_leave(b, &inside);
}

int
cms_id_read(struct tlv *b, struct cms_id *out)
{
	if (tlv_peek(b) != DER_CONTEXT(0))
		return cms_id_issuer_serial_read(b, out);
	*out = (struct cms_id){0};
	if (tlv_value(b, DER_CONTEXT(0), &out->key_id) ||
	    out->key_id.len == 0 || out->key_id.len > ID_MAX)
		return -1;
	return 0;
}

static X509_NAME *
name_parse(struct slice der)
{
	const unsigned char *at = der.data;
	X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)der.len);

	if (name && at != der.data + der.len) {
		X509_NAME_free(name);
		name = NULL;
	}
	ERR_clear_error();
	return name;
}

/* RFC 5280 7.1: octet by octet it nearly always is; some agents write the
 * same name with other string types. */
static bool
name_matches(struct slice der, X509_NAME *issuer)
{
	const unsigned char *own;
	X509_NAME *name;
	size_t len;
	bool same;

	if (X509_NAME_get0_der(issuer, &own, &len) == 1 &&
	    slice_equal(der, slice_make(own, len)))
		return true;
	name = name_parse(der);
	same = name && X509_NAME_cmp(name, issuer) == 0;
	X509_NAME_free(name);
	ERR_clear_error();
	return same;
}

static bool
serial_matches(struct slice content, const ASN1_INTEGER *serial)
{
	unsigned char der[ID_MAX + 2], *at = der;
	int size = i2d_ASN1_INTEGER(serial, NULL);

	if (size < 2 || (size_t)size > sizeof(der))
		return false;
	(void)i2d_ASN1_INTEGER(serial, &at);
	/* Behind a head of two octets: ID_MAX needs no longer one. */
	return slice_equal(content, slice_make(der + 2, (size_t)size - 2));
}

bool
cms_id_matches(const struct cms_id *id, const struct certificate *c)
{
	const ASN1_OCTET_STRING *key_id;

	if (id->issuer.len > 0)
		return serial_matches(
			   id->serial, X509_get0_serialNumber(c->x509)) &&
		       name_matches(id->issuer, X509_get_issuer_name(c->x509));
	key_id = X509_get0_subject_key_id(c->x509);
	return key_id &&
	       slice_equal(id->key_id, slice_make(ASN1_STRING_get0_data(key_id),
					   (size_t)ASN1_STRING_length(key_id)));
}

int
cms_id_write(const struct certificate *c, struct buf *out)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(c->x509);
	size_t mark = der_open(out, DER_SEQUENCE), len;
	const unsigned char *issuer;
	unsigned char *der = NULL;
	int size;

	if (X509_NAME_get0_der(X509_get_issuer_name(c->x509), &issuer, &len) !=
	    1)
		return -1;
	size = i2d_ASN1_INTEGER(serial, &der);
	if (size <= 0)
		return -1;
	buf_add(out, issuer, len);
	buf_add(out, der, (size_t)size);
	OPENSSL_free(der);
	der_close(out, mark);
	return 0;
}

static void
hex_add(struct buf *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		buf_addf(out, "%02X", bytes.data[i]);
}

static void
name_text(struct slice der, struct buf *out)
{
	X509_NAME *name = name_parse(der);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (name && bio &&
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0 &&
	    (len = BIO_get_mem_data(bio, &text)) > 0)
		buf_add(out, text, (size_t)len);
	else
		buf_add_text(out, "unreadable-issuer");
	BIO_free(bio);
	X509_NAME_free(name);
	ERR_clear_error();
}

void
cms_id_text(const struct cms_id *id, struct buf *out)
{
	if (id->issuer.len == 0) {
		hex_add(out, id->key_id);
		return;
	}
	name_text(id->issuer, out);
	buf_add_char(out, ' ');
	hex_add(out, id->serial);
}
