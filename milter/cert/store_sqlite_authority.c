/*
 * store_sqlite_authority.c: authorities that we met, and who changed what,
 * in SQLite; see store.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "cert/store_sqlite.h"

/* Authorities */

static int
put_authority(
    struct sqlite *db, const struct store_authority *a, struct err *err)
{
	struct slice digest = slice_make("", 0), der = slice_make(NULL, 0);
	struct sqlite_query q;

	if (a->certificate) {
		digest =
		    slice_make(a->certificate->fingerprint, FINGERPRINT_SIZE);
		der = a->certificate->der;
	}
	sqlite_query(&q, db,
	    "INSERT INTO authorities (fingerprint, subject, first_seen,"
	    " last_seen, messages, der) VALUES (?, ?, ?, ?, 1, ?)"
	    " ON CONFLICT (fingerprint, subject) DO UPDATE SET"
	    " last_seen = MAX(last_seen, excluded.last_seen),"
	    " messages = messages + 1");
	sqlite_bind_blob(&q, digest);
	sqlite_bind_text(&q, a->subject);
	sqlite_bind_number(&q, a->first_seen);
	sqlite_bind_number(&q, a->first_seen);
	sqlite_bind_blob(&q, der);
	return sqlite_run(&q, err);
}

/* Those met least go first: anyone can make new ones, a partner's own shows
 * up again and again. */
static int
keep_cap(struct sqlite *db, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "DELETE FROM authorities WHERE id IN ("
	    " SELECT id FROM authorities"
	    "  ORDER BY messages DESC, last_seen DESC, id DESC"
	    "  LIMIT -1 OFFSET ?)");
	sqlite_bind_number(&q, LIMIT_AUTHORITIES);
	return sqlite_run(&q, err);
}

int
store_sqlite_authority_seen(
    struct store *store, const struct store_authority *a, struct err *err)
{
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_SOON, &db, err))
		return -1;
	rc = put_authority(db, a, err);
	if (rc == 0)
		rc = keep_cap(db, err);
	return store_sqlite_end(&db, rc, err);
}

static int
read_authority(
    struct sqlite_query *q, struct store_authority *out, struct err *err)
{
	struct store_authority a = {.first_seen = sqlite_number(q, 2)};
	struct slice der = sqlite_blob(q, 1);

	if (der.len > 0 && certificate_parse(der, &a.certificate, err))
		return err_prefix(
		    err, "store: authority %s", sqlite_text(q, 0));
	if (a.certificate)
		memcpy(a.fingerprint, a.certificate->fingerprint_text,
		    sizeof(a.fingerprint));
	a.subject = xstrdup(sqlite_text(q, 0));
	a.messages = (unsigned)sqlite_number(q, 3);
	*out = a;
	return 0;
}

static int
load_authorities(struct store_walk *w, struct sqlite *db, struct err *err)
{
	struct sqlite_query q;
	int rc = 0;

	sqlite_query(&q, db,
	    "SELECT subject, der, first_seen, messages FROM authorities"
	    " ORDER BY messages DESC, last_seen DESC, id");
	while (rc == 0 && sqlite_step(&q))
		rc = read_authority(&q, store_walk_add(w), err);
	return sqlite_done(&q, err) ? -1 : rc;
}

static void
fini_authority(void *row)
{
	store_authority_fini(row);
}

int
store_sqlite_authority_each(struct store *store,
    int (*each)(const struct store_authority *, void *), void *arg,
    struct err *err)
{
	const struct store_authority *a;
	struct store_walk w;

	store_walk_init(&w, store, NULL);
	w.load = load_authorities;
	w.fini = fini_authority;
	w.width = sizeof(*a);
	while ((a = store_walk_next(&w, err)))
		if (each(a, arg))
			break;
	return store_walk_end(&w);
}

/* Audit */

int
store_sqlite_audit(struct store *store, const char *actor, const char *action,
    const char *object, const char *detail, struct err *err)
{
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "INSERT INTO audit (at, actor, action, object, detail)"
	    " VALUES (?, ?, ?, ?, ?)");
	sqlite_bind_number(&q, clock_now());
	sqlite_bind_text(&q, actor);
	sqlite_bind_text(&q, action);
	sqlite_bind_text(&q, object);
	sqlite_bind_text(&q, detail);
	rc = sqlite_run(&q, err);
	return store_sqlite_end(&db, rc, err);
}
