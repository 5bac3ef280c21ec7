/* Whole files: read up to a cap, replaced in one step, secrets guarded. */
#include "unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

static char folder[] = "/tmp/test_io.XXXXXX";
static char path[sizeof(folder) + 16];

static int
make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder); /* fails when a draft was left behind */
}

static void
test_write_then_read(void **state)
{
	struct err err;
	struct stat st;
	struct buf in;

	(void)state;
	buf_init(&in, 100);
	assert_int_equal(
	    io_write_file(path, slice_make("a\0b", 3), 0640, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(io_read_file(path, &in, &err), 0);
	assert_true(slice_equal(buf_slice(&in), slice_make("a\0b", 3)));
	/* Replaced, and read at the end of what was there. */
	assert_int_equal(
	    io_write_file(path, slice_make(NULL, 0), 0600, &err), 0);
	assert_int_equal(io_read_file(path, &in, &err), 0);
	assert_int_equal(in.len, 3);
	buf_fini(&in);
}

static void
test_size_limit(void **state)
{
	struct err err = {0};
	struct buf in;

	(void)state;
	assert_int_equal(
	    io_write_file(path, slice_text("12345678"), 0600, &err), 0);
	buf_init(&in, 8);
	assert_int_equal(io_read_file(path, &in, &err), 0);
	buf_fini(&in);
	buf_init(&in, 7);
	assert_int_equal(io_read_file(path, &in, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_non_null(strstr(err.text, path));
	buf_fini(&in);
}

static void
test_failures(void **state)
{
	struct err err = {0};
	struct buf in;

	(void)state;
	buf_init(&in, 100);
	assert_int_equal(io_read_file("/nonexistent/x", &in, &err), -1);
	assert_int_equal(err.class, ERR_NOT_FOUND);
	assert_int_equal(io_read_file(folder, &in, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_int_equal(
	    io_write_file("/nonexistent/x", slice_text("x"), 0600, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_int_equal(
	    io_write_file(folder, slice_text("x"), 0600, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_int_equal(io_write_fd(-1, "nowhere", slice_text("x"), &err), -1);
	assert_non_null(strstr(err.text, "nowhere"));
	buf_fini(&in);
}

/* A pipe gives less than asked for, both ways. */
static void
test_pipe(void **state)
{
	struct err err;
	struct buf in;
	int fds[2];
	pid_t pid;
	static char data[300000];

	(void)state;
	memset(data, 'x', sizeof(data));
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		_exit(io_write_fd(fds[1], "pipe",
			  slice_make(data, sizeof(data)), &err) != 0);
	}
	close(fds[1]);
	buf_init(&in, sizeof(data));
	assert_int_equal(io_read_fd(fds[0], "pipe", &in, &err), 0);
	assert_true(
	    slice_equal(buf_slice(&in), slice_make(data, sizeof(data))));
	buf_fini(&in);
	close(fds[0]);
}

static void
test_secret_file(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(io_write_file(path, slice_text("x"), 0400, &err), 0);
	assert_int_equal(io_check_secret_file(path, &err), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(io_check_secret_file(path, &err), 0);
	for (mode_t bit = 1; bit <= 040; bit <<= 1) {
		assert_int_equal(chmod(path, 0600 | bit), 0);
		assert_int_equal(io_check_secret_file(path, &err), -1);
		assert_int_equal(err.class, ERR_PERMANENT);
		assert_non_null(strstr(err.text, "chmod 0400"));
	}
	assert_int_equal(io_check_secret_file(folder, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_int_equal(io_check_secret_file("/nonexistent/x", &err), -1);
	assert_int_equal(err.class, ERR_NOT_FOUND);
}

static void
test_secret_of_another_user(void **state)
{
	struct err err = {0};

	(void)state;
	if (geteuid() != 0)
		unit_skip("not root");
	assert_int_equal(io_write_file(path, slice_text("x"), 0400, &err), 0);
	assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
	assert_int_equal(io_check_secret_file(path, &err), -1);
	assert_non_null(strstr(err.text, "chown"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write_then_read),
	    cmocka_unit_test(test_size_limit),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_pipe),
	    cmocka_unit_test(test_secret_file),
	    cmocka_unit_test(test_secret_of_another_user),
	};

	return cmocka_run_group_tests_name(
	    "io", tests, make_folder, remove_folder);
}
