/* record.c: see record.h.  Any thread. */
#include "gateway/record.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"

/* A line has much less. */
#define NAMES_MAX 4096u

static void
put_fingerprint(struct log_line *line, const char *key, const char *fingerprint)
{
	log_slice(line, key,
	    slice_part(slice_text(fingerprint), 0, RECORD_FINGERPRINT));
}

static void
put_signer(struct log_line *line, const struct record *r)
{
	if (r->signer)
		put_fingerprint(line, "cert", r->signer->fingerprint_text);
	if (r->opaque)
		log_text(line, "opaque", r->opaque);
}

/* "0123456789abcdef,fedc..." and "+2" for those that are left out. */
static void
put_certificates(
    struct log_line *line, const char *key, const struct certificate_list *list)
{
	size_t count = list ? list->count : 0;
	struct buf text;

	buf_init(&text, RECORD_CERTS * (RECORD_FINGERPRINT + 1) + 32);
	for (size_t i = 0; i < count && i < RECORD_CERTS; i++)
		buf_addf(&text, "%s%.*s", i > 0 ? "," : "", RECORD_FINGERPRINT,
		    list->at[i]->fingerprint_text);
	if (count > RECORD_CERTS)
		buf_addf(&text, ",+%zu", count - RECORD_CERTS);
	log_slice(line, key, buf_slice(&text));
	buf_fini(&text);
}

static void
put_recipients(
    struct log_line *line, const struct record *r, const struct plan_group *g)
{
	if (r->to)
		put_certificates(line, "certs", r->to);
	if (g)
		log_text(line, "cipher", setting_cipher_name(g->cipher));
	if (r->escrow && r->escrow->count > 0)
		put_certificates(line, "escrow", r->escrow);
}

/* The author, or who stands in for one. */
static const char *
author(const struct policy_facts *f)
{
	return f->from ? f->from : f->sender ? f->sender : "";
}

static void
begin(struct log_line *line, enum log_level level, const struct record *r,
    const char *event)
{
	log_begin(line, level, r->queue_id, event);
	log_text(line, "from", author(r->facts));
	log_number(line, "nrcpt", (long long)r->recipients);
	if (r->plan->shadow)
		log_text(line, "shadow", "yes");
}

static void
put_reason(struct log_line *line, const char *key, enum plan_reason reason)
{
	if (reason != REASON_NONE)
		log_text(line, key, plan_reason_name(reason));
}

/* Whose fault it is. */
static void
put_culprit(struct log_line *line, const struct record *r, size_t recipient)
{
	const struct recipient_facts *culprit;

	if (recipient == PLAN_NO_RECIPIENT)
		return;
	culprit = &r->facts->recipients[recipient];
	log_text(line, "to",
	    culprit->address ? culprit->address : culprit->envelope);
}

/* Who it was that wrote under another's name. */
static void
put_login(struct log_line *line, const struct record *r)
{
	if (r->plan->sign_reason == REASON_LOGIN_MISMATCH && r->facts->login)
		log_text(line, "login", r->facts->login);
}

/* What is told of one copy. */
struct telling {
	const struct plan_group *group; /* NULL: not known */
	bool encrypt;
	enum plan_reason encrypt_reason;
	size_t recipient; /* who is the reason */
};

static void
put_protection(
    struct log_line *line, const struct record *r, const struct telling *t)
{
	const struct plan *plan = r->plan;

	if (t->encrypt) {
		put_recipients(line, r, t->group);
		log_text(line, "sign", plan->sign ? "yes" : "no");
		if (plan->sign)
			put_signer(line, r);
		else
			put_reason(line, "sign-reason", plan->sign_reason);
		put_login(line, r);
	} else {
		put_signer(line, r);
		log_text(line, "encrypt", "no");
		put_reason(line, "encrypt-reason", t->encrypt_reason);
		put_culprit(line, r, t->recipient);
	}
	if (plan->sign && r->algorithm)
		log_text(line, "alg", r->algorithm);
}

static void
put_passed(struct log_line *line, const struct record *r,
    enum plan_reason reason, const struct telling *t)
{
	put_reason(line, "reason", reason);
	if (t->encrypt_reason != reason) {
		put_reason(line, "encrypt-reason", t->encrypt_reason);
		put_culprit(line, r, t->recipient);
	}
	put_login(line, r);
}

