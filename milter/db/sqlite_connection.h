/*
 * sqlite_connection.h: one connection, and what its failures mean.  For
 * sqlite*.c only.
 */
#ifndef DB_SQLITE_CONNECTION_H
#define DB_SQLITE_CONNECTION_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/sqlite.h"

/* Prepared, for as long as the connection lives. */
struct sqlite_statement {
	const char *sql; /* compared by address */
	sqlite3_stmt *stmt;
};

struct sqlite {
	struct sqlite_pool *pool;
	const char *path;    /* of the file; the pool's */
	struct sqlite *next; /* among the idle ones */
	sqlite3 *handle;
	struct sqlite_statement *statements;
	size_t statement_count;
	enum sqlite_promise promise; /* what the connection is set to */
	bool writing;
	bool broken; /* to be closed instead of reused */
};

/* Opens one more connection of a pool; path must outlive it.  The caller
 * closes it. */
int sqlite_connection_open(struct sqlite_pool *pool, const char *path,
    struct sqlite **out, struct err *err) MUST_USE;

/* With all its statements; NULL is fine. */
void sqlite_connection_close(struct sqlite *db);

/* Says what SQLite's code rc, which is an error, means, with the remedy for
 * the operator, and remembers when the connection is of no more use.  Always
 * -1. */
int sqlite_fail(struct sqlite *db, int rc, struct err *err);

#endif
