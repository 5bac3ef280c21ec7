/* The command line: what it means, and one clear line for what it does not. */
#include "unit/unit.h"

#include <string.h>
#include <unistd.h>

#include "keyd/keyd_options.h"

#define MAX_ARGS 16

/* Splits words at blanks; getopt moves them around. */
static int
parse(const char *line, struct keyd_options *options, struct err *err)
{
	static char text[512];
	char *argv[MAX_ARGS + 1] = {(char *)(uintptr_t) "smime-keyd"};
	char *rest = text, *word;
	int argc = 1;

	strcpy(text, line);
	while ((word = strsep(&rest, " ")) && argc < MAX_ARGS)
		if (*word)
			argv[argc++] = word;
	return keyd_options_parse(options, argc, argv, err);
}

static void
must_refuse(const char *line, const char *text)
{
	struct keyd_options options = {.workers = 77};
	struct err err;

	assert_int_equal(parse(line, &options, &err), -1);
	if (!strstr(err.text, text))
		fail_msg("%s: %s", line, err.text);
	assert_int_equal(options.workers, 77);
}

static void
test_all_options(void **state)
{
	struct keyd_options o;
	struct err err;

	(void)state;
	assert_int_equal(
	    parse("-s sock -k key -u user -g group -w 5 -f", &o, &err), 0);
	assert_int_equal(o.task, KEYD_SERVE);
	assert_string_equal(o.socket, "sock");
	assert_string_equal(o.key_file, "key");
	assert_string_equal(o.user, "user");
	assert_string_equal(o.group, "group");
	assert_int_equal(o.workers, 5);
	assert_true(o.foreground);
}

static void
test_defaults(void **state)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	struct keyd_options o;
	struct err err;

	(void)state;
	assert_int_equal(parse("-k key -s sock", &o, &err), 0);
	assert_null(o.user);
	assert_null(o.group);
	assert_false(o.foreground);
	assert_int_equal(o.workers, n < 2 ? 2 : n > 16 ? 16 : n);
}

static void
test_workers(void **state)
{
	struct keyd_options o;
	struct err err;

	(void)state;
	assert_int_equal(parse("-s s -k k -w 1", &o, &err), 0);
	assert_int_equal(o.workers, 1);
	assert_int_equal(parse("-s s -k k -w 64", &o, &err), 0);
	assert_int_equal(o.workers, 64);
	must_refuse("-s s -k k -w 0", "from 1 to 64");
	must_refuse("-s s -k k -w 65", "from 1 to 64");
	must_refuse("-s s -k k -w -1", "from 1 to 64");
	must_refuse("-s s -k k -w 2x", "from 1 to 64");
	must_refuse("-s s -k k -w 18446744073709551617", "from 1 to 64");
}

static void
test_other_tasks(void **state)
{
	struct keyd_options o;
	struct err err;

	(void)state;
	assert_int_equal(parse("-V", &o, &err), 0);
	assert_int_equal(o.task, KEYD_VERSION);
	assert_int_equal(parse("-k new:/etc/key", &o, &err), 0);
	assert_int_equal(o.task, KEYD_NEW_KEY);
	assert_string_equal(o.key_file, "/etc/key");
	assert_int_equal(parse("--help", &o, &err), 0);
	assert_int_equal(o.task, KEYD_HELP);
	/* Who asks for help wants nothing done. */
	assert_int_equal(parse("-h -k new:/etc/key", &o, &err), 0);
	assert_int_equal(o.task, KEYD_HELP);
}

static void
test_wrong_usage(void **state)
{
	(void)state;
	must_refuse("", "-k is missing");
	must_refuse("-s sock", "-k is missing");
	must_refuse("-k key", "-s is missing");
	must_refuse("-k new:", "-k is missing");
	must_refuse("-s sock -k", "-k needs a value");
	must_refuse("-s sock -k key -x", "unknown option -x");
	must_refuse("-s sock -k key --more", "unknown option --more");
	must_refuse("-s sock -k key more", "not an option: more");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_options),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_workers),
	    cmocka_unit_test(test_other_tasks),
	    cmocka_unit_test(test_wrong_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
