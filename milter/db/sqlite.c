/*
 * sqlite.c: the pool of sqlite.h, and transactions.
 *
 * Readers share a bounded set of connections; one thread of the process
 * writes at a time and the next one waits here, without a connection, so that
 * writers queueing for the file never keep readers from their work.  In WAL
 * mode readers wait for nobody.
 */
#include "db/sqlite.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "db/sqlite_connection.h"

struct sqlite_pool {
	char *path;
	pid_t owner;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a connection or the turn to write is free */
	struct sqlite *idle;
	unsigned connections; /* idle or in use */
	bool writing;
};

/* --- the pool --- */

static void
pool_free(struct sqlite_pool *pool)
{
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool->path);
	free(pool);
}

int
sqlite_pool_open(const char *path, struct sqlite_pool **out, struct err *err)
{
	struct sqlite_pool *pool;
	pthread_condattr_t attr;
	struct sqlite *db;

	if (!sqlite3_threadsafe())
		return err_set(
		    err, ERR_BUG, "this SQLite is built without threads");
	pool = xcalloc(1, sizeof(*pool));
	pool->path = xstrdup(path);
	pool->owner = getpid();
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->changed, &attr);
	pthread_condattr_destroy(&attr);

	if (sqlite_read(pool, &db, err)) {
		pool_free(pool);
		return -1;
	}
	sqlite_release(&db);
	*out = pool;
	return 0;
}

/* In a child of the owner nothing may be closed: SQLite would tidy up files
 * that are still the parent's. */
void
sqlite_pool_close(struct sqlite_pool *pool)
{
	struct sqlite *db;

	if (!pool || pool->owner != getpid())
		return;
	while ((db = pool->idle)) {
		pool->idle = db->next;
		sqlite_connection_close(db);
	}
	pool_free(pool);
}

/* sqlite3_exec ends with SQLITE_ABORT when this returns 1. */
static int
want_wal(void *arg, int columns, char **values, char **names)
{
	(void)arg;
	(void)names;
	return !(columns == 1 && values[0] && strcmp(values[0], "wal") == 0);
}

int
sqlite_pool_use_wal(struct sqlite_pool *pool, struct err *err)
{
	struct sqlite *db;
	int rc;

	if (sqlite_read(pool, &db, err))
		return -1;
	rc = sqlite3_exec(
	    db->handle, "PRAGMA journal_mode = WAL", want_wal, NULL, NULL);
	if (rc != SQLITE_OK)
		rc = sqlite_fail(db, rc, err);
	sqlite_release(&db);
	return rc;
}

static bool
may_go_on(const struct sqlite_pool *pool, bool to_write)
{
	return !(to_write && pool->writing) &&
	       (pool->idle || pool->connections < LIMIT_STORE_CONNECTIONS);
}

static struct timespec
wait_limit(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LIMIT_STORE_WAIT / 1000;
	return until;
}

/* Waits for a place; *out is an idle connection, or NULL when the caller may
 * open one more. */
static int
take_place(struct sqlite_pool *pool, bool to_write, struct sqlite **out)
{
	struct timespec until = wait_limit();
	bool free_place;
	int rc = 0;

	pthread_mutex_lock(&pool->lock);
	while (!(free_place = may_go_on(pool, to_write)) && rc == 0)
		rc =
		    pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
	if (free_place) {
		*out = pool->idle;
		if (pool->idle)
			pool->idle = pool->idle->next;
		else
			pool->connections++;
		if (to_write)
			pool->writing = true;
	}
	pthread_mutex_unlock(&pool->lock);
	return free_place ? 0 : -1;
}

/* db is NULL when the connection is gone. */
static void
leave_place(struct sqlite_pool *pool, bool was_writing, struct sqlite *db)
{
	pthread_mutex_lock(&pool->lock);
	if (db) {
		db->next = pool->idle;
		pool->idle = db;
	} else {
		pool->connections--;
	}
	if (was_writing)
		pool->writing = false;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

static int
take(struct sqlite_pool *pool, bool to_write, struct sqlite **out,
    struct err *err)
{
	struct sqlite *db = NULL;

	if (pool->owner != getpid()) {
		err_set(err, ERR_BUG,
		    "%s: opened before fork, must be opened again", pool->path);
		return -1;
	}
	if (take_place(pool, to_write, &db)) {
		err_set(err, ERR_TEMPORARY,
		    "%s: all connections are busy for too long", pool->path);
		return -1;
	}
	if (!db && sqlite_connection_open(pool, pool->path, &db, err)) {
		leave_place(pool, to_write, NULL);
		return -1;
	}
	db->writing = to_write;
	*out = db;
	return 0;
}

int
sqlite_read(struct sqlite_pool *pool, struct sqlite **out, struct err *err)
{
	return take(pool, false, out, err);
}

void
sqlite_release(struct sqlite **dbp)
{
	struct sqlite *db = *dbp;
	struct sqlite_pool *pool;
	bool was_writing;

	if (!db)
		return;
	*dbp = NULL;
	pool = db->pool;
	was_writing = db->writing;
	db->writing = false;
	if (!sqlite3_get_autocommit(db->handle) &&
	    sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL))
		db->broken = true;
	if (db->broken) {
		sqlite_connection_close(db);
		db = NULL;
	}
	leave_place(pool, was_writing, db);
}

/* --- transactions --- */

int
sqlite_script(struct sqlite *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sqlite_fail(db, rc, err);
}

static int
run_prepared(struct sqlite *db, const char *sql, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db, sql);
	return sqlite_run(&q, err);
}

static int
set_promise(struct sqlite *db, enum sqlite_promise promise, struct err *err)
{
	if (db->promise == promise)
		return 0;
	if (sqlite_script(db,
		promise == SQLITE_PROMISE_KEPT ? "PRAGMA synchronous = FULL"
					       : "PRAGMA synchronous = NORMAL",
		err))
		return -1;
	db->promise = promise;
	return 0;
}

int
sqlite_write(struct sqlite_pool *pool, enum sqlite_promise promise,
    struct sqlite **out, struct err *err)
{
	struct sqlite *db;

	if (take(pool, true, &db, err))
		return -1;
	/* IMMEDIATE: the wait for other processes is here, never in the
	 * middle, where SQLite could not wait without a dead end. */
	if (set_promise(db, promise, err) ||
	    run_prepared(db, "BEGIN IMMEDIATE", err)) {
		sqlite_release(&db);
		return -1;
	}
	*out = db;
	return 0;
}

int
sqlite_commit(struct sqlite *db, struct err *err)
{
	return run_prepared(db, "COMMIT", err);
}
