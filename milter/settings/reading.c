/* reading.c: see reading.h. */
#include "settings/reading.h"

#include <assert.h>
#include <stdio.h>

/* A wrong value is quoted up to here. */
#define QUOTE_MAX 60

static void
quote(const char *text, char *out, size_t size)
{
	size_t len = 0;

	assert(size > QUOTE_MAX + sizeof("\"...\""));
	out[len++] = '"';
	for (; *text && len <= QUOTE_MAX; text++)
		out[len++] = (char)(*text < ' ' || *text > '~' ? '?' : *text);
	snprintf(out + len, size - len, "%s\"", *text ? "..." : "");
}

static void
describe(const config_setting_t *value, char *out, size_t size)
{
	switch (config_setting_type(value)) {
	case CONFIG_TYPE_STRING:
		quote(config_setting_get_string(value), out, size);
		break;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(out, size, "%lld", config_setting_get_int64(value));
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(out, size, "%g", config_setting_get_float(value));
		break;
	case CONFIG_TYPE_BOOL:
		snprintf(out, size, "%s",
		    config_setting_get_bool(value) ? "true" : "false");
		break;
	case CONFIG_TYPE_GROUP:
		snprintf(out, size, "a group { }");
		break;
	default:
		snprintf(out, size, "a list");
	}
}

void
reading_place(const struct reading *r, const config_setting_t *value, char *out,
    size_t size)
{
	const char *file = config_setting_source_file(value);

	snprintf(out, size, "%s:%u: ", file ? file : r->file,
	    config_setting_source_line(value));
}

void
reading_complain_text(struct reading *r, const config_setting_t *value,
    const char *path, const char *text)
{
	char place[512];

	reading_place(r, value, place, sizeof(place));
	settings_errors_add(r->errors, "%s%s: %s", place, path, text);
}

void
reading_complain(struct reading *r, const config_setting_t *value,
    const char *path, const char *expected)
{
	char place[512], got[QUOTE_MAX + 16];

	reading_place(r, value, place, sizeof(place));
	describe(value, got, sizeof(got));
	settings_errors_add(
	    r->errors, "%s%s: expected %s, not %s", place, path, expected, got);
}
