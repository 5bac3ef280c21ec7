/*
 * mime_canon.h: the exact bytes that get signed (rules S1 to S10).
 *
 * Every leaf that would not survive the road (8-bit, NUL, bare CR or LF,
 * lines over LIMIT_LINE, trailing blanks, "From " lines) becomes
 * quoted-printable or base64; what else is labelled 8bit or binary is
 * relabelled 7bit; every other byte stays, and every leaf decodes to the same
 * bytes as before.  An inner multipart/signed, multipart/encrypted or
 * application/pkcs7-mime is never touched, nor is a multipart whose structure
 * cannot be trusted.
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
	MIME_CANON_OPAQUE,     /* it cannot be made to survive without
	                        * touching an inner protected part, a header
	                        * field or a broken structure: only opaque
	                        * signing is possible; out is empty */
	MIME_CANON_SKIP	       /* must not be signed at all: message/partial, or
	                        * too complex; out is empty */
};

/* Over the limits of mime_scan.h nobody can say what is inside.  What is
 * plain 7-bit all the same can be signed whole, opaquely; what is not can be
 * neither encoded nor trusted to arrive, and is not signed at all. */
bool mime_canon_is_too_complex(const struct mime_tree *tree);

/*
 * Writes the canonical form of the tree's root entity (header block, empty
 * line, body; CRLF line ends) to out, which is empty and will be finished.
 * The canonical form of a canonical form is SAME.  *reason is a static word
 * for the log when the result is OPAQUE or SKIP, else NULL:
 * "message-partial", "inner-protected", "broken-multipart",
 * "header-not-7bit", "preamble-not-7bit" (or epilogue), "part-not-encodable"
 * (two Content-Types, an unknown encoding, a message type that must not be
 * encoded), "too-complex" (tree->over_limit; SKIP when
 * mime_canon_is_too_complex), or a flaw of mime_strict.h.
 * Errors are those of the spool.
 */
int mime_canon_write(const struct mime_tree *tree, struct spool *out,
    enum mime_canon_result *result, const char **reason,
    struct err *err) MUST_USE;

#endif
