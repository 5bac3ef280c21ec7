/*
 * intact_text.h: is a text that does not verify any more still there, with
 * something appended?
 *
 * Without a fingerprint nobody knows what the message was, but the signature
 * holds the digest of it: what remains when a footer is taken away again can
 * be tried.  That finds one footer behind a text, or before the end of an HTML
 * page, as it stands there, which is what most tools do.
 *
 * Any thread.
 */
#ifndef SMIME_INTACT_TEXT_H
#define SMIME_INTACT_TEXT_H

#include <stdbool.h>

#include "base/err.h"
#include "mail/mime_scan.h"
#include "mail/spool.h"
#include "smime/seal_compare.h"

/*
 * tree is a multipart/signed of two parts.  *found says whether out holds a
 * finding: the text is as it was signed but for so many bytes.  Looks at the
 * last LIMIT_INTACT_WINDOW bytes of each text that is not in base64, with at
 * most LIMIT_INTACT_TRIES tries for each end, and digests LIMIT_INTACT_WORK
 * bytes at most.  Errors are those of the spool.
 */
int intact_text_find(const struct mime_tree *tree,
    const struct spool_config *spool, struct seal_finding *out, bool *found,
    struct err *err) MUST_USE;

#endif
