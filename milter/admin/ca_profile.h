/*
 * ca_profile.h: what the built-in authority writes into certificates.
 *
 * The profile of the CA/Browser Forum's S/MIME requirements (rules C2, C3)
 * as far as a private authority can follow it: no policy is claimed.
 */
#ifndef ADMIN_CA_PROFILE_H
#define ADMIN_CA_PROFILE_H

#include <time.h>

#include <openssl/x509v3.h>

#include "base/err.h"

/* Rule C2: S/MIME certificates live 825 days at most. */
#define CA_PROFILE_DAYS_MAX 825

/* A positive random serial of 128 bits; the issuer needs no register. */
int ca_profile_serial(X509 *x, struct err *err) MUST_USE;

/* From some minutes before now, for clocks that are late, for that many
 * days, but not behind limit (0: none). */
int ca_profile_validity(
    X509 *x, time_t now, long days, time_t limit, struct err *err) MUST_USE;

/* A self-signed root that may sign end certificates and CRLs only; its name
 * and public key are set. */
int ca_profile_root(X509 *x, struct err *err) MUST_USE;

/* One mailbox, to sign and to receive as the public key of x allows.  The
 * subject is set by ca_profile_subject before. */
int ca_profile_mailbox(
    X509 *x, X509 *issuer, const char *address, struct err *err) MUST_USE;

/* The person's name, else the address, else (both longer than a common name
 * may be) nothing. */
int ca_profile_subject(X509_NAME *subject, const char *person,
    const char *address, struct err *err) MUST_USE;

/* SubjectAltName of one canonical address (rule H6); the caller frees it
 * with GENERAL_NAMES_free. */
GENERAL_NAMES *ca_profile_names(const char *address);

#endif
