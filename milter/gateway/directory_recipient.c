/*
 * directory_recipient.c: whom to encrypt to; see directory_load.h.  Holds no
 * lock.
 */
#include "cert/partner_certs.h"
#include "gateway/directory_load.h"
#include "smime/capabilities.h"

/* --- candidates --- */

/* One of our own users may be known as a correspondent, too. */
static int
collect_partner(const struct store_partner_cert *c, void *arg)
{
	if (!partner_certs_find(arg, c->certificate))
		partner_certs_add(arg, c);
	return 0;
}

/* One of our own: it is in the store because the operator wants it there. */
static int
collect_own(const struct store_own_cert *own, void *arg)
{
	const struct store_partner_cert c = {.address = own->address,
	    .certificate = own->certificate,
	    .chain = own->chain,
	    .trust = STORE_TRUST_MANUAL};

	return collect_partner(&c, arg);
}

/* One recipient being looked up. */
struct recipient_search {
	const struct directory_query *query;
	const struct directory_candidates *from;
	struct directory_recipient *recipient;
};

static int
collect(const struct recipient_search *search, const char *address, bool is_own,
    struct partner_certs *list, struct err *err)
{
	struct store *store = search->query->store;

	if (is_own &&
	    store_own_cert_each(store, address, collect_own, list, err) < 0)
		return -1;
	return store_partner_cert_each(
	    store, address, collect_partner, list, err);
}

/* Has the operator suspended the address, and until when? */
static int
find_suspension(const struct recipient_search *search, const char *address,
    bool *suspended, struct err *err)
{
	const struct directory_query *query = search->query;
	struct store_contact contact;

	*suspended = false;
	if (store_contact_find(query->store, address, &contact, err) < 0)
		return err->class == ERR_NOT_FOUND ? 0 : -1;
	*suspended = query->now < contact.suspended_until;
	directory_expect(
	    &search->recipient->entry, query->now, contact.suspended_until);
	store_contact_fini(&contact);
	return 0;
}

static int
pick(const struct recipient_search *search, const char *address, bool is_own,
    struct cert_choice *choice, struct err *err)
{
	const struct directory_query *query = search->query;
	struct cert_pick_opts opts = {.address = address,
	    .trust = query->trust,
	    .now = query->now,
	    .certificates = search->from->level->certificates,
	    .unchecked = search->from->level->unchecked};
	struct partner_certs list;
	int rc;

	partner_certs_init(&list);
	rc = find_suspension(search, address, &opts.suspended, err);
	if (rc == 0)
		rc = collect(search, address, is_own, &list, err);
	if (rc == 0)
		cert_pick(list.at, list.count, &opts, choice);
	for (size_t i = 0; i < list.count; i++)
		directory_expect_edges(&search->recipient->entry, query->now,
		    list.at[i].certificate);
	partner_certs_fini(&list);
	return rc;
}

/* --- what they announced --- */

/* What came with their mail wins over what the certificate says (rule H3). */
static struct capabilities
read_list(const struct cert_candidate *candidate)
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

/* Who encrypts with GCM or OAEP can read it.  Which digest his OAEP can do was
 * not seen, so it is the one that all can. */
static struct capabilities
announced(const struct cert_candidate *candidate)
{
	struct capabilities c = read_list(candidate);

	if (candidate->used & STORE_USED_AES256_GCM)
		c.aes256_gcm = c.prefers_gcm = true;
	if ((candidate->used & STORE_USED_OAEP) && !c.oaep_sha256)
		c.oaep_sha1 = true;
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
	if (recipient->choice.taken == 0 && from->stand_in &&
	    recipient->choice.word != CERT_PICK_SUSPENDED) {
		if (pick(&search, from->stand_in, from->stand_in_is_own,
			&domain, err) < 0)
			return -1;
		cert_choice_fall_back(&recipient->choice, &domain);
	}
	read_capabilities(recipient);
	return 0;
}
