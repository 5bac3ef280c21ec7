/* MAIL and RCPT from what the sender of a message chose: one command each,
 * whatever he chose. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "relay/smtp_command.h"

/* Path and parameters, with a line feed between. */
static void
split(struct slice all, struct slice *path, struct slice *parameters)
{
	size_t lf = slice_find(all, '\n', 0);

	*path = slice_part(all, 0, lf);
	*parameters = slice_part(all, lf + 1, all.len);
}

/* The end of the path in a command, read as a server reads it: the first ">"
 * that is not quoted. */
static size_t
path_end(struct slice s, size_t from)
{
	bool quoted = false;
	size_t i;

	for (i = from; i < s.len && (quoted || s.data[i] != '>'); i++) {
		if (s.data[i] == '\\')
			i++;
		else if (s.data[i] == '"')
			quoted = !quoted;
		else
			FUZZ_CHECK(quoted || s.data[i] != ' ');
	}
	return i;
}

static void
check_command(struct slice line, const char *verb, struct slice path)
{
	size_t start = strlen(verb);
	size_t bare = path.len > 0 && path.data[0] == '<';
	struct slice inner = slice_part(path, bare, path.len - bare);

	FUZZ_CHECK(line.len <= LIMIT_RELAY_COMMAND);
	FUZZ_CHECK(slice_has_prefix(line, verb));
	FUZZ_CHECK(memcmp(line.data + line.len - 2, "\r\n", 2) == 0);
	for (size_t i = 0; i < line.len - 2; i++)
		FUZZ_CHECK(line.data[i] >= ' ' && line.data[i] != 127);
	/* The path is that of the message, and what follows is a parameter. */
	FUZZ_CHECK(path_end(line, start) == start + inner.len);
	FUZZ_CHECK(
	    slice_equal(slice_part(line, start, start + inner.len), inner));
	FUZZ_CHECK(line.data[start + inner.len + 1] == ' ' ||
		   line.data[start + inner.len + 1] == '\r');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_make(data, size > 0 ? size - 1 : 0);
	struct smtp_extensions server = {.has = size > 0 ? data[size - 1] : 0};
	struct smtp_terms terms = {.server = &server, .size = size};
	struct relay_recipient to;
	struct relay_copy copy = {.recipients = &to, .count = 1};
	struct err err;
	struct buf out;

	split(all, &copy.path, &copy.parameters);
	to = (struct relay_recipient){
	    .path = copy.path, .parameters = copy.parameters};
	terms.has_8bit = server.has & 0x80;
	buf_init(&out, LIMIT_RELAY_COMMAND);
	if (smtp_mail_write(&out, &copy, &terms, &err) == 0)
		check_command(buf_slice(&out), "MAIL FROM:<", copy.path);
	else
		FUZZ_CHECK(err.class == ERR_PERMANENT);
	buf_clear(&out);
	if (smtp_rcpt_write(&out, &to, &terms, &err) == 0)
		check_command(buf_slice(&out), "RCPT TO:<", to.path);
	else
		FUZZ_CHECK(err.class == ERR_PERMANENT);
	buf_fini(&out);
	return 0;
}
