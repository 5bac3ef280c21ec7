/*
 * store_sqlite_partner.c: the correspondents' certificates in SQLite; see
 * store.h.  Rules H3 (only what is newer counts), H4 (nothing displaces what
 * the operator put in) and H5 (a cap for each address).
 *
 * Most calls come from the harvest and change nothing but times; those leave
 * the generation alone, so that the caches of busy servers stay warm.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/store_sqlite.h"

/* What the store knows of a certificate that is put in again. */
struct known {
	int64_t id; /* 0: nothing */
	enum store_trust trust;
	time_t signing_time;
	bool preferred;
	bool has_capabilities;
	bool same_capabilities;
	unsigned used;
	time_t used_time;
};

bool
store_sqlite_is_from_mail(enum store_trust trust)
{
	return trust == STORE_TRUST_HARVESTED || trust == STORE_TRUST_PENDING ||
	       trust == STORE_TRUST_UNTRUSTED;
}

static struct slice
fingerprint(const struct store_partner_cert *c)
{
	return slice_make(c->certificate->fingerprint, FINGERPRINT_SIZE);
}

static struct slice
capabilities(const struct store_partner_cert *c)
{
	return slice_make(c->capabilities, c->capabilities_len);
}

/* Putting in */

/* Mail whose authority is not trusted says nothing about the contact: it only
 * makes one for its certificate to belong to. */
static int
put_contact(
    struct sqlite *db, const struct store_partner_cert *c, struct err *err)
{
	bool counts = c->trust != STORE_TRUST_UNTRUSTED;
	bool from_mail = counts && store_sqlite_is_from_mail(c->trust);
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "INSERT INTO contacts (address, first_seen, last_seen, messages)"
	    " VALUES (?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET"
	    " first_seen = CASE first_seen WHEN 0 THEN excluded.first_seen"
	    "  ELSE first_seen END,"
	    " last_seen = MAX(last_seen, excluded.last_seen),"
	    " messages = messages + excluded.messages");
	sqlite_bind_text(&q, c->address);
	sqlite_bind_number(&q, counts ? c->first_seen : 0);
	sqlite_bind_number(&q, counts ? c->last_seen : 0);
	sqlite_bind_number(&q, from_mail && !c->from_file);
	return sqlite_run(&q, err);
}

static int
find_known(struct sqlite *db, const struct store_partner_cert *c,
    struct known *out, struct err *err)
{
	struct sqlite_query q;
	int rc = 0;

	*out = (struct known){0};
	sqlite_query(&q, db,
	    "SELECT id, trust, signing_time, preferred, capabilities, used,"
	    " used_time"
	    " FROM partner_certificates"
	    " WHERE address = ? AND fingerprint = ?");
	sqlite_bind_text(&q, c->address);
	sqlite_bind_blob(&q, fingerprint(c));
	if (sqlite_step(&q)) {
		rc = store_sqlite_parse_trust(
		    c->address, sqlite_text(&q, 1), &out->trust, err);
		out->id = sqlite_number(&q, 0);
		out->signing_time = sqlite_number(&q, 2);
		out->preferred = sqlite_number(&q, 3) != 0;
		out->has_capabilities = sqlite_blob(&q, 4).len > 0;
		out->same_capabilities =
		    slice_equal(sqlite_blob(&q, 4), capabilities(c));
		out->used = (unsigned)sqlite_number(&q, 5);
		out->used_time = sqlite_number(&q, 6);
	}
	return sqlite_done(&q, err) ? -1 : rc;
}

static int
insert(struct sqlite *db, const struct store_partner_cert *c, int64_t chain,
    struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "INSERT INTO partner_certificates (address, fingerprint, trust,"
	    " not_before, not_after, first_seen, last_seen, signing_time,"
	    " preferred, chain, evidence, last_evidence, capabilities, used,"
	    " used_time, der) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, 0),"
	    " ?, ?, ?, ?, ?, ?)");
	sqlite_bind_text(&q, c->address);
	sqlite_bind_blob(&q, fingerprint(c));
	sqlite_bind_text(&q, store_trust_name(c->trust));
	sqlite_bind_number(&q, c->certificate->not_before);
	sqlite_bind_number(&q, c->certificate->not_after);
	sqlite_bind_number(&q, c->first_seen);
	sqlite_bind_number(&q, c->last_seen);
	sqlite_bind_number(&q, c->signing_time);
	sqlite_bind_number(&q, c->preferred);
	sqlite_bind_number(&q, chain);
	sqlite_bind_text(&q, store_sqlite_or_empty(c->evidence));
	sqlite_bind_text(&q, store_sqlite_or_empty(c->evidence));
	sqlite_bind_blob(&q, capabilities(c));
	sqlite_bind_number(&q, c->used);
	sqlite_bind_number(&q, c->used_time);
	sqlite_bind_blob(&q, c->certificate->der);
	return sqlite_run(&q, err);
}

