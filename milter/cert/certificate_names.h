/*
 * certificate_names.h: whom a certificate names.  Part of certificate.c; see
 * the fields in certificate.h.
 */
#ifndef CERT_CERTIFICATE_NAMES_H
#define CERT_CERTIFICATE_NAMES_H

#include "cert/certificate.h"

/* Fills addresses, subject, issuer and serial from c->x509.  What is
 * malformed names nobody. */
void certificate_names_read(struct certificate *c);
void certificate_names_free(struct certificate *c);

/* The level by the certificate policies; the lowest when there are several,
 * CERTIFICATE_LEVEL_UNKNOWN when there is none. */
enum certificate_level certificate_level_read(X509 *x509);

#endif
