/* grouping.c: see grouping.h.  Pure, any thread. */
#include "policy/grouping.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* --- algorithms --- */

/* What suits this one recipient. */
static struct plan_group
suitable(
    const struct recipient_facts *r, const struct plan_recipient *p, bool sign)
{
	struct plan_group g = {.encrypt = p->encrypt};

	if (!p->encrypt) {
		g.opaque = sign && r->level.form == FORM_OPAQUE;
		return g;
	}
	g.blind = !r->visible;
	g.cipher = r->level.cipher;
	if (g.cipher <= CIPHER_AUTO)
		g.cipher = r->reads_gcm ? CIPHER_AES256_GCM : CIPHER_AES256_CBC;
	g.oaep = r->level.transport == TRANSPORT_OAEP ||
		 (r->level.transport <= TRANSPORT_AUTO && r->reads_oaep);
	return g;
}

/* Rule E2: where policy leaves it open, the strongest that all who share the
 * ciphertext can read. */
struct common {
	bool gcm, oaep;
};

static struct common
common_ability(const struct policy_facts *facts, const struct plan *plan)
{
	struct common c = {.gcm = true, .oaep = true};

	for (size_t i = 0; i < facts->recipient_count; i++) {
		const struct recipient_facts *r = &facts->recipients[i];

		if (!plan->recipients[i].encrypt || !r->visible)
			continue;
		if (r->level.cipher <= CIPHER_AUTO)
			c.gcm &= r->reads_gcm;
		if (r->level.transport <= TRANSPORT_AUTO)
			c.oaep &= r->reads_oaep;
	}
	return c;
}

/* What he gets in a message to several. */
static struct plan_group
settled(const struct recipient_facts *r, const struct plan_recipient *p,
    bool sign, struct common common)
{
	struct plan_group g = suitable(r, p, sign);

	if (!g.encrypt || g.blind)
		return g;
	if (r->level.cipher <= CIPHER_AUTO)
		g.cipher = common.gcm ? CIPHER_AES256_GCM : CIPHER_AES256_CBC;
	if (r->level.transport <= TRANSPORT_AUTO)
		g.oaep = common.oaep;
	return g;
}

/* --- groups --- */

static bool
can_share(const struct plan_group *a, const struct plan_group *b,
    enum grouping_detail detail)
{
	if (a->encrypt != b->encrypt)
		return false;
	if (a->blind || b->blind)
		return false;
	if (detail == GROUPING_JOINT)
		return true;
	return a->cipher == b->cipher && a->oaep == b->oaep &&
	       a->opaque == b->opaque;
}

static size_t
find_group(const struct plan *plan, const struct plan_group *want,
    enum grouping_detail detail)
{
	for (size_t i = 0; i < plan->group_count; i++)
		if (can_share(&plan->groups[i], want, detail))
			return i;
	return plan->group_count;
}

/* Without copies, pins are met as far as all can follow who share the
 * ciphertext: who reads one of these ciphers reads the plainer ones, too, and
 * anything is better than clear text. */
static enum setting_cipher
plainer(enum setting_cipher a, enum setting_cipher b)
{
	bool gcm = (a == CIPHER_AES256_GCM || a == CIPHER_AES128_GCM) &&
		   (b == CIPHER_AES256_GCM || b == CIPHER_AES128_GCM);
	bool is128 = a == CIPHER_AES128_CBC || a == CIPHER_AES128_GCM ||
		     b == CIPHER_AES128_CBC || b == CIPHER_AES128_GCM;

	if (gcm)
		return is128 ? CIPHER_AES128_GCM : CIPHER_AES256_GCM;
	return is128 ? CIPHER_AES128_CBC : CIPHER_AES256_CBC;
}

static void
join_group(struct plan_group *g, const struct plan_group *want)
{
	if (g->encrypt) {
		g->cipher = plainer(g->cipher, want->cipher);
		g->oaep &= want->oaep;
	}
	g->opaque &= want->opaque;
}

