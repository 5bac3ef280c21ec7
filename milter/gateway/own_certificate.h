/*
 * own_certificate.h: can a certificate of our own user sign, and what is the
 * operator told when it cannot (A8)?
 */
#ifndef GATEWAY_OWN_CERTIFICATE_H
#define GATEWAY_OWN_CERTIFICATE_H

#include <stdbool.h>
#include <time.h>

#include "cert/certificate.h"
#include "policy/facts.h"

/* What is wrong with it, worst first; or IDENTITY_READY. */
enum identity_state own_certificate_judge(
    const struct certificate *c, const char *address, time_t now);

/* Is a nearer to signing than b?  Of several certificates the nearest one
 * tells why none does.  Not for users without any or retired. */
bool own_certificate_is_nearer(enum identity_state a, enum identity_state b);

/* One warning: whose certificate it is, what is wrong with it, what becomes
 * of the mail, and the remedy.  state is not IDENTITY_READY; why, or NULL:
 * what an operation said. */
struct own_certificate_problem {
	const char *address;
	const struct certificate *certificate;
	enum identity_state state;
	const char *why;
	bool mail_waits; /* 451; otherwise it goes on unsigned */
};
void own_certificate_warn(const struct own_certificate_problem *p);

#endif
