/*
 * store_backend.h: what a database must do to be a store.  For store.c and
 * the backends only; store.h says what each call means.
 */
#ifndef CERT_STORE_BACKEND_H
#define CERT_STORE_BACKEND_H

#include "cert/store.h"

struct store_ops {
	const char *scheme; /* of the URI, with its colon */
	int (*open)(const char *place, struct store **out, struct err *err);
	int (*migrate)(const char *place, int *from, int *to, struct err *err);
	void (*close)(struct store *store);
	int (*generation)(
	    struct store *store, uint64_t *generation, struct err *err);
	int (*count)(
	    struct store *store, struct store_counts *out, struct err *err);
	int (*count_expiring)(struct store *store, time_t until,
	    unsigned long *users, struct err *err);

	int (*domain_add)(
	    struct store *store, const struct store_domain *d, struct err *err);
	int (*domain_set)(
	    struct store *store, const struct store_domain *d, struct err *err);
	int (*domain_find)(struct store *store, const char *name,
	    struct store_domain *out, struct err *err);
	int (*domain_each)(struct store *store,
	    int (*each)(const struct store_domain *, void *), void *arg,
	    struct err *err);

	int (*user_add)(
	    struct store *store, const struct store_user *u, struct err *err);
	int (*user_set)(
	    struct store *store, const struct store_user *u, struct err *err);
	int (*user_find)(struct store *store, const char *address,
	    struct store_user *out, struct err *err);
	int (*user_each)(struct store *store, const char *domain,
	    const char *after, int (*each)(const struct store_user *, void *),
	    void *arg, struct err *err);

	int (*disclaimer_each)(struct store *store,
	    int (*each)(const struct store_disclaimer_use *, void *), void *arg,
	    struct err *err);
	int (*recipient_put)(struct store *store,
	    const struct store_recipient *r, struct err *err);
	int (*recipient_find)(struct store *store, const char *name,
	    struct store_recipient *out, struct err *err);
	int (*recipient_remove)(
	    struct store *store, const char *name, struct err *err);
	int (*recipient_demands)(
	    struct store *store, bool *any, struct err *err);
	int (*recipient_each)(struct store *store,
	    int (*each)(const struct store_recipient *, void *), void *arg,
	    struct err *err);

	int (*login_add)(struct store *store, const char *login,
	    const char *address, time_t now, struct err *err);
	int (*login_remove)(struct store *store, const char *login,
	    const char *address, struct err *err);
	int (*login_each)(struct store *store, const char *login,
	    int (*each)(const struct store_login *, void *), void *arg,
	    struct err *err);
	int (*login_may)(struct store *store, const char *login,
	    const char *address, bool *may, struct err *err);

	int (*own_cert_add)(struct store *store, const struct store_own_cert *c,
	    struct err *err);
	int (*own_cert_each)(struct store *store, const char *address,
	    int (*each)(const struct store_own_cert *, void *), void *arg,
	    struct err *err);

	int (*contact_find)(struct store *store, const char *address,
	    struct store_contact *out, struct err *err);
	int (*contact_each)(struct store *store, const char *after,
	    int (*each)(const struct store_contact *, void *), void *arg,
	    struct err *err);
	int (*contact_suspend)(struct store *store, const char *address,
	    time_t until, struct err *err);
	int (*contacts_sent)(struct store *store, const char *const *addresses,
	    size_t count, time_t now, struct err *err);
	int (*contact_forget)(
	    struct store *store, const char *address, struct err *err);
	int (*partner_cert_put)(struct store *store,
	    const struct store_partner_cert *c, bool *is_new, struct err *err);
	int (*partner_cert_each)(struct store *store, const char *address,
	    int (*each)(const struct store_partner_cert *, void *), void *arg,
	    struct err *err);
	int (*partner_cert_walk)(struct store *store, enum store_trust trust,
	    int (*each)(const struct store_partner_cert *, void *), void *arg,
	    struct err *err);
	int (*partner_certs_judge)(struct store *store,
	    struct store_judgement *list, size_t count, struct err *err);

	int (*authority_seen)(struct store *store,
	    const struct store_authority *a, struct err *err);
	int (*authority_judge)(struct store *store,
	    const struct store_authority *a, struct err *err);
	int (*authority_each)(struct store *store,
	    int (*each)(const struct store_authority *, void *), void *arg,
	    struct err *err);
	int (*authority_each_judged)(struct store *store,
	    int (*each)(const struct store_authority *, void *), void *arg,
	    struct err *err);
	int (*journal_add)(struct store *store,
	    const unsigned char (*keys)[STORE_JOURNAL_KEY], size_t count,
	    time_t now, struct err *err);
	int (*journal_has)(struct store *store,
	    const unsigned char key[STORE_JOURNAL_KEY], time_t now, bool *has,
	    struct err *err);
	int (*audit)(struct store *store, const char *actor, const char *action,
	    const char *object, const char *detail, struct err *err);
};

/* First member of every backend's own struct. */
struct store {
	const struct store_ops *ops;
};

/* The newest schema, the same for all backends. */
#define STORE_SCHEMA 5

extern const struct store_ops store_sqlite_ops;

#endif
