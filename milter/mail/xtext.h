/*
 * xtext.h: how DSN parameters are written, and by Sendmail some macros.
 */
#ifndef MAIL_XTEXT_H
#define MAIL_XTEXT_H

/* What "+" and two hexadecimal digits stand for (RFC 3461 4), everything else
 * as it is.  NULL when a "+" is followed by anything else, or stands for NUL.
 * The caller frees it. */
char *xtext_decode(const char *text);

#endif
