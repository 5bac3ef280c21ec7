/* reply.c: see reply.h.  Pure, any thread. */
#include "gateway/reply.h"

#include <string.h>

/* An address longer than this is cut: the reason behind it matters more. */
#define RECIPIENT_MAX 200

static void
add(struct job_reply *reply, struct slice text, size_t max)
{
	size_t n = strlen(reply->text);

	if (max > REPLY_TEXT_MAX)
		max = REPLY_TEXT_MAX;
	for (size_t i = 0; i < text.len && n < max; i++) {
		unsigned char c = text.data[i];

		if (c < ' ' || c >= 0x7f || c == '%')
			c = '?';
		reply->text[n++] = (char)c;
	}
	reply->text[n] = '\0';
}

/* A path as in RCPT, without its angle brackets. */
static struct slice
bare_path(const char *path)
{
	struct slice s = slice_trim(slice_text(path));

	if (slice_has_prefix(s, "<"))
		s = slice_part(s, 1, s.len);
	if (s.len > 0 && s.data[s.len - 1] == '>')
		s.len--;
	return s;
}

void
reply_fill(struct job_reply *reply, enum plan_reason reason,
    const char *recipient, const char *advice)
{
	const struct plan_wording *wording = plan_reason_wording(reason);

	reply->code = wording->code;
	reply->extended = wording->extended;
	reply->text[0] = '\0';
	if (recipient) {
		add(reply, bare_path(recipient), RECIPIENT_MAX);
		add(reply, slice_text(": "), REPLY_TEXT_MAX);
	}
	add(reply, slice_text(advice ? advice : wording->text), REPLY_TEXT_MAX);
}
