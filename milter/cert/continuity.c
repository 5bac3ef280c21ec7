/* continuity.c: see continuity.h. */
#include "cert/continuity.h"

#include <string.h>

#include "cert/partner_certs.h"

static const char *const names[] = {
    [CONTINUITY_OTHER_AUTHORITY] = "other-authority",
    [CONTINUITY_LOWER_LEVEL] = "lower-level",
    [CONTINUITY_PINNED] = "pinned",
    [CONTINUITY_FIRST] = "first",
    [CONTINUITY_SAME] = "same",
};

const char *
continuity_name(enum continuity c)
{
	return names[c];
}

enum store_trust
continuity_trust(enum continuity c)
{
	return c == CONTINUITY_FIRST || c == CONTINUITY_SAME
		   ? STORE_TRUST_HARVESTED
		   : STORE_TRUST_PENDING;
}

/* What the operator vouches for needs no path, then no authority either;
 * what was harvested is of no use any more when its path is gone. */
static bool
is_in_use(const struct store_partner_cert *p, const struct certificate *anchor,
    time_t now)
{
	if (now < p->certificate->not_before || now > p->certificate->not_after)
		return false;
	return p->trust == STORE_TRUST_MANUAL ||
	       p->trust == STORE_TRUST_PINNED ||
	       (p->trust == STORE_TRUST_HARVESTED && anchor);
}

/* What one certificate says about the newcomer. */
static enum continuity
ask(struct trust *trust, const struct store_partner_cert *p,
    const struct certificate *newcomer, const struct certificate *authority,
    time_t now)
{
	struct certificate *anchor =
	    trust_anchor_of(trust, p->certificate, &p->chain, now);
	enum continuity answer = CONTINUITY_SAME;

	if (!is_in_use(p, anchor, now))
		answer = CONTINUITY_FIRST;
	else if (!anchor || !trust_is_same_authority(anchor, authority))
		answer = CONTINUITY_OTHER_AUTHORITY;
	else if (newcomer->level < p->certificate->level)
		answer = CONTINUITY_LOWER_LEVEL;
	certificate_unref(&anchor);
	return answer;
}

/* One that vouches is enough; of those that do not the one that comes
 * nearest says why. */
static enum continuity
combine(enum continuity a, enum continuity b)
{
	if (a == CONTINUITY_FIRST || b == CONTINUITY_SAME)
		return b;
	if (b == CONTINUITY_FIRST || a == CONTINUITY_SAME)
		return a;
	return a > b ? a : b;
}

enum continuity
continuity_judge(struct trust *trust,
    const struct continuity_newcomer *newcomer,
    const struct store_partner_cert *known, size_t count, time_t now)
{
	struct certificate *authority;
	enum continuity answer = CONTINUITY_FIRST;

	for (size_t i = 0; i < count; i++)
		if (known[i].trust == STORE_TRUST_PINNED &&
		    !certificate_is_same(
			known[i].certificate, newcomer->certificate))
			return CONTINUITY_PINNED;
	authority = trust_anchor_of(
	    trust, newcomer->certificate, newcomer->others, now);
	if (!authority)
		return CONTINUITY_OTHER_AUTHORITY;
	for (size_t i = 0; i < count; i++)
		if (!certificate_is_same(
			known[i].certificate, newcomer->certificate))
			answer = combine(
			    answer, ask(trust, &known[i], newcomer->certificate,
					authority, now));
	certificate_unref(&authority);
	return answer;
}

int
continuity_judge_stored(struct trust *trust, struct store *store,
    const struct store_partner_cert *newcomer, time_t now, enum continuity *out,
    struct err *err)
{
	const struct continuity_newcomer who = {
	    newcomer->certificate, &newcomer->chain};
	struct partner_certs known;
	int rc;

	partner_certs_init(&known);
	rc = partner_certs_load(&known, store, newcomer->address, err);
	if (rc == 0)
		*out =
		    continuity_judge(trust, &who, known.at, known.count, now);
	partner_certs_fini(&known);
	return rc;
}
