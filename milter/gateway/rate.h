/*
 * rate.h: how many messages an identity may have protected in an hour.
 *
 * Counted in memory, from the start of the gateway; bounded (limits.h).  Any
 * thread.
 */
#ifndef GATEWAY_RATE_H
#define GATEWAY_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rates;

/* per_hour 0: no limit. */
struct rates *rates_new(unsigned per_hour);
/* NULL is fine. */
void rates_free(struct rates *rates);

/* May this identity send one more at now_ms, a time of the monotonic clock?
 * If so it has.  per_hour messages may come at once; after that they become
 * free again one by one, evenly over an hour. */
bool rates_take(struct rates *rates, const char *identity, int64_t now_ms);

#endif
