/*
 * ca_judge.c: what the operator says about an authority (B6).
 *
 * Once one is trusted, what has waited for that is judged anew: certificates
 * whose path now ends in it are used, or wait for an approval, as if their
 * mail came today (cert/continuity.h).
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/ca_verbs.h"
#include "admin/cert_json.h"
#include "admin/fingerprint.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"
#include "cert/continuity.h"
#include "cert/judged.h"
#include "cert/partner_certs.h"

/* --- which one --- */

struct search {
	char beginning[FINGERPRINT_TEXT];
	struct certificate *found; /* a reference, or NULL */
	bool several;
};

static void
look_at(struct search *s, struct certificate *c)
{
	if (!fingerprint_fits(c->fingerprint_text, s->beginning))
		return;
	if (!s->found)
		s->found = certificate_ref(c);
	else if (strcmp(s->found->fingerprint_text, c->fingerprint_text) != 0)
		s->several = true;
}

static int
look_at_met(const struct store_authority *a, void *arg)
{
	if (a->certificate)
		look_at(arg, a->certificate);
	return 0;
}

/* Among those that were met and those that are configured. */
static int
find_known(struct admin *a, struct search *s, struct err *err)
{
	struct certificate_list configured;
	struct trust *trust;

	if (admin_trust(a, &trust, err) ||
	    store_authority_each(a->store, look_at_met, s, err))
		return -1;
	certificate_list_init(&configured);
	trust_list_configured(trust, &configured);
	for (size_t i = 0; i < configured.count; i++)
		look_at(s, configured.at[i]);
	certificate_list_fini(&configured);
	if (s->several)
		return err_set(err, ERR_PERMANENT,
		    "%s: several authorities begin so; give more of it",
		    s->beginning);
	if (!s->found)
		return err_set(err, ERR_NOT_FOUND,
		    "%s: no authority with this fingerprint, neither met nor "
		    "configured; give a file with its certificate",
		    s->beginning);
	return 0;
}

static int
read_file(const char *file, struct certificate **out, struct err *err)
{
	struct certificate_list list;
	struct buf text;
	int rc;

	buf_init(&text, LIMIT_FILE);
	certificate_list_init(&list);
	rc = io_read_file(file, &text, err);
	if (rc == 0) {
		rc = certificate_list_read(&list, buf_slice(&text), err);
		if (rc)
			err_prefix(err, "%s", file);
	}
	if (rc == 0 && list.count != 1)
		rc = err_set(err, ERR_PERMANENT,
		    "%s: %zu certificates; give that of the authority alone",
		    file, list.count);
	if (rc == 0)
		*out = certificate_ref(list.at[0]);
	certificate_list_fini(&list);
	buf_fini(&text);
	return rc;
}

/* What is no fingerprint is the name of a file. */
static int
find(struct admin *a, const char *text, struct certificate **out,
    struct err *err)
{
	struct search s = {.found = NULL};
	struct err why;
	int rc;

	if (fingerprint_read(text, s.beginning, &why) != VERB_DONE) {
		rc = read_file(text, out, err);
		if (rc && err->class == ERR_NOT_FOUND)
			(void)err_set(err, ERR_NOT_FOUND,
			    "%s: neither a file nor the beginning of a "
			    "fingerprint (%u digits or more)",
			    text, FINGERPRINT_LEAST);
		return rc;
	}
	rc = find_known(a, &s, err);
	if (rc)
		certificate_unref(&s.found);
	else
		*out = s.found;
	return rc;
}

/* What would change nothing is said, not done. */
static int
check(struct admin *a, const struct certificate *c,
    enum store_authority_trust trust, struct err *err)
{
	if (!c->is_ca)
		return err_set(err, ERR_PERMANENT,
		    "%s is no authority; for the certificate of one "
		    "correspondent see: smimectl contact pin",
		    c->subject);
	if (trust == STORE_AUTHORITY_TRUSTED && a->now > c->not_after)
		return err_set(
		    err, ERR_PERMANENT, "%s has expired", c->subject);
	return 0;
}

/* --- judging anew what has waited --- */

