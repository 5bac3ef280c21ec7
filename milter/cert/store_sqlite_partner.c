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
	bool same_capabilities;
};

static bool
is_from_mail(enum store_trust trust)
{
	return trust == STORE_TRUST_HARVESTED || trust == STORE_TRUST_PENDING;
}

static int
parse_trust(const char *address, const char *text, enum store_trust *out,
    struct err *err)
{
	if (store_trust_parse(text, out))
		return err_set(err, ERR_PERMANENT,
		    "store: certificate of %s: trust is \"%s\"", address, text);
	return 0;
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

static int
put_contact(
    struct sqlite *db, const struct store_partner_cert *c, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "INSERT INTO contacts (address, first_seen, last_seen, messages)"
	    " VALUES (?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET"
	    " last_seen = MAX(last_seen, excluded.last_seen),"
	    " messages = messages + excluded.messages");
	sqlite_bind_text(&q, c->address);
	sqlite_bind_number(&q, c->first_seen);
	sqlite_bind_number(&q, c->last_seen);
	sqlite_bind_number(&q, is_from_mail(c->trust) && !c->from_file);
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
	    "SELECT id, trust, signing_time, preferred, capabilities"
	    " FROM partner_certificates"
	    " WHERE address = ? AND fingerprint = ?");
	sqlite_bind_text(&q, c->address);
	sqlite_bind_blob(&q, fingerprint(c));
	if (sqlite_step(&q)) {
		rc = parse_trust(
		    c->address, sqlite_text(&q, 1), &out->trust, err);
		out->id = sqlite_number(&q, 0);
		out->signing_time = sqlite_number(&q, 2);
		out->preferred = sqlite_number(&q, 3) != 0;
		out->same_capabilities =
		    slice_equal(sqlite_blob(&q, 4), capabilities(c));
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
	    " preferred, chain, evidence, capabilities, der)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, 0), ?, ?, ?)");
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
	sqlite_bind_text(&q, c->evidence ? c->evidence : "");
	sqlite_bind_blob(&q, capabilities(c));
	sqlite_bind_blob(&q, c->certificate->der);
	return sqlite_run(&q, err);
}

static int
count_certificates(
    struct sqlite *db, const char *address, int64_t *out, struct err *err)
{
	struct sqlite_query q;

	*out = 0;
	sqlite_query(&q, db,
	    "SELECT COUNT(*) FROM partner_certificates WHERE address = ?");
	sqlite_bind_text(&q, address);
	if (sqlite_step(&q))
		*out = sqlite_number(&q, 0);
	return sqlite_done(&q, err);
}

/* Deletes until the cap is kept again, never the one that was just put in
 * and nothing that the operator had a hand in: a flood of certificates must
 * not wash away what he distrusts either. */
static int
keep_cap(struct sqlite *db, const struct store_partner_cert *c, int64_t new_id,
    struct err *err)
{
	struct sqlite_query q;
	int64_t count;

	if (count_certificates(db, c->address, &count, err))
		return -1;
	if (count <= (int64_t)LIMIT_CERTIFICATES_PER_ADDRESS)
		return 0;
	sqlite_query(&q, db,
	    "DELETE FROM partner_certificates WHERE id IN ("
	    " SELECT id FROM partner_certificates WHERE address = ?"
	    "  AND id <> ? AND trust IN ('harvested', 'pending')"
	    "  ORDER BY CASE WHEN not_after < ? THEN not_after END NULLS LAST,"
	    "  last_seen, id LIMIT ?)");
	sqlite_bind_text(&q, c->address);
	sqlite_bind_number(&q, new_id);
	sqlite_bind_number(&q, c->last_seen);
	sqlite_bind_number(&q, count - (int64_t)LIMIT_CERTIFICATES_PER_ADDRESS);
	if (sqlite_run(&q, err))
		return -1;
	if (sqlite_changes(db) == 0)
		return err_set(err, ERR_PERMANENT,
		    "%s has %u certificates put in by hand; run: smimectl "
		    "contact forget %s",
		    c->address, LIMIT_CERTIFICATES_PER_ADDRESS, c->address);
	return 0;
}

static int
put_new(struct sqlite *db, const struct store_partner_cert *c, struct err *err)
{
	int64_t chain;

	if (store_sqlite_put_chain(db, &c->chain, &chain, err) ||
	    insert(db, c, chain, err) ||
	    keep_cap(db, c, sqlite_last_id(db), err))
		return -1;
	return store_sqlite_bump(db, err);
}

