/* A secret stays in its pages, and its file is for its owner only. */
#include "unit/unit.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/secret.h"

#define SIZE 32

static char folder[64];
static char path[128];

static int
set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/secret-test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/key", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void
write_file(const char *text, mode_t mode)
{
	struct err err;

	assert_int_equal(io_write_file(path, slice_text(text), mode, &err), 0);
}

static void
must_not_read(enum err_class class, const char *text)
{
	struct secret s = {0};
	struct err err;

	assert_int_equal(secret_read_file(&s, path, SIZE, &err), -1);
	if (err.class != class || !strstr(err.text, text))
		fail_msg("class %d: %s", err.class, err.text);
	assert_non_null(strstr(err.text, path));
	assert_null(s.data);
}

static void
test_written_and_read(void **state)
{
	struct secret made = {0}, read = {0};
	struct stat st;
	struct buf text;
	struct err err;

	(void)state;
	assert_int_equal(secret_random(&made, SIZE, &err), 0);
	assert_int_equal(secret_write_new_file(&made, path, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	buf_init(&text, 1000);
	assert_int_equal(io_read_file(path, &text, &err), 0);
	assert_int_equal(text.len, 2 * SIZE + 1);
	assert_int_equal(text.data[2 * SIZE], '\n');
	for (size_t i = 0; i < (size_t)2 * SIZE; i++)
		assert_true(isxdigit(text.data[i]));
	assert_int_equal(secret_read_file(&read, path, SIZE, &err), 0);
	assert_int_equal(read.len, SIZE);
	assert_memory_equal(read.data, made.data, SIZE);
	buf_fini(&text);
	secret_fini(&made);
	secret_fini(&read);
	secret_fini(&read);
}

static void
test_two_are_not_the_same(void **state)
{
	struct secret a = {0}, b = {0};
	struct err err;

	(void)state;
	assert_int_equal(secret_random(&a, SIZE, &err), 0);
	assert_int_equal(secret_random(&b, SIZE, &err), 0);
	assert_memory_not_equal(a.data, b.data, SIZE);
	secret_fini(&a);
	secret_fini(&b);
}

static void
test_never_overwritten(void **state)
{
	struct secret s = {0};
	struct buf text;
	struct err err;

	(void)state;
	write_file("precious", 0600);
	assert_int_equal(secret_random(&s, SIZE, &err), 0);
	assert_int_equal(secret_write_new_file(&s, path, &err), -1);
	assert_non_null(strstr(err.text, "never overwritten"));
	buf_init(&text, 100);
	assert_int_equal(io_read_file(path, &text, &err), 0);
	assert_true(slice_equal(buf_slice(&text), slice_text("precious")));
	buf_fini(&text);
	secret_fini(&s);
}

#define DIGITS                                                                 \
	"00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static void
test_contents(void **state)
{
	static const char *const bad[] = {"", "\n", DIGITS "0", DIGITS "\n\n",
	    DIGITS "\r\n", " " DIGITS, DIGITS " ", DIGITS DIGITS,
	    "0x112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF",
	    "0112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"};
	struct secret s = {0};
	struct err err;

	(void)state;
	write_file(DIGITS, 0400);
	assert_int_equal(secret_read_file(&s, path, SIZE, &err), 0);
	assert_int_equal(s.data[1], 0x11);
	assert_int_equal(s.data[31], 0xff);
	secret_fini(&s);
	write_file(DIGITS "\n", 0600);
	assert_int_equal(secret_read_file(&s, path, SIZE, &err), 0);
	secret_fini(&s);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(bad[i], 0400);
		must_not_read(ERR_PERMANENT, "");
	}
	write_file("nonsense", 0400);
	must_not_read(ERR_PERMANENT, "exactly 64 hexadecimal digits");
}

static void
test_wrong_modes(void **state)
{
	static const mode_t modes[] = {
	    0440, 0404, 0640, 0660, 0444, 0420, 0402};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_file(DIGITS, modes[i]);
		must_not_read(ERR_PERMANENT, "chmod 0400");
	}
}

