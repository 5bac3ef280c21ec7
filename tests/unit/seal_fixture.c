/* seal_fixture.c: see seal_fixture.h. */
#include "unit/unit.h"

#include "unit/seal_fixture.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "mail/mime_build.h"
#include "unit/must.h"

const struct spool_config seal_spool = {
    .memory = 65536, .max = 256 * MIB, .folder = "/tmp"};
const struct seal_key seal_site = {"a key that no other site has got"};

static const struct seal_opts opts = {.key = &seal_site, .spool = &seal_spool};

/* A message taken apart, as the guard does. */
struct opened {
	struct header header;
	struct slice body;
	struct buf raw;
	struct mime_tree tree;
};

static void
message_open(struct opened *m, struct slice message)
{
	bool complete;
	size_t body;

	header_init(&m->header);
	body = header_parse(&m->header, message, &complete);
	m->body = slice_part(message, body, message.len);
	buf_init(&m->raw, LIMIT_HEADER_BYTES);
	mime_entity_header(&m->header, m->body, &m->raw);
	mime_scan(&m->tree, buf_slice(&m->raw), m->body);
}

static void
message_close(struct opened *m)
{
	mime_tree_fini(&m->tree);
	buf_fini(&m->raw);
	header_fini(&m->header);
}

void
seal_message_take(struct slice message, struct seal *out)
{
	struct opened m;

	message_open(&m, message);
	MUST(seal_take(&opts, &m.tree, out, &err));
	message_close(&m);
}

void
seal_message_compare(
    const struct seal *was, struct slice message, struct seal_findings *out)
{
	struct opened m;

	message_open(&m, message);
	MUST(seal_compare(&opts, was, &m.tree, out, &err));
	message_close(&m);
}

bool
seal_message_is_same(const struct seal *was, struct slice message)
{
	struct opened m;
	bool same;

	message_open(&m, message);
	same = seal_is_same(was, &seal_site, &m.header, m.body);
	message_close(&m);
	return same;
}

void
seal_findings_show(const struct seal_findings *f, struct buf *out)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct seal_finding *found = &f->at[i];

		buf_addf(out, "%s%s%s %s", i > 0 ? "; " : "",
		    found->benign ? "(" : "", seal_change_name(found->change),
		    found->part);
		if (found->bytes > 0)
			buf_addf(out, " %" PRIu64, found->bytes);
		buf_add_text(out, found->benign ? ")" : "");
	}
	if (f->more > 0)
		buf_addf(out, "; %zu more", f->more);
}

void
seal_replace(
    struct buf *out, struct slice text, const char *from, const char *to)
{
	const unsigned char *at =
	    memmem(text.data, text.len, from, strlen(from));
	size_t before;

	if (!at)
		fail_msg("not in the message: %s", from);
	before = (size_t)(at - text.data);
	buf_add(out, text.data, before);
	buf_add_text(out, to);
	buf_add_slice(out, slice_part(text, before + strlen(from), text.len));
}

void
seal_there_and_back(const struct seal *s, struct seal *out)
{
	struct header header;
	struct buf field;

	buf_init(&field, LIMIT_SEAL_FIELD);
	header_init(&header);
	MUST(seal_write(s, &seal_site, 1750000000, &field, &err));
	MUST(header_add(
	    &header, slice_text(SEAL_FIELD), buf_slice(&field), &err));
	assert_int_equal(seal_read(&header, &seal_site, out), SEAL_GOOD);
	header_fini(&header);
	buf_fini(&field);
}
