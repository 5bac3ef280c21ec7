/*
 * mime_canon.h: the exact bytes that get signed (rules S1 to S10).
 *
 * Every leaf that would not survive the road (8-bit, NUL, bare CR or LF,
 * lines over LIMIT_LINE, trailing blanks, "From " lines) becomes
 * quoted-printable or base64; containers above it are relabelled 7bit; every
 * other byte stays.  Parts inside an inner multipart/signed,
 * multipart/encrypted or application/pkcs7-mime are never touched.
 */
#ifndef MAIL_MIME_CANON_H
#define MAIL_MIME_CANON_H

#include "base/err.h"
#include "mail/mime_scan.h"
#include "mail/spool.h"

enum mime_canon_result {
	MIME_CANON_SAME,       /* the entity is canonical as it stands; out is
	                        * empty */
	MIME_CANON_TRANSCODED, /* out holds the canonical entity */
	MIME_CANON_OPAQUE,     /* it cannot be made 7-bit without touching an
	                        * inner protected part, a header field or a
	                        * broken structure: only opaque signing is
	                        * possible; out is empty */
	MIME_CANON_SKIP	       /* must not be signed at all: message/partial */
};

/*
 * Writes the canonical form of the tree's root entity (header block, empty
 * line, body; CRLF line ends) to out and finishes it.  *reason, when the
 * result is OPAQUE or SKIP, is a static word for the log.  Errors are those
 * of the spool.
 */
int mime_canon_write(const struct mime_tree *tree, struct spool *out,
    enum mime_canon_result *result, const char **reason,
    struct err *err) MUST_USE;

#endif
