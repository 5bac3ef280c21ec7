/*
 * smtp_transaction.c: see smtp_transaction.h.  Belongs to one thread.
 *
 * Why this is not libcurl.  7.88, Debian 12's, was tried against Postfix 3.7:
 * - it ends MAIL and RCPT with ">" whatever comes before, so that parameters
 *   reach the server broken (ENVID=QQ314159>), and has no way to say BODY;
 * - giving up a transfer that is held before its dot sends the dot, and the
 *   message is delivered (only an error from the read callback prevents it);
 * - the answer to the dot is waited for inside curl_multi_perform, without
 *   any callback, so that neither a deadline nor smfi_progress can be kept;
 * - of several refused recipients only the last code is told, the texts only
 *   as debugging output;
 * - CR and LF in an address go out as they are.
 *
 * The conversation follows RFC 5321; pipelined is only what RFC 2920 3.1
 * allows to stand in the middle of a group and what needs no decision: RCPT.
 */
#include "relay/smtp_transaction.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "mail/mime_texture.h"
#include "relay/smtp_command.h"
#include "relay/smtp_data.h"

/* Content is sent in pieces of this size. */
#define CHUNK 65536u
/* Of a recipient, in an error. */
#define PATH_SHOWN 128

void
smtp_transaction_init(struct smtp_transaction *t, const struct relay_copy *copy,
    const struct relay_target *target, struct relay_wait *wait)
{
	*t = (struct smtp_transaction){.copy = copy, .target = target};
	smtp_connection_init(&t->connection, wait);
}

/* A courtesy that nobody waits for. */
static void
say_goodbye(struct smtp_connection *c)
{
	struct err ignored;

	if (smtp_connection_send_now(c, slice_text("QUIT\r\n"), &ignored))
		smtp_connection_abort(c);
}

void
smtp_transaction_close(struct smtp_transaction *t)
{
	struct smtp_connection *c = &t->connection;

	/* Behind DATA everything would be content. */
	if (t->in_data)
		smtp_connection_abort(c);
	else if (c->fd >= 0)
		say_goodbye(c);
	smtp_connection_close(c);
	if (t->outcome.state == RELAY_PREPARED)
		t->outcome.state = RELAY_NOT_SENT;
}

/* Something else than a refusal stopped us. */
static int
fail(struct smtp_transaction *t, enum relay_reason reason)
{
	t->outcome.reason = reason;
	return -1;
}

static enum err_class
class_of(const struct smtp_reply *reply)
{
	return reply->code >= 500 ? ERR_PERMANENT : ERR_TEMPORARY;
}

static int
describe(const struct smtp_reply *reply, const char *what, struct err *err)
{
	return err_set(err, class_of(reply), "%s: %d%s%s %s", what, reply->code,
	    reply->enhanced[0] ? " " : "", reply->enhanced, reply->text);
}

/* The server said no, or something that is no answer to this at all. */
static int
refused(struct smtp_transaction *t, const struct smtp_reply *reply,
    const char *what, struct err *err)
{
	if (reply->code < 400) {
		describe(reply, what, err);
		err->class = ERR_TEMPORARY;
		return fail(t, RELAY_AWAY);
	}
	t->outcome.reply = *reply;
	/* 421 is not about this copy (RFC 5321 3.8). */
	fail(t, reply->code == 421 ? RELAY_AWAY : RELAY_REFUSAL);
	return describe(reply, what, err);
}

/* Reads a reply to what, whose code must be wanted. */
static int
expect(
    struct smtp_transaction *t, const char *what, int wanted, struct err *err)
{
	struct smtp_reply reply;

	if (smtp_connection_read_reply(&t->connection, &reply, err)) {
		fail(t, RELAY_AWAY);
		return err_prefix(err, "%s", what);
	}
	return reply.code == wanted ? 0 : refused(t, &reply, what, err);
}

static int
command(struct smtp_transaction *t, const char *what, struct slice line,
    struct err *err)
{
	if (smtp_connection_send(&t->connection, line, err) == 0)
		return 0;
	fail(t, RELAY_AWAY);
	return err_prefix(err, "%s", what);
}

