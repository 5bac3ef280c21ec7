/*
 * store_sqlite.c: the store in an SQLite file: open, migrate, and what its
 * other parts share.  Any thread, any number of processes.
 */
#include "cert/store_sqlite.h"
#include "cert/certificate_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cert/certificate_cache.h"
#include "cert/store_schema.h"

struct store_sqlite {
	struct store store;
	struct sqlite_pool *pool;
	char *path;
	struct lru *chains; /* parsed; see store_sqlite_chain.c */
	struct certificate_cache *certificates;
};

static struct store_sqlite *
self(struct store *store)
{
	return (struct store_sqlite *)store;
}

/* The file */

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
static int
check_file(const char *path, struct err *err)
{
	struct stat st;

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

static int
create_file(const char *path, struct err *err)
{
	int fd, rc = 0;

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

/* The schema */

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
read_schema(
    struct store_sqlite *s, struct sqlite *db, int *out, struct err *err)
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
		    s->path);
	if (read_number(db, "SELECT schema FROM state", out, err))
		return -1;
	if (*out > STORE_SCHEMA)
		return err_set(err, ERR_PERMANENT,
		    "store %s: made by a newer version (schema %d, known up to "
		    "%d); upgrade this program",
		    s->path, *out, STORE_SCHEMA);
	return 0;
}

/* A foreign or newer file must stay as it is. */
static int
check_is_ours(struct store_sqlite *s, struct err *err)
{
	struct sqlite *db;
	int schema, rc;

	if (sqlite_read(s->pool, &db, err))
		return -1;
	rc = read_schema(s, db, &schema, err);
	sqlite_release(&db);
	return rc;
}

static int
check_schema(struct store_sqlite *s, struct err *err)
{
	struct sqlite *db;
	int schema, rc;

	if (sqlite_read(s->pool, &db, err))
		return -1;
	rc = read_schema(s, db, &schema, err);
	sqlite_release(&db);
	if (rc == 0 && schema < STORE_SCHEMA)
		rc = err_set(err, ERR_PERMANENT,
		    "store %s: schema %d is older than %d; run: smimectl store "
		    "migrate",
		    s->path, schema, STORE_SCHEMA);
	return rc;
}

