/* esmtp.c: see esmtp.h.  Keeps nothing; any thread. */
#include "mail/esmtp.h"

#include <stddef.h>

bool
esmtp_has(struct slice parameters, const char *parameter)
{
	for (size_t at = 0, end; at < parameters.len; at = end + 1) {
		end = slice_find(parameters, ' ', at);
		if (slice_equal_text_ci(
			slice_part(parameters, at, end), parameter))
			return true;
	}
	return false;
}

struct slice
esmtp_parameter(struct slice parameters, const char *name)
{
	for (size_t at = 0, end; at < parameters.len; at = end + 1) {
		struct slice one, word;
		size_t equals;

		end = slice_find(parameters, ' ', at);
		one = slice_part(parameters, at, end);
		equals = slice_find(one, '=', 0);
		word = slice_part(one, 0, equals);
		if (equals < one.len && slice_equal_text_ci(word, name))
			return slice_part(one, equals + 1, one.len);
	}
	return slice_make(NULL, 0);
}
