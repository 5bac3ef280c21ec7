/*
 * client_certificate.h: whose TLS certificate a mail server has verified, from
 * its macros.
 *
 * Postfix tells {cert_subject} and {cert_issuer}, each a common name, and only
 * when it could verify the certificate; it knows no {verify}.  Sendmail tells
 * about every certificate, in {verify} whether it is any good, and common names
 * in {cn_subject} and {cn_issuer}; its {cert_subject} is the whole name in one
 * line, in which "/CN=" may be part of a value that somebody chose.
 */
#ifndef DAEMON_CLIENT_CERTIFICATE_H
#define DAEMON_CLIENT_CERTIFICATE_H

/* As the mail server gave them; NULL: it did not. */
struct client_macros {
	const char *version; /* v */
	const char *verify;
	const char *cert_subject, *cert_issuer;
	const char *cn_subject, *cn_issuer;
};

/* Common names; the caller frees both.  NULL: there is none. */
struct client_certificate {
	char *subject;
	char *issuer;
};

/* Both NULL unless it is certain that the mail server verified the certificate
 * and that it has a name: {verify} says OK, or there is none and the version is
 * that of Postfix. */
void client_certificate_read(
    const struct client_macros *macros, struct client_certificate *out);
void client_certificate_fini(struct client_certificate *certificate);

#endif
