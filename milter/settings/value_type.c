/*
 * value_type.c: see value_type.h.
 */
#include "settings/value_type.h"

#include <assert.h>
#include <stdio.h>

#include "base/setting.h"
#include "settings/settings.h"
#include "settings/text.h"

static const struct option_word wish_words[] = {
    {"sign", WISH_SIGN},
    {"encrypt", WISH_ENCRYPT},
    {"no-sign", WISH_NO_SIGN},
    {"no-encrypt", WISH_NO_ENCRYPT},
    {NULL, 0},
};

static const struct value_type types[] = {
    [OPTION_PATH] = {.expected = "a path like \"/path\"",
	.is_good = text_is_path},
    [OPTION_OPTIONAL_PATH] = {.expected = "a path like \"/path\", or \"\"",
	.is_good = text_is_path_or_empty},
    [OPTION_NAME] = {.expected = "a name without blanks, or \"\"",
	.is_good = text_is_name_or_empty},
    [OPTION_SOCKET] = {.expected = "\"unix:/PATH\" (below 108 bytes), "
				   "\"inet:PORT@HOST\" or "
				   "\"inet6:PORT@HOST\"",
	.read = scalar_read_socket},
    [OPTION_STORE] = {.expected = "\"sqlite:/PATH\"", .is_good = text_is_store},
    [OPTION_LOG_TARGET] = {.expected = "\"syslog\", \"stderr\" or a path "
				       "like \"/path\"",
	.read = scalar_read_log_target},
    [OPTION_MODE] = {.expected = "an octal mode from 0600 to 0777",
	.read = scalar_read_mode},
    [OPTION_COUNT] = {.expected = "a number", .read = scalar_read_count},
    [OPTION_SIZE] = {.expected = "a size like \"10M\"",
	.read = scalar_read_size},
    [OPTION_DURATION] = {.expected = "a time like \"5s\"",
	.read = scalar_read_duration},
    [OPTION_SWITCH] = {.expected = "true or false", .read = scalar_read_switch},
    [OPTION_WORD] = {.read = scalar_read_word},
    [OPTION_SETTING] = {.read = scalar_read_setting},
    [OPTION_FLAG] = {.expected = "true or false", .read = scalar_read_flag},
    [OPTION_TEXT] = {.expected = "text without control characters, or "
				 "blanks at its ends",
	.is_good = text_is_clean},
    [OPTION_OPTIONAL_TEXT] = {.expected = "text without control characters, or "
					  "blanks at its ends, or \"\"",
	.is_good = text_is_clean_or_empty},
    [OPTION_FIELD_NAME] = {.expected = "the name of a header field, like "
				       "\"Sensitivity\", or \"\"",
	.is_good = text_is_field_or_empty},
    [OPTION_REINJECT] = {.expected = "\"smtp://HOST:PORT\" with a host that "
				     "can be found, or \"\"",
	.read = scalar_read_reinject},
    [OPTION_ADDRESSES] = {.expected = "a list like [ \"info@example.org\" ]",
	.element = OPTION_ADDRESS},
    [OPTION_AUTHORS] = {.expected = "a list like [ \"info@example.org\", "
				    "\"@example.net\" ]",
	.element = OPTION_AUTHOR},
    [OPTION_WISHES] = {.expected = "a list like [ \"sign\", \"encrypt\" ]",
	.element = OPTION_WISH,
	.words = wish_words},
    [OPTION_PATHS] = {.expected = "a list like [ \"/path\" ]",
	.element = OPTION_PATH},
    [OPTION_NAMES] = {.expected = "a list like [ \"name\" ]",
	.element = OPTION_LISTED_NAME},
    [OPTION_NETWORKS] = {.expected = "a list like [ \"192.0.2.0/24\" ]",
	.element = OPTION_NETWORK},
    [OPTION_EXEMPT] = {.expected = "a list like [ \"dsn\", \"list\" ]",
	.element = OPTION_EXEMPTION},
    [OPTION_DOMAIN] = {.expected = "a domain like \"example.org\"",
	.name = name_domain},
    [OPTION_PATTERN] = {.expected = "a domain like \"example.net\" or "
				    "\"*.example.net\"",
	.name = name_pattern},
    [OPTION_ADDRESS] = {.expected = "an address like \"info@example.org\"",
	.name = name_address},
    [OPTION_OPTIONAL_ADDRESS] = {.expected = "an address like "
					     "\"gateway@example.net\", or \"\"",
	.name = name_optional_address},
    [OPTION_LOGIN] = {.expected = "a login like \"alice\" or "
				  "\"alice@example.org\"",
	.name = name_login},
    [OPTION_AUTHOR] = {.expected = "an address like \"info@example.org\", or "
				   "\"@example.org\" for all of a domain",
	.name = name_author},
    [OPTION_DISCLAIMER_NAME] = {.expected = "a word of small letters, digits "
					    "and \"-\", but neither "
					    "\"none\" nor \"inherit\"",
	.is_good = text_is_disclaimer},
    [OPTION_DISCLAIMER] = {.expected = "the name of a disclaimer, or \"none\"",
	.name = name_disclaimer},
    [OPTION_WISH] = {.read = scalar_read_wish},
    [OPTION_LISTED_NAME] = {.expected = "a name without blanks",
	.is_good = text_is_name},
    [OPTION_NETWORK] = {.expected = "a network like \"192.0.2.0/24\" or "
				    "\"2001:db8::/32\" without bits behind "
				    "the prefix",
	.read = scalar_read_network},
    [OPTION_EXEMPTION] = {.read = scalar_read_exemption},
};

const struct value_type *
value_type(enum option_type type)
{
	return &types[type];
}

/* --- what is expected --- */

/* A list of words while it is written. */
struct words {
	char *out;
	size_t size, len;
};

static void
words_add(struct words *w, const char *word)
{
	w->len += (size_t)snprintf(w->out + w->len, w->size - w->len,
	    "%s\"%s\"", w->len ? " or " : "", word);
	assert(w->len < w->size);
}

static void
expect_words(const struct option *o, struct words *w)
{
	if (o->type == OPTION_SETTING)
		/* The first is "inherit": what is not set. */
		for (size_t i = 1; scalar_setting(o)->words[i]; i++)
			words_add(w, scalar_setting(o)->words[i]);
	else if (o->type == OPTION_EXEMPTION)
		for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++)
			words_add(w, setting_exemption_name((enum exemption)e));
	else
		for (size_t i = 0; o->words[i].word; i++)
			words_add(w, o->words[i].word);
}

void
value_type_expect(const struct option *o, char *out, size_t size)
{
	const struct value_type *type = value_type(o->type);
	struct words words = {.out = out, .size = size};

	if (!type->expected)
		expect_words(o, &words);
	else if (o->min)
		snprintf(out, size, "%s from %s to %s", type->expected, o->min,
		    o->max);
	else
		snprintf(out, size, "%s", type->expected);
}
