/*
 * mime_label.h: another label on a part, with all else of its header as it is.
 */
#ifndef MAIL_MIME_LABEL_H
#define MAIL_MIME_LABEL_H

#include <stdbool.h>

#include "base/buf.h"
#include "mail/mime_scan.h"

/*
 * Writes the part's header block to out, which is empty, with that charset in
 * its Content-Type and that Content-Transfer-Encoding; NULL: as it is.  A
 * parameter or field that was not there is added; of one that was, only the
 * value changes.  A missing Content-Type is text/plain.  False, and out is of
 * no use, when nobody can say what would have to change: fields that come
 * twice, or a charset in the forms of RFC 2231.
 */
bool mime_label_write(const struct mime_part *part, const char *charset,
    const char *cte, struct buf *out);

#endif
