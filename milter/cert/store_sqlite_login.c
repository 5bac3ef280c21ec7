/* store_sqlite_login.c: as whom logins may write, in SQLite; see store.h. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cert/store_sqlite.h"
#include "mail/address.h"

int
store_sqlite_login_add(struct store *store, const char *login,
    const char *address, time_t now, struct err *err)
{
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "INSERT INTO logins (login, address, created) VALUES (?, ?, ?)"
	    " ON CONFLICT DO NOTHING");
	sqlite_bind_text(&q, login);
	sqlite_bind_text(&q, address);
	sqlite_bind_number(&q, now);
	rc = sqlite_run(&q, err);
	if (rc == 0 && sqlite_changes(db) == 0)
		rc = err_set(err, ERR_PERMANENT,
		    "login %s may write as %s already", login, address);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

static int
delete_logins(
    struct sqlite *db, const char *login, const char *address, struct err *err)
{
	struct sqlite_query q;

	if (address) {
		sqlite_query(&q, db,
		    "DELETE FROM logins WHERE login = ? AND address = ?");
		sqlite_bind_text(&q, login);
		sqlite_bind_text(&q, address);
	} else {
		sqlite_query(&q, db, "DELETE FROM logins WHERE login = ?");
		sqlite_bind_text(&q, login);
	}
	if (sqlite_run(&q, err))
		return -1;
	if (sqlite_changes(db) > 0)
		return 0;
	return err_set(err, ERR_NOT_FOUND,
	    "nothing allows login %s to write as %s", login,
	    address ? address : "somebody else");
}

int
store_sqlite_login_remove(struct store *store, const char *login,
    const char *address, struct err *err)
{
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	rc = delete_logins(db, login, address, err);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

int
store_sqlite_login_may(struct store *store, const char *login,
    const char *address, bool *may, struct err *err)
{
	struct sqlite_query q;
	struct sqlite *db;
	int found;

	if (store_sqlite_read(store, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "SELECT 1 FROM logins WHERE login = ? AND address IN (?, ?)");
	sqlite_bind_text(&q, login);
	sqlite_bind_text(&q, address);
	/* A canonical address has its "@" right before the domain. */
	sqlite_bind_text(&q, address_domain(address) - 1);
	found = store_sqlite_exists(&q, err);
	sqlite_release(&db);
	if (found < 0)
		return -1;
	*may = found;
	return 0;
}

/* The walk.  Its key is the login, a newline, and the address, which has no
 * newline. */

static void
fini_login(void *row)
{
	store_login_fini(row);
}

static void
query_logins(struct sqlite_query *q, const struct store_walk *w,
    const char *login, const char *address, struct sqlite *db)
{
	if (w->filter)
		sqlite_query(q, db,
		    "SELECT login, address, created FROM logins"
		    " WHERE login = ? AND address > ?"
		    " ORDER BY address LIMIT ?");
	else
		sqlite_query(q, db,
		    "SELECT login, address, created FROM logins"
		    " WHERE (login, address) > (?, ?)"
		    " ORDER BY login, address LIMIT ?");
	sqlite_bind_text(q, w->filter ? w->filter : login);
	sqlite_bind_text(q, address);
	sqlite_bind_number(q, STORE_PAGE);
}

static int
read_login(struct sqlite_query *q, void *row, struct err *err)
{
	struct store_login *l = row;

	(void)err;
	l->login = xstrdup(sqlite_text(q, 0));
	l->address = xstrdup(sqlite_text(q, 1));
	l->created = sqlite_number(q, 2);
	return 0;
}

static void
set_after(struct store_walk *w, const struct store_login *l)
{
	char *key = xasprintf("%s\n%s", l->login, l->address);

	store_walk_set_after(w, key);
	free(key);
}

static int
load_logins(struct store_walk *w, struct sqlite *db, struct err *err)
{
	const char *end = strrchr(w->after, '\n');
	char *login = xstrndup(w->after, end ? (size_t)(end - w->after) : 0);
	struct sqlite_query q;
	void *last;
	int rc;

	query_logins(&q, w, login, end ? end + 1 : "", db);
	rc = store_walk_read(w, &q, read_login, &last, err);
	free(login);
	if (rc)
		return -1;
	if (last)
		set_after(w, last);
	return w->count == STORE_PAGE;
}

int
store_sqlite_login_each(struct store *store, const char *login,
    int (*each)(const struct store_login *, void *), void *arg, struct err *err)
{
	const struct store_login *l;
	struct store_walk w;

	store_walk_init(&w, store, NULL);
	w.load = load_logins;
	w.fini = fini_login;
	w.width = sizeof(*l);
	w.filter = login;
	while ((l = store_walk_next(&w, err)))
		if (each(l, arg))
			break;
	return store_walk_end(&w);
}
