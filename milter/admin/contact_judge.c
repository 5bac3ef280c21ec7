/*
 * contact_judge.c: what the operator says about one certificate of a
 * correspondent (B4): it may be used, it is the one, it is never used.
 *
 * The fingerprint may be left out where only one certificate can be meant;
 * otherwise those are named, and nothing is done.
 */
#include <stdlib.h>

#include "admin/admin.h"
#include "admin/cert_json.h"
#include "admin/contact_verbs.h"
#include "admin/fingerprint.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "cert/partner_certs.h"

/* What is to be done. */
struct judgement {
	const char *action; /* for the audit */
	enum store_trust trust;
	/* Can one be meant when no fingerprint says which? */
	bool (*is_meant)(enum store_trust now);
	const char *none; /* when there is no such */
	const char *done;
};

static bool
is_pending(enum store_trust now)
{
	return now == STORE_TRUST_PENDING;
}

static bool
is_not_judged(enum store_trust now)
{
	return now != STORE_TRUST_PINNED && now != STORE_TRUST_DISTRUSTED;
}

static bool
is_not_distrusted(enum store_trust now)
{
	return now != STORE_TRUST_DISTRUSTED;
}

static const struct judgement approval = {"contact approve",
    STORE_TRUST_HARVESTED, is_pending, "no certificate waits",
    "may be used from now on"};
static const struct judgement pinning = {"contact pin", STORE_TRUST_PINNED,
    is_not_judged, "no certificate that is neither pinned nor distrusted",
    "pinned; you vouch for it, and new ones wait for you"};
static const struct judgement distrusting = {"contact distrust",
    STORE_TRUST_DISTRUSTED, is_not_distrusted,
    "no certificate that is not distrusted", "never used from now on"};

/* --- which one --- */

struct search {
	const struct judgement *judgement;
	const char *address;
	const char *beginning; /* of the fingerprint; NULL: not given */
	struct partner_certs known;
};

static bool
fits(const struct search *s, const struct store_partner_cert *c)
{
	return s->beginning ? fingerprint_fits(c->fingerprint, s->beginning)
			    : s->judgement->is_meant(c->trust);
}

/* "bob@example.net: which one? 0123456789abcdef (pending, CN=Test CA), ..." */
static void
ask_which(const struct search *s, struct err *err)
{
	const char *between = " ";
	struct buf text;

	buf_init(&text, ERR_TEXT_MAX * 4);
	for (size_t i = 0; i < s->known.count; i++) {
		const struct store_partner_cert *c = &s->known.at[i];

		if (!fits(s, c))
			continue;
		buf_addf(&text, "%s%.*s (%s, %s)", between, CERT_ID_DIGITS,
		    c->fingerprint, store_trust_name(c->trust),
		    c->certificate->issuer);
		between = ", ";
	}
	(void)err_set(err, ERR_PERMANENT, "%s: which one?%s", s->address,
	    buf_text(&text));
	buf_fini(&text);
}

static bool
has_untrusted(const struct partner_certs *known)
{
	for (size_t i = 0; i < known->count; i++)
		if (known->at[i].trust == STORE_TRUST_UNTRUSTED)
			return true;
	return false;
}

static void
complain_none(const struct search *s, struct err *err)
{
	if (!s->beginning && s->judgement == &approval &&
	    has_untrusted(&s->known))
		(void)err_set(err, ERR_NOT_FOUND,
		    "%s: no certificate waits for you, but for its authority; "
		    "see: smimectl ca list --unknown",
		    s->address);
	else if (s->beginning)
		(void)err_set(err, ERR_NOT_FOUND,
		    "%s: no certificate %s; see: smimectl contact show %s",
		    s->address, s->beginning, s->address);
	else
		(void)err_set(err, ERR_NOT_FOUND, "%s: %s", s->address,
		    s->judgement->none);
}

