/* store_case.c: see store_case.h.  One thread. */
#include "unit/unit.h"

#include "unit/store_case.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "db/sqlite.h"
#include "unit/must.h"

struct store_scene scene;
struct store *store;

int
store_case_setup(void **state)
{
	(void)state;
	store = store_scene_start(&scene);
	return 0;
}

int
store_case_teardown(void **state)
{
	(void)state;
	store_scene_stop(&scene, &store);
	return 0;
}

char *
store_case_ask(const char *sql)
{
	struct sqlite_pool *pool;
	struct sqlite_query q;
	struct sqlite *db;
	char *answer;

	MUST(sqlite_pool_open(scene.path, &pool, &err));
	MUST(sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err));
	sqlite_query(&q, db, sql);
	answer = xstrdup(sqlite_step(&q) ? sqlite_text(&q, 0) : "");
	MUST(sqlite_done(&q, &err));
	MUST(sqlite_commit(db, &err));
	sqlite_release(&db);
	sqlite_pool_close(pool);
	return answer;
}

void
store_case_says(const char *sql, const char *expected)
{
	char *answer = store_case_ask(sql);

	assert_string_equal(answer, expected);
	free(answer);
}
