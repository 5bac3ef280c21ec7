/*
 * demand.h: what is asked of mail from whoever stands in its From (E6).
 */
#ifndef GATEWAY_DEMAND_H
#define GATEWAY_DEMAND_H

#include "base/err.h"
#include "base/setting.h"
#include "gateway/directory.h"
#include "mail/address_list.h"

/*
 * The strictest of what is asked of all its mailboxes, of all From fields
 * together; {0} when nothing is asked of anybody, and that costs nothing
 * where there is no such rule at all.  Where there is, more than
 * LIMIT_DEMAND_AUTHORS of them are asked for a signature, and refused without,
 * for nobody looks at the rest.  Of *out only the inbound values are set.
 * Errors are those of the store.
 */
int demand_of(const struct directory_view *view,
    const struct address_list *from, struct recipient_level *out,
    struct err *err) MUST_USE;

#endif
