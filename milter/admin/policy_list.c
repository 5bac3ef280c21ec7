/* policy_list.c: see policy_list.h. */
#include "admin/policy_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const struct column policy_list_columns[] = {
    {"setting", "SETTING", COLUMN_TEXT},
    {"value", "VALUE", COLUMN_TEXT},
    {"level", "SET BY", COLUMN_TEXT},
    {"instead_of", "INSTEAD OF", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

/* One setting, while the levels go by. */
struct answer {
	char *value;
	char *level;
	char *instead_of;
};

/* What is no setting of the tables comes behind them. */
static const char *const sender_others[] = {"escrow", "disclaimer", NULL};
static const char *const recipient_others[] = {"domain_certificate", NULL};

#define ANSWER_ESCROW	   SENDER_SETTINGS
#define ANSWER_DISCLAIMER  (SENDER_SETTINGS + 1u)
#define ANSWER_CERTIFICATE RECIPIENT_SETTINGS
#define ANSWERS_MAX	   (SENDER_SETTINGS + 2u)
_Static_assert(RECIPIENT_SETTINGS < ANSWERS_MAX, "one more than settings");

struct collection {
	struct answer answers[ANSWERS_MAX];
};

static char *
level_text(const struct level_source *source)
{
	switch (source->place) {
	case LEVEL_BUILTIN:
		return xstrdup("built-in");
	case LEVEL_DEFAULTS:
		return xstrdup("defaults");
	case LEVEL_FILE:
		return xasprintf("%s (file)", source->name);
	case LEVEL_STORE:
		break;
	}
	return xasprintf("%s (store)", source->name);
}

/* A level speaks: what was said before stands behind it. */
static void
say(struct answer *a, const char *value, const struct level_source *source)
{
	char *before = a->instead_of;

	if (a->value)
		a->instead_of = xasprintf("%s%s%s (%s)", before ? before : "",
		    before ? ", " : "", a->value, a->level);
	if (a->instead_of != before)
		free(before);
	free(a->value);
	free(a->level);
	a->value = xstrdup(value);
	a->level = level_text(source);
}

/* The short words for sets, which the configuration knows, too. */
static void
value_text(const struct setting *s, const void *level, char *out)
{
	static const struct {
		unsigned set;
		const char *word;
	} shorter[] = {{EXEMPT_ALL, "all"}, {EXEMPT_ALWAYS, "none"}};
	char text[SETTING_TEXT];

	setting_text(s, level, out);
	for (size_t i = 0; !s->words && i < 2; i++) {
		setting_exempt_text(shorter[i].set, text);
		if (strcmp(text, out) == 0)
			strcpy(out, shorter[i].word);
	}
}

static void
say_settings(struct collection *c, const struct setting *table, size_t count,
    const void *level, const struct level_source *source)
{
	char text[SETTING_TEXT];

	for (size_t i = 0; i < count; i++) {
		if (setting_is_inherited(&table[i], level))
			continue;
		value_text(&table[i], level, text);
		say(&c->answers[i], text, source);
	}
}

/* "a@example.org,b@example.org", or "none" */
static char *
list_text(const char *const *words, size_t count)
{
	char *text = xstrdup(count > 0 ? words[0] : "none"), *longer;

	for (size_t i = 1; i < count; i++) {
		longer = xasprintf("%s,%s", text, words[i]);
		free(text);
		text = longer;
	}
	return text;
}

static void
add_sender_rule(const struct sender_rule *rule, void *arg)
{
	struct collection *c = arg;
	char *escrow;

	say_settings(
	    c, sender_settings, SENDER_SETTINGS, rule->level, &rule->source);
	if (rule->disclaimer)
		say(&c->answers[ANSWER_DISCLAIMER],
		    *rule->disclaimer ? rule->disclaimer : "none",
		    &rule->source);
	if (!rule->escrow)
		return;
	escrow = list_text(rule->escrow, rule->escrow_count);
	say(&c->answers[ANSWER_ESCROW], escrow, &rule->source);
	free(escrow);
}

static void
add_recipient_rule(const struct recipient_rule *rule, void *arg)
{
	const char *stand_in = rule->domain_certificate;
	struct collection *c = arg;

	say_settings(c, recipient_settings, RECIPIENT_SETTINGS, rule->level,
	    &rule->source);
	if (stand_in)
		say(&c->answers[ANSWER_CERTIFICATE],
		    *stand_in ? stand_in : "none", &rule->source);
}

static void
add_answer(json_t *list, const char *name, struct answer *a)
{
	json_t *object = json_object();

	output_set(object, "setting", output_text(name));
	output_set(object, "value", output_text(a->value));
	output_set(object, "level", output_text(a->level));
	output_set(object, "instead_of",
	    output_text(a->instead_of ? a->instead_of : ""));
	(void)json_array_append_new(list, object);
	free(a->value);
	free(a->level);
	free(a->instead_of);
}

/* Ends the collection. */
static json_t *
list_of(struct collection *c, const struct setting *table, size_t count,
    const char *const *others)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		add_answer(list, table[i].name, &c->answers[i]);
	for (size_t i = 0; others[i]; i++)
		add_answer(list, others[i], &c->answers[count + i]);
	return list;
}

int
policy_list_sender(const struct levels *levels, const char *name, json_t **out,
    struct err *err)
{
	struct collection c = {0};
	int rc = levels_of_sender(levels, name, add_sender_rule, &c, err);
	json_t *list =
	    list_of(&c, sender_settings, SENDER_SETTINGS, sender_others);

	if (rc < 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}

int
policy_list_recipient(const struct levels *levels, const char *name,
    json_t **out, struct err *err)
{
	struct collection c = {0};
	int rc = levels_of_recipient(levels, name, add_recipient_rule, &c, err);
	json_t *list = list_of(
	    &c, recipient_settings, RECIPIENT_SETTINGS, recipient_others);

	if (rc < 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}
