/* Passphrases from files, and without anybody to ask. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/passphrase.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "unit/cert_fixture.h"

static char *folder, *path;

static int
setup(void **state)
{
	(void)state;
	folder = fixture_folder();
	path = xasprintf("%s/passphrase", folder);
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
write_file(const char *text)
{
	struct buf data;

	buf_init(&data, 1u << 20);
	buf_add_text(&data, text);
	fixture_write(path, 0600, &data);
	buf_fini(&data);
}

static void
assert_passphrase(const char *content, const char *wanted)
{
	struct passphrase p;
	const char *text;
	struct err err;

	write_file(content);
	passphrase_init(&p, path, "the key");
	assert_int_equal(passphrase_get(&p, &text, &err), 0);
	assert_string_equal(text, wanted);
	/* asked for once */
	write_file("another");
	assert_int_equal(passphrase_get(&p, &text, &err), 0);
	assert_string_equal(text, wanted);
	passphrase_fini(&p);
}

static void
test_first_line(void **state)
{
	(void)state;
	assert_passphrase("secret", "secret");
	assert_passphrase("se cret \nnot this\n", "se cret ");
	assert_passphrase("secret\r\n", "secret");
	assert_passphrase("\n", "");
	assert_passphrase("", "");
}

static void
test_length(void **state)
{
	char text[LIMIT_PASSPHRASE + 2];
	struct passphrase p;
	const char *got;
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[LIMIT_PASSPHRASE] = '\0';
	assert_passphrase(text, text);
	text[LIMIT_PASSPHRASE] = 'x';
	text[LIMIT_PASSPHRASE + 1] = '\0';
	write_file(text);
	passphrase_init(&p, path, "the key");
	assert_int_equal(passphrase_get(&p, &got, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	passphrase_fini(&p);
}

static void
test_missing_file(void **state)
{
	struct passphrase p;
	const char *text;
	struct err err;

	(void)state;
	passphrase_init(&p, "/nonexistent/passphrase", "the key");
	assert_int_equal(passphrase_get(&p, &text, &err), -1);
	assert_int_equal(err.class, ERR_NOT_FOUND);
	passphrase_fini(&p);
}

/* In a session of its own a process has no terminal. */
static void
test_no_terminal(void **state)
{
	struct passphrase p;
	const char *text;
	struct err err;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setsid() < 0)
			_exit(2);
		passphrase_init(&p, NULL, "the key");
		_exit(passphrase_get(&p, &text, &err) == -1 &&
			      strstr(err.text, "--passphrase-file")
			  ? 0
			  : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_first_line, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_length, setup, teardown),
	    cmocka_unit_test(test_missing_file),
	    cmocka_unit_test(test_no_terminal),
	};

	return cmocka_run_group_tests_name("passphrase", tests, NULL, NULL);
}
