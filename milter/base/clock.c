/* clock.c: see clock.h.  Callable from any thread. */
#include "base/clock.h"

#include <limits.h>

time_t
clock_now(void)
{
	return time(NULL);
}

int64_t
clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

deadline_t
deadline_in(int64_t milliseconds)
{
	return clock_monotonic_ms() + milliseconds;
}

int
deadline_left(deadline_t deadline)
{
	int64_t left = deadline - clock_monotonic_ms();

	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}
