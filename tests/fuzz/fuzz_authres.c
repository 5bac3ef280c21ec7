/*
 * What only we may write in a header: once it is removed nothing of it is
 * left, and no simple reader of Authentication-Results finds a result of ours.
 * And what we write ourselves can be sent and read, whatever stands in a
 * certificate.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/authres.h"
#include "gateway/mark.h"
#include "gateway/result.h"

#define NAME "mx.a"

static const struct gateway_config config = {.authserv_id = NAME,
    .tags = {.signed_ = "[s]", .encrypted = "", .problem = "\xc3\xbc!"}};

/* --- readers that know little --- */

/* Small letters; blanks and control characters at the ends of pieces do not
 * count. */
static struct slice
trim(struct slice s)
{
	while (s.len > 0 && s.data[0] <= ' ') {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && s.data[s.len - 1] <= ' ')
		s.len--;
	return s;
}

/* Pieces at semicolons, wherever they are: the name is the first, and one of
 * the others begins with the word. */
static bool
finds_result(struct slice text)
{
	size_t at = slice_find(text, ';', 0), end;

	if (!slice_equal_text_ci(trim(slice_part(text, 0, at)), NAME))
		return false;
	for (; at < text.len; at = end) {
		end = slice_find(text, ';', at + 1);
		if (slice_has_prefix_ci(
			trim(slice_part(text, at + 1, end)), "smime"))
			return true;
	}
	return false;
}

/* Takes out whatever stands between parentheses, by counting them. */
static void
cut_comments(struct slice text, struct buf *out)
{
	size_t depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '(')
			depth++;
		else if (text.data[i] == ')' && depth > 0)
			depth--;
		else if (depth == 0)
			buf_add_char(out, (char)text.data[i]);
	}
}

static void
check_readers(struct slice body)
{
	struct buf bare;

	if (authres_read(body, NAME) == AUTHRES_SMIME)
		return;
	FUZZ_CHECK(!finds_result(body));
	buf_init(&bare, body.len + 1);
	cut_comments(body, &bare);
	FUZZ_CHECK(!finds_result(buf_slice(&bare)));
	buf_fini(&bare);
}

/* --- the header --- */

static void
check_removed(const struct header *header, const struct edits *edits)
{
	struct header left;
	struct buf text;
	bool complete;

	buf_init(&text, EDITS_HEADER_MAX);
	header_init(&left);
	edits_write_header(edits, header, &text);
	FUZZ_CHECK(buf_ok(&text));
	header_parse(&left, buf_slice(&text), &complete);
	FUZZ_CHECK(left.over_limit || !mark_is_claimed(&config, &left));
	for (size_t i = 0; i < left.count; i++)
		if (slice_equal_text_ci(left.fields[i].name, AUTHRES_FIELD))
			check_readers(left.fields[i].body);
	header_fini(&left);
	buf_fini(&text);
}

/* --- what we write --- */

/* Printable ASCII, lines that every server takes, all that is opened closed,
 * and one semicolon for each statement. */
static void
check_written(struct slice body, size_t semicolons)
{
	bool quoted = false;
	size_t line = 100, depth = 0; /* the name */

	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = body.data[i];

		line = c == '\n' ? 0 : line + 1;
		FUZZ_CHECK(line <= 998);
		FUZZ_CHECK(c == '\n' || (c >= ' ' && c <= '~'));
		if (c == '\\' && quoted)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '(' && !quoted)
			depth++;
		else if (c == ')' && !quoted)
			FUZZ_CHECK(depth-- == 1);
		else if (c == ';' && !quoted && depth == 0)
			FUZZ_CHECK(semicolons-- > 0);
	}
	FUZZ_CHECK(!quoted && depth == 0 && semicolons == 0);
}

static void
write_results(char *address, char *issuer, char *serial)
{
	struct certificate signer = {.issuer = issuer, .serial = serial};
	struct smime_verdict verdict = {.status = SMIME_VALID,
	    .intact = true,
	    .detail = "",
	    .digest = "sha256",
	    .signer = &signer};
	struct result r = {.verdict = &verdict,
	    .signer = address,
	    .part = "1/2",
	    .cipher = ""};
	struct buf out;

	buf_init(&out, RESULT_MAX);
	result_write_authres(&r, NAME, &out);
	FUZZ_CHECK(buf_ok(&out));
	FUZZ_CHECK(authres_read(buf_slice(&out), NAME) == AUTHRES_SMIME);
	check_written(buf_slice(&out), 1);
	buf_clear(&out);
	verdict.signer = NULL;
	verdict.status = SMIME_UNTRUSTED;
	result_write_status(&r, &out);
	check_written(buf_slice(&out), 6);
	buf_clear(&out);
	verdict.signer = &signer;
	result_write_status(&r, &out);
	check_written(
	    buf_slice(&out), memmem(out.data, out.len, "signer=", 7) ? 7 : 6);
	buf_fini(&out);
}

/* Address, issuer and number, each a line. */
static void
check_writing(struct slice text)
{
	char *part[3];

	for (size_t i = 0, at = 0; i < 3; i++) {
		size_t end = slice_find(text, '\n', at);

		part[i] = slice_dup_text(slice_part(text, at, end));
		at = end + 1;
	}
	write_results(part[0], part[1], part[2]);
	for (size_t i = 0; i < 3; i++)
		free(part[i]);
}

/* No mail server shows a milter NUL or a lonely CR; both are left out where a
 * header is written, which joins what is around them. */
static bool
can_come(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] == '\0' ||
		    (data[i] == '\r' && (i + 1 == size || data[i + 1] != '\n')))
			return false;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header header;
	struct edits edits;
	struct err err;
	bool complete, claimed;
	int rc;

	check_writing(slice_make(data, size));
	if (!can_come(data, size))
		return 0;
	header_init(&header);
	header_parse(&header, slice_make(data, size), &complete);
	edits_init(&edits);
	claimed = mark_is_claimed(&config, &header);
	rc = mark_remove(&config, &header, &edits, &err);
	FUZZ_CHECK(claimed == (rc < 0 || !edits_are_empty(&edits)));
	FUZZ_CHECK(rc == 0 || edits_are_empty(&edits));
	if (rc == 0)
		check_removed(&header, &edits);
	edits_fini(&edits);
	header_fini(&header);
	return 0;
}
