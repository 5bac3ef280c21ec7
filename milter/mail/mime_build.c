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
#include "mail/charset.h"

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

/* Nothing, or one of the words that leave the body as it stands. */
static bool
is_identity_encoding(const struct header *message)
{
	static const char *const words[] = {"7bit", "8bit", "binary"};
	const struct header_field *field =
	    header_find(message, "Content-Transfer-Encoding", 0);

	if (!field)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (slice_equal_text_ci(slice_trim(field->body), words[i]))
			return true;
	return false;
}

/* Rule S2 wants a type to be there.  Its charset is named where there can be
 * no doubt.  Elsewhere readers go on guessing, as they did without the type:
 * RFC 1428's "unknown-8bit" is an error to some of them. */
static void
write_default_type(
    const struct header *message, struct slice body, struct buf *out)
{
	const char *charset =
	    is_identity_encoding(message) ? charset_guess(body) : NULL;

	buf_add_text(out, "Content-Type: text/plain");
	if (charset)
		buf_addf(out, "; charset=%s", charset);
	buf_add_text(out, "\r\n");
}

void
mime_entity_header(
    const struct header *message, struct slice body, struct buf *out)
{
	if (!header_find(message, "Content-Type", 0))
		write_default_type(message, body, out);
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
