/*
 * local_ca.h: the built-in authority, for tests and private use.
 *
 * A folder (mode 0700) with ca.key, its private key (PEM, mode 0600), and
 * ca.pem, its certificate.  The key is read by smimectl only, when a
 * certificate is issued: neither smime-milter nor smime-keyd ever sees it,
 * so nobody who breaks into the mail system can make certificates.
 */
#ifndef ADMIN_LOCAL_CA_H
#define ADMIN_LOCAL_CA_H

#include <time.h>

#include <openssl/x509.h>

#include "admin/key_type.h"
#include "base/err.h"
#include "cert/certificate.h"

struct local_ca;

struct local_ca_opts {
	const char *name; /* common name of the root */
	const struct key_type *type;
	long days;
};

/* Makes folder, key and root; *root gets a reference.  Permanent error when
 * there is one already: its certificates would be orphans. */
int local_ca_init(const char *folder, const struct local_ca_opts *opts,
    time_t now, struct certificate **root, struct err *err) MUST_USE;

/* The root alone; the caller gets a reference.  Not found when "ca init" was
 * never run. */
int local_ca_root(
    const char *folder, struct certificate **out, struct err *err) MUST_USE;

/* Root and private key, to issue.  Permanent error when others can read the
 * key, or when the two do not belong together. */
int local_ca_open(
    const char *folder, struct local_ca **out, struct err *err) MUST_USE;
void local_ca_close(struct local_ca *ca);

struct local_ca_order {
	X509_REQ *request;   /* its signature was verified */
	const char *address; /* canonical */
	const char *person;  /* name, or "" */
	long days;
};

/* A certificate for one mailbox; at most CA_PROFILE_DAYS_MAX days, never
 * beyond the root's end.  The caller gets a reference. */
int local_ca_issue(const struct local_ca *ca,
    const struct local_ca_order *order, time_t now, struct certificate **out,
    struct err *err) MUST_USE;

#endif
