/*
 * directory_recipient.c: whom to encrypt to; see directory_load.h.  Holds no
 * lock.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/directory_load.h"
#include "smime/capabilities.h"

/* --- candidates --- */

struct partner_list {
	struct store_partner_cert *at;
	size_t count;
};

static bool
has_certificate(
    const struct partner_list *list, const struct certificate *certificate)
{
	for (size_t i = 0; i < list->count; i++)
		if (memcmp(list->at[i].certificate->fingerprint,
			certificate->fingerprint, FINGERPRINT_SIZE) == 0)
			return true;
	return false;
}

/* Copies what a choice looks at. */
static int
collect_partner(const struct store_partner_cert *c, void *arg)
{
	struct partner_list *list = arg;
	struct store_partner_cert *copy;

	if (has_certificate(list, c->certificate))
		return 0;
	list->at = xreallocarray(list->at, list->count + 1, sizeof(*list->at));
	copy = &list->at[list->count++];
	store_partner_cert_init(copy);
	copy->address = xstrdup(c->address);
	copy->certificate = certificate_ref(c->certificate);
	for (size_t i = 0; i < c->chain.count; i++)
		certificate_list_add(&copy->chain, c->chain.at[i]);
	copy->trust = c->trust;
	copy->first_seen = c->first_seen;
	copy->last_seen = c->last_seen;
	copy->signing_time = c->signing_time;
	copy->preferred = c->preferred;
	copy->capabilities_len = c->capabilities_len;
	copy->capabilities = xreallocarray(NULL, c->capabilities_len + 1, 1);
	if (c->capabilities_len > 0)
		memcpy(
		    copy->capabilities, c->capabilities, c->capabilities_len);
	return 0;
}

/* One of our own: it is in the store because the operator wants it there. */
static int
collect_own(const struct store_own_cert *own, void *arg)
{
	struct partner_list *list = arg;
	const struct store_partner_cert c = {.address = own->address,
	    .certificate = own->certificate,
	    .chain = own->chain,
	    .trust = STORE_TRUST_MANUAL};

	return collect_partner(&c, list);
}

static void
partner_list_fini(struct partner_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		store_partner_cert_fini(&list->at[i]);
	free(list->at);
}

/* One recipient being looked up. */
struct recipient_search {
	const struct directory_query *query;
	const struct directory_candidates *from;
	struct directory_recipient *recipient;
};

static int
collect(const struct recipient_search *search, const char *address, bool is_own,
    struct partner_list *list, struct err *err)
{
	struct store *store = search->query->store;

	if (is_own &&
	    store_own_cert_each(store, address, collect_own, list, err) < 0)
		return -1;
	return store_partner_cert_each(
	    store, address, collect_partner, list, err);
}

static int
pick(const struct recipient_search *search, const char *address, bool is_own,
    struct cert_choice *choice, struct err *err)
{
	const struct directory_query *query = search->query;
	const struct cert_pick_opts opts = {.address = address,
	    .trust = query->trust,
	    .now = query->now,
	    .certificates = search->from->level->certificates,
	    .unchecked = search->from->level->unchecked};
	struct partner_list list = {NULL, 0};
	int rc;

	rc = collect(search, address, is_own, &list, err);
	if (rc == 0)
		cert_pick(list.at, list.count, &opts, choice);
	for (size_t i = 0; i < list.count; i++)
		directory_expect_edges(&search->recipient->entry, query->now,
		    list.at[i].certificate);
	partner_list_fini(&list);
	return rc;
}

/* --- what they announced --- */

/* What came with their mail wins over what the certificate says (rule H3). */
static struct capabilities
announced(const struct cert_candidate *candidate)
{
	struct capabilities c = {.aes256_gcm = false};

	if (candidate->capabilities_len > 0 &&
	    capabilities_read(slice_make(candidate->capabilities,
				  candidate->capabilities_len),
		&c) == 0)
		return c;
	if (capabilities_of_certificate(candidate->certificate, &c))
		return (struct capabilities){.aes256_gcm = false};
	return c;
}

static void
read_capabilities(struct directory_recipient *recipient)
{
	const struct cert_choice *choice = &recipient->choice;

	recipient->reads_gcm = recipient->reads_oaep = choice->taken > 0;
	for (size_t i = 0; i < choice->taken; i++) {
		const struct cert_candidate *taken = &choice->candidates[i];
		struct capabilities c = announced(taken);

		recipient->reads_gcm &= c.prefers_gcm;
		if (taken->certificate->key == CERTIFICATE_KEY_RSA)
			recipient->reads_oaep &= c.oaep_sha1 || c.oaep_sha256;
		if (c.oaep_sha1 && !c.oaep_sha256)
			certificate_list_add(
			    &recipient->oaep_sha1, taken->certificate);
	}
}

int
directory_load_recipient(const struct directory_query *query,
    const struct directory_candidates *from,
    struct directory_recipient *recipient, struct err *err)
{
	const struct recipient_search search = {query, from, recipient};
	struct cert_choice domain;

	if (pick(&search, from->address, from->is_own, &recipient->choice,
		err) < 0)
		return -1;
	if (recipient->choice.taken == 0 && from->stand_in) {
		if (pick(&search, from->stand_in, from->stand_in_is_own,
			&domain, err) < 0)
			return -1;
		cert_choice_fall_back(&recipient->choice, &domain);
	}
	read_capabilities(recipient);
	return 0;
}
