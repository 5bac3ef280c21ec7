/* A program that is asked, and all that it can do instead of answering. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/doctor_run.h"

#define PATIENCE (60 * 1000)

static int
run(const char *script, int wait_ms, struct buf *out, struct err *err)
{
	char shell[] = "/bin/sh", option[] = "-c", text[512];
	char *argv[] = {shell, option, text, NULL};

	(void)snprintf(text, sizeof(text), "%s", script);
	buf_clear(out);
	return doctor_run(argv, wait_ms, out, NULL, err);
}

static void
test_answers(void **state)
{
	struct buf out;
	struct err err;

	(void)state;
	buf_init(&out, 100000);
	assert_int_equal(
	    run("echo hello; echo no >&2", PATIENCE, &out, &err), 0);
	assert_string_equal(buf_text(&out), "hello\n");
	/* more than any pipe holds, of both at the same time */
	assert_int_equal(run("head -c 90000 /dev/zero >&2;"
			     "head -c 90000 /dev/zero",
			     PATIENCE, &out, &err),
	    0);
	assert_int_equal(out.len, 90000);
	buf_fini(&out);
}

static void
test_complaints(void **state)
{
	char shell[] = "/bin/sh", option[] = "-c";
	char script[] = "echo yes; echo one >&2; echo two >&2";
	char *argv[] = {shell, option, script, NULL};
	struct buf out, complaints;
	struct err err;

	(void)state;
	buf_init(&out, 100);
	buf_init(&complaints, 100);
	assert_int_equal(
	    doctor_run(argv, PATIENCE, &out, &complaints, &err), 0);
	assert_string_equal(buf_text(&out), "yes\n");
	assert_string_equal(buf_text(&complaints), "one\ntwo\n");
	buf_fini(&out);
	buf_fini(&complaints);
}

/* Nothing of ours gets there: environment, standard input, open files. */
static void
test_clean(void **state)
{
	struct buf out;
	struct err err;

	(void)state;
	assert_int_equal(setenv("MAIL_CONFIG", "/somewhere", 1), 0);
	buf_init(&out, 1000);
	assert_int_equal(
	    run("echo $MAIL_CONFIG$LC_ALL; cat; ls /proc/self/fd | wc -l",
		PATIENCE, &out, &err),
	    0);
	/* three, and the folder itself */
	assert_string_equal(buf_text(&out), "C\n4\n");
	buf_fini(&out);
}

static void
test_failures(void **state)
{
	char missing[] = "/nonexistent/program";
	char *argv[] = {missing, NULL};
	struct buf out;
	struct err err;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(
	    run("echo one >&2; echo two >&2; exit 1", PATIENCE, &out, &err),
	    -1);
	assert_string_equal(err.text, "/bin/sh: two");
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_int_equal(run("exit 3", PATIENCE, &out, &err), -1);
	assert_int_equal(run("kill -9 $$", PATIENCE, &out, &err), -1);
	assert_int_equal(doctor_run(argv, PATIENCE, &out, NULL, &err), -1);
	buf_fini(&out);
}

/* It neither fills the memory nor keeps anybody waiting. */
static void
test_bounds(void **state)
{
	struct buf out;
	struct err err;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(
	    run("head -c 1000 /dev/zero", PATIENCE, &out, &err), 0);
	assert_int_equal(
	    run("head -c 1001 /dev/zero", PATIENCE, &out, &err), -1);
	assert_non_null(strstr(err.text, "too much"));
	assert_int_equal(run("exec cat /dev/zero", PATIENCE, &out, &err), -1);
	assert_non_null(strstr(err.text, "too much"));
	assert_int_equal(run("exec sleep 1000", 10, &out, &err), -1);
	assert_non_null(strstr(err.text, "does not end"));
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_complaints),
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
