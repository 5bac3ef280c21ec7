/*
 * gateway_fixture.h: a whole gateway for a test, with a real key process and
 * a real store in a temporary folder, and a mail server that carries out its
 * edits.  Failures end the test with a message.
 *
 * Served: example.org.  Its authority and that of the partners ("Our CA",
 * "Their CA") are trusted.
 */
#ifndef TESTS_UNIT_GATEWAY_FIXTURE_H
#define TESTS_UNIT_GATEWAY_FIXTURE_H

#include "gateway/gateway.h"
#include "gateway/job.h"
#include "policy/facts.h"
#include "unit/cert_fixture.h"
#include "unit/keyd_fixture.h"

struct gateway_fixture {
	char *folder;
	char *uri; /* of the store */
	char *log; /* file with all lines, level debug */
	char *ca_file;
	struct keyd_fixture keyd;
	struct fixture_cert our_ca;
	struct fixture_cert their_ca;
	struct gateway_domain domain;
	struct gateway_config config; /* change before fixture_open */
	struct tokens *tokens;	      /* as those of a process */
	struct gateway *gateway;      /* after fixture_open */
};

/* Everything but the gateway itself. */
void gateway_fixture_start(struct gateway_fixture *f);
void gateway_fixture_stop(struct gateway_fixture *f);

/* Makes the gateway from the configuration; closes the one before. */
void gateway_fixture_open(struct gateway_fixture *f);
void gateway_fixture_close(struct gateway_fixture *f);

/* A store of the test's own; the caller closes it. */
struct store *gateway_fixture_store(const struct gateway_fixture *f);

/* Puts in or changes a user. */
void gateway_fixture_user(struct gateway_fixture *f, const char *address,
    enum setting_switch sign, enum setting_encrypt encrypt);
void gateway_fixture_user_with(struct gateway_fixture *f, const char *address,
    const struct setting_level *level, enum store_user_state state);

/* Puts in a certificate of a user, with its key sealed by keyd. */
void gateway_fixture_own(struct gateway_fixture *f, const char *address,
    const struct fixture_cert *cert);

/* The certificate with its key sealed by keyd, in no store; the caller ends
 * it. */
void gateway_fixture_seal(struct gateway_fixture *f, const char *address,
    const struct fixture_cert *cert, struct store_own_cert *own);

/* Puts in a certificate of a correspondent. */
void gateway_fixture_partner(struct gateway_fixture *f, const char *address,
    const struct fixture_cert *cert, enum store_trust trust);

/* --- mail --- */

#define FIXTURE_RECIPIENTS 16

struct fixture_mail {
	const char *login;
	const char *certificate, *issuer; /* of a TLS client */
	const char *client; /* IPv4 address; NULL: 192.0.2.1, a stranger */
	const char *daemon;
	struct setting_level override;
	const char *sender;		    /* NULL: alice@example.org */
	const char *to[FIXTURE_RECIPIENTS]; /* RCPT; none: bob@example.net */
	const char *header; /* "Name: body" LF lines; folds as LF + blank */
	struct slice body;
	bool decide_only;
	bool server_dies;			       /* after the edits */
	const char *parameters;			       /* of MAIL */
	const char *to_parameters[FIXTURE_RECIPIENTS]; /* of RCPT */
	const char *resolved[FIXTURE_RECIPIENTS];      /* {rcpt_addr} */
};

struct fixture_result {
	bool wanted_body; /* what job_end_of_header said */
	enum job_outcome outcome;
	struct job_reply reply;
	struct plan plan;
	bool changed;
	char removed[1024];  /* recipients, each with a blank behind */
	char restored[1024]; /* the same, and parameters before it */
	char *file;	     /* the message as it leaves, when accepted */
};

/* Sends a mail through a job.  The result's file is in the folder. */
void gateway_fixture_send(struct gateway_fixture *f,
    const struct fixture_mail *mail, struct fixture_result *result);
void fixture_result_fini(struct fixture_result *result);

/* Makes of a message's header what Postfix does with the edits; the values
 * belong to the edits. */
void fixture_play_edits(struct header *h, const struct edits *e);

/* Runs a shell command with F=folder in its environment; its status. */
int gateway_fixture_run(const struct gateway_fixture *f, const char *format,
    ...) __attribute__((format(printf, 2, 3)));

/* Changes the store behind its back. */
void gateway_fixture_sql(const struct gateway_fixture *f, const char *sql);

/* Reads a file of the folder, or given by path; appended. */
void gateway_fixture_read(
    const struct gateway_fixture *f, const char *name, struct buf *out);

/* Is text somewhere in such a file? */
bool gateway_fixture_has(
    const struct gateway_fixture *f, const char *name, const char *text);

/* Writes certificate and key as NAME.pem and NAME.key. */
void gateway_fixture_pem(const struct gateway_fixture *f, const char *name,
    const struct fixture_cert *cert);

/* Forgets the log so far; does it have, must it have, this text? */
void gateway_fixture_log_clear(const struct gateway_fixture *f);
bool gateway_fixture_logged(const struct gateway_fixture *f, const char *text);
void gateway_fixture_expect(const struct gateway_fixture *f, const char *text);

#endif
