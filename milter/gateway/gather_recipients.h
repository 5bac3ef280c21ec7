/*
 * gather_recipients.h: the recipients of a message, the rules for them, their
 * certificates, and those of escrow.  For gather.c only.
 */
#ifndef GATEWAY_GATHER_RECIPIENTS_H
#define GATEWAY_GATHER_RECIPIENTS_H

#include "gateway/gather.h"

/* The settings of the sender, and what he asks for, are known.  visible: the
 * addresses of To and Cc, sorted. */
int gather_recipients(struct gather *g, const struct directory_view *view,
    const struct envelope *envelope, const struct address_list *visible,
    struct err *err) MUST_USE;

#endif
