/*
 * session_site.h: where sessions are replayed: a real gateway with a real
 * store and key process, made once, that learns nothing, so that every input
 * meets the same site.
 *
 *	alice@example.org	signs, encrypts if possible
 *	must@example.org	signs, must encrypt
 *	off@example.org		does not sign
 *	bare@example.org	has no certificate
 *	alice@example.com	signs
 *	self@example.org	signs; mail to him is encrypted
 *	bob@example.net		has a certificate, so has second@example.net
 *	old@example.net		has one that is over
 *	wait@example.net	has one that waits for the operator
 *
 * 127.0.0.0/8 and the listener SUBMISSION may submit mail.
 */
#ifndef TESTS_FUZZ_SESSION_SITE_H
#define TESTS_FUZZ_SESSION_SITE_H

#include "daemon/service.h"
#include "gateway/gateway.h"
#include "smime/decrypt.h"

/* Largest message; small, to get there. */
#define SITE_MESSAGE_MAX ((size_t)256 * KIB)

struct site {
	struct gateway *gateway;
	struct service *service;
	/* What opens mail to bob, second and self. */
	struct smime_decrypt_opts partners;
	const char *must_encrypt; /* "must@example.org" */
};

/* Store and key process; once, before the first input. */
void site_start(void);

/* The gateway, made when it is asked for first: a child of a fork server
 * must not share connections with its parent. */
struct site *site_get(void);

/* The lines logged since the last call, valid until the next one. */
const char *site_log(void);

#endif
