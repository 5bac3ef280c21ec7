/*
 * enroll.h: giving a user a certificate and its sealed key, however they
 * came: imported, or issued here.
 */
#ifndef ADMIN_ENROLL_H
#define ADMIN_ENROLL_H

#include <jansson.h>

#include "admin/admin.h"
#include "cert/certificate.h"
#include "key/key_client.h"

struct enroll_opts {
	const char *address; /* canonical, of a user */
	struct certificate *certificate;
	const struct certificate_list *others; /* for the chain; or NULL */
	const struct key_sealed *key;
	bool archive;	    /* for reading old mail only: what would keep it
	                     * from signing is no error */
	const char *action; /* for the audit */
};

/* May this certificate be the user's?  Permanent errors: of another
 * address, expired or not yet valid, too weak, not for mail. */
int enroll_check(
    struct admin *a, const struct enroll_opts *opts, struct err *err) MUST_USE;

/*
 * enroll_check, then the chain is completed, a signature is made and
 * verified, all is stored and written down.  Nothing is stored on failure.
 * *report (the caller's) is what cert_json says, with address, chain (how
 * many), and ready, result ... of key_ready.h.
 */
int enroll(struct admin *a, const struct enroll_opts *opts, json_t **report,
    struct err *err) MUST_USE;

#endif
