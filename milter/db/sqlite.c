/*
 * sqlite.c: see sqlite.h.  The only file that knows SQLite's interface.
 *
 * Readers share a bounded set of connections; one thread of the process
 * writes at a time and the next one waits here, without a connection, so that
 * writers queueing for the file never keep readers from their work.  In WAL
 * mode readers wait for nobody.
 *
 * The schema is not trusted with anything: no functions with side effects
 * from views or triggers, no writable schema, checked cells, so that a
 * planted file is data and nothing more.
 */
#include "db/sqlite.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"

struct statement {
	const char *sql; /* compared by address */
	sqlite3_stmt *stmt;
};

struct sqlite {
	struct sqlite_pool *pool;
	struct sqlite *next; /* among the idle ones */
	sqlite3 *handle;
	struct statement *statements;
	size_t statement_count;
	enum sqlite_promise promise; /* what the connection is set to */
	bool writing;
	bool broken; /* to be closed instead of reused */
};

struct sqlite_pool {
	char *path;
	pid_t owner;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a connection or the turn to write is free */
	struct sqlite *idle;
	unsigned connections; /* idle or in use */
	bool writing;
};

/* Errors */

struct explanation {
	int code;
	enum err_class class;
	const char *remedy; /* NULL: what SQLite says is enough */
};

/* What is not listed is our own mistake. */
static const struct explanation explanations[] = {
    {SQLITE_BUSY, ERR_TEMPORARY, "another process holds it for too long"},
    {SQLITE_LOCKED, ERR_TEMPORARY, NULL},
    {SQLITE_PROTOCOL, ERR_TEMPORARY, NULL},
    {SQLITE_NOMEM, ERR_TEMPORARY, NULL},
    {SQLITE_INTERRUPT, ERR_TEMPORARY, NULL},
    {SQLITE_IOERR, ERR_TEMPORARY,
	"check the disk and the size limits of the process"},
    {SQLITE_FULL, ERR_TEMPORARY, "make room on the disk"},
    {SQLITE_CANTOPEN, ERR_TEMPORARY,
	"it and its folder must be writable for this user"},
    {SQLITE_READONLY, ERR_TEMPORARY,
	"it and its folder must be writable for this user"},
    {SQLITE_PERM, ERR_TEMPORARY,
	"it and its folder must be writable for this user"},
    {SQLITE_ABORT, ERR_PERMANENT,
	"it must lie on a local disk: WAL mode needs shared memory"},
    {SQLITE_CORRUPT, ERR_PERMANENT,
	"restore a backup, or save what is left with: sqlite3 FILE .recover"},
    {SQLITE_NOTADB, ERR_PERMANENT,
	"this is no SQLite database; restore a backup"},
    {SQLITE_TOOBIG, ERR_PERMANENT, NULL},
    {SQLITE_MISMATCH, ERR_PERMANENT, NULL},
    {SQLITE_CONSTRAINT, ERR_PERMANENT, NULL},
};

static const struct explanation *
find_explanation(int rc)
{
	static const struct explanation unknown = {0, ERR_BUG, NULL};

	for (size_t i = 0; i < sizeof(explanations) / sizeof(*explanations);
	     i++)
		if (explanations[i].code == (rc & 0xff))
			return &explanations[i];
	return &unknown;
}

/* After these the next user of the connection starts with a new one: the
 * file may have been mended or replaced meanwhile. */
static bool
is_breaking(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return true;
	default:
		return false;
	}
}

static int
fail(struct sqlite *db, int rc, struct err *err)
{
	const struct explanation *e = find_explanation(rc);
	const char *reason = sqlite3_errstr(rc);

	if (is_breaking(rc))
		db->broken = true;
	if (db->handle && (sqlite3_errcode(db->handle) & 0xff) == (rc & 0xff))
		reason = sqlite3_errmsg(db->handle);
	err_set(err, e->class, "%s: %s%s%s", db->pool->path, reason,
	    e->remedy ? "; " : "", e->remedy ? e->remedy : "");
	return -1;
}

/* Connections */

static void
connection_close(struct sqlite *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->statement_count; i++)
		sqlite3_finalize(db->statements[i].stmt);
	free(db->statements);
	sqlite3_close(db->handle);
	free(db);
}

static int
connection_setup(struct sqlite *db)
{
	static const char pragmas[] = "PRAGMA foreign_keys = ON;"
				      "PRAGMA trusted_schema = OFF;"
				      "PRAGMA cell_size_check = ON;"
				      "PRAGMA synchronous = NORMAL;"
				      "PRAGMA journal_size_limit = 67108864;";
	int rc;

	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, LIMIT_STORE_WAIT);
	rc = sqlite3_db_config(
	    db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	if (rc != SQLITE_OK)
		return rc;
	db->promise = SQLITE_PROMISE_SOON;
	return sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL);
}

