/* The name that stands before an address in From. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/author_name.h"

/* Each From field of fields, which has LF behind each. */
static char *
name_of(const char *fields)
{
	struct header h;
	struct err err;
	char *name;

	header_init(&h);
	while (*fields) {
		size_t len = strcspn(fields, "|");

		assert_int_equal(header_add(&h, slice_text("From"),
				     slice_make(fields, len), &err),
		    0);
		fields += len + (fields[len] == '|');
	}
	name = author_name(&h, "alice@example.org");
	header_fini(&h);
	return name;
}

static void
test_names(void **state)
{
	static const struct {
		const char *from; /* fields with "|" between them */
		const char *name;
	} rows[] = {
	    {" Alice <alice@example.org>", "Alice"},
	    {" Alice  B.\n Example <Alice@Example.ORG>", "Alice B. Example"},
	    {" \"Example, Alice\" <alice@example.org>", "Example, Alice"},
	    {" \"A \\\"x\\\" \\\\ B\" <alice@example.org>", "A \"x\" \\ B"},
	    {" Alice (not <bob@example.org>, her) E <alice@example.org>",
		"Alice E"},
	    {" (a \\) (nested) one) Alice <alice@example.org> (behind)",
		"Alice"},
	    {" =?utf-8?q?Al=C3=ADce?= <alice@example.org>", "Al\xc3\xad"
							    "ce"},
	    {" =?iso-8859-1?q?Al=EDce?=\n =?utf-8?b?IEU=?= "
	     "<alice@example.org>",
		"Al\xc3\xad"
		"ce E"},
	    {" \"=?utf-8?q?Al=C3=ADce?=\" <alice@example.org>", "Al\xc3\xad"
								"ce"},
	    {" Al\xc3\xad"
	     "ce <alice@example.org>",
		"Al\xc3\xad"
		"ce"},
	    {" Alice<@relay.example.org:alice@example.org>", "Alice"},
	    /* Of several the one with that address. */
	    {" Bob <bob@example.org>, Alice <alice@example.org>", "Alice"},
	    {" \"Bob, <alice@example.org>\" <bob@example.org>,\n"
	     " Alice <alice@example.org>",
		"Alice"},
	    {" Bob <bob@example.org>| Alice <alice@example.org>", "Alice"},
	    {" Alice <alice@example.org>| Mallory <alice@example.org>",
		"Alice"},
	    {" Us: Bob <bob@example.org>, Alice <alice@example.org>;", "Alice"},
	    {" Us: Alice <alice@example.org>;", "Alice"},
	    /* None. */
	    {" alice@example.org", NULL},
	    {" alice@example.org (Alice)", NULL},
	    {" <alice@example.org>", NULL},
	    {" \"\" <alice@example.org>", NULL},
	    {" \" \t \" <alice@example.org>", NULL},
	    {" Bob <bob@example.org>", NULL},
	    {" Bob <bob@example.org>, alice@example.org", NULL},
	    {" <alice@example.org>| Mallory <alice@example.org>", NULL},
	    {"", NULL},
	    /* What cannot be read has none, and does no harm. */
	    {" Alice <alice@example.org", NULL},
	    {" Alice <", NULL},
	    {" \"Alice <alice@example.org>", NULL},
	    {" \"Alice\\", NULL},
	    {" (Alice <alice@example.org>", NULL},
	    {" (((((\\", NULL},
	    {" ,;,;:<>,<,>", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *name = name_of(rows[i].from);

		if (rows[i].name) {
			if (!name)
				fail_msg("no name in \"%s\"", rows[i].from);
			assert_string_equal(name, rows[i].name);
		} else if (name) {
			fail_msg("\"%s\" in \"%s\"", name, rows[i].from);
		}
		free(name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
