/*
 * store_sqlite_own.c: our users' certificates and their sealed keys in
 * SQLite; see store.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cert/store_sqlite.h"

#define OWN_SELECT                                                             \
	"SELECT o.address, o.der, c.der, o.wrapped, o.added"                   \
	" FROM own_certificates o LEFT JOIN chains c ON c.id = o.chain"

/* Of one address: the certificate to sign with comes first. */
#define NEWEST_FIRST "o.not_before DESC, o.id DESC"

/* Writing */

static int
insert(struct sqlite *db, const struct store_own_cert *c, int64_t chain,
    struct err *err)
{
	const struct certificate *x = c->certificate;
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "INSERT INTO own_certificates (address, fingerprint, key_id,"
	    " not_before, not_after, added, chain, der, wrapped)"
	    " VALUES (?, ?, ?, ?, ?, ?, NULLIF(?, 0), ?, ?)"
	    " ON CONFLICT DO NOTHING");
	sqlite_bind_text(&q, c->address);
	sqlite_bind_blob(&q, slice_make(x->fingerprint, FINGERPRINT_SIZE));
	sqlite_bind_blob(&q, slice_make(x->key_id, sizeof(x->key_id)));
	sqlite_bind_number(&q, x->not_before);
	sqlite_bind_number(&q, x->not_after);
	sqlite_bind_number(&q, c->added);
	sqlite_bind_number(&q, chain);
	sqlite_bind_blob(&q, x->der);
	sqlite_bind_blob(&q, slice_make(c->wrapped, c->wrapped_len));
	if (sqlite_run(&q, err))
		return -1;
	if (sqlite_changes(db) == 0)
		return err_set(err, ERR_PERMANENT,
		    "certificate %.16s of %s is already there",
		    x->fingerprint_text, c->address);
	return 0;
}

static int
check_user(struct sqlite *db, const char *address, struct err *err)
{
	struct sqlite_query q;
	int found;

	sqlite_query(&q, db, "SELECT 1 FROM users WHERE address = ?");
	sqlite_bind_text(&q, address);
	found = store_sqlite_exists(&q, err);
	if (found == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "no user %s; run: smimectl user add %s", address, address);
	return found > 0 ? 0 : -1;
}

int
store_sqlite_own_cert_add(
    struct store *store, const struct store_own_cert *c, struct err *err)
{
	struct sqlite *db;
	int64_t chain;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	rc = check_user(db, c->address, err);
	if (rc == 0)
		rc = store_sqlite_put_chain(db, &c->chain, &chain, err);
	if (rc == 0)
		rc = insert(db, c, chain, err);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

/* Reading */

static int
read_own(struct store *store, struct sqlite_query *q,
    struct store_own_cert *out, struct err *err)
{
	struct slice wrapped = sqlite_blob(q, 3);
	struct store_own_cert c;

	store_own_cert_init(&c);
	if (store_sqlite_parse(store, sqlite_blob(q, 1), &c.certificate, err) ||
	    store_sqlite_read_chain(store, sqlite_blob(q, 2), &c.chain, err)) {
		store_own_cert_fini(&c);
		return err_prefix(
		    err, "store: own certificate of %s", sqlite_text(q, 0));
	}
	c.address = xstrdup(sqlite_text(q, 0));
	memcpy(
	    c.fingerprint, c.certificate->fingerprint_text, FINGERPRINT_TEXT);
	c.wrapped_len = wrapped.len;
	c.wrapped = xmalloc(wrapped.len);
	memcpy(c.wrapped, wrapped.data, wrapped.len);
	c.added = sqlite_number(q, 4);
	*out = c;
	return 0;
}

static int
read_rows(struct store_walk *w, struct sqlite_query *q, struct err *err)
{
	int rc = 0;

	while (rc == 0 && sqlite_step(q))
		rc = read_own(w->store, q, store_walk_add(w), err);
	return sqlite_done(q, err) ? -1 : rc;
}

/* All certificates of one user. */
static int
load_one(struct store_walk *w, struct sqlite *db, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(
	    &q, db, OWN_SELECT " WHERE o.address = ? ORDER BY " NEWEST_FIRST);
	sqlite_bind_text(&q, w->filter);
	return read_rows(w, &q, err);
}

/* All certificates of the next users: a page never cuts a user in two. */
static int
load_all(struct store_walk *w, struct sqlite *db, struct err *err)
{
	const struct store_own_cert *last;
	struct sqlite_query q;

	sqlite_query(&q, db,
	    OWN_SELECT " WHERE o.address IN (SELECT DISTINCT address"
		       "  FROM own_certificates WHERE address > ?"
		       "  ORDER BY address LIMIT ?)"
		       " ORDER BY o.address, " NEWEST_FIRST);
	sqlite_bind_text(&q, w->after);
	sqlite_bind_number(&q, STORE_PAGE / 4);
	if (read_rows(w, &q, err))
		return -1;
	if (w->count == 0)
		return 0;
	last = (const struct store_own_cert *)w->rows + w->count - 1;
	store_walk_set_after(w, last->address);
	return 1;
}

static void
fini_own(void *row)
{
	store_own_cert_fini(row);
}

int
store_sqlite_own_cert_each(struct store *store, const char *address,
    int (*each)(const struct store_own_cert *, void *), void *arg,
    struct err *err)
{
	const struct store_own_cert *c;
	struct store_walk w;

	store_walk_init(&w, store, NULL);
	w.load = address ? load_one : load_all;
	w.fini = fini_own;
	w.width = sizeof(*c);
	w.filter = address;
	while ((c = store_walk_next(&w, err)))
		if (each(c, arg))
			break;
	return store_walk_end(&w);
}
