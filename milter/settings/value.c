/*
 * value.c: see value.h.
 *
 * Sizes and times are strings: libconfig cuts whole numbers to 32 bits
 * without a word, so 8000000000 would be taken for something else.
 */
#include "settings/value.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/network.h"
#include "base/setting.h"
#include "relay/relay_target.h"
#include "settings/names.h"
#include "settings/number.h"
#include "settings/settings.h"
#include "settings/text.h"

#define EXPECTED_MAX 256

/* How a type is read into its field; -1 when the value is none of it. */
typedef int read_fn(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field);

struct type {
	const char *expected; /* the range follows, where there is one */
	bool (*is_good)(const char *text); /* text that is kept as it is */
	name_fn *name;			   /* text that is made canonical */
	read_fn *read;			   /* anything else */
	enum option_type element;	   /* of a list, which has none */
};

static const struct type *type_of(enum option_type type);

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

/* The setting of a level that an option sets has its name, without group. */
static const struct setting *
setting_of(const struct option *o)
{
	const char *dot = strrchr(o->name, '.');
	const struct setting *s = setting_find(
	    o->settings, o->setting_count, dot ? dot + 1 : o->name);

	assert(s && s->words);
	return s;
}

static void
expect_words(const struct option *o, struct words *w)
{
	if (o->type == OPTION_SETTING)
		/* The first is "inherit": what is not set. */
		for (size_t i = 1; setting_of(o)->words[i]; i++)
			words_add(w, setting_of(o)->words[i]);
	else if (o->type == OPTION_EXEMPTION)
		for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++)
			words_add(w, setting_exemption_name((enum exemption)e));
	else
		for (size_t i = 0; o->words[i].word; i++)
			words_add(w, o->words[i].word);
}

static void
expect(const struct option *o, char *out, size_t size)
{
	const struct type *type = type_of(o->type);
	struct words words = {.out = out, .size = size};

	if (!type->expected)
		expect_words(o, &words);
	else if (o->min)
		snprintf(out, size, "%s from %s to %s", type->expected, o->min,
		    o->max);
	else
		snprintf(out, size, "%s", type->expected);
}

/* --- text --- */

static const char *
text_of(const config_setting_t *value)
{
	return config_setting_type(value) == CONFIG_TYPE_STRING
		   ? config_setting_get_string(value)
		   : NULL;
}

/* The arena of settings has no cap: the file is the operator's own. */
static const char *
keep(struct reading *r, const char *text)
{
	char *copy = arena_dup(r->arena, text, strlen(text));

	assert(copy);
	return copy;
}

static int
read_text(struct reading *r, const config_setting_t *value,
    bool (*is_good)(const char *text), void *field)
{
	const char *text = text_of(value);

	if (!text || !is_good(text))
		return -1;
	*(const char **)field = keep(r, text);
	return 0;
}

static int
read_name(struct reading *r, const config_setting_t *value, name_fn *name,
    void *field)
{
	const char *text = text_of(value);
	char *canonical;
	struct err err;

	if (!text || name(text, &canonical, &err) < 0)
		return -1;
	*(const char **)field = keep(r, canonical);
	free(canonical);
	return 0;
}

/* A name that cannot be looked up now is not the fault of the file. */
static int
read_reinject(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const char *text = text_of(value);
	struct relay_target target;
	struct err err;

	(void)o;
	if (!text || (*text && relay_target_parse(&target, text, &err) < 0 &&
			 err.class != ERR_TEMPORARY))
		return -1;
	*(const char **)field = keep(r, text);
	return 0;
}

static int
read_network(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const char *text = text_of(value);
	struct err err;

	(void)r;
	(void)o;
	return text ? network_list_add(field, text, &err) : -1;
}

static int
read_socket(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	struct settings_socket *out = field;
	const char *text = text_of(value);

	(void)o;
	if (!text || !text_is_socket(text))
		return -1;
	out->spec = keep(r, text);
	out->path = strncmp(text, "unix:", 5) == 0 ? out->spec + 5 : NULL;
	return 0;
}

