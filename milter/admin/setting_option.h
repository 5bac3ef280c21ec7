/*
 * setting_option.h: policy settings on the command line and in what is
 * printed.  All of it is made from the tables of base/setting.h, so that a new
 * setting needs nothing here.
 */
#ifndef ADMIN_SETTING_OPTION_H
#define ADMIN_SETTING_OPTION_H

#include <jansson.h>

#include "admin/command.h"
#include "admin/output.h"
#include "base/setting.h"

struct setting_table {
	const struct setting *at;
	size_t count;
};

extern const struct setting_table setting_senders;    /* of setting_level */
extern const struct setting_table setting_recipients; /* of recipient_level */

/* The options of verbs that change settings: some of their own, then one for
 * each setting.  Made once, before a command line is read. */
extern struct command_option setting_domain_options[];
extern struct command_option setting_user_options[];
extern struct command_option setting_recipient_options[];
void setting_options_init(void);

/* Reads the options of the table's settings into level, which is of its kind;
 * what was not given stays.  VERB_USAGE, with all the words that would do,
 * when one is something else. */
enum verb_result setting_options_read(const struct args *args,
    const struct setting_table *table, void *level, struct err *err);

/* Was an option of the table, or this one, given at all? */
bool setting_options_given(const struct args *args,
    const struct setting_table *table, const char *other);

/* "sign=on encrypt=inherit own-cert-problem=inherit ...", for the audit; the
 * caller frees it. */
char *setting_options_text(
    const struct setting_table *table, const void *level);

/* Only what level says, "" when that is nothing: for people. */
char *setting_spoken_text(const struct setting_table *table, const void *level);
/* The same with "name=value" behind it, unless value is "inherit"; takes
 * text. */
char *setting_spoken_add(char *text, const char *name, const char *value);

/* Sets a member for each setting: its name, and its words as text. */
void setting_set_members(
    json_t *object, const struct setting_table *table, const void *level);

/* One value: a word, or a list of words where the setting is a set. */
json_t *setting_value(const struct setting *s, const void *level);

/* Columns of which some are settings. */
struct setting_columns {
	struct column at[2 * SENDER_SETTINGS + 16]; /* ends with a NULL key */
	char *texts[3 * SENDER_SETTINGS]; /* keys and titles we made */
	size_t count, text_count;
};

void setting_columns_init(struct setting_columns *c);
void setting_columns_fini(struct setting_columns *c);
void setting_columns_add(struct setting_columns *c, const char *key,
    const char *title, enum column_kind kind);
/* One for each setting: its name as key and as title. */
void setting_columns_add_all(
    struct setting_columns *c, const struct setting_table *table);
/* The same of the member "effective". */
void setting_columns_add_effective(
    struct setting_columns *c, const struct setting_table *table);

#endif
