/*
 * What only we may write in a header: once it is removed nothing of it is
 * left, and no simple reader of Authentication-Results finds a result of ours.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/authres.h"
#include "gateway/mark.h"

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
