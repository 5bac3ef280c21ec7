/*
 * domain.h: what stands behind the "@".
 *
 * Part of address.h, which is what others use.
 */
#ifndef MAIL_DOMAIN_H
#define MAIL_DOMAIN_H

#include "base/slice.h"

/* A host name in canonical form: lower-case A-labels, no final dot.  The
 * caller frees it; NULL when s is no host name. */
char *domain_canonical_host(struct slice s);

/* A host name, or an address literal such as "[192.0.2.1]" in brackets and
 * the shortest lower-case form.  The caller frees it; NULL when s is
 * neither. */
char *domain_canonical(struct slice s);

/* A canonical host name with U-labels, in UTF-8.  The caller frees it; NULL
 * when libidn2 refuses it. */
char *domain_unicode(const char *canonical);

#endif
