/*
 * Fingerprints: two messages with SPLIT between them, the second of which is
 * held against the fingerprint of the first; or, with "v=1;" in front, the
 * text of a field, which is made authentic, and behind SPLIT a message.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include <openssl/err.h>

#include "base/hex.h"
#include "base/limits.h"
#include "mail/mime_build.h"
#include "smime/cms_body.h"
#include "smime/intact.h"
#include "smime/seal_compare.h"
#include "smime/seal_digest.h"

#define SPLIT "\n=====\n"
#define MAX   ((size_t)16 * MIB)

static const struct spool_config config = {
    .memory = MAX, .max = MAX, .folder = "/tmp"};
static const struct seal_key key = {"nobody knows"};
static const struct seal_opts opts = {.key = &key, .spool = &config};

struct message {
	struct header header;
	struct slice body;
	struct buf raw;
	struct mime_tree tree;
};

static void
message_open(struct message *m, struct slice text)
{
	bool complete;
	size_t body;

	header_init(&m->header);
	body = header_parse(&m->header, text, &complete);
	m->body = slice_part(text, body, text.len);
	buf_init(&m->raw, MAX);
	mime_entity_header(&m->header, m->body, &m->raw);
	mime_scan(&m->tree, buf_slice(&m->raw), m->body);
}

static void
message_close(struct message *m)
{
	mime_tree_fini(&m->tree);
	buf_fini(&m->raw);
	header_fini(&m->header);
}

/* --- fields --- */

/* Reads the field with this body; true when it is good. */
static bool
field_read(struct slice body, struct seal *out)
{
	struct header header;
	struct err err;
	bool good;

	header_init(&header);
	FUZZ_CHECK(
	    header_add(&header, slice_text(SEAL_FIELD), body, &err) == 0);
	good = seal_read(&header, &key, out) == SEAL_GOOD;
	header_fini(&header);
	return good;
}

static void
field_write(const struct seal *s, struct buf *out)
{
	struct err err;

	buf_init(out, LIMIT_SEAL_FIELD);
	FUZZ_CHECK(seal_write(s, &key, s->when, out, &err) == 0);
}

/* What was read is written in the same way, and read again. */
static void
check_field(const struct seal *s)
{
	struct buf first, second;
	struct seal again;

	field_write(s, &first);
	FUZZ_CHECK(field_read(buf_slice(&first), &again));
	field_write(&again, &second);
	FUZZ_CHECK(slice_equal(buf_slice(&first), buf_slice(&second)));
	buf_fini(&first);
	buf_fini(&second);
}

/* Authentic, whatever it says. */
static bool
field_forge(struct slice text, struct seal *out)
{
	unsigned char code[16];
	char hex[33];
	struct seal_digester d;
	struct buf field;
	struct err err;
	bool good;

	FUZZ_CHECK(seal_digester_init(&d, &key, &err) == 0);
	seal_digest_begin(&d, SEAL_LABEL_FIELD);
	seal_digest_add(&d, text);
	seal_digest_end(&d, code, sizeof(code));
	seal_digester_fini(&d);
	hex_encode(code, sizeof(code), hex);
	buf_init(&field, MAX);
	buf_add_slice(&field, text);
	buf_addf(&field, ";m=%s", hex);
	good = field_read(buf_slice(&field), out);
	buf_fini(&field);
	return good;
}

/* --- findings --- */

static void
check_finding(const struct seal_finding *f)
{
	char text[SEAL_FINDING_TEXT];
	size_t len = strlen(f->part);

	FUZZ_CHECK(len > 0 && len < sizeof(f->part));
	FUZZ_CHECK(strspn(f->part, "0123456789.+") == len);
	FUZZ_CHECK(f->part[0] != '.' && f->part[len - 1] != '.');
	seal_finding_text(f, text);
	FUZZ_CHECK(strstr(text, f->part) || strcmp(f->part, "0") == 0);
	FUZZ_CHECK(seal_change_name(f->change)[0] != '\0');
}

