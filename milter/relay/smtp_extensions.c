/* smtp_extensions.c: see smtp_extensions.h.  Pure, any thread. */
#include "relay/smtp_extensions.h"

static const struct {
	const char *keyword;
	enum smtp_extension extension;
} known[] = {
    {"SIZE", SMTP_SIZE},
    {"PIPELINING", SMTP_PIPELINING},
    {"8BITMIME", SMTP_8BITMIME},
    {"DSN", SMTP_DSN},
    {"SMTPUTF8", SMTP_SMTPUTF8},
    {"DELIVERBY", SMTP_DELIVERBY},
    {"REQUIRETLS", SMTP_REQUIRETLS},
};

/* RFC 1870 section 3: up to 20 digits.  What is no number, or more than can
 * be counted, is no limit. */
static uint64_t
read_size(struct slice s)
{
	uint64_t n = 0;

	if (s.len > 20)
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)s.data[i] - '0';

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return 0;
		n = 10 * n + digit;
	}
	return n;
}

void
smtp_extensions_add(struct smtp_extensions *extensions, struct slice text)
{
	size_t end = slice_find(text, ' ', 0);
	struct slice keyword = slice_part(text, 0, end);
	uint64_t size;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_equal_text_ci(keyword, known[i].keyword))
			extensions->has |= known[i].extension;
	if (!slice_equal_text_ci(keyword, "SIZE"))
		return;
	size = read_size(slice_trim(slice_part(text, end, text.len)));
	if (size > 0 &&
	    (extensions->size_max == 0 || size < extensions->size_max))
		extensions->size_max = size;
}
