/*
 * store.c: see store.h.  Finds the backend by the URI's scheme and passes
 * every call on; knows no database.
 */
#include "cert/store.h"

#include <string.h>

#include "cert/store_backend.h"

#define BACKENDS 1

static const struct store_ops *const backends[BACKENDS] = {&store_sqlite_ops};

static const struct store_ops *
find_backend(const char *uri, const char **place, struct err *err)
{
	for (size_t i = 0; i < BACKENDS; i++) {
		size_t len = strlen(backends[i]->scheme);

		if (strncmp(uri, backends[i]->scheme, len) == 0) {
			*place = uri + len;
			return backends[i];
		}
	}
	err_set(err, ERR_PERMANENT,
	    "store \"%s\": unknown kind; expected \"sqlite:/path/of/store.db\"",
	    uri);
	return NULL;
}

int
store_open(const char *uri, struct store **out, struct err *err)
{
	const char *place;
	const struct store_ops *ops = find_backend(uri, &place, err);

	return ops ? ops->open(place, out, err) : -1;
}

int
store_migrate(const char *uri, int *from, int *to, struct err *err)
{
	const char *place;
	const struct store_ops *ops = find_backend(uri, &place, err);

	return ops ? ops->migrate(place, from, to, err) : -1;
}

void
store_close(struct store *store)
{
	if (store)
		store->ops->close(store);
}

int
store_schema_version(void)
{
	return STORE_SCHEMA;
}

int
store_generation(struct store *store, uint64_t *generation, struct err *err)
{
	return store->ops->generation(store, generation, err);
}

int
store_count(struct store *store, struct store_counts *out, struct err *err)
{
	return store->ops->count(store, out, err);
}

int
store_count_expiring(
    struct store *store, time_t until, unsigned long *users, struct err *err)
{
	return store->ops->count_expiring(store, until, users, err);
}

int
store_domain_add(
    struct store *store, const struct store_domain *d, struct err *err)
{
	return store->ops->domain_add(store, d, err);
}

int
store_domain_set(
    struct store *store, const struct store_domain *d, struct err *err)
{
	return store->ops->domain_set(store, d, err);
}

int
store_domain_find(struct store *store, const char *name,
    struct store_domain *out, struct err *err)
{
	return store->ops->domain_find(store, name, out, err);
}

int
store_domain_each(struct store *store,
    int (*each)(const struct store_domain *, void *), void *arg,
    struct err *err)
{
	return store->ops->domain_each(store, each, arg, err);
}

int
store_user_add(struct store *store, const struct store_user *u, struct err *err)
{
	return store->ops->user_add(store, u, err);
}

int
store_user_set(struct store *store, const struct store_user *u, struct err *err)
{
	return store->ops->user_set(store, u, err);
}

int
store_user_find(struct store *store, const char *address,
    struct store_user *out, struct err *err)
{
	return store->ops->user_find(store, address, out, err);
}

int
store_user_each(struct store *store, const char *domain, const char *after,
    int (*each)(const struct store_user *, void *), void *arg, struct err *err)
{
	return store->ops->user_each(store, domain, after, each, arg, err);
}

int
store_disclaimer_each(struct store *store,
    int (*each)(const struct store_disclaimer_use *, void *), void *arg,
    struct err *err)
{
	return store->ops->disclaimer_each(store, each, arg, err);
}

int
store_recipient_put(
    struct store *store, const struct store_recipient *r, struct err *err)
{
	return store->ops->recipient_put(store, r, err);
}

int
store_recipient_find(struct store *store, const char *name,
    struct store_recipient *out, struct err *err)
{
	return store->ops->recipient_find(store, name, out, err);
}

int
store_recipient_remove(struct store *store, const char *name, struct err *err)
{
	return store->ops->recipient_remove(store, name, err);
}

int
store_recipient_demands(struct store *store, bool *any, struct err *err)
{
	return store->ops->recipient_demands(store, any, err);
}

int
store_recipient_each(struct store *store,
    int (*each)(const struct store_recipient *, void *), void *arg,
    struct err *err)
{
	return store->ops->recipient_each(store, each, arg, err);
}

int
store_login_add(struct store *store, const char *login, const char *address,
    time_t now, struct err *err)
{
	return store->ops->login_add(store, login, address, now, err);
}

