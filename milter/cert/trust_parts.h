/* trust_parts.h: the inside of a struct trust, for trust*.c only. */
#ifndef CERT_TRUST_PARTS_H
#define CERT_TRUST_PARTS_H

#include <openssl/x509_vfy.h>

#include "base/lru.h"
#include "cert/trust.h"

struct trust {
	int refs;
	X509_STORE *store; /* the anchors for OpenSSL */
	struct certificate_list anchors;
	struct lru *verdicts; /* struct verdict by text; see trust_check.c */
};

/* An empty cache of verdicts. */
struct lru *trust_verdicts_new(void);

#endif
