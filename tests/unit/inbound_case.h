/*
 * inbound_case.h: the words of tests/policy/inbound.txt: facts from words, a
 * plan as words.
 */
#ifndef TESTS_UNIT_INBOUND_CASE_H
#define TESTS_UNIT_INBOUND_CASE_H

#include "policy/inbound.h"
#include "unit/case_table.h"

#define INBOUND_RECIPIENTS 8

struct inbound_case {
	struct inbound_facts facts;
	struct recipient_level author; /* what is asked of the mailbox of From
	                                * that is being read */
	struct inbound_recipient recipients[INBOUND_RECIPIENTS];
	const char *names[INBOUND_RECIPIENTS]; /* "alice" */
};

/* The normal case, which the head of the file describes. */
void inbound_case_init(struct inbound_case *c);

/* The normal case, but for facts and to, which are cut up and must outlive c;
 * -1 and what is wrong with them. */
int inbound_case_read(
    struct inbound_case *c, char *facts, char *to, char wrong[CASE_TEXT]);

/* What becomes of the message and of each recipient, as in the table. */
void inbound_text(const struct inbound_case *c, const struct inbound_plan *plan,
    char out[CASE_TEXT]);

#endif
