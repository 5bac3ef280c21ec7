/*
 * store_sqlite.h: the SQLite backend's parts among themselves.  For
 * store_sqlite*.c only.
 */
#ifndef CERT_STORE_SQLITE_H
#define CERT_STORE_SQLITE_H

#include "base/lru.h"
#include "cert/store_backend.h"
#include "db/sqlite.h"

/* Is this the path of a file that may be a store?  A relative path, what is no
 * regular file, or open for everybody is a permanent error; one that is not
 * there ERR_NOT_FOUND. */
int store_sqlite_check_file(const char *path, struct err *err) MUST_USE;

/* Makes an empty file where there is none, for the owner of its folder; a
 * relative path is a permanent error. */
int store_sqlite_create_file(const char *path, struct err *err) MUST_USE;

/* The schema of a file, 0 when nothing is in it yet.  A database of another
 * program, or of a newer version of this one, is a permanent error.  path: for
 * the error. */
int store_sqlite_schema(struct sqlite_pool *pool, const char *path, int *out,
    struct err *err) MUST_USE;

/* Brings a file to STORE_SCHEMA, each step in a transaction of its own; *from
 * and *to are the versions it had and has. */
int store_sqlite_migrate_schema(struct sqlite_pool *pool, const char *path,
    int *from, int *to, struct err *err) MUST_USE;

/* A connection for reading; end with sqlite_release. */
int store_sqlite_read(
    struct store *store, struct sqlite **db, struct err *err) MUST_USE;

/* A connection in a write transaction, after a look whether the schema is
 * still the one that we know. */
int store_sqlite_write(struct store *store, enum sqlite_promise promise,
    struct sqlite **db, struct err *err) MUST_USE;

/* Changes the generation, in this transaction. */
int store_sqlite_bump(struct sqlite *db, struct err *err) MUST_USE;

/* Ends what store_sqlite_write began: commits when rc is 0, else undoes.
 * Returns 0 when all went well. */
int store_sqlite_end(struct sqlite **db, int rc, struct err *err) MUST_USE;

/* Is there a row?  Ends the query.  1, 0 or -1. */
int store_sqlite_exists(struct sqlite_query *q, struct err *err) MUST_USE;

/* The id of a chain, which is put in when it is new; 0 for an empty one. */
int store_sqlite_put_chain(struct sqlite *db,
    const struct certificate_list *chain, int64_t *id,
    struct err *err) MUST_USE;

/* As certificate_parse, for the certificate of a user or a correspondent; out
 * of a cache when it was met before: mail comes to the same people. */
int store_sqlite_parse(struct store *store, struct slice der,
    struct certificate **out, struct err *err) MUST_USE;

/* Adds the certificates of a chain as it lies in the database; out of a cache
 * when it was met before. */
int store_sqlite_read_chain(struct store *store, struct slice der,
    struct certificate_list *out, struct err *err) MUST_USE;

/* Settings of a row as the words that people type, in the order of their
 * table (base/setting.h), which these columns have too. */
#define STORE_SENDER_COLUMNS                                                   \
	"sign, encrypt, exempt, own_cert_problem, signature_algorithm, mixed," \
	" bcc, triggers, mode, decrypt, disclaimer_repeat,"                    \
	" disclaimer_protected"
#define STORE_SENDER_VALUES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
#define STORE_RECIPIENT_COLUMNS                                                \
	"encrypt, signature, certificates, cipher, key_transport, unchecked,"  \
	" inbound_signature, inbound_encryption, inbound_level,"               \
	" inbound_action"
#define STORE_RECIPIENT_VALUES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

/* Their texts, for as long as a query borrows them. */
struct store_words {
	char at[SENDER_SETTINGS][SETTING_TEXT];
};

void store_sqlite_bind_sender(struct sqlite_query *q,
    const struct setting_level *level, struct store_words *words);
void store_sqlite_bind_recipient(struct sqlite_query *q,
    const struct recipient_level *level, struct store_words *words);

