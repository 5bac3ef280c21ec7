/* err.c: see err.h.  Callable from any thread. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

static void
append(struct err *err, const char *separator, const char *text)
{
	size_t len = strlen(err->text);

	snprintf(
	    err->text + len, sizeof(err->text) - len, "%s%s", separator, text);
}

int
err_set(struct err *err, enum err_class class, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	err->class = class;
	return -1;
}

int
err_set_errno(struct err *err, enum err_class class, const char *format, ...)
{
	int saved = errno;
	char reason[128];
	va_list ap;

	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	err->class = class;
	append(err, ": ", strerror_r(saved, reason, sizeof(reason)));
	return -1;
}

int
err_set_crypto(struct err *err, enum err_class class, const char *format, ...)
{
	const char *separator = ": ", *reason, *data;
	unsigned long code;
	va_list ap;
	int flags;

	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	err->class = class;
	while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags))) {
		reason = ERR_reason_error_string(code);
		append(err, separator, reason ? reason : "unknown error");
		if ((flags & ERR_TXT_STRING) && *data)
			append(err, " ", data);
		separator = ", ";
	}
	return -1;
}

int
err_prefix(struct err *err, const char *format, ...)
{
	char rest[ERR_TEXT_MAX];
	va_list ap;

	memcpy(rest, err->text, sizeof(rest));
	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	append(err, ": ", rest);
	return -1;
}