static int
read_log_target(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	struct settings_log *out = field;
	const char *text = text_of(value);

	(void)o;
	if (!text)
		return -1;
	if (strcmp(text, "syslog") == 0)
		out->target = LOG_TARGET_SYSLOG;
	else if (strcmp(text, "stderr") == 0)
		out->target = LOG_TARGET_STDERR;
	else if (text_is_path(text))
		out->target = LOG_TARGET_FILE;
	else
		return -1;
	out->file = out->target == LOG_TARGET_FILE ? keep(r, text) : NULL;
	return 0;
}

/* --- numbers --- */

static bool
is_in_range(
    const struct option *o, const struct number_unit *units, long long n)
{
	long long min = 0, max = 0;
	int rc = number_parse(o->min, units, &min) ||
		 number_parse(o->max, units, &max);

	assert(rc == 0);
	return n >= min && n <= max;
}

static int
read_scaled(const struct option *o, const config_setting_t *value,
    const struct number_unit *units, long long *out)
{
	const char *text = text_of(value);

	if (!text || number_parse(text, units, out) ||
	    !is_in_range(o, units, *out))
		return -1;
	return 0;
}

static int
read_size(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	long long n;

	(void)r;
	if (read_scaled(o, value, number_size, &n))
		return -1;
	*(size_t *)field = (size_t)n;
	return 0;
}

static int
read_duration(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	long long n;

	(void)r;
	if (read_scaled(o, value, number_time, &n))
		return -1;
	*(int *)field = (int)n;
	return 0;
}

static int
read_count(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	int n;

	(void)r;
	if (config_setting_type(value) != CONFIG_TYPE_INT)
		return -1;
	n = config_setting_get_int(value);
	if (!is_in_range(o, number_plain, n))
		return -1;
	*(unsigned *)field = (unsigned)n;
	return 0;
}

/* Version 1.5 of libconfig reads 0660 as six hundred and sixty, later ones
 * take the leading 0 for octal, as C does. */
static bool
library_reads_octal(void)
{
	config_t probe;
	int ten = 10;

	config_init(&probe);
	if (config_read_string(&probe, "v = 010;"))
		config_lookup_int(&probe, "v", &ten);
	config_destroy(&probe);
	return ten == 8;
}

static int
read_mode(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const char *text = text_of(value);
	char digits[16];
	unsigned long mode;

	(void)r;
	(void)o;
	if (config_setting_type(value) == CONFIG_TYPE_INT &&
	    config_setting_get_format(value) != CONFIG_FORMAT_HEX) {
		int n = config_setting_get_int(value);

		if (library_reads_octal())
			snprintf(digits, sizeof(digits), "%o", (unsigned)n);
		else
			snprintf(digits, sizeof(digits), "%d", n);
		text = digits;
	}
	if (!text || strlen(text) > 4 || text[strspn(text, "01234567")] != '\0')
		return -1;
	mode = strtoul(text, NULL, 8);
	if (mode < 0600 || mode > 0777)
		return -1;
	*(mode_t *)field = (mode_t)mode;
	return 0;
}

/* --- words --- */

static int
read_switch(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	(void)r;
	(void)o;
	if (config_setting_type(value) != CONFIG_TYPE_BOOL)
		return -1;
	*(enum setting_switch *)field =
	    config_setting_get_bool(value) ? SWITCH_ON : SWITCH_OFF;
	return 0;
}

static int
read_word(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const char *text = text_of(value);

	static_assert(sizeof(enum gateway_position) == sizeof(int), "enum");
	static_assert(sizeof(enum gateway_on_error) == sizeof(int), "enum");
	static_assert(sizeof(enum log_level) == sizeof(int), "enum");
	static_assert(sizeof(enum gateway_role) == sizeof(int), "enum");
	static_assert(sizeof(enum guard_action) == sizeof(int), "enum");
	(void)r;
	if (!text)
		return -1;
	for (const struct option_word *w = o->words; w && w->word; w++) {
		if (strcmp(text, w->word) == 0) {
			memcpy(field, &w->value, sizeof(w->value));
			return 0;
		}
	}
	return -1;
}

static int
read_setting(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const struct setting *s = setting_of(o);
	const char *text = text_of(value);

	(void)r;
	if (!text || strcmp(text, s->words[0]) == 0)
		return -1;
	return setting_parse(s, text, field);
}

static int
read_flag(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	(void)r;
	(void)o;
	if (config_setting_type(value) != CONFIG_TYPE_BOOL)
		return -1;
	*(bool *)field = config_setting_get_bool(value);
	return 0;
}

