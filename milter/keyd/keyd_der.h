/*
 * keyd_der.h: one step of reading DER, and no more than DER.
 *
 * What keyd signs must have exactly one reading.  Lengths are definite and
 * minimal (X.690 10.1); tag numbers above 30 do not occur.
 */
#ifndef KEYD_KEYD_DER_H
#define KEYD_KEYD_DER_H

#include <stdbool.h>

#include "base/slice.h"

enum keyd_der_tag {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0,
	DER_CONTEXT_2 = 0xa2
};

struct keyd_der {
	struct slice whole; /* tag, length and contents */
	struct slice contents;
};

/* Takes an element with that tag off the front of rest. */
bool keyd_der_next(
    struct slice *rest, enum keyd_der_tag tag, struct keyd_der *element);

/* As keyd_der_next, and nothing may follow. */
bool keyd_der_only(
    struct slice all, enum keyd_der_tag tag, struct keyd_der *element);

#endif
