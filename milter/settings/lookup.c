/* lookup.c: see lookup.h. */
#include "settings/lookup.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

/* Of an option, without its group. */
#define NAME_MAX_LEN 64
/* Side by side. */
#define NAMES_MAX 64

const struct option *
lookup_option(const struct option *table, size_t size, const char *name)
{
	for (size_t i = 0; i < size; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

/* Names behind a prefix, each group once. */
struct names {
	char text[NAMES_MAX][NAME_MAX_LEN];
	const char *at[NAMES_MAX];
	size_t count;
};

static void
names_add(struct names *n, const char *name)
{
	size_t len = strcspn(name, "."), last = n->count - 1;

	if (n->count > 0 && strncmp(n->at[last], name, len) == 0 &&
	    n->at[last][len] == '\0')
		return;
	assert(n->count < sizeof(n->at) / sizeof(*n->at));
	snprintf(n->text[n->count], sizeof(n->text[0]), "%.*s", (int)len, name);
	n->at[n->count] = n->text[n->count];
	n->count++;
}

static void
names_write(const struct names *n, char *out, size_t size)
{
	size_t used = 0;

	*out = '\0';
	for (size_t i = 0; i < n->count; i++) {
		used += (size_t)snprintf(out + used, size - used, "%s%s",
		    i > 0 ? ", " : "", n->at[i]);
		assert(used < size);
	}
}

void
lookup_complain(struct reading *r, const config_setting_t *value,
    const char *path, const char *prefix, const struct option *table,
    size_t size)
{
	const char *meant, *name = config_setting_name(value);
	size_t skip = strlen(prefix);
	struct names names = {.count = 0};
	char place[512], known[1024];

	for (size_t i = 0; i < size; i++)
		if (strncmp(table[i].name, prefix, skip) == 0)
			names_add(&names, table[i].name + skip);
	reading_place(r, value, place, sizeof(place));
	meant = name ? suggest(name, names.at, names.count) : NULL;
	if (meant) {
		settings_errors_add(r->errors,
		    "%s%s: unknown option; did you mean %s?", place, path,
		    meant);
		return;
	}
	names_write(&names, known, sizeof(known));
	settings_errors_add(
	    r->errors, "%s%s: unknown option; there is %s", place, path, known);
}
