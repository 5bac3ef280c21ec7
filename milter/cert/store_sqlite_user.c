/* store_sqlite_user.c: domains and users in SQLite; see store.h. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cert/store_sqlite.h"
#include "mail/address.h"

static const char *const state_names[] = {
    [STORE_USER_ACTIVE] = "active",
    [STORE_USER_RETIRED] = "retired",
};

static int
parse_state(const char *name, const char *text, enum store_user_state *out,
    struct err *err)
{
	for (size_t i = 0; i < sizeof(state_names) / sizeof(*state_names); i++)
		if (strcmp(state_names[i], text) == 0) {
			*out = (enum store_user_state)i;
			return 0;
		}
	return err_set(
	    err, ERR_PERMANENT, "store: %s: state is \"%s\"", name, text);
}

/* Domains */

#define DOMAIN_COLUMNS                                                         \
	"name, " STORE_SENDER_COLUMNS ", escrow, disclaimer, created"

/* The columns behind the settings. */
#define DOMAIN_ESCROW	  (1 + (int)SENDER_SETTINGS)
#define DOMAIN_DISCLAIMER (DOMAIN_ESCROW + 1)
#define DOMAIN_CREATED	  (DOMAIN_ESCROW + 2)

static int
read_domain(struct sqlite_query *q, void *row, struct err *err)
{
	struct store_domain d = {.created = sqlite_number(q, DOMAIN_CREATED)};
	const char *name = sqlite_text(q, 0);

	if (store_sqlite_read_sender(q, 1, name, &d.level, err))
		return -1;
	d.name = xstrdup(name);
	d.escrow = xstrdup(sqlite_text(q, DOMAIN_ESCROW));
	d.disclaimer = xstrdup(sqlite_text(q, DOMAIN_DISCLAIMER));
	*(struct store_domain *)row = d;
	return 0;
}

int
store_sqlite_domain_add(
    struct store *store, const struct store_domain *d, struct err *err)
{
	struct store_words words;
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "INSERT INTO domains (" DOMAIN_COLUMNS
	    ") VALUES (?, " STORE_SENDER_VALUES
	    ", ?, ?, ?) ON CONFLICT DO NOTHING");
	sqlite_bind_text(&q, d->name);
	store_sqlite_bind_sender(&q, &d->level, &words);
	sqlite_bind_text(&q, store_sqlite_or_empty(d->escrow));
	sqlite_bind_text(&q, store_sqlite_or_empty(d->disclaimer));
	sqlite_bind_number(&q, d->created);
	rc = sqlite_run(&q, err);
	if (rc == 0 && sqlite_changes(db) == 0)
		rc = err_set(
		    err, ERR_PERMANENT, "domain %s is already there", d->name);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

static int
no_domain(const char *name, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND,
	    "domain %s is not activated; run: smimectl domain add %s", name,
	    name);
}

int
store_sqlite_domain_set(
    struct store *store, const struct store_domain *d, struct err *err)
{
	struct store_words words;
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "UPDATE domains SET (" STORE_SENDER_COLUMNS
	    ", escrow, disclaimer) = (" STORE_SENDER_VALUES
	    ", ?, ?) WHERE name = ?");
	store_sqlite_bind_sender(&q, &d->level, &words);
	sqlite_bind_text(&q, store_sqlite_or_empty(d->escrow));
	sqlite_bind_text(&q, store_sqlite_or_empty(d->disclaimer));
	sqlite_bind_text(&q, d->name);
	rc = sqlite_run(&q, err);
	if (rc == 0 && sqlite_changes(db) == 0)
		rc = no_domain(d->name, err);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

int
store_sqlite_domain_find(struct store *store, const char *name,
    struct store_domain *out, struct err *err)
{
	struct store_domain d = {0};
	int found = store_sqlite_find(store,
	    "SELECT " DOMAIN_COLUMNS " FROM domains WHERE name = ?", name,
	    read_domain, &d, err);

	if (found > 0) {
		*out = d;
		return 0;
	}
	store_domain_fini(&d);
	return found < 0 ? -1 : no_domain(name, err);
}

static void
fini_domain(void *row)
{
	store_domain_fini(row);
}

static int
load_domains(struct store_walk *w, struct sqlite *db, struct err *err)
{
	struct sqlite_query q;
	void *last;

	sqlite_query(&q, db,
	    "SELECT " DOMAIN_COLUMNS " FROM domains WHERE name > ?"
	    " ORDER BY name LIMIT ?");
	sqlite_bind_text(&q, w->after);
	sqlite_bind_number(&q, STORE_PAGE);
	if (store_walk_read(w, &q, read_domain, &last, err))
		return -1;
	if (last)
		store_walk_set_after(w, ((struct store_domain *)last)->name);
	return w->count == STORE_PAGE;
}

int
store_sqlite_domain_each(struct store *store,
    int (*each)(const struct store_domain *, void *), void *arg,
    struct err *err)
{
	const struct store_domain *d;
	struct store_walk w;

	store_walk_init(&w, store, NULL);
	w.load = load_domains;
	w.fini = fini_domain;
	w.width = sizeof(*d);
	while ((d = store_walk_next(&w, err)))
		if (each(d, arg))
			break;
	return store_walk_end(&w);
}

/* Users */

#define USER_COLUMNS                                                           \
	"address, " STORE_SENDER_COLUMNS                                       \
	", first_name, last_name, disclaimer, state, created"

#define USER_FIRST_NAME (1 + (int)SENDER_SETTINGS)
#define USER_LAST_NAME	(USER_FIRST_NAME + 1)
#define USER_DISCLAIMER (USER_FIRST_NAME + 2)
#define USER_STATE	(USER_FIRST_NAME + 3)
#define USER_CREATED	(USER_FIRST_NAME + 4)

