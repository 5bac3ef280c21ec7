/*
 * store_sqlite_count.c: how much there is of everything.
 */
#include "cert/store_schema.h"
#include "cert/store_sqlite.h"

int
store_sqlite_count(
    struct store *store, struct store_counts *out, struct err *err)
{
	struct store_counts n = {.schema = STORE_SCHEMA};
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_read(store, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "SELECT schema, generation,"
	    " (SELECT COUNT(*) FROM domains),"
	    " (SELECT COUNT(*) FROM users),"
	    " (SELECT COUNT(*) FROM own_certificates),"
	    " (SELECT COUNT(*) FROM contacts),"
	    " (SELECT COUNT(*) FROM partner_certificates),"
	    " (SELECT COUNT(*) FROM partner_certificates"
	    "   WHERE trust = 'pending'),"
	    " (SELECT COUNT(*) FROM partner_certificates"
	    "   WHERE trust = 'untrusted'),"
	    " (SELECT COUNT(*) FROM authorities WHERE trust = 'unknown')"
	    " FROM state");
	if (sqlite_step(&q)) {
		n.schema = (int)sqlite_number(&q, 0);
		n.generation = (uint64_t)sqlite_number(&q, 1);
		n.domains = (unsigned long)sqlite_number(&q, 2);
		n.users = (unsigned long)sqlite_number(&q, 3);
		n.own_certificates = (unsigned long)sqlite_number(&q, 4);
		n.contacts = (unsigned long)sqlite_number(&q, 5);
		n.partner_certificates = (unsigned long)sqlite_number(&q, 6);
		n.pending = (unsigned long)sqlite_number(&q, 7);
		n.untrusted = (unsigned long)sqlite_number(&q, 8);
		n.unknown_authorities = (unsigned long)sqlite_number(&q, 9);
	}
	rc = sqlite_done(&q, err);
	sqlite_release(&db);
	if (rc == 0)
		*out = n;
	return rc;
}

int
store_sqlite_count_expiring(
    struct store *store, time_t until, unsigned long *users, struct err *err)
{
	unsigned long n = 0;
	struct sqlite_query q;
	struct sqlite *db;
	int rc;

	if (store_sqlite_read(store, &db, err))
		return -1;
	sqlite_query(&q, db,
	    "SELECT COUNT(*) FROM (SELECT 1 FROM own_certificates"
	    " JOIN users USING (address) WHERE state = 'active'"
	    " GROUP BY address HAVING MAX(not_after) < ?)");
	sqlite_bind_number(&q, until);
	if (sqlite_step(&q))
		n = (unsigned long)sqlite_number(&q, 0);
	rc = sqlite_done(&q, err);
	sqlite_release(&db);
	if (rc == 0)
		*users = n;
	return rc;
}
