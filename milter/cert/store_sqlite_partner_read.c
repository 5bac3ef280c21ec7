/*
 * store_sqlite_partner_read.c: the correspondents' certificates out of SQLite,
 * of one of them or of all; see store.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cert/store_sqlite.h"

int
store_sqlite_parse_trust(const char *address, const char *text,
    enum store_trust *out, struct err *err)
{
	if (store_trust_parse(text, out))
		return err_set(err, ERR_PERMANENT,
		    "store: certificate of %s: trust is \"%s\"", address, text);
	return 0;
}

/* Reading */

#define PARTNER_SELECT                                                         \
	"SELECT p.address, p.der, c.der, p.trust, p.evidence, p.first_seen,"   \
	" p.last_seen, p.capabilities, p.signing_time, p.preferred, p.used,"   \
	" p.used_time, p.last_evidence, p.id"                                  \
	" FROM partner_certificates p LEFT JOIN chains c ON c.id = p.chain"

static int
read_certificates(struct store *store, struct sqlite_query *q,
    struct store_partner_cert *c, struct err *err)
{
	if (store_sqlite_parse(
		store, sqlite_blob(q, 1), &c->certificate, err) ||
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
	if (store_sqlite_parse_trust(
		sqlite_text(q, 0), sqlite_text(q, 3), &c.trust, err) ||
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
	c.used = (unsigned)sqlite_number(q, 10) & STORE_USED_ALL;
	c.used_time = sqlite_number(q, 11);
	c.last_evidence = xstrdup(sqlite_text(q, 12));
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

/* --- all of a trust --- */

/* A page ends behind a row, not behind an address: there may be many rows of
 * one.  The key of the last one is its address and its number. */
static void
set_after(struct store_walk *w, const char *address, int64_t id)
{
	char *key = xasprintf("%s %lld", address, (long long)id);

	store_walk_set_after(w, key);
	free(key);
}

static char *
split_after(const struct store_walk *w, int64_t *id)
{
	const char *blank = strrchr(w->after, ' ');

	*id = blank ? strtoll(blank + 1, NULL, 10) : 0;
	return xstrndup(w->after, blank ? (size_t)(blank - w->after) : 0);
}

static int
load_trust(struct store_walk *w, struct sqlite *db, struct err *err)
{
	int64_t after_id, last_id = 0;
	char *after = split_after(w, &after_id);
	struct store_partner_cert *c = NULL;
	struct sqlite_query q;
	int rc = 0;

	sqlite_query(&q, db,
	    PARTNER_SELECT " WHERE p.trust = ? AND (p.address, p.id) > (?, ?)"
			   " ORDER BY p.address, p.id LIMIT ?");
	sqlite_bind_text(&q, w->filter);
	sqlite_bind_text(&q, after);
	sqlite_bind_number(&q, after_id);
	sqlite_bind_number(&q, STORE_PAGE);
	while (rc == 0 && sqlite_step(&q)) {
		c = store_walk_add(w);
		rc = read_partner(w->store, &q, c, err);
		last_id = sqlite_number(&q, 13);
	}
	if (sqlite_done(&q, err))
		rc = -1;
	if (rc == 0 && c)
		set_after(w, c->address, last_id);
	free(after);
	return rc ? -1 : w->count == STORE_PAGE;
}

int
store_sqlite_partner_cert_walk(struct store *store, enum store_trust trust,
    int (*each)(const struct store_partner_cert *, void *), void *arg,
    struct err *err)
{
	const struct store_partner_cert *c;
	struct store_walk w;

	store_walk_init(&w, store, NULL);
	w.load = load_trust;
	w.fini = fini_partner;
	w.width = sizeof(*c);
	w.filter = store_trust_name(trust);
	while ((c = store_walk_next(&w, err)))
		if (each(c, arg))
			break;
	return store_walk_end(&w);
}
