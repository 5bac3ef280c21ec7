/*
 * disclaimer.h: puts a disclaimer into the bodies that a reader sees.
 *
 * It goes in before anything is signed.  Everything that is not one of those
 * bodies keeps its bytes; what somebody else has signed or encrypted keeps
 * all of them, and so does what two readers would take apart differently.
 */
#ifndef MAIL_DISCLAIMER_H
#define MAIL_DISCLAIMER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "mail/disclaimer_text.h"
#include "mail/mime_scan.h"
#include "mail/spool.h"

enum disclaimer_result {
	DISCLAIMER_ADDED,
	DISCLAIMER_PRESENT, /* carried already */
	DISCLAIMER_NO_BODY, /* no text or HTML that is not an attachment */

	/* Refused: protected by somebody else. */
	DISCLAIMER_INNER_SIGNED,
	DISCLAIMER_INNER_ENCRYPTED,
	DISCLAIMER_INLINE_PGP,

	/* Refused: it would break something. */
	DISCLAIMER_BROKEN,     /* headers, structure or encoding that readers
	                        * understand differently, on the way to a body;
	                        * HTML that ends inside a comment or script; a
	                        * Content-MD5 of the body */
	DISCLAIMER_CHARSET,    /* the body's charset can neither hold it nor be
	                        * changed without doubt about the old text */
	DISCLAIMER_TOO_COMPLEX /* over the limits of mime_scan.h, or more than
	                        * LIMIT_DISCLAIMER_BODIES bodies */
};

/* What is added, and when. */
struct disclaimer_opts {
	const struct disclaimer_template *template_;
	const struct disclaimer *filled; /* in, from that template */
	/* Also when the message carries it already: quoted, re-wrapped, in
	 * another encoding or charset, as HTML or not; placeholders match
	 * anything. */
	bool repeat;
};

/*
 * Adds a disclaimer to the main bodies of the tree's root entity: its
 * text/plain or text/html; of an alternative all of them; of a related its
 * root; of any other multipart those of the first child that has any.
 * Attachments, named parts, reports, digests and messages have none.
 *
 * out, which is empty, becomes the whole new entity (header block, empty line,
 * body) and is finished, *header_len the length of its header block without
 * the empty line, only when *result is DISCLAIMER_ADDED; else out stays empty
 * and *header_len as it was.
 *
 * A text body becomes the old one, a line end if its last line has none, an
 * empty line unless it is empty or ends with one, and the text; with the line
 * ends of the body when those of an encoded or binary one are bare LFs; in
 * format=flowed with blanks at the end of our lines removed, and lines that
 * begin with a blank, ">" or "From " stuffed.  An HTML body becomes the old one
 * with the HTML, on lines of its own, before the last </body>, else before
 * </html>, else at the end.
 *
 * A text body whose charset cannot hold it is converted to UTF-8 and labelled
 * so; in HTML, characters that the charset cannot hold are numeric
 * references.  7bit or 8bit that cannot hold it becomes quoted-printable.
 *
 * Errors are those of the spool.  Linear in the size of the entity.
 */
int disclaimer_insert(const struct mime_tree *tree,
    const struct disclaimer_opts *opts, struct spool *out, size_t *header_len,
    enum disclaimer_result *result, struct err *err) MUST_USE;

#endif
