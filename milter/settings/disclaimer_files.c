/*
 * disclaimer_files.c: see disclaimer_files.h.
 *
 * Whoever sends mail must not find out first that a file cannot be read: a
 * daemon does not start with it, and does not reload it.
 */
#include "settings/disclaimer_files.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"
#include "mail/disclaimer_text.h"

/* One disclaimer of the list. */
struct work {
	struct reading *reading;
	const config_setting_t *group;
	size_t index;
	const struct gateway_disclaimer *disclaimer;
};

static void
complain(const struct work *w, const char *option, const char *text)
{
	const config_setting_t *value =
	    config_setting_get_member(w->group, option);
	char place[512];

	reading_place(w->reading, value, place, sizeof(place));
	settings_errors_add(w->reading->errors, "%sdisclaimers[%zu].%s: %s",
	    place, w->index, option, text);
}

static int
read_file(
    const struct work *w, const char *option, const char *path, struct buf *out)
{
	struct err err;
	char *text;

	if (io_read_file(path, out, &err)) {
		complain(w, option, err.text);
		return -1;
	}
	if (out->len > 0)
		return 0;
	text = xasprintf("%s: is empty", path);
	complain(w, option, text);
	free(text);
	return -1;
}

/* What is wrong with a text begins with "text: " or "html: ". */
static void
complain_of_text(const struct work *w, const char *why)
{
	bool html = strncmp(why, "html: ", 6) == 0;
	const char *path = html ? w->disclaimer->html : w->disclaimer->text;
	const char *rest = strstr(why, ": ");
	char *text = xasprintf("%s: %s", path, rest ? rest + 2 : why);

	complain(w, html ? "html" : "text", text);
	free(text);
}

static struct disclaimer_template *
load(const struct work *w)
{
	const struct gateway_disclaimer *d = w->disclaimer;
	struct disclaimer_template *t = NULL;
	struct buf text, html;
	struct err err;
	int rc;

	buf_init(&text, LIMIT_DISCLAIMER);
	buf_init(&html, LIMIT_DISCLAIMER);
	rc = read_file(w, "text", d->text, &text);
	if (*d->html)
		rc |= read_file(w, "html", d->html, &html);
	if (rc == 0 && disclaimer_template_new(
			   buf_slice(&text), buf_slice(&html), &t, &err))
		complain_of_text(w, err.text);
	buf_fini(&html);
	buf_fini(&text);
	return t;
}

void
disclaimer_files_load(
    struct reading *r, const config_t *tree, struct settings *s)
{
	struct gateway_config *config = &s->gateway;
	const config_setting_t *list = config_lookup(tree, "disclaimers");
	struct gateway_disclaimer *loaded;

	if (config->disclaimer_count == 0)
		return;
	loaded =
	    arena_alloc(&s->arena, config->disclaimer_count * sizeof(*loaded));
	assert(loaded);
	for (size_t i = 0; i < config->disclaimer_count; i++) {
		const struct work w = {r,
		    config_setting_get_elem(list, (unsigned)i), i,
		    &config->disclaimers[i]};

		loaded[i] = config->disclaimers[i];
		loaded[i].template_ = load(&w);
	}
	config->disclaimers = loaded;
}

void
disclaimer_files_free(struct settings *s)
{
	for (size_t i = 0; i < s->gateway.disclaimer_count; i++)
		disclaimer_template_free(s->gateway.disclaimers[i].template_);
}
