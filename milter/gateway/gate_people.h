/*
 * gate_people.h: who gets which copy.  For gate.c only.
 */
#ifndef GATEWAY_GATE_PEOPLE_H
#define GATEWAY_GATE_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "gateway/gate.h"

/* A recipient by one of the names that the mail server has for him. */
struct gate_name {
	const char *path;
	size_t recipient;
};

struct gate_people {
	const struct gate_case *c;
	struct gate_name *names; /* sorted by path */
	size_t name_count;
	size_t *members; /* recipients, group after group */
	size_t *first;	 /* of each group, and where the last one ends */
};

/* Does policy, whatever the plan says, want ciphertext for one of them? */
bool gate_people_required(const struct policy_facts *facts);

/* Is what the plan says of its recipients and groups in itself right, and what
 * policy demands of them?  gate_people_fini ends it whatever the result. */
int gate_people_init(
    struct gate_people *p, const struct gate_case *c, struct err *err) MUST_USE;
void gate_people_fini(struct gate_people *p);

/* How many of a group still have to be given a copy. */
size_t gate_people_waiting(const struct gate_people *p, size_t group);

/* Does the copy go to the recipients of its group, with their parameters, and
 * to nobody else? */
int gate_people_check(const struct gate_people *p, const struct gate_copy *copy,
    struct err *err) MUST_USE;

/* The certificates that its ciphertext is for, perhaps some of them several
 * times; adds to out. */
int gate_people_certificates(const struct gate_people *p,
    const struct gate_copy *copy, struct certificate_list *out,
    struct err *err) MUST_USE;

#endif