static void
add_recipient(const struct policy_facts *facts, struct plan *plan, size_t i,
    struct common common, enum grouping_detail detail)
{
	const struct recipient_facts *r = &facts->recipients[i];
	struct plan_group want =
	    settled(r, &plan->recipients[i], plan->sign, common);
	size_t at;

	at = want.blind ? plan->group_count : find_group(plan, &want, detail);
	if (at == plan->group_count)
		plan->groups[plan->group_count++] = want;
	join_group(&plan->groups[at], &want);
	plan->groups[at].count++;
	plan->recipients[i].group = at;
}

/* The best protected first; then in the order of the recipients. */
struct place {
	struct plan_group group;
	size_t was;
};

static int
rank(const struct plan_group *g)
{
	return !g->encrypt ? 2 : g->blind ? 1 : 0;
}

static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (rank(&x->group) != rank(&y->group))
		return rank(&x->group) - rank(&y->group);
	if (x->group.count != y->group.count)
		return x->group.count < y->group.count ? 1 : -1;
	return x->was < y->was ? -1 : x->was > y->was;
}

static void
sort_groups(struct plan *plan)
{
	size_t n = plan->group_count;
	struct place *places = xcalloc(n + 1, sizeof(*places));
	size_t *now = xcalloc(n + 1, sizeof(*now));

	for (size_t i = 0; i < n; i++)
		places[i] = (struct place){plan->groups[i], i};
	qsort(places, n, sizeof(*places), compare_places);
	for (size_t i = 0; i < n; i++) {
		plan->groups[i] = places[i].group;
		now[places[i].was] = i;
	}
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (plan->recipients[i].group != PLAN_NO_GROUP)
			plan->recipients[i].group =
			    now[plan->recipients[i].group];
	free(now);
	free(places);
}

static bool
gets_something(const struct plan *plan, size_t i)
{
	return !plan->recipients[i].refused;
}

static bool
is_blind(const struct policy_facts *facts, const struct plan *plan, size_t i)
{
	return plan->recipients[i].encrypt && !facts->recipients[i].visible;
}

void
grouping_make(const struct policy_facts *facts, struct plan *plan,
    enum grouping_detail detail)
{
	struct common common = common_ability(facts, plan);
	size_t n = facts->recipient_count;

	free(plan->groups);
	plan->groups = xcalloc(n + 1, sizeof(*plan->groups));
	/* A message to nobody ("smimectl message sign") is one in clear. */
	plan->group_count = n == 0;
	/* First those that others can share: there are only a few, while each
	 * blind recipient is one more. */
	for (size_t i = 0; i < n; i++) {
		plan->recipients[i].group = PLAN_NO_GROUP;
		if (gets_something(plan, i) && !is_blind(facts, plan, i))
			add_recipient(facts, plan, i, common, detail);
	}
	for (size_t i = 0; i < n; i++)
		if (gets_something(plan, i) && is_blind(facts, plan, i))
			add_recipient(facts, plan, i, common, detail);
	sort_groups(plan);
}

enum plan_reason
grouping_obstacle(const struct policy_facts *facts, const struct plan *plan,
    size_t *recipient)
{
	size_t n = facts->recipient_count, i, clear = PLAN_NO_RECIPIENT;
	enum plan_reason reason;

	for (i = 0; i < n && !is_blind(facts, plan, i); i++)
		if (clear == PLAN_NO_RECIPIENT && gets_something(plan, i) &&
		    !plan->recipients[i].encrypt)
			clear = i;
	*recipient = i < n ? i : clear;
	if (i < n)
		return REASON_BCC;
	if (clear == PLAN_NO_RECIPIENT)
		return REASON_MIXED;
	reason = plan->recipients[clear].reason;
	/* Where the text says no more than that two mails would do. */
	if (!plan_reason_is_no_key(reason) && reason != REASON_LOCAL_RECIPIENT)
		reason = REASON_MIXED;
	return reason;
}
