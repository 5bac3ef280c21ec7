/*
 * value.c: see value.h.
 */
#include "settings/value.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/network.h"
#include "settings/settings.h"
#include "settings/value_type.h"

static int
read_scalar(struct reading *r, const struct option *o, const char *path,
    const config_setting_t *value, void *field)
{
	const struct value_type *type = value_type(o->type);
	char expected[VALUE_EXPECTED_MAX];
	int rc;

	if (type->is_good)
		rc = scalar_keep_text(r, value, type->is_good, field);
	else if (type->name)
		rc = scalar_keep_name(r, value, type->name, field);
	else
		rc = type->read(r, o, value, field);
	if (rc == 0)
		return 0;
	value_type_expect(o, expected, sizeof(expected));
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
	const struct value_type *list = value_type(o->type);
	const struct option element = {
	    .name = o->name, .type = list->element, .words = list->words};
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
	const struct value_type *type = value_type(o->type);

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
