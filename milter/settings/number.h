/*
 * number.h: sizes and times as people write them.
 */
#ifndef SETTINGS_NUMBER_H
#define SETTINGS_NUMBER_H

#include "base/err.h"

struct number_unit {
	const char *suffix; /* "" for the plain number */
	long long factor;   /* at most 2^30 */
};

/* Each ends with a NULL suffix. */
extern const struct number_unit number_plain[]; /* 12 */
extern const struct number_unit number_size[];	/* 512, 64K, 10M, 2G: bytes */
extern const struct number_unit number_time[];	/* 250ms, 10s, 5m: ms */

/* Up to ten digits and a unit, nothing else; -1 otherwise. */
int number_parse(
    const char *text, const struct number_unit *units, long long *out) MUST_USE;

#endif
