/*
 * cert_json.c: see cert_json.h.  Pure.  RFC 8551 2.5.2 for capabilities.
 */
#include "admin/cert_json.h"

#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/limits.h"

#define SECONDS_OF_DAY (24L * 60 * 60)

static const char *
key_name(enum certificate_key key)
{
	switch (key) {
	case CERTIFICATE_KEY_RSA:
		return "rsa";
	case CERTIFICATE_KEY_RSA_PSS:
		return "rsa-pss";
	case CERTIFICATE_KEY_RSA_OAEP:
		return "rsa-oaep";
	case CERTIFICATE_KEY_EC:
		return "ec";
	case CERTIFICATE_KEY_ED25519:
		return "ed25519";
	case CERTIFICATE_KEY_OTHER:
		break;
	}
	return "other";
}

static json_t *
key_text(const struct certificate *c)
{
	char *text = c->key_bits > 0
			 ? xasprintf("%s %d", key_name(c->key), c->key_bits)
			 : xstrdup(key_name(c->key));
	json_t *value = output_text(text);

	free(text);
	return value;
}

static json_t *
addresses(const struct certificate *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->address_count; i++)
		(void)json_array_append_new(list, output_text(c->addresses[i]));
	return list;
}

static json_t *
usage(const struct certificate *c)
{
	json_t *list = json_array();

	if (c->may_sign)
		(void)json_array_append_new(list, output_text("sign"));
	if (c->may_encrypt)
		(void)json_array_append_new(list, output_text("encrypt"));
	return list;
}

static void
set_validity(json_t *object, const struct certificate *c, time_t now)
{
	const char *word = now < c->not_before	? "not-yet"
			   : now > c->not_after ? "expired"
						: "valid";

	output_set(object, "not_before", output_time(c->not_before));
	output_set(object, "not_after", output_time(c->not_after));
	output_set(object, "days_left",
	    json_integer((c->not_after - now) / SECONDS_OF_DAY));
	output_set(object, "validity", output_text(word));
}

json_t *
cert_json(const struct certificate *c, time_t now)
{
	char key_id[2 * sizeof(c->key_id) + 1];
	json_t *object = json_object();

	hex_encode(c->key_id, sizeof(c->key_id), key_id);
	output_set(object, "fingerprint", output_text(c->fingerprint_text));
	output_set(
	    object, "id", json_stringn(c->fingerprint_text, CERT_ID_DIGITS));
	output_set(object, "subject", output_text(c->subject));
	output_set(object, "issuer", output_text(c->issuer));
	output_set(object, "serial", output_text(c->serial));
	output_set(object, "addresses", addresses(c));
	set_validity(object, c, now);
	output_set(object, "key", key_text(c));
	output_set(object, "key_id", output_text(key_id));
	output_set(
	    object, "level", output_text(certificate_level_name(c->level)));
	output_set(object, "usage", usage(c));
	return object;
}

char *
cert_json_pem(const struct certificate *c)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL, *text;
	long len = 0;

	ERR_clear_error();
	if (bio && PEM_write_bio_X509(bio, c->x509))
		len = BIO_get_mem_data(bio, &data);
	text = xstrndup(data ? data : "", (size_t)len);
	BIO_free(bio);
	ERR_clear_error();
	return text;
}

/* RC2 and RC5 announce their effective key length as a parameter. */
static long
parameter_bits(const X509_ALGOR *algorithm)
{
	const void *value;
	int type;

	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	return type == V_ASN1_INTEGER ? ASN1_INTEGER_get(value) : 0;
}

static json_t *
capability(const X509_ALGOR *algorithm)
{
	long bits = parameter_bits(algorithm);
	const ASN1_OBJECT *oid;
	json_t *value;
	char name[128];
	char *text;

	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	if (OBJ_obj2txt(name, sizeof(name), oid, 0) <= 0)
		return output_text("unknown");
	if (bits <= 0)
		return output_text(name);
	text = xasprintf("%s/%ld", name, bits);
	value = output_text(text);
	free(text);
	return value;
}

json_t *
cert_json_capabilities(struct slice der)
{
	const unsigned char *p = der.data;
	json_t *list = json_array();
	X509_ALGORS *all;

	if (der.len == 0)
		return list;
	ERR_clear_error();
	all = d2i_X509_ALGORS(NULL, &p, (long)der.len);
	for (int i = 0; i < sk_X509_ALGOR_num(all); i++) {
		if (json_array_size(list) == LIMIT_CAPABILITIES_SHOWN)
			break;
		(void)json_array_append_new(
		    list, capability(sk_X509_ALGOR_value(all, i)));
	}
	sk_X509_ALGOR_pop_free(all, X509_ALGOR_free);
	ERR_clear_error();
	return list;
}
