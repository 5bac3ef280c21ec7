/*
 * entity.h: a finished S/MIME MIME entity, ready to replace a message's body
 * and Content-* fields, or to be the payload of another one.
 *
 * The body is a list of pieces; some belong to the entity, others are
 * borrowed from what was protected, which must outlive it.
 */
#ifndef SMIME_ENTITY_H
#define SMIME_ENTITY_H

#include "base/buf.h"
#include "base/slice.h"
#include "mail/spool.h"

struct smime_entity {
	struct buf content_type; /* field bodies as a milter sends */
	struct buf disposition;	 /* them: leading blank, LF + tab folds; */
	const char *transfer_encoding; /* "base64", or NULL: no such field */
	struct slice_list body;
	struct buf parts[2]; /* owned pieces of body */
	struct spool spool;  /* owned piece of body */
};

void smime_entity_init(
    struct smime_entity *e, const struct spool_config *config);
void smime_entity_fini(struct smime_entity *e);

/* The entity's header block with CRLF line ends and the empty line, as
 * needed when it becomes the payload of an encryption. */
void smime_entity_header(const struct smime_entity *e, struct buf *out);

#endif
