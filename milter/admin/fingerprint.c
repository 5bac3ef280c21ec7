/* fingerprint.c: see fingerprint.h.  Pure. */
#include "admin/fingerprint.h"

#include <ctype.h>
#include <string.h>

static enum verb_result
complain(const char *text, struct err *err)
{
	(void)err_set(err, ERR_PERMANENT,
	    "\"%.80s\" is not a fingerprint: %u hexadecimal digits or more",
	    text, FINGERPRINT_LEAST);
	return VERB_USAGE;
}

enum verb_result
fingerprint_read(const char *text, char *out, struct err *err)
{
	char digits[FINGERPRINT_TEXT];
	size_t len = 0;

	for (const char *c = text; *c; c++) {
		if (*c == ':')
			continue;
		if (!isxdigit((unsigned char)*c) || len + 1 == sizeof(digits))
			return complain(text, err);
		digits[len++] = (char)tolower((unsigned char)*c);
	}
	if (len < FINGERPRINT_LEAST)
		return complain(text, err);
	digits[len] = '\0';
	memcpy(out, digits, len + 1);
	return VERB_DONE;
}

bool
fingerprint_fits(const char *fingerprint, const char *beginning)
{
	return strncmp(fingerprint, beginning, strlen(beginning)) == 0;
}
