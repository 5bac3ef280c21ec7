/* text.c: see text.h.  Pure functions. */
#include "settings/text.h"

#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include "settings/number.h"

#define DISCLAIMER_NAME_MAX 64

bool
text_is_path(const char *text)
{
	return text[0] == '/';
}

bool
text_is_path_or_empty(const char *text)
{
	return text[0] == '\0' || text_is_path(text);
}

bool
text_is_name_or_empty(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || *text == '"')
			return false;
	return true;
}

bool
text_is_name(const char *text)
{
	return text[0] != '\0' && text_is_name_or_empty(text);
}

bool
text_is_clean_or_empty(const char *text)
{
	size_t len = strlen(text);

	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return false;
	return len == 0 || (text[0] != ' ' && text[len - 1] != ' ');
}

bool
text_is_clean(const char *text)
{
	return text[0] != '\0' && text_is_clean_or_empty(text);
}

bool
text_is_field_or_empty(const char *text)
{
	return text_is_name_or_empty(text) && !strchr(text, ':');
}

bool
text_is_disclaimer(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len <= DISCLAIMER_NAME_MAX && text[len] == '\0' &&
	       strcmp(text, "none") != 0 && strcmp(text, "inherit") != 0;
}

bool
text_is_store(const char *text)
{
	return strncmp(text, "sqlite:", 7) == 0 && text_is_path(text + 7);
}

/* libmilter takes a missing host for every address of the machine.  Whoever
 * connects can have mail signed, so it must be named. */
static bool
is_port_at_host(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long long port;
	char number[6];

	if (digits == 0 || digits >= sizeof(number) || text[digits] != '@')
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (number_parse(number, number_plain, &port))
		return false;
	return port > 0 && port <= UINT16_MAX &&
	       text_is_name(text + digits + 1);
}

bool
text_is_socket(const char *text)
{
	if (strncmp(text, "unix:", 5) == 0)
		return text_is_path(text + 5) &&
		       strlen(text + 5) <
			   sizeof(((struct sockaddr_un *)0)->sun_path);
	if (strncmp(text, "inet:", 5) == 0)
		return is_port_at_host(text + 5);
	if (strncmp(text, "inet6:", 6) == 0)
		return is_port_at_host(text + 6);
	return false;
}