static int
read_user(struct sqlite_query *q, void *row, struct err *err)
{
	struct store_user u = {.created = sqlite_number(q, USER_CREATED)};
	const char *address = sqlite_text(q, 0);

	if (store_sqlite_read_sender(q, 1, address, &u.level, err) ||
	    parse_state(address, sqlite_text(q, USER_STATE), &u.state, err))
		return -1;
	u.address = xstrdup(address);
	u.first_name = xstrdup(sqlite_text(q, USER_FIRST_NAME));
	u.last_name = xstrdup(sqlite_text(q, USER_LAST_NAME));
	u.disclaimer = xstrdup(sqlite_text(q, USER_DISCLAIMER));
	*(struct store_user *)row = u;
	return 0;
}

/* What may change, in this order. */
#define USER_CHANGES                                                           \
	STORE_SENDER_COLUMNS ", first_name, last_name, disclaimer, state"
#define USER_VALUES STORE_SENDER_VALUES ", ?, ?, ?, ?"

static void
bind_changes(struct sqlite_query *q, const struct store_user *u,
    struct store_words *words)
{
	store_sqlite_bind_sender(q, &u->level, words);
	sqlite_bind_text(q, store_sqlite_or_empty(u->first_name));
	sqlite_bind_text(q, store_sqlite_or_empty(u->last_name));
	sqlite_bind_text(q, store_sqlite_or_empty(u->disclaimer));
	sqlite_bind_text(q, state_names[u->state]);
}

static int
check_domain(struct sqlite *db, const char *name, struct err *err)
{
	struct sqlite_query q;
	int found;

	sqlite_query(&q, db, "SELECT 1 FROM domains WHERE name = ?");
	sqlite_bind_text(&q, name);
	found = store_sqlite_exists(&q, err);
	if (found < 0)
		return -1;
	return found ? 0 : no_domain(name, err);
}

static int
insert_user(struct sqlite *db, const struct store_user *u, struct err *err)
{
	struct store_words words;
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "INSERT INTO users (" USER_CHANGES ", address, domain, created)"
	    " VALUES (" USER_VALUES ", ?, ?, ?) ON CONFLICT DO NOTHING");
	bind_changes(&q, u, &words);
	sqlite_bind_text(&q, u->address);
	sqlite_bind_text(&q, address_domain(u->address));
	sqlite_bind_number(&q, u->created);
	if (sqlite_run(&q, err))
		return -1;
	if (sqlite_changes(db) == 0)
		return err_set(
		    err, ERR_PERMANENT, "user %s is already there", u->address);
	return 0;
}

int
store_sqlite_user_add(
    struct store *store, const struct store_user *u, struct err *err)
{
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	rc = check_domain(db, address_domain(u->address), err);
	if (rc == 0)
		rc = insert_user(db, u, err);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

static int
no_user(const char *address, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND,
	    "no user %s; run: smimectl user add %s", address, address);
}

static int
update_user(struct sqlite *db, const struct store_user *u, struct err *err)
{
	struct store_words words;
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "UPDATE users SET (" USER_CHANGES ") = (" USER_VALUES ")"
	    " WHERE address = ?");
	bind_changes(&q, u, &words);
	sqlite_bind_text(&q, u->address);
	if (sqlite_run(&q, err))
		return -1;
	return sqlite_changes(db) > 0 ? 0 : no_user(u->address, err);
}

int
store_sqlite_user_set(
    struct store *store, const struct store_user *u, struct err *err)
{
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	rc = update_user(db, u, err);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

int
store_sqlite_user_find(struct store *store, const char *address,
    struct store_user *out, struct err *err)
{
	struct store_user u = {0};
	int found = store_sqlite_find(store,
	    "SELECT " USER_COLUMNS " FROM users WHERE address = ?", address,
	    read_user, &u, err);

	if (found > 0) {
		*out = u;
		return 0;
	}
	store_user_fini(&u);
	return found < 0 ? -1 : no_user(address, err);
}

static void
fini_user(void *row)
{
	store_user_fini(row);
}

static void
query_users(
    struct sqlite_query *q, const struct store_walk *w, struct sqlite *db)
{
	if (w->filter) {
		sqlite_query(q, db,
		    "SELECT " USER_COLUMNS " FROM users"
		    " WHERE domain = ? AND address > ?"
		    " ORDER BY address LIMIT ?");
		sqlite_bind_text(q, w->filter);
	} else {
		sqlite_query(q, db,
		    "SELECT " USER_COLUMNS " FROM users WHERE address > ?"
		    " ORDER BY address LIMIT ?");
	}
	sqlite_bind_text(q, w->after);
	sqlite_bind_number(q, STORE_PAGE);
}

static int
load_users(struct store_walk *w, struct sqlite *db, struct err *err)
{
	struct sqlite_query q;
	void *last;

	query_users(&q, w, db);
	if (store_walk_read(w, &q, read_user, &last, err))
		return -1;
	if (last)
		store_walk_set_after(w, ((struct store_user *)last)->address);
	return w->count == STORE_PAGE;
}

int
store_sqlite_user_each(struct store *store, const char *domain,
    const char *after, int (*each)(const struct store_user *, void *),
    void *arg, struct err *err)
{
	const struct store_user *u;
	struct store_walk w;

	store_walk_init(&w, store, after);
	w.load = load_users;
	w.fini = fini_user;
	w.width = sizeof(*u);
	w.filter = domain;
	while ((u = store_walk_next(&w, err)))
		if (each(u, arg))
			break;
	return store_walk_end(&w);
}
