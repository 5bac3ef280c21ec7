/* store_case.c: see store_case.h.  One thread. */
#include "unit/store_case.h"

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
