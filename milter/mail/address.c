/*
 * address.c: see address.h.  Pure functions, callable from any thread.
 */
#include "mail/address.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mail/address_parser.h"
#include "mail/domain.h"

/* Foreign text for an error: short, and nothing but printable ASCII. */
static int
refuse(struct err *err, struct slice text, const char *reason)
{
	char shown[65];

	slice_show(text, shown, sizeof(shown));
	return err_set(err, ERR_PERMANENT, "%s: %s", shown, reason);
}

/* One address and nothing else. */
static bool
read_single(struct address_parser *p)
{
	if (address_parser_at(p, '<'))
		return address_parser_angle(p) && p->kind == ADDRESS_TOKEN_END;
	return address_parser_words(p) && address_parser_at(p, '@') &&
	       address_parser_domain(p) && p->kind == ADDRESS_TOKEN_END;
}

int
address_canonical(struct slice text, char **out, struct err *err)
{
	const char *reason = "not a mail address";
	char *address = NULL;
	struct address_parser p;

	if (address_is_null(text))
		return refuse(err, text, "no mail address");
	address_parser_init(&p, text);
	if (address_parser_accepts(text) && read_single(&p))
		address = address_parser_canonical(&p, &reason);
	address_parser_fini(&p);
	if (!address)
		return refuse(err, text, reason);
	*out = address;
	return 0;
}

struct slice
address_bare_path(struct slice path)
{
	path = slice_trim(path);
	if (slice_has_prefix(path, "<"))
		path = slice_part(path, 1, path.len);
	if (path.len > 0 && path.data[path.len - 1] == '>')
		path.len--;
	return slice_trim(path);
}

bool
address_is_null(struct slice text)
{
	text = slice_trim(text);
	if (text.len >= 2 && text.data[0] == '<' &&
	    text.data[text.len - 1] == '>')
		text = slice_trim(slice_part(text, 1, text.len - 1));
	return text.len == 0;
}

const char *
address_domain(const char *canonical)
{
	const char *sign = strrchr(canonical, '@');

	return sign ? sign + 1 : canonical;
}

char *
address_domain_unicode(const char *canonical)
{
	return domain_unicode(canonical);
}

char *
address_login(const char *login)
{
	struct err ignored;
	char *text = NULL;

	if (strchr(login, '@') &&
	    address_canonical(slice_text(login), &text, &ignored) == 0)
		return text;
	text = xstrdup(login);
	for (char *p = text; *p; p++)
		*p = (char)ascii_lower((unsigned char)*p);
	return text;
}

int
address_domain_canonical(struct slice text, char **out, struct err *err)
{
	char *domain = domain_canonical_host(text);

	if (!domain)
		return refuse(err, text, "not a domain name");
	*out = domain;
	return 0;
}
