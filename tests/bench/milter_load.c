/*
 * milter_load.c: a mail server's side of the milter protocol, as fast as it
 * goes.
 *
 * Every connection is one thread that sends the same message again and
 * again, waits for the verdict, and notes how long it took.  Like Postfix it
 * sends macros before each step, pipelines what the milter said it will not
 * answer, and sends the body only after the whole header.
 *
 *   milter_load -s SOCKET [-c CONNECTIONS] [-n MESSAGES] [-b BYTES]
 *       [-r RECIPIENTS] [-m PER_CONNECTION] [-F FROM] [-l LOGIN] [-d DAEMON]
 *       [-f FILE] [-t RECIPIENT] [-j]
 *
 * -f: the message in FILE, with CRLF line ends, instead of one of its own;
 * -t: to RECIPIENT, and nobody else.
 *
 * Prints one line (or with -j one JSON object): messages per second,
 * percentiles of the time of a message in microseconds, and how the messages
 * ended.  Exit status 1 when any message ended in an error of the protocol.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#define CHUNK_SIZE	65535u
#define OFFERED_ACTIONS 0x1ffu
#define OFFERED_STEPS	0x1fffffu

static struct {
	const char *socket;
	unsigned connections;
	unsigned messages;
	unsigned per_connection;
	size_t body_size;
	unsigned recipients;
	const char *from;
	const char *login;
	const char *daemon;
	const char *file;
	const char *recipient; /* NULL: rcpt0, rcpt1 ... */
	bool json;
} opts = {
    .connections = 8,
    .messages = 2000,
    .per_connection = 1000,
    .body_size = 4096,
    .recipients = 1,
    .from = "alice@example.org",
    .daemon = "MX",
};

static char *body;

/* The header of opts.file, without From. */
#define FIELDS_MAX 64
static struct field {
	char *name;
	char *value; /* folds as LF and a blank, no blank at its start */
} fields[FIELDS_MAX];
static size_t field_count;

/* What the milter wants of a message, a set. */
enum change {
	CHANGE_HEADER = 1,
	CHANGE_BODY = 2
};

struct tally {
	unsigned unchanged;
	unsigned marked;  /* header only */
	unsigned changed; /* body replaced */
	unsigned deferred;
	unsigned refused;
	unsigned failed;
};

struct peer {
	pthread_t thread;
	unsigned count; /* messages to send */
	double *times;	/* microseconds, count of them */
	unsigned done;
	struct tally tally;
	/* the connection */
	int fd;
	uint32_t steps;	    /* SMFIP_* as negotiated */
	unsigned char *out; /* commands not sent yet */
	size_t out_len;
	size_t out_size;
	unsigned char in[CHUNK_SIZE + 16];
};

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* --- packets: length, command, data --- */

static void
put(struct peer *p, const void *data, size_t len)
{
	if (p->out_len + len > p->out_size) {
		p->out_size = 2 * (p->out_len + len);
		p->out = realloc(p->out, p->out_size);
		if (!p->out)
			abort();
	}
	memcpy(p->out + p->out_len, data, len);
	p->out_len += len;
}

static void
put_packet(struct peer *p, char command, const void *data, size_t len)
{
	uint32_t size = htonl((uint32_t)len + 1);

	put(p, &size, sizeof(size));
	put(p, &command, 1);
	put(p, data, len);
}

/* A command whose data are strings, each with its NUL. */
static void
put_strings(struct peer *p, char command, const char *a, const char *b)
{
	char data[1024];
	size_t n = (size_t)snprintf(data, sizeof(data), "%s", a) + 1;

	if (b)
		n += (size_t)snprintf(data + n, sizeof(data) - n, "%s", b) + 1;
	put_packet(p, command, data, n);
}

static void
put_macro(struct peer *p, char step, const char *name, const char *value)
{
	char data[512];
	int n =
	    snprintf(data, sizeof(data), "%c%s%c%s", step, name, '\0', value);

	put_packet(p, SMFIC_MACRO, data, (size_t)n + 1);
}

