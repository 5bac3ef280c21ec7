/* Log lines: whole, escaped, cut; nobody can forge or tear one. */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/log.h"

static char folder[] = "/tmp/test_log.XXXXXX";
static char path[sizeof(folder) + 16];

static int
open_log(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/log", folder);
	return log_open(LOG_TARGET_FILE, LOG_LEVEL_INFO, "program", path);
}

static int
close_log(void **state)
{
	(void)state;
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO, "program", NULL);
	unlink(path);
	return rmdir(folder);
}

/* What is in the log; the file is emptied.  The time is cut off each line. */
static char *
take_log(void)
{
	struct buf in, out;
	struct slice rest;
	struct err err;
	size_t end;

	buf_init(&in, 1u << 24);
	buf_init(&out, 1u << 24);
	assert_int_equal(io_read_file(path, &in, &err), 0);
	assert_int_equal(truncate(path, 0), 0);
	for (rest = buf_slice(&in); rest.len > 0;) {
		end = slice_find(rest, '\n', 0);
		assert_true(end < rest.len && end > 21);
		assert_int_equal(rest.data[19], 'Z');
		buf_add_slice(&out, slice_part(rest, 21, end + 1));
		rest = slice_part(rest, end + 1, rest.len);
	}
	buf_fini(&in);
	return buf_take_text(&out);
}

static void
check_log(const char *wanted)
{
	char *got = take_log();

	assert_string_equal(got, wanted);
	free(got);
}

static void
test_line(void **state)
{
	struct log_line line;

	(void)state;
	log_begin(&line, LOG_LEVEL_INFO, "4XYZ", "signed");
	log_text(&line, "from", "alice@example.org");
	log_number(&line, "nrcpt", -3);
	log_text(&line, "reason", NULL);
	log_slice(&line, "to", slice_make("b\0b", 3));
	log_end(&line);
	log_begin(&line, LOG_LEVEL_ERROR, NULL, "deferred");
	log_end(&line);
	log_begin(&line, LOG_LEVEL_WARNING, "", "passed");
	log_end(&line);
	check_log("program: 4XYZ: signed from=alice@example.org nrcpt=-3 "
		  "reason= to=b\\x00b\n"
		  "program: NOQUEUE: deferred\n"
		  "program: NOQUEUE: passed\n");
}

static void
test_level(void **state)
{
	struct log_line line;

	(void)state;
	log_begin(&line, LOG_LEVEL_DEBUG, "4XYZ", "signed");
	log_text(&line, "from", "alice@example.org");
	log_end(&line);
	check_log("");
}

/* A line end in foreign text must not begin a line, a blank not a key. */
static void
test_escapes(void **state)
{
	struct log_line line;

	(void)state;
	log_begin(&line, LOG_LEVEL_INFO, "A\nB: forged", "signed");
	log_text(&line, "from", "a b=c\r\nprogram: X: signed \\x41\x7f\xff");
	log_end(&line);
	log_info("what %s", "eve said\nprogram: X: signed");
	check_log("program: A\\x0aB:\\x20forged: signed from="
		  "a\\x20b=c\\x0d\\x0aprogram:\\x20X:\\x20signed"
		  "\\x20\\x5cx41\\x7f\\xff\n"
		  "program: what eve said\\x0aprogram: X: signed\n");
}

/* A sentence stays readable and cannot end its own quotes. */
static void
test_phrase(void **state)
{
	struct log_line line;

	(void)state;
	log_begin(&line, LOG_LEVEL_INFO, "4XYZ", "deferred");
	log_phrase(&line, "error", "no such file: \"x\\\" y=z\n");
	log_phrase(&line, "detail", NULL);
	log_end(&line);
	log_begin(&line, LOG_LEVEL_DEBUG, "4XYZ", "deferred");
	log_phrase(&line, "error", "not wanted");
	log_end(&line);
	check_log("program: 4XYZ: deferred "
		  "error=\"no such file: \\x22x\\x5c\\x22 y=z\\x0a\" "
		  "detail=\"\"\n");
}

static void
test_foreign_text_is_cut(void **state)
{
	char text[LIMIT_LOG_FOREIGN + 2], wanted[1000];
	struct log_line line;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[LIMIT_LOG_FOREIGN] = '\0';
	log_begin(&line, LOG_LEVEL_INFO, "Q", "e");
	log_text(&line, "k", text);
	log_end(&line);
	snprintf(wanted, sizeof(wanted), "program: Q: e k=%s\n", text);
	check_log(wanted);
	text[LIMIT_LOG_FOREIGN] = 'x';
	text[LIMIT_LOG_FOREIGN + 1] = '\0';
	log_begin(&line, LOG_LEVEL_INFO, "Q", "e");
	log_text(&line, "k", text);
	log_end(&line);
	snprintf(wanted, sizeof(wanted), "program: Q: e k=%.*s...\n",
	    (int)LIMIT_LOG_FOREIGN, text);
	check_log(wanted);
}

/* However much is added, it is one line of bounded length. */
static void
test_line_is_cut(void **state)
{
	struct log_line line;
	char *got;

	(void)state;
	log_begin(&line, LOG_LEVEL_INFO, "Q", "e");
	for (int i = 0; i < 1000; i++)
		log_text(&line, "key", "\001\002value");
	log_end(&line);
	got = take_log();
	assert_true(strlen(got) <= LOG_LINE_MAX + strlen("program: \n"));
	assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
	free(got);
}

static void
test_reopen(void **state)
{
	char rotated[sizeof(path) + 2];
	struct stat st;

	(void)state;
	snprintf(rotated, sizeof(rotated), "%s.1", path);
	assert_int_equal(rename(path, rotated), 0);
	log_info("into the old file");
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(log_reopen(), 0);
	log_info("into the new file");
	check_log("program: into the new file\n");
	assert_int_equal(unlink(rotated), 0);
}

static void
test_bad_file(void **state)
{
	(void)state;
	assert_int_equal(log_open(LOG_TARGET_FILE, LOG_LEVEL_INFO, "program",
			     "/nonexistent/log"),
	    -1);
	log_info("still there");
	check_log("program: still there\n");
}

#define WRITERS 4
#define LINES	500

static void *
write_lines(void *arg)
{
	struct log_line line;

	for (int i = 0; i < LINES; i++) {
		log_begin(&line, LOG_LEVEL_INFO, arg, "event");
		log_text(&line, "text", "some text of some length");
		log_end(&line);
	}
	return NULL;
}

/* Lines of several threads never mix, not even while the file is opened
 * again. */
static void
test_threads(void **state)
{
	static char names[WRITERS][2] = {"A", "B", "C", "D"};
	pthread_t threads[WRITERS];
	char *got, *next, *save = NULL, wanted[100];
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, write_lines, names[i]),
		    0);
	for (int i = 0; i < 50; i++)
		assert_int_equal(log_reopen(), 0);
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	got = take_log();
	for (next = strtok_r(got, "\n", &save); next;
	     next = strtok_r(NULL, "\n", &save), count++) {
		assert_in_range(next[9], 'A', 'D');
		snprintf(wanted, sizeof(wanted),
		    "program: %c: event "
		    "text=some\\x20text\\x20of\\x20some\\x20length",
		    next[9]);
		assert_string_equal(next, wanted);
	}
	assert_int_equal(count, WRITERS * LINES);
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_line),
	    cmocka_unit_test(test_level),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_phrase),
	    cmocka_unit_test(test_foreign_text_is_cut),
	    cmocka_unit_test(test_line_is_cut),
	    cmocka_unit_test(test_reopen),
	    cmocka_unit_test(test_bad_file),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("log", tests, open_log, close_log);
}
