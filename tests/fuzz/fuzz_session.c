/*
 * Sessions: what a mail server says, in whatever order, on a real gateway
 * (session_script.h, session_site.h).  Every answer is judged
 * (session_judge.h), and a message must get the same one when it is told
 * alone on a connection of its own.
 */
#include "fuzz/fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "fuzz/session_judge.h"
#include "fuzz/session_script.h"
#include "fuzz/session_site.h"

#define NAME_MAX_LEN 64u
/* In all messages of an input together. */
#define BODY_MAX ((size_t)600 * KIB)

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Steps of a message, in the order of the protocol. */
enum step {
	STEP_NONE,
	STEP_SENDER,
	STEP_RECIPIENT,
	STEP_HEADER,
	STEP_BODY
};

/* One end of a session, as a mail server has it. */
struct player {
	struct session *session;
	struct message *last; /* the message before, as it left */
	bool has_last;

	struct sockaddr_storage address;
	const struct sockaddr *client; /* NULL: none */
	char *daemon_name;
	const char *login; /* from the next MAIL on */

	struct message message;
	enum step step;
	bool open;		      /* between MAIL and the answer */
	const struct script_op *line; /* of the body, for "X" */
	size_t body_left;	      /* how much may still be said */
	size_t budget;		      /* the same, when the message began */

	struct outcome outcome; /* of the last answer */
	bool answered;		/* by the operation that was played last */
};

/* --- the connection --- */

static void
player_init(struct player *p, struct message *last, bool has_last)
{
	memset(p, 0, sizeof(*p));
	p->session = session_new(site_get()->service);
	p->last = last;
	p->has_last = has_last;
	p->body_left = BODY_MAX;
	message_init(&p->message);
}

static void
player_fini(struct player *p)
{
	session_free(p->session);
	message_fini(&p->message);
	free(p->daemon_name);
}

static const struct sockaddr *
read_address(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		out->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
		out->ss_family = AF_INET6;
	else if (strcmp(text, "unix") == 0)
		out->ss_family = AF_UNIX;
	else
		return NULL;
	return (const struct sockaddr *)out;
}

/* "address listener" */
static void
play_client(struct player *p, const char *text)
{
	const char *blank = strchrnul(text, ' ');
	char *address = xstrndup(text, (size_t)(blank - text));

	free(p->daemon_name);
	p->daemon_name = *blank ? xstrdup(blank + 1) : NULL;
	p->client = read_address(address, &p->address);
	p->open = false;
	free(address);
	session_client(p->session, p->client, p->daemon_name);
}

/* --- the envelope --- */

static void
play_sender(struct player *p, const char *path)
{
	message_fini(&p->message);
	message_init(&p->message);
	p->message.sender = path;
	p->message.login = p->login;
	p->message.address = p->client;
	p->message.daemon_name = p->daemon_name;
	p->message.legal = true;
	p->step = STEP_SENDER;
	p->open = true;
	p->line = NULL;
	p->budget = p->body_left;
	session_sender(p->session, path, NULL, p->login);
}

/* Going back is nothing that a mail server does; to before the end of the
 * header, it ends the message. */
static void
go_to(struct player *p, enum step step)
{
	if (!p->open || step < p->step)
		p->message.legal = false;
	if (p->step == STEP_BODY)
		p->open = false;
	p->step = step;
}

static void
play_recipient(struct player *p, const char *path)
{
	struct message *m = &p->message;

	if (m->recipient_count == MESSAGE_RECIPIENTS)
		return;
	go_to(p, STEP_RECIPIENT);
	m->recipients[m->recipient_count++] = path;
	session_recipient(p->session, path, NULL, NULL);
}

/* --- the content --- */

static void
tell_field(struct player *p, const char *name, const char *body)
{
	struct err err;

	if (header_add(&p->message.header, slice_text(name), slice_text(body),
		&err) < 0)
		p->message.legal = false;
	session_header(p->session, name, body);
}

/* Mail servers hand on names that are names. */
static bool
is_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return len > 0 && len <= NAME_MAX_LEN;
}

static void
play_field(struct player *p, const char *text)
{
	const char *colon = strchr(text, ':');
	char *name;

	if (!colon || !is_name(text, (size_t)(colon - text)))
		return;
	go_to(p, STEP_HEADER);
	name = xstrndup(text, (size_t)(colon - text));
	tell_field(p, name, colon + 1);
	free(name);
}

static void
play_last_header(struct player *p)
{
	const struct header *h = &p->last->header;

	if (!p->has_last)
		return;
	go_to(p, STEP_HEADER);
	for (size_t i = 0; i < h->count; i++) {
		char *name = slice_dup_text(h->fields[i].name);
		char *body = slice_dup_text(h->fields[i].body);

		tell_field(p, name, body);
		free(body);
		free(name);
	}
}

static void
tell_body(struct player *p, const void *data, size_t len)
{
	if (len > p->body_left)
		return;
	p->body_left -= len;
	if (p->step != STEP_BODY)
		p->message.legal = false;
	buf_add(&p->message.body, data, len);
	session_body(p->session, data, len);
}

static void
play_line(struct player *p, const struct script_op *op)
{
	p->line = op;
	tell_body(p, op->text, op->len);
	if (op->what == 'B')
		tell_body(p, "\r\n", 2);
}

/* All in one piece, as mail servers do it. */
static void
play_again(struct player *p, const char *count)
{
	unsigned long n = strtoul(count, NULL, 10);
	struct buf lines;

	if (!p->line)
		return;
	buf_init(&lines, p->body_left);
	for (; n > 0 && buf_ok(&lines); n--) {
		buf_add(&lines, p->line->text, p->line->len);
		if (p->line->what == 'B')
			buf_add_text(&lines, "\r\n");
	}
	if (buf_ok(&lines))
		tell_body(p, lines.data, lines.len);
	buf_fini(&lines);
}