static int
flush(struct peer *p)
{
	size_t sent = 0;

	while (sent < p->out_len) {
		ssize_t n = write(p->fd, p->out + sent, p->out_len - sent);

		if (n <= 0)
			return -1;
		sent += (size_t)n;
	}
	p->out_len = 0;
	return 0;
}

static int
read_all(int fd, void *data, size_t len)
{
	unsigned char *to = data;

	while (len > 0) {
		ssize_t n = read(fd, to, len);

		if (n <= 0)
			return -1;
		to += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Returns the command of the next packet, or -1. */
static int
get_packet(struct peer *p, size_t *len)
{
	uint32_t size;

	if (read_all(p->fd, &size, sizeof(size)))
		return -1;
	size = ntohl(size);
	if (size == 0 || size > sizeof(p->in) || read_all(p->fd, p->in, size))
		return -1;
	*len = size;
	return p->in[0];
}

/* Sends what is pending and returns the milter's answer; what it wants
 * changed is noted. */
static int
get_answer(struct peer *p, unsigned *changes)
{
	size_t len;
	int command;

	if (flush(p))
		return -1;
	for (;;) {
		command = get_packet(p, &len);
		switch (command) {
		case SMFIR_REPLBODY:
			*changes |= CHANGE_BODY;
			break;
		case SMFIR_CHGHEADER:
		case SMFIR_ADDHEADER:
		case SMFIR_INSHEADER:
			*changes |= CHANGE_HEADER;
			break;
		case SMFIR_PROGRESS:
			break;
		case SMFIR_REPLYCODE:
			return p->in[1] == '4' ? SMFIR_TEMPFAIL : SMFIR_REJECT;
		default:
			return command;
		}
	}
}

/* --- a session --- */

static int
negotiate(struct peer *p)
{
	uint32_t offer[3] = {htonl(SMFI_PROT_VERSION), htonl(OFFERED_ACTIONS),
	    htonl(OFFERED_STEPS)};
	uint32_t answer[3];
	size_t len;

	put_packet(p, SMFIC_OPTNEG, offer, sizeof(offer));
	if (flush(p) || get_packet(p, &len) != SMFIC_OPTNEG ||
	    len < 1 + sizeof(answer))
		return -1;
	memcpy(answer, p->in + 1, sizeof(answer));
	p->steps = ntohl(answer[2]);
	return 0;
}

static int
connect_milter(struct peer *p)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", opts.socket);
	p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->out_len = 0;
	if (connect(p->fd, (struct sockaddr *)&address, sizeof(address)) ||
	    negotiate(p)) {
		close(p->fd);
		return -1;
	}
	return 0;
}

/* One step: the answer, or SMFIR_CONTINUE at once when the milter said that
 * it gives none. */
static int
step(struct peer *p, uint32_t no_reply)
{
	unsigned changes = 0;

	if (p->steps & no_reply)
		return SMFIR_CONTINUE;
	return get_answer(p, &changes);
}

static int
begin_session(struct peer *p)
{
	static const char host[] = "client.example.org\0"
				   "4\0\x19"
				   "192.0.2.1";

	put_macro(p, SMFIC_CONNECT, "j", "mx.example.org");
	put_macro(p, SMFIC_CONNECT, "{daemon_name}", opts.daemon);
	if (!(p->steps & SMFIP_NOCONNECT)) {
		put_packet(p, SMFIC_CONNECT, host, sizeof(host));
		if (step(p, SMFIP_NR_CONN) != SMFIR_CONTINUE)
			return -1;
	}
	if (!(p->steps & SMFIP_NOHELO)) {
		put_strings(p, SMFIC_HELO, "client.example.org", NULL);
		if (step(p, SMFIP_NR_HELO) != SMFIR_CONTINUE)
			return -1;
	}
	return 0;
}

static int
send_envelope(struct peer *p)
{
	char path[256];

	if (opts.login)
		put_macro(p, SMFIC_MAIL, "{auth_authen}", opts.login);
	snprintf(path, sizeof(path), "<%s>", opts.from);
	if (!(p->steps & SMFIP_NOMAIL)) {
		put_strings(p, SMFIC_MAIL, path, NULL);
		if (step(p, SMFIP_NR_MAIL) != SMFIR_CONTINUE)
			return -1;
	}
	for (unsigned i = 0; i < opts.recipients; i++) {
		if (opts.recipient)
			snprintf(path, sizeof(path), "<%s>", opts.recipient);
		else
			snprintf(path, sizeof(path), "<rcpt%u@example.net>", i);
		if (p->steps & SMFIP_NORCPT)
			continue;
		put_strings(p, SMFIC_RCPT, path, NULL);
		if (step(p, SMFIP_NR_RCPT) != SMFIR_CONTINUE)
			return -1;
	}
	put_macro(p, SMFIC_DATA, "i", "4XBENCH0001");
	if (!(p->steps & SMFIP_NODATA)) {
		put_packet(p, SMFIC_DATA, NULL, 0);
		if (step(p, SMFIP_NR_DATA) != SMFIR_CONTINUE)
			return -1;
	}
	return 0;
}

static int
send_field(struct peer *p, const char *name, const char *value)
{
	char spaced[1000];

	/* With SMFIP_HDR_LEADSPC the blank behind the colon is sent. */
	snprintf(spaced, sizeof(spaced), "%s%s",
	    p->steps & SMFIP_HDR_LEADSPC ? " " : "", value);
	put_strings(p, SMFIC_HEADER, name, spaced);
	return step(p, SMFIP_NR_HDR);
}

static int
send_fields(struct peer *p)
{
	char from[256];

	snprintf(from, sizeof(from), "<%s>", opts.from);
	if (send_field(p, "From", from) != SMFIR_CONTINUE)
		return -1;
	for (size_t i = 0; i < field_count; i++)
		if (send_field(p, fields[i].name, fields[i].value) !=
		    SMFIR_CONTINUE)
			return -1;
	return 0;
}

static int
send_header(struct peer *p)
{
	if (p->steps & SMFIP_NOHDRS)
		return SMFIR_CONTINUE;
	if (send_fields(p) < 0)
		return -1;
	if (p->steps & SMFIP_NOEOH)
		return SMFIR_CONTINUE;
	put_packet(p, SMFIC_EOH, NULL, 0);
	return step(p, SMFIP_NR_EOH);
}

static int
send_body(struct peer *p, unsigned *changes)
{
	int answer;

	for (size_t at = 0; at < opts.body_size; at += CHUNK_SIZE) {
		size_t n = opts.body_size - at;

		if (p->steps & SMFIP_NOBODY)
			break;
		put_packet(
		    p, SMFIC_BODY, body + at, n > CHUNK_SIZE ? CHUNK_SIZE : n);
		answer = step(p, SMFIP_NR_BODY);
		if (answer == SMFIR_SKIP)
			break;
		if (answer != SMFIR_CONTINUE)
			return answer;
	}
	put_packet(p, SMFIC_BODYEOB, NULL, 0);
	return get_answer(p, changes);
}

static int
send_message(struct peer *p)
{
	unsigned changes = 0;
	int answer;

	if (send_envelope(p))
		return -1;
	answer = send_header(p);
	if (answer == SMFIR_CONTINUE)
		answer = send_body(p, &changes);
	switch (answer) {
	case SMFIR_ACCEPT:
	case SMFIR_CONTINUE:
		if (changes & CHANGE_BODY)
			p->tally.changed++;
		else if (changes & CHANGE_HEADER)
			p->tally.marked++;
		else
			p->tally.unchanged++;
		return 0;
	case SMFIR_TEMPFAIL:
		p->tally.deferred++;
		return 0;
	case SMFIR_REJECT:
		p->tally.refused++;
		return 0;
	default:
		return -1;
	}
}

static int
run_session(struct peer *p)
{
	unsigned left = opts.per_connection;
	double start;

	if (connect_milter(p))
		return -1;
	if (begin_session(p))
		goto lost;
	for (; left > 0 && p->done < p->count; left--) {
		start = now_us();
		if (send_message(p))
			goto lost;
		p->times[p->done++] = now_us() - start;
	}
	put_packet(p, SMFIC_QUIT, NULL, 0);
	flush(p);
	close(p->fd);
	return 0;
lost:
	close(p->fd);
	return -1;
}

static void *
run_peer(void *arg)
{
	struct peer *p = arg;

	while (p->done < p->count)
		if (run_session(p)) {
			p->tally.failed++;
			p->times[p->done++] = 0;
		}
	return NULL;
}

/* --- the result --- */

static int
compare_times(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(const struct tally *t, double *times, double seconds)
{
	static const char line[] =
	    "%.0f msg/s; p50 %.0f p90 %.0f p99 %.0f max %.0f us; "
	    "unchanged %u, marked %u, changed %u, deferred %u, refused %u, "
	    "failed %u\n";
	static const char json[] =
	    "{\"rate\": %.1f, \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, "
	    "\"max\": %.1f, \"unchanged\": %u, \"marked\": %u, "
	    "\"changed\": %u, "
	    "\"deferred\": %u, \"refused\": %u, \"failed\": %u}\n";
	unsigned n = opts.messages;

	qsort(times, n, sizeof(*times), compare_times);
	printf(opts.json ? json : line, n / seconds, times[n / 2],
	    times[n * 9ul / 10], times[n * 99ul / 100], times[n - 1],
	    t->unchanged, t->marked, t->changed, t->deferred, t->refused,
	    t->failed);
}

/* --- the message --- */

static void
add_field(char *name, char *value)
{
	if (field_count == FIELDS_MAX)
		abort();
	fields[field_count].name = name;
	fields[field_count++].value = value;
}

static void
make_message(void)
{
	/* As opendkim beside us writes it: somebody has to read it. */
	static char text[][2][80] = {
	    {"Authentication-Results",
		"mx.example.org;\n\tdkim=pass (2048-bit key) "
		"header.d=example.com"},
	    {"Received", "from client.example.org by mx.example.com"},
	    {"To", "<rcpt0@example.net>"},
	    {"Subject", "a message of the load generator"},
	    {"Date", "Mon, 05 Oct 2026 10:00:00 +0000"},
	    {"Message-ID", "<load.1@client.example.org>"},
	    {"User-Agent", "milter_load"},
	    {"MIME-Version", "1.0"},
	    {"Content-Type", "text/plain; charset=utf-8"},
	    {"Content-Transfer-Encoding", "7bit"},
	    {"Content-Language", "en"},
	};
	static const char line[] =
	    "The quick brown fox jumps over the lazy dog, says the load.\r\n";
	size_t n = sizeof(line) - 1;

	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		add_field(text[i][0], text[i][1]);
	opts.body_size = (opts.body_size + n - 1) / n * n;
	body = malloc(opts.body_size + 1);
	if (!body)
		abort();
	for (size_t i = 0; i < opts.body_size; i += n)
		memcpy(body + i, line, n);
}

static char *
read_file(size_t *len)
{
	FILE *in = fopen(opts.file, "rb");
	char *text = NULL;
	long size;

	if (!in || fseek(in, 0, SEEK_END) || (size = ftell(in)) < 0 ||
	    fseek(in, 0, SEEK_SET))
		goto fail;
	*len = (size_t)size;
	text = calloc(*len + 1, 1);
	if (!text || fread(text, 1, *len, in) != *len)
		goto fail;
	fclose(in);
	return text;
fail:
	perror(opts.file);
	exit(2);
}

/* Takes the CR of each line end out of a header, up to its empty line. */
static char *
cut_header(char *text)
{
	char *end = strstr(text, "\r\n\r\n"), *to = text;

	if (!end) {
		fprintf(stderr, "%s: no header\n", opts.file);
		exit(2);
	}
	for (const char *from = text; from < end; from++)
		if (*from != '\r')
			*to++ = *from;
	*to = '\0';
	return end + 4;
}

/* From is the load's own. */
static void
load_message(void)
{
	size_t len;
	char *text = read_file(&len), *next;

	body = cut_header(text);
	opts.body_size = len - (size_t)(body - text);
	for (char *name = text; name && *name; name = next) {
		char *colon = strchr(name, ':');

		next = strchr(name, '\n');
		while (next && (next[1] == ' ' || next[1] == '\t'))
			next = strchr(next + 1, '\n');
		if (next)
			*next++ = '\0';
		if (!colon)
			continue;
		*colon = '\0';
		if (strcmp(name, "From") != 0)
			add_field(name, colon + 1 + (colon[1] == ' '));
	}
}

static void
usage(void)
{
	fputs("usage: milter_load -s SOCKET [-c CONNECTIONS] [-n MESSAGES] "
	      "[-b BYTES]\n    [-r RECIPIENTS] [-m PER_CONNECTION] "
	      "[-F FROM] [-l LOGIN] [-d DAEMON]\n    [-f FILE] "
	      "[-t RECIPIENT] [-j]\n",
	    stderr);
	exit(2);
}

static unsigned
number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n == 0 || n > 1000000000)
		usage();
	return (unsigned)n;
}

