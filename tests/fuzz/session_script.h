/*
 * session_script.h: what a mail server says to a session, as lines of text,
 * so that seeds can be read and mutations mean something.
 *
 *	C 192.0.2.1 MX		a client, by address (or "unix", or "-") and
 *				name of the listener (or nothing)
 *	L alice@example.org	who has logged in, from the next M on
 *	M <alice@example.org>	MAIL
 *	R <bob@example.net>	RCPT
 *	I 4Q1			the queue id
 *	H Subject: Hello	a header field
 *	E			the end of the header
 *	B text			a line of the body
 *	b text			the same without its line end
 *	X 1000			the last line of the body so often again
 *	.			the end of the message
 *	h			all header fields of the message before, as it
 *				left
 *	f			its body
 *	A			abort
 *	Q			the connection ends, and another one begins
 *	G			the configuration is read again
 *
 * In texts, \n \r \t \\ and \xHH stand for bytes.  Other lines are left out.
 */
#ifndef TESTS_FUZZ_SESSION_SCRIPT_H
#define TESTS_FUZZ_SESSION_SCRIPT_H

#include "base/slice.h"

#define SCRIPT_OPS 256u

struct script_op {
	char what;
	const char *text; /* ends with a NUL, but may hold others */
	size_t len;
};

struct script {
	struct script_op ops[SCRIPT_OPS];
	size_t count;
	char *bytes; /* of all texts */
};

/* Reads at most SCRIPT_OPS lines; the rest is left out. */
void script_read(struct script *s, struct slice input);
void script_fini(struct script *s);

#endif
