/*
 * esmtp.h: parameters of MAIL and RCPT (RFC 5321 section 4.1.2).
 */
#ifndef MAIL_ESMTP_H
#define MAIL_ESMTP_H

#include <stdbool.h>

#include "base/slice.h"

/* Is one of the parameters, which have blanks between, this one, as
 * "BODY=7BIT"?  In any case. */
bool esmtp_has(struct slice parameters, const char *parameter);

/* The value of the first one of that name, in any case.  Without it, and
 * without a value, data is NULL. */
struct slice esmtp_parameter(struct slice parameters, const char *name);

#endif