static const struct option_word wish_words[] = {
    {"sign", WISH_SIGN},
    {"encrypt", WISH_ENCRYPT},
    {"no-sign", WISH_NO_SIGN},
    {"no-encrypt", WISH_NO_ENCRYPT},
    {NULL, 0},
};

static int
read_wish(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const char *text = text_of(value);

	(void)r;
	for (const struct option_word *w = o->words; text && w->word; w++) {
		if (strcmp(text, w->word) == 0) {
			*(unsigned *)field |= (unsigned)w->value;
			return 0;
		}
	}
	return -1;
}

static int
read_exemption(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const char *text = text_of(value);
	enum exemption exemption;

	(void)r;
	(void)o;
	exemption =
	    text ? setting_exemption_find(text, strlen(text)) : EXEMPT_NOT;
	if (exemption == EXEMPT_NOT)
		return -1;
	*(unsigned *)field |= EXEMPTION_BIT(exemption);
	return 0;
}

/* --- all types --- */

static const struct type types[] = {
    [OPTION_PATH] = {.expected = "a path like \"/path\"",
	.is_good = text_is_path},
    [OPTION_OPTIONAL_PATH] = {.expected = "a path like \"/path\", or \"\"",
	.is_good = text_is_path_or_empty},
    [OPTION_NAME] = {.expected = "a name without blanks, or \"\"",
	.is_good = text_is_name_or_empty},
    [OPTION_SOCKET] = {.expected = "\"unix:/PATH\" (below 108 bytes), "
				   "\"inet:PORT@HOST\" or "
				   "\"inet6:PORT@HOST\"",
	.read = read_socket},
    [OPTION_STORE] = {.expected = "\"sqlite:/PATH\"", .is_good = text_is_store},
    [OPTION_LOG_TARGET] = {.expected = "\"syslog\", \"stderr\" or a path "
				       "like \"/path\"",
	.read = read_log_target},
    [OPTION_MODE] = {.expected = "an octal mode from 0600 to 0777",
	.read = read_mode},
    [OPTION_COUNT] = {.expected = "a number", .read = read_count},
    [OPTION_SIZE] = {.expected = "a size like \"10M\"", .read = read_size},
    [OPTION_DURATION] = {.expected = "a time like \"5s\"",
	.read = read_duration},
    [OPTION_SWITCH] = {.expected = "true or false", .read = read_switch},
    [OPTION_WORD] = {.read = read_word},
    [OPTION_SETTING] = {.read = read_setting},
    [OPTION_FLAG] = {.expected = "true or false", .read = read_flag},
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
	.read = read_reinject},
    [OPTION_ADDRESSES] = {.expected = "a list like [ \"info@example.org\" ]",
	.element = OPTION_ADDRESS},
    [OPTION_AUTHORS] = {.expected = "a list like [ \"info@example.org\", "
				    "\"@example.net\" ]",
	.element = OPTION_AUTHOR},
    [OPTION_WISHES] = {.expected = "a list like [ \"sign\", \"encrypt\" ]",
	.element = OPTION_WISH},
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
    [OPTION_WISH] = {.read = read_wish},
    [OPTION_LISTED_NAME] = {.expected = "a name without blanks",
	.is_good = text_is_name},
    [OPTION_NETWORK] = {.expected = "a network like \"192.0.2.0/24\" or "
				    "\"2001:db8::/32\" without bits behind "
				    "the prefix",
	.read = read_network},
    [OPTION_EXEMPTION] = {.read = read_exemption},
};

static const struct type *
type_of(enum option_type type)
{
	return &types[type];
}

static int
read_scalar(struct reading *r, const struct option *o, const char *path,
    const config_setting_t *value, void *field)
{
	const struct type *type = type_of(o->type);
	char expected[EXPECTED_MAX];
	int rc;

	if (type->is_good)
		rc = read_text(r, value, type->is_good, field);
	else if (type->name)
		rc = read_name(r, value, type->name, field);
	else
		rc = type->read(r, o, value, field);
	if (rc == 0)
		return 0;
	expect(o, expected, sizeof(expected));
	reading_complain(r, value, path, expected);
	return -1;
}

