/*
 * gather_recipients.c: see gather_recipients.h, and gather.h for the
 * certificates of groups.  Belongs to one message; what it asks the directory
 * for is shared.
 */
#include "gateway/gather_recipients.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* --- recipients --- */

/* Does anybody want ciphertext for him?  Mail between our own users stays on
 * the server: only a rule for the recipient asks for it. */
static bool
may_be_encrypted(const struct policy_facts *f, const struct recipient_facts *r)
{
	switch (r->level.encrypt) {
	case RECEIVE_NEVER:
		return false;
	case RECEIVE_IF_POSSIBLE:
	case RECEIVE_REQUIRED:
		return true;
	default:
		break;
	}
	return !r->is_local &&
	       (f->encrypt > ENCRYPT_OFF ||
		   (f->asks_encrypt && f->triggers >= TRIGGERS_PROTECT));
}

static int
gather_rule(struct recipient_facts *r, const struct directory_view *view,
    struct err *err)
{
	struct directory_rule *rule;

	if (r->address &&
	    directory_is_own(view, r->address, &r->is_local, err) < 0)
		return -1;
	/* What is asked of everybody holds for who has no readable name. */
	if (directory_find_rule(
		view, r->address ? r->address : "", &rule, err) < 0)
		return -1;
	r->level = rule->level;
	directory_rule_unref(&rule);
	return 0;
}

static void
add_oaep_sha1(struct gather *g, const struct directory_recipient *found)
{
	for (size_t i = 0; i < found->oaep_sha1.count; i++)
		certificate_list_add(&g->oaep_sha1, found->oaep_sha1.at[i]);
}

static int
gather_recipient(struct gather *g, const struct directory_view *view, size_t i,
    struct err *err)
{
	struct recipient_facts *r = &g->recipients[i];
	const struct directory_recipient *found;

	r->level = policy_recipient_builtin;
	r->word = CERT_PICK_NONE;
	if (gather_rule(r, view, err) < 0)
		return -1;
	if (!r->address || !may_be_encrypted(&g->facts, r))
		return 0;
	if (directory_find_recipient(view, r->address, &g->entries[i], err) < 0)
		return -1;
	found = g->entries[i];
	r->certificates = found->choice.taken;
	r->word = found->choice.word;
	r->reads_gcm = found->reads_gcm;
	r->reads_oaep = found->reads_oaep;
	add_oaep_sha1(g, found);
	return 0;
}

static int
add_recipients(struct gather *g, const struct directory_view *view,
    const struct envelope *envelope, const struct address_list *visible,
    struct err *err)
{
	size_t n = envelope->count;

	g->recipients = xcalloc(n + 1, sizeof(*g->recipients));
	g->entries = xcalloc(n + 1, sizeof(struct directory_recipient *));
	g->facts.recipients = g->recipients;
	for (size_t i = 0; i < n; i++) {
		struct recipient_facts *r = &g->recipients[i];

		r->address = envelope->recipients[i].address;
		r->envelope = envelope->recipients[i].path;
		r->visible =
		    r->address && address_list_has(visible, r->address);
		g->facts.recipient_count = i + 1;
		if (gather_recipient(g, view, i, err) < 0)
			return -1;
	}
	return 0;
}

static int
compare_fingerprints(const void *a, const void *b)
{
	const struct certificate *const *x = a, *const *y = b;

	return memcmp(
	    (*x)->fingerprint, (*y)->fingerprint, sizeof((*x)->fingerprint));
}

/* --- escrow (C9) --- */

/* They get every ciphertext, and have to read it (rule E2). */
static void
limit_abilities(struct gather *g, const struct directory_recipient *escrow)
{
	for (size_t i = 0; i < g->facts.recipient_count; i++) {
		g->recipients[i].reads_gcm &= escrow->reads_gcm;
		g->recipients[i].reads_oaep &= escrow->reads_oaep;
	}
}

