/*
 * guard_record.h: the guard's log lines; guard.h says what is in them.
 */
#ifndef GATEWAY_GUARD_RECORD_H
#define GATEWAY_GUARD_RECORD_H

#include "base/err.h"
#include "gateway/gateway.h"
#include "gateway/job.h"

/* "refuse", "hold", "tempfail", "log": as in the configuration. */
const char *guard_action_name(enum guard_action action);

/* Neither sealed nor signed; level debug. */
void guard_record_passed(const struct job *job);
/* What was judged. */
void guard_record_intact(const struct job *job);
void guard_record_broken(const struct job *job);
/* The job has failed. */
void guard_record_unchecked(const struct job *job);
/* It has fields that are not ours, and no key can tell otherwise. */
void guard_record_forged(const struct job *job);

enum guard_report_status {
	GUARD_REPORT_SENT,
	GUARD_REPORT_FAILED,
	GUARD_REPORT_LIMITED /* there were enough in this hour */
};
/* err: NULL unless FAILED. */
void guard_record_report(const struct job *job, const char *to,
    enum guard_report_status status, const struct err *err);

#endif