/* What the sender asked for, granted or not. */
static void
put_triggers(struct log_line *line, const struct record *r)
{
	size_t count = r->triggers ? r->triggers->count : 0;
	struct buf text;

	if (count == 0)
		return;
	buf_init(&text, NAMES_MAX);
	for (size_t i = 0; i < count; i++)
		buf_addf(
		    &text, "%s%s", i > 0 ? "," : "", r->triggers->names[i]);
	log_slice(line, "triggers", buf_slice(&text));
	buf_fini(&text);
}

/* --- disclaimers --- */

static void
put_disclaimer(struct log_line *line, const struct plan *plan)
{
	if (plan->disclaimer != PLAN_DISCLAIMER_NONE)
		log_text(
		    line, "disclaimer", plan_disclaimer_name(plan->disclaimer));
}

/* D2: a line of its own says why, unless the mail does not leave for another
 * reason. */
static void
record_disclaimer(const struct record *r)
{
	const struct plan *plan = r->plan;
	bool leaves = plan->action == PLAN_PASS || plan->action == PLAN_PROTECT;
	struct log_line line;

	if (plan->disclaimer != PLAN_DISCLAIMER_REFUSED ||
	    (!leaves && plan->reason != REASON_DISCLAIMER_REFUSED))
		return;
	begin(&line, LOG_LEVEL_INFO, r, "disclaimer");
	put_disclaimer(&line, plan);
	put_reason(&line, "reason", plan->disclaimer_reason);
	log_end(&line);
}

/* --- the message --- */

/* Only the store knows that name, so only this tells which it is. */
static void
put_unknown(struct log_line *line, const struct record *r)
{
	char *text;

	if (r->plan->reason != REASON_DISCLAIMER_UNKNOWN ||
	    !r->disclaimer_unknown)
		return;
	text = xasprintf("there is no disclaimer %s", r->disclaimer_unknown);
	log_phrase(line, "error", text);
	free(text);
}

void
record_plan(const struct record *r)
{
	const struct plan *plan = r->plan;
	const struct telling t = {
	    .group = plan->group_count > 0 ? &plan->groups[0] : NULL,
	    .encrypt = plan->encrypt,
	    .encrypt_reason = plan->encrypt_reason,
	    .recipient = plan->recipient,
	};
	struct log_line line;

	if (plan->action == PLAN_PROTECT && (plan->sign || plan->encrypt)) {
		begin(&line, LOG_LEVEL_INFO, r,
		    plan->encrypt ? "encrypted" : "signed");
		put_protection(&line, r, &t);
		put_disclaimer(&line, plan);
	} else if (plan->action == PLAN_REFUSE) {
		begin(&line, LOG_LEVEL_INFO, r, "refused");
		put_reason(&line, "reason", plan->reason);
		put_culprit(&line, r, plan->recipient);
	} else if (plan->action == PLAN_DEFER) {
		begin(&line, LOG_LEVEL_INFO, r, "deferred");
		put_reason(&line, "reason", plan->reason);
		put_unknown(&line, r);
	} else {
		begin(&line, LOG_LEVEL_INFO, r, "passed");
		put_passed(&line, r,
		    plan->action == PLAN_PASS ? plan->reason
					      : plan->sign_reason,
		    &t);
		put_disclaimer(&line, plan);
	}
	put_triggers(&line, r);
	log_end(&line);
	record_disclaimer(r);
}

/* --- several copies --- */

static void
record_refused_recipients(const struct record *r)
{
	const struct plan *plan = r->plan;
	struct record one = *r;
	struct log_line line;
	size_t told = 0;

	one.recipients = 1;
	for (size_t i = 0; i < plan->recipient_count && told < RECORD_REFUSED;
	     i++) {
		if (!plan->recipients[i].refused)
			continue;
		begin(&line, LOG_LEVEL_INFO, &one, "refused");
		put_reason(&line, "reason", plan->recipients[i].reason);
		put_culprit(&line, r, i);
		log_end(&line);
		told++;
	}
}

