/* The same rows for people, as JSON and as CSV. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "admin/output.h"

static const struct column columns[] = {
    {"name", "NAME", COLUMN_TEXT},
    {"on", "ON", COLUMN_TEXT},
    {"count", "COUNT", COLUMN_NUMBER},
    {"part.since", "SINCE", COLUMN_DAY},
    {"list", "LIST", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static json_t *
make_row(const char *name, json_int_t count)
{
	json_t *row = json_object(), *part = json_object();

	output_set(row, "name", output_text(name));
	output_set(row, "on", json_boolean(count > 1));
	output_set(row, "count", json_integer(count));
	output_set(part, "since", output_time(1769903999));
	output_set(row, "part", part);
	output_set(row, "list", json_pack("[s, s]", "a", "b"));
	return row;
}

struct capture {
	struct output o;
	char *text;
	size_t len;
};

static void
capture_begin(struct capture *c, enum output_format format)
{
	*c = (struct capture){.o.format = format};
	c->o.file = open_memstream(&c->text, &c->len);
	assert_non_null(c->o.file);
}

static void
capture_end(struct capture *c, const char *wanted)
{
	fclose(c->o.file);
	assert_string_equal(c->text, wanted);
	free(c->text);
}

static void
list_two(struct output *o)
{
	struct listing *l = listing_begin(o, columns);

	listing_add(l, make_row("a,\"b\"", 1));
	listing_add(l, make_row("c", 20));
	listing_end(l, "nothing");
}

static void
test_listing(void **state)
{
	struct capture c;

	(void)state;
	capture_begin(&c, OUTPUT_PEOPLE);
	list_two(&c.o);
	capture_end(&c, "NAME   ON   COUNT  SINCE       LIST\n"
			"a,\"b\"  no       1  2026-01-31  a, b\n"
			"c      yes     20  2026-01-31  a, b\n");
	capture_begin(&c, OUTPUT_CSV);
	list_two(&c.o);
	capture_end(&c,
	    "name,on,count,part.since,list\r\n"
	    "\"a,\"\"b\"\"\",false,1,2026-01-31T23:59:59Z,\"a, b\"\r\n"
	    "c,true,20,2026-01-31T23:59:59Z,\"a, b\"\r\n");
}

static void
test_listing_json(void **state)
{
	struct capture c;
	json_t *list;

	(void)state;
	capture_begin(&c, OUTPUT_JSON);
	list_two(&c.o);
	fclose(c.o.file);
	list = json_loads(c.text, JSON_REJECT_DUPLICATES, NULL);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(list, 0), "name")),
	    "a,\"b\"");
	json_decref(list);
	free(c.text);
}

static void
test_empty(void **state)
{
	struct capture c;

	(void)state;
	capture_begin(&c, OUTPUT_PEOPLE);
	listing_end(listing_begin(&c.o, columns), "nothing there");
	capture_end(&c, "nothing there\n");
	capture_begin(&c, OUTPUT_JSON);
	listing_end(listing_begin(&c.o, columns), "nothing there");
	capture_end(&c, "[]\n");
	capture_begin(&c, OUTPUT_CSV);
	listing_end(listing_begin(&c.o, columns), "nothing there");
	capture_end(&c, "name,on,count,part.since,list\r\n");
}

static void
test_document(void **state)
{
	static const struct column head[] = {
	    {"name", "Name", COLUMN_TEXT},
	    {"missing", "Missing", COLUMN_TEXT},
	    {"part.since", "Since", COLUMN_DAY},
	    {NULL, NULL, COLUMN_TEXT},
	};
	static const struct column item[] = {
	    {"x", "X", COLUMN_NUMBER}, {NULL, NULL, COLUMN_TEXT}};
	static const struct view views[] = {
	    {NULL, NULL, head}, {"items", "Items", item}};
	json_t *object = make_row("n", 1);
	struct capture c;

	(void)state;
	output_set(object, "items", json_pack("[{s:i}]", "x", 7));
	capture_begin(&c, OUTPUT_PEOPLE);
	output_document(&c.o, object, views, 2);
	capture_end(&c, "Name:   n\nSince:  2026-01-31\n\nItems\nX\n7\n");
	capture_begin(&c, OUTPUT_CSV);
	output_document(&c.o, object, views, 2);
	capture_end(&c, "x\r\n7\r\n");
	capture_begin(&c, OUTPUT_CSV);
	output_document(&c.o, object, views, 1);
	capture_end(&c, "name,missing,part.since\r\n"
			"n,,2026-01-31T23:59:59Z\r\n");
	json_decref(object);
}

/* Certificates may hold any bytes: they neither break JSON nor reach the
 * terminal. */
static void
test_foreign_text(void **state)
{
	json_t *value = output_text("CN=\xff\033[31m");
	struct capture c;

	(void)state;
	assert_string_equal(json_string_value(value), "CN=??[31m");
	json_decref(value);
	assert_true(json_is_null(value = output_text(NULL)));
	assert_true(json_is_null(value = output_time(0)));
	value = json_object();
	capture_begin(&c, OUTPUT_PEOPLE);
	output_done(&c.o, value, "%s: done", "a\nb\033");
	capture_end(&c, "a?b?: done\n");
	json_decref(value);
}

static void
test_full_disk(void **state)
{
	struct output o = {.format = OUTPUT_JSON};
	struct err err;

	(void)state;
	o.file = fopen("/dev/full", "w");
	if (!o.file)
		skip();
	listing_end(listing_begin(&o, columns), NULL);
	assert_int_equal(output_finish(&o, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	fclose(o.file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_listing),
	    cmocka_unit_test(test_listing_json),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_document),
	    cmocka_unit_test(test_foreign_text),
	    cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
