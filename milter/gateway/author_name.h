/*
 * author_name.h: what somebody calls himself in From.
 *
 * For texts that people read, never for a decision: whoever writes a message
 * chooses this name (rule V9).
 */
#ifndef GATEWAY_AUTHOR_NAME_H
#define GATEWAY_AUTHOR_NAME_H

#include "mail/header.h"

/*
 * The display name that stands before the address, which is canonical, in a
 * From field; of several the first.  Without quotes, escapes and comments,
 * encoded words (RFC 2047) read, white space made one blank; UTF-8, but bytes
 * that are none are left as they came.  NULL: it has no name.  The caller
 * frees it.
 */
char *author_name(const struct header *header, const char *address);

#endif