static void
parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "s:c:n:b:r:m:F:l:d:f:t:j")) != -1) {
		switch (c) {
		case 's':
			opts.socket = optarg;
			break;
		case 'c':
			opts.connections = number(optarg);
			break;
		case 'n':
			opts.messages = number(optarg);
			break;
		case 'b':
			opts.body_size = number(optarg);
			break;
		case 'r':
			opts.recipients = number(optarg);
			break;
		case 'm':
			opts.per_connection = number(optarg);
			break;
		case 'F':
			opts.from = optarg;
			break;
		case 'l':
			opts.login = optarg;
			break;
		case 'd':
			opts.daemon = optarg;
			break;
		case 'f':
			opts.file = optarg;
			break;
		case 't':
			opts.recipient = optarg;
			break;
		case 'j':
			opts.json = true;
			break;
		default:
			usage();
		}
	}
	if (!opts.socket || optind != argc)
		usage();
}

int
main(int argc, char **argv)
{
	struct tally sum = {0};
	struct peer *peers;
	double *times, start, seconds;
	unsigned share, given = 0;

	parse_options(argc, argv);
	if (opts.file)
		load_message();
	else
		make_message();
	peers = calloc(opts.connections, sizeof(*peers));
	times = calloc(opts.messages, sizeof(*times));
	if (!peers || !times)
		abort();
	start = now_us();
	for (unsigned i = 0; i < opts.connections; i++) {
		share = (opts.messages - given) / (opts.connections - i);
		peers[i].count = share;
		peers[i].times = times + given;
		given += share;
		pthread_create(&peers[i].thread, NULL, run_peer, &peers[i]);
	}
	for (unsigned i = 0; i < opts.connections; i++) {
		pthread_join(peers[i].thread, NULL);
		sum.unchanged += peers[i].tally.unchanged;
		sum.marked += peers[i].tally.marked;
		sum.changed += peers[i].tally.changed;
		sum.deferred += peers[i].tally.deferred;
		sum.refused += peers[i].tally.refused;
		sum.failed += peers[i].tally.failed;
		free(peers[i].out);
	}
	seconds = (now_us() - start) / 1e6;
	report(&sum, times, seconds);
	free(peers);
	free(times);
	return sum.failed > 0;
}
