/* The arena: zeroed, aligned, capped, freed at once. */
#include "unit/unit.h"

#include <stdalign.h>
#include <string.h>

#include "base/arena.h"

static void
test_zeroed_and_aligned(void **state)
{
	static const size_t sizes[] = {0, 1, 7, 16, 8191, 8192, 8193, 100000};
	struct arena a;
	unsigned char *p;

	(void)state;
	for (int round = 0; round < 3; round++) {
		arena_init(&a, 1u << 20);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			p = arena_alloc(&a, sizes[i]);
			assert_non_null(p);
			assert_int_equal(
			    (uintptr_t)p % alignof(max_align_t), 0);
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(p[k], 0);
			memset(p, 0xee, sizes[i]);
		}
		arena_fini(&a);
	}
}

static void
test_pieces_do_not_overlap(void **state)
{
	struct arena a;
	unsigned char *p[2000];

	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < 2000; i++) {
		p[i] = arena_alloc(&a, i % 50 + 1);
		assert_non_null(p[i]);
		memset(p[i], (int)(i & 0xff), i % 50 + 1);
	}
	for (size_t i = 0; i < 2000; i++)
		for (size_t k = 0; k < i % 50 + 1; k++)
			assert_int_equal(p[i][k], i & 0xff);
	arena_fini(&a);
}

static void
test_cap(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1024);
	assert_null(arena_alloc(&a, 1025));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_non_null(arena_alloc(&a, 1024));
	assert_int_equal(a.used, 1024);
	assert_null(arena_alloc(&a, 1));
	assert_non_null(arena_alloc(&a, 0));
	arena_fini(&a);
	assert_int_equal(a.used, 0);
	assert_non_null(arena_alloc(&a, 1024));
	arena_fini(&a);
}

/* Rounding up to alignment must not pass the cap. */
static void
test_cap_with_rounding(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 20);
	assert_non_null(arena_alloc(&a, 17));
	assert_int_equal(a.used, 20);
	assert_null(arena_alloc(&a, 1));
	arena_fini(&a);
}

static void
test_dup(void **state)
{
	struct arena a;
	char *copy;

	(void)state;
	arena_init(&a, 100);
	copy = arena_dup(&a, "ab\0cd", 5);
	assert_memory_equal(copy, "ab\0cd\0", 6);
	copy = arena_dup(&a, NULL, 0);
	assert_string_equal(copy, "");
	assert_null(arena_dup(&a, "x", SIZE_MAX));
	assert_null(arena_dup(&a, copy, 1000));
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_zeroed_and_aligned),
	    cmocka_unit_test(test_pieces_do_not_overlap),
	    cmocka_unit_test(test_cap),
	    cmocka_unit_test(test_cap_with_rounding),
	    cmocka_unit_test(test_dup),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
