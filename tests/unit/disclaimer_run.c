/* disclaimer_run.c: see disclaimer_run.h. */
#include "unit/unit.h"

#include "unit/disclaimer_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "unit/disclaimer_word.h"
#include "unit/tilde.h"

static const struct spool_config config = {
    .memory = 1u << 20, .max = 1u << 28, .folder = "/tmp"};

void
disclaimer_run_init(
    struct disclaimer_run *r, const char *text, const char *html)
{
	struct err err;

	*r = (struct disclaimer_run){.header_len = 4711};
	if (disclaimer_template_new(
		slice_text(text), slice_text(html), &r->t, &err))
		fail_msg("%s", err.text);
	disclaimer_fill(r->t, "Alice", "alice@example.org", &r->d);
	spool_init(&r->out, &config);
}

void
disclaimer_run_fini(struct disclaimer_run *r)
{
	disclaimer_template_free(r->t);
	disclaimer_fini(&r->d);
	spool_fini(&r->out);
}

void
disclaimer_run_slices(struct disclaimer_run *r, struct slice header,
    struct slice body, bool repeat)
{
	struct err err;

	mime_scan(&r->tree, header, body);
	if (disclaimer_insert(&r->tree,
		&(const struct disclaimer_opts){r->t, &r->d, repeat}, &r->out,
		&r->header_len, &r->result, &err))
		fail_msg("%s", err.text);
	mime_tree_fini(&r->tree);
	if (r->result == DISCLAIMER_ADDED)
		return;
	assert_int_equal(r->out.size, 0);
	assert_int_equal(r->header_len, 4711);
}

const char *run_text_file = "Legal text";
const char *run_html_file = "<p>Legal HTML";

void
disclaimer_run_text(
    struct disclaimer_run *r, const char *header, const char *body, bool repeat)
{
	char *h = tilde_bytes(header), *b = tilde_bytes(body);

	disclaimer_run_init(r, run_text_file, run_html_file);
	disclaimer_run_slices(r, slice_text(h), slice_text(b), repeat);
	free(h);
	free(b);
}

/* The whole new entity. */
void
run_check_becomes(const char *header, const char *body, const char *wanted)
{
	char *w = tilde_bytes(wanted);
	struct disclaimer_run r;

	disclaimer_run_text(&r, header, body, true);
	if (r.result != DISCLAIMER_ADDED)
		fail_msg("%s%s: %s", header, body, disclaimer_word(r.result));
	if (!slice_equal(spool_slice(&r.out), slice_text(w)))
		fail_msg("%.*s", (int)r.out.size,
		    (const char *)spool_slice(&r.out).data);
	assert_true(slice_has_prefix(
	    slice_part(spool_slice(&r.out), r.header_len, r.out.size), "\r\n"));
	disclaimer_run_fini(&r);
	free(w);
}

/* Header and body stay, but for what is put behind the body. */
void
run_check_body(const char *header, const char *body, const char *wanted)
{
	char *all = xasprintf("%s~%s", header, wanted);

	run_check_becomes(header, body, all);
	free(all);
}

void
run_check_not(
    const char *header, const char *body, enum disclaimer_result wanted)
{
	struct disclaimer_run r;

	disclaimer_run_text(&r, header, body, false);
	if (r.result != wanted)
		fail_msg("%s%s: %s", header, body, disclaimer_word(r.result));
	disclaimer_run_fini(&r);
}
