/*
 * setting_option.c: see setting_option.h.  The options are made once, by
 * setting_options_init, and never freed: they are part of the program.
 */
#include "admin/setting_option.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

/* Longer lists of words stand in the help, not beside the option's name. */
#define ARGUMENT_MAX 40
#define TEXT_MAX     1024

const struct setting_table setting_senders = {sender_settings, SENDER_SETTINGS};
const struct setting_table setting_recipients = {
    recipient_settings, RECIPIENT_SETTINGS};

/* --- options --- */

#define DISCLAIMER                                                             \
	{                                                                      \
		"disclaimer", "NAME|none|inherit",                             \
		    "text of the configuration that is appended to mail"       \
	}

struct command_option setting_domain_options[SENDER_SETTINGS + 3] = {
    {"escrow", "ADDRESS,...|none|inherit",
	"whose certificates can read all that is encrypted, too"},
    DISCLAIMER,
};
struct command_option setting_user_options[SENDER_SETTINGS + 4] = {
    {"first", "NAME", "first name, for certificates"},
    {"last", "NAME", "last name"},
    DISCLAIMER,
};
struct command_option setting_recipient_options[RECIPIENT_SETTINGS + 2] = {
    {"domain-certificate", "ADDRESS|none|inherit",
	"whose certificates stand in where a recipient has none"},
};

/* "own_cert_problem" as people type it: "own-cert-problem". */
static char *
option_name(const struct setting *s)
{
	char *name = xstrdup(s->name);

	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = '-';
	return name;
}

/* All words but "inherit", which comes first, with something between. */
static char *
join_words(const struct setting *s, const char *between)
{
	struct buf out;

	buf_init(&out, TEXT_MAX);
	if (s->words)
		for (size_t i = 1; s->words[i]; i++)
			buf_addf(
			    &out, "%s%s", i > 1 ? between : "", s->words[i]);
	else
		for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++)
			buf_addf(&out, "%s%s", out.len > 0 ? between : "",
			    setting_exemption_name((enum exemption)e));
	return buf_take_text(&out);
}

static void
make_option(struct command_option *option, const struct setting *s)
{
	char *short_list = join_words(s, "|"), *list = join_words(s, ", ");
	bool fits = s->words && strlen(short_list) <= ARGUMENT_MAX;

	option->name = option_name(s);
	option->argument = fits	      ? xasprintf("%s|inherit", short_list)
			   : s->words ? "WORD|inherit"
				      : "WORD,...|none|all|inherit";
	option->help = fits ? s->doc : xasprintf("%s: %s", s->doc, list);
	free(short_list);
	free(list);
}

static void
make_options(struct command_option *options, const struct setting_table *table)
{
	while (options->name)
		options++;
	for (size_t i = 0; i < table->count; i++)
		make_option(&options[i], &table->at[i]);
}

void
setting_options_init(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	make_options(setting_domain_options, &setting_senders);
	make_options(setting_user_options, &setting_senders);
	make_options(setting_recipient_options, &setting_recipients);
}

/* --- values --- */

/* "--bcc all: not separate, refuse or inherit" */
static enum verb_result
complain(const struct setting *s, const char *name, const char *text,
    struct err *err)
{
	char *list = join_words(s, ", ");

	(void)err_set(err, ERR_PERMANENT, "--%s %s: not %s%s%s", name, text,
	    s->words ? "" : "none, all, inherit or a list of: ", list,
	    s->words ? " or inherit" : "");
	free(list);
	return VERB_USAGE;
}

static enum verb_result
read_option(const struct args *args, const struct setting *s, void *level,
    struct err *err)
{
	enum verb_result rc = VERB_DONE;
	char *name = option_name(s);
	const char *text = args_option(args, name);

	if (text && setting_parse(s, text, level))
		rc = complain(s, name, text, err);
	free(name);
	return rc;
}

