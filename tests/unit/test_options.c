/* The command line of smime-milter. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/options.h"

#define ARGS_MAX 8

/* Parses "smime-milter" and the words of text. */
static int
parse(struct options *o, const char *text, struct err *err)
{
	char copy[256], *argv[ARGS_MAX] = {0}, *rest = copy;
	char program[] = "smime-milter";
	int argc = 1, rc;

	argv[0] = program;
	strcpy(copy, text);
	for (char *word; (word = strtok_r(rest, " ", &rest));)
		argv[argc++] = word;
	optind = 0; /* GNU: starts afresh */
	rc = options_parse(o, argc, argv, err);
	return rc;
}

static void
test_tasks(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(parse(&o, "", &err), 0);
	assert_int_equal(o.task, TASK_SERVE);
	assert_false(o.foreground);
	assert_null(o.file);
	options_fini(&o);
	assert_int_equal(parse(&o, "-f -c /etc/x.conf", &err), 0);
	assert_int_equal(o.task, TASK_SERVE);
	assert_true(o.foreground);
	assert_string_equal(o.file, "/etc/x.conf");
	options_fini(&o);
	assert_null(o.file);
	assert_int_equal(parse(&o, "-nc/x", &err), 0);
	assert_int_equal(o.task, TASK_CHECK);
	options_fini(&o);
	assert_int_equal(parse(&o, "-V", &err), 0);
	assert_int_equal(o.task, TASK_VERSION);
	options_fini(&o);
	assert_int_equal(parse(&o, "-h", &err), 0);
	assert_int_equal(o.task, TASK_HELP);
	options_fini(&o);
	assert_int_equal(parse(&o, "-f --help", &err), 0);
	assert_int_equal(o.task, TASK_HELP);
	options_fini(&o);
}

/* The daemon leaves its folder and reads the file again later. */
static void
test_file_becomes_absolute(void **state)
{
	char *folder = getcwd(NULL, 0);
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(parse(&o, "-c /first -c x.conf", &err), 0);
	assert_memory_equal(o.file, folder, strlen(folder));
	assert_string_equal(o.file + strlen(folder), "/x.conf");
	options_fini(&o);
	free(folder);
}

static void
test_wrong_usage(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
	    {"-x", "-x: no such option"},
	    {"--nonsense", "--nonsense: no such option"},
	    {"-f --config x", "--config: no such option"},
	    {"-c", "-c: needs an argument"},
	    {"-f start", "start: unexpected argument"},
	    {"-c /x stop", "stop: unexpected argument"},
	};
	struct options o;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(parse(&o, cases[i].text, &err), -1);
		assert_string_equal(err.text, cases[i].wanted);
		assert_null(o.file);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tasks),
	    cmocka_unit_test(test_file_becomes_absolute),
	    cmocka_unit_test(test_wrong_usage),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
