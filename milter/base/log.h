/*
 * log.h: one line per decision, for people who grep.
 *
 *   QUEUEID: event key=value key=value ...
 *
 * Text that came from outside is escaped and cut; a line can neither be
 * forged nor torn.  Never log subjects, bodies or keys.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/slice.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Where lines go. */
enum log_target {
	LOG_TARGET_SYSLOG,
	LOG_TARGET_STDERR,
	LOG_TARGET_FILE
};

#define LOG_LINE_MAX 2048

/* A line being put together on the stack of its writer. */
struct log_line {
	enum log_level level;
	bool wanted; /* the level is on; nothing is formatted otherwise */
	size_t len;
	char text[LOG_LINE_MAX];
};

/* Before threads start.  file is used by LOG_TARGET_FILE only.  Without this
 * call lines of level info and above go to standard error.  Returns -1 and
 * sets errno when the file cannot be opened; the old target stays.  The system
 * log may come and go. */
int log_open(enum log_target target, enum log_level level, const char *ident,
    const char *file);

/* Opens the log file again after it was rotated; otherwise does nothing.
 * -1 with errno when it cannot be opened: the old file stays in use. */
int log_reopen(void);

/* Starts "queue_id: event"; queue_id may be NULL or empty: "NOQUEUE". */
void log_begin(struct log_line *line, enum log_level level,
    const char *queue_id, const char *event);

/* Adds " key=value".  text is foreign: escaped, cut at LIMIT_LOG_FOREIGN. */
void log_text(struct log_line *line, const char *key, const char *text);
void log_slice(struct log_line *line, const char *key, struct slice text);
void log_number(struct log_line *line, const char *key, long long number);
/* Adds ' key="text"' for sentences: blanks stay, what would end the quotes is
 * escaped.  For people; what programs look at is a word. */
void log_phrase(struct log_line *line, const char *key, const char *text);

/* Writes the line in one piece. */
void log_end(struct log_line *line);

/* Lines that belong to no message.  What %s brings in is escaped. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
