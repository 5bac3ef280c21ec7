/* Sockets and listeners as three programs write them. */
#include "unit/unit.h"

#include <string.h>

#include "admin/doctor_endpoint.h"

typedef void reader(struct slice text, struct doctor_endpoint *out);

static void
check(reader *read, const char *text, enum doctor_endpoint_kind kind,
    const char *name, const char *port)
{
	struct doctor_endpoint e;

	read(slice_text(text), &e);
	assert_int_equal(e.kind, kind);
	assert_string_equal(e.name, name);
	assert_string_equal(e.port, port);
}

static void
test_postfix(void **state)
{
	(void)state;
	check(doctor_endpoint_postfix, "unix:/run/x", ENDPOINT_UNIX, "/run/x",
	    "");
	check(doctor_endpoint_postfix, "inet:127.0.0.1:8891", ENDPOINT_INET,
	    "127.0.0.1", "8891");
	check(doctor_endpoint_postfix, " inet:[::1]:8891 ", ENDPOINT_INET,
	    "::1", "8891");
	check(doctor_endpoint_postfix, "inet:8891", ENDPOINT_INET, "", "8891");
	check(doctor_endpoint_postfix, "fifo:/x", ENDPOINT_NONE, "", "");
	check(doctor_endpoint_postfix, "unix:", ENDPOINT_NONE, "", "");
	check(doctor_endpoint_postfix, "", ENDPOINT_NONE, "", "");
}

static void
test_milter(void **state)
{
	(void)state;
	check(
	    doctor_endpoint_milter, "unix:/run/x", ENDPOINT_UNIX, "/run/x", "");
	check(doctor_endpoint_milter, "local:/run/x", ENDPOINT_UNIX, "/run/x",
	    "");
	check(doctor_endpoint_milter, "/run/x", ENDPOINT_UNIX, "/run/x", "");
	check(doctor_endpoint_milter, "inet:8891@localhost", ENDPOINT_INET,
	    "localhost", "8891");
	check(doctor_endpoint_milter, "inet6:8891@[::1]", ENDPOINT_INET, "::1",
	    "8891");
	check(doctor_endpoint_milter, "inet:8891", ENDPOINT_INET, "", "8891");
	check(doctor_endpoint_milter, "inet:@x", ENDPOINT_NONE, "", "");
	check(doctor_endpoint_milter, "x", ENDPOINT_NONE, "", "");
}

static void
test_listener(void **state)
{
	(void)state;
	check(doctor_endpoint_listener, "smtp", ENDPOINT_INET, "", "smtp");
	check(doctor_endpoint_listener, "127.0.0.1:10026", ENDPOINT_INET,
	    "127.0.0.1", "10026");
	check(doctor_endpoint_listener, "[::1]:10026", ENDPOINT_INET, "::1",
	    "10026");
	check(doctor_endpoint_listener, ":25", ENDPOINT_INET, "", "25");
	check(doctor_endpoint_listener, "x:", ENDPOINT_NONE, "", "");
}

/* One octet more than there is room for. */
static void
test_too_long(void **state)
{
	char text[5 + ENDPOINT_NAME + 1];
	struct doctor_endpoint e;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "unix:", 5);
	doctor_endpoint_postfix(slice_make(text, 5 + ENDPOINT_NAME - 1), &e);
	assert_int_equal(e.kind, ENDPOINT_UNIX);
	doctor_endpoint_postfix(slice_make(text, 5 + ENDPOINT_NAME), &e);
	assert_int_equal(e.kind, ENDPOINT_NONE);
	doctor_endpoint_postfix(slice_make("unix:/a\0b", 9), &e);
	assert_int_equal(e.kind, ENDPOINT_NONE);
}

static bool
same(reader *a, const char *first, reader *b, const char *second)
{
	struct doctor_endpoint x, y;

	a(slice_text(first), &x);
	b(slice_text(second), &y);
	assert_true(
	    doctor_endpoint_same(&x, &y) == doctor_endpoint_same(&y, &x));
	return doctor_endpoint_same(&x, &y);
}

static void
test_same(void **state)
{
	reader *p = doctor_endpoint_postfix, *m = doctor_endpoint_milter;

	(void)state;
	assert_true(same(p, "unix:/run/x", m, "local:/var/run/x"));
	assert_true(same(p, "unix:/run//a/./x", m, "/run/a/x"));
	assert_true(same(p, "inet:localhost:8891", m, "inet:8891@127.0.0.1"));
	assert_true(same(p, "inet:[::1]:25", m, "inet:smtp@localhost"));
	assert_true(same(p, "inet:25", m, "inet:25@127.0.0.1"));
	assert_false(same(p, "unix:/run/x", m, "unix:/run/y"));
	assert_false(same(p, "unix:/run/x", m, "unix:/run/x/y"));
	assert_false(same(p, "unix:/run/x", m, "unix:/run/xy"));
	assert_false(same(p, "unix:run/x", m, "unix:/run/x"));
	assert_false(same(p, "inet:127.0.0.1:1", m, "inet:2@127.0.0.1"));
	assert_false(same(p, "inet:192.0.2.1:1", m, "inet:1@127.0.0.1"));
	assert_false(same(p, "", m, ""));
}

static void
test_below(void **state)
{
	(void)state;
	assert_string_equal(
	    doctor_path_below("/var/spool/postfix/a/b", "/var/spool/postfix"),
	    "/a/b");
	assert_string_equal(doctor_path_below("/a/b", "/a/"), "/b");
	assert_null(doctor_path_below("/ab/c", "/a"));
	assert_null(doctor_path_below("/a", "/a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_postfix),
	    cmocka_unit_test(test_milter),
	    cmocka_unit_test(test_listener),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
