/*
 * smtp_reply.c: see smtp_reply.h.  RFC 5321 4.2 and 4.2.1, RFC 2034 section
 * 4, RFC 3463 section 2.  Pure functions, any thread.
 */
#include "relay/smtp_reply.h"

#include <stdlib.h>
#include <string.h>

void
smtp_reply_init(struct smtp_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
}

/* A server whose words cannot be read may be well again later. */
static int
malformed(struct err *err, struct slice line, const char *what)
{
	char shown[65];

	slice_show(line, shown, sizeof(shown));
	return err_set(
	    err, ERR_TEMPORARY, "not an SMTP reply: %s: \"%s\"", what, shown);
}

int
smtp_line_take(
    struct slice pending, struct slice *line, size_t *used, struct err *err)
{
	struct slice head = slice_part(pending, 0, LIMIT_RELAY_LINE);
	size_t lf = slice_find(head, '\n', 0);
	size_t cr = slice_find(head, '\r', 0);

	*used = 0;
	if (lf < cr || cr + 1 < (lf < head.len ? lf : head.len))
		return malformed(err, head, "CR or LF inside a line");
	if (lf < head.len) {
		*line = slice_part(head, 0, cr);
		*used = lf + 1;
		return 0;
	}
	if (head.len == LIMIT_RELAY_LINE)
		return malformed(err, head, "a line without end");
	return 0;
}

/* Reply-code = %x32-35 %x30-35 %x30-39; -1 when it is none. */
static int
read_code(struct slice line)
{
	const unsigned char *c = line.data;

	if (line.len < 3 || c[0] < '2' || c[0] > '5' || c[1] < '0' ||
	    c[1] > '5' || c[2] < '0' || c[2] > '9')
		return -1;
	return (c[0] - '0') * 100 + (c[1] - '0') * 10 + (c[2] - '0');
}

struct slice
smtp_line_text(struct slice line)
{
	return slice_part(line, 4, line.len);
}

/* Digits at the beginning, at most three; a leading zero stands alone. */
static size_t
count_digits(struct slice s)
{
	size_t n = 0;

	while (n < s.len && s.data[n] >= '0' && s.data[n] <= '9')
		n++;
	return n > 3 || (n > 1 && s.data[0] == '0') ? 0 : n;
}

/* Bytes of an enhanced status code at the beginning of the text, 0 when
 * there is none, or one that belies the reply's code. */
static size_t
enhanced_length(struct slice text, int code)
{
	size_t subject, detail, len;

	if (text.len < 5 || text.data[0] != code / 100 + '0' ||
	    text.data[1] != '.')
		return 0;
	subject = count_digits(slice_part(text, 2, text.len));
	if (subject == 0 || 2 + subject >= text.len ||
	    text.data[2 + subject] != '.')
		return 0;
	detail = count_digits(slice_part(text, 3 + subject, text.len));
	len = 3 + subject + detail;
	if (detail == 0 || (len < text.len && text.data[len] != ' '))
		return 0;
	return len;
}

static void
add_text(struct smtp_reply *reply, struct slice text)
{
	size_t used = strlen(reply->text);

	text = slice_trim(text);
	if (text.len == 0 || used >= sizeof(reply->text) - 1)
		return;
	if (used > 0)
		reply->text[used++] = ' ';
	slice_show(text, reply->text + used, sizeof(reply->text) - used);
}

int
smtp_reply_add(
    struct smtp_reply *reply, struct slice line, bool *last, struct err *err)
{
	struct slice text = smtp_line_text(line);
	int code = read_code(line);
	size_t len;

	if (code < 0)
		return malformed(err, line, "no code");
	if (line.len > 3 && line.data[3] != ' ' && line.data[3] != '-')
		return malformed(err, line, "no blank behind the code");
	if (reply->lines > 0 && code != reply->code)
		return malformed(err, line, "another code in the same reply");
	if (reply->lines >= LIMIT_RELAY_LINES)
		return malformed(err, line, "a reply without end");
	len = enhanced_length(text, code);
	if (reply->lines == 0)
		slice_show(slice_part(text, 0, len), reply->enhanced,
		    sizeof(reply->enhanced));
	add_text(reply, slice_part(text, len, text.len));
	reply->code = code;
	reply->lines++;
	*last = line.len == 3 || line.data[3] == ' ';
	return 0;
}