/* One step; *schema is the version that was met. */
static int
migrate_step(struct store_sqlite *s, int *schema, struct err *err)
{
	struct sqlite *db;
	int rc;

	if (sqlite_write(s->pool, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	rc = read_schema(s, db, schema, err);
	if (rc == 0 && *schema < STORE_SCHEMA)
		rc = sqlite_script(db, store_schema_sqlite(*schema + 1), err);
	return store_sqlite_end(&db, rc, err);
}

static int
migrate(struct store_sqlite *s, int *from, int *to, struct err *err)
{
	int schema = 0, first;

	if (migrate_step(s, &first, err))
		return -1;
	for (schema = first; schema < STORE_SCHEMA;)
		if (migrate_step(s, &schema, err))
			return -1;
	*from = first;
	*to = schema;
	return 0;
}

/* Open and close */

static void
store_sqlite_close(struct store *store)
{
	struct store_sqlite *s = self(store);

	sqlite_pool_close(s->pool);
	lru_free(s->chains);
	certificate_cache_free(s->certificates);
	free(s->path);
	free(s);
}

static int
open_file(const char *path, struct store_sqlite **out, struct err *err)
{
	struct store_sqlite *s;

	if (check_file(path, err))
		return -1;
	s = xcalloc(1, sizeof(*s));
	s->store.ops = &store_sqlite_ops;
	s->path = xstrdup(path);
	s->chains = store_sqlite_chains_new();
	s->certificates = certificate_cache_new();
	if (sqlite_pool_open(path, &s->pool, err)) {
		store_sqlite_close(&s->store);
		return -1;
	}
	*out = s;
	return 0;
}

static int
store_sqlite_open(const char *path, struct store **out, struct err *err)
{
	struct store_sqlite *s;

	if (check_path(path, err) || open_file(path, &s, err))
		return -1;
	if (check_schema(s, err) || sqlite_pool_use_wal(s->pool, err)) {
		store_sqlite_close(&s->store);
		return -1;
	}
	*out = &s->store;
	return 0;
}

static int
store_sqlite_migrate(const char *path, int *from, int *to, struct err *err)
{
	struct store_sqlite *s;
	int rc;

	if (check_path(path, err) || create_file(path, err) ||
	    open_file(path, &s, err))
		return -1;
	rc = check_is_ours(s, err);
	if (rc == 0)
		rc = sqlite_pool_use_wal(s->pool, err);
	if (rc == 0)
		rc = migrate(s, from, to, err);
	store_sqlite_close(&s->store);
	return rc;
}

/* What the other parts share */

struct lru *
store_sqlite_chains(struct store *store)
{
	return self(store)->chains;
}

int
store_sqlite_parse(struct store *store, struct slice der,
    struct certificate **out, struct err *err)
{
	return certificate_cache_parse(
	    self(store)->certificates, der, out, err);
}

/* A daemon that runs on while its store is migrated must not go on with
 * tables whose meaning it does not know. */
static int
check_state(struct store_sqlite *s, struct sqlite *db, uint64_t *generation,
    struct err *err)
{
	struct sqlite_query q;
	int64_t schema = 0;

	sqlite_query(&q, db, "SELECT generation, schema FROM state");
	if (sqlite_step(&q)) {
		*generation = (uint64_t)sqlite_number(&q, 0);
		schema = sqlite_number(&q, 1);
	}
	if (sqlite_done(&q, err))
		return -1;
	if (schema != STORE_SCHEMA)
		return err_set(err, ERR_TEMPORARY,
		    "store %s: its schema is %lld now, this program knows %d; "
		    "restart it",
		    s->path, (long long)schema, STORE_SCHEMA);
	return 0;
}

int
store_sqlite_read(struct store *store, struct sqlite **db, struct err *err)
{
	return sqlite_read(self(store)->pool, db, err);
}

int
store_sqlite_write(struct store *store, enum sqlite_promise promise,
    struct sqlite **db, struct err *err)
{
	struct store_sqlite *s = self(store);
	uint64_t generation;

	if (sqlite_write(s->pool, promise, db, err))
		return -1;
	if (check_state(s, *db, &generation, err)) {
		sqlite_release(db);
		return -1;
	}
	return 0;
}

int
store_sqlite_bump(struct sqlite *db, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db, "UPDATE state SET generation = generation + 1");
	return sqlite_run(&q, err);
}

int
store_sqlite_end(struct sqlite **db, int rc, struct err *err)
{
	if (rc == 0)
		rc = sqlite_commit(*db, err);
	sqlite_release(db);
	return rc;
}

int
store_sqlite_exists(struct sqlite_query *q, struct err *err)
{
	bool found = sqlite_step(q);

	return sqlite_done(q, err) ? -1 : found;
}

int
store_sqlite_find(struct store *store, const char *sql, const char *key,
    store_row_read *read, void *row, struct err *err)
{
	bool found = false;
	struct sqlite_query q;
	struct sqlite *db;
	int rc = 0;

	if (store_sqlite_read(store, &db, err))
		return -1;
	sqlite_query(&q, db, sql);
	sqlite_bind_text(&q, key);
	if (sqlite_step(&q)) {
		found = true;
		rc = read(&q, row, err);
	}
	if (sqlite_done(&q, err))
		rc = -1;
	sqlite_release(&db);
	return rc ? -1 : found;
}

/* Numbers */

static int
store_sqlite_generation(
    struct store *store, uint64_t *generation, struct err *err)
{
	struct sqlite *db;
	int rc;

	if (store_sqlite_read(store, &db, err))
		return -1;
	rc = check_state(self(store), db, generation, err);
	sqlite_release(&db);
	return rc;
}

static int
store_sqlite_count(
    struct store *store, struct store_counts *out, struct err *err)
{
	struct store_counts n = {.schema = STORE_SCHEMA};
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_read(store, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "SELECT schema, generation,"
	    " (SELECT COUNT(*) FROM domains),"
	    " (SELECT COUNT(*) FROM users),"
	    " (SELECT COUNT(*) FROM own_certificates),"
	    " (SELECT COUNT(*) FROM contacts),"
	    " (SELECT COUNT(*) FROM partner_certificates),"
	    " (SELECT COUNT(*) FROM partner_certificates"
	    "   WHERE trust = 'pending'),"
	    " (SELECT COUNT(*) FROM partner_certificates"
	    "   WHERE trust = 'untrusted'),"
	    " (SELECT COUNT(*) FROM authorities WHERE trust = 'unknown')"
	    " FROM state");
	if (sqlite_step(&q)) {
		n.schema = (int)sqlite_number(&q, 0);
		n.generation = (uint64_t)sqlite_number(&q, 1);
		n.domains = (unsigned long)sqlite_number(&q, 2);
		n.users = (unsigned long)sqlite_number(&q, 3);
		n.own_certificates = (unsigned long)sqlite_number(&q, 4);
		n.contacts = (unsigned long)sqlite_number(&q, 5);
		n.partner_certificates = (unsigned long)sqlite_number(&q, 6);
		n.pending = (unsigned long)sqlite_number(&q, 7);
		n.untrusted = (unsigned long)sqlite_number(&q, 8);
		n.unknown_authorities = (unsigned long)sqlite_number(&q, 9);
	}
	rc = sqlite_done(&q, err);
	sqlite_release(&db);
	if (rc == 0)
		*out = n;
	return rc;
}

static int
store_sqlite_count_expiring(
    struct store *store, time_t until, unsigned long *users, struct err *err)
{
	unsigned long n = 0;
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_read(store, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "SELECT COUNT(*) FROM (SELECT 1 FROM own_certificates"
	    " JOIN users USING (address) WHERE state = 'active'"
	    " GROUP BY address HAVING MAX(not_after) < ?)");
	sqlite_bind_number(&q, until);
	if (sqlite_step(&q))
		n = (unsigned long)sqlite_number(&q, 0);
	rc = sqlite_done(&q, err);
	sqlite_release(&db);
	if (rc == 0)
		*users = n;
	return rc;
}

const struct store_ops store_sqlite_ops = {
    .scheme = "sqlite:",
    .open = store_sqlite_open,
    .migrate = store_sqlite_migrate,
    .close = store_sqlite_close,
    .generation = store_sqlite_generation,
    .count = store_sqlite_count,
    .count_expiring = store_sqlite_count_expiring,
    .domain_add = store_sqlite_domain_add,
    .domain_set = store_sqlite_domain_set,
    .domain_find = store_sqlite_domain_find,
    .domain_each = store_sqlite_domain_each,
    .user_add = store_sqlite_user_add,
    .user_set = store_sqlite_user_set,
    .user_find = store_sqlite_user_find,
    .user_each = store_sqlite_user_each,
    .disclaimer_each = store_sqlite_disclaimer_each,
    .recipient_put = store_sqlite_recipient_put,
    .recipient_find = store_sqlite_recipient_find,
    .recipient_remove = store_sqlite_recipient_remove,
    .recipient_demands = store_sqlite_recipient_demands,
    .recipient_each = store_sqlite_recipient_each,
    .login_add = store_sqlite_login_add,
    .login_remove = store_sqlite_login_remove,
    .login_each = store_sqlite_login_each,
    .login_may = store_sqlite_login_may,
    .own_cert_add = store_sqlite_own_cert_add,
    .own_cert_each = store_sqlite_own_cert_each,
    .contact_find = store_sqlite_contact_find,
    .contact_each = store_sqlite_contact_each,
    .contact_suspend = store_sqlite_contact_suspend,
    .contacts_sent = store_sqlite_contacts_sent,
    .contact_forget = store_sqlite_contact_forget,
    .partner_cert_put = store_sqlite_partner_cert_put,
    .partner_cert_each = store_sqlite_partner_cert_each,
    .partner_cert_walk = store_sqlite_partner_cert_walk,
    .partner_certs_judge = store_sqlite_partner_certs_judge,
    .authority_seen = store_sqlite_authority_seen,
    .authority_judge = store_sqlite_authority_judge,
    .authority_each = store_sqlite_authority_each,
    .authority_each_judged = store_sqlite_authority_each_judged,
    .journal_add = store_sqlite_journal_add,
    .journal_has = store_sqlite_journal_has,
    .audit = store_sqlite_audit,
};
