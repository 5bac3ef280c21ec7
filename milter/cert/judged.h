/*
 * judged.h: what the operator said about authorities, from the store into a
 * trust.
 */
#ifndef CERT_JUDGED_H
#define CERT_JUDGED_H

#include "cert/store.h"
#include "cert/trust.h"

/* Sets what the store says now (trust_set_judged).  On error, which is the
 * store's, the trust stays as it was. */
int judged_load(
    struct store *store, struct trust *trust, struct err *err) MUST_USE;

#endif
