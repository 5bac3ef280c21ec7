/*
 * certifier.h: authorities that certify whatever is put before them, so that
 * fuzzing gets behind their signatures.
 */
#ifndef TESTS_FUZZ_CERTIFIER_H
#define TESTS_FUZZ_CERTIFIER_H

#include "cert/certificate.h"
#include "cert/trust.h"

enum certifier {
	CERTIFIER_FREE = 0,
	CERTIFIER_EXCLUDED,  /* not for example.net nor below it */
	CERTIFIER_PERMITTED, /* for mailboxes at example.com only */
	CERTIFIER_STRANGER,  /* whom nobody trusts */
	CERTIFIER_COUNT
};

/* The time of all that follows. */
time_t certifier_now(void);

/* Trusts all but the stranger. */
struct trust *certifier_trust(void);

struct certificate *certifier_certificate(enum certifier who);

/* The certificate in der as if that authority had issued it: with its name
 * and signature, without what says otherwise; valid now unless as_dated.
 * NULL: it is none.  The caller ends the reference. */
struct certificate *certifier_issue(
    enum certifier who, struct slice der, bool as_dated);

#endif
