/*
 * fingerprint.h: SHA-256 fingerprints of certificates as people give them:
 * the beginning is enough when it is long enough to be no mistake.
 */
#ifndef ADMIN_FINGERPRINT_H
#define ADMIN_FINGERPRINT_H

#include <stdbool.h>

#include "admin/command.h"
#include "cert/certificate.h"

/* Digits that must be given at least. */
#define FINGERPRINT_LEAST 8u

/* Hexadecimal digits of either case, with or without the colons that openssl
 * prints: lower-case digits in out, which has room for FINGERPRINT_TEXT.
 * VERB_USAGE when it is anything else, too short or too long. */
enum verb_result fingerprint_read(const char *text, char *out, struct err *err);

/* Does it begin with what fingerprint_read has read? */
bool fingerprint_fits(const char *fingerprint, const char *beginning);

#endif