/* So many are written at a time.  Those of one contact never are: what is
 * said about one depends on what was said about the one before. */
#define BATCH 256

struct rejudge {
	struct admin *a;
	struct partner_certs certs; /* that list borrows from */
	struct store_judgement list[BATCH];
	size_t count;
	size_t usable, pending, contacts;
	char *last; /* contact that was counted */
	int rc;
	struct err *err;
};

static void
count(struct rejudge *r, const struct store_judgement *j)
{
	if (j->trust == STORE_TRUST_HARVESTED)
		r->usable++;
	else
		r->pending++;
	if (r->last && strcmp(r->last, j->address) == 0)
		return;
	free(r->last);
	r->last = xstrdup(j->address);
	r->contacts++;
}

/* One that was forgotten, displaced or judged since it was read, by mail that
 * came or by the operator, is not done. */
static int
flush(struct rejudge *r)
{
	int rc =
	    store_partner_certs_judge(r->a->store, r->list, r->count, r->err);

	for (size_t i = 0; rc == 0 && i < r->count; i++)
		if (r->list[i].done)
			count(r, &r->list[i]);
	partner_certs_fini(&r->certs);
	r->count = 0;
	return rc;
}

static int
rejudge_trusted(struct rejudge *r, const struct store_partner_cert *c)
{
	const struct store_partner_cert *copy;
	struct admin *a = r->a;
	enum continuity answer;

	if (r->count > 0 &&
	    (r->count == BATCH ||
		strcmp(r->list[r->count - 1].address, c->address) == 0) &&
	    flush(r))
		return -1;
	if (continuity_judge_stored(
		a->trust, a->store, c, a->now, &answer, r->err))
		return -1;
	partner_certs_add(&r->certs, c);
	copy = &r->certs.at[r->certs.count - 1];
	r->list[r->count++] = (struct store_judgement){.address = copy->address,
	    .fingerprint = copy->certificate->fingerprint,
	    .trust = continuity_trust(answer),
	    .only_untrusted = true};
	return 0;
}

static int
rejudge_one(const struct store_partner_cert *c, void *arg)
{
	struct rejudge *r = arg;

	if (trust_check(r->a->trust, c->certificate, &c->chain, r->a->now,
		NULL) != TRUST_OK)
		return 0;
	r->rc = rejudge_trusted(r, c);
	return r->rc;
}

static int
rejudge(struct rejudge *r)
{
	struct admin *a = r->a;

	if (judged_load(a->store, a->trust, r->err) ||
	    store_partner_cert_walk(
		a->store, STORE_TRUST_UNTRUSTED, rejudge_one, r, r->err) ||
	    r->rc)
		return -1;
	return flush(r);
}

/* --- what stays in spite of it --- */

struct exceptions {
	struct admin *a;
	const struct certificate *distrusted;
	struct certificate_list found;
};

/* Trusted, and certified by the one that is not. */
static void
add_exception(struct exceptions *e, struct certificate *c)
{
	/* It may be both configured and trusted by the operator. */
	if (certificate_list_has(&e->found, c))
		return;
	if (trust_is_issued_by(c->x509, e->distrusted) &&
	    trust_check(e->a->trust, c, NULL, e->a->now, NULL) == TRUST_OK)
		certificate_list_add(&e->found, c);
}

static int
add_judged(const struct store_authority *authority, void *arg)
{
	if (authority->certificate &&
	    authority->trust == STORE_AUTHORITY_TRUSTED)
		add_exception(arg, authority->certificate);
	return 0;
}

/* The operator may have forgotten that he trusts one below it by itself. */
static int
find_exceptions(struct exceptions *e, struct err *err)
{
	struct certificate_list configured;

	if (judged_load(e->a->store, e->a->trust, err) ||
	    store_authority_each_judged(e->a->store, add_judged, e, err))
		return -1;
	certificate_list_init(&configured);
	trust_list_configured(e->a->trust, &configured);
	for (size_t i = 0; i < configured.count; i++)
		add_exception(e, configured.at[i]);
	certificate_list_fini(&configured);
	return 0;
}

/* --- doing it --- */