/* --- answers --- */

static void
take_answer(struct player *p, enum session_answer answer)
{
	p->outcome.answer = answer;
	p->outcome.edits = session_edits(p->session);
	p->answered = p->open;
	if (!p->open)
		FUZZ_CHECK(answer == SESSION_DEFER);
	p->open = false;
}

static void
play_end_of_header(struct player *p)
{
	enum session_answer answer;

	go_to(p, STEP_BODY);
	answer = session_end_of_header(p->session, &p->outcome.reply);
	if (answer == SESSION_CONTINUE)
		return;
	take_answer(p, answer);
	FUZZ_CHECK(!p->outcome.edits);
}

static void
play_end(struct player *p)
{
	if (p->step != STEP_BODY || p->message.recipient_count == 0)
		p->message.legal = false;
	take_answer(p, session_end_of_message(p->session, &p->outcome.reply));
}

static void
play_close(struct player *p)
{
	session_free(p->session);
	p->session = session_new(site_get()->service);
	free(p->daemon_name);
	p->daemon_name = NULL;
	p->client = NULL;
	p->open = false;
}

static void
play_abort(struct player *p)
{
	session_end_message(p->session);
	FUZZ_CHECK(!session_edits(p->session));
	p->open = false;
}

static void
play(struct player *p, const struct script_op *op)
{
	p->answered = false;
	switch (op->what) {
	case 'C':
		play_client(p, op->text);
		break;
	case 'L':
		p->login = op->len > 0 ? op->text : NULL;
		break;
	case 'M':
		play_sender(p, op->text);
		break;
	case 'R':
		play_recipient(p, op->text);
		break;
	case 'I':
		session_queue_id(p->session, op->text);
		break;
	case 'H':
		play_field(p, op->text);
		break;
	case 'h':
		play_last_header(p);
		break;
	case 'E':
		play_end_of_header(p);
		break;
	case 'B':
	case 'b':
		play_line(p, op);
		break;
	case 'X':
		play_again(p, op->text);
		break;
	case 'f':
		if (p->has_last)
			tell_body(p, p->last->body.data, p->last->body.len);
		break;
	case '.':
		play_end(p);
		break;
	case 'A':
		play_abort(p);
		break;
	case 'Q':
		play_close(p);
		break;
	default:
		service_replace(
		    site_get()->service, gateway_ref(site_get()->gateway));
	}
}

/* --- messages --- */

/* What was decided stands in one line of printable characters; of mail from
 * outside the signature, who got plaintext and who did not in one each. */
static void
check_log(const char *log)
{
	unsigned lines = 0;

	FUZZ_CHECK(*log);
	for (; *log; log++) {
		lines += *log == '\n';
		FUZZ_CHECK(*log == '\n' || (*log >= ' ' && *log <= '~'));
	}
	FUZZ_CHECK(log[-1] == '\n' && lines <= 3);
}

static void
check_same_outcome(const struct outcome *a, const struct outcome *b)
{
	const struct edits *x = a->edits, *y = b->edits;

	FUZZ_CHECK(a->answer == b->answer);
	if (a->answer == SESSION_REFUSE || a->answer == SESSION_DEFER) {
		FUZZ_CHECK(strcmp(a->reply.code, b->reply.code) == 0);
		FUZZ_CHECK(strcmp(a->reply.text, b->reply.text) == 0);
	}
	FUZZ_CHECK(!x == !y);
	if (!x)
		return;
	FUZZ_CHECK(x->replace_body == y->replace_body);
	FUZZ_CHECK(x->header_count == y->header_count);
	for (size_t i = 0; i < x->header_count; i++) {
		FUZZ_CHECK(x->headers[i].index == y->headers[i].index);
		FUZZ_CHECK(strcmp(x->headers[i].name, y->headers[i].name) == 0);
	}
}

/* Its operations, from MAIL to the answer, on a connection of its own. */
static void
check_alone(const struct player *p, const struct script_op *from,
    const struct script_op *to)
{
	struct player alone;

	player_init(&alone, p->last, p->has_last);
	alone.daemon_name = p->daemon_name ? xstrdup(p->daemon_name) : NULL;
	alone.client = p->client;
	alone.login = p->message.login;
	alone.body_left = p->budget;
	session_client(alone.session, alone.client, alone.daemon_name);
	for (; from <= to; from++)
		if (from->what != 'L')
			play(&alone, from);
	FUZZ_CHECK(alone.answered);
	check_same_outcome(&p->outcome, &alone.outcome);
	player_fini(&alone);
	check_log(site_log());
}

static void
run(const struct script *s, struct player *p)
{
	const struct script_op *sender = NULL;
	bool first = true, alone = true;

	for (size_t i = 0; i < s->count; i++) {
		const struct script_op *op = &s->ops[i];

		if (op->what == 'M') {
			sender = op;
			alone = first;
		}
		first = first && strchr("CLI", op->what);
		play(p, op);
		if (p->answered) {
			check_log(site_log());
			if (!alone)
				check_alone(p, sender, op);
			judge(&p->message, &p->outcome, p->last);
			if (p->outcome.answer == SESSION_ACCEPT)
				p->has_last = true;
		}
		if (op->what == '.')
			play_abort(p);
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	site_start();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script;
	struct message last;
	struct player player;

	(void)site_get();
	(void)site_log();
	script_read(&script, slice_make(data, size));
	message_init(&last);
	player_init(&player, &last, false);
	run(&script, &player);
	FUZZ_CHECK(!*site_log());
	player_fini(&player);
	message_fini(&last);
	script_fini(&script);
	return 0;
}
