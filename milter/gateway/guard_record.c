/* guard_record.c: see guard_record.h.  Any thread. */
#include "gateway/guard_record.h"

#include "base/limits.h"
#include "base/log.h"
#include "gateway/job_state.h"

const char *
guard_action_name(enum guard_action action)
{
	switch (action) {
	case GUARD_REFUSE:
		return "refuse";
	case GUARD_HOLD:
		return "hold";
	case GUARD_TEMPFAIL:
		return "tempfail";
	case GUARD_LOG:
		break;
	}
	return "log";
}

static void
put_people(struct log_line *line, const struct job *job)
{
	log_text(line, "from", job->guard.from ? job->guard.from : "");
	log_number(line, "nrcpt", (long long)job->envelope.count);
	if (job->guard.fields > 1)
		log_number(line, "fields", (long long)job->guard.fields);
}

static void
put_finding(struct log_line *line, const struct seal_finding *f)
{
	log_text(line, "change", seal_change_name(f->change));
	log_text(line, "part", f->part);
	log_number(line, "bytes", (long long)f->bytes);
}

static void
put_text(struct log_line *line, const struct seal_finding *f)
{
	char text[SEAL_FINDING_TEXT];

	seal_finding_text(f, text);
	log_phrase(line, "text", text);
}

void
guard_record_passed(const struct job *job)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_DEBUG, job->queue_id, "passed");
	log_text(&line, "reason", plan_reason_name(REASON_UNSIGNED));
	log_number(&line, "nrcpt", (long long)job->envelope.count);
	log_end(&line);
}

void
guard_record_intact(const struct job *job)
{
	const struct guard *g = &job->guard;
	const struct guard_verdict *v = g->verdict;
	const struct seal_finding *first = v->worst;
	struct log_line line;

	if (!first && v->findings.count > 0)
		first = &v->findings.at[0];
	log_begin(&line, g->seal ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	    job->queue_id, "seal-intact");
	log_text(&line, "sealed", g->seal ? "yes" : "no");
	if (first) {
		put_finding(&line, first);
		put_text(&line, first);
	}
	put_people(&line, job);
	log_end(&line);
}

/* Those that the line of the message does not tell. */
static void
record_findings(const struct job *job)
{
	const struct guard_verdict *v = job->guard.verdict;
	struct log_line line;
	size_t told = 0;

	for (size_t i = 0; i < v->findings.count && told < LIMIT_GUARD_FINDINGS;
	     i++) {
		const struct seal_finding *f = &v->findings.at[i];

		if (f == v->worst)
			continue;
		log_begin(&line, LOG_LEVEL_INFO, job->queue_id, "seal-finding");
		put_finding(&line, f);
		put_text(&line, f);
		log_end(&line);
		told++;
	}
}

void
guard_record_broken(const struct job *job)
{
	const struct guard *g = &job->guard;
	const struct guard_verdict *v = g->verdict;
	size_t others = v->findings.count + v->findings.more;
	struct log_line line;

	log_begin(&line, LOG_LEVEL_WARNING, job->queue_id, "seal-broken");
	log_text(&line, "action", guard_action_name(g->action));
	log_text(&line, "sealed", g->seal ? "yes" : "no");
	if (v->worst)
		put_finding(&line, v->worst);
	if (v->worst && others > 1)
		log_number(&line, "more", (long long)others - 1);
	if (v->same)
		log_text(&line, "before", "yes");
	if (v->worst)
		put_text(&line, v->worst);
	else
		log_phrase(&line, "text", v->detail);
	put_people(&line, job);
	log_end(&line);
	record_findings(job);
}

void
guard_record_unchecked(const struct job *job)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_WARNING, job->queue_id, "seal-unchecked");
	log_text(&line, "action", guard_action_name(job->guard.action));
	log_text(&line, "reason", plan_reason_name(job->failure));
	log_phrase(&line, "error", job->failure_err.text);
	put_people(&line, job);
	log_end(&line);
}

void
guard_record_forged(const struct job *job)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_INFO, job->queue_id, "seal-forged");
	log_number(&line, "count", (long long)job->guard.fields);
	log_text(&line, "from", job->guard.from);
	log_number(&line, "nrcpt", (long long)job->envelope.count);
	log_end(&line);
}

void
guard_record_report(const struct job *job, const char *to,
    enum guard_report_status status, const struct err *err)
{
	static const char *const words[] = {[GUARD_REPORT_SENT] = "sent",
	    [GUARD_REPORT_FAILED] = "failed",
	    [GUARD_REPORT_LIMITED] = "limited"};
	struct log_line line;

	log_begin(&line,
	    status == GUARD_REPORT_FAILED ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
	    job->queue_id, "seal-report");
	log_text(&line, "to", to);
	log_text(&line, "status", words[status]);
	if (err)
		log_phrase(&line, "error", err->text);
	log_end(&line);
}
