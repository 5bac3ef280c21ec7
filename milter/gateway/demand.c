/*
 * demand.c: see demand.h.
 *
 * From is a claim: it may be anybody's, and what is asked of the one whose
 * name it is protects him.  A name written beside his must not take that away,
 * so the strictest counts.  Any thread.
 */
#include "gateway/demand.h"

#include "base/limits.h"
#include "policy/inbound.h"

static int
add_author(const struct directory_view *view, const char *address,
    struct recipient_level *demand, struct err *err)
{
	struct directory_rule *rule;

	if (directory_find_rule(view, address, &rule, err) < 0)
		return -1;
	inbound_demand_add(demand, &rule->level);
	directory_rule_unref(&rule);
	return 0;
}

int
demand_of(const struct directory_view *view, const struct address_list *from,
    struct recipient_level *out, struct err *err)
{
	/* He whose mail is refused may be behind them. */
	static const struct recipient_level crowd = {
	    .inbound_signature = DEMAND_REQUIRED,
	    .inbound_action = UNMET_REFUSE,
	};
	struct recipient_level demand = {0};
	size_t n = from->count;
	bool any;

	if (directory_demands(view, &any, err) < 0)
		return -1;
	if (!any)
		n = 0;
	if (n > LIMIT_DEMAND_AUTHORS)
		n = LIMIT_DEMAND_AUTHORS;
	for (size_t i = 0; i < n; i++)
		if (add_author(view, from->addresses[i], &demand, err) < 0)
			return -1;
	if (any && n < from->count)
		inbound_demand_add(&demand, &crowd);
	*out = demand;
	return 0;
}
