/*
 * store_sqlite_setting.c: policy settings in rows, by the tables of
 * base/setting.h; see store_sqlite.h.
 */
#include "cert/store_sqlite.h"

_Static_assert(RECIPIENT_SETTINGS <= SENDER_SETTINGS, "struct store_words");

static void
bind(struct sqlite_query *q, const struct setting *table, size_t count,
    const void *level, struct store_words *words)
{
	for (size_t i = 0; i < count; i++) {
		setting_text(&table[i], level, words->at[i]);
		sqlite_bind_text(q, words->at[i]);
	}
}

void
store_sqlite_bind_sender(struct sqlite_query *q,
    const struct setting_level *level, struct store_words *words)
{
	bind(q, sender_settings, SENDER_SETTINGS, level, words);
}

void
store_sqlite_bind_recipient(struct sqlite_query *q,
    const struct recipient_level *level, struct store_words *words)
{
	bind(q, recipient_settings, RECIPIENT_SETTINGS, level, words);
}

static int
parse(const struct setting *s, const char *text, const char *who, void *level,
    struct err *err)
{
	if (setting_parse(s, text, level))
		return err_set(err, ERR_PERMANENT, "store: %s: %s is \"%s\"",
		    who, s->name, text);
	return 0;
}

int
store_sqlite_read_sender(struct sqlite_query *q, int column, const char *who,
    struct setting_level *out, struct err *err)
{
	struct setting_level level = {0};

	for (size_t i = 0; i < SENDER_SETTINGS; i++)
		if (parse(&sender_settings[i], sqlite_text(q, column + (int)i),
			who, &level, err))
			return -1;
	*out = level;
	return 0;
}

int
store_sqlite_read_recipient(struct sqlite_query *q, int column, const char *who,
    struct recipient_level *out, struct err *err)
{
	struct recipient_level level = {0};

	for (size_t i = 0; i < RECIPIENT_SETTINGS; i++)
		if (parse(&recipient_settings[i],
			sqlite_text(q, column + (int)i), who, &level, err))
			return -1;
	*out = level;
	return 0;
}

const char *
store_sqlite_or_empty(const char *text)
{
	return text ? text : "";
}
