/* DER behind base64 lines: every window, every broken line. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/armor.h"
#include "mail/mime_codec.h"

struct text {
	unsigned char *at;
	size_t len;
	struct slice_list list;
};

static void
text_init(struct text *t, const unsigned char *der, size_t len)
{
	t->at = xmalloc(base64_size(len) + 1);
	t->len = base64_encode(slice_make(der, len), t->at);
	t->list = (struct slice_list){.count = 0};
	/* Two pieces that meet inside a line. */
	slice_list_add(&t->list, slice_make(t->at, t->len / 3));
	slice_list_add(
	    &t->list, slice_make(t->at + t->len / 3, t->len - t->len / 3));
}

static void
fill(unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (unsigned char)(i * 7 + i / 57);
}

static void
test_every_window(void **state)
{
	unsigned char data[200], out[200];

	(void)state;
	fill(data, sizeof(data));
	for (size_t len = 1; len <= sizeof(data); len++) {
		struct armor a;
		struct text t;

		text_init(&t, data, len);
		assert_int_equal(armor_open(&a, &t.list, 0, t.len), 0);
		assert_int_equal(a.size, len);
		for (size_t at = 0; at <= len; at += 5)
			for (size_t n = 0; at + n <= len; n += 3) {
				assert_int_equal(armor_read(&a, at, out, n), 0);
				assert_memory_equal(out, data + at, n);
			}
		assert_int_equal(armor_read(&a, 0, out, len + 1), -1);
		assert_int_equal(armor_read(&a, len, out, 1), -1);
		assert_int_equal(armor_read(&a, len + 1, out, 0), -1);
		/* Without its last line end, too. */
		assert_int_equal(armor_open(&a, &t.list, 0, t.len - 2), 0);
		assert_int_equal(a.size, len);
		free(t.at);
	}
}

static void
test_broken_text(void **state)
{
	static const struct {
		size_t at;
		unsigned char c;
	} bad[] = {{0, '*'}, {10, ' '}, {10, '\n'}, {75, '='}, {76, '\n'},
	    {77, ' '}, {40, 0}, {41, 0x80}};
	unsigned char data[150], out[150];
	struct armor a;
	struct text t;

	(void)state;
	fill(data, sizeof(data));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		text_init(&t, data, sizeof(data));
		t.at[bad[i].at] = bad[i].c;
		assert_int_equal(armor_open(&a, &t.list, 0, t.len), 0);
		assert_int_equal(armor_read(&a, 0, out, 1), -1);
		/* The other lines are as good as before. */
		assert_int_equal(armor_read(&a, 60, out, 90), 0);
		free(t.at);
	}
	text_init(&t, data, sizeof(data));
	assert_int_equal(armor_open(&a, &t.list, 0, t.len - 3), -1);
	assert_int_equal(armor_open(&a, &t.list, 1, t.len), -1);
	assert_int_equal(armor_open(&a, &t.list, 0, t.len + 1), -1);
	assert_int_equal(armor_open(&a, &t.list, t.len, t.len), -1);
	assert_int_equal(armor_open(&a, &t.list, t.len, 0), -1);
	free(t.at);
}

/* A last line that is a character too long, with more text behind it. */
static void
test_long_line(void **state)
{
	char text[3 * 78];
	struct slice_list list = {.count = 0};
	struct armor a;

	(void)state;
	memset(text, 'A', sizeof(text));
	slice_list_add(&list, slice_make(text, sizeof(text)));
	assert_int_equal(armor_open(&a, &list, 0, 77), -1);
	assert_int_equal(armor_open(&a, &list, 0, 78 + 77), -1);
	assert_int_equal(armor_open(&a, &list, 0, 78), -1);
}

static void
test_elements(void **state)
{
	static const struct {
		unsigned char der[12];
		size_t len;
		int rc;
		size_t end;
	} rows[] = {
	    {{0x30, 0x02, 0x05, 0x00}, 4, 0, 4},
	    {{0x30, 0x81, 0x02, 0x05, 0x00}, 5, 0, 5},
	    {{0x30, 0x82, 0x00, 0x01, 0x05}, 5, 0, 5},
	    {{0x30, 0x03, 0x05, 0x00}, 4, -1, 0}, /* too long */
	    {{0x30, 0x80, 0x00, 0x00}, 4, -1, 0}, /* indefinite */
	    {{0x3f, 0x81, 0x02, 0x00}, 4, -1, 0}, /* tag of two octets */
	    {{0x30, 0x84, 0xff, 0xff, 0xff, 0xff}, 6, -1, 0},
	    {{0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 10,
		-1, 0},
	    {{0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 11, -1, 0},
	    {{0x30}, 1, -1, 0},
	    {{0x30, 0x00}, 2, 0, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct armor_element e;
		struct armor a;
		struct text t;

		text_init(&t, rows[i].der, rows[i].len);
		assert_int_equal(armor_open(&a, &t.list, 0, t.len), 0);
		assert_int_equal(armor_element(&a, 0, a.size, &e), rows[i].rc);
		if (rows[i].rc == 0) {
			assert_int_equal(e.end, rows[i].end);
			assert_int_equal(
			    armor_expect(&a, 0, a.size, 0x31, &e), -1);
			assert_int_equal(
			    armor_expect(&a, 0, a.size, 0x30, &e), 0);
			assert_int_equal(
			    armor_element(&a, 0, a.size + 1, &e), -1);
		}
		free(t.at);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_window),
	    cmocka_unit_test(test_broken_text),
	    cmocka_unit_test(test_long_line),
	    cmocka_unit_test(test_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
