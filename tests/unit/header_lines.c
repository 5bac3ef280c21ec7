/* header_lines.c: see header_lines.h. */
#include "unit/unit.h"

#include "unit/header_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "unit/must.h"

void
header_lines_each(const char *text,
    void (*each)(void *arg, const char *name, const char *body), void *arg)
{
	while (*text) {
		const char *end = text, *colon = strchr(text, ':');
		char *name, *body;

		do
			end = strchr(end + 1, '\n');
		while (end && (end[1] == ' ' || end[1] == '\t'));
		assert_true(colon && end && colon < end);
		name = xstrndup(text, (size_t)(colon - text));
		body = xstrndup(colon + 1, (size_t)(end - colon - 1));
		each(arg, name, body);
		free(name);
		free(body);
		text = end + 1;
	}
}

static void
add(void *arg, const char *name, const char *body)
{
	MUST(header_add(arg, slice_text(name), slice_text(body), &err));
}

void
header_lines_add(struct header *h, const char *text)
{
	header_lines_each(text, add, h);
}
