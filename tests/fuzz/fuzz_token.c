/* Tokens: whatever a stranger writes is a forgery, and whatever we write about
 * a copy of any name is good once. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/slice.h"
#include "gateway/token.h"

#define NOW 1000000

static struct tokens *
our_tokens(void)
{
	static struct tokens *tokens;
	struct err err;

	FUZZ_CHECK(tokens || tokens_new(&tokens, &err) == 0);
	return tokens;
}

/* The input as a field, as it is and behind the beginning of a real one. */
static void
forge(struct slice input)
{
	const char *const recipients[] = {"bob@example.net"};
	const struct token_subject subject = {.sender = "alice@example.org",
	    .recipients = recipients,
	    .recipient_count = 1};
	char text[TOKEN_TEXT], field[TOKEN_TEXT];
	size_t keep = input.len > 0 ? input.data[0] % TOKEN_TEXT : 0;
	struct err err;

	FUZZ_CHECK(
	    token_check(our_tokens(), input, &subject, NOW) == TOKEN_FORGED);
	FUZZ_CHECK(token_make(our_tokens(), &subject, NOW, text, &err) == 0);
	memset(field, ' ', sizeof(field));
	memcpy(field, text, keep);
	for (size_t i = keep; i < sizeof(field) && i - keep < input.len; i++)
		field[i] = (char)input.data[i - keep];
	/* Its digits may be written in capitals. */
	if (slice_equal_text_ci(
		slice_trim(slice_make(field, sizeof(field))), text))
		return;
	FUZZ_CHECK(token_check(our_tokens(), slice_make(field, sizeof(field)),
		       &subject, NOW) == TOKEN_FORGED);
}

/* The input as a Message-ID, and as two recipients. */
static void
make(struct slice input)
{
	char *first = slice_dup_text(slice_part(input, 0, input.len / 2));
	char *second =
	    slice_dup_text(slice_part(input, input.len / 2, input.len));
	const char *const one[] = {first, second};
	const char *const other[] = {second, first, second};
	struct token_subject subject = {.sender = first,
	    .recipients = one,
	    .recipient_count = 2,
	    .message_id = input};
	char text[TOKEN_TEXT];
	struct err err;

	FUZZ_CHECK(token_make(our_tokens(), &subject, NOW, text, &err) == 0);
	subject.recipients = other;
	subject.recipient_count = 3;
	FUZZ_CHECK(token_check(our_tokens(), slice_text(text), &subject, NOW) ==
		   TOKEN_GOOD);
	FUZZ_CHECK(token_check(our_tokens(), slice_text(text), &subject, NOW) ==
		   TOKEN_USED);
	free(second);
	free(first);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_make(data, size);

	forge(input);
	make(input);
	return 0;
}