/* Our name is our address: that needs no DNS, and every server that wants a
 * good name takes it (RFC 5321 4.1.4). */
static void
write_ehlo(int fd, char *out, size_t size)
{
	struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(own);
	char text[INET6_ADDRSTRLEN] = "127.0.0.1";
	const void *address = &((struct sockaddr_in *)&own)->sin_addr;
	bool six;

	(void)getsockname(fd, (struct sockaddr *)&own, &len);
	six = own.ss_family == AF_INET6;
	if (six)
		address = &((struct sockaddr_in6 *)&own)->sin6_addr;
	(void)inet_ntop(own.ss_family, address, text, sizeof(text));
	snprintf(out, size, "EHLO [%s%s]\r\n", six ? "IPv6:" : "", text);
}

/* The answer to EHLO: the server's name, then an extension on each line. */
static int
read_extensions(struct smtp_transaction *t, struct err *err)
{
	struct smtp_reply reply;
	struct slice line;
	bool last = false;

	smtp_reply_init(&reply);
	while (!last) {
		if (smtp_connection_read_line(&t->connection, &line, err) ||
		    smtp_reply_add(&reply, line, &last, err)) {
			fail(t, RELAY_AWAY);
			return err_prefix(err, "EHLO");
		}
		if (reply.lines > 1)
			smtp_extensions_add(&t->server, smtp_line_text(line));
	}
	return reply.code == 250 ? 0 : refused(t, &reply, "EHLO", err);
}

/* A server that wants nobody does not mean this copy. */
static int
greet(struct smtp_transaction *t, struct err *err)
{
	char ehlo[INET6_ADDRSTRLEN + 32];

	if (smtp_connection_open(&t->connection, t->target, err) ||
	    expect(t, "greeting", 220, err))
		goto fail;
	write_ehlo(t->connection.fd, ehlo, sizeof(ehlo));
	if (command(t, "EHLO", slice_text(ehlo), err) ||
	    read_extensions(t, err))
		goto fail;
	return 0;
fail:
	err->class = ERR_TEMPORARY;
	return fail(t, RELAY_AWAY);
}

static bool
content_has_8bit(const struct slice_list *content)
{
	struct mime_texture texture = {.has_8bit = false};

	for (size_t i = 0; i < content->count && !texture.has_8bit; i++)
		mime_texture_scan(&texture, content->at[i]);
	return texture.has_8bit;
}

/* All commands of the envelope at once, with a server that has everything:
 * what fails here is the copy's own fault. */
int
smtp_transaction_check(struct smtp_transaction *t, struct err *err)
{
	static const struct smtp_extensions everything = {.has = ~0u};
	struct smtp_terms terms = {.server = &everything, .size = UINT64_MAX};
	struct buf line;
	int rc = 0;

	buf_init(&line, LIMIT_RELAY_COMMAND);
	if (t->copy->count == 0)
		rc = err_set(err, ERR_PERMANENT, "no recipients");
	if (rc == 0)
		rc = smtp_mail_write(&line, t->copy, &terms, err);
	for (size_t i = 0; rc == 0 && i < t->copy->count; i++) {
		buf_clear(&line);
		rc = smtp_rcpt_write(
		    &line, &t->copy->recipients[i], &terms, err);
	}
	if (rc)
		fail(t, RELAY_UNSENDABLE);
	buf_fini(&line);
	return rc;
}

/* RFC 1870 section 6.1 lets a server refuse at the dot what it did not refuse
 * before; that would be too late for the copies before this one.  So it would
 * be for the one that stays in the same server's hands. */
static int
check_size(struct smtp_transaction *t, uint64_t own, struct err *err)
{
	uint64_t size = own > t->copy->beside ? own : t->copy->beside;
	uint64_t needed = size + size / LIMIT_RELAY_QUEUE_LINE +
			  LIMIT_RELAY_QUEUE_BYTES +
			  LIMIT_RELAY_QUEUE_RECIPIENT * t->copy->count;

	if (t->server.size_max == 0 || needed <= t->server.size_max)
		return 0;
	fail(t, RELAY_TOO_LARGE);
	return err_set(err, ERR_PERMANENT,
	    "%" PRIu64 " bytes take up to %" PRIu64
	    " in a queue, and the server allows %" PRIu64,
	    size, needed, t->server.size_max);
}

