/* The bounded map: order of eviction, references, many threads. */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/lru.h"

static int alive;

struct thing {
	int refs;
	int number;
};

static void *
thing_ref(void *value)
{
	struct thing *t = value;

	__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

static void
thing_unref(void *value)
{
	struct thing *t = value;

	if (__atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) == 0) {
		__atomic_sub_fetch(&alive, 1, __ATOMIC_RELAXED);
		free(t);
	}
}

static const struct lru_ops thing_ops = {thing_ref, thing_unref};

static void
put(struct lru *lru, const char *key, int number)
{
	struct thing *t = xcalloc(1, sizeof(*t));

	t->refs = 1;
	t->number = number;
	__atomic_add_fetch(&alive, 1, __ATOMIC_RELAXED);
	lru_put(lru, key, t);
	thing_unref(t);
}

static int
get(struct lru *lru, const char *key)
{
	struct thing *t = lru_get(lru, key);
	int number = t ? t->number : -1;

	if (t)
		thing_unref(t);
	return number;
}

static void
test_least_recently_used_goes_first(void **state)
{
	struct lru *lru = lru_new(2, &thing_ops);

	(void)state;
	put(lru, "a", 1);
	put(lru, "b", 2);
	assert_int_equal(get(lru, "a"), 1);
	put(lru, "c", 3);
	assert_int_equal(get(lru, "b"), -1);
	assert_int_equal(get(lru, "a"), 1);
	assert_int_equal(get(lru, "c"), 3);
	lru_free(lru);
	assert_int_equal(alive, 0);
}

static void
test_replace_and_remove(void **state)
{
	struct lru *lru = lru_new(4, &thing_ops);

	(void)state;
	put(lru, "a", 1);
	put(lru, "a", 2);
	assert_int_equal(alive, 1);
	assert_int_equal(get(lru, "a"), 2);
	lru_remove(lru, "a");
	lru_remove(lru, "a");
	assert_int_equal(get(lru, "a"), -1);
	assert_int_equal(alive, 0);
	put(lru, "b", 1);
	lru_clear(lru);
	assert_int_equal(get(lru, "b"), -1);
	lru_free(lru);
}

static void
test_value_outlives_its_entry(void **state)
{
	struct lru *lru = lru_new(1, &thing_ops);
	struct thing *t;

	(void)state;
	put(lru, "a", 1);
	t = lru_get(lru, "a");
	put(lru, "b", 2);
	assert_int_equal(alive, 2);
	assert_int_equal(t->number, 1);
	thing_unref(t);
	assert_int_equal(alive, 1);
	lru_free(lru);
	assert_int_equal(alive, 0);
}

/* --- weights --- */

static size_t
thing_weight(const void *value)
{
	const struct thing *t = value;

	return (size_t)t->number;
}

static const struct lru_scale scale = {thing_weight, 10};

static void
test_weight(void **state)
{
	struct lru *lru = lru_new_weighed(100, &thing_ops, &scale);

	(void)state;
	put(lru, "a", 2);
	put(lru, "b", 3);
	put(lru, "c", 5); /* full */
	assert_int_equal(get(lru, "a"), 2);
	put(lru, "d", 1);
	assert_int_equal(get(lru, "b"), -1);
	assert_int_equal(get(lru, "a"), 2);
	assert_int_equal(get(lru, "c"), 5);
	assert_int_equal(get(lru, "d"), 1);
	/* Several go for one. */
	put(lru, "e", 9);
	assert_int_equal(get(lru, "a"), -1);
	assert_int_equal(get(lru, "c"), -1);
	assert_int_equal(get(lru, "d"), 1);
	assert_int_equal(alive, 2);
	/* What is replaced makes room itself. */
	put(lru, "e", 8);
	assert_int_equal(get(lru, "d"), 1);
	/* None is evicted for what is too heavy, but what it replaces goes. */
	put(lru, "f", 11);
	assert_int_equal(get(lru, "f"), -1);
	put(lru, "e", 11);
	assert_int_equal(get(lru, "e"), -1);
	assert_int_equal(get(lru, "d"), 1);
	lru_remove(lru, "d");
	put(lru, "g", 10);
	assert_int_equal(get(lru, "g"), 10);
	lru_free(lru);
	assert_int_equal(alive, 0);
}

/* Both limits hold. */
static void
test_weight_and_number(void **state)
{
	struct lru *lru = lru_new_weighed(2, &thing_ops, &scale);

	(void)state;
	put(lru, "a", 1);
	put(lru, "b", 0);
	put(lru, "c", 0);
	assert_int_equal(get(lru, "a"), -1);
	assert_int_equal(get(lru, "b"), 0);
	assert_int_equal(get(lru, "c"), 0);
	lru_free(lru);
	assert_int_equal(alive, 0);
}

/* The value of a key is its number, or nothing when it was evicted. */
static void
check_is(int found, int number)
{
	if (found != number && found != -1)
		abort();
}

static void *
churn(void *arg)
{
	struct lru *lru = arg;
	char key[16];

	for (int i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "%d", i % 97);
		if (i % 3 == 0)
			put(lru, key, i % 97);
		else
			check_is(get(lru, key), i % 97);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct lru *lru = lru_new(50, &thing_ops);
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, churn, lru);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_true(alive > 0 && alive <= 50);
	lru_free(lru);
	assert_int_equal(alive, 0);
}

static void
test_set(void **state)
{
	struct lru *set = lru_new_set(2);

	(void)state;
	lru_add(set, "a");
	lru_add(set, "b");
	lru_add(set, "b");
	assert_true(lru_has(set, "a"));
	lru_add(set, "c");
	assert_true(lru_has(set, "a"));
	assert_false(lru_has(set, "b"));
	assert_true(lru_has(set, "c"));
	lru_clear(set);
	assert_false(lru_has(set, "a"));
	lru_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_least_recently_used_goes_first),
	    cmocka_unit_test(test_replace_and_remove),
	    cmocka_unit_test(test_value_outlives_its_entry),
	    cmocka_unit_test(test_weight),
	    cmocka_unit_test(test_weight_and_number),
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("lru", tests, NULL, NULL);
}
