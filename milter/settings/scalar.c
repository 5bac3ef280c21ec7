/*
 * scalar.c: see scalar.h.
 *
 * Sizes and times are strings: libconfig cuts whole numbers to 32 bits
 * without a word, so 8000000000 would be taken for something else.
 */
#include "settings/scalar.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/network.h"
#include "base/setting.h"
#include "relay/relay_target.h"
#include "settings/number.h"
#include "settings/settings.h"
#include "settings/text.h"

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

int
scalar_keep_text(struct reading *r, const config_setting_t *value,
    bool (*is_good)(const char *text), void *field)
{
	const char *text = text_of(value);

	if (!text || !is_good(text))
		return -1;
	*(const char **)field = keep(r, text);
	return 0;
}

int
scalar_keep_name(struct reading *r, const config_setting_t *value,
    name_fn *name, void *field)
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
int
scalar_read_reinject(struct reading *r, const struct option *o,
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

int
scalar_read_network(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const char *text = text_of(value);
	struct err err;

	(void)r;
	(void)o;
	return text ? network_list_add(field, text, &err) : -1;
}

int
scalar_read_socket(struct reading *r, const struct option *o,
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

int
scalar_read_log_target(struct reading *r, const struct option *o,
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

int
scalar_read_size(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	long long n;

	(void)r;
	if (read_scaled(o, value, number_size, &n))
		return -1;
	*(size_t *)field = (size_t)n;
	return 0;
}

int
scalar_read_duration(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	long long n;

	(void)r;
	if (read_scaled(o, value, number_time, &n))
		return -1;
	*(int *)field = (int)n;
	return 0;
}

int
scalar_read_count(struct reading *r, const struct option *o,
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

int
scalar_read_mode(struct reading *r, const struct option *o,
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

int
scalar_read_switch(struct reading *r, const struct option *o,
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

int
scalar_read_flag(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	(void)r;
	(void)o;
	if (config_setting_type(value) != CONFIG_TYPE_BOOL)
		return -1;
	*(bool *)field = config_setting_get_bool(value);
	return 0;
}

/* NULL when the option has no such word. */
static const struct option_word *
find_word(const struct option *o, const config_setting_t *value)
{
	const char *text = text_of(value);

	for (const struct option_word *w = o->words; text && w->word; w++)
		if (strcmp(text, w->word) == 0)
			return w;
	return NULL;
}

int
scalar_read_word(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const struct option_word *word = find_word(o, value);

	static_assert(sizeof(enum gateway_position) == sizeof(int), "enum");
	static_assert(sizeof(enum gateway_on_error) == sizeof(int), "enum");
	static_assert(sizeof(enum log_level) == sizeof(int), "enum");
	static_assert(sizeof(enum gateway_role) == sizeof(int), "enum");
	static_assert(sizeof(enum guard_action) == sizeof(int), "enum");
	(void)r;
	if (!word)
		return -1;
	memcpy(field, &word->value, sizeof(word->value));
	return 0;
}

int
scalar_read_wish(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const struct option_word *word = find_word(o, value);

	(void)r;
	if (!word)
		return -1;
	*(unsigned *)field |= (unsigned)word->value;
	return 0;
}

const struct setting *
scalar_setting(const struct option *o)
{
	const char *dot = strrchr(o->name, '.');
	const struct setting *s = setting_find(
	    o->settings, o->setting_count, dot ? dot + 1 : o->name);

	assert(s && s->words);
	return s;
}

int
scalar_read_setting(struct reading *r, const struct option *o,
    const config_setting_t *value, void *field)
{
	const struct setting *s = scalar_setting(o);
	const char *text = text_of(value);

	(void)r;
	if (!text || strcmp(text, s->words[0]) == 0)
		return -1;
	return setting_parse(s, text, field);
}

int
scalar_read_exemption(struct reading *r, const struct option *o,
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