static json_t *
judged_json(struct admin *a, const struct certificate *c,
    enum store_authority_trust trust)
{
	json_t *object = cert_json(c, a->now);

	output_set(
	    object, "trust", output_text(store_authority_trust_name(trust)));
	return object;
}

static void
print_trusted(
    struct admin *a, const struct certificate *c, const struct rejudge *r)
{
	json_t *object = judged_json(a, c, STORE_AUTHORITY_TRUSTED);

	output_set(object, "usable", json_integer((json_int_t)r->usable));
	output_set(object, "pending", json_integer((json_int_t)r->pending));
	output_set(object, "contacts", json_integer((json_int_t)r->contacts));
	if (r->contacts == 0)
		output_done(&a->output, object,
		    "%s: trusted; no certificate has waited for it",
		    c->subject);
	else
		output_done(&a->output, object,
		    "%s: trusted; of %zu contact%s %zu certificate%s may be "
		    "used now, %zu wait%s for you%s",
		    c->subject, r->contacts, r->contacts == 1 ? "" : "s",
		    r->usable, r->usable == 1 ? "" : "s", r->pending,
		    r->pending == 1 ? "s" : "",
		    r->pending > 0 ? ": smimectl contact list --pending" : "");
	json_decref(object);
}

static void
print_distrusted(
    struct admin *a, const struct certificate *c, const struct exceptions *e)
{
	json_t *object = judged_json(a, c, STORE_AUTHORITY_DISTRUSTED);
	size_t count = e->found.count;

	output_set(object, "exceptions", json_integer((json_int_t)count));
	if (count == 0)
		output_done(&a->output, object,
		    "%s: distrusted; what leads to it is not used from now on, "
		    "but for what you vouch for",
		    c->subject);
	else
		output_done(&a->output, object,
		    "%s: distrusted; but what leads to %zu authorit%s that it "
		    "has certified, and that %s trusted by %s, is used all the "
		    "same",
		    c->subject, count, count == 1 ? "y" : "ies",
		    count == 1 ? "is" : "are",
		    count == 1 ? "itself" : "themselves");
	json_decref(object);
}

static int
judge(struct admin *a, struct certificate *c, enum store_authority_trust trust,
    struct err *err)
{
	const struct store_authority authority = {.subject = c->subject,
	    .certificate = c,
	    .first_seen = a->now,
	    .trust = trust};
	struct exceptions e = {.a = a, .distrusted = c};
	struct rejudge r = {.a = a, .err = err};
	bool trusts = trust == STORE_AUTHORITY_TRUSTED;
	int rc;

	certificate_list_init(&e.found);
	rc = store_authority_judge(a->store, &authority, err);
	if (rc == 0)
		rc = admin_audit(a, trusts ? "ca trust" : "ca distrust",
		    c->fingerprint_text, c->subject, err);
	if (rc == 0)
		rc = trusts ? rejudge(&r) : find_exceptions(&e, err);
	if (rc == 0 && trusts)
		print_trusted(a, c, &r);
	else if (rc == 0)
		print_distrusted(a, c, &e);
	certificate_list_fini(&e.found);
	partner_certs_fini(&r.certs);
	free(r.last);
	return rc;
}

static enum verb_result
run(struct admin *a, const struct args *args, enum store_authority_trust trust,
    struct err *err)
{
	struct certificate *c = NULL;
	struct trust *known;
	int rc;

	rc = admin_trust(a, &known, err);
	if (rc == 0)
		rc = find(a, args_operand(args, 0), &c, err);
	if (rc == 0)
		rc = check(a, c, trust, err);
	if (rc == 0)
		rc = judge(a, c, trust, err);
	certificate_unref(&c);
	return rc ? VERB_FAILED : VERB_DONE;
}

enum verb_result
ca_trust_run(struct admin *a, const struct args *args, struct err *err)
{
	return run(a, args, STORE_AUTHORITY_TRUSTED, err);
}

enum verb_result
ca_distrust_run(struct admin *a, const struct args *args, struct err *err)
{
	return run(a, args, STORE_AUTHORITY_DISTRUSTED, err);
}
