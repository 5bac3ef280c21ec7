/*
 * gather.c: see gather.h.  Belongs to one message; what it asks the
 * directory for is shared.
 */
#include "gateway/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/author_name.h"
#include "gateway/authority.h"
#include "gateway/exemption.h"
#include "gateway/gather_recipients.h"
#include "mail/mime_canon.h"

void
gather_init(struct gather *g)
{
	memset(g, 0, sizeof(*g));
	address_list_init(&g->from);
	certificate_list_init(&g->escrow);
	certificate_list_init(&g->oaep_sha1);
}

void
gather_fini(struct gather *g)
{
	if (g->entries)
		for (size_t i = 0; i < g->facts.recipient_count; i++)
			directory_recipient_unref(&g->entries[i]);
	free(g->entries);
	free(g->recipients);
	free(g->disclaimer_unknown);
	free(g->author_name);
	free(g->login);
	address_list_fini(&g->from);
	certificate_list_fini(&g->oaep_sha1);
	triggers_fini(&g->triggers);
	certificate_list_fini(&g->escrow);
	directory_sender_unref(&g->sender);
}

/* --- from envelope and header --- */

/* Adds the mailboxes of all fields of that name, in one pass however many
 * there are; returns how many. */
static size_t
add_fields(
    struct address_list *list, const struct header *header, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < header->count; i++) {
		if (!slice_equal_text_ci(header->fields[i].name, name))
			continue;
		address_list_add(list, header->fields[i].body);
		count++;
	}
	return count;
}

static void
gather_from(struct gather *g, const struct header *header)
{
	struct policy_facts *f = &g->facts;

	f->from_fields = add_fields(&g->from, header, "From");
	f->from_mailboxes = g->from.count;
	f->from_malformed = g->from.malformed;
	if (f->from_fields != 1 || g->from.count != 1 || g->from.malformed)
		return;
	/* Mail programs show the name of a group (RFC 6854) instead of who is
	 * in it, and whoever sends from outside chooses that name (rule V9). */
	if (!g->from.has_group || f->submitter != SUBMITTER_NONE)
		f->from = g->from.addresses[0];
}

static enum protection
protection_of(enum smime_kind kind)
{
	if (kind == SMIME_NONE)
		return PROTECTION_NONE;
	return smime_kind_is_encrypted(kind) ? PROTECTION_ENCRYPTED
					     : PROTECTION_SIGNED;
}

/* Each copy waits for its dot on a connection of its own. */
static size_t
copies_of(const struct relay_config *relay)
{
	if (!relay->reinject || !*relay->reinject)
		return 0;
	return relay->connections < LIMIT_RELAY_COPIES ? relay->connections
						       : LIMIT_RELAY_COPIES;
}

/* C8 */
static void
gather_wishes(struct gather *g, const struct gateway_config *config,
    const struct header *header)
{
	struct policy_facts *f = &g->facts;

	triggers_find(&g->triggers, config, header);
	f->asks_sign = g->triggers.wishes & WISH_SIGN;
	f->asks_encrypt = g->triggers.wishes & WISH_ENCRYPT;
	f->asks_no_sign = g->triggers.wishes & WISH_NO_SIGN;
	f->asks_no_encrypt = g->triggers.wishes & WISH_NO_ENCRYPT;
}

const struct triggers *
gather_triggers(const struct gather *g)
{
	if (g->triggers.count == 0 || g->facts.triggers == TRIGGERS_OFF)
		return NULL;
	return &g->triggers;
}

void
gather_header(struct gather *g, const struct gateway_config *config,
    const struct job_client *client, const struct envelope *envelope,
    const struct header *header)
{
	struct policy_facts *f = &g->facts;

	g->config = config;
	authority_submitter(config, client, &g->login, f);
	f->null_sender = envelope->null_sender;
	f->sender = envelope->sender;
	gather_from(g, header);
	g->kind = smime_detect_header(header);
	f->protection = protection_of(g->kind);
	/* Nobody asks about mail from outside, which is the bulk. */
	if (f->submitter != SUBMITTER_NONE) {
		f->exemptions =
		    exemptions_of_header(header, envelope->null_sender);
		gather_wishes(g, config, header);
	}
	/* Until more is known: what nobody has to fear from. */
	f->sign = SWITCH_OFF;
	f->encrypt = ENCRYPT_OFF;
	f->exempt = policy_effective(&config->defaults, 1).exempt;
	f->own_problem = OWN_PROBLEM_UNSIGNED;
	f->mixed = MIXED_SPLIT;
	f->bcc = BCC_SEPARATE;
	f->triggers = TRIGGERS_ALL;
	f->mode = MODE_ENFORCE;
	f->copies = copies_of(&config->relay);
}

/* --- whose addresses --- */

/* Mail from outside: one look-up, however many mailboxes a stranger writes
 * into From.  It serves the log and the harvest, which both want one. */
static int
own_author(struct gather *g, const struct directory_view *view, struct err *err)
{
	struct policy_facts *f = &g->facts;

	if (!f->from)
		return 0;
	if (directory_is_own(view, f->from, &f->from_is_own, err) < 0)
		return -1;
	f->from_any_own = f->from_is_own;
	return 0;
}