/* Only certificates of that very address: a domain's would let others read. */
static int
add_escrow(struct gather *g, const struct directory_view *view,
    const char *address, struct err *err)
{
	struct directory_recipient *found;
	size_t before = g->escrow.count;

	if (directory_find_recipient(view, address, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found->choice.taken; i++)
		if (!found->choice.candidates[i].is_domain)
			certificate_list_add(&g->escrow,
			    found->choice.candidates[i].certificate);
	if (g->escrow.count == before)
		g->facts.escrow = ESCROW_MISSING;
	add_oaep_sha1(g, found);
	limit_abilities(g, found);
	directory_recipient_unref(&found);
	return 0;
}

static int
add_escrow_list(struct gather *g, const struct directory_view *view,
    const struct address_list *list, struct err *err)
{
	if (list->malformed)
		g->facts.escrow = ESCROW_MISSING;
	else if (list->count > 0)
		g->facts.escrow = ESCROW_READY;
	for (size_t i = 0; i < list->count; i++)
		if (add_escrow(g, view, list->addresses[i], err) < 0)
			return -1;
	return 0;
}

static bool
anything_to_encrypt(const struct gather *g)
{
	for (size_t i = 0; i < g->facts.recipient_count; i++)
		if (g->recipients[i].certificates > 0)
			return true;
	return false;
}

static int
gather_escrow(
    struct gather *g, const struct directory_view *view, struct err *err)
{
	struct directory_sender *author;
	int rc;

	if (!g->author || !anything_to_encrypt(g))
		return 0;
	if (directory_find_sender(view, g->author, &author, err) < 0)
		return -1;
	rc = add_escrow_list(g, view, &author->escrow, err);
	directory_sender_unref(&author);
	return rc;
}

int
gather_recipients(struct gather *g, const struct directory_view *view,
    const struct envelope *envelope, const struct address_list *visible,
    struct err *err)
{
	if (add_recipients(g, view, envelope, visible, err) < 0 ||
	    gather_escrow(g, view, err) < 0)
		return -1;
	if (g->oaep_sha1.count > 0)
		qsort(g->oaep_sha1.at, g->oaep_sha1.count,
		    sizeof(*g->oaep_sha1.at), compare_fingerprints);
	return 0;
}

/* --- whom a ciphertext is for --- */

static bool
is_in_group(const struct plan *plan, size_t i, size_t group)
{
	return plan->recipients[i].encrypt &&
	       plan->recipients[i].group == group;
}

void
gather_group_certificates(const struct gather *g, const struct plan *plan,
    size_t group, struct certificate_list *out)
{
	struct certificate **all;
	size_t n = g->escrow.count;

	if (!plan->groups[group].encrypt)
		return;
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (is_in_group(plan, i, group))
			n += g->recipients[i].certificates;
	all = xcalloc(n + 1, sizeof(struct certificate *));
	for (n = 0; n < g->escrow.count; n++)
		all[n] = g->escrow.at[n];
	for (size_t i = 0; i < plan->recipient_count; i++)
		for (size_t k = 0; is_in_group(plan, i, group) &&
				   k < g->recipients[i].certificates;
		     k++)
			all[n++] =
			    g->entries[i]->choice.candidates[k].certificate;
	qsort(all, n, sizeof(struct certificate *), compare_fingerprints);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || compare_fingerprints(&all[i - 1], &all[i]) != 0)
			certificate_list_add(out, all[i]);
	free(all);
}

bool *
gather_oaep_sha1(
    const struct gather *g, const struct certificate_list *certificates)
{
	bool *sha1 = xcalloc(certificates->count, sizeof(*sha1));

	for (size_t i = 0; g->oaep_sha1.count && i < certificates->count; i++)
		sha1[i] = bsearch(&certificates->at[i], g->oaep_sha1.at,
		    g->oaep_sha1.count, sizeof(*g->oaep_sha1.at),
		    compare_fingerprints);
	return sha1;
}
