/*
 * certificate_list.c: several certificates; see certificate.h.  A list
 * belongs to one thread, its certificates to all.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "cert/certificate.h"

void
certificate_list_init(struct certificate_list *list)
{
	*list = (struct certificate_list){0};
}

void
certificate_list_fini(struct certificate_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		certificate_unref(&list->at[i]);
	free(list->at);
	certificate_list_init(list);
}

static void
add_taken(struct certificate_list *list, struct certificate *c)
{
	if (list->count == list->size) {
		list->size = list->size ? 2 * list->size : 4;
		list->at = xreallocarray(
		    list->at, list->size, sizeof(struct certificate *));
	}
	list->at[list->count++] = c;
}

void
certificate_list_add(struct certificate_list *list, struct certificate *c)
{
	add_taken(list, certificate_ref(c));
}

bool
certificate_list_has(
    const struct certificate_list *list, const struct certificate *c)
{
	for (size_t i = 0; i < list->count; i++)
		if (certificate_is_same(list->at[i], c))
			return true;
	return false;
}

static int
add_der(struct certificate_list *list, struct slice der, size_t max,
    struct err *err)
{
	struct certificate *c;

	if (list->count >= max)
		return err_set(
		    err, ERR_PERMANENT, "more than %zu certificates", max);
	if (certificate_parse(der, &c, err))
		return -1;
	add_taken(list, c);
	return 0;
}

static bool
is_certificate_name(const char *name)
{
	return strcmp(name, PEM_STRING_X509) == 0 ||
	       strcmp(name, PEM_STRING_X509_OLD) == 0;
}

/* One PEM block of any kind.  1: done, 0: end of the text, -1: error. */
static int
read_pem_block(
    struct certificate_list *list, BIO *in, size_t max, struct err *err)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len = 0;
	int rc = 1;

	ERR_clear_error();
	if (PEM_read_bio(in, &name, &header, &data, &len) != 1) {
		if (ERR_GET_REASON(ERR_peek_last_error()) !=
		    PEM_R_NO_START_LINE)
			return err_set_crypto(
			    err, ERR_PERMANENT, "malformed PEM");
		ERR_clear_error();
		return 0;
	}
	if (is_certificate_name(name) &&
	    add_der(list, slice_make(data, (size_t)len), max, err))
		rc = -1;
	/* The block that is passed over may be a private key. */
	OPENSSL_clear_free(data, (size_t)len);
	OPENSSL_free(header);
	OPENSSL_free(name);
	return rc;
}

static int
read_pem(struct certificate_list *list, struct slice text, size_t max,
    struct err *err)
{
	BIO *in = BIO_new_mem_buf(text.data, (int)text.len);
	int rc;

	if (!in)
		return err_set_crypto(err, ERR_BUG, "PEM");
	do
		rc = read_pem_block(list, in, max, err);
	while (rc > 0);
	BIO_free(in);
	return rc;
}

static int
read_der(struct certificate_list *list, struct slice text, size_t max,
    struct err *err)
{
	const unsigned char *p;
	int tag, class;
	long len;

	while (text.len > 0) {
		size_t size;

		p = text.data;
		ERR_clear_error();
		if (ASN1_get_object(&p, &len, &tag, &class, (long)text.len) !=
			V_ASN1_CONSTRUCTED ||
		    tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL)
			return err_set_crypto(
			    err, ERR_PERMANENT, "neither PEM nor DER");
		size = (size_t)(p - text.data) + (size_t)len;
		if (add_der(list, slice_part(text, 0, size), max, err))
			return -1;
		text = slice_part(text, size, text.len);
	}
	return 0;
}

static bool
looks_like_pem(struct slice text)
{
	return text.len > 0 &&
	       memmem(text.data, text.len, "-----BEGIN ", 11) != NULL;
}

int
certificate_list_read_max(struct certificate_list *list, struct slice text,
    size_t max, struct err *err)
{
	struct certificate_list found;
	int rc;

	if (text.len > (size_t)LIMIT_FILE)
		return err_set(
		    err, ERR_PERMANENT, "larger than %u bytes", LIMIT_FILE);
	certificate_list_init(&found);
	rc = looks_like_pem(text) ? read_pem(&found, text, max, err)
				  : read_der(&found, text, max, err);
	if (rc == 0 && found.count == 0)
		rc = err_set(err, ERR_PERMANENT, "no certificate in it");
	for (size_t i = 0; rc == 0 && i < found.count; i++)
		certificate_list_add(list, found.at[i]);
	certificate_list_fini(&found);
	return rc;
}

int
certificate_list_read(
    struct certificate_list *list, struct slice text, struct err *err)
{
	return certificate_list_read_max(
	    list, text, LIMIT_CERTIFICATES_PER_MESSAGE, err);
}

void
certificate_list_write_der(const struct certificate_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->count; i++)
		buf_add_slice(out, list->at[i]->der);
}
