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

/* Empty when only the name is known. */
static struct slice
digest_of(const struct store_authority *a)
{
	if (!a->certificate)
		return slice_make("", 0);
	return slice_make(a->certificate->fingerprint, FINGERPRINT_SIZE);
}

static struct slice
der_of(const struct store_authority *a)
{
	return a->certificate ? a->certificate->der : slice_make(NULL, 0);
}

static int
put_authority(
    struct sqlite *db, const struct store_authority *a, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "INSERT INTO authorities (fingerprint, subject, first_seen,"
	    " last_seen, messages, der) VALUES (?, ?, ?, ?, 1, ?)"
	    " ON CONFLICT (fingerprint, subject) DO UPDATE SET"
	    " last_seen = MAX(last_seen, excluded.last_seen),"
	    " messages = messages + 1");
	sqlite_bind_blob(&q, digest_of(a));
	sqlite_bind_text(&q, a->subject);
	sqlite_bind_number(&q, a->first_seen);
	sqlite_bind_number(&q, a->first_seen);
	sqlite_bind_blob(&q, der_of(a));
	return sqlite_run(&q, err);
}

/* Those met least go first: anyone can make new ones, a partner's own shows
 * up again and again.  What the operator judged does not count. */
static int
keep_cap(struct sqlite *db, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "DELETE FROM authorities WHERE id IN ("
	    " SELECT id FROM authorities WHERE trust = 'unknown'"
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

/* --- what the operator says --- */

/* It is the certificate that counts, however its subject is written. */
static int
set_trust(struct sqlite *db, const struct store_authority *a, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "UPDATE authorities SET trust = ? WHERE fingerprint = ?"
	    " AND (fingerprint <> x'' OR subject = ?)");
	sqlite_bind_text(&q, store_authority_trust_name(a->trust));
	sqlite_bind_blob(&q, digest_of(a));
	sqlite_bind_text(&q, a->subject);
	return sqlite_run(&q, err);
}

static int
put_judgement(
    struct sqlite *db, const struct store_authority *a, struct err *err)
{
	struct sqlite_query q;

	if (set_trust(db, a, err))
		return -1;
	if (sqlite_changes(db) > 0)
		return 0;
	sqlite_query(&q, db,
	    "INSERT INTO authorities (fingerprint, subject, first_seen,"
	    " last_seen, messages, der, trust) VALUES (?, ?, ?, 0, 0, ?, ?)");
	sqlite_bind_blob(&q, digest_of(a));
	sqlite_bind_text(&q, a->subject);
	sqlite_bind_number(&q, a->first_seen);
	sqlite_bind_blob(&q, der_of(a));
	sqlite_bind_text(&q, store_authority_trust_name(a->trust));
	return sqlite_run(&q, err);
}

/* Adds up what was met under the name alone. */
static int
take_over_name(
    struct sqlite *db, const struct store_authority *a, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "UPDATE authorities SET messages = authorities.messages + "
	    "n.messages,"
	    " first_seen = MIN(authorities.first_seen, n.first_seen),"
	    " last_seen = MAX(authorities.last_seen, n.last_seen)"
	    " FROM authorities n WHERE n.fingerprint = x''"
	    " AND n.subject = authorities.subject"
	    " AND authorities.fingerprint = ? AND authorities.subject = ?");
	sqlite_bind_blob(&q, digest_of(a));
	sqlite_bind_text(&q, a->subject);
	if (sqlite_run(&q, err))
		return -1;
	sqlite_query(&q, db,
	    "DELETE FROM authorities WHERE fingerprint = x'' AND subject = ?");
	sqlite_bind_text(&q, a->subject);
	return sqlite_run(&q, err);
}

int
store_sqlite_authority_judge(
    struct store *store, const struct store_authority *a, struct err *err)
{
	struct sqlite *db;
	int rc;

	if (a->trust == STORE_AUTHORITY_TRUSTED && !a->certificate)
		return err_set(err, ERR_PERMANENT,
		    "%s: only its name is known; trust needs its certificate",
		    a->subject);
	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	rc = put_judgement(db, a, err);
	if (rc == 0 && a->certificate)
		rc = take_over_name(db, a, err);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

/* --- reading --- */

static int
parse_trust(
    struct sqlite_query *q, enum store_authority_trust *out, struct err *err)
{
	if (store_authority_trust_parse(sqlite_text(q, 5), out))
		return err_set(err, ERR_PERMANENT,
		    "store: authority %s: trust is \"%s\"", sqlite_text(q, 0),
		    sqlite_text(q, 5));
	return 0;
}

static int
read_authority(
    struct sqlite_query *q, struct store_authority *out, struct err *err)
{
	struct store_authority a = {.first_seen = sqlite_number(q, 2)};
	struct slice der = sqlite_blob(q, 1);

	if (parse_trust(q, &a.trust, err))
		return -1;
	if (der.len > 0 && certificate_parse(der, &a.certificate, err))
		return err_prefix(
		    err, "store: authority %s", sqlite_text(q, 0));
	if (a.certificate)
		memcpy(a.fingerprint, a.certificate->fingerprint_text,
		    sizeof(a.fingerprint));
	a.subject = xstrdup(sqlite_text(q, 0));
	a.messages = (unsigned)sqlite_number(q, 3);
	a.last_seen = sqlite_number(q, 4);
	*out = a;
	return 0;
}

#define AUTHORITY_SELECT                                                       \
	"SELECT subject, der, first_seen, messages, last_seen, trust"          \
	" FROM authorities"
#define MOST_MET " ORDER BY messages DESC, last_seen DESC, id"

static int
read_rows(struct store_walk *w, struct sqlite_query *q, struct err *err)
{
	int rc = 0;

	while (rc == 0 && sqlite_step(q))
		rc = read_authority(q, store_walk_add(w), err);
	return sqlite_done(q, err) ? -1 : rc;
}

static int
load_all(struct store_walk *w, struct sqlite *db, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db, AUTHORITY_SELECT MOST_MET);
	return read_rows(w, &q, err);
}

static int
load_judged(struct store_walk *w, struct sqlite *db, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(
	    &q, db, AUTHORITY_SELECT " WHERE trust <> 'unknown'" MOST_MET);
	return read_rows(w, &q, err);
}

static void
fini_authority(void *row)
{
	store_authority_fini(row);
}

static int
walk(struct store *store, store_walk_load *load,
    int (*each)(const struct store_authority *, void *), void *arg,
    struct err *err)
{
	const struct store_authority *a;
	struct store_walk w;

	store_walk_init(&w, store, NULL);
	w.load = load;
	w.fini = fini_authority;
	w.width = sizeof(*a);
	while ((a = store_walk_next(&w, err)))
		if (each(a, arg))
			break;
	return store_walk_end(&w);
}

int
store_sqlite_authority_each(struct store *store,
    int (*each)(const struct store_authority *, void *), void *arg,
    struct err *err)
{
	return walk(store, load_all, each, arg, err);
}

int
store_sqlite_authority_each_judged(struct store *store,
    int (*each)(const struct store_authority *, void *), void *arg,
    struct err *err)
{
	return walk(store, load_judged, each, arg, err);
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
