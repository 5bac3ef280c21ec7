/*
 * der.h: writing DER (X.690), as far as CMS needs it.
 *
 * Everything appends to a capped buffer; ask buf_ok() once at the end.
 * Constructed values are opened, filled and closed; what is streamed behind
 * a head of known length uses der_head.
 */
#ifndef SMIME_DER_H
#define SMIME_DER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "smime/oid.h"

#define DER_INTEGER	 0x02
#define DER_BIT_STRING	 0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL	 0x05
#define DER_OID		 0x06
#define DER_UTC_TIME	 0x17
#define DER_GENERAL_TIME 0x18
#define DER_SEQUENCE	 0x30
#define DER_SET		 0x31
/* Context-specific: implicit primitive, and constructed or explicit. */
#define DER_CONTEXT(n)	   (0x80 | (n))
#define DER_CONSTRUCTED(n) (0xa0 | (n))

/* Octets of tag and length before len octets of content. */
size_t der_head_size(size_t len);
/* Octets of a whole element with len octets of content. */
size_t der_size(size_t len);

/* Tag and length only: len octets of content must follow. */
void der_head(struct buf *out, unsigned char tag, size_t len);

/* A whole primitive (or already encoded) element. */
void der_put(struct buf *out, unsigned char tag, struct slice content);

/* Begins a constructed value; close it with what this returned. */
size_t der_open(struct buf *out, unsigned char tag);
void der_close(struct buf *out, size_t mark);

/* Whole elements: OBJECT IDENTIFIER, INTEGER, NULL. */
void der_oid(struct buf *out, enum oid oid);
void der_integer(struct buf *out, unsigned value);
void der_null(struct buf *out);

/* AlgorithmIdentifier without parameters. */
void der_algorithm(struct buf *out, enum oid oid);
/* AlgorithmIdentifier with NULL parameters. */
void der_algorithm_null(struct buf *out, enum oid oid);

/* A SET OF already encoded elements in DER order (X.690 11.6); reorders
 * the array. */
void der_set_of(
    struct buf *out, unsigned char tag, struct slice *elements, size_t count);

#endif