int
store_login_remove(struct store *store, const char *login, const char *address,
    struct err *err)
{
	return store->ops->login_remove(store, login, address, err);
}

int
store_login_each(struct store *store, const char *login,
    int (*each)(const struct store_login *, void *), void *arg, struct err *err)
{
	return store->ops->login_each(store, login, each, arg, err);
}

int
store_login_may(struct store *store, const char *login, const char *address,
    bool *may, struct err *err)
{
	return store->ops->login_may(store, login, address, may, err);
}

int
store_own_cert_add(
    struct store *store, const struct store_own_cert *c, struct err *err)
{
	return store->ops->own_cert_add(store, c, err);
}

int
store_own_cert_each(struct store *store, const char *address,
    int (*each)(const struct store_own_cert *, void *), void *arg,
    struct err *err)
{
	return store->ops->own_cert_each(store, address, each, arg, err);
}

int
store_contact_find(struct store *store, const char *address,
    struct store_contact *out, struct err *err)
{
	return store->ops->contact_find(store, address, out, err);
}

int
store_contact_each(struct store *store, const char *after,
    int (*each)(const struct store_contact *, void *), void *arg,
    struct err *err)
{
	return store->ops->contact_each(store, after, each, arg, err);
}

int
store_contact_suspend(
    struct store *store, const char *address, time_t until, struct err *err)
{
	return store->ops->contact_suspend(store, address, until, err);
}

int
store_contacts_sent(struct store *store, const char *const *addresses,
    size_t count, time_t now, struct err *err)
{
	return store->ops->contacts_sent(store, addresses, count, now, err);
}

int
store_contact_forget(struct store *store, const char *address, struct err *err)
{
	return store->ops->contact_forget(store, address, err);
}

int
store_partner_cert_put(struct store *store, const struct store_partner_cert *c,
    bool *is_new, struct err *err)
{
	return store->ops->partner_cert_put(store, c, is_new, err);
}

int
store_partner_cert_each(struct store *store, const char *address,
    int (*each)(const struct store_partner_cert *, void *), void *arg,
    struct err *err)
{
	return store->ops->partner_cert_each(store, address, each, arg, err);
}

int
store_partner_cert_walk(struct store *store, enum store_trust trust,
    int (*each)(const struct store_partner_cert *, void *), void *arg,
    struct err *err)
{
	return store->ops->partner_cert_walk(store, trust, each, arg, err);
}

int
store_partner_cert_judge(struct store *store, const char *address,
    const unsigned char fingerprint[FINGERPRINT_SIZE], enum store_trust trust,
    struct err *err)
{
	struct store_judgement one = {
	    .address = address, .fingerprint = fingerprint, .trust = trust};

	if (store->ops->partner_certs_judge(store, &one, 1, err))
		return -1;
	if (one.done)
		return 0;
	return err_set(
	    err, ERR_NOT_FOUND, "%s has no such certificate", address);
}

int
store_partner_certs_judge(struct store *store, struct store_judgement *list,
    size_t count, struct err *err)
{
	return store->ops->partner_certs_judge(store, list, count, err);
}

int
store_authority_judge(
    struct store *store, const struct store_authority *a, struct err *err)
{
	return store->ops->authority_judge(store, a, err);
}

int
store_authority_seen(
    struct store *store, const struct store_authority *a, struct err *err)
{
	return store->ops->authority_seen(store, a, err);
}

int
store_authority_each(struct store *store,
    int (*each)(const struct store_authority *, void *), void *arg,
    struct err *err)
{
	return store->ops->authority_each(store, each, arg, err);
}

int
store_authority_each_judged(struct store *store,
    int (*each)(const struct store_authority *, void *), void *arg,
    struct err *err)
{
	return store->ops->authority_each_judged(store, each, arg, err);
}

int
store_journal_add(struct store *store,
    const unsigned char (*keys)[STORE_JOURNAL_KEY], size_t count, time_t now,
    struct err *err)
{
	return store->ops->journal_add(store, keys, count, now, err);
}

int
store_journal_has(struct store *store,
    const unsigned char key[STORE_JOURNAL_KEY], time_t now, bool *has,
    struct err *err)
{
	return store->ops->journal_has(store, key, now, has, err);
}

int
store_audit(struct store *store, const char *actor, const char *action,
    const char *object, const char *detail, struct err *err)
{
	return store->ops->audit(store, actor, action, object, detail, err);
}
