/*
 * option.h: every option of the configuration file, once.
 *
 * The manual page, the sample file and this table are compared by
 * tests/system/settings_doc_test.py.
 */
#ifndef SETTINGS_OPTION_H
#define SETTINGS_OPTION_H

#include <stdbool.h>
#include <stddef.h>

enum option_type {
	OPTION_PATH,	      /* const char *: absolute */
	OPTION_OPTIONAL_PATH, /* the same, or "" */
	OPTION_NAME,	      /* const char *: a user, a host; or "" */
	OPTION_SOCKET,	      /* struct settings_socket */
	OPTION_STORE,	      /* const char *: "sqlite:/PATH" */
	OPTION_LOG_TARGET,    /* struct settings_log, all but its level */
	OPTION_MODE,	      /* mode_t */
	OPTION_COUNT,	      /* unsigned */
	OPTION_SIZE,	      /* size_t */
	OPTION_DURATION,      /* int, milliseconds */
	OPTION_SWITCH,	      /* enum setting_switch */
	OPTION_WORD,	      /* an enum, by words */
	OPTION_SETTING,	      /* of a level: that with the option's name */
	OPTION_FLAG,	      /* bool */
	OPTION_TEXT,	      /* const char *: printable, not empty */
	OPTION_OPTIONAL_TEXT, /* the same, or "" */
	OPTION_FIELD_NAME,    /* const char *: of a header field; or "" */
	OPTION_REINJECT,      /* const char *: where relay/ can go; or "" */
	OPTION_PATHS,	      /* const char *const *, and a count */
	OPTION_NAMES,	      /* the same */
	OPTION_ADDRESSES,     /* the same: canonical */
	OPTION_AUTHORS,	      /* the same: canonical, or "@" and a domain */
	OPTION_NETWORKS,      /* struct network_list */
	OPTION_EXEMPT,	      /* unsigned: a set of exemptions */
	OPTION_WISHES,	      /* unsigned: a set of enum gateway_wish */
	/* const char *: canonical, see names.h */
	OPTION_DOMAIN,
	OPTION_PATTERN,
	OPTION_ADDRESS,
	OPTION_OPTIONAL_ADDRESS,
	OPTION_LOGIN,
	OPTION_DISCLAIMER_NAME, /* const char *: of one in the list */
	OPTION_DISCLAIMER,	/* const char *: a name; "" for "none" */
	OPTION_GROUPS, /* a list of groups: structs that begin with their
	                * name, and a count */
	/* only as elements of the lists above */
	OPTION_LISTED_NAME, /* const char *: not empty */
	OPTION_AUTHOR,
	OPTION_NETWORK,	  /* added to a struct network_list */
	OPTION_EXEMPTION, /* added to a set */
	OPTION_WISH
};

/* May the file of a guard set it? */
enum option_guard {
	OPTION_NOT_IN_GUARD = 0,
	OPTION_IN_GUARD_TOO,
	OPTION_ONLY_IN_GUARD
};

struct config_setting_t; /* of libconfig */
struct setting;

struct option_word {
	const char *word;
	int value;
};

struct option {
	const char *name;     /* with its group: "log.level" */
	const char *fallback; /* as it would stand in the file; NULL: the
	                       * option of a group has none (and inherits) */
	const struct option_word *words; /* OPTION_WORD; ends with NULL */
	const char *min, *max;		 /* OPTION_COUNT, _SIZE, _DURATION */
	const struct setting *settings;	 /* OPTION_SETTING: all of its level */
	size_t setting_count;
	size_t field;			/* offset in struct settings */
	size_t count_field;		/* offset of the count of a list */
	const struct option_list *list; /* OPTION_GROUPS */
	const char *doc;		/* one line */
	enum option_type type;
	enum option_guard guard; /* not of the options of a group */
	bool restart;		 /* a reload cannot change it */
	bool appends;		 /* to messages */
};

/* What the groups of a list look like; each is a struct that begins with its
 * name. */
struct option_list {
	const struct option *options; /* fields are offsets in that struct */
	size_t count;
	size_t width; /* of that struct */
	/* What contradicts itself in a group, or NULL; may be NULL. */
	const char *(*fault)(
	    const struct config_setting_t *value, const void *group);
	/* Are these two the same?  NULL: when their names are. */
	bool (*same)(const void *a, const void *b);
};

extern const struct option option_table[];
extern const size_t option_table_size;

#endif
