/* lookup.c: see lookup.h. */
#include "settings/lookup.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const struct option *
lookup_option(const struct option *table, size_t size, const char *name)
{
	for (size_t i = 0; i < size; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

void
lookup_complain(struct reading *r, const config_setting_t *value,
    const char *path, const char *prefix, const struct option *table,
    size_t size)
{
	char place[512], known[1024] = "", last[64] = "";
	size_t used = 0, skip = strlen(prefix);

	for (size_t i = 0; i < size; i++) {
		const char *name;
		size_t len;

		if (strncmp(table[i].name, prefix, skip) != 0)
			continue;
		name = table[i].name + skip;
		len = strcspn(name, ".");
		if (strncmp(last, name, len) == 0 && last[len] == '\0')
			continue;
		snprintf(last, sizeof(last), "%.*s", (int)len, name);
		used += (size_t)snprintf(known + used, sizeof(known) - used,
		    "%s%s", used ? ", " : "", last);
		assert(used < sizeof(known));
	}
	reading_place(r, value, place, sizeof(place));
	settings_errors_add(
	    r->errors, "%s%s: unknown option; there is %s", place, path, known);
}