void
record_split(const struct record *r)
{
	const struct plan *plan = r->plan;
	long long encrypted = 0, clear = 0;
	struct log_line line;

	for (size_t i = 0; i < plan->group_count; i++) {
		long long count = (long long)plan->groups[i].count;

		if (plan->groups[i].encrypt)
			encrypted += count;
		else
			clear += count;
	}
	begin(&line, LOG_LEVEL_INFO, r, "split");
	log_number(&line, "copies", (long long)plan->group_count);
	log_number(&line, "encrypted", encrypted);
	log_number(&line, "clear", clear);
	log_number(&line, "refused", (long long)plan->refused);
	if (r->again > 0)
		log_number(&line, "again", (long long)r->again);
	put_disclaimer(&line, plan);
	put_triggers(&line, r);
	log_end(&line);
	record_disclaimer(r);
	record_refused_recipients(r);
}

/* The first recipient of a group. */
static size_t
first_of(const struct plan *plan, size_t group)
{
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (plan->recipients[i].group == group)
			return i;
	return PLAN_NO_RECIPIENT;
}

void
record_copy(const struct record *r, size_t group)
{
	const struct plan *plan = r->plan;
	const struct plan_group *g = &plan->groups[group];
	size_t first = first_of(plan, group);
	const struct telling t = {
	    .group = g,
	    .encrypt = g->encrypt,
	    .encrypt_reason = first == PLAN_NO_RECIPIENT
				  ? plan->encrypt_reason
				  : plan->recipients[first].reason,
	    .recipient = first,
	};
	struct record copy = *r;
	struct log_line line;
	char number[48];

	copy.recipients = g->count;
	snprintf(
	    number, sizeof(number), "%zu/%zu", group + 1, plan->group_count);
	begin(&line, LOG_LEVEL_INFO, &copy,
	    g->encrypt	 ? "encrypted"
	    : plan->sign ? "signed"
			 : "passed");
	log_text(&line, "copy", number);
	if (g->encrypt || plan->sign)
		put_protection(&line, &copy, &t);
	else
		put_passed(&line, &copy, plan->sign_reason, &t);
	log_end(&line);
}

/* --- what went wrong --- */

/* What only the operator can put right. */
static bool
is_error(enum plan_reason reason, const struct err *err)
{
	return err->class == ERR_BUG ||
	       (reason == REASON_REINJECT && err->class == ERR_PERMANENT);
}

static void
record_failure(const struct record *r, const char *event,
    enum plan_reason reason, const struct err *err)
{
	struct log_line line;

	begin(&line,
	    is_error(reason, err) ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, r,
	    event);
	put_reason(&line, "reason", reason);
	put_triggers(&line, r);
	log_phrase(&line, "error", err->text);
	log_end(&line);
}

void
record_deferred(
    const struct record *r, enum plan_reason reason, const struct err *err)
{
	record_failure(r, "deferred", reason, err);
}

void
record_refused(
    const struct record *r, enum plan_reason reason, const struct err *err)
{
	record_failure(r, "refused", reason, err);
}

void
record_passed(
    const struct record *r, enum plan_reason reason, const struct err *err)
{
	record_failure(r, "passed", reason, err);
}

/* What is known already is of no interest. */
static void
record_kept(const char *queue_id, const char *event, const char *from,
    const char *fingerprint, bool is_new)
{
	struct log_line line;

	log_begin(
	    &line, is_new ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, queue_id, event);
	log_text(&line, "from", from);
	put_fingerprint(&line, "cert", fingerprint);
	log_text(&line, "new", is_new ? "yes" : "no");
	log_end(&line);
}

void
record_harvested(const char *queue_id, const char *from,
    const char *fingerprint, bool is_new)
{
	record_kept(queue_id, "harvested", from, fingerprint, is_new);
}

void
record_untrusted(const char *queue_id, const char *from,
    const char *fingerprint, bool is_new)
{
	record_kept(queue_id, "untrusted", from, fingerprint, is_new);
}

/* A warning: nothing goes on here without the operator. */
void
record_pending(const char *queue_id, const char *from, const char *fingerprint,
    const char *reason)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_WARNING, queue_id, "pending");
	log_text(&line, "from", from);
	put_fingerprint(&line, "cert", fingerprint);
	log_text(&line, "reason", reason);
	log_end(&line);
}

void
record_unlearned(const char *queue_id, const char *from,
    const char *fingerprint, const char *reason, const struct err *err)
{
	struct log_line line;

	log_begin(&line, err ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, queue_id,
	    "unlearned");
	log_text(&line, "from", from);
	put_fingerprint(&line, "cert", fingerprint);
	log_text(&line, "reason", reason);
	if (err)
		log_phrase(&line, "error", err->text);
	log_end(&line);
}
