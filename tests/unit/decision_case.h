/*
 * decision_case.h: the words of tests/policy/decisions.txt: facts from words,
 * a plan as words.
 */
#ifndef TESTS_UNIT_DECISION_CASE_H
#define TESTS_UNIT_DECISION_CASE_H

#include "policy/facts.h"
#include "policy/plan.h"
#include "unit/case_table.h"

#define DECISION_RECIPIENTS 8
#define DECISION_TEXT	    CASE_TEXT

struct decision_case {
	struct policy_facts facts;
	struct setting_level sender; /* where facts' settings come from */
	struct recipient_facts recipients[DECISION_RECIPIENTS];
	const char *names[DECISION_RECIPIENTS]; /* "bob" */
};

/* The normal case, which the head of the file describes. */
void decision_case_init(struct decision_case *c);

/* The normal case, but for facts and to, which are cut up and must outlive c;
 * -1 and what is wrong with them. */
int decision_case_read(
    struct decision_case *c, char *facts, char *to, char wrong[DECISION_TEXT]);

/* What becomes of the message and of each recipient, as in the table. */
void decision_text(const struct decision_case *c, const struct plan *plan,
    char out[DECISION_TEXT]);

#endif
