/* Content after DATA: dots, line ends, pieces. */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "relay/smtp_data.h"

/* What goes out, read in steps of size bytes at most; -1 with err. */
static int
read_all(const struct slice_list *content, size_t size, struct buf *out,
    struct err *err)
{
	unsigned char chunk[64];
	struct smtp_data data;
	size_t len;

	assert_true(size <= sizeof(chunk));
	smtp_data_init(&data, content);
	do {
		if (smtp_data_read(&data, chunk, size, &len, err))
			return -1;
		assert_in_range(len, 0, size);
		buf_add(out, chunk, len);
	} while (len > 0);
	/* The end stays the end. */
	assert_int_equal(smtp_data_read(&data, chunk, size, &len, err), 0);
	assert_int_equal(len, 0);
	return 0;
}

/* in becomes wanted, wherever it is cut into two pieces and whatever the
 * reader's steps are. */
static void
becomes(struct slice in, struct slice wanted)
{
	struct err err;
	struct buf out;

	buf_init(&out, 4096);
	for (size_t cut = 0; cut <= in.len; cut++) {
		for (size_t size = 3; size <= 12; size++) {
			struct slice_list list = {.count = 0};

			slice_list_add(&list, slice_part(in, 0, cut));
			slice_list_add(&list, slice_make(NULL, 0));
			slice_list_add(&list, slice_part(in, cut, in.len));
			buf_clear(&out);
			assert_int_equal(read_all(&list, size, &out, &err), 0);
			assert_true(slice_equal(buf_slice(&out), wanted));
		}
	}
	buf_fini(&out);
}

static void
becomes_text(const char *in, const char *wanted)
{
	becomes(slice_text(in), slice_text(wanted));
}

static void
refused(const char *in)
{
	struct slice all = slice_text(in);
	struct err err;
	struct buf out;

	buf_init(&out, 4096);
	for (size_t cut = 0; cut <= all.len; cut++) {
		for (size_t size = 3; size <= 12; size++) {
			struct slice_list list = {.count = 0};

			slice_list_add(&list, slice_part(all, 0, cut));
			slice_list_add(&list, slice_part(all, cut, all.len));
			buf_clear(&out);
			assert_int_equal(read_all(&list, size, &out, &err), -1);
			assert_int_equal(err.class, ERR_PERMANENT);
			assert_non_null(strstr(err.text, "CR or LF"));
			/* Nothing behind it has gone out, and no line end. */
			assert_null(strstr(buf_text(&out), "bad"));
			assert_null(strchr(buf_text(&out), '\n'));
		}
	}
	buf_fini(&out);
}

static void
test_unchanged(void **state)
{
	(void)state;
	becomes_text("", "");
	becomes_text("\r\n", "\r\n");
	becomes_text("a\r\n", "a\r\n");
	becomes_text("Subject: x\r\n\r\na . b\r\n\r\n\r\n",
	    "Subject: x\r\n\r\na . b\r\n\r\n\r\n");
	becomes(slice_make("a\0b\xff \r\n", 7), slice_make("a\0b\xff \r\n", 7));
}

static void
test_dots(void **state)
{
	(void)state;
	becomes_text(".\r\n", "..\r\n");
	becomes_text("..\r\n", "...\r\n");
	becomes_text("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n");
	becomes_text("a.\r\n.b\r\n..c.\r\n", "a.\r\n..b\r\n...c.\r\n");
	becomes_text("\r\n.\r\n.\r\n\r\n.", "\r\n..\r\n..\r\n\r\n..\r\n");
}

static void
test_missing_line_end(void **state)
{
	(void)state;
	becomes_text("a", "a\r\n");
	becomes_text(".", "..\r\n");
	becomes_text("a\r\nb", "a\r\nb\r\n");
}

/* "SMTP smuggling": some servers end the message there. */
static void
test_bare_cr_and_lf(void **state)
{
	(void)state;
	refused("\nbad\r\n");
	refused("a\nbad\r\n");
	refused("a\n.\nbad\r\n");
	refused("a\n.\r\nbad\r\n");
	refused("a\rbad\r\n");
	refused("a\r.\rbad\r\n");
	refused("a\r\r\nbad\r\n");
	refused("a\r");
	refused("\r");
	refused("\n");
}

/* A message of some size, compared with a slow but obvious way. */
static void
test_many_lines(void **state)
{
	struct slice_list list = {.count = 0};
	struct buf in, wanted, out;
	struct err err;
	char line[80];

	(void)state;
	buf_init(&in, 1u << 20);
	buf_init(&wanted, 1u << 20);
	buf_init(&out, 1u << 20);
	for (int i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line), "%s%0*d\r\n",
		    i % 3 == 0 ? "." : "", i % 60, i);
		buf_add_text(&in, line);
		if (line[0] == '.')
			buf_add_char(&wanted, '.');
		buf_add_text(&wanted, line);
	}
	slice_list_add(&list, slice_part(buf_slice(&in), 0, 77777));
	slice_list_add(&list, slice_part(buf_slice(&in), 77777, in.len));
	assert_int_equal(read_all(&list, 64, &out, &err), 0);
	assert_true(slice_equal(buf_slice(&out), buf_slice(&wanted)));
	buf_fini(&out);
	buf_fini(&wanted);
	buf_fini(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unchanged),
	    cmocka_unit_test(test_dots),
	    cmocka_unit_test(test_missing_line_end),
	    cmocka_unit_test(test_bare_cr_and_lf),
	    cmocka_unit_test(test_many_lines),
	};

	return cmocka_run_group_tests_name("smtp_data", tests, NULL, NULL);
}
