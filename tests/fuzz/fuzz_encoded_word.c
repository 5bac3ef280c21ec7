/*
 * Encoded words and texts: runs that are in order and cover the body; whatever is taken
 * out, the rest is a value that a header can hold, and what is left as it is
 * keeps its bytes; and what was written reads as the same text.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "mail/charset.h"
#include "mail/encoded_text.h"
#include "mail/encoded_word.h"

#define TEXT_MAX ((size_t)1 << 24)
#define COLUMN	 8u

static void
check_runs(const struct encoded_text *t)
{
	FUZZ_CHECK(buf_ok(&t->text));
	FUZZ_CHECK(t->count > 0);
	FUZZ_CHECK(t->runs[0].text == 0 && t->runs[0].raw == 0);
	for (size_t i = 1; i < t->count; i++) {
		FUZZ_CHECK(t->runs[i].raw > t->runs[i - 1].raw);
		FUZZ_CHECK(t->runs[i].text >= t->runs[i - 1].text);
		FUZZ_CHECK(t->runs[i].raw <= t->body.len);
		FUZZ_CHECK(t->runs[i].text <= t->text.len);
		FUZZ_CHECK(t->runs[i].encoded != t->runs[i - 1].encoded);
	}
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* What was written begins with a blank or fold, and folds are followed by
 * one, if those of the body were. */
static void
check_value(struct slice body, struct slice value)
{
	FUZZ_CHECK(value.len > 0);
	FUZZ_CHECK(is_blank(value.data[0]) || value.data[0] == '\n');
	FUZZ_CHECK(slice_find(value, '\r', 0) == value.len);
	for (size_t i = 0; i < body.len; i++)
		if (body.data[i] == '\n' &&
		    (i + 1 == body.len || !is_blank(body.data[i + 1])))
			return;
	for (size_t i = 0; i < value.len; i++)
		FUZZ_CHECK(value.data[i] != '\n' ||
			   (i + 1 < value.len && is_blank(value.data[i + 1])));
}

/* Nothing gone: the same bytes, but for line ends. */
static void
check_identity(const struct encoded_text *t)
{
	bool *gone = xcalloc(t->text.len + 1, sizeof(*gone));
	struct encoded_text again;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	encoded_text_write(t, gone, COLUMN, &out);
	check_value(t->body, buf_slice(&out));
	if (slice_find(t->body, '\n', 0) == t->body.len &&
	    slice_find(t->body, '\r', 0) == t->body.len && t->body.len > 0 &&
	    is_blank(t->body.data[0]))
		FUZZ_CHECK(slice_equal(buf_slice(&out), t->body));
	encoded_text_read(&again, buf_slice(&out));
	check_runs(&again);
	encoded_text_fini(&again);
	buf_fini(&out);
	free(gone);
}

/* The characters from..to are gone. */
static void
check_cut(const struct encoded_text *t, size_t from, size_t to)
{
	bool *gone = xcalloc(t->text.len + 1, sizeof(*gone));
	struct buf out;
	size_t n;

	for (size_t i = 0; i < t->text.len; i += n) {
		n = charset_utf8_length(
		    slice_part(buf_slice(&t->text), i, t->text.len));
		n = n > 0 ? n : 1;
		for (size_t k = i; i >= from && i < to && k < i + n; k++)
			gone[k] = true;
	}
	buf_init(&out, TEXT_MAX);
	encoded_text_write(t, gone, COLUMN, &out);
	FUZZ_CHECK(buf_ok(&out));
	check_value(t->body, buf_slice(&out));
	buf_fini(&out);
	free(gone);
}

/* A text in UTF-8, without blanks at its ends, comes back. */
static void
check_written(struct slice text)
{
	struct encoded_text t;
	struct buf out;

	text = slice_trim(text);
	buf_init(&out, TEXT_MAX);
	encoded_word_write(text, COLUMN, &out);
	FUZZ_CHECK(buf_ok(&out));
	for (size_t i = 0; i < out.len; i++)
		FUZZ_CHECK(out.data[i] == '\n' ||
			   (out.data[i] >= ' ' && out.data[i] <= '~'));
	encoded_text_read(&t, buf_slice(&out));
	if (charset_is_utf8(text))
		FUZZ_CHECK(slice_equal(slice_trim(buf_slice(&t.text)), text));
	encoded_text_fini(&t);
	buf_fini(&out);
}

/* Two bytes say what is taken out, the others are the body. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct encoded_text t;

	if (size < 2)
		return 0;
	encoded_text_read(&t, slice_make(data + 2, size - 2));
	check_runs(&t);
	check_identity(&t);
	check_cut(&t, data[0], (size_t)data[0] + data[1]);
	check_written(buf_slice(&t.text));
	check_written(slice_make(data + 2, size - 2));
	encoded_text_fini(&t);
	return 0;
}
