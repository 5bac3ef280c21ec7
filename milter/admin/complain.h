/*
 * complain.h: lines on standard error.
 */
#ifndef ADMIN_COMPLAIN_H
#define ADMIN_COMPLAIN_H

#include <stddef.h>

/* "smimectl: ..." on one line; what a terminal would obey is shown as "?". */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* There is no such word (a "command", an "option"): says what was meant when
 * one of the known words is near, else where to look: "smimectl help SEE".
 * NULL words are passed over. */
struct complain_words {
	const char *what;
	const char *const *known;
	size_t count;
	const char *see; /* "" for the general help */
};
void complain_word(const struct complain_words *words, const char *word);

#endif
