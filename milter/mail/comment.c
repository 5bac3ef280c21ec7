/* comment.c: see comment.h.  Keeps nothing; any thread. */
#include "mail/comment.h"

bool
comment_skip(struct slice text, size_t *pos)
{
	size_t depth = 0;

	for (size_t i = *pos; i < text.len; i++) {
		unsigned char c = text.data[i];

		if (c == '\\') {
			i++;
		} else if (c == '(') {
			depth++;
		} else if (c == ')' && --depth == 0) {
			*pos = i + 1;
			return true;
		}
	}
	*pos = text.len;
	return false;
}
