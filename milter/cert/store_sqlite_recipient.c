/* store_sqlite_recipient.c: rules for recipients in SQLite; see store.h. */
#include "base/alloc.h"
#include "cert/store_sqlite.h"

#define COLUMNS "name, " STORE_RECIPIENT_COLUMNS ", domain_certificate, created"

#define DOMAIN_CERTIFICATE (1 + (int)RECIPIENT_SETTINGS)
#define CREATED		   (DOMAIN_CERTIFICATE + 1)

static int
read_recipient(struct sqlite_query *q, void *row, struct err *err)
{
	struct store_recipient r = {.created = sqlite_number(q, CREATED)};
	const char *name = sqlite_text(q, 0);

	if (store_sqlite_read_recipient(q, 1, name, &r.level, err))
		return -1;
	r.name = xstrdup(name);
	r.domain_certificate = xstrdup(sqlite_text(q, DOMAIN_CERTIFICATE));
	*(struct store_recipient *)row = r;
	return 0;
}

static int
no_rule(const char *name, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "no rule for %s", name);
}

int
store_sqlite_recipient_put(
    struct store *store, const struct store_recipient *r, struct err *err)
{
	struct store_words words;
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "INSERT INTO recipients (" COLUMNS
	    ") VALUES (?, " STORE_RECIPIENT_VALUES ", ?, ?)"
	    " ON CONFLICT (name) DO UPDATE SET"
	    " encrypt = excluded.encrypt, signature = excluded.signature,"
	    " certificates = excluded.certificates, cipher = excluded.cipher,"
	    " key_transport = excluded.key_transport,"
	    " unchecked = excluded.unchecked,"
	    " inbound_signature = excluded.inbound_signature,"
	    " inbound_encryption = excluded.inbound_encryption,"
	    " inbound_level = excluded.inbound_level,"
	    " inbound_action = excluded.inbound_action,"
	    " domain_certificate = excluded.domain_certificate");
	sqlite_bind_text(&q, r->name);
	store_sqlite_bind_recipient(&q, &r->level, &words);
	sqlite_bind_text(&q, store_sqlite_or_empty(r->domain_certificate));
	sqlite_bind_number(&q, r->created);
	rc = sqlite_run(&q, err);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

int
store_sqlite_recipient_find(struct store *store, const char *name,
    struct store_recipient *out, struct err *err)
{
	struct store_recipient r = {0};
	int found = store_sqlite_find(store,
	    "SELECT " COLUMNS " FROM recipients WHERE name = ?", name,
	    read_recipient, &r, err);

	if (found > 0) {
		*out = r;
		return 0;
	}
	store_recipient_fini(&r);
	return found < 0 ? -1 : no_rule(name, err);
}

int
store_sqlite_recipient_remove(
    struct store *store, const char *name, struct err *err)
{
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	sqlite_query(&q, db, "DELETE FROM recipients WHERE name = ?");
	sqlite_bind_text(&q, name);
	rc = sqlite_run(&q, err);
	if (rc == 0 && sqlite_changes(db) == 0)
		rc = no_rule(name, err);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

int
store_sqlite_recipient_demands(struct store *store, bool *any, struct err *err)
{
	struct sqlite_query q;
	struct sqlite *db;
	int found;

	if (store_sqlite_read(store, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "SELECT 1 FROM recipients WHERE inbound_signature = 'required'"
	    " OR inbound_encryption = 'required'"
	    " OR inbound_level NOT IN ('inherit', 'any') LIMIT 1");
	found = store_sqlite_exists(&q, err);
	sqlite_release(&db);
	if (found < 0)
		return -1;
	*any = found;
	return 0;
}

static void
fini_recipient(void *row)
{
	store_recipient_fini(row);
}

static int
load_recipients(struct store_walk *w, struct sqlite *db, struct err *err)
{
	struct sqlite_query q;
	void *last;

	sqlite_query(&q, db,
	    "SELECT " COLUMNS " FROM recipients WHERE name > ?"
	    " ORDER BY name LIMIT ?");
	sqlite_bind_text(&q, w->after);
	sqlite_bind_number(&q, STORE_PAGE);
	if (store_walk_read(w, &q, read_recipient, &last, err))
		return -1;
	if (last)
		store_walk_set_after(w, ((struct store_recipient *)last)->name);
	return w->count == STORE_PAGE;
}

int
store_sqlite_recipient_each(struct store *store,
    int (*each)(const struct store_recipient *, void *), void *arg,
    struct err *err)
{
	const struct store_recipient *r;
	struct store_walk w;

	store_walk_init(&w, store, NULL);
	w.load = load_recipients;
	w.fini = fini_recipient;
	w.width = sizeof(*r);
	while ((r = store_walk_next(&w, err)))
		if (each(r, arg))
			break;
	return store_walk_end(&w);
}
