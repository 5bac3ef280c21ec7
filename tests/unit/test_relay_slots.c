/* Who gets how many connections, and when. */
#include "unit/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "relay/relay_slots.h"

#define LONG_MS 60000

static struct relay_slots slots;

static void
nothing(void *arg)
{
	(void)arg;
}

static int
take(unsigned n, int ms, struct err *err)
{
	struct relay_wait wait;

	relay_wait_init(&wait, nothing, NULL);
	return relay_slots_take(&slots, n, &wait, deadline_in(ms), err);
}

static void
test_take_and_give(void **state)
{
	struct err err;

	(void)state;
	relay_slots_init(&slots, 3);
	assert_int_equal(take(3, LONG_MS, &err), 0);
	assert_int_equal(take(0, LONG_MS, &err), 0);
	relay_slots_give(&slots, 2);
	assert_int_equal(take(1, LONG_MS, &err), 0);
	assert_int_equal(take(1, LONG_MS, &err), 0);
	relay_slots_give(&slots, 3);
	relay_slots_fini(&slots);
}

static void
test_more_than_there_are(void **state)
{
	struct err err;

	(void)state;
	relay_slots_init(&slots, 3);
	assert_int_equal(take(4, LONG_MS, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_string_equal(err.text, "4 copies, but only 3 connections");
	assert_int_equal(take(3, LONG_MS, &err), 0);
	relay_slots_give(&slots, 3);
	relay_slots_fini(&slots);
}

static void
test_deadline(void **state)
{
	struct err err;

	(void)state;
	relay_slots_init(&slots, 2);
	assert_int_equal(take(1, LONG_MS, &err), 0);
	assert_int_equal(take(2, 20, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_string_equal(err.text, "all 2 connections are in use");
	assert_int_equal(take(2, -1, &err), -1);
	/* Who gave up stands in nobody's way, and holds nothing. */
	assert_int_equal(take(1, LONG_MS, &err), 0);
	relay_slots_give(&slots, 2);
	assert_int_equal(take(2, LONG_MS, &err), 0);
	relay_slots_give(&slots, 2);
	relay_slots_fini(&slots);
}

static void
give_one(void *arg)
{
	++*(int *)arg;
	relay_slots_give(&slots, 1);
}

/* Somebody who waits is told so, and may do something about it. */
static void
test_progress(void **state)
{
	struct relay_wait wait;
	struct err err;
	int told = 0;

	(void)state;
	relay_slots_init(&slots, 1);
	assert_int_equal(take(1, LONG_MS, &err), 0);
	relay_wait_init(&wait, give_one, &told);
	assert_int_equal(
	    relay_slots_take(&slots, 1, &wait, deadline_in(LONG_MS), &err), 0);
	assert_int_equal(told, 1);
	relay_slots_give(&slots, 1);
	relay_slots_fini(&slots);
}

/* One who wants n, and then takes part in a count of the order. */
struct customer {
	pthread_t thread;
	unsigned n;
	int turn;
};

static atomic_int turns;

static void *
buy(void *arg)
{
	struct customer *customer = arg;
	struct err err;

	if (take(customer->n, LONG_MS, &err))
		return NULL;
	customer->turn = ++turns;
	relay_slots_give(&slots, customer->n);
	return NULL;
}

static size_t
queue_length(void)
{
	size_t n = 0;

	pthread_mutex_lock(&slots.lock);
	for (const struct relay_waiter *w = slots.first; w; w = w->next)
		n++;
	pthread_mutex_unlock(&slots.lock);
	return n;
}

/* Many small ones do not keep a large one from its turn: while it waits,
 * those behind it wait, too, although there would be enough for them. */
static void
test_first_come_first_served(void **state)
{
	struct customer customers[] = {{.n = 4}, {.n = 1}, {.n = 1}};
	const size_t n = sizeof(customers) / sizeof(customers[0]);
	struct err err;

	(void)state;
	turns = 0;
	relay_slots_init(&slots, 4);
	assert_int_equal(take(1, LONG_MS, &err), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(pthread_create(&customers[i].thread, NULL, buy,
				     &customers[i]),
		    0);
		while (queue_length() < i + 1)
			sched_yield();
	}
	assert_int_equal(turns, 0);
	relay_slots_give(&slots, 1);
	for (size_t i = 0; i < n; i++)
		pthread_join(customers[i].thread, NULL);
	assert_int_equal(customers[0].turn, 1);
	assert_int_equal(turns, (int)n);
	relay_slots_fini(&slots);
}

static atomic_uint in_use;

static void *
work(void *arg)
{
	struct err err;

	for (unsigned i = 0; i < 500; i++) {
		unsigned n = i % 4 + 1;

		if (take(n, LONG_MS, &err) ||
		    atomic_fetch_add(&in_use, n) + n > 5)
			return NULL;
		atomic_fetch_sub(&in_use, n);
		relay_slots_give(&slots, n);
	}
	return arg;
}

static void
test_many_threads(void **state)
{
	pthread_t threads[8];
	struct err err;
	void *done;

	(void)state;
	relay_slots_init(&slots, 5);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, work, &slots), 0);
	for (size_t i = 0; i < 8; i++) {
		pthread_join(threads[i], &done);
		assert_non_null(done);
	}
	assert_int_equal(take(5, LONG_MS, &err), 0);
	relay_slots_give(&slots, 5);
	relay_slots_fini(&slots);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_take_and_give),
	    cmocka_unit_test(test_more_than_there_are),
	    cmocka_unit_test(test_deadline),
	    cmocka_unit_test(test_progress),
	    cmocka_unit_test(test_first_come_first_served),
	    cmocka_unit_test(test_many_threads),
	};

	return cmocka_run_group_tests_name("relay_slots", tests, NULL, NULL);
}
