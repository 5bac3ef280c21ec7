/* Replies of an SMTP server: whatever it says, what we keep is harmless, and
 * the same however its bytes are cut up by the network. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "relay/smtp_extensions.h"
#include "relay/smtp_reply.h"

enum end {
	MORE,
	WHOLE,
	MALFORMED
};

/* Reads one reply from bytes that arrive step by step; *used counts those of
 * complete lines. */
static enum end
read_reply(struct slice bytes, size_t step, struct smtp_reply *reply,
    struct smtp_extensions *extensions, size_t *used)
{
	size_t arrived = 0, n;
	struct slice line;
	bool last = false;
	struct err err;

	smtp_reply_init(reply);
	*extensions = (struct smtp_extensions){0};
	*used = 0;
	while (!last) {
		if (smtp_line_take(
			slice_part(bytes, *used, arrived), &line, &n, &err))
			return MALFORMED;
		if (n == 0 && arrived == bytes.len)
			return MORE;
		if (n == 0) {
			arrived += step;
			if (arrived > bytes.len)
				arrived = bytes.len;
			continue;
		}
		FUZZ_CHECK(n == line.len + 2 && n <= LIMIT_RELAY_LINE);
		*used += n;
		if (smtp_reply_add(reply, line, &last, &err))
			return MALFORMED;
		smtp_extensions_add(extensions, smtp_line_text(line));
	}
	return WHOLE;
}

static void
check_text(const char *text, size_t max)
{
	FUZZ_CHECK(strlen(text) <= max);
	for (; *text; text++)
		FUZZ_CHECK(*text >= ' ' && *text <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_make(data, size);
	struct smtp_extensions extensions, again_extensions;
	struct smtp_reply reply, again;
	size_t used, again_used;
	enum end end;

	end = read_reply(bytes, size + 1, &reply, &extensions, &used);
	FUZZ_CHECK(used <= size);
	FUZZ_CHECK(reply.lines <= LIMIT_RELAY_LINES);
	check_text(reply.text, LIMIT_RELAY_TEXT);
	check_text(reply.enhanced, SMTP_ENHANCED_MAX - 1);
	if (reply.lines > 0)
		FUZZ_CHECK(reply.code >= 200 && reply.code <= 559);
	if (reply.enhanced[0])
		FUZZ_CHECK(reply.enhanced[0] - '0' == reply.code / 100);
	FUZZ_CHECK(read_reply(bytes, 1, &again, &again_extensions,
		       &again_used) == end);
	FUZZ_CHECK(used == again_used || end == MALFORMED);
	if (end == WHOLE) {
		FUZZ_CHECK(memcmp(&reply, &again, sizeof(reply)) == 0);
		FUZZ_CHECK(extensions.has == again_extensions.has);
		FUZZ_CHECK(extensions.size_max == again_extensions.size_max);
	}
	return 0;
}