static int
send_sender(
    struct smtp_transaction *t, struct smtp_terms *terms, struct err *err)
{
	struct buf line;
	int rc;

	buf_init(&line, LIMIT_RELAY_COMMAND);
	rc = smtp_mail_write(&line, t->copy, terms, err);
	if (rc)
		fail(t, RELAY_UNSUPPORTED);
	else
		rc = command(t, "MAIL", buf_slice(&line), err);
	buf_fini(&line);
	return rc ? -1 : expect(t, "MAIL", 250, err);
}

/* Recipients [from, to) in one go. */
static int
send_recipients(struct smtp_transaction *t, size_t from, size_t to,
    struct smtp_terms *terms, struct err *err)
{
	struct buf lines;
	int rc = 0;

	buf_init(&lines, (to - from) * LIMIT_RELAY_COMMAND);
	for (size_t i = from; rc == 0 && i < to; i++)
		rc = smtp_rcpt_write(
		    &lines, &t->copy->recipients[i], terms, err);
	if (rc)
		fail(t, RELAY_UNSUPPORTED);
	else
		rc = command(t, "RCPT", buf_slice(&lines), err);
	buf_fini(&lines);
	return rc;
}

/* The answer to RCPT number i.  -1 only when there is none; a refusal is put
 * with the others. */
static int
hear_recipient(struct smtp_transaction *t, size_t i, struct err *err)
{
	struct relay_outcome *outcome = &t->outcome;
	struct smtp_reply reply;

	if (smtp_connection_read_reply(&t->connection, &reply, err)) {
		fail(t, RELAY_AWAY);
		return err_prefix(err, "RCPT");
	}
	/* RFC 5321 4.2: 251 and 252 are consent, too. */
	if (reply.code / 10 == 25)
		return 0;
	if (reply.code < 400 || reply.code == 421)
		return refused(t, &reply, "RCPT", err);
	outcome->refusals[outcome->refusal_count++] =
	    (struct relay_refusal){.recipient = i, .reply = reply};
	return 0;
}

/* One refusal is enough not to go on; a permanent one counts more. */
static int
judge_recipients(struct smtp_transaction *t, struct err *err)
{
	struct relay_outcome *outcome = &t->outcome;
	const struct relay_refusal *worst = outcome->refusals;
	char path[PATH_SHOWN];

	if (outcome->refusal_count == 0)
		return 0;
	for (size_t i = 0; i < outcome->refusal_count; i++)
		if (outcome->refusals[i].reply.code / 100 >
		    worst->reply.code / 100)
			worst = &outcome->refusals[i];
	slice_show(
	    t->copy->recipients[worst->recipient].path, path, sizeof(path));
	outcome->reply = worst->reply;
	fail(t, RELAY_RECIPIENT);
	return describe(&worst->reply, path, err);
}

/* All recipients, so that the caller learns of all that are refused; some of
 * them before the answer to the first is there, if the server likes that.
 * After LIMIT_RELAY_REFUSALS it would only make us wait. */
static int
ask_recipients(
    struct smtp_transaction *t, struct smtp_terms *terms, struct err *err)
{
	size_t asked = 0, heard = 0, window;

	window = t->server.has & SMTP_PIPELINING ? LIMIT_RELAY_WINDOW : 1;
	while (heard < t->copy->count &&
	       t->outcome.refusal_count < LIMIT_RELAY_REFUSALS) {
		if (heard == asked) {
			size_t left = t->copy->count - asked;

			asked += left < window ? left : window;
			if (send_recipients(t, heard, asked, terms, err))
				return -1;
		}
		if (hear_recipient(t, heard, err))
			return -1;
		heard++;
	}
	return judge_recipients(t, err);
}

