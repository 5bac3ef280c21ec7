/* store_sqlite_disclaimer.c: which disclaimers are named; see store.h. */
#include "base/alloc.h"
#include "cert/store_sqlite.h"

static int
read_use(struct sqlite_query *q, void *row, struct err *err)
{
	struct store_disclaimer_use *use = row;

	(void)err;
	use->name = xstrdup(sqlite_text(q, 0));
	use->example = xstrdup(sqlite_text(q, 1));
	use->count = (unsigned long)sqlite_number(q, 2);
	return 0;
}

static void
fini_use(void *row)
{
	store_disclaimer_use_fini(row);
}

/* A domain is a better example than a user: most inherit it. */
static int
load_uses(struct store_walk *w, struct sqlite *db, struct err *err)
{
	struct sqlite_query q;
	void *last;

	sqlite_query(&q, db,
	    "SELECT disclaimer, COALESCE(MIN(domain), MIN(address)), COUNT(*)"
	    " FROM (SELECT disclaimer, name AS domain, NULL AS address"
	    "   FROM domains UNION ALL"
	    "   SELECT disclaimer, NULL, address FROM users)"
	    " WHERE disclaimer NOT IN ('', 'none') AND disclaimer > ?"
	    " GROUP BY disclaimer ORDER BY disclaimer LIMIT ?");
	sqlite_bind_text(&q, w->after);
	sqlite_bind_number(&q, STORE_PAGE);
	if (store_walk_read(w, &q, read_use, &last, err))
		return -1;
	if (last)
		store_walk_set_after(
		    w, ((struct store_disclaimer_use *)last)->name);
	return w->count == STORE_PAGE;
}

int
store_sqlite_disclaimer_each(struct store *store,
    int (*each)(const struct store_disclaimer_use *, void *), void *arg,
    struct err *err)
{
	const struct store_disclaimer_use *use;
	struct store_walk w;

	store_walk_init(&w, store, NULL);
	w.load = load_uses;
	w.fini = fini_use;
	w.width = sizeof(*use);
	while ((use = store_walk_next(&w, err)))
		if (each(use, arg))
			break;
	return store_walk_end(&w);
}
