/*
 * Content-Type and Content-Disposition: always text, always bounded, and what
 * was read means the same when it is written again: quoted, as RFC 2231 has
 * it in one piece, and in several.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "mail/mime_type.h"

#define TEXT_MAX ((size_t)64 * MIB)

typedef void parse_type(struct mime_type *, struct slice);
typedef void write_param(struct buf *, const struct mime_param *);

static void
write_quoted(struct buf *out, const struct mime_param *param)
{
	buf_addf(out, ";\r\n\t%s (a \\) comment) = \"", param->name);
	for (const char *c = param->value; *c; c++) {
		if (*c == '"' || *c == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, *c);
	}
	buf_add_char(out, '"');
}

static void
write_byte(struct buf *out, char c)
{
	buf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
}

static void
write_extended(struct buf *out, const struct mime_param *param)
{
	buf_addf(out, "; %s*=utf-8''", param->name);
	for (const char *c = param->value; *c; c++)
		write_byte(out, *c);
}

/* The last section first: readers put them in order. */
static void
write_sections(struct buf *out, const struct mime_param *param)
{
	size_t half = strlen(param->value) / 2;

	buf_addf(out, "; %s*1*=\"", param->name);
	for (const char *c = param->value + half; *c; c++)
		write_byte(out, *c);
	buf_addf(out, "\"; %s*0*=''", param->name);
	for (size_t i = 0; i < half; i++)
		write_byte(out, param->value[i]);
}

static void
check_same(const struct mime_type *a, const struct mime_type *b)
{
	FUZZ_CHECK(!b->malformed && !b->duplicate);
	FUZZ_CHECK(strcmp(a->type, b->type) == 0);
	FUZZ_CHECK(strcmp(a->subtype, b->subtype) == 0);
	FUZZ_CHECK(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const char *value = mime_type_param(b, a->params[i].name);

		FUZZ_CHECK(value && strcmp(value, a->params[i].value) == 0);
	}
}

static void
check_written(
    const struct mime_type *t, parse_type *parse, write_param *write_one)
{
	struct mime_type again;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	buf_addf(&out, " %s", t->type);
	if (*t->subtype)
		buf_addf(&out, "/%s", t->subtype);
	for (size_t i = 0; i < t->count; i++)
		write_one(&out, &t->params[i]);
	parse(&again, buf_slice(&out));
	check_same(t, &again);
	mime_type_fini(&again);
	buf_fini(&out);
}

static void
check_values(const struct mime_type *t)
{
	FUZZ_CHECK(t->count <= LIMIT_MIME_PARAMS);
	for (size_t i = 0; i < t->count; i++) {
		const char *value = mime_type_param(t, t->params[i].name);

		FUZZ_CHECK(*t->params[i].name);
		FUZZ_CHECK(value == t->params[i].value);
		for (; *value; value++)
			FUZZ_CHECK(
			    ((unsigned char)*value >= ' ' && *value != 0x7f) ||
			    *value == '\t');
	}
}

static void
check_type(parse_type *parse, struct slice in, bool has_subtype)
{
	struct mime_type t;
	bool whole;

	parse(&t, in);
	FUZZ_CHECK(t.type && t.subtype);
	FUZZ_CHECK(mime_type_is(&t, t.type, t.subtype));
	whole = *t.type && (*t.subtype || !has_subtype);
	FUZZ_CHECK(t.malformed || whole);
	check_values(&t);
	if (whole) {
		check_written(&t, parse, write_quoted);
		check_written(&t, parse, write_extended);
		if (2 * t.count <= LIMIT_MIME_PARAMS)
			check_written(&t, parse, write_sections);
	}
	mime_type_fini(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size);

	check_type(mime_type_parse, in, true);
	check_type(mime_disposition_parse, in, false);
	return 0;
}
