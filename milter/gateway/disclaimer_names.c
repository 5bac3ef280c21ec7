/* disclaimer_names.c: see disclaimer_names.h.  Any thread. */
#include "gateway/disclaimer_names.h"

#include <stdlib.h>

#include "base/alloc.h"

struct check {
	const struct gateway_config *config;
	void (*each)(const char *text, void *arg);
	void *arg;
};

static int
check_use(const struct store_disclaimer_use *use, void *arg)
{
	const struct check *c = arg;
	char *others, *text;

	if (gateway_disclaimer_find(c->config, use->name))
		return 0;
	others = use->count > 1 ? xasprintf(" and %lu more", use->count - 1)
				: xstrdup("");
	text = xasprintf("there is no disclaimer %s, which %s%s %s: mail that "
			 "is to have it waits",
	    use->name, use->example, others, use->count > 1 ? "have" : "has");
	c->each(text, c->arg);
	free(text);
	free(others);
	return 0;
}

int
disclaimer_names_check(const struct gateway_config *config, struct store *store,
    void (*each)(const char *text, void *arg), void *arg, struct err *err)
{
	struct check c = {config, each, arg};

	return store_disclaimer_each(store, check_use, &c, err);
}
