/*
 * smtp_fixture.h: an SMTP server that does what it is told, line by line.
 *
 * Each connection follows a script, a list of steps that ends with NULL; when
 * it is over the server closes the connection.
 *
 *   "> TEXT"  says TEXT and CRLF
 *   "= TEXT"  says TEXT as it is
 *   "< TEXT"  hears a line, which must be TEXT
 *   "! TEXT"  the same, and nothing has come behind it
 *   "* TEXT"  hears lines up to and with the line TEXT
 *   "end"     the client closes now, without another word
 *   "silent"  says nothing more, and reads until the client closes
 *   "deaf"    reads nothing more, until the client closes
 *   "drip"    says a byte now and then, until the client closes
 *   "flood"   says more than anybody wants to hear, until the client closes
 *   "reset"   closes the connection hard
 */
#ifndef TESTS_UNIT_SMTP_FIXTURE_H
#define TESTS_UNIT_SMTP_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define SMTP_FIXTURE_MAX 64

struct smtp_visit {
	const char *const *script;
	pthread_t thread;
	int fd;
	atomic_bool quiet; /* see smtp_fixture_wait_quiet */
	/* What was not as it should be; empty: everything was. */
	char problem[256];
};

struct smtp_fixture {
	char url[64];
	int listener;
	pthread_t thread;
	struct smtp_visit visits[SMTP_FIXTURE_MAX];
	size_t count;	     /* of visits that are expected */
	atomic_uint visited; /* of them, how many came */
};

/* Listens on loopback; the n-th connection follows the n-th script. */
void smtp_fixture_start(
    struct smtp_fixture *f, const char *const *const *scripts, size_t count);

/* The same on ::1; false when this machine has no IPv6. */
bool smtp_fixture_start_ipv6(
    struct smtp_fixture *f, const char *const *const *scripts, size_t count);

/* Waits until connection n has said all that its script has before "end", or
 * before the server closes it, and until the client's kernel has that. */
void smtp_fixture_wait_quiet(struct smtp_fixture *f, size_t n);

/* Ends all connections that have come. */
void smtp_fixture_hang_up(struct smtp_fixture *f);

/* Waits until all connections that came are over, and ends the test when
 * something was not as its script has it, or when not all came. */
void smtp_fixture_stop(struct smtp_fixture *f);

/* As smtp_fixture_stop, for those that may end early: complains of nothing. */
void smtp_fixture_drop(struct smtp_fixture *f);

#endif
