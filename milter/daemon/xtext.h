/*
 * xtext.h: how Sendmail writes the values of some macros.
 */
#ifndef DAEMON_XTEXT_H
#define DAEMON_XTEXT_H

/* What "+" and two hexadecimal digits stand for (RFC 3461 4), everything else
 * as it is.  NULL when a "+" is followed by anything else, or stands for NUL.
 * The caller frees it. */
char *xtext_decode(const char *text);

#endif
