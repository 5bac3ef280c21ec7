/*
 * suggest.c: see suggest.h.  Pure; the optimal string alignment distance in
 * three rows of fixed length, words longer than that are never meant.
 */
#include "base/suggest.h"

#include <string.h>

#define WORD_MAX 32

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Both at most WORD_MAX characters long. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t la = strlen(a), lb = strlen(b);

	for (unsigned j = 0; j <= lb; j++)
		before[j] = last[j] = j;
	for (size_t i = 1; i <= la; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], last[j] + 1);
			row[j] = least(row[j], row[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[lb];
}

const char *
suggest(const char *text, const char *const *candidates, size_t count)
{
	size_t len = strlen(text);
	/* A third of the letters may be wrong: less finds nothing in short
	 * words, more finds what nobody meant. */
	unsigned best = (unsigned)(len / 3 + 1), d;
	const char *found = NULL;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (!candidates[i] || strlen(candidates[i]) > WORD_MAX)
			continue;
		d = distance(text, candidates[i]);
		if (d < best || (d == best && !found)) {
			best = d;
			found = candidates[i];
		}
	}
	return found;
}
