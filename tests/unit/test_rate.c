/* As many messages in an hour as there may be, and no more, whoever asks. */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>

#include "base/limits.h"
#include "gateway/rate.h"

#define NOW  INT64_C(1000000)
#define HOUR INT64_C(3600000)

static unsigned
take_all(struct rates *r, const char *identity, int64_t now)
{
	unsigned n = 0;

	while (n < 1000 && rates_take(r, identity, now))
		n++;
	return n;
}

static void
test_no_limit(void **state)
{
	struct rates *r = rates_new(0);

	(void)state;
	assert_int_equal(take_all(r, "a", NOW), 1000);
	rates_free(r);
}

static void
test_burst_and_refill(void **state)
{
	struct rates *r = rates_new(60);

	(void)state;
	assert_int_equal(take_all(r, "a", NOW), 60);
	/* Others have their own. */
	assert_int_equal(take_all(r, "b", NOW), 60);
	/* One a minute, and what was refused cost nothing. */
	assert_int_equal(take_all(r, "a", NOW + 59999), 0);
	assert_int_equal(take_all(r, "a", NOW + 60000), 1);
	assert_int_equal(take_all(r, "a", NOW + 60000), 0);
	assert_int_equal(take_all(r, "a", NOW + 60000 + HOUR / 2), 30);
	/* Not more than the full number, however long nobody sent. */
	assert_int_equal(take_all(r, "a", NOW + 100 * HOUR), 60);
	rates_free(r);
}

/* A share of an hour that is no whole number of microseconds. */
static void
test_odd_limits(void **state)
{
	static const unsigned limits[] = {1, 7, 59, 61, 999};

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct rates *r = rates_new(limits[i]);

		assert_int_equal(take_all(r, "a", NOW), limits[i]);
		assert_int_equal(take_all(r, "a", NOW + HOUR), limits[i]);
		rates_free(r);
	}
}

/* At the limit all are remembered; one past it the oldest is not. */
static void
test_bounded(void **state)
{
	struct rates *r = rates_new(1);
	char name[32];

	(void)state;
	for (unsigned i = 0; i < LIMIT_RATED_IDENTITIES; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		assert_true(rates_take(r, name, NOW));
	}
	assert_false(rates_take(r, "u0", NOW));
	assert_true(rates_take(r, "one more", NOW));
	/* u0 has just been asked for. */
	assert_false(rates_take(r, "u0", NOW));
	assert_true(rates_take(r, "u1", NOW));
	rates_free(r);
}

#define THREADS 8
#define LIMIT	500

struct shared {
	struct rates *rates;
	unsigned taken;
};

static void *
take_some(void *arg)
{
	struct shared *s = arg;

	for (unsigned i = 0; i < LIMIT; i++)
		if (rates_take(s->rates, "a", NOW))
			__atomic_add_fetch(&s->taken, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void
test_threads(void **state)
{
	struct shared s = {.rates = rates_new(LIMIT)};
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, take_some, &s), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(s.taken, LIMIT);
	rates_free(s.rates);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_limit),
	    cmocka_unit_test(test_burst_and_refill),
	    cmocka_unit_test(test_odd_limits),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