static int
own_authors(
    struct gather *g, const struct directory_view *view, struct err *err)
{
	struct policy_facts *f = &g->facts;
	bool own;

	f->from_is_own = g->from.count > 0;
	for (size_t i = 0; i < g->from.count; i++) {
		if (directory_is_own(view, g->from.addresses[i], &own, err) < 0)
			return -1;
		f->from_is_own &= own;
		f->from_any_own |= own;
	}
	return 0;
}

int
gather_owners(
    struct gather *g, const struct directory_view *view, struct err *err)
{
	struct policy_facts *f = &g->facts;

	if (f->submitter == SUBMITTER_NONE)
		return own_author(g, view, err);
	if (own_authors(g, view, err) < 0)
		return -1;
	if (f->sender &&
	    directory_is_own(view, f->sender, &f->sender_is_own, err) < 0)
		return -1;
	return directory_count_domains(view, &f->own_domains, err);
}

/* --- settings --- */

/* D1: the store may have a name that the configuration does not know. */
static void
take_disclaimer(struct gather *g, const char *name)
{
	if (!name || !*name)
		return;
	g->disclaimer = gateway_disclaimer_find(g->config, name);
	g->facts.disclaimer =
	    g->disclaimer ? DISCLAIM_WANTED : DISCLAIM_UNKNOWN;
	if (!g->disclaimer)
		g->disclaimer_unknown = xstrdup(name);
}

/* Whose address comes first decides; but the message is changed when policy
 * acts for one of them. */
static void
take_level(struct gather *g, const char *address,
    const struct setting_level *level, const char *disclaimer)
{
	struct policy_facts *f = &g->facts;

	if (!g->author) {
		g->author = address;
		take_disclaimer(g, disclaimer);
		f->disclaimer_repeat = level->disclaimer_repeat;
		f->disclaimer_protected = level->disclaimer_protected;
		f->exempt = level->exempt;
		f->mixed = level->mixed;
		f->bcc = level->bcc;
		f->triggers = level->triggers;
		f->mode = level->mode;
	} else if (level->mode != MODE_SHADOW) {
		f->mode = MODE_ENFORCE;
	}
}

/* What one of our addresses says about encryption counts when it is stricter
 * than what was known. */
static int
add_address(struct gather *g, const struct directory_view *view,
    const struct job_client *client, const char *address, struct err *err)
{
	struct policy_facts *f = &g->facts;
	struct directory_sender *sender;
	struct setting_level levels[2];
	bool own;

	if (directory_is_own(view, address, &own, err) < 0)
		return -1;
	if (!own)
		return 0;
	if (directory_find_sender(view, address, &sender, err) < 0)
		return -1;
	levels[0] = sender->level;
	levels[1] = client->override;
	levels[0] = policy_effective(levels, 2);
	/* MAILER-DAEMON is nobody's name: a domain's "required" must not
	 * hold back what says that a mail was not delivered (rule N3). */
	if (!f->null_sender || sender->state != IDENTITY_NO_USER)
		f->encrypt = policy_strictest(f->encrypt, levels[0].encrypt);
	take_level(g, address, &levels[0], sender->disclaimer);
	if (f->from && strcmp(f->from, address) == 0 && !g->sender) {
		f->sign = levels[0].sign;
		f->identity = sender->state;
		f->own_problem = levels[0].own_problem;
		g->sender = sender;
		return 0;
	}
	directory_sender_unref(&sender);
	return 0;
}

/* In this order: who comes first decides what is exempt, and the like. */
static int
gather_settings(struct gather *g, const struct directory_view *view,
    const struct job_client *client, struct err *err)
{
	for (size_t i = 0; i < g->from.count; i++)
		if (add_address(g, view, client, g->from.addresses[i], err) < 0)
			return -1;
	if (g->facts.sender &&
	    add_address(g, view, client, g->facts.sender, err) < 0)
		return -1;
	if (g->login && strchr(g->login, '@') &&
	    add_address(g, view, client, g->login, err) < 0)
		return -1;
	return 0;
}

/* --- policy --- */

int
gather_policy(struct gather *g, const struct directory_view *view,
    const struct job_client *client, const struct envelope *envelope,
    const struct header *header, struct err *err)
{
	struct address_list visible;
	int rc;

	if (gather_settings(g, view, client, err) < 0)
		return -1;
	if (g->disclaimer)
		g->author_name = author_name(header, g->author);
	address_list_init(&visible);
	add_fields(&visible, header, "To");
	add_fields(&visible, header, "Cc");
	address_list_sort(&visible);
	rc = gather_recipients(g, view, envelope, &visible, err);
	address_list_fini(&visible);
	return rc;
}

/* --- what only the body tells --- */

void
gather_body(struct gather *g, const struct header *header, struct slice body,
    const struct mime_tree *tree)
{
	struct policy_facts *f = &g->facts;

	g->kind = smime_detect(header, body);
	f->protection = protection_of(g->kind);
	f->exemptions |= exemptions_of_body(tree);
	f->too_complex = mime_canon_is_too_complex(tree);
}