static void
check_findings(const struct seal_findings *f)
{
	const struct seal_finding *worst = seal_findings_worst(f);

	FUZZ_CHECK(f->count <= LIMIT_SEAL_FINDINGS);
	FUZZ_CHECK(f->more == 0 || f->count == LIMIT_SEAL_FINDINGS);
	for (size_t i = 0; i < f->count; i++)
		check_finding(&f->at[i]);
	FUZZ_CHECK(!worst || worst == &f->at[0]);
}

/* Without a fingerprint: what is broken is named, what is not is not. */
static void
check_integrity(const struct message *m)
{
	struct smime_intact_opts intact_opts = {.spool = &config};
	struct smime_intact intact;
	struct err err;

	FUZZ_CHECK(smime_check_integrity(
		       &intact_opts, &m->header, m->body, &intact, &err) == 0);
	check_findings(&intact.findings);
	if (intact.integrity == INTEGRITY_BROKEN)
		FUZZ_CHECK(seal_findings_worst(&intact.findings));
	else
		FUZZ_CHECK(intact.findings.count == 0);
}

/* --- what must be the same when nothing was found --- */

static struct slice
part_bytes(const struct mime_part *part)
{
	size_t head = part->header_raw.len + part->separator.len;

	return slice_make(part->body.data - head, head + part->body.len);
}

static void
check_same_cms(const struct message *a, const struct message *b)
{
	struct cms_body x, y;
	struct err err;

	if (cms_body_decode(&x, &a->header, a->body, &config, &err) == 0 &&
	    cms_body_decode(&y, &b->header, b->body, &config, &err) == 0) {
		if (a->tree.root->cte == MIME_CTE_BASE64)
			FUZZ_CHECK(slice_equal(x.der, y.der));
		cms_body_fini(&y);
	}
	cms_body_fini(&x);
}

/* The promise that matters: what was signed and reads otherwise now never
 * goes without a finding. */
static void
check_same(
    const struct seal *s, const struct message *a, const struct message *b)
{
	const struct mime_part *x = a->tree.root->child;
	const struct mime_part *y = b->tree.root->child;

	if (s->root == SEAL_ROOT_DETACHED && x) {
		FUZZ_CHECK(y != NULL);
		FUZZ_CHECK(slice_equal(part_bytes(x), part_bytes(y)));
	}
	if (s->root == SEAL_ROOT_CMS)
		check_same_cms(a, b);
}

static void
compare(const struct seal *s, const struct message *a, const struct message *b)
{
	struct seal_findings found;
	struct err err;

	FUZZ_CHECK(seal_compare(&opts, s, &b->tree, &found, &err) == 0);
	check_findings(&found);
	check_integrity(b);
	if (!a)
		return;
	if (!seal_findings_worst(&found))
		check_same(s, a, b);
	if (seal_is_same(s, &key, &b->header, b->body))
		FUZZ_CHECK(!seal_findings_worst(&found));
}

static void
take_and_compare(struct slice before, struct slice after)
{
	struct message a, b;
	struct seal s, read;
	struct seal_findings none;
	struct buf field;
	struct err err;

	message_open(&a, before);
	message_open(&b, after);
	FUZZ_CHECK(seal_take(&opts, &a.tree, &s, &err) == 0);
	check_field(&s);
	field_write(&s, &field);
	FUZZ_CHECK(field_read(buf_slice(&field), &read));
	FUZZ_CHECK(seal_compare(&opts, &read, &a.tree, &none, &err) == 0);
	FUZZ_CHECK(none.count == 0 && none.more == 0);
	compare(&read, &a, &b);
	buf_fini(&field);
	message_close(&b);
	message_close(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *split =
	    size > 0 ? memmem(data, size, SPLIT, strlen(SPLIT)) : NULL;
	size_t first = split ? (size_t)(split - data) : size;
	struct slice before = slice_make(data, first), after;
	struct message b;
	struct seal s;

	if (size > MAX / 4)
		return 0;
	after = split ? slice_part(
			    slice_make(data, size), first + strlen(SPLIT), size)
		      : before;
	if (!slice_has_prefix(before, "v=1;")) {
		take_and_compare(before, after);
	} else if (field_forge(before, &s)) {
		check_field(&s);
		message_open(&b, after);
		compare(&s, NULL, &b);
		message_close(&b);
	}
	FUZZ_CHECK(ERR_peek_error() == 0);
	return 0;
}
