/*
 * store_sqlite_partner_judge.c: what the operator says about correspondents'
 * certificates, in SQLite; see store.h.
 */
#include "cert/store_sqlite.h"

/* The mail that it came with counts now, as one: how often it came nobody has
 * counted. */
static int
count_contact(struct sqlite *db, int64_t id, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "UPDATE contacts SET"
	    " first_seen = CASE WHEN contacts.first_seen = 0"
	    "  OR contacts.first_seen > p.first_seen"
	    "  THEN p.first_seen ELSE contacts.first_seen END,"
	    " last_seen = MAX(contacts.last_seen, p.last_seen),"
	    " messages = contacts.messages + 1"
	    " FROM partner_certificates p"
	    " WHERE p.id = ? AND p.address = contacts.address");
	sqlite_bind_number(&q, id);
	return sqlite_run(&q, err);
}

static int
set_trust(
    struct sqlite *db, int64_t id, enum store_trust trust, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(
	    &q, db, "UPDATE partner_certificates SET trust = ? WHERE id = ?");
	sqlite_bind_text(&q, store_trust_name(trust));
	sqlite_bind_number(&q, id);
	return sqlite_run(&q, err);
}

/* 0 when there is none. */
static int
find_row(struct sqlite *db, const char *address, struct slice digest,
    int64_t *id, bool *untrusted, struct err *err)
{
	struct sqlite_query q;

	*id = 0;
	*untrusted = false;
	sqlite_query(&q, db,
	    "SELECT id, trust = 'untrusted' FROM partner_certificates"
	    " WHERE address = ? AND fingerprint = ?");
	sqlite_bind_text(&q, address);
	sqlite_bind_blob(&q, digest);
	if (sqlite_step(&q)) {
		*id = sqlite_number(&q, 0);
		*untrusted = sqlite_number(&q, 1) != 0;
	}
	return sqlite_done(&q, err);
}

/* *done: there was such a certificate, and it is still to be judged. */
static int
judge(struct sqlite *db, const struct store_judgement *j, bool *done,
    struct err *err)
{
	struct slice digest = slice_make(j->fingerprint, FINGERPRINT_SIZE);
	bool untrusted;
	int64_t id;

	if (find_row(db, j->address, digest, &id, &untrusted, err))
		return -1;
	*done = id != 0 && (untrusted || !j->only_untrusted);
	if (!*done)
		return 0;
	if (set_trust(db, id, j->trust, err))
		return -1;
	if (!untrusted || j->trust == STORE_TRUST_UNTRUSTED ||
	    j->trust == STORE_TRUST_DISTRUSTED)
		return 0;
	return count_contact(db, id, err);
}

int
store_sqlite_partner_certs_judge(struct store *store,
    struct store_judgement *list, size_t count, struct err *err)
{
	bool any = false;
	struct sqlite *db;
	int rc = 0;

	if (count == 0)
		return 0;
	if (store_sqlite_write(store, SQLITE_PROMISE_KEPT, &db, err))
		return -1;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = judge(db, &list[i], &list[i].done, err);
		any = any || list[i].done;
	}
	if (rc == 0 && any)
		rc = store_sqlite_bump(db, err);
	return store_sqlite_end(&db, rc, err);
}
