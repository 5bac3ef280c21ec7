/*
 * store_sqlite_journal.c: copies that have been handed over, in SQLite; see
 * store.h.  Mail waits for these writes: they are few and short.
 */
#include "base/limits.h"
#include "cert/store_sqlite.h"

static int
add_key(
    struct sqlite *db, const unsigned char *key, time_t now, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "INSERT INTO journal (copy, at) VALUES (?, ?)"
	    " ON CONFLICT (copy) DO UPDATE SET at = excluded.at");
	sqlite_bind_blob(&q, slice_make(key, STORE_JOURNAL_KEY));
	sqlite_bind_number(&q, now);
	return sqlite_run(&q, err);
}

static int
prune(struct sqlite *db, time_t now, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db, "DELETE FROM journal WHERE at < ?");
	sqlite_bind_number(&q, now - LIMIT_JOURNAL_SECONDS);
	return sqlite_run(&q, err);
}

int
store_sqlite_journal_add(struct store *store,
    const unsigned char (*keys)[STORE_JOURNAL_KEY], size_t count, time_t now,
    struct err *err)
{
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	rc = prune(db, now, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = add_key(db, keys[i], now, err);
	return store_sqlite_end(&db, rc, err);
}

int
store_sqlite_journal_has(struct store *store,
    const unsigned char key[STORE_JOURNAL_KEY], time_t now, bool *has,
    struct err *err)
{
	struct sqlite_query q;
	struct sqlite *db;
	int found;

	if (store_sqlite_read(store, &db, err))
		return -1;
	sqlite_query(
	    &q, db, "SELECT 1 FROM journal WHERE copy = ? AND at >= ?");
	sqlite_bind_blob(&q, slice_make(key, STORE_JOURNAL_KEY));
	sqlite_bind_number(&q, now - LIMIT_JOURNAL_SECONDS);
	found = store_sqlite_exists(&q, err);
	sqlite_release(&db);
	if (found < 0)
		return -1;
	*has = found;
	return 0;
}