static void
test_wrong_owner(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		unit_skip("not root");
	write_file(DIGITS, 0400);
	assert_int_equal(chown(path, 65534, 65534), 0);
	must_not_read(ERR_PERMANENT, "chown");
	/* Root's file is for us too, when we can read it at all. */
	assert_int_equal(chown(path, 0, 0), 0);
	chmod(folder, 0711);
	pid = fork();
	if (pid == 0) {
		struct err err = {0};

		if (setuid(65534))
			_exit(2);
		_exit(io_check_secret_file(path, &err) == 0 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void
test_missing_and_strange(void **state)
{
	(void)state;
	must_not_read(ERR_NOT_FOUND, "");
	assert_int_equal(mkfifo(path, 0600), 0);
	must_not_read(ERR_PERMANENT, "not a regular file");
}

/* systemd shows its access list as the group's permission. */
static void
test_credential(void **state)
{
	struct secret s = {0};
	struct err err;

	(void)state;
	if (geteuid() != 0)
		unit_skip("not root");
	write_file(DIGITS, 0440);
	must_not_read(ERR_PERMANENT, "chmod 0400");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	assert_int_equal(secret_read_file(&s, path, SIZE, &err), 0);
	secret_fini(&s);
	chmod(path, 0444);
	must_not_read(ERR_PERMANENT, "chmod 0400");
	chmod(path, 0460);
	must_not_read(ERR_PERMANENT, "chmod 0400");
	chmod(path, 0440);
	setenv("CREDENTIALS_DIRECTORY", "/tmp", 1);
	must_not_read(ERR_PERMANENT, "chmod 0400");
	unsetenv("CREDENTIALS_DIRECTORY");
}

/* The flags of the mapping that holds p, as the kernel prints them. */
static void
read_flags(const void *p, char *flags, size_t size)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	unsigned long from = 0, to = 0, a, b;
	char line[512];

	assert_non_null(maps);
	flags[0] = '\0';
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx ", &a, &b) == 2) {
			from = a;
			to = b;
		}
		if (strncmp(line, "VmFlags:", 8) == 0 && (uintptr_t)p >= from &&
		    (uintptr_t)p < to)
			snprintf(flags, size, "%s", line);
	}
	fclose(maps);
}

static void
test_not_dumped(void **state)
{
	struct secret s = {0};
	char flags[512];
	struct err err;

	(void)state;
	assert_int_equal(secret_init(&s, SIZE, &err), 0);
	read_flags(s.data, flags, sizeof(flags));
	assert_non_null(strstr(flags, " dd"));
	secret_fini(&s);
}

static void
test_zero_in_a_child(void **state)
{
	static const unsigned char zero[SIZE];
	struct secret s = {0};
	struct err err;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(secret_random(&s, SIZE, &err), 0);
	assert_memory_not_equal(s.data, zero, SIZE);
	pid = fork();
	if (pid == 0)
		_exit(memcmp(s.data, zero, SIZE) == 0 ? 0 : 1);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	secret_fini(&s);
}

/* Reading next to it ends a child. */
static bool
ends_by_reading(const volatile unsigned char *p)
{
	struct rlimit none = {0};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSEGV, SIG_DFL);
		_exit(*p ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void
test_guarded(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct secret s = {0};
	struct err err;

	(void)state;
	assert_int_equal(secret_init(&s, page + 1, &err), 0);
	assert_false(ends_by_reading(s.data));
	assert_false(ends_by_reading(s.data + page));
	assert_true(ends_by_reading(s.data - 1));
	assert_true(ends_by_reading(s.data + 2 * page));
	secret_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_written_and_read, set_up, tear_down),
	    cmocka_unit_test(test_two_are_not_the_same),
	    cmocka_unit_test_setup_teardown(
		test_never_overwritten, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_contents, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_wrong_modes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_wrong_owner, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_missing_and_strange, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_credential, set_up, tear_down),
	    cmocka_unit_test(test_not_dumped),
	    cmocka_unit_test(test_zero_in_a_child),
	    cmocka_unit_test(test_guarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
