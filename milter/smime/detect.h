/*
 * detect.h: is this message protected already, and how?
 *
 * Only the root of the message counts (rules V1, V7).  By media type first,
 * by file name only for application/octet-stream.
 */
#ifndef SMIME_DETECT_H
#define SMIME_DETECT_H

#include <stdbool.h>

#include "base/slice.h"
#include "mail/header.h"
#include "mail/mime_scan.h"

enum smime_kind {
	SMIME_NONE = 0,
	SMIME_SIGNED_DETACHED, /* multipart/signed, pkcs7-signature */
	SMIME_PKCS7,	       /* application/pkcs7-mime without a smime-type
	                        * that we know: the CMS says */
	SMIME_SIGNED_OPAQUE,
	SMIME_ENVELOPED,
	SMIME_AUTH_ENVELOPED,
	SMIME_COMPRESSED,
	SMIME_CERTS_ONLY,
	SMIME_PGP_SIGNED,    /* multipart/signed, pgp-signature */
	SMIME_PGP_ENCRYPTED, /* multipart/encrypted */
	SMIME_PGP_INLINE,    /* armor in the text */
	SMIME_OTHER_SIGNED   /* multipart/signed of another protocol */
};
const char *smime_kind_name(enum smime_kind kind);

/* What the message's header says. */
enum smime_kind smime_detect_header(const struct header *header);

/* The same; a single text body is searched for inline PGP armor too. */
enum smime_kind smime_detect(const struct header *header, struct slice body);

/* Is it a CMS object, whatever is in it: application/pkcs7-mime? */
bool smime_kind_is_cms(enum smime_kind kind);

/* Is it S/MIME, and with it a layer: that, or a detached signature? */
bool smime_kind_is_layer(enum smime_kind kind);

/* Is that part of a multipart/signed its S/MIME signature? */
bool smime_is_signature(const struct mime_part *part);

/* Is the content encrypted? */
bool smime_kind_is_encrypted(enum smime_kind kind);

#endif
