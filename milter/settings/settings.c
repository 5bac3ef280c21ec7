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
#include "base/limits.h"
#include "settings/disclaimer_files.h"
#include "settings/groups.h"
#include "settings/lookup.h"
#include "settings/option.h"
#include "settings/reading.h"
#include "settings/value.h"
#include "settings/whole.h"

const char settings_default_file[] =
    SYSCONFDIR "/smime-milter/smime-milter.conf";
const char settings_default_socket[] =
    "unix:" RUNSTATEDIR "/smime-milter/milter.sock";

static void read_group(struct reading *r, const config_setting_t *group,
    const char *prefix, struct settings *s);

/* --- defaults --- */

/* Policy of which the file says nothing is what is built in (policy/rules.h),
 * and "policy show" says so: their defaults are documentation, of which a test
 * knows that it is true. */
static void
leave_to_builtin(struct gateway_config *config)
{
	config->defaults = (struct setting_level){.sign = SWITCH_INHERIT};
	config->recipient_defaults =
	    (struct recipient_level){.encrypt = RECEIVE_INHERIT};
	config->escrow = NULL;
	config->escrow_count = 0;
	config->disclaimer = NULL;
}

static void
set_defaults(struct reading *r, struct settings *s)
{
	for (size_t i = 0; i < option_table_size; i++)
		if (option_table[i].type != OPTION_GROUPS)
			value_default(r, &option_table[i], s);
	leave_to_builtin(&s->gateway);
}

/* What follows from the others: the answer to a final dot has its part of the
 * time for a message. */
static void
set_derived(struct gateway_config *config)
{
	int part = config->answer_ms / 4;

	config->relay.answer_ms =
	    part < LIMIT_RELAY_ANSWER ? part : LIMIT_RELAY_ANSWER;
}

/* --- names --- */

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
	    lookup_option(option_table, option_table_size, path);
	int rc = 0;

	if (o && o->type == OPTION_GROUPS)
		rc = groups_read(r, o, member, s);
	else if (o)
		rc = value_read(r, o, path, member, s);
	else if (!is_group_name(path))
		lookup_complain(
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

/* What options say together is looked at only when each is good: what would
 * be said about half of them is not worth reading. */
static void
read_all(struct reading *r, const config_t *tree, struct settings *s)
{
	size_t before = r->errors->count;

	read_group(r, config_root_setting(tree), "", s);
	if (r->errors->count > before)
		return;
	whole_check(r, tree, s);
	disclaimer_files_load(r, tree, s);
}

static void
settings_free(struct settings *s)
{
	disclaimer_files_free(s);
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
		read_all(&r, &tree, s);
	config_destroy(&tree);
	if (errors->count > before) {
		settings_free(s);
		return -1;
	}
	set_derived(&s->gateway);
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
