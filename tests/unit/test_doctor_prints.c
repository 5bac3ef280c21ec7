/* What postconf prints, read: values with what they refer to, services, and
 * no more of either than the limits allow. */
#include "unit/unit.h"

#include <string.h>

#include "admin/doctor_postfix.h"
#include "base/buf.h"
#include "base/limits.h"

static struct postfix_config c;
static struct doctor_report r;

static void
read_prints(const struct postfix_prints *prints)
{
	c = (struct postfix_config){.folder = "/x"};
	doctor_report_init(&r);
	postfix_config_read(&c, prints, &r);
}

static void
forget(void)
{
	postfix_config_fini(&c);
	doctor_report_fini(&r);
}

static const char *
value_of(const struct postfix_service *service, const char *name)
{
	return postfix_value(&c, service, name, &r);
}

static void
test_values(void **state)
{
	static const char text[] =
	    "plain = a\n"
	    "two = $plain ${plain} $(plain)\n"
	    "if_set = ${plain?yes}${empty?no}\n"
	    "if_not = ${plain:no}${empty:yes}\n"
	    "both = ${plain?{x $plain}:{no}}${empty?{no}:{y}}\n"
	    "empty =\n"
	    "dollar = $$plain\n"
	    "odd = ${plain $unknown ${\n"
	    "loop = $loop\n"
	    "compared = a${{$plain} == {a} ? {b} : {c}}d\n"
	    "no line\n"
	    "= nothing\n";
	static const struct {
		const char *name, *value;
	} cases[] = {
	    {"plain", "a"},
	    {"two", "a a a"},
	    {"if_set", "yes"},
	    {"if_not", "yes"},
	    {"both", "x ay"},
	    {"empty", ""},
	    {"dollar", "$plain"},
	    {"loop", ""},
	    {"compared", "ad"},
	    {"unknown", ""},
	};
	struct postfix_prints prints = {.parameters = slice_text(text),
	    .fields = slice_text("a/inet/service = a\nb/inet/service = b\n"),
	    .overrides = slice_text("a/inet/plain = z\n")};

	(void)state;
	read_prints(&prints);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(
		    value_of(NULL, cases[i].name), cases[i].value);
	(void)value_of(NULL, "odd");
	assert_int_equal(c.service_count, 2);
	assert_string_equal(value_of(&c.services[0], "two"), "z z z");
	assert_string_equal(value_of(&c.services[1], "two"), "a a a");
	assert_true(postfix_is_set_by(&c, &c.services[0], "plain"));
	assert_false(postfix_is_set_by(&c, &c.services[1], "plain"));
	forget();
}

/* Values that double each time, and names that lead to each other. */
static void
test_hostile_values(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, MIB);
	for (int i = 0; i < 64; i++)
		buf_addf(
		    &text, "p%d = $p%d $p%d $p%d\n", i, i + 1, i + 1, i + 1);
	buf_add_text(&text, "a = $b\nb = $a\nlong = ");
	for (unsigned i = 0; i <= LIMIT_DOCTOR_VALUE; i++)
		buf_add_char(&text, 'x');
	buf_add_text(&text, "\n");
	read_prints(&(struct postfix_prints){.parameters = buf_slice(&text)});
	(void)value_of(NULL, "p0");
	assert_string_equal(value_of(NULL, "a"), "");
	assert_true(strlen(value_of(NULL, "long")) <= LIMIT_DOCTOR_VALUE);
	forget();
	buf_fini(&text);
}

/* As deep as is followed, and one more. */
static void
test_depth(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, MIB);
	for (unsigned i = 0; i <= LIMIT_DOCTOR_DEPTH; i++)
		buf_addf(&text, "p%u = $p%u\n", i, i + 1);
	buf_addf(&text, "p%u = end\n", LIMIT_DOCTOR_DEPTH + 1);
	read_prints(&(struct postfix_prints){.parameters = buf_slice(&text)});
	assert_string_equal(value_of(NULL, "p1"), "end");
	assert_string_equal(value_of(NULL, "p0"), "");
	forget();
	buf_fini(&text);
}

/* As many names as are looked up for one value; the next are left out. */
static void
test_steps(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, MIB);
	buf_add_text(&text, "x = y\nmany = ");
	for (unsigned i = 0; i <= LIMIT_DOCTOR_STEPS; i++)
		buf_add_text(&text, "$x");
	read_prints(&(struct postfix_prints){.parameters = buf_slice(&text)});
	assert_int_equal(strlen(value_of(NULL, "many")), LIMIT_DOCTOR_STEPS);
	forget();
	buf_fini(&text);
}

static void
test_services_limit(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, MIB);
	for (unsigned i = 0; i <= LIMIT_DOCTOR_SERVICES; i++)
		buf_addf(&text, "s%u/inet/service = %u\n", i, i);
	read_prints(&(struct postfix_prints){.fields = buf_slice(&text)});
	assert_int_equal(c.service_count, LIMIT_DOCTOR_SERVICES);
	forget();
	buf_fini(&text);
}

static void
test_unused(void **state)
{
	struct slice name,
	    at = slice_text(
		"postconf: warning: /x/main.cf: unused parameter: a_b=c d\n"
		"postconf: warning: something else: x=y\n"
		"unused parameter: \n"
		"/y: unused parameter: smtpd_milter=x");

	(void)state;
	assert_true(postfix_next_unused(&at, &name));
	assert_true(slice_equal(name, slice_text("a_b")));
	assert_true(postfix_next_unused(&at, &name));
	assert_true(slice_equal(name, slice_text("smtpd_milter")));
	assert_false(postfix_next_unused(&at, &name));
}

static void
test_words(void **state)
{
	struct slice at = slice_text(" a, b\t{ c, {d} e } ,f{g h}"), word;

	(void)state;
	assert_true(postfix_next_word(&at, &word));
	assert_true(slice_equal(word, slice_text("a")));
	assert_true(postfix_next_word(&at, &word));
	assert_true(slice_equal(word, slice_text("b")));
	assert_true(postfix_next_word(&at, &word));
	assert_true(slice_equal(word, slice_text("{ c, {d} e }")));
	assert_true(postfix_next_word(&at, &word));
	assert_true(slice_equal(word, slice_text("f{g h}")));
	assert_false(postfix_next_word(&at, &word));
	assert_true(postfix_has_word("a, b", "b"));
	assert_false(postfix_has_word("a, bc", "b"));
}

static void
test_numbers(void **state)
{
	(void)state;
	assert_int_equal(postfix_number("30s", 1), 30);
	assert_int_equal(postfix_number("5m", 1), 300);
	assert_int_equal(postfix_number("1h", 1), 3600);
	assert_int_equal(postfix_number("10240000", 1), 10240000);
	assert_int_equal(postfix_number("", 7), 7);
	assert_int_equal(postfix_number("x", 7), 7);
	assert_true(postfix_number("99999999999999999999w", 7) == ~0ULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_hostile_values),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test(test_services_limit),
	    cmocka_unit_test(test_unused),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
