/* naive_codec.c: see naive_codec.h. */
#include "unit/naive_codec.h"

#include <string.h>

void
naive_base64(struct slice in, struct buf *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789+/";
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < in.len && in.data[i] != '='; i++) {
		const char *at = strchr(alphabet, in.data[i]);

		if (!at || !in.data[i])
			continue;
		bits = (bits << 6 | (unsigned)(at - alphabet)) & 0xfff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_add_char(out, (char)(bits >> have & 0xff));
		}
	}
}

static int
digit(unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, ascii_lower(c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Blanks before a line end, or before the end, are not part of the data. */
static bool
ends_line(struct slice in, size_t at)
{
	while (at < in.len && (in.data[at] == ' ' || in.data[at] == '\t'))
		at++;
	return at == in.len || in.data[at] == '\n' ||
	       (in.data[at] == '\r' && at + 1 < in.len &&
		   in.data[at + 1] == '\n');
}

static size_t
behind_line(struct slice in, size_t at)
{
	while (at < in.len && in.data[at] != '\n')
		at++;
	return at < in.len ? at + 1 : at;
}

void
naive_qp(struct slice in, struct buf *out)
{
	size_t i = 0;

	while (i < in.len) {
		unsigned char c = in.data[i];
		bool blank = c == ' ' || c == '\t';

		if (blank && ends_line(in, i)) {
			i++;
		} else if (c == '=' && ends_line(in, i + 1)) {
			i = behind_line(in, i);
		} else if (c == '=' && i + 2 < in.len &&
			   digit(in.data[i + 1]) >= 0 &&
			   digit(in.data[i + 2]) >= 0) {
			buf_add_char(out, (char)(16 * digit(in.data[i + 1]) +
						 digit(in.data[i + 2])));
			i += 3;
		} else {
			buf_add_char(out, (char)c);
			i++;
		}
	}
}
