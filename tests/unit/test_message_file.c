/* Messages from files and back, byte for byte. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "admin/message_file.h"
#include "base/alloc.h"
#include "unit/cert_fixture.h"

static const struct spool_config spool_config = {
    .memory = 65536, .max = 1u << 20, .folder = "/tmp"};
static char *folder, *path;

static int
setup(void **state)
{
	(void)state;
	folder = fixture_folder();
	path = xasprintf("%s/message", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(path);
	fixture_folder_remove(folder);
	return 0;
}

static void
write_file(struct slice text)
{
	struct buf data;

	buf_init(&data, 1u << 22);
	buf_add_slice(&data, text);
	fixture_write(path, 0600, &data);
	buf_fini(&data);
}

static void
must_read(struct message_file *m, struct slice text)
{
	struct err err;

	write_file(text);
	message_file_init(m, &spool_config);
	if (message_file_read(m, path, &err))
		fail_msg("%s", err.text);
}

static void
assert_written(
    const struct message_file *m, const struct edits *e, struct slice wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);
	struct err err;

	assert_int_equal(message_file_write(m, e, file, &err), 0);
	fclose(file);
	assert_int_equal(len, wanted.len);
	assert_memory_equal(text, wanted.data, len);
	free(text);
}

static void
round_trip(struct slice text)
{
	struct message_file m;
	struct edits none;

	edits_init(&none);
	must_read(&m, text);
	assert_written(&m, &none, text);
	edits_fini(&none);
	message_file_fini(&m);
}

static void
test_round_trips(void **state)
{
	static const char odd[] = "A: b\r\n\r\nx\ry\r\r\nz\n\0w\r\n";

	(void)state;
	round_trip(slice_text("From: a@example.org\nTo: b\n\tc\n\nbody\n\n"));
	round_trip(slice_text("From: a@example.org\r\nTo: b\r\n\r\nbody"));
	round_trip(slice_make(odd, sizeof(odd) - 1));
	round_trip(slice_text("A: b\n\nfirst\rsecond\n"));
	round_trip(slice_text("A: b\n\nends with CR\r"));
	round_trip(slice_text("A: b\n\n"));
}

/* Line ends stay right where chunks of the reader meet. */
static void
test_large(void **state)
{
	struct buf text;

	(void)state;
	for (int crlf = 0; crlf < 2; crlf++) {
		buf_init(&text, 1u << 20);
		buf_add_text(&text, crlf ? "A: b\r\n\r\n" : "A: b\n\n");
		while (text.len < 300000) {
			buf_addf(&text, "%zu", text.len);
			buf_add_text(&text, crlf ? "\r\n" : "\n");
		}
		round_trip(buf_slice(&text));
		buf_fini(&text);
	}
}

static void
test_inside_is_crlf(void **state)
{
	struct message_file m;

	(void)state;
	must_read(&m, slice_text("From x@y Thu Jan  1\nA: b\n c\n\nx\ny\r\nz"));
	assert_true(m.lf);
	assert_int_equal(m.header.count, 1);
	assert_true(
	    slice_equal(m.header.fields[0].body, slice_text(" b\r\n c")));
	assert_true(slice_equal(m.body, slice_text("x\r\ny\r\nz")));
	message_file_fini(&m);
}

static void
test_edits(void **state)
{
	struct message_file m;
	struct edits e;

	(void)state;
	must_read(&m, slice_text("X: 1\nContent-Type: a\nX: 2\nX: 3\n\nold\n"));
	edits_init(&e);
	edits_set_header(&e, "X", 3, NULL);
	edits_set_header(&e, "X", 2, NULL);
	edits_set_header(&e, "content-type", 1, " multipart/signed;\n\tb=c");
	edits_set_header(&e, "MIME-Version", 1, " 1.0");
	edits_set_header(&e, "Content-ID", 1, NULL);
	e.replace_body = true;
	slice_list_add(&e.body, slice_text("new\r"));
	slice_list_add(&e.body, slice_text("\nbody\r\n"));
	assert_written(&m, &e,
	    slice_text("X: 1\nContent-Type: multipart/signed;\n\tb=c\n"
		       "MIME-Version: 1.0\n\nnew\nbody\n"));
	edits_fini(&e);
	message_file_fini(&m);
}

static void
test_entity(void **state)
{
	static const char fields[] =
	    "Content-Type: text/plain;\r\n\tcharset=utf-8\r\n"
	    "Content-ID: <x>\r\n";
	struct message_file m;
	struct header content;
	bool complete;
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);
	struct err err;

	(void)state;
	must_read(
	    &m, slice_text(
		    "From: a\nContent-Type: application/pkcs7-mime\n"
		    "Subject: s\nContent-Transfer-Encoding: base64\n\nMII\n"));
	header_init(&content);
	(void)header_parse(&content, slice_text(fields), &complete);
	assert_int_equal(message_file_write_entity(
			     &m, &content, slice_text("plain\r\n"), file, &err),
	    0);
	header_fini(&content);
	fclose(file);
	assert_string_equal(text, "From: a\nSubject: s\nMIME-Version: 1.0\n"
				  "Content-Type: text/plain;\n\tcharset=utf-8\n"
				  "Content-ID: <x>\n\nplain\n");
	free(text);
	message_file_fini(&m);
}

static void
assert_from(const char *header, const char *wanted)
{
	struct message_file m;
	char *from;

	must_read(&m, slice_text(header));
	from = message_file_from(&m);
	if (wanted)
		assert_string_equal(from, wanted);
	else
		assert_null(from);
	free(from);
	message_file_fini(&m);
}

static void
test_from(void **state)
{
	(void)state;
	assert_from("From: Alice <Alice@Example.ORG>\n\n", "alice@example.org");
	assert_from("From: a@example.org, b@example.org\n\n", NULL);
	assert_from("From: a@example.org\nFrom: a@example.org\n\n", NULL);
	assert_from("From: \"x@example.org\"\n\n", NULL);
	assert_from("To: a@example.org\n\n", NULL);
}

static void
test_no_message(void **state)
{
	struct message_file m;
	struct err err;

	(void)state;
	message_file_init(&m, &spool_config);
	assert_int_equal(message_file_read(&m, path, &err), -1);
	assert_int_equal(err.class, ERR_NOT_FOUND);
	write_file(slice_text("just text\n"));
	assert_int_equal(message_file_read(&m, path, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	message_file_fini(&m);
}

/* The limit of the spool, and one past it. */
static void
test_size(void **state)
{
	struct message_file m;
	struct buf text;
	struct err err;

	(void)state;
	buf_init(&text, 1u << 21);
	buf_add_text(&text, "A: b\r\n\r\n");
	while (text.len < spool_config.max)
		buf_add_char(&text, 'x');
	write_file(buf_slice(&text));
	message_file_init(&m, &spool_config);
	assert_int_equal(message_file_read(&m, path, &err), 0);
	message_file_fini(&m);
	buf_add_char(&text, 'x');
	write_file(buf_slice(&text));
	message_file_init(&m, &spool_config);
	assert_int_equal(message_file_read(&m, path, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	message_file_fini(&m);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_round_trips, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_large, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_inside_is_crlf, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_edits, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_entity, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_from, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_message, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_size, setup, teardown),
	};

	return cmocka_run_group_tests_name("message_file", tests, NULL, NULL);
}
