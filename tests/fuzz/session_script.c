/* session_script.c: see session_script.h. */
#include "fuzz/session_script.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hex.h"

static const char known[] = "CLMRIHEBbX.hfAQG";

/* Writes what the escape at the start of rest stands for; returns how many
 * bytes of it were used. */
static size_t
unescape(struct slice rest, unsigned char *out)
{
	static const char letters[] = "nrt\\", bytes[] = "\n\r\t\\";
	char digits[3] = "";
	const char *at;

	*out = rest.data[0];
	if (rest.data[0] != '\\' || rest.len < 2 || !rest.data[1])
		return 1;
	at = strchr(letters, rest.data[1]);
	if (at) {
		*out = (unsigned char)bytes[at - letters];
		return 2;
	}
	if (rest.data[1] == 'x' && rest.len >= 4) {
		memcpy(digits, rest.data + 2, 2);
		if (hex_decode(digits, out, 1) == 0)
			return 4;
		*out = rest.data[0];
	}
	return 1;
}

/* Behind the letter and a blank. */
static size_t
read_text(struct slice line, char *out)
{
	size_t len = 0, used;
	unsigned char byte;

	line = slice_part(line, 1, line.len);
	if (line.len > 0 && line.data[0] == ' ')
		line = slice_part(line, 1, line.len);
	for (; line.len > 0; line = slice_part(line, used, line.len)) {
		used = unescape(line, &byte);
		out[len++] = (char)byte;
	}
	out[len] = '\0';
	return len;
}

void
script_read(struct script *s, struct slice input)
{
	size_t start, end;
	char *free_bytes;

	s->count = 0;
	/* Each line's letter leaves room for its NUL. */
	free_bytes = s->bytes = xmalloc(input.len + 1);
	for (start = 0; start < input.len; start = end + 1) {
		struct slice line;

		end = slice_find(input, '\n', start);
		line = slice_part(input, start, end);
		if (s->count == SCRIPT_OPS || line.len == 0 || !line.data[0] ||
		    !strchr(known, line.data[0]))
			continue;
		s->ops[s->count].what = (char)line.data[0];
		s->ops[s->count].text = free_bytes;
		s->ops[s->count].len = read_text(line, free_bytes);
		free_bytes += s->ops[s->count++].len + 1;
	}
}

void
script_fini(struct script *s)
{
	free(s->bytes);
	s->bytes = NULL;
	s->count = 0;
}
