/*
 * store_sqlite.c: the store in an SQLite file: its operations, and what its
 * other parts share.  Any thread, any number of processes.
 */
#include "cert/store_sqlite.h"

#include <stdlib.h>

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

/* --- open and close --- */

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

	if (store_sqlite_check_file(path, err))
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

/* Tables of an older version have another meaning. */
static int
check_schema(struct store_sqlite *s, struct err *err)
{
	int schema;

	if (store_sqlite_schema(s->pool, s->path, &schema, err))
		return -1;
	if (schema < STORE_SCHEMA)
		return err_set(err, ERR_PERMANENT,
		    "store %s: schema %d is older than %d; run: smimectl store "
		    "migrate",
		    s->path, schema, STORE_SCHEMA);
	return 0;
}

static int
store_sqlite_open(const char *path, struct store **out, struct err *err)
{
	struct store_sqlite *s;

	if (open_file(path, &s, err))
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
	int schema, rc;

	if (store_sqlite_create_file(path, err) || open_file(path, &s, err))
		return -1;
	/* A foreign or newer file must stay as it is. */
	rc = store_sqlite_schema(s->pool, path, &schema, err);
	if (rc == 0)
		rc = sqlite_pool_use_wal(s->pool, err);
	if (rc == 0)
		rc = store_sqlite_migrate_schema(s->pool, path, from, to, err);
	store_sqlite_close(&s->store);
	return rc;
}

/* --- transactions --- */

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

/* --- what the other parts share --- */

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