/* From this column on; who: the row's name, for the error.  What is unknown
 * was written by somebody else: the row is refused, because guessing could
 * mean to send in clear. */
int store_sqlite_read_sender(struct sqlite_query *q, int column,
    const char *who, struct setting_level *out, struct err *err) MUST_USE;
int store_sqlite_read_recipient(struct sqlite_query *q, int column,
    const char *who, struct recipient_level *out, struct err *err) MUST_USE;

/* A trust as it stands in a row of address. */
int store_sqlite_parse_trust(const char *address, const char *text,
    enum store_trust *out, struct err *err) MUST_USE;

/* Did it come with mail, and did nobody judge it? */
bool store_sqlite_is_from_mail(enum store_trust trust);

/* Deletes until the caps of store.h are kept again, when c has just been put
 * in as new_id; an error when c itself would have to go. */
int store_sqlite_keep_partner_caps(struct sqlite *db,
    const struct store_partner_cert *c, int64_t new_id,
    struct err *err) MUST_USE;

/* Text that may be NULL. */
const char *store_sqlite_or_empty(const char *text);

/* The cache of chains. */
struct lru *store_sqlite_chains_new(void);
struct lru *store_sqlite_chains(struct store *store);

/* Makes a record of the row that q is at.  On error, which refuses the row,
 * there is nothing to free. */
typedef int store_row_read(struct sqlite_query *q, void *row, struct err *err);

/* The row of one key, the only parameter of sql.  row comes in as zeros; 1
 * when it was filled, 0 when there is none, -1 on error.  The caller ends it,
 * whatever comes back. */
int store_sqlite_find(struct store *store, const char *sql, const char *key,
    store_row_read *read, void *row, struct err *err) MUST_USE;

/* A walk over many rows.  They are read in pages, and while a row is looked
 * at no connection is held: the one who looks may use the store as well. */
struct store_walk;

/* Reads one page behind w->after and sets after anew.  1 when there may be
 * another page, 0 when not, -1 on error. */
typedef int store_walk_load(
    struct store_walk *w, struct sqlite *db, struct err *err);

struct store_walk {
	struct store *store;
	store_walk_load *load;
	void (*fini)(void *row);
	size_t width;	    /* bytes of one row */
	const char *filter; /* for load; borrowed */
	char *after;	    /* key of the last row read; owned, never NULL */
	unsigned char *rows;
	size_t count, size, at;
	bool more;
	int rc;
};

#define STORE_PAGE 256

void store_walk_init(
    struct store_walk *w, struct store *store, const char *after);

/* For load: zeroed room for one more row of the page; it may stay zero. */
void *store_walk_add(struct store_walk *w);
void store_walk_set_after(struct store_walk *w, const char *key);

/* For load: adds the rows of q, which it ends, to the page.  *last is the last
 * of them, NULL when there was none. */
int store_walk_read(struct store_walk *w, struct sqlite_query *q,
    store_row_read *read, void **last, struct err *err) MUST_USE;

/* The next row, borrowed until the next call; NULL at the end. */
void *store_walk_next(struct store_walk *w, struct err *err);

/* -1 when the walk ended by an error. */
int store_walk_end(struct store_walk *w) MUST_USE;

/* The operations, by subject. */
int store_sqlite_count(
    struct store *store, struct store_counts *out, struct err *err);
int store_sqlite_count_expiring(
    struct store *store, time_t until, unsigned long *users, struct err *err);
int store_sqlite_domain_add(
    struct store *store, const struct store_domain *d, struct err *err);
int store_sqlite_domain_set(
    struct store *store, const struct store_domain *d, struct err *err);
int store_sqlite_domain_find(struct store *store, const char *name,
    struct store_domain *out, struct err *err);
int store_sqlite_domain_each(struct store *store,
    int (*each)(const struct store_domain *, void *), void *arg,
    struct err *err);
