/* names.c: see names.h.  Pure functions. */
#include "settings/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mail/address.h"
#include "settings/text.h"

int
name_domain(const char *text, char **out, struct err *err)
{
	return address_domain_canonical(slice_text(text), out, err);
}

static int
name_prefixed(const char *prefix, const char *text, char **out, struct err *err)
{
	char *domain;

	if (name_domain(text + strlen(prefix), &domain, err) < 0)
		return -1;
	*out = xasprintf("%s%s", prefix, domain);
	free(domain);
	return 0;
}

int
name_pattern(const char *text, char **out, struct err *err)
{
	if (strncmp(text, "*.", 2) == 0)
		return name_prefixed("*.", text, out, err);
	return name_domain(text, out, err);
}

int
name_address(const char *text, char **out, struct err *err)
{
	return address_canonical(slice_text(text), out, err);
}

int
name_optional_address(const char *text, char **out, struct err *err)
{
	if (text[0] != '\0')
		return name_address(text, out, err);
	*out = xstrdup("");
	return 0;
}

int
name_author(const char *text, char **out, struct err *err)
{
	if (text[0] == '@')
		return name_prefixed("@", text, out, err);
	return name_address(text, out, err);
}

int
name_login(const char *text, char **out, struct err *err)
{
	if (strchr(text, '@'))
		return name_address(text, out, err);
	if (!text_is_name(text))
		return err_set(err, ERR_PERMANENT, "not a login");
	*out = address_login(text);
	return 0;
}

int
name_disclaimer(const char *text, char **out, struct err *err)
{
	if (strcmp(text, "none") == 0)
		*out = xstrdup("");
	else if (text_is_disclaimer(text))
		*out = xstrdup(text);
	else
		return err_set(err, ERR_PERMANENT, "not a disclaimer");
	return 0;
}