/* One that is not trusted is of no interest to anybody: strangers shall not
 * keep emptying the caches. */
static int
put_new(struct sqlite *db, const struct store_partner_cert *c, struct err *err)
{
	int64_t chain;

	if (store_sqlite_put_chain(db, &c->chain, &chain, err) ||
	    insert(db, c, chain, err) ||
	    store_sqlite_keep_partner_caps(db, c, sqlite_last_id(db), err))
		return -1;
	return c->trust == STORE_TRUST_UNTRUSTED ? 0
						 : store_sqlite_bump(db, err);
}

static int
update(struct sqlite *db, const struct store_partner_cert *c,
    const struct known *new, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "UPDATE partner_certificates SET trust = ?, signing_time = ?,"
	    " preferred = ?, used = ?, used_time = ?, last_evidence ="
	    "  CASE WHEN last_seen <= ? THEN ? ELSE last_evidence END,"
	    " last_seen = MAX(last_seen, ?) WHERE id = ?");
	sqlite_bind_text(&q, store_trust_name(new->trust));
	sqlite_bind_number(&q, new->signing_time);
	sqlite_bind_number(&q, new->preferred);
	sqlite_bind_number(&q, new->used);
	sqlite_bind_number(&q, new->used_time);
	sqlite_bind_number(&q, c->last_seen);
	sqlite_bind_text(&q, store_sqlite_or_empty(c->evidence));
	sqlite_bind_number(&q, c->last_seen);
	sqlite_bind_number(&q, new->id);
	return sqlite_run(&q, err);
}

static int
update_capabilities(struct sqlite *db, const struct store_partner_cert *c,
    int64_t id, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "UPDATE partner_certificates SET capabilities = ? WHERE id = ?");
	sqlite_bind_blob(&q, capabilities(c));
	sqlite_bind_number(&q, id);
	return sqlite_run(&q, err);
}

/* What is known of it from now on (rule H3).  The signing time is that of the
 * capabilities, where there are any: what was used after them counts, and a
 * message without any tells nothing about when they were announced. */
static struct known
merge(const struct store_partner_cert *c, const struct known *old)
{
	bool newer = c->signing_time > old->signing_time;
	struct known new = *old;

	if (!store_sqlite_is_from_mail(c->trust) ||
	    old->trust == STORE_TRUST_UNTRUSTED)
		new.trust = c->trust;
	if (newer)
		new.preferred = old->preferred || c->preferred;
	if (newer && (c->capabilities_len > 0 || !old->has_capabilities))
		new.signing_time = c->signing_time;
	if (c->used != 0 && c->used_time > old->used_time) {
		new.used = c->used;
		new.used_time = c->used_time;
	}
	return new;
}

static int
renew(struct sqlite *db, const struct store_partner_cert *c,
    const struct known *old, struct err *err)
{
	bool newer = c->signing_time > old->signing_time;
	bool learned = newer && c->capabilities && !old->same_capabilities;
	struct known new = merge(c, old);

	/* What is not trusted teaches nothing about what is. */
	if (c->trust == STORE_TRUST_UNTRUSTED &&
	    old->trust != STORE_TRUST_UNTRUSTED)
		return 0;
	if (update(db, c, &new, err) ||
	    (learned && update_capabilities(db, c, old->id, err)))
		return -1;
	if (new.trust == STORE_TRUST_UNTRUSTED)
		return 0;
	if (learned || new.trust != old->trust || new.used != old->used ||
	    new.preferred != old->preferred)
		return store_sqlite_bump(db, err);
	return 0;
}

int
store_sqlite_partner_cert_put(struct store *store,
    const struct store_partner_cert *c, bool *is_new, struct err *err)
{
	enum sqlite_promise promise = store_sqlite_is_from_mail(c->trust)
					  ? SQLITE_PROMISE_SOON
					  : SQLITE_PROMISE_KEPT;
	struct known known = {0};
	struct sqlite *db;
	int rc;

	if (store_sqlite_write(store, promise, &db, err))
		return -1;
	rc = put_contact(db, c, err);
	if (rc == 0)
		rc = find_known(db, c, &known, err);
	if (rc == 0)
		rc = known.id ? renew(db, c, &known, err) : put_new(db, c, err);
	rc = store_sqlite_end(&db, rc, err);
	if (rc == 0)
		*is_new = known.id == 0;
	return rc;
}
