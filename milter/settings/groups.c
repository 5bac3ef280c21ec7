/*
 * groups.c: see groups.h.
 *
 * A group is looked at as a whole only when each of its options is good: what
 * would be said about half of one is not worth reading.
 */
#include "settings/groups.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "settings/lookup.h"
#include "settings/value.h"

/* One list while it is read. */
struct list {
	struct reading *reading;
	const struct option *option;
	char *groups; /* as many as there are, each of the list's width */
};

/* Every such struct begins with its name. */
static const char *
name_of(const void *group)
{
	return *(const char *const *)group;
}

static void
set_defaults(const struct list *l, void *group)
{
	const struct option *o = l->option->list->options;

	for (size_t i = 0; i < l->option->list->count; i++)
		if (o[i].fallback)
			value_default(l->reading, &o[i], group);
}

static int
read_member(const struct list *l, const config_setting_t *member,
    const char *prefix, void *group)
{
	const struct option_list *list = l->option->list;
	const char *name = config_setting_name(member);
	const struct option *o =
	    lookup_option(list->options, list->count, name);
	char *path = xasprintf("%s.%s", prefix, name);
	int rc = -1;

	if (o)
		rc = value_read(l->reading, o, path, member, group);
	else
		lookup_complain(
		    l->reading, member, path, "", list->options, list->count);
	free(path);
	return rc;
}

static int
read_group(const struct list *l, const config_setting_t *value,
    const char *path, void *group)
{
	unsigned count = (unsigned)config_setting_length(value);
	const char *fault = NULL;
	int rc = 0;

	set_defaults(l, group);
	if (!config_setting_is_group(value)) {
		reading_complain(
		    l->reading, value, path, "{ name = \"example.org\"; ... }");
		return -1;
	}
	for (unsigned i = 0; i < count; i++)
		rc |= read_member(
		    l, config_setting_get_elem(value, i), path, group);
	if (!config_setting_get_member(value, "name"))
		fault = "name is missing";
	else if (rc == 0 && l->option->list->fault)
		fault = l->option->list->fault(value, group);
	if (!fault)
		return rc;
	reading_complain_text(l->reading, value, path, fault);
	return -1;
}

static bool
is_same(const struct option_list *list, const void *a, const void *b)
{
	if (!name_of(a) || !name_of(b))
		return false;
	return list->same ? list->same(a, b)
			  : strcmp(name_of(a), name_of(b)) == 0;
}

static int
check_is_new(const struct list *l, const config_setting_t *value, size_t i)
{
	const struct option *o = l->option;
	const char *group = l->groups + i * o->list->width;
	char place[512];

	for (size_t k = 0; k < i; k++) {
		if (!is_same(o->list, group, l->groups + k * o->list->width))
			continue;
		reading_place(l->reading, value, place, sizeof(place));
		settings_errors_add(l->reading->errors,
		    "%s%s[%zu].name: %s is there twice, first as %s[%zu]",
		    place, o->name, i, name_of(group), o->name, k);
		return -1;
	}
	return 0;
}

static int
read_element(const struct list *l, const config_setting_t *list, size_t i)
{
	const config_setting_t *value =
	    config_setting_get_elem(list, (unsigned)i);
	char *path = xasprintf("%s[%zu]", l->option->name, i);
	int rc;

	rc = read_group(l, value, path, l->groups + i * l->option->list->width);
	free(path);
	return rc | check_is_new(l, value, i);
}

#define AT(base, offset) ((void *)((char *)(base) + (offset)))

int
groups_read(struct reading *r, const struct option *o,
    const config_setting_t *list, void *base)
{
	size_t count = (size_t)config_setting_length(list);
	struct list l = {.reading = r, .option = o};
	int rc = 0;

	if (!config_setting_is_list(list)) {
		reading_complain(r, list, o->name,
		    "a list like ( { name = \"example.org\"; } )");
		return -1;
	}
	l.groups = arena_alloc(r->arena, (count + 1) * o->list->width);
	assert(l.groups);
	for (size_t i = 0; i < count; i++)
		rc |= read_element(&l, list, i);
	if (rc)
		return -1;
	*(const void **)AT(base, o->field) = l.groups;
	*(size_t *)AT(base, o->count_field) = count;
	return 0;
}