static int
connection_open(struct sqlite_pool *pool, struct sqlite **out, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_PRIVATECACHE;
	struct sqlite *db = xcalloc(1, sizeof(*db));
	int rc;

	db->pool = pool;
	rc = sqlite3_open_v2(pool->path, &db->handle, flags, NULL);
	if (rc == SQLITE_OK)
		rc = connection_setup(db);
	if (rc != SQLITE_OK) {
		fail(db, rc, err);
		connection_close(db);
		return -1;
	}
	*out = db;
	return 0;
}

/* The pool */

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
		connection_close(db);
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
		rc = fail(db, rc, err);
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
	if (!db && connection_open(pool, &db, err)) {
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
		connection_close(db);
		db = NULL;
	}
	leave_place(pool, was_writing, db);
}

/* Transactions */

int
sqlite_script(struct sqlite *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(db, rc, err);
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

/* Queries */

static sqlite3_stmt *
find_statement(const struct sqlite *db, const char *sql)
{
	for (size_t i = 0; i < db->statement_count; i++)
		if (db->statements[i].sql == sql)
			return db->statements[i].stmt;
	return NULL;
}

static int
prepare(struct sqlite *db, const char *sql, sqlite3_stmt **out)
{
	size_t n = db->statement_count;
	int rc;

	*out = find_statement(db, sql);
	if (*out)
		return sqlite3_stmt_busy(*out) ? SQLITE_MISUSE : SQLITE_OK;
	rc = sqlite3_prepare_v3(
	    db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
	if (rc != SQLITE_OK)
		return rc;
	db->statements =
	    xreallocarray(db->statements, n + 1, sizeof(*db->statements));
	db->statements[n] = (struct statement){sql, *out};
	db->statement_count = n + 1;
	return SQLITE_OK;
}

void
sqlite_query(struct sqlite_query *q, struct sqlite *db, const char *sql)
{
	*q = (struct sqlite_query){.db = db};
	q->rc = prepare(db, sql, &q->stmt);
	if (q->rc != SQLITE_OK)
		q->stmt = NULL;
}

static void
note(struct sqlite_query *q, int rc)
{
	if (q->rc == SQLITE_OK)
		q->rc = rc;
}

void
sqlite_bind_text(struct sqlite_query *q, const char *text)
{
	if (q->stmt)
		note(q, sqlite3_bind_text(
			    q->stmt, ++q->parameter, text, -1, SQLITE_STATIC));
}

void
sqlite_bind_blob(struct sqlite_query *q, struct slice blob)
{
	if (q->stmt)
		note(q, sqlite3_bind_blob64(q->stmt, ++q->parameter, blob.data,
			    blob.len, SQLITE_STATIC));
}

void
sqlite_bind_number(struct sqlite_query *q, int64_t number)
{
	if (q->stmt)
		note(q, sqlite3_bind_int64(q->stmt, ++q->parameter, number));
}

bool
sqlite_step(struct sqlite_query *q)
{
	int rc;

	if (q->rc != SQLITE_OK)
		return false;
	rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		q->rc = rc;
	return false;
}

/* NULL is also how SQLite says that it ran out of memory. */
static void
check_memory(struct sqlite_query *q, const void *value)
{
	if (!value && sqlite3_errcode(q->db->handle) == SQLITE_NOMEM)
		note(q, SQLITE_NOMEM);
}

const char *
sqlite_text(struct sqlite_query *q, int column)
{
	const unsigned char *text = sqlite3_column_text(q->stmt, column);

	check_memory(q, text);
	return text ? (const char *)text : "";
}

struct slice
sqlite_blob(struct sqlite_query *q, int column)
{
	const void *data = sqlite3_column_blob(q->stmt, column);
	int len = sqlite3_column_bytes(q->stmt, column);

	check_memory(q, data);
	return slice_make(data, data ? (size_t)len : 0);
}

int64_t
sqlite_number(struct sqlite_query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

int
sqlite_done(struct sqlite_query *q, struct err *err)
{
	int rc = q->rc == SQLITE_OK ? 0 : fail(q->db, q->rc, err);

	if (q->stmt) {
		sqlite3_reset(q->stmt);
		sqlite3_clear_bindings(q->stmt);
	}
	q->stmt = NULL;
	q->rc = SQLITE_MISUSE;
	return rc;
}

int
sqlite_run(struct sqlite_query *q, struct err *err)
{
	sqlite_step(q);
	return sqlite_done(q, err);
}

int64_t
sqlite_changes(const struct sqlite *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t
sqlite_last_id(const struct sqlite *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}
