/* Each message that is worked on is heard of, and none after its end. */
#include "unit/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "daemon/heartbeat.h"

#define WORKS	 3
#define THREADS	 4
#define MESSAGES 400

static void
count(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static struct heartbeat *
make(int interval_ms)
{
	struct heartbeat *h;
	struct err err;

	if (heartbeat_new(interval_ms, count, &h, &err))
		fail_msg("%s", err.text);
	return h;
}

static void
nap(void)
{
	const struct timespec pause = {.tv_nsec = 200000};

	nanosleep(&pause, NULL);
}

static void
wait_for(atomic_int *beats, int wanted)
{
	while (atomic_load(beats) < wanted)
		nap();
}

static void
test_beats(void **state)
{
	struct heartbeat *h = make(1);
	struct heartbeat_work works[WORKS];
	atomic_int beats[WORKS] = {0};
	int last;

	(void)state;
	for (size_t i = 0; i < WORKS; i++)
		heartbeat_begin(h, &works[i], &beats[i]);
	for (size_t i = 0; i < WORKS; i++)
		wait_for(&beats[i], 3);
	/* The middle one leaves; the others go on. */
	heartbeat_end(h, &works[1]);
	last = atomic_load(&beats[1]);
	wait_for(&beats[0], atomic_load(&beats[0]) + 3);
	wait_for(&beats[2], atomic_load(&beats[2]) + 3);
	assert_int_equal(atomic_load(&beats[1]), last);
	heartbeat_end(h, &works[2]);
	heartbeat_end(h, &works[0]);
	/* And again, after there was nothing to do. */
	heartbeat_begin(h, &works[1], &beats[1]);
	wait_for(&beats[1], last + 3);
	heartbeat_end(h, &works[1]);
	heartbeat_free(h);
}

static void
test_short_work_is_silent(void **state)
{
	struct heartbeat *h = make(3600 * 1000);
	struct heartbeat_work work;
	atomic_int beats = 0;

	(void)state;
	heartbeat_begin(h, &work, &beats);
	nap();
	heartbeat_end(h, &work);
	heartbeat_free(h);
	assert_int_equal(atomic_load(&beats), 0);
	heartbeat_free(NULL);
}

static void *
work_on_messages(void *arg)
{
	struct heartbeat *h = arg;

	for (size_t i = 0; i < MESSAGES; i++) {
		struct heartbeat_work work;
		atomic_int beats = 0;

		heartbeat_begin(h, &work, &beats);
		if (i % 100 == 0)
			wait_for(&beats, 2);
		heartbeat_end(h, &work);
	}
	return NULL;
}

static void
test_many_threads(void **state)
{
	struct heartbeat *h = make(1);
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, work_on_messages, h), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	heartbeat_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_beats),
	    cmocka_unit_test(test_short_work_is_silent),
	    cmocka_unit_test(test_many_threads),
	};

	return cmocka_run_group_tests_name("heartbeat", tests, NULL, NULL);
}
