/*
 * log.c: see log.h.  Callable from any thread; a line is one write or one
 * datagram, so lines of several threads never mix.
 *
 * The system log is written to directly: syslog(3) connects again when its
 * daemon restarts, which a locked-in process may not do, takes a lock for
 * each line and looks at /etc/localtime.  A socket that is never connected
 * needs none of it.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"

/* How long a line waits for a system log that does not keep up. */
#define SYSLOG_WAIT_SECONDS 1

static struct {
	enum log_target target;
	enum log_level level;
	char *ident;
	char *file;
	int fd;
	pthread_mutex_t reopening;
} log_state = {
    .target = LOG_TARGET_STDERR,
    .level = LOG_LEVEL_INFO,
    .fd = STDERR_FILENO,
    .reopening = PTHREAD_MUTEX_INITIALIZER,
};

static int
open_file(const char *file)
{
	return open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

static int
open_syslog(void)
{
	struct timeval wait = {.tv_sec = SYSLOG_WAIT_SECONDS};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	return fd;
}

int
log_open(enum log_target target, enum log_level level, const char *ident,
    const char *file)
{
	int fd = STDERR_FILENO;

	if (target == LOG_TARGET_FILE)
		fd = open_file(file);
	else if (target == LOG_TARGET_SYSLOG)
		fd = open_syslog();
	if (fd < 0)
		return -1;
	if (log_state.fd != STDERR_FILENO)
		close(log_state.fd);
	free(log_state.ident);
	free(log_state.file);
	log_state.target = target;
	log_state.level = level;
	log_state.ident = xstrdup(ident);
	log_state.file = target == LOG_TARGET_FILE ? xstrdup(file) : NULL;
	log_state.fd = fd;
	return 0;
}

/* The number of the descriptor stays, so writers need no lock. */
int
log_reopen(void)
{
	int fd, rc = -1;

	if (log_state.target != LOG_TARGET_FILE)
		return 0;
	pthread_mutex_lock(&log_state.reopening);
	fd = open_file(log_state.file);
	if (fd >= 0) {
		rc = dup3(fd, log_state.fd, O_CLOEXEC) < 0 ? -1 : 0;
		close(fd);
	}
	pthread_mutex_unlock(&log_state.reopening);
	return rc;
}

static void
add_raw(struct log_line *line, const char *text, size_t len)
{
	size_t room = sizeof(line->text) - 2 - line->len;

	if (len > room)
		len = room;
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

/* How text is escaped: as one word, as a sentence in quotes, or freely. */
enum text_kind {
	TEXT_WORD,
	TEXT_QUOTED,
	TEXT_FREE
};

static bool
is_plain(unsigned char c, enum text_kind kind)
{
	if (c == ' ')
		return kind != TEXT_WORD;
	if (c == '"')
		return kind != TEXT_QUOTED;
	return c > ' ' && c < 0x7f && c != '\\';
}

static void
add_escaped(struct log_line *line, struct slice s, enum text_kind kind)
{
	size_t n = s.len > LIMIT_LOG_FOREIGN ? LIMIT_LOG_FOREIGN : s.len;
	char escape[8];

	for (size_t i = 0; i < n; i++) {
		unsigned char c = s.data[i];

		if (is_plain(c, kind)) {
			add_raw(line, (const char *)&s.data[i], 1);
		} else {
			snprintf(escape, sizeof(escape), "\\x%02x", c);
			add_raw(line, escape, 4);
		}
	}
	if (n < s.len)
		add_raw(line, "...", 3);
}

void
log_begin(struct log_line *line, enum log_level level, const char *queue_id,
    const char *event)
{
	line->level = level;
	line->wanted = level <= log_state.level;
	line->len = 0;
	if (!line->wanted)
		return;
	if (!queue_id || !*queue_id)
		queue_id = "NOQUEUE";
	add_escaped(line, slice_text(queue_id), TEXT_WORD);
	add_raw(line, ": ", 2);
	add_raw(line, event, strlen(event));
}

void
log_slice(struct log_line *line, const char *key, struct slice text)
{
	if (!line->wanted)
		return;
	add_raw(line, " ", 1);
	add_raw(line, key, strlen(key));
	add_raw(line, "=", 1);
	add_escaped(line, text, TEXT_WORD);
}

void
log_text(struct log_line *line, const char *key, const char *text)
{
	log_slice(line, key, slice_text(text ? text : ""));
}

void
log_number(struct log_line *line, const char *key, long long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", number);
	log_text(line, key, text);
}

void
log_phrase(struct log_line *line, const char *key, const char *text)
{
	if (!line->wanted)
		return;
	add_raw(line, " ", 1);
	add_raw(line, key, strlen(key));
	add_raw(line, "=\"", 2);
	add_escaped(line, slice_text(text ? text : ""), TEXT_QUOTED);
	add_raw(line, "\"", 1);
}

/* The local form of RFC 3164: without a time, which the daemon knows better,
 * and without a host. */
static void
write_syslog(const struct log_line *line)
{
	const struct sockaddr_un address = {
	    .sun_family = AF_UNIX, .sun_path = _PATH_LOG};
	static const int priorities[] = {[LOG_LEVEL_ERROR] = LOG_ERR,
	    [LOG_LEVEL_WARNING] = LOG_WARNING,
	    [LOG_LEVEL_INFO] = LOG_INFO,
	    [LOG_LEVEL_DEBUG] = LOG_DEBUG};
	char whole[128 + LOG_LINE_MAX];
	int n;

	n = snprintf(whole, sizeof(whole), "<%d>%.60s[%ld]: %.*s",
	    LOG_MAIL | priorities[line->level], log_state.ident, (long)getpid(),
	    (int)line->len, line->text);
	(void)sendto(log_state.fd, whole, (size_t)n, MSG_NOSIGNAL,
	    (const struct sockaddr *)&address, sizeof(address));
}

static void
write_file(struct log_line *line)
{
	char head[128] = "";
	char whole[sizeof(head) + LOG_LINE_MAX];
	struct tm now;
	time_t seconds;
	int n = 0;
	size_t done = 0;

	if (log_state.target == LOG_TARGET_FILE) {
		seconds = time(NULL);
		gmtime_r(&seconds, &now);
		n = (int)strftime(
		    head, sizeof(head), "%Y-%m-%dT%H:%M:%SZ ", &now);
	}
	if (log_state.ident)
		n += snprintf(head + n, sizeof(head) - (size_t)n,
		    "%.60s: ", log_state.ident);
	memcpy(whole, head, (size_t)n);
	memcpy(whole + n, line->text, line->len);
	whole[(size_t)n + line->len] = '\n';
	while (done < (size_t)n + line->len + 1) {
		ssize_t w = write(log_state.fd, whole + done,
		    (size_t)n + line->len + 1 - done);

		if (w < 0 && errno != EINTR)
			return;
		done += w < 0 ? 0 : (size_t)w;
	}
}

void
log_end(struct log_line *line)
{
	if (!line->wanted)
		return;
	if (log_state.target == LOG_TARGET_SYSLOG)
		write_syslog(line);
	else
		write_file(line);
}

static void log_plain(enum log_level level, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
log_plain(enum log_level level, const char *format, va_list ap)
{
	struct log_line line;
	char text[LOG_LINE_MAX / 2];
	struct slice rest;

	line.level = level;
	line.wanted = level <= log_state.level;
	line.len = 0;
	if (!line.wanted)
		return;
	vsnprintf(text, sizeof(text), format, ap);
	for (rest = slice_text(text); rest.len > 0;
	     rest = slice_part(rest, LIMIT_LOG_FOREIGN, rest.len))
		add_escaped(
		    &line, slice_part(rest, 0, LIMIT_LOG_FOREIGN), TEXT_FREE);
	log_end(&line);
}

void
log_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_plain(LOG_LEVEL_ERROR, format, ap);
	va_end(ap);
}

void
log_warning(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_plain(LOG_LEVEL_WARNING, format, ap);
	va_end(ap);
}

void
log_info(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_plain(LOG_LEVEL_INFO, format, ap);
	va_end(ap);
}