static int
send_envelope(struct smtp_transaction *t, struct err *err)
{
	struct smtp_terms terms = {
	    .server = &t->server, .size = slice_list_size(t->copy->content)};

	if (check_size(t, terms.size, err))
		return -1;
	if (smtp_mail_wants_texture(t->copy, &t->server))
		terms.has_8bit = content_has_8bit(t->copy->content);
	if (send_sender(t, &terms, err) || ask_recipients(t, &terms, err))
		return -1;
	t->outcome.dsn_dropped = terms.dsn_dropped;
	t->in_data = true;
	if (command(t, "DATA", slice_text("DATA\r\n"), err) ||
	    expect(t, "DATA", 354, err))
		return -1;
	return 0;
}

/* Sending content failed.  A server that ends the conversation in the middle
 * of it says why. */
static int
interrupted(struct smtp_transaction *t, struct err *err)
{
	struct smtp_reply reply;
	struct err ignored;

	fail(t, RELAY_AWAY);
	if (smtp_connection_has_input(&t->connection) &&
	    smtp_connection_read_reply(&t->connection, &reply, &ignored) == 0)
		refused(t, &reply, "content", err);
	return -1;
}

static int
send_content(struct smtp_transaction *t, struct err *err)
{
	unsigned char *chunk = xmalloc(CHUNK);
	struct smtp_data data;
	int rc = 0;
	size_t len;

	smtp_data_init(&data, t->copy->content);
	do {
		if (smtp_data_read(&data, chunk, CHUNK, &len, err)) {
			rc = fail(t, RELAY_UNSENDABLE);
			break;
		}
		if (smtp_connection_send_alone(
			&t->connection, slice_make(chunk, len), err))
			rc = interrupted(t, err);
	} while (rc == 0 && len > 0);
	free(chunk);
	return rc;
}

int
smtp_transaction_prepare(struct smtp_transaction *t, deadline_t announced,
    deadline_t deadline, struct err *err)
{
	t->connection.deadline = announced;
	if (greet(t, err))
		goto fail;
	t->connection.deadline = deadline;
	if (send_envelope(t, err) || send_content(t, err))
		goto fail;
	t->outcome.state = RELAY_PREPARED;
	return 0;
fail:
	smtp_transaction_close(t);
	return err_prefix(err, "%s", t->target->name);
}

/* The server has given up waiting, or was ended, before the dot. */
static int
too_late(struct smtp_transaction *t, struct err *err)
{
	struct smtp_reply reply;

	fail(t, RELAY_AWAY);
	if (smtp_connection_read_reply(&t->connection, &reply, err) == 0)
		return refused(t, &reply, "before the final dot", err);
	return err_prefix(err, "before the final dot");
}

/* Sends the dot.  What could not be handed to the kernel in full the server
 * cannot have seen in full: then it keeps nothing. */
static int
send_dot(struct smtp_transaction *t, struct err *err)
{
	if (command(t, "final dot", slice_text(".\r\n"), err))
		return -1;
	t->outcome.state = RELAY_UNKNOWN;
	return 0;
}

/* Only 2xx is a yes and 4xx or 5xx a no; after anything else nobody knows. */
static int
hear_dot(struct smtp_transaction *t, struct err *err)
{
	struct smtp_reply reply;

	if (smtp_connection_read_reply(&t->connection, &reply, err)) {
		fail(t, RELAY_AWAY);
		return err_prefix(err, "final dot");
	}
	t->in_data = false;
	if (reply.code < 300) {
		t->outcome.state = RELAY_COMMITTED;
		t->outcome.reply = reply;
		return 0;
	}
	if (reply.code >= 400)
		t->outcome.state = RELAY_REFUSED;
	return refused(t, &reply, "final dot", err);
}

int
smtp_transaction_commit(
    struct smtp_transaction *t, deadline_t deadline, struct err *err)
{
	struct smtp_connection *c = &t->connection;
	int rc;

	c->deadline = deadline;
	if (smtp_connection_has_input(c))
		rc = too_late(t, err);
	else if (send_dot(t, err))
		rc = -1;
	else
		rc = hear_dot(t, err);
	smtp_transaction_close(t);
	return rc ? err_prefix(err, "%s", t->target->name) : 0;
}
