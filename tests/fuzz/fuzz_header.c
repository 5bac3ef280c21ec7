/*
 * Header fields: whatever came in, what is written is the same fields; and
 * the same bytes, where nothing in them was odd.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "mail/header.h"
#include "mail/mime_build.h"

#define TEXT_MAX ((size_t)1 << 24)

static void
check_field(const struct header_field *field, struct slice raw)
{
	const unsigned char *end = raw.data + raw.len;
	char *text = header_field_unfold(field);
	struct header_field unfolded = {field->name, slice_text(text)};
	char *again = header_field_unfold(&unfolded);

	FUZZ_CHECK(field->name.len > 0);
	FUZZ_CHECK(field->name.data >= raw.data);
	FUZZ_CHECK(field->name.data + field->name.len < field->body.data);
	FUZZ_CHECK(field->body.data + field->body.len <= end);
	FUZZ_CHECK(!strpbrk(text, "\r\n\t"));
	FUZZ_CHECK(!strstr(text, "  "));
	FUZZ_CHECK(strcmp(text, again) == 0);
	free(again);
	free(text);
}

static void
write_fields(const struct header *header, struct buf *out)
{
	for (size_t i = 0; i < header->count; i++)
		header_field_write(&header->fields[i], out);
	FUZZ_CHECK(buf_ok(out));
}

/* CRLF at the end of each line and nowhere else, no NUL, no blank before a
 * colon.  For text that consists of fields only. */
static bool
is_plain(struct slice text)
{
	const unsigned char *s = text.data;
	bool in_name = true;

	for (size_t i = 0; i < text.len; i++) {
		bool cr_before = i > 0 && s[i - 1] == '\r';

		if (s[i] == '\0' || (s[i] == '\n') != cr_before)
			return false;
		if (i > 0 && s[i - 1] == '\n')
			in_name = s[i] != ' ' && s[i] != '\t';
		if (in_name && s[i] == ':') {
			if (i > 0 && (s[i - 1] == ' ' || s[i - 1] == '\t'))
				return false;
			in_name = false;
		}
	}
	return text.len == 0 || s[text.len - 1] == '\n';
}

/* What was read, written again: the fields of raw, up to end. */
static void
check_identity(const struct header *header, struct slice raw)
{
	struct buf out;

	buf_init(&out, TEXT_MAX);
	write_fields(header, &out);
	if (is_plain(raw))
		FUZZ_CHECK(slice_equal(buf_slice(&out), raw));
	buf_fini(&out);
}

/* Written and read again: as many fields, with the same names; and from then
 * on always the same bytes. */
static void
check_written(const struct header *header)
{
	struct buf out, second;
	struct header again;
	bool complete;

	buf_init(&out, TEXT_MAX);
	buf_init(&second, TEXT_MAX);
	header_init(&again);
	write_fields(header, &out);
	FUZZ_CHECK(header_parse(&again, buf_slice(&out), &complete) == out.len);
	FUZZ_CHECK(!complete);
	FUZZ_CHECK(again.count == header->count);
	for (size_t i = 0; i < again.count; i++)
		FUZZ_CHECK(
		    slice_equal(again.fields[i].name, header->fields[i].name));
	write_fields(&again, &second);
	FUZZ_CHECK(slice_equal(buf_slice(&out), buf_slice(&second)));
	buf_fini(&second);
	buf_fini(&out);
	header_fini(&again);
}

/* All of a message's Content-* fields, and a type if there was none. */
static void
check_entity_header(const struct header *header)
{
	struct header entity;
	struct buf out;
	size_t k = 0;
	bool complete;

	buf_init(&out, TEXT_MAX);
	header_init(&entity);
	mime_entity_header(header, slice_make(NULL, 0), &out);
	FUZZ_CHECK(
	    header_parse(&entity, buf_slice(&out), &complete) == out.len);
	FUZZ_CHECK(!complete);
	if (header_count(header, "Content-Type") == 0)
		k++;
	for (size_t i = 0; i < header->count; i++) {
		if (!header_field_is_content(&header->fields[i]))
			continue;
		FUZZ_CHECK(k < entity.count);
		FUZZ_CHECK(slice_equal(
		    entity.fields[k++].name, header->fields[i].name));
	}
	FUZZ_CHECK(k == entity.count);
	FUZZ_CHECK(header_count(&entity, "Content-Type") > 0);
	header_fini(&entity);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice raw = slice_make(data, size);
	struct header header, copy;
	struct err err;
	bool complete;
	size_t end;

	header_init(&header);
	header_init(&copy);
	end = header_parse(&header, raw, &complete);
	FUZZ_CHECK(end <= size);
	for (size_t i = 0; i < header.count; i++) {
		check_field(&header.fields[i], raw);
		FUZZ_CHECK(header_add(&copy, header.fields[i].name,
			       header.fields[i].body, &err) == 0);
	}
	/* What a mail server says need not come from a header. */
	FUZZ_CHECK(header_add(&copy, slice_text("X-Any"), raw, &err) == 0);
	FUZZ_CHECK(copy.count == header.count + 1 && !copy.over_limit);
	if (complete)
		end -= end > 1 && data[end - 2] == '\r' ? 2 : 1;
	check_identity(&header, slice_part(raw, 0, end));
	check_written(&copy);
	check_entity_header(&copy);
	header_fini(&copy);
	header_fini(&header);
	return 0;
}
