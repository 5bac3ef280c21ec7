/* record.c: see record.h.  Any thread. */
#include "gateway/record.h"

#include "base/buf.h"
#include "base/log.h"

#define SHORT_PRINT 16

static void
put_fingerprint(struct log_line *line, const char *key, const char *fingerprint)
{
	log_slice(
	    line, key, slice_part(slice_text(fingerprint), 0, SHORT_PRINT));
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
put_recipients(struct log_line *line, const struct record *r)
{
	size_t count = r->to ? r->to->count : 0;
	struct buf text;

	if (count == 0) /* none were looked for: shadow mode */
		return;
	buf_init(&text, RECORD_CERTS * (SHORT_PRINT + 1) + 32);
	for (size_t i = 0; i < count && i < RECORD_CERTS; i++)
		buf_addf(&text, "%s%.*s", i > 0 ? "," : "", SHORT_PRINT,
		    r->to->at[i]->fingerprint_text);
	if (count > RECORD_CERTS)
		buf_addf(&text, ",+%zu", count - RECORD_CERTS);
	log_slice(line, "certs", buf_slice(&text));
	buf_fini(&text);
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
put_culprit(struct log_line *line, const struct record *r)
{
	const struct recipient_facts *culprit;

	if (r->plan->recipient == PLAN_NO_RECIPIENT)
		return;
	culprit = &r->facts->recipients[r->plan->recipient];
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

static void
put_protection(struct log_line *line, const struct record *r)
{
	const struct plan *plan = r->plan;

	if (plan->encrypt) {
		put_recipients(line, r);
		log_text(line, "sign", plan->sign ? "yes" : "no");
		if (plan->sign)
			put_signer(line, r);
		else
			put_reason(line, "sign-reason", plan->sign_reason);
		put_login(line, r);
	} else {
		put_signer(line, r);
		log_text(line, "encrypt", "no");
		put_reason(line, "encrypt-reason", plan->encrypt_reason);
		put_culprit(line, r);
	}
	if (plan->sign && r->algorithm)
		log_text(line, "alg", r->algorithm);
}

void
record_plan(const struct record *r)
{
	const struct plan *plan = r->plan;
	struct log_line line;

	if (plan->action == PLAN_PROTECT) {
		begin(&line, LOG_LEVEL_INFO, r,
		    plan->encrypt ? "encrypted" : "signed");
		put_protection(&line, r);
	} else if (plan->action == PLAN_REFUSE) {
		begin(&line, LOG_LEVEL_INFO, r, "refused");
		put_reason(&line, "reason", plan->reason);
		put_culprit(&line, r);
	} else if (plan->action == PLAN_DEFER) {
		begin(&line, LOG_LEVEL_INFO, r, "deferred");
		put_reason(&line, "reason", plan->reason);
	} else {
		begin(&line, LOG_LEVEL_INFO, r, "passed");
		put_reason(&line, "reason", plan->reason);
		if (plan->encrypt_reason != plan->reason) {
			put_reason(
			    &line, "encrypt-reason", plan->encrypt_reason);
			put_culprit(&line, r);
		}
		put_login(&line, r);
	}
	log_end(&line);
}

static void
record_failure(const struct record *r, const char *event,
    enum plan_reason reason, const struct err *err)
{
	struct log_line line;

	begin(&line,
	    err->class == ERR_BUG ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, r,
	    event);
	put_reason(&line, "reason", reason);
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

void
record_verified(const struct record *r, const struct smime_verdict *verdict)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_INFO, r->queue_id, "verified");
	log_text(&line, "from", author(r->facts));
	log_text(&line, "status", smime_status_name(verdict->status));
	if (verdict->detail && *verdict->detail)
		log_phrase(&line, "detail", verdict->detail);
	if (verdict->signer)
		put_fingerprint(
		    &line, "signer", verdict->signer->fingerprint_text);
	log_text(&line, "intact", verdict->intact ? "yes" : "no");
	log_text(&line, "trusted", verdict->trusted ? "yes" : "no");
	if (verdict->digest && *verdict->digest)
		log_text(&line, "digest", verdict->digest);
	log_end(&line);
}

void
record_harvested(const char *queue_id, const char *from,
    const char *fingerprint, bool is_new)
{
	struct log_line line;

	log_begin(&line, is_new ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, queue_id,
	    "harvested");
	log_text(&line, "from", from);
	put_fingerprint(&line, "cert", fingerprint);
	log_text(&line, "new", is_new ? "yes" : "no");
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
