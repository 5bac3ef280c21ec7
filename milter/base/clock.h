/*
 * clock.h: the time of day, and deadlines.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* A moment of the monotonic clock in milliseconds. */
typedef int64_t deadline_t;

/* Seconds since 1970.  For logs and records; what judges a certificate takes
 * the time as an argument instead. */
time_t clock_now(void);

/* Milliseconds of the monotonic clock. */
int64_t clock_monotonic_ms(void);

/* The moment that many milliseconds from now. */
deadline_t deadline_in(int64_t milliseconds);

/* Milliseconds left, 0 when it has passed, never more than INT_MAX. */
int deadline_left(deadline_t deadline);

#endif
