/* The operator is told once, and not by every thread. */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "gateway/notice.h"

#define NOW 1000000

static void
test_once(void **state)
{
	struct notices *n = notices_new();

	(void)state;
	assert_true(notices_due(n, "alice@example.org", "expired", NOW));
	assert_false(notices_due(n, "alice@example.org", "expired", NOW));
	assert_false(notices_due(n, "alice@example.org", "expired", NOW + 99));
	assert_true(notices_due(n, "bob@example.org", "expired", NOW));
	/* Something else is news, and so is what was before it. */
	assert_true(notices_due(n, "alice@example.org", "weak", NOW));
	assert_false(notices_due(n, "alice@example.org", "weak", NOW));
	assert_true(notices_due(n, "alice@example.org", "expired", NOW));
	notices_free(n);
}

static void
test_reminder(void **state)
{
	struct notices *n = notices_new();

	(void)state;
	assert_true(notices_due(n, "a", "x", NOW));
	assert_false(
	    notices_due(n, "a", "x", NOW + LIMIT_REMINDER_SECONDS - 1));
	assert_true(notices_due(n, "a", "x", NOW + LIMIT_REMINDER_SECONDS));
	assert_false(
	    notices_due(n, "a", "x", NOW + LIMIT_REMINDER_SECONDS + 1));
	notices_free(n);
}

/* At the limit all are remembered; one past it the oldest is not. */
static void
test_bounded(void **state)
{
	struct notices *n = notices_new();
	char subject[32];

	(void)state;
	for (unsigned i = 0; i < LIMIT_CACHED_SENDERS; i++) {
		snprintf(subject, sizeof(subject), "u%u", i);
		assert_true(notices_due(n, subject, "x", NOW));
	}
	assert_false(notices_due(n, "u0", "x", NOW));
	assert_true(notices_due(n, "one more", "x", NOW));
	assert_false(notices_due(n, "u0", "x", NOW));
	assert_true(notices_due(n, "u1", "x", NOW));
	notices_free(n);
}

#define THREADS 8
#define ROUNDS	500

struct shared {
	struct notices *n;
	pthread_barrier_t start;
	int due;
};

static void *
ask(void *arg)
{
	struct shared *s = arg;
	char what[32];

	for (int i = 0; i < ROUNDS; i++) {
		snprintf(what, sizeof(what), "%d", i);
		pthread_barrier_wait(&s->start);
		if (notices_due(s->n, "a", what, NOW))
			__atomic_add_fetch(&s->due, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct shared s = {.n = notices_new(), .due = 0};
	pthread_t threads[THREADS];

	(void)state;
	pthread_barrier_init(&s.start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &s), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(s.due, ROUNDS);
	pthread_barrier_destroy(&s.start);
	notices_free(s.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_once),
	    cmocka_unit_test(test_reminder),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
