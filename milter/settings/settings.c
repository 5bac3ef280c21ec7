/*
 * settings.c: see settings.h.
 *
 * The tree of libconfig is walked in the order of the file, so that mistakes
 * are told in that order; what the walk does not meet keeps its default.
 * Settings are immutable when shared: any thread may read and count them.
 */
#include "settings/settings.h"

#include <assert.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libconfig.h>

#include "base/alloc.h"
#include "settings/option.h"
#include "settings/reading.h"
#include "settings/value.h"

const char settings_default_file[] =
    SYSCONFDIR "/smime-milter/smime-milter.conf";

static void read_group(struct reading *r, const config_setting_t *group,
    const char *prefix, struct settings *s);

/* --- defaults --- */

/* Defaults are written as in the file and read by the same code. */
static void
set_default(struct reading *r, const struct option *o, struct settings *s)
{
	char *text = xasprintf("v = %s;", o->fallback);
	config_t tree;
	int rc;

	config_init(&tree);
	rc =
	    config_read_string(&tree, text) == CONFIG_TRUE &&
		    value_read(r, o, o->name, config_lookup(&tree, "v"), s) == 0
		? 0
		: -1;
	assert(rc == 0);
	config_destroy(&tree);
	free(text);
}

static void
set_defaults(struct reading *r, struct settings *s)
{
	for (size_t i = 0; i < option_table_size; i++)
		if (option_table[i].type != OPTION_GROUPS)
			set_default(r, &option_table[i], s);
}

/* --- names --- */

static const struct option *
find_option(const struct option *table, size_t size, const char *path)
{
	for (size_t i = 0; i < size; i++)
		if (strcmp(table[i].name, path) == 0)
			return &table[i];
	return NULL;
}

/* Is path the name of a group, like "log" of "log.level"? */
static bool
is_group_name(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < option_table_size; i++)
		if (strncmp(option_table[i].name, path, len) == 0 &&
		    option_table[i].name[len] == '.')
			return true;
	return false;
}

/* Says what there is instead: the options of table that begin with prefix,
 * each group once. */
static void
complain_unknown(struct reading *r, const config_setting_t *value,
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

/* --- lists of groups --- */

static void
read_group_member(struct reading *r, const struct option *list,
    const config_setting_t *member, const char *prefix, void *group)
{
	const char *name = config_setting_name(member);
	const struct option *o =
	    find_option(list->members, list->member_count, name);
	char *path = xasprintf("%s.%s", prefix, name);
	int rc = 0;

	if (o)
		rc = value_read(r, o, path, member, group);
	else
		complain_unknown(
		    r, member, path, "", list->members, list->member_count);
	(void)rc; /* told already */
	free(path);
}

static void
read_one_group(struct reading *r, const struct option *list,
    const config_setting_t *value, const char *prefix, void *group)
{
	unsigned count = (unsigned)config_setting_length(value);
	char place[512];

	if (!config_setting_is_group(value)) {
		reading_complain(
		    r, value, prefix, "{ name = \"example.org\"; ... }");
		return;
	}
	for (unsigned i = 0; i < count; i++)
		read_group_member(
		    r, list, config_setting_get_elem(value, i), prefix, group);
	if (config_setting_get_member(value, "name"))
		return;
	reading_place(r, value, place, sizeof(place));
	settings_errors_add(r->errors, "%s%s: name is missing", place, prefix);
}

/* Every such struct begins with its name. */
static const char *
group_name(const struct option *list, const char *groups, size_t i)
{
	return *(const char *const *)(groups + i * list->member_width);
}

static void
check_group_is_new(struct reading *r, const struct option *list,
    const config_setting_t *value, const char *groups, size_t i)
{
	const char *name = group_name(list, groups, i), *other;
	char place[512];

	for (size_t k = 0; name && k < i; k++) {
		other = group_name(list, groups, k);
		if (!other || strcmp(other, name) != 0)
			continue;
		reading_place(r, value, place, sizeof(place));
		settings_errors_add(r->errors,
		    "%s%s[%zu].name: %s is there twice, first as %s[%zu]",
		    place, list->name, i, name, list->name, k);
		return;
	}
}

#define AT(base, offset) ((void *)((char *)(base) + (offset)))

static void
read_groups(struct reading *r, const struct option *o,
    const config_setting_t *list, struct settings *s)
{
	unsigned count = (unsigned)config_setting_length(list);
	char *groups, *path;

	if (!config_setting_is_list(list)) {
		reading_complain(r, list, o->name,
		    "a list like ( { name = \"example.org\"; } )");
		return;
	}
	groups = arena_alloc(r->arena, (count + 1) * o->member_width);
	assert(groups);
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *value =
		    config_setting_get_elem(list, i);

		path = xasprintf("%s[%u]", o->name, i);
		read_one_group(r, o, value, path, groups + i * o->member_width);
		free(path);
		check_group_is_new(r, o, value, groups, i);
	}
	*(const void **)AT(s, o->field) = groups;
	*(size_t *)AT(s, o->count_field) = count;
}

