/*
 * mime_build.c: see mime_build.h.  RFC 1847 2.1, RFC 8551 3.2 and 3.5,
 * rules S1, S2 and S11 to S15.
 *
 * Writes fixed text around bytes that it never looks at.  Pure functions,
 * callable from any thread.
 */
#include "mail/mime_build.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/hex.h"

#define BOUNDARY_RANDOM 16u

/* "=_" can occur neither in quoted-printable nor in base64, so even a
 * guessed boundary could not stand in an encoded leaf (rule S13). */
static const char boundary_prefix[] = "=_smime_";

int
mime_boundary_make(char *text, size_t size, struct err *err)
{
	unsigned char random[BOUNDARY_RANDOM];
	const size_t len = sizeof(boundary_prefix) - 1;

	if (size < len + 2 * sizeof(random) + 1)
		return err_set(err, ERR_BUG, "no room for a boundary");
	ERR_clear_error();
	if (RAND_bytes(random, sizeof(random)) != 1)
		return err_set_crypto(err, ERR_TEMPORARY, "no random bytes");
	memcpy(text, boundary_prefix, len);
	hex_encode(random, sizeof(random), text + len);
	return 0;
}

void
mime_entity_header(const struct header *message, struct buf *out)
{
	if (!header_find(message, "Content-Type", 0))
		buf_add_text(
		    out, "Content-Type: text/plain; charset=us-ascii\r\n");
	for (size_t i = 0; i < message->count; i++)
		if (header_field_is_content(&message->fields[i]))
			header_field_write(&message->fields[i], out);
}

void
mime_signed_type(struct buf *out, const char *boundary, const char *micalg)
{
	/* A list of algorithms has commas, which need quotes (rule S12). */
	const char *quote = strchr(micalg, ',') ? "\"" : "";

	buf_addf(out,
	    " multipart/signed; protocol=\"application/pkcs7-signature\";"
	    "\n\tmicalg=%s%s%s; boundary=\"%s\"",
	    quote, micalg, quote, boundary);
}

void
mime_pkcs7_type(struct buf *out, const char *kind, const char *name)
{
	buf_addf(out, " application/pkcs7-mime; smime-type=%s;\n\tname=\"%s\"",
	    kind, name);
}

void
mime_attachment_disposition(struct buf *out, const char *name)
{
	buf_addf(out, " attachment; filename=\"%s\"", name);
}

void
mime_signed_head(struct buf *out, const char *boundary)
{
	buf_addf(
	    out, "This is an S/MIME signed message\r\n\r\n--%s\r\n", boundary);
}

void
mime_signed_middle(struct buf *out, const char *boundary)
{
	buf_addf(out,
	    "\r\n--%s\r\n"
	    "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n"
	    "\r\n",
	    boundary);
}

void
mime_signed_tail(struct buf *out, const char *boundary)
{
	buf_addf(out, "\r\n--%s--\r\n", boundary);
}