static bool
is_list(const config_setting_t *value)
{
	return config_setting_type(value) == CONFIG_TYPE_ARRAY ||
	       config_setting_type(value) == CONFIG_TYPE_LIST;
}

static bool
is_texts(enum option_type type)
{
	return type == OPTION_PATHS || type == OPTION_NAMES ||
	       type == OPTION_ADDRESSES || type == OPTION_AUTHORS;
}

/* Every element is looked at, so that all mistakes are told at once. */
static int
read_elements(struct reading *r, const struct option *o, const char *path,
    const config_setting_t *value, void *field)
{
	const struct option element = {.name = o->name,
	    .type = type_of(o->type)->element,
	    .words = wish_words};
	unsigned count = (unsigned)config_setting_length(value);
	const char **texts = field;
	char element_path[256];
	int rc = 0;

	for (unsigned i = 0; i < count; i++) {
		void *slot = is_texts(o->type) ? (void *)&texts[i] : field;

		snprintf(element_path, sizeof(element_path), "%s[%u]", path, i);
		if (read_scalar(r, &element, element_path,
			config_setting_get_elem(value, i), slot))
			rc = -1;
	}
	return rc;
}

#define AT(base, offset) ((void *)((char *)(base) + (offset)))

static int
read_networks(struct reading *r, const struct option *o, const char *path,
    const config_setting_t *value, void *base)
{
	struct network_list list, *field = AT(base, o->field);

	network_list_init(&list);
	if (read_elements(r, o, path, value, &list)) {
		network_list_fini(&list);
		return -1;
	}
	network_list_fini(field);
	*field = list;
	return 0;
}

static int
read_set(struct reading *r, const struct option *o, const char *path,
    const config_setting_t *value, void *base)
{
	unsigned set = o->type == OPTION_EXEMPT ? EXEMPT_ALWAYS : 0;

	if (read_elements(r, o, path, value, &set))
		return -1;
	*(unsigned *)AT(base, o->field) = set;
	return 0;
}

static int
read_texts(struct reading *r, const struct option *o, const char *path,
    const config_setting_t *value, void *base)
{
	size_t count = (size_t)config_setting_length(value);
	const char **texts =
	    arena_alloc(r->arena, (count + 1) * sizeof(*texts));

	assert(texts);
	if (read_elements(r, o, path, value, texts))
		return -1;
	*(const char *const **)AT(base, o->field) = texts;
	*(size_t *)AT(base, o->count_field) = count;
	return 0;
}

int
value_read(struct reading *r, const struct option *o, const char *path,
    const config_setting_t *value, void *base)
{
	const struct type *type = type_of(o->type);

	if (type->is_good || type->name || type->read)
		return read_scalar(r, o, path, value, AT(base, o->field));
	if (!is_list(value)) {
		reading_complain(r, value, path, type->expected);
		return -1;
	}
	if (o->type == OPTION_NETWORKS)
		return read_networks(r, o, path, value, base);
	if (is_texts(o->type))
		return read_texts(r, o, path, value, base);
	return read_set(r, o, path, value, base);
}

/* Defaults are written as in the file and read by the same code. */
void
value_default(struct reading *r, const struct option *o, void *base)
{
	char *text = xasprintf("v = %s;", o->fallback);
	config_t tree;
	int rc;

	config_init(&tree);
	rc = config_read_string(&tree, text) == CONFIG_TRUE &&
		     value_read(
			 r, o, o->name, config_lookup(&tree, "v"), base) == 0
		 ? 0
		 : -1;
	assert(rc == 0);
	config_destroy(&tree);
	free(text);
}

static bool
text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool
value_equal(const struct option *o, const void *a, const void *b)
{
	const void *x = (const char *)a + o->field;
	const void *y = (const char *)b + o->field;
	const struct settings_log *log_x = x, *log_y = y;

	switch (o->type) {
	case OPTION_LOG_TARGET:
		return log_x->target == log_y->target &&
		       text_equal(log_x->file, log_y->file);
	case OPTION_MODE:
		return *(const mode_t *)x == *(const mode_t *)y;
	case OPTION_WORD:
		return memcmp(x, y, sizeof(int)) == 0;
	default: /* text; struct settings_socket begins with its text */
		return text_equal(
		    *(const char *const *)x, *(const char *const *)y);
	}
}
