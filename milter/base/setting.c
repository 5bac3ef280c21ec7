/* setting.c: see setting.h.  Pure functions. */
#include "base/setting.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const switch_names[] = {"inherit", "off", "on"};
static const char *const encrypt_names[] = {
    "inherit", "off", "if-possible", "required"};
static const char *const own_problem_names[] = {"inherit", "unsigned", "defer"};
static const char *const algorithm_names[] = {"inherit", "any", "rsa",
    "rsa-pss", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519"};
static const char *const form_names[] = {"detached", "opaque"};
static const char *const exemption_names[EXEMPTION_COUNT] = {
    [EXEMPT_NULL_SENDER] = "null-sender",
    [EXEMPT_DSN] = "dsn",
    [EXEMPT_MDN] = "mdn",
    [EXEMPT_ACME] = "acme",
    [EXEMPT_AUTO_SUBMITTED] = "auto-submitted",
    [EXEMPT_LIST] = "list",
    [EXEMPT_RESENT] = "resent",
    [EXEMPT_CALENDAR] = "calendar",
    [EXEMPT_PARTIAL] = "partial",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int
find_name(const char *const *names, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], text) == 0)
			return (int)i;
	return -1;
}

int
setting_switch_parse(const char *text, enum setting_switch *out)
{
	int i = find_name(switch_names, COUNT(switch_names), text);

	if (i < 0)
		return -1;
	*out = (enum setting_switch)i;
	return 0;
}

const char *
setting_switch_name(enum setting_switch value)
{
	return switch_names[value];
}

int
setting_encrypt_parse(const char *text, enum setting_encrypt *out)
{
	int i = find_name(encrypt_names, COUNT(encrypt_names), text);

	if (i < 0)
		return -1;
	*out = (enum setting_encrypt)i;
	return 0;
}

const char *
setting_encrypt_name(enum setting_encrypt value)
{
	return encrypt_names[value];
}

int
setting_own_problem_parse(const char *text, enum setting_own_problem *out)
{
	int i = find_name(own_problem_names, COUNT(own_problem_names), text);

	if (i < 0)
		return -1;
	*out = (enum setting_own_problem)i;
	return 0;
}

const char *
setting_own_problem_name(enum setting_own_problem value)
{
	return own_problem_names[value];
}

int
setting_algorithm_parse(const char *text, enum setting_algorithm *out)
{
	int i = find_name(algorithm_names, COUNT(algorithm_names), text);

	if (i < 0)
		return -1;
	*out = (enum setting_algorithm)i;
	return 0;
}

const char *
setting_algorithm_name(enum setting_algorithm value)
{
	return algorithm_names[value];
}

const char *
setting_form_name(enum setting_form value)
{
	return form_names[value];
}

const char *
setting_exemption_name(enum exemption exemption)
{
	assert(exemption > EXEMPT_NOT && exemption < EXEMPTION_COUNT);
	return exemption_names[exemption];
}

enum exemption
setting_exemption_find(const char *name, size_t len)
{
	for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++)
		if (strlen(exemption_names[e]) == len &&
		    memcmp(exemption_names[e], name, len) == 0)
			return (enum exemption)e;
	return EXEMPT_NOT;
}

static int
parse_exemptions(const char *text, unsigned *out)
{
	unsigned set = EXEMPT_ALWAYS;
	enum exemption exemption;
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		exemption = setting_exemption_find(text, len);
		if (exemption == EXEMPT_NOT)
			return -1;
		set |= EXEMPTION_BIT(exemption);
		if (text[len] == '\0')
			break;
	}
	*out = set;
	return 0;
}

int
setting_exempt_parse(const char *text, unsigned *out)
{
	if (strcmp(text, "inherit") == 0)
		*out = EXEMPT_INHERIT;
	else if (strcmp(text, "none") == 0)
		*out = EXEMPT_ALWAYS;
	else if (strcmp(text, "all") == 0)
		*out = EXEMPT_ALL;
	else
		return parse_exemptions(text, out);
	return 0;
}

void
setting_exempt_text(unsigned exempt, char *out)
{
	size_t len = 0;

	for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++)
		if (exempt & EXEMPTION_BIT(e))
			len += (size_t)snprintf(out + len,
			    SETTING_EXEMPT_TEXT - len, "%s%s", len ? "," : "",
			    exemption_names[e]);
	if (len == 0)
		snprintf(out, SETTING_EXEMPT_TEXT, "inherit");
}
