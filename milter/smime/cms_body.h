/*
 * cms_body.h: the CMS object in the body of an application/pkcs7-* entity,
 * without its transfer encoding.
 */
#ifndef SMIME_CMS_BODY_H
#define SMIME_CMS_BODY_H

#include "base/err.h"
#include "base/slice.h"
#include "mail/header.h"
#include "mail/mime_scan.h"
#include "mail/spool.h"

/* What Content-Transfer-Encoding says; 7BIT when it is absent, OTHER when
 * there are several that disagree. */
enum mime_cte cms_body_encoding(const struct header *header);

struct cms_body {
	struct slice der;   /* in spool, or in the entity's own body */
	struct spool spool; /* decoded */
};

/* Decodes; body must outlive b, which is ended with cms_body_fini whatever
 * comes back.  Base64 is read leniently (RFC 2045 6.8): what is not of its
 * alphabet is passed over, as every mail program does.  Permanent error for
 * an encoding that nobody knows; else those of the spool. */
int cms_body_decode(struct cms_body *b, const struct header *header,
    struct slice body, const struct spool_config *config,
    struct err *err) MUST_USE;
void cms_body_fini(struct cms_body *b);

#endif
