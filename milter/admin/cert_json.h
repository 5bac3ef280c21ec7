/*
 * cert_json.h: certificates, and what their owners can do, as JSON and in
 * columns.
 */
#ifndef ADMIN_CERT_JSON_H
#define ADMIN_CERT_JSON_H

#include <time.h>

#include <jansson.h>

#include "admin/output.h"
#include "base/slice.h"
#include "cert/certificate.h"

/* Digits of a fingerprint that logs and tables show. */
#define CERT_ID_DIGITS 16

/*
 * fingerprint (and id, its beginning), subject, issuer, serial, addresses,
 * not_before, not_after, days_left, validity ("valid", "expired",
 * "not-yet"), key ("rsa 3072"), key_id, level, usage.
 */
json_t *cert_json(const struct certificate *c, time_t now);

/* The columns that describe one certificate, line by line. */
#define CERT_JSON_LINES                                                        \
	{"subject", "Subject", COLUMN_TEXT},                                   \
	    {"issuer", "Issuer", COLUMN_TEXT},                                 \
	    {"serial", "Serial", COLUMN_TEXT},                                 \
	    {"addresses", "Addresses", COLUMN_TEXT},                           \
	    {"not_before", "Valid from", COLUMN_TEXT},                         \
	    {"not_after", "Valid until", COLUMN_TEXT},                         \
	    {"validity", "Validity", COLUMN_TEXT},                             \
	    {"key", "Key", COLUMN_TEXT}, {"usage", "Usage", COLUMN_TEXT},      \
	    {"level", "Level", COLUMN_TEXT},                                   \
	{                                                                      \
		"fingerprint", "SHA-256 fingerprint", COLUMN_TEXT              \
	}

/* The certificate as PEM; the caller frees it. */
char *cert_json_pem(const struct certificate *c);

/* The algorithms in a DER SMIMECapabilities, in the owner's order, as words
 * ("aes-256-cbc", "rc2-cbc/128"); what cannot be read gives an empty list. */
json_t *cert_json_capabilities(struct slice der);

#endif
