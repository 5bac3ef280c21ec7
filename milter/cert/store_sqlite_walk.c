/* store_sqlite_walk.c: walks in pages; see store_sqlite.h.  One thread. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cert/store_sqlite.h"

void
store_walk_init(struct store_walk *w, struct store *store, const char *after)
{
	*w = (struct store_walk){.store = store, .more = true};
	w->after = xstrdup(after ? after : "");
}

void *
store_walk_add(struct store_walk *w)
{
	unsigned char *row;

	if (w->count == w->size) {
		w->size = w->size ? 2 * w->size : 16;
		w->rows = xreallocarray(w->rows, w->size, w->width);
	}
	row = w->rows + w->count++ * w->width;
	memset(row, 0, w->width);
	return row;
}

void
store_walk_set_after(struct store_walk *w, const char *key)
{
	free(w->after);
	w->after = xstrdup(key);
}

int
store_walk_read(struct store_walk *w, struct sqlite_query *q,
    store_row_read *read, void **last, struct err *err)
{
	void *row = NULL;
	int rc = 0;

	while (rc == 0 && sqlite_step(q)) {
		row = store_walk_add(w);
		rc = read(q, row, err);
	}
	*last = row;
	return sqlite_done(q, err) || rc ? -1 : 0;
}

static void
drop_page(struct store_walk *w)
{
	for (size_t i = 0; i < w->count; i++)
		w->fini(w->rows + i * w->width);
	w->count = w->at = 0;
}

static int
load_page(struct store_walk *w, struct err *err)
{
	struct sqlite *db;
	int rc;

	drop_page(w);
	if (store_sqlite_read(w->store, &db, err))
		return -1;
	rc = w->load(w, db, err);
	sqlite_release(&db);
	return rc;
}

void *
store_walk_next(struct store_walk *w, struct err *err)
{
	int rc;

	while (w->at == w->count) {
		if (!w->more)
			return NULL;
		rc = load_page(w, err);
		w->more = rc > 0;
		if (rc < 0) {
			w->rc = -1;
			drop_page(w);
		}
	}
	return w->rows + w->at++ * w->width;
}

int
store_walk_end(struct store_walk *w)
{
	drop_page(w);
	free(w->rows);
	free(w->after);
	return w->rc;
}
