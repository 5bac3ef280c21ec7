/*
 * mime_strict.h: would a server that takes an entity apart put it together
 * again byte for byte?
 *
 * Sendmail does that to every message that it passes on, in order to shorten
 * header fields which might overflow a mail reader's buffers
 * (MaxMimeHeaderLength), and so do gateways that look for viruses.  What is
 * by the book comes out as it was.  The rest is completed, trimmed and
 * balanced: a delimiter of the wrong multipart, no blank before a colon, a
 * quote that ends where it did not.  A signature over such parts is lost, so
 * they can only be signed opaquely.
 */
#ifndef MAIL_MIME_STRICT_H
#define MAIL_MIME_STRICT_H

#include "mail/mime_scan.h"

/*
 * What would not be put together again as it was, a static word for the log,
 * or NULL when all would:
 * "broken-multipart"  boundary missing, never found, not understood by simple
 *                     readers, or not closed, or a line that some would
 *                     take for a delimiter;
 * "padded-delimiter"  blanks behind a delimiter;
 * "irregular-header"  a line that is no field, a blank before its colon, no
 *                     empty line at the end;
 * "irregular-field"   a field that is too long, a MIME field in which a quoted
 *                     string or comment does not end, two encodings;
 * "hidden-parts"      something that is a leaf to us but would be taken apart
 *                     by others;
 * "too-deep"          nested deeper than others follow.
 */
const char *mime_strict_flaw(const struct mime_tree *tree);

#endif
