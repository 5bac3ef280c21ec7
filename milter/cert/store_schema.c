/*
 * store_schema.c: see store_schema.h.
 *
 * Steps go forward only and are never edited once released: a later wish is
 * a later step.  Each runs in one transaction beside working daemons, which
 * see the tables before it or after it.
 *
 * Conventions: addresses and domains in canonical form; settings and trust
 * as the words that people type; times as seconds since 1970; fingerprints
 * and key ids as 32 bytes; certificates as exact DER (rule H5).  A chain is
 * kept once, however many certificates came with it: intermediates are the
 * same for all users of an authority.
 */
#include "cert/store_schema.h"

#include <assert.h>

#include "cert/store_backend.h"

static const char *const steps[STORE_SCHEMA] = {
    /* 1 */
    "PRAGMA application_id = 1397573965;" /* STORE_APPLICATION_ID */

    "CREATE TABLE state ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  schema INTEGER NOT NULL,"
    "  generation INTEGER NOT NULL);"
    "INSERT INTO state VALUES (1, 1, 1);"

    "CREATE TABLE domains ("
    "  name TEXT NOT NULL PRIMARY KEY,"
    "  sign TEXT NOT NULL,"
    "  encrypt TEXT NOT NULL,"
    "  created INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE users ("
    "  address TEXT NOT NULL PRIMARY KEY,"
    "  domain TEXT NOT NULL REFERENCES domains (name),"
    "  first_name TEXT NOT NULL,"
    "  last_name TEXT NOT NULL,"
    "  sign TEXT NOT NULL,"
    "  encrypt TEXT NOT NULL,"
    "  state TEXT NOT NULL,"
    "  created INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX users_domain ON users (domain, address);"

    "CREATE TABLE chains ("
    "  id INTEGER PRIMARY KEY,"
    "  digest BLOB NOT NULL UNIQUE,"
    "  der BLOB NOT NULL);"

    "CREATE TABLE own_certificates ("
    "  id INTEGER PRIMARY KEY,"
    "  address TEXT NOT NULL REFERENCES users (address),"
    "  fingerprint BLOB NOT NULL,"
    "  key_id BLOB NOT NULL,"
    "  not_before INTEGER NOT NULL,"
    "  not_after INTEGER NOT NULL,"
    "  added INTEGER NOT NULL,"
    "  chain INTEGER REFERENCES chains (id),"
    "  der BLOB NOT NULL,"
    "  wrapped BLOB NOT NULL,"
    "  UNIQUE (address, fingerprint));"
    "CREATE INDEX own_certificates_key ON own_certificates (key_id);"
    "CREATE INDEX own_certificates_end"
    "  ON own_certificates (address, not_after);"

    "CREATE TABLE contacts ("
    "  address TEXT NOT NULL PRIMARY KEY,"
    "  first_seen INTEGER NOT NULL,"
    "  last_seen INTEGER NOT NULL,"
    "  messages INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE partner_certificates ("
    "  id INTEGER PRIMARY KEY,"
    "  address TEXT NOT NULL"
    "    REFERENCES contacts (address) ON DELETE CASCADE,"
    "  fingerprint BLOB NOT NULL,"
    "  trust TEXT NOT NULL,"
    "  not_before INTEGER NOT NULL,"
    "  not_after INTEGER NOT NULL,"
    "  first_seen INTEGER NOT NULL,"
    "  last_seen INTEGER NOT NULL,"
    "  signing_time INTEGER NOT NULL,"
    "  preferred INTEGER NOT NULL,"
    "  chain INTEGER REFERENCES chains (id),"
    "  evidence TEXT NOT NULL,"
    "  capabilities BLOB,"
    "  der BLOB NOT NULL,"
    "  UNIQUE (address, fingerprint));"
    "CREATE INDEX partner_certificates_pending"
    "  ON partner_certificates (address) WHERE trust = 'pending';"

    "CREATE TABLE authorities ("
    "  id INTEGER PRIMARY KEY,"
    "  fingerprint BLOB NOT NULL," /* empty: only the name is known */
    "  subject TEXT NOT NULL,"
    "  first_seen INTEGER NOT NULL,"
    "  last_seen INTEGER NOT NULL,"
    "  messages INTEGER NOT NULL,"
    "  der BLOB,"
    "  UNIQUE (fingerprint, subject));"

    "CREATE TABLE audit ("
    "  id INTEGER PRIMARY KEY,"
    "  at INTEGER NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  action TEXT NOT NULL,"
    "  object TEXT NOT NULL,"
    "  detail TEXT NOT NULL);",

    /* 2: more that a domain may set */
    "ALTER TABLE domains"
    "  ADD COLUMN exempt TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE domains"
    "  ADD COLUMN own_cert_problem TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE domains"
    "  ADD COLUMN signature_algorithm TEXT NOT NULL DEFAULT 'inherit';"
    "UPDATE state SET schema = 2, generation = generation + 1;",

    /* 3: every setting at every level, whom users write to, logins, copies */
    "ALTER TABLE domains ADD COLUMN mixed TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE domains ADD COLUMN bcc TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE domains"
    "  ADD COLUMN triggers TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE domains ADD COLUMN mode TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE domains" /* empty: inherit */
    "  ADD COLUMN escrow TEXT NOT NULL DEFAULT '';"

    "ALTER TABLE users ADD COLUMN exempt TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE users"
    "  ADD COLUMN own_cert_problem TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE users"
    "  ADD COLUMN signature_algorithm TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE users ADD COLUMN mixed TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE users ADD COLUMN bcc TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE users ADD COLUMN triggers TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE users ADD COLUMN mode TEXT NOT NULL DEFAULT 'inherit';"

    "CREATE TABLE recipients ("
    "  name TEXT NOT NULL PRIMARY KEY," /* address, domain, *.domain */
    "  encrypt TEXT NOT NULL,"
    "  signature TEXT NOT NULL,"
    "  certificates TEXT NOT NULL,"
    "  cipher TEXT NOT NULL,"
    "  key_transport TEXT NOT NULL,"
    "  unchecked TEXT NOT NULL,"
    "  domain_certificate TEXT NOT NULL," /* empty: inherit */
    "  created INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE logins ("
    "  login TEXT NOT NULL,"
    "  address TEXT NOT NULL," /* or @domain */
    "  created INTEGER NOT NULL,"
    "  PRIMARY KEY (login, address)) WITHOUT ROWID;"

    "CREATE TABLE journal ("
    "  copy BLOB NOT NULL PRIMARY KEY,"
    "  at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX journal_at ON journal (at);"

    "UPDATE state SET schema = 3, generation = generation + 1;",

    /* 4: mail that comes in, and what is learned from it */
    "ALTER TABLE domains ADD COLUMN decrypt TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE users ADD COLUMN decrypt TEXT NOT NULL DEFAULT 'inherit';"

    "ALTER TABLE recipients"
    "  ADD COLUMN inbound_signature TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE recipients"
    "  ADD COLUMN inbound_encryption TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE recipients"
    "  ADD COLUMN inbound_level TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE recipients"
    "  ADD COLUMN inbound_action TEXT NOT NULL DEFAULT 'inherit';"

    /* 0: never, not */
    "ALTER TABLE contacts"
    "  ADD COLUMN first_sent INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN last_sent INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts"
    "  ADD COLUMN suspended_until INTEGER NOT NULL DEFAULT 0;"

    "ALTER TABLE partner_certificates" /* a set of enum store_used */
    "  ADD COLUMN used INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE partner_certificates"
    "  ADD COLUMN used_time INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE partner_certificates" /* message that it was last met in */
    "  ADD COLUMN last_evidence TEXT NOT NULL DEFAULT '';"
    /* In the order in which they go when there are too many: first those
     * that were met only once. */
    "CREATE INDEX partner_certificates_untrusted"
    "  ON partner_certificates ((last_seen > first_seen), last_seen, id)"
    "  WHERE trust = 'untrusted';"

    /* A chain goes with the last certificate that came with it: else
     * strangers could fill the disk. */
    "CREATE INDEX partner_certificates_chain ON partner_certificates (chain)"
    "  WHERE chain IS NOT NULL;"
    "CREATE INDEX own_certificates_chain ON own_certificates (chain)"
    "  WHERE chain IS NOT NULL;"
    "CREATE TRIGGER partner_certificates_gone"
    "  AFTER DELETE ON partner_certificates WHEN old.chain IS NOT NULL"
    "  BEGIN"
    "    DELETE FROM chains WHERE id = old.chain"
    "      AND NOT EXISTS"
    "        (SELECT 1 FROM partner_certificates WHERE chain = old.chain)"
    "      AND NOT EXISTS"
    "        (SELECT 1 FROM own_certificates WHERE chain = old.chain);"
    "  END;"

    "ALTER TABLE authorities"
    "  ADD COLUMN trust TEXT NOT NULL DEFAULT 'unknown';"
    "CREATE INDEX authorities_judged ON authorities (trust)"
    "  WHERE trust <> 'unknown';"

    "UPDATE state SET schema = 4, generation = generation + 1;",

    /* 5: disclaimers */
    "ALTER TABLE domains"
    "  ADD COLUMN disclaimer_repeat TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE domains"
    "  ADD COLUMN disclaimer_protected TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE domains" /* empty: inherit */
    "  ADD COLUMN disclaimer TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE users"
    "  ADD COLUMN disclaimer_repeat TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE users"
    "  ADD COLUMN disclaimer_protected TEXT NOT NULL DEFAULT 'inherit';"
    "ALTER TABLE users ADD COLUMN disclaimer TEXT NOT NULL DEFAULT '';"

    "UPDATE state SET schema = 5, generation = generation + 1;",
};

const char *
store_schema_sqlite(int version)
{
	assert(version >= 1 && version <= STORE_SCHEMA);
	return steps[version - 1];
}
