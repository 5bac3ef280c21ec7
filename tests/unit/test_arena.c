/* An arena hands out zeroed memory, up to its cap and not beyond. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void
test_memory_is_zeroed(void **state)
{
	static const unsigned char zero[4096];
	struct arena arena;
	char *dirty = malloc(8192);

	(void)state;
	memset(dirty, 'x', 8192);
	free(dirty);
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 16; i++) {
		void *p = arena_alloc(&arena, sizeof(zero));

		assert_non_null(p);
		assert_memory_equal(p, zero, sizeof(zero));
		memset(p, 'x', sizeof(zero));
	}
	arena_fini(&arena);
}

static void
test_copies_end_with_nul(void **state)
{
	struct arena arena;
	char *dirty = malloc(8192), *a, *b;

	(void)state;
	memset(dirty, 'x', 8192);
	free(dirty);
	arena_init(&arena, 1 << 20);
	a = arena_dup(&arena, "abcdefghijklmnop", 16);
	b = arena_dup(&arena, "qr", 2);
	assert_string_equal(a, "abcdefghijklmnop");
	assert_string_equal(b, "qr");
	arena_fini(&arena);
}

static void
test_cap(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 64);
	assert_null(arena_alloc(&arena, 65));
	assert_non_null(arena_alloc(&arena, 64));
	assert_null(arena_alloc(&arena, 1));
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_dup(&arena, "", SIZE_MAX));
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_memory_is_zeroed),
	    cmocka_unit_test(test_copies_end_with_nul),
	    cmocka_unit_test(test_cap),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
