/* store_sqlite_contact.c: correspondents in SQLite; see store.h. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cert/store_sqlite.h"

#define CONTACT_SELECT                                                         \
	"SELECT address, first_seen, last_seen, messages, first_sent,"         \
	" last_sent, suspended_until,"                                         \
	" (SELECT COUNT(*) FROM partner_certificates p"                        \
	"   WHERE p.address = contacts.address),"                              \
	" (SELECT COUNT(*) FROM partner_certificates p"                        \
	"   WHERE p.address = contacts.address AND p.trust = 'pending')"       \
	" FROM contacts"

static void
read_contact(struct sqlite_query *q, struct store_contact *out)
{
	*out = (struct store_contact){
	    .address = xstrdup(sqlite_text(q, 0)),
	    .first_seen = sqlite_number(q, 1),
	    .last_seen = sqlite_number(q, 2),
	    .messages = (unsigned)sqlite_number(q, 3),
	    .first_sent = sqlite_number(q, 4),
	    .last_sent = sqlite_number(q, 5),
	    .suspended_until = sqlite_number(q, 6),
	    .certificates = (unsigned)sqlite_number(q, 7),
	    .pending = (unsigned)sqlite_number(q, 8),
	};
}

static int
no_contact(const char *address, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "no contact %s", address);
}

int
store_sqlite_contact_find(struct store *store, const char *address,
    struct store_contact *out, struct err *err)
{
	struct store_contact c = {0};
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_read(store, &db, err))
		return -1;
	sqlite_query(&q, db, CONTACT_SELECT " WHERE address = ?");
	sqlite_bind_text(&q, address);
	if (sqlite_step(&q))
		read_contact(&q, &c);
	rc = sqlite_done(&q, err);
	sqlite_release(&db);
	if (rc == 0 && !c.address)
		rc = no_contact(address, err);
	if (rc == 0)
		*out = c;
	else
		store_contact_fini(&c);
	return rc;
}

static void
fini_contact(void *row)
{
	store_contact_fini(row);
}

static int
load_contacts(struct store_walk *w, struct sqlite *db, struct err *err)
{
	struct store_contact *c = NULL;
	struct sqlite_query q;

	sqlite_query(&q, db,
	    CONTACT_SELECT " WHERE address > ? ORDER BY address LIMIT ?");
	sqlite_bind_text(&q, w->after);
	sqlite_bind_number(&q, STORE_PAGE);
	while (sqlite_step(&q)) {
		c = store_walk_add(w);
		read_contact(&q, c);
	}
	if (sqlite_done(&q, err))
		return -1;
	if (c)
		store_walk_set_after(w, c->address);
	return w->count == STORE_PAGE;
}

int
store_sqlite_contact_each(struct store *store, const char *after,
    int (*each)(const struct store_contact *, void *), void *arg,
    struct err *err)
{
	const struct store_contact *c;
	struct store_walk w;

	store_walk_init(&w, store, after);
	w.load = load_contacts;
	w.fini = fini_contact;
	w.width = sizeof(*c);
	while ((c = store_walk_next(&w, err)))
		if (each(c, arg))
			break;
	return store_walk_end(&w);
}

int
store_sqlite_contact_suspend(
    struct store *store, const char *address, time_t until, struct err *err)
{
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "UPDATE contacts SET suspended_until = ? WHERE address = ?");
	sqlite_bind_number(&q, until);
	sqlite_bind_text(&q, address);
	rc = sqlite_run(&q, err);
	if (rc == 0 && sqlite_changes(db) == 0)
		rc = no_contact(address, err);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}

static int
note_sent(struct sqlite *db, const char *address, time_t now, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "INSERT INTO contacts (address, first_seen, last_seen, messages,"
	    " first_sent, last_sent) VALUES (?, 0, 0, 0, ?, ?)"
	    " ON CONFLICT (address) DO UPDATE SET"
	    " first_sent = CASE first_sent WHEN 0 THEN excluded.first_sent"
	    "  ELSE first_sent END,"
	    " last_sent = MAX(last_sent, excluded.last_sent)");
	sqlite_bind_text(&q, address);
	sqlite_bind_number(&q, now);
	sqlite_bind_number(&q, now);
	return sqlite_run(&q, err);
}

int
store_sqlite_contacts_sent(struct store *store, const char *const *addresses,
    size_t count, time_t now, struct err *err)
{
	struct sqlite *db;
	int rc = 0;

	if (count == 0)
		return 0;
	if (store_sqlite_write(store, SQLITE_PROMISE_SOON, &db, err))
		return -1;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = note_sent(db, addresses[i], now, err);
	return store_sqlite_end(&db, rc, err);
}

int
store_sqlite_contact_forget(
    struct store *store, const char *address, struct err *err)
{
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	/* The certificates go with it: ON DELETE CASCADE. */
	sqlite_query(&q, db, "DELETE FROM contacts WHERE address = ?");
	sqlite_bind_text(&q, address);
	rc = sqlite_run(&q, err);
	if (rc == 0 && sqlite_changes(db) == 0)
		rc = no_contact(address, err);
	if (rc == 0)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}