int store_sqlite_user_add(
    struct store *store, const struct store_user *u, struct err *err);
int store_sqlite_user_set(
    struct store *store, const struct store_user *u, struct err *err);
int store_sqlite_user_find(struct store *store, const char *address,
    struct store_user *out, struct err *err);
int store_sqlite_user_each(struct store *store, const char *domain,
    const char *after, int (*each)(const struct store_user *, void *),
    void *arg, struct err *err);
int store_sqlite_disclaimer_each(struct store *store,
    int (*each)(const struct store_disclaimer_use *, void *), void *arg,
    struct err *err);
int store_sqlite_recipient_put(
    struct store *store, const struct store_recipient *r, struct err *err);
int store_sqlite_recipient_find(struct store *store, const char *name,
    struct store_recipient *out, struct err *err);
int store_sqlite_recipient_remove(
    struct store *store, const char *name, struct err *err);
int store_sqlite_recipient_demands(
    struct store *store, bool *any, struct err *err);
int store_sqlite_recipient_each(struct store *store,
    int (*each)(const struct store_recipient *, void *), void *arg,
    struct err *err);
int store_sqlite_login_add(struct store *store, const char *login,
    const char *address, time_t now, struct err *err);
int store_sqlite_login_remove(struct store *store, const char *login,
    const char *address, struct err *err);
int store_sqlite_login_each(struct store *store, const char *login,
    int (*each)(const struct store_login *, void *), void *arg,
    struct err *err);
int store_sqlite_login_may(struct store *store, const char *login,
    const char *address, bool *may, struct err *err);
int store_sqlite_own_cert_add(
    struct store *store, const struct store_own_cert *c, struct err *err);
int store_sqlite_own_cert_each(struct store *store, const char *address,
    int (*each)(const struct store_own_cert *, void *), void *arg,
    struct err *err);
int store_sqlite_contact_find(struct store *store, const char *address,
    struct store_contact *out, struct err *err);
int store_sqlite_contact_each(struct store *store, const char *after,
    int (*each)(const struct store_contact *, void *), void *arg,
    struct err *err);
int store_sqlite_contact_suspend(
    struct store *store, const char *address, time_t until, struct err *err);
int store_sqlite_contacts_sent(struct store *store,
    const char *const *addresses, size_t count, time_t now, struct err *err);
int store_sqlite_contact_forget(
    struct store *store, const char *address, struct err *err);
int store_sqlite_partner_cert_put(struct store *store,
    const struct store_partner_cert *c, bool *is_new, struct err *err);
int store_sqlite_partner_cert_each(struct store *store, const char *address,
    int (*each)(const struct store_partner_cert *, void *), void *arg,
    struct err *err);
int store_sqlite_partner_cert_walk(struct store *store, enum store_trust trust,
    int (*each)(const struct store_partner_cert *, void *), void *arg,
    struct err *err);
int store_sqlite_partner_certs_judge(struct store *store,
    struct store_judgement *list, size_t count, struct err *err);
int store_sqlite_authority_judge(
    struct store *store, const struct store_authority *a, struct err *err);
int store_sqlite_authority_seen(
    struct store *store, const struct store_authority *a, struct err *err);
int store_sqlite_authority_each(struct store *store,
    int (*each)(const struct store_authority *, void *), void *arg,
    struct err *err);
int store_sqlite_authority_each_judged(struct store *store,
    int (*each)(const struct store_authority *, void *), void *arg,
    struct err *err);
int store_sqlite_journal_add(struct store *store,
    const unsigned char (*keys)[STORE_JOURNAL_KEY], size_t count, time_t now,
    struct err *err);
int store_sqlite_journal_has(struct store *store,
    const unsigned char key[STORE_JOURNAL_KEY], time_t now, bool *has,
    struct err *err);
int store_sqlite_audit(struct store *store, const char *actor,
    const char *action, const char *object, const char *detail,
    struct err *err);

#endif