static enum verb_result
find(const struct search *s, const struct store_partner_cert **out,
    struct err *err)
{
	const struct store_partner_cert *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < s->known.count; i++)
		if (fits(s, &s->known.at[i])) {
			found = &s->known.at[i];
			count++;
		}
	if (count == 0) {
		complain_none(s, err);
		return VERB_FAILED;
	}
	if (count > 1) {
		ask_which(s, err);
		return VERB_USAGE;
	}
	*out = found;
	return VERB_DONE;
}

/* --- doing it --- */

/* Approval is no vouching: without a path it would not be used anyway. */
static int
check_path(struct admin *a, const struct judgement *j,
    const struct store_partner_cert *c, struct err *err)
{
	const char *reason = "";
	struct trust *trust;

	if (j->trust != STORE_TRUST_HARVESTED ||
	    c->trust != STORE_TRUST_UNTRUSTED)
		return 0;
	if (admin_trust(a, &trust, err))
		return -1;
	if (trust_check(trust, c->certificate, &c->chain, a->now, &reason) ==
	    TRUST_OK)
		return 0;
	return err_set(err, ERR_PERMANENT,
	    "%s: its authority is not trusted (%s): %s; trust that with "
	    "\"smimectl ca trust\", or vouch for this certificate with "
	    "\"smimectl contact pin\"",
	    c->address, reason, c->certificate->issuer);
}

static int
judge(struct admin *a, const struct judgement *j,
    const struct store_partner_cert *c, struct err *err)
{
	json_t *object;
	char *detail;
	int rc;

	if (check_path(a, j, c, err) ||
	    store_partner_cert_judge(a->store, c->address,
		c->certificate->fingerprint, j->trust, err))
		return -1;
	detail =
	    xasprintf("%s was=%s", c->fingerprint, store_trust_name(c->trust));
	rc = admin_audit(a, j->action, c->address, detail, err);
	free(detail);
	if (rc)
		return -1;
	object = cert_json(c->certificate, a->now);
	output_set(object, "address", output_text(c->address));
	output_set(object, "trust", output_text(store_trust_name(j->trust)));
	output_set(object, "was", output_text(store_trust_name(c->trust)));
	output_done(&a->output, object, "%s: %.*s: %s", c->address,
	    CERT_ID_DIGITS, c->fingerprint, j->done);
	json_decref(object);
	return 0;
}

static enum verb_result
run(struct admin *a, const struct args *args, const struct judgement *j,
    struct err *err)
{
	const char *given = args_operand(args, 1);
	const struct store_partner_cert *c = NULL;
	struct search s = {.judgement = j};
	char beginning[FINGERPRINT_TEXT];
	struct store_contact contact = {0};
	enum verb_result rc = VERB_DONE;
	char *address = NULL;
	struct store *store;

	partner_certs_init(&s.known);
	if (given)
		rc = fingerprint_read(given, beginning, err);
	if (rc == VERB_DONE)
		rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE)
		return rc;
	s.address = address;
	s.beginning = given ? beginning : NULL;
	rc = VERB_FAILED;
	if (admin_store(a, &store, err) ||
	    store_contact_find(store, address, &contact, err) ||
	    partner_certs_load(&s.known, store, address, err))
		goto out;
	rc = find(&s, &c, err);
	if (rc == VERB_DONE && judge(a, j, c, err))
		rc = VERB_FAILED;
out:
	partner_certs_fini(&s.known);
	store_contact_fini(&contact);
	free(address);
	return rc;
}

enum verb_result
contact_approve_run(struct admin *a, const struct args *args, struct err *err)
{
	return run(a, args, &approval, err);
}

enum verb_result
contact_pin_run(struct admin *a, const struct args *args, struct err *err)
{
	return run(a, args, &pinning, err);
}

enum verb_result
contact_distrust_run(struct admin *a, const struct args *args, struct err *err)
{
	return run(a, args, &distrusting, err);
}
