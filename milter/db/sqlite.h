/*
 * sqlite.h: SQLite for many threads and processes.
 *
 * A pool of connections to one file, statements prepared once for each
 * connection, transactions, and errors in the classes of err.h.  No schema:
 * what is in the tables is the business of others.
 *
 * A thread takes a connection, works with it and gives it back:
 *
 *	struct sqlite_query q;
 *	struct sqlite *db;
 *
 *	if (sqlite_read(pool, &db, err))
 *		return -1;
 *	sqlite_query(&q, db, "SELECT size FROM things WHERE name = ?");
 *	sqlite_bind_text(&q, name);
 *	while (sqlite_step(&q))
 *		use(sqlite_number(&q, 0));
 *	rc = sqlite_done(&q, err);
 *	sqlite_release(&db);
 *
 * Whatever fails in between is remembered by the query and told by
 * sqlite_done, so that the middle needs no checks.
 *
 * Never hold a connection while calling code that may want another one: the
 * pool is bounded.  A pool belongs to the process that opened it; after a
 * fork the child opens its own.  Nobody else in the process may open the
 * file: closing it would drop SQLite's locks (POSIX locks belong to the
 * process, not to the descriptor).
 */
#ifndef DB_SQLITE_H
#define DB_SQLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

struct sqlite_pool;
struct sqlite; /* one connection, in the hands of one thread */

/* Opens an existing file; it is not created.  Errors, here and below:
 * temporary when the file is locked, cannot be opened, read or written, or
 * the disk is full; permanent when it is damaged or no database at all.  The
 * text says what to do. */
int sqlite_pool_open(
    const char *path, struct sqlite_pool **out, struct err *err) MUST_USE;

/* Switches the file to WAL mode, where readers wait for nobody.  It stays so;
 * call this when the file is known to be ours. */
int sqlite_pool_use_wal(struct sqlite_pool *pool, struct err *err) MUST_USE;

/* All connections must have been given back.  NULL is fine. */
void sqlite_pool_close(struct sqlite_pool *pool);

/* A connection for reading; each query sees its own moment.  Waits at most
 * LIMIT_STORE_WAIT for one. */
int sqlite_read(
    struct sqlite_pool *pool, struct sqlite **out, struct err *err) MUST_USE;

/* What a commit promises when the power fails right behind it.  A crash of
 * the process alone never loses a commit. */
enum sqlite_promise {
	SQLITE_PROMISE_KEPT, /* it is on the disk */
	SQLITE_PROMISE_SOON  /* it may be gone, but whole; much faster */
};

/* A connection in a write transaction.  One thread at a time writes; the
 * others, of other processes too, are waited for LIMIT_STORE_WAIT. */
int sqlite_write(struct sqlite_pool *pool, enum sqlite_promise promise,
    struct sqlite **out, struct err *err) MUST_USE;

/* Ends the write transaction; on failure nothing of it is left. */
int sqlite_commit(struct sqlite *db, struct err *err) MUST_USE;

/* Gives the connection back and sets *db to NULL.  What was written and not
 * committed is undone.  NULL is fine. */
void sqlite_release(struct sqlite **db);

/* Runs several statements, for migrations and pragmas. */
int sqlite_script(struct sqlite *db, const char *sql, struct err *err) MUST_USE;

/* A statement being run.  Lives on the stack of its user. */
struct sqlite3_stmt;
struct sqlite_query {
	struct sqlite *db;
	struct sqlite3_stmt *stmt; /* NULL when it could not be prepared */
	int parameter;		   /* the last one bound */
	int rc;
};

/* Starts a query.  sql is a string constant: it is its own key among the
 * prepared statements. */
void sqlite_query(struct sqlite_query *q, struct sqlite *db, const char *sql);

/* Values for the parameters, in the order in which "?" stand in the SQL.
 * The bytes are borrowed until sqlite_done.  NULL text is SQL's NULL, and so
 * is a slice whose data is NULL. */
void sqlite_bind_text(struct sqlite_query *q, const char *text);
void sqlite_bind_blob(struct sqlite_query *q, struct slice blob);
void sqlite_bind_number(struct sqlite_query *q, int64_t number);

/* Goes to the next row; false when there is none, or on failure. */
bool sqlite_step(struct sqlite_query *q);

/* A column of the row, from 0; borrowed until the next step.  NULL is "",
 * nothing or 0.  Text ends at its first NUL. */
const char *sqlite_text(struct sqlite_query *q, int column);
struct slice sqlite_blob(struct sqlite_query *q, int column);
int64_t sqlite_number(struct sqlite_query *q, int column);

/* Ends the query; -1 when any step of it failed.  Must be called. */
int sqlite_done(struct sqlite_query *q, struct err *err) MUST_USE;

/* Steps once and ends a query that has no rows. */
int sqlite_run(struct sqlite_query *q, struct err *err) MUST_USE;

/* Rows that the last INSERT, UPDATE or DELETE changed; its last row id. */
int64_t sqlite_changes(const struct sqlite *db);
int64_t sqlite_last_id(const struct sqlite *db);

#endif
