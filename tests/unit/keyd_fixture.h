/*
 * keyd_fixture.h: a real smime-keyd for a test.
 *
 * Starts the smime-keyd of this build with a wrapping key of its own on a
 * socket in a temporary folder.  Failures end the test with a message.
 */
#ifndef TESTS_UNIT_KEYD_FIXTURE_H
#define TESTS_UNIT_KEYD_FIXTURE_H

#include <sys/types.h>

struct keyd_fixture {
	char folder[64];     /* anybody may enter */
	char run_folder[96]; /* made by keyd */
	char socket[128];
	char key_file[96]; /* 64 hex digits */
	const char *user;  /* -u, or NULL */
	const char *group; /* -g, or NULL */
	pid_t pid;	   /* -1 when none runs */
};

/* Makes folder and wrapping key, starts keyd and waits until it answers. */
void keyd_fixture_start(struct keyd_fixture *f);

/* As keyd_fixture_start, as root only, for another user or group. */
void keyd_fixture_start_as(
    struct keyd_fixture *f, const char *user, const char *group);

/* Ends it with SIGTERM, checks that it ended with 0, removes the folder. */
void keyd_fixture_stop(struct keyd_fixture *f);

/* Kills it, as a crash would; the socket's file stays. */
void keyd_fixture_kill(struct keyd_fixture *f);

/* Starts it again in the same folder, after keyd_fixture_kill. */
void keyd_fixture_restart(struct keyd_fixture *f);

#endif
