/* Deadlines: never negative, never more than an int, never going back. */
#include "unit/unit.h"

#include <limits.h>
#include <time.h>

#include "base/clock.h"

static void
test_now(void **state)
{
	time_t before = time(NULL), now = clock_now(), after = time(NULL);

	(void)state;
	assert_true(before <= now && now <= after);
}

static void
test_monotonic(void **state)
{
	struct timespec a, b;
	int64_t now, last;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &a);
	now = clock_monotonic_ms();
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(a.tv_sec * 1000 + a.tv_nsec / 1000000 <= now);
	assert_true(now <= b.tv_sec * 1000 + b.tv_nsec / 1000000);
	for (int i = 0; i < 1000; i++) {
		last = now;
		now = clock_monotonic_ms();
		assert_true(now >= last);
	}
}

static void
test_deadline(void **state)
{
	deadline_t deadline = deadline_in(3600000);

	(void)state;
	assert_in_range(deadline_left(deadline), 1, 3600000);
	assert_int_equal(deadline_left(deadline_in(-1)), 0);
	assert_int_equal(deadline_left(0), 0);
	assert_int_equal(
	    deadline_left(deadline_in((int64_t)INT_MAX * 10)), INT_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_now),
	    cmocka_unit_test(test_monotonic),
	    cmocka_unit_test(test_deadline),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
