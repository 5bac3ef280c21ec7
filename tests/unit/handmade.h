/*
 * handmade.h: SignedData written by hand, with everything that no
 * well-behaved program writes, and messages around it.
 *
 *	struct handmade h = handmade(&alice.cert);
 *	struct handmade_cms p;
 *	struct buf der, message;
 *
 *	handmade_attrs(&h);
 *	handmade_cms_init(&p);
 *	handmade_cms_cert(&p, alice.cert.certificate);
 *	handmade_info(&h, &p.infos);
 *	handmade_cms_write(&p, &der);
 *	handmade_detached(&message, slice_text(handmade_entity),
 *	    buf_slice(&der));
 */
#ifndef TESTS_UNIT_HANDMADE_H
#define TESTS_UNIT_HANDMADE_H

#include <openssl/evp.h>

#include "base/buf.h"
#include "smime/oid.h"
#include "unit/cert_fixture.h"

/* --- messages --- */

#define HANDMADE_FROM "alice@example.org"

#define HANDMADE_SIGNED                                                        \
	"Content-Type: multipart/signed; micalg=sha-256;\r\n"                  \
	"\tprotocol=\"application/pkcs7-signature\"; boundary=\"b1\"\r\n"
#define HANDMADE_SIGNATURE                                                     \
	"\r\n--b1\r\nContent-Type: application/pkcs7-signature; "              \
	"name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
#define HANDMADE_OPAQUE                                                        \
	"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
#define HANDMADE_BASE64 "Content-Transfer-Encoding: base64\r\n"

/* What is signed when nothing else is said. */
extern const char handmade_entity[];

/* Appends data in lines of base64. */
void handmade_base64(struct buf *out, struct slice data);

/* A multipart/signed message from HANDMADE_FROM around content, and one of
 * any type around DER; out is initialised. */
void handmade_detached(struct buf *out, struct slice content, struct slice der);
void handmade_opaque(struct buf *out, const char *type, struct slice der);

/* --- SignerInfos --- */

struct handmade {
	const struct fixture_cert *cert;
	enum oid digest;
	enum oid algorithm;
	struct slice algorithm_whole; /* instead of algorithm */
	struct slice digest_whole;    /* instead of digest */
	const EVP_MD *md;
	struct buf attrs; /* Attributes; empty: none */
	struct slice content;
	bool break_signature;
	const struct fixture_cert *signer_name; /* instead of cert's */
};

/* SHA-256 over handmade_entity, no attributes yet. */
struct handmade handmade(const struct fixture_cert *cert);

/* Adds the two attributes that must be there. */
void handmade_attrs(struct handmade *h);

/* Appends one attribute with these values. */
void handmade_attribute(struct buf *attrs, enum oid type, struct slice values);

/* Appends the SignerInfo; ends h. */
void handmade_info(struct handmade *h, struct buf *infos);

/* --- SignedData --- */

struct handmade_cms {
	struct buf infos;
	struct buf certs;
	struct slice content; /* eContent; data NULL: absent */
	enum oid content_type;
	size_t crl_size; /* octets of a "CRL" that pads the structure */
};

void handmade_cms_init(struct handmade_cms *p);
void handmade_cms_cert(struct handmade_cms *p, const struct certificate *c);

/* Writes the ContentInfo; ends p; out is initialised. */
void handmade_cms_write(struct handmade_cms *p, struct buf *out);

#endif