enum verb_result
setting_options_read(const struct args *args, const struct setting_table *table,
    void *level, struct err *err)
{
	enum verb_result rc = VERB_DONE;

	for (size_t i = 0; rc == VERB_DONE && i < table->count; i++)
		rc = read_option(args, &table->at[i], level, err);
	return rc;
}

bool
setting_options_given(const struct args *args,
    const struct setting_table *table, const char *other)
{
	bool given = args_has(args, other);

	for (size_t i = 0; !given && i < table->count; i++) {
		char *name = option_name(&table->at[i]);

		given = args_has(args, name);
		free(name);
	}
	return given;
}

static char *
write_text(const struct setting_table *table, const void *level, bool all)
{
	char value[SETTING_TEXT], *name;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	for (size_t i = 0; i < table->count; i++) {
		if (!all && setting_is_inherited(&table->at[i], level))
			continue;
		name = option_name(&table->at[i]);
		setting_text(&table->at[i], level, value);
		buf_addf(&out, "%s%s=%s", out.len > 0 ? " " : "", name, value);
		free(name);
	}
	return buf_take_text(&out);
}

char *
setting_options_text(const struct setting_table *table, const void *level)
{
	return write_text(table, level, true);
}

char *
setting_spoken_text(const struct setting_table *table, const void *level)
{
	return write_text(table, level, false);
}

char *
setting_spoken_add(char *text, const char *name, const char *value)
{
	char *longer;

	if (strcmp(value, "inherit") == 0)
		return text;
	longer = xasprintf("%s%s%s=%s", text, *text ? " " : "", name, value);
	free(text);
	return longer;
}

/* --- JSON --- */

void
setting_set_members(
    json_t *object, const struct setting_table *table, const void *level)
{
	char value[SETTING_TEXT];

	for (size_t i = 0; i < table->count; i++) {
		setting_text(&table->at[i], level, value);
		output_set(object, table->at[i].name, output_text(value));
	}
}

json_t *
setting_value(const struct setting *s, const void *level)
{
	char text[SETTING_TEXT], *rest = text, *word;
	json_t *list;

	setting_text(s, level, text);
	if (s->words)
		return output_text(text);
	list = json_array();
	while ((word = strsep(&rest, ",")))
		(void)json_array_append_new(list, output_text(word));
	return list;
}

/* --- columns --- */

void
setting_columns_init(struct setting_columns *c)
{
	*c = (struct setting_columns){.count = 0};
}

void
setting_columns_fini(struct setting_columns *c)
{
	for (size_t i = 0; i < c->text_count; i++)
		free(c->texts[i]);
}

void
setting_columns_add(struct setting_columns *c, const char *key,
    const char *title, enum column_kind kind)
{
	/* one stays NULL at the end */
	assert(c->count + 1 < sizeof(c->at) / sizeof(c->at[0]));
	c->at[c->count++] = (struct column){key, title, kind};
}

static const char *
keep(struct setting_columns *c, char *text)
{
	assert(c->text_count < sizeof(c->texts) / sizeof(c->texts[0]));
	return c->texts[c->text_count++] = text;
}

/* "effective.own_cert_problem" as "Effective own cert problem". */
static char *
title_of(const char *key)
{
	char *title = xstrdup(key);

	title[0] = (char)toupper((unsigned char)title[0]);
	for (char *c = title; *c; c++)
		if (*c == '_' || *c == '.')
			*c = ' ';
	return title;
}

void
setting_columns_add_all(
    struct setting_columns *c, const struct setting_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		setting_columns_add(c, table->at[i].name,
		    keep(c, title_of(table->at[i].name)), COLUMN_TEXT);
}

void
setting_columns_add_effective(
    struct setting_columns *c, const struct setting_table *table)
{
	const char *key;

	for (size_t i = 0; i < table->count; i++) {
		key = keep(c, xasprintf("effective.%s", table->at[i].name));
		setting_columns_add(
		    c, key, keep(c, title_of(key)), COLUMN_TEXT);
	}
}
