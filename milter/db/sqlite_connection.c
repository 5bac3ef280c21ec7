/*
 * sqlite_connection.c: see sqlite_connection.h.
 *
 * The schema is not trusted with anything: no functions with side effects
 * from views or triggers, no writable schema, checked cells, so that a
 * planted file is data and nothing more.
 */
#include "db/sqlite_connection.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"

/* --- errors --- */

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

int
sqlite_fail(struct sqlite *db, int rc, struct err *err)
{
	const struct explanation *e = find_explanation(rc);
	const char *reason = sqlite3_errstr(rc);

	if (is_breaking(rc))
		db->broken = true;
	if (db->handle && (sqlite3_errcode(db->handle) & 0xff) == (rc & 0xff))
		reason = sqlite3_errmsg(db->handle);
	err_set(err, e->class, "%s: %s%s%s", db->path, reason,
	    e->remedy ? "; " : "", e->remedy ? e->remedy : "");
	return -1;
}

/* --- connections --- */

void
sqlite_connection_close(struct sqlite *db)
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

int
sqlite_connection_open(struct sqlite_pool *pool, const char *path,
    struct sqlite **out, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_PRIVATECACHE;
	struct sqlite *db = xcalloc(1, sizeof(*db));
	int rc;

	db->pool = pool;
	db->path = path;
	rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
	if (rc == SQLITE_OK)
		rc = connection_setup(db);
	if (rc != SQLITE_OK) {
		sqlite_fail(db, rc, err);
		sqlite_connection_close(db);
		return -1;
	}
	*out = db;
	return 0;
}
