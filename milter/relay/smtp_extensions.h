/*
 * smtp_extensions.h: what a server announces in answer to EHLO
 * (RFC 5321 4.1.1.1).
 */
#ifndef RELAY_SMTP_EXTENSIONS_H
#define RELAY_SMTP_EXTENSIONS_H

#include <stdint.h>

#include "base/slice.h"

enum smtp_extension {
	SMTP_SIZE = 1 << 0,	  /* RFC 1870 */
	SMTP_PIPELINING = 1 << 1, /* RFC 2920 */
	SMTP_8BITMIME = 1 << 2,	  /* RFC 6152 */
	SMTP_DSN = 1 << 3,	  /* RFC 3461 */
	SMTP_SMTPUTF8 = 1 << 4,	  /* RFC 6531 */
	SMTP_DELIVERBY = 1 << 5,  /* RFC 2852 */
	SMTP_REQUIRETLS = 1 << 6  /* RFC 8689 */
};

struct smtp_extensions {
	unsigned has;	   /* of enum smtp_extension */
	uint64_t size_max; /* bytes of a message; 0: not said */
};

/* Adds the text of a line of the reply, other than its first one.  Unknown
 * ones are passed over; of several SIZE the smallest counts. */
void smtp_extensions_add(struct smtp_extensions *extensions, struct slice text);

#endif
