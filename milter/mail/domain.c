/*
 * domain.c: see domain.h.  RFC 1035 2.3, RFC 1123 2.1, RFC 5321 4.1.3, RFC
 * 5891 4 and 5.
 *
 * ASCII names, nearly all, never see libidn2.  Pure functions, callable from
 * any thread.
 */
#include "mail/domain.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

#define LABEL_MAX  63u	/* RFC 1035 2.3.4 */
#define DOMAIN_MAX 253u /* without the final dot */

/* It would end a C string before its time. */
static bool
has_nul(struct slice s)
{
	return slice_find(s, '\0', 0) < s.len;
}

/* Letters, digits and inner hyphens (RFC 1123 2.1), and the underscore that
 * Postfix lets pass too. */
static bool
is_label(struct slice s)
{
	if (s.len == 0 || s.len > LABEL_MAX || s.data[0] == '-' ||
	    s.data[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_')
			return false;
	}
	return true;
}

static bool
is_numeric(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < '0' || s.data[i] > '9')
			return false;
	return true;
}

/* A final label of digits only would be an IP address (RFC 3696 2). */
static bool
is_host_name(struct slice name)
{
	struct slice label;
	size_t dot;

	if (name.len == 0 || name.len > DOMAIN_MAX)
		return false;
	for (;;) {
		dot = slice_find(name, '.', 0);
		label = slice_part(name, 0, dot);
		if (!is_label(label))
			return false;
		if (dot == name.len)
			return !is_numeric(label);
		name = slice_part(name, dot + 1, name.len);
	}
}

static char *
lower_text(struct slice s)
{
	char *text = slice_dup_text(s);

	for (size_t i = 0; i < s.len; i++)
		text[i] = (char)ascii_lower(s.data[i]);
	return text;
}

/* U-labels as A-labels; NULL when libidn2 refuses them. */
static char *
domain_to_ascii(struct slice s)
{
	char *text = slice_dup_text(s), *ascii = NULL, *copy = NULL;

	if (idn2_to_ascii_8z(text, &ascii,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK) {
		copy = lower_text(slice_text(ascii));
		idn2_free(ascii);
	}
	free(text);
	return copy;
}

/* What libidn2 returns is checked too: it maps some letters to "@" or a
 * blank. */
char *
domain_canonical_host(struct slice s)
{
	char *text;
	size_t len;

	if (s.len == 0 || s.len > LIMIT_ADDRESS || has_nul(s))
		return NULL;
	text = slice_is_ascii(s) ? lower_text(s) : domain_to_ascii(s);
	if (!text)
		return NULL;
	len = strlen(text);
	if (len > 0 && text[len - 1] == '.')
		text[len - 1] = '\0';
	if (is_host_name(slice_text(text)))
		return text;
	free(text);
	return NULL;
}

/* The canonical form of an address literal's content (RFC 5321 4.1.3), with
 * the brackets, or NULL. */
static char *
canonical_literal(struct slice s)
{
	static const char tag[] = "IPv6:";
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	const char *prefix = "";
	int family = AF_INET;

	s = slice_trim(s);
	if (slice_has_prefix_ci(s, tag)) {
		s = slice_part(s, sizeof(tag) - 1, s.len);
		family = AF_INET6;
		prefix = "ipv6:";
	}
	if (s.len == 0 || s.len >= sizeof(text) || has_nul(s))
		return NULL;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	if (inet_pton(family, text, address) != 1 ||
	    !inet_ntop(family, address, text, sizeof(text)))
		return NULL;
	return xasprintf("[%s%s]", prefix, text);
}

char *
domain_canonical(struct slice s)
{
	if (s.len > 1 && s.data[0] == '[' && s.data[s.len - 1] == ']')
		return canonical_literal(slice_part(s, 1, s.len - 1));
	return domain_canonical_host(s);
}

char *
domain_unicode(const char *canonical)
{
	char *unicode = NULL, *copy = NULL;

	if (idn2_to_unicode_8z8z(canonical, &unicode, IDN2_NONTRANSITIONAL) ==
	    IDN2_OK) {
		copy = xstrdup(unicode);
		idn2_free(unicode);
	}
	return copy;
}
