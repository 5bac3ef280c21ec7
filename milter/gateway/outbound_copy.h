/*
 * outbound_copy.h: what one group of recipients gets, from an entity to a
 * whole message.  For outbound.c.
 */
#ifndef GATEWAY_OUTBOUND_COPY_H
#define GATEWAY_OUTBOUND_COPY_H

#include <stdbool.h>

#include "cert/certificate.h"
#include "gateway/envelope.h"
#include "gateway/message_copy.h"
#include "mail/header.h"
#include "mail/spool.h"
#include "policy/plan.h"
#include "smime/encrypt.h"
#include "smime/entity.h"

struct outbound_copy {
	struct message_copy copy;
	struct smime_entity envelope;	      /* of a ciphertext, */
	struct certificate_list certificates; /* and to whom */
};

void outbound_copy_init(
    struct outbound_copy *copy, const struct spool_config *config);
void outbound_copy_fini(struct outbound_copy *copy);

/* The algorithms of a group. */
void outbound_copy_opts(const struct plan_group *group,
    const struct certificate_list *certificates,
    struct smime_encrypt_opts *opts);

/* Is it a field that goes from every copy, or that another entity changes? */
bool outbound_copy_replaces(const struct header_field *field);

/* The edits for a copy that carries entity; NULL: its own, unchanged.  Fields
 * that are nobody else's business go (rule B2). */
void outbound_copy_edit(struct outbound_copy *copy, const struct header *header,
    const struct smime_entity *entity);

/* The copy stays in place: who is in another group, or in none, is removed
 * by each of his names. */
void outbound_copy_stay(struct outbound_copy *copy, const struct plan *plan,
    const struct envelope *envelope);

#endif
