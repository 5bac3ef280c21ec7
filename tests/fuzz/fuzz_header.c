/* Header fields: whatever came in, what is written is the same fields. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "mail/header.h"
#include "mail/mime_build.h"

static void
check_field(const struct header_field *field)
{
	char *text = header_field_unfold(field);

	FUZZ_CHECK(field->name.len > 0);
	FUZZ_CHECK(!strpbrk(text, "\r\n\t"));
	FUZZ_CHECK(!strstr(text, "  "));
	free(text);
}

/* Written and read again: as many fields, with the same names. */
static void
check_written(const struct header *header)
{
	struct header again;
	struct buf out;
	bool complete;

	buf_init(&out, 1u << 24);
	header_init(&again);
	for (size_t i = 0; i < header->count; i++)
		header_field_write(&header->fields[i], &out);
	FUZZ_CHECK(buf_ok(&out));
	FUZZ_CHECK(header_parse(&again, buf_slice(&out), &complete) == out.len);
	FUZZ_CHECK(!complete);
	FUZZ_CHECK(again.count == header->count);
	for (size_t i = 0; i < again.count; i++)
		FUZZ_CHECK(
		    slice_equal(again.fields[i].name, header->fields[i].name));
	buf_clear(&out);
	mime_entity_header(header, &out);
	header_fini(&again);
	FUZZ_CHECK(header_parse(&again, buf_slice(&out), &complete) == out.len);
	FUZZ_CHECK(header_count(&again, "Content-Type") > 0);
	header_fini(&again);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice raw = slice_make(data, size);
	struct header header, copy;
	struct err err;
	bool complete;

	header_init(&header);
	header_init(&copy);
	FUZZ_CHECK(header_parse(&header, raw, &complete) <= size);
	for (size_t i = 0; i < header.count; i++) {
		check_field(&header.fields[i]);
		FUZZ_CHECK(header_add(&copy, header.fields[i].name,
			       header.fields[i].body, &err) == 0);
	}
	FUZZ_CHECK(copy.count == header.count);
	check_written(&copy);
	header_fini(&copy);
	header_fini(&header);
	return 0;
}
