/* Content after DATA: the server gets what we were given, and never a line
 * that ends the message. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "relay/smtp_data.h"

/* What a server makes of it: the first dot of a line goes away. */
static void
receive(struct slice sent, struct buf *out)
{
	size_t end;

	for (size_t i = 0; i < sent.len; i = end + 2) {
		struct slice line;

		end = slice_find(sent, '\r', i);
		FUZZ_CHECK(end + 1 < sent.len && sent.data[end + 1] == '\n');
		line = slice_part(sent, i, end);
		FUZZ_CHECK(slice_find(line, '\n', 0) == line.len);
		if (line.len > 0 && line.data[0] == '.') {
			FUZZ_CHECK(line.len > 1);
			line = slice_part(line, 1, line.len);
		}
		buf_add_slice(out, line);
		buf_add_text(out, "\r\n");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice content = slice_make(data, size);
	struct slice_list list = {.count = 0};
	size_t cut = size > 0 ? data[0] % (size + 1) : 0, n;
	unsigned char chunk[17];
	struct smtp_data reader;
	struct buf sent, got;
	struct err err;
	int rc;

	slice_list_add(&list, slice_part(content, 0, cut));
	slice_list_add(&list, slice_part(content, cut, size));
	buf_init(&sent, 2 * size + 4);
	buf_init(&got, 2 * size + 4);
	smtp_data_init(&reader, &list);
	do {
		rc = smtp_data_read(&reader, chunk, sizeof(chunk), &n, &err);
		if (rc == 0)
			buf_add(&sent, chunk, n);
	} while (rc == 0 && n > 0);
	if (rc == 0) {
		receive(buf_slice(&sent), &got);
		FUZZ_CHECK(got.len == size || got.len == size + 2);
		FUZZ_CHECK(size == 0 || memcmp(got.data, data, size) == 0);
	}
	buf_fini(&got);
	buf_fini(&sent);
	return 0;
}