/* --- the tree --- */

static void
read_subgroup(struct reading *r, const config_setting_t *group,
    const char *path, struct settings *s)
{
	char *prefix = xasprintf("%s.", path);

	read_group(r, group, prefix, s);
	free(prefix);
}

static void
read_member(struct reading *r, const config_setting_t *member,
    const char *prefix, struct settings *s)
{
	char *path = xasprintf("%s%s", prefix, config_setting_name(member));
	const struct option *o =
	    find_option(option_table, option_table_size, path);
	int rc = 0;

	if (o && o->type == OPTION_GROUPS)
		read_groups(r, o, member, s);
	else if (o)
		rc = value_read(r, o, path, member, s);
	else if (!is_group_name(path))
		complain_unknown(
		    r, member, path, prefix, option_table, option_table_size);
	else if (!config_setting_is_group(member))
		reading_complain(r, member, path, "a group { }");
	else
		read_subgroup(r, member, path, s);
	(void)rc; /* told already */
	free(path);
}

static void
read_group(struct reading *r, const config_setting_t *group, const char *prefix,
    struct settings *s)
{
	unsigned count = (unsigned)config_setting_length(group);

	for (unsigned i = 0; i < count; i++)
		read_member(r, config_setting_get_elem(group, i), prefix, s);
}

/* --- the file --- */

/* libconfig only knows "file I/O error". */
static int
check_file(const char *path, bool is_default, struct settings_errors *errors)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			return 0;
		errno = EISDIR;
	}
	if (is_default && errno == ENOENT)
		settings_errors_add(errors,
		    "%s: no such file; copy %s.sample to it and edit it, or "
		    "name another file with -c",
		    path, path);
	else
		settings_errors_add(errors, "%s: %s", path, strerror(errno));
	return -1;
}

static int
read_tree(config_t *tree, const char *path, struct settings_errors *errors)
{
	/* libconfig copies neither the folder nor asks for it later. */
	char *copy = xstrdup(path);
	int rc = 0;

	config_init(tree);
	config_set_include_dir(tree, dirname(copy));
	errno = 0;
	if (config_read_file(tree, path))
		goto out;
	rc = -1;
	if (config_error_type(tree) == CONFIG_ERR_FILE_IO)
		settings_errors_add(errors, "%s: %s", path,
		    errno ? strerror(errno) : "cannot be read");
	else
		settings_errors_add(errors, "%s:%d: %s",
		    config_error_file(tree) ? config_error_file(tree) : path,
		    config_error_line(tree), config_error_text(tree));
out:
	free(copy);
	return rc;
}

static void
settings_free(struct settings *s)
{
	network_list_fini(&s->gateway.trusted_networks);
	arena_fini(&s->arena);
	free(s);
}

static struct settings *
settings_new(const char *path)
{
	struct settings *s = xcalloc(1, sizeof(*s));
	char *file;

	s->refs = 1;
	arena_init(&s->arena, SIZE_MAX);
	file = arena_dup(&s->arena, path, strlen(path));
	assert(file);
	s->file = file;
	return s;
}

int
settings_load(
    const char *path, struct settings **out, struct settings_errors *errors)
{
	bool is_default = !path;
	size_t before = errors->count;
	struct settings *s;
	struct reading r;
	config_t tree;

	if (is_default)
		path = settings_default_file;
	if (check_file(path, is_default, errors))
		return -1;
	s = settings_new(path);
	r = (struct reading){
	    .file = s->file, .arena = &s->arena, .errors = errors};
	set_defaults(&r, s);
	if (read_tree(&tree, path, errors) == 0)
		read_group(&r, config_root_setting(&tree), "", s);
	config_destroy(&tree);
	if (errors->count > before) {
		settings_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

struct settings *
settings_ref(struct settings *s)
{
	__atomic_fetch_add(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}

void
settings_unref(struct settings **s)
{
	struct settings *old = *s;

	*s = NULL;
	if (old && __atomic_fetch_sub(&old->refs, 1, __ATOMIC_ACQ_REL) == 1)
		settings_free(old);
}

const char *
settings_restart_needed(const struct settings *old, const struct settings *new)
{
	for (size_t i = 0; i < option_table_size; i++)
		if (option_table[i].restart &&
		    !value_equal(&option_table[i], old, new))
			return option_table[i].name;
	return NULL;
}