static int
update(struct sqlite *db, const struct store_partner_cert *c,
    const struct known *new, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "UPDATE partner_certificates SET trust = ?, signing_time = ?,"
	    " preferred = ?, last_seen = MAX(last_seen, ?) WHERE id = ?");
	sqlite_bind_text(&q, store_trust_name(new->trust));
	sqlite_bind_number(&q, new->signing_time);
	sqlite_bind_number(&q, new->preferred);
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

static int
renew(struct sqlite *db, const struct store_partner_cert *c,
    const struct known *old, struct err *err)
{
	bool newer = c->signing_time > old->signing_time;
	bool learned = newer && c->capabilities && !old->same_capabilities;
	struct known new = *old;

	if (!is_from_mail(c->trust))
		new.trust = c->trust;
	if (newer) {
		new.signing_time = c->signing_time;
		new.preferred = old->preferred || c->preferred;
	}
	if (update(db, c, &new, err) ||
	    (learned && update_capabilities(db, c, old->id, err)))
		return -1;
	if (learned || new.trust != old->trust ||
	    new.preferred != old->preferred)
		return store_sqlite_bump(db, err);
	return 0;
}

int
store_sqlite_partner_cert_put(struct store *store,
    const struct store_partner_cert *c, bool *is_new, struct err *err)
{
	enum sqlite_promise promise =
	    is_from_mail(c->trust) ? SQLITE_PROMISE_SOON : SQLITE_PROMISE_KEPT;
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

/* Reading */

#define PARTNER_SELECT                                                         \
	"SELECT p.address, p.der, c.der, p.trust, p.evidence, p.first_seen,"   \
	" p.last_seen, p.capabilities, p.signing_time, p.preferred"            \
	" FROM partner_certificates p LEFT JOIN chains c ON c.id = p.chain"

static int
read_certificates(struct store *store, struct sqlite_query *q,
    struct store_partner_cert *c, struct err *err)
{
	if (certificate_parse(sqlite_blob(q, 1), &c->certificate, err) ||
	    store_sqlite_read_chain(store, sqlite_blob(q, 2), &c->chain, err))
		return err_prefix(
		    err, "store: certificate of %s", sqlite_text(q, 0));
	memcpy(
	    c->fingerprint, c->certificate->fingerprint_text, FINGERPRINT_TEXT);
	return 0;
}

static int
read_partner(struct store *store, struct sqlite_query *q,
    struct store_partner_cert *out, struct err *err)
{
	struct slice known = sqlite_blob(q, 7);
	struct store_partner_cert c;

	store_partner_cert_init(&c);
	if (parse_trust(sqlite_text(q, 0), sqlite_text(q, 3), &c.trust, err) ||
	    read_certificates(store, q, &c, err)) {
		store_partner_cert_fini(&c);
		return -1;
	}
	c.address = xstrdup(sqlite_text(q, 0));
	c.evidence = xstrdup(sqlite_text(q, 4));
	c.first_seen = sqlite_number(q, 5);
	c.last_seen = sqlite_number(q, 6);
	if (known.len > 0) {
		c.capabilities = xmalloc(known.len);
		memcpy(c.capabilities, known.data, known.len);
		c.capabilities_len = known.len;
	}
	c.signing_time = sqlite_number(q, 8);
	c.preferred = sqlite_number(q, 9) != 0;
	*out = c;
	return 0;
}

static int
load_partners(struct store_walk *w, struct sqlite *db, struct err *err)
{
	struct sqlite_query q;
	int rc = 0;

	sqlite_query(&q, db,
	    PARTNER_SELECT " WHERE p.address = ?"
			   " ORDER BY p.not_before DESC, p.id DESC");
	sqlite_bind_text(&q, w->filter);
	while (rc == 0 && sqlite_step(&q))
		rc = read_partner(w->store, &q, store_walk_add(w), err);
	return sqlite_done(&q, err) ? -1 : rc;
}

static void
fini_partner(void *row)
{
	store_partner_cert_fini(row);
}

int
store_sqlite_partner_cert_each(struct store *store, const char *address,
    int (*each)(const struct store_partner_cert *, void *), void *arg,
    struct err *err)
{
	const struct store_partner_cert *c;
	struct store_walk w;

	store_walk_init(&w, store, NULL);
	w.load = load_partners;
	w.fini = fini_partner;
	w.width = sizeof(*c);
	w.filter = address;
	while ((c = store_walk_next(&w, err)))
		if (each(c, arg))
			break;
	return store_walk_end(&w);
}
