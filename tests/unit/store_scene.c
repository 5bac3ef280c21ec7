/* store_scene.c: see store_scene.h.  One thread. */
#include "unit/unit.h"

#include "unit/store_scene.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "unit/cert_fixture.h"
#include "unit/must.h"

void
store_scene_prepare(struct store_scene *s)
{
	s->folder = fixture_folder();
	s->path = xasprintf("%s/store.db", s->folder);
	s->uri = xasprintf("sqlite:%s", s->path);
}

struct store *
store_scene_start(struct store_scene *s)
{
	int from = -1, to = -1;
	struct store *store;

	store_scene_prepare(s);
	MUST(store_migrate(s->uri, &from, &to, &err));
	assert_int_equal(from, 0);
	assert_int_equal(to, store_schema_version());
	MUST(store_open(s->uri, &store, &err));
	return store;
}

void
store_scene_stop(struct store_scene *s, struct store **store)
{
	store_close(*store);
	*store = NULL;
	fixture_folder_remove(s->folder);
	free(s->path);
	free(s->uri);
}
