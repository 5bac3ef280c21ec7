/*
 * store_sqlite_file.c: the file of a store: made, looked at, migrated.
 */
#include "cert/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cert/store_schema.h"

/* --- the file --- */

/* A relative path would be another store for every working directory. */
static int
check_path(const char *path, struct err *err)
{
	if (path[0] != '/')
		return err_set(err, ERR_PERMANENT,
		    "store \"sqlite:%s\": the path must begin with /", path);
	return 0;
}

/* The private keys in it are sealed, but addresses and what we believe of
 * whom are nobody else's business; a group may be let in. */
int
store_sqlite_check_file(const char *path, struct err *err)
{
	struct stat st;

	if (check_path(path, err))
		return -1;
	if (stat(path, &st) && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND,
		    "no store at %s; make it with: smimectl store migrate",
		    path);
	if (stat(path, &st))
		return err_set_errno(err, ERR_TEMPORARY,
		    "store %s: user %u cannot reach it", path, geteuid());
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, ERR_PERMANENT, "store %s: not a regular file", path);
	if (st.st_mode & S_IRWXO)
		return err_set(err, ERR_PERMANENT,
		    "store %s: mode %04o lets everybody in; run: chmod o= %s",
		    path, st.st_mode & 07777u, path);
	return 0;
}

/* The folder is made for the user of the daemon; root's new file goes to
 * him too, as SQLite does with the files beside it. */
static int
give_to_folder_owner(int fd, const char *path)
{
	char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path) + 1);
	struct stat st;
	int rc = -1;

	if (geteuid() != 0)
		rc = 0;
	else if (stat(folder, &st) == 0)
		rc = fchown(fd, st.st_uid, st.st_gid);
	free(folder);
	return rc;
}

int
store_sqlite_create_file(const char *path, struct err *err)
{
	int fd, rc = 0;

	if (check_path(path, err))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0)
		return err_set_errno(err, ERR_TEMPORARY,
		    "store %s: cannot create%s", path,
		    errno == ENOENT ? ", make its folder first" : "");
	if (fchmod(fd, 0600) || give_to_folder_owner(fd, path))
		rc = err_set_errno(
		    err, ERR_TEMPORARY, "store %s: cannot create", path);
	close(fd);
	return rc;
}

/* --- its schema --- */

static int
read_number(struct sqlite *db, const char *sql, int *out, struct err *err)
{
	struct sqlite_query q;

	*out = 0;
	sqlite_query(&q, db, sql);
	if (sqlite_step(&q))
		*out = (int)sqlite_number(&q, 0);
	return sqlite_done(&q, err);
}

/* 0 for a file with nothing in it yet. */
static int
read_schema(const char *path, struct sqlite *db, int *out, struct err *err)
{
	int application, tables;

	if (read_number(db, "PRAGMA application_id", &application, err) ||
	    read_number(db, "SELECT COUNT(*) FROM sqlite_master", &tables, err))
		return -1;
	*out = 0;
	if (application == 0 && tables == 0)
		return 0;
	if (application != STORE_APPLICATION_ID)
		return err_set(err, ERR_PERMANENT,
		    "%s: a database of another program; name another file",
		    path);
	if (read_number(db, "SELECT schema FROM state", out, err))
		return -1;
	if (*out > STORE_SCHEMA)
		return err_set(err, ERR_PERMANENT,
		    "store %s: made by a newer version (schema %d, known up to "
		    "%d); upgrade this program",
		    path, *out, STORE_SCHEMA);
	return 0;
}

int
store_sqlite_schema(
    struct sqlite_pool *pool, const char *path, int *out, struct err *err)
{
	struct sqlite *db;
	int schema, rc;

	if (sqlite_read(pool, &db, err))
		return -1;
	rc = read_schema(path, db, &schema, err);
	sqlite_release(&db);
	if (rc == 0)
		*out = schema;
	return rc;
}

/* One step; *schema is the version that was met. */
static int
migrate_step(
    struct sqlite_pool *pool, const char *path, int *schema, struct err *err)
{
	struct sqlite *db;
	int rc;

	if (sqlite_write(pool, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	rc = read_schema(path, db, schema, err);
	if (rc == 0 && *schema < STORE_SCHEMA)
		rc = sqlite_script(db, store_schema_sqlite(*schema + 1), err);
	return store_sqlite_end(&db, rc, err);
}

int
store_sqlite_migrate_schema(struct sqlite_pool *pool, const char *path,
    int *from, int *to, struct err *err)
{
	int schema = 0, first = 0;

	if (migrate_step(pool, path, &first, err))
		return -1;
	for (schema = first; schema < STORE_SCHEMA;)
		if (migrate_step(pool, path, &schema, err))
			return -1;
	*from = first;
	*to = schema;
	return 0;
}
