/* own_certificate.c: see own_certificate.h.  Any thread. */
#include "gateway/own_certificate.h"

#include <stdio.h>

#include "base/log.h"

#define PROBLEM_TEXT 256
#define DAY_TEXT     sizeof("2026-01-31")

enum identity_state
own_certificate_judge(
    const struct certificate *c, const char *address, time_t now)
{
	if (!c->may_sign)
		return IDENTITY_WRONG_USAGE;
	if (!certificate_has_address(c, address))
		return IDENTITY_WRONG_ADDRESS;
	if (!certificate_is_strong(c))
		return IDENTITY_WEAK;
	if (now > c->not_after)
		return IDENTITY_EXPIRED;
	if (now < c->not_before)
		return IDENTITY_NOT_YET;
	return IDENTITY_READY;
}

bool
own_certificate_is_nearer(enum identity_state a, enum identity_state b)
{
	static const int order[] = {
	    [IDENTITY_NO_CERTIFICATE] = 0,
	    [IDENTITY_WRONG_USAGE] = 1,
	    [IDENTITY_WRONG_ADDRESS] = 2,
	    [IDENTITY_WEAK] = 3,
	    [IDENTITY_EXPIRED] = 4,
	    [IDENTITY_NOT_YET] = 5,
	    [IDENTITY_READY] = 6,
	};

	return order[a] > order[b];
}

/* --- for the operator --- */

static void
day_text(time_t time, char *text)
{
	struct tm tm;

	if (!gmtime_r(&time, &tm) || !strftime(text, DAY_TEXT, "%F", &tm))
		snprintf(text, DAY_TEXT, "?");
}

static void
describe(const struct own_certificate_problem *p, char *text)
{
	const struct certificate *c = p->certificate;
	char day[DAY_TEXT];

	switch (p->state) {
	case IDENTITY_EXPIRED:
		day_text(c->not_after, day);
		snprintf(text, PROBLEM_TEXT, "expired on %s", day);
		break;
	case IDENTITY_NOT_YET:
		day_text(c->not_before, day);
		snprintf(text, PROBLEM_TEXT, "is not valid before %s", day);
		break;
	case IDENTITY_WRONG_ADDRESS:
		snprintf(text, PROBLEM_TEXT, "is for %s",
		    c->address_count > 0 ? c->addresses[0] : "no address");
		break;
	case IDENTITY_WEAK:
		snprintf(text, PROBLEM_TEXT,
		    "has a key or a signature that is too weak");
		break;
	default:
		snprintf(text, PROBLEM_TEXT, "is not for signing mail%s%s",
		    p->why ? ": " : "", p->why ? p->why : "");
	}
}

void
own_certificate_warn(const struct own_certificate_problem *p)
{
	char problem[PROBLEM_TEXT];

	describe(p, problem);
	log_warning("%s: certificate %.16s %s; mail %s; %s "
		    "\"smimectl cert issue\" or \"smimectl key import\", or "
		    "run: smimectl user set %s --sign off",
	    p->address, p->certificate->fingerprint_text, problem,
	    p->mail_waits ? "waits with the sender (451)" : "goes out unsigned",
	    p->state == IDENTITY_NOT_YET
		? "check the clock, or install another one with"
		: "install a new one with",
	    p->address);
}
