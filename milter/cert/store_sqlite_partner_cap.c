/*
 * store_sqlite_partner_cap.c: how many certificates of correspondents are
 * kept (rule H5), and which ones go; see store_partner_cert_put.
 *
 * Anyone can send any number of certificates for any address, signed by an
 * authority of his own making.  Such a flood may wash away others of its
 * kind, and nothing else: neither what is used, nor what the operator has
 * judged, nor the disk.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/store_sqlite.h"

/* Who goes first; what nobody may displace is last. */
#define RANK                                                                   \
	"CASE trust WHEN 'untrusted' THEN 0 WHEN 'pending' THEN 1"             \
	" WHEN 'harvested' THEN 2 ELSE 3 END"
#define RANK_HARVESTED 2

/* Of the untrusted ones those that came again are the likeliest to be real. */
#define LEAST_SEEN "(last_seen > first_seen), last_seen, id"
#define MOST_SEEN  "(last_seen > first_seen) DESC, last_seen DESC, id DESC"

static int
rank_of(enum store_trust trust)
{
	switch (trust) {
	case STORE_TRUST_UNTRUSTED:
		return 0;
	case STORE_TRUST_PENDING:
		return 1;
	case STORE_TRUST_HARVESTED:
	case STORE_TRUST_MANUAL:
	case STORE_TRUST_PINNED:
	case STORE_TRUST_DISTRUSTED:
		break;
	}
	return RANK_HARVESTED;
}

static int
read_count(struct sqlite_query *q, int64_t *out, struct err *err)
{
	*out = 0;
	if (sqlite_step(q))
		*out = sqlite_number(q, 0);
	return sqlite_done(q, err);
}

/* --- of an address --- */

static int
refuse(const struct store_partner_cert *c, struct err *err)
{
	if (rank_of(c->trust) < RANK_HARVESTED)
		return err_set(err, ERR_PERMANENT,
		    "%s has %u certificates, none of which makes room for one "
		    "that is %s",
		    c->address, LIMIT_CERTIFICATES_PER_ADDRESS,
		    store_trust_name(c->trust));
	return err_set(err, ERR_PERMANENT,
	    "%s has %u certificates put in by hand; run: smimectl contact "
	    "forget %s",
	    c->address, LIMIT_CERTIFICATES_PER_ADDRESS, c->address);
}

static int
keep_cap_of_address(struct sqlite *db, const struct store_partner_cert *c,
    int64_t new_id, struct err *err)
{
	struct sqlite_query q;
	int64_t count, over;

	sqlite_query(&q, db,
	    "SELECT COUNT(*) FROM partner_certificates WHERE address = ?");
	sqlite_bind_text(&q, c->address);
	if (read_count(&q, &count, err))
		return -1;
	over = count - (int64_t)LIMIT_CERTIFICATES_PER_ADDRESS;
	if (over <= 0)
		return 0;
	sqlite_query(&q, db,
	    "DELETE FROM partner_certificates WHERE id IN ("
	    " SELECT id FROM partner_certificates WHERE address = ?"
	    "  AND id <> ? AND " RANK " <= ? ORDER BY " RANK ","
	    "  CASE WHEN not_after < ? THEN not_after END NULLS LAST,"
	    "  last_seen, id LIMIT ?)");
	sqlite_bind_text(&q, c->address);
	sqlite_bind_number(&q, new_id);
	sqlite_bind_number(&q, rank_of(c->trust));
	sqlite_bind_number(&q, c->last_seen);
	sqlite_bind_number(&q, over);
	if (sqlite_run(&q, err))
		return -1;
	return sqlite_changes(db) < over ? refuse(c, err) : 0;
}

/* --- of those that are not trusted --- */

static int
check_size(const struct store_partner_cert *c, struct err *err)
{
	size_t size = c->certificate->der.len;

	for (size_t i = 0; i < c->chain.count; i++)
		size += c->chain.at[i]->der.len;
	if (size <= LIMIT_UNTRUSTED_BYTES)
		return 0;
	return err_set(err, ERR_PERMANENT,
	    "%s: an untrusted certificate with its chain of %zu bytes, of "
	    "which %u are kept",
	    c->address, size, LIMIT_UNTRUSTED_BYTES);
}

static int
keep_few_untrusted(struct sqlite *db, const struct store_partner_cert *c,
    int64_t new_id, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "DELETE FROM partner_certificates WHERE id IN ("
	    " SELECT id FROM partner_certificates WHERE address = ?"
	    "  AND id <> ? AND trust = 'untrusted'"
	    "  ORDER BY " MOST_SEEN " LIMIT -1 OFFSET ?)");
	sqlite_bind_text(&q, c->address);
	sqlite_bind_number(&q, new_id);
	sqlite_bind_number(&q, LIMIT_UNTRUSTED_PER_ADDRESS - 1);
	return sqlite_run(&q, err);
}

/* A contact of whom nothing is left is one more thing that strangers can
 * make. */
static int
drop_bare_contact(struct sqlite *db, const char *address, struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db,
	    "DELETE FROM contacts WHERE address = ? AND messages = 0"
	    " AND first_sent = 0 AND suspended_until = 0"
	    " AND NOT EXISTS (SELECT 1 FROM partner_certificates p"
	    "  WHERE p.address = contacts.address)");
	sqlite_bind_text(&q, address);
	return sqlite_run(&q, err);
}

static int
drop_least_seen(struct sqlite *db, int64_t new_id, struct err *err)
{
	char *address = NULL;
	struct sqlite_query q;
	int64_t id = 0;
	int rc;

	sqlite_query(&q, db,
	    "SELECT id, address FROM partner_certificates"
	    " WHERE trust = 'untrusted' AND id <> ?"
	    " ORDER BY " LEAST_SEEN " LIMIT 1");
	sqlite_bind_number(&q, new_id);
	if (sqlite_step(&q)) {
		id = sqlite_number(&q, 0);
		address = xstrdup(sqlite_text(&q, 1));
	}
	rc = sqlite_done(&q, err);
	if (rc == 0 && address) {
		sqlite_query(
		    &q, db, "DELETE FROM partner_certificates WHERE id = ?");
		sqlite_bind_number(&q, id);
		rc = sqlite_run(&q, err);
	}
	if (rc == 0 && address)
		rc = drop_bare_contact(db, address, err);
	free(address);
	return rc;
}

/* One comes at a time, so that one that goes is enough; a lower cap than
 * before is reached in twice the time. */
static int
keep_cap_of_untrusted(struct sqlite *db, int64_t new_id, struct err *err)
{
	struct sqlite_query q;
	int64_t count;

	sqlite_query(&q, db,
	    "SELECT COUNT(*) FROM partner_certificates"
	    " WHERE trust = 'untrusted'");
	if (read_count(&q, &count, err))
		return -1;
	for (int i = 0; i < 2 && count > (int64_t)LIMIT_UNTRUSTED; i++, count--)
		if (drop_least_seen(db, new_id, err))
			return -1;
	return 0;
}

int
store_sqlite_keep_partner_caps(struct sqlite *db,
    const struct store_partner_cert *c, int64_t new_id, struct err *err)
{
	bool untrusted = c->trust == STORE_TRUST_UNTRUSTED;

	if (untrusted &&
	    (check_size(c, err) || keep_few_untrusted(db, c, new_id, err)))
		return -1;
	if (keep_cap_of_address(db, c, new_id, err))
		return -1;
	return untrusted ? keep_cap_of_untrusted(db, new_id, err) : 0;
}
