/*
 * sqlite_query.c: the queries of sqlite.h.
 *
 * A statement is prepared once for each connection and found again by the
 * address of its text.
 */
#include "db/sqlite_connection.h"

#include "base/alloc.h"

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
	db->statements[n] = (struct sqlite_statement){sql, *out};
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
	int rc = q->rc == SQLITE_OK ? 0 : sqlite_fail(q->db, q->rc, err);

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
