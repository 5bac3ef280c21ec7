/*
 * compressed.h: compressed-data (RFC 3274, rule X10).
 */
#ifndef SMIME_COMPRESSED_H
#define SMIME_COMPRESSED_H

#include "base/err.h"
#include "base/slice.h"
#include "mail/spool.h"

/*
 * The content of DER ContentInfo CompressedData, written to out and finished.
 * Errors: policy when it is more than the spool takes, or more than
 * LIMIT_INFLATE_RATIO times what it is made from, but in any case
 * LIMIT_INFLATE_FREE; permanent when it is no such structure, of another
 * algorithm than ZLIB or broken; temporary those of the spool.  What was
 * written to out before an error must be thrown away.
 *
 * whole: octets of the message that der came out of.  Where they are fewer
 * they count, so that layers inside each other do not multiply.
 */
int compressed_read(struct slice der, size_t whole, struct spool *out,
    struct err *err) MUST_USE;

#endif
