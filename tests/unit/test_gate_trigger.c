/*
 * The gate for what senders ask for: a message from which it was taken out
 * passes; with any one edit changed, it does not.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/gate_trigger.h"
#include "policy/facts.h"

static const struct gateway_trigger triggers[] = {
    {.name = "sign", .subject = "[sign]", .header = "", .value = ""},
    {.name = "x", .subject = "", .header = "X-Sign", .value = "yes"},
    {.name = "keep",
	.subject = "",
	.header = "Sensitivity",
	.value = "",
	.keep = true},
};

/* As it came; the edits take out fields 0, 2, 4 and 5. */
static const char *const fields[][2] = {
    {"Subject", " [sign] a"},
    {"Sensitivity", " Private"},
    {"x-sign", " YES"},
    {"X-Sign", " no"},
    {"X-Sign", " yes"},
    {"SUBJECT", " Re: [sign] b"},
    {"Subject", " c"},
};

struct edit {
	const char *name;
	unsigned index;
	const char *value;
};

static const struct edit right[] = {
    {"SUBJECT", 2, " Re: b"},
    {"X-Sign", 3, NULL},
    {"x-sign", 1, NULL},
    {"Subject", 1, " a"},
};
#define EDITS (sizeof(right) / sizeof(*right))

struct scene {
	struct header header;
	struct edit edits[EDITS + 1];
	size_t count; /* of edits */
	size_t triggers;
};

static void
scene_init(struct scene *s)
{
	struct err err;

	memset(s, 0, sizeof(*s));
	header_init(&s->header);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		assert_int_equal(
		    header_add(&s->header, slice_text(fields[i][0]),
			slice_text(fields[i][1]), &err),
		    0);
	memcpy(s->edits, right, sizeof(right));
	s->count = EDITS;
	s->triggers = sizeof(triggers) / sizeof(*triggers);
}

/* As mail that passes.  The scene is over afterwards.  wanted: what is wrong;
 * NULL: nothing. */
static void
judge(struct scene *s, const char *wanted)
{
	const struct plan plan = {.direction = PLAN_OUTBOUND};
	const struct policy_facts facts = {.from_fields = 1};
	struct edits edits;
	const struct gate_copy copy = {.edits = &edits};
	const struct gate_case c = {.plan = &plan,
	    .facts = &facts,
	    .header = &s->header,
	    .triggers = {triggers, s->triggers},
	    .copies = &copy,
	    .copy_count = 1};
	struct err err = {.class = ERR_NONE};
	int rc;

	edits_init(&edits);
	for (size_t i = 0; i < s->count; i++)
		edits_set_header(&edits, s->edits[i].name, s->edits[i].index,
		    s->edits[i].value);
	rc = gate_check(&c, &err);
	if (rc == 0 && wanted)
		fail_msg("passes, although %s", wanted);
	if (rc < 0 && !wanted)
		fail_msg("%s", err.text);
	if (rc < 0 && (err.class != ERR_BUG || !strstr(err.text, wanted)))
		fail_msg("\"%s\" instead of \"%s\"", err.text, wanted);
	edits_fini(&edits);
	header_fini(&s->header);
}

/* As above, with another value or index for one edit. */
static void
judge_edit(size_t n, struct edit edit, const char *wanted)
{
	struct scene s;

	scene_init(&s);
	s.edits[n] = edit;
	judge(&s, wanted);
}

static void
test_right(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	judge(&s, NULL);
	/* Nothing was to be touched, and nothing was. */
	scene_init(&s);
	s.count = s.triggers = 0;
	judge(&s, NULL);
	judge_edit(3, (struct edit){"Subject", 1, "\n\ta\n b \xc3\xbc"}, NULL);
	judge_edit(3, (struct edit){"Subject", 1, " "}, NULL);
}

/* Policy says that it is just text. */
static void
test_untouched(void **state)
{
	struct scene s;

	(void)state;
	for (size_t i = 0; i < EDITS; i++) {
		scene_init(&s);
		s.edits[0] = right[i];
		s.count = 1;
		s.triggers = 0;
		judge(&s, "edited that is none of ours");
	}
}

static void
test_left(void **state)
{
	static const char *const gaps[] = {"left in the subject",
	    "that asks for", "that asks for", "left in the subject"};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < EDITS; i++) {
		scene_init(&s);
		memmove(&s.edits[i], &s.edits[i + 1],
		    (EDITS - i) * sizeof(*s.edits));
		s.count--;
		judge(&s, gaps[i]);
	}
	judge_edit(0, (struct edit){"SUBJECT", 2, " AW: [SIGN]b"},
	    "left in the subject");
	judge_edit(3,
	    (struct edit){"Subject", 1, " =?utf-8?q?[si?= =?utf-8?q?gn]?="},
	    "left in the subject");
}

static void
test_order(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	s.edits[1] = right[2];
	s.edits[2] = right[1];
	judge(&s, "out of order");
	scene_init(&s);
	s.edits[s.count++] = right[3];
	judge(&s, "out of order");
	scene_init(&s);
	s.edits[s.count++] = (struct edit){"X-Sign", 1, " x"};
	judge(&s, "out of order");
	judge_edit(1, (struct edit){"X-Sign", 4, NULL}, "out of order");
	judge_edit(1, (struct edit){"X-Sign", 0, NULL}, "added");
	judge_edit(3, (struct edit){"Subject", 4, " x"}, "not there");
	judge_edit(3, (struct edit){"Subject", 0, " x"}, "added");
}

static void
test_strangers(void **state)
{
	struct scene s;

	(void)state;
	judge_edit(1, (struct edit){"X-Sign", 2, NULL}, "asks for");
	judge_edit(0, (struct edit){"Subject", 3, " d"}, "in the subject");
	judge_edit(0, (struct edit){"Subject", 3, NULL}, "in the subject");
	judge_edit(3, (struct edit){"Subject", 1, NULL}, "asks for nothing");
	judge_edit(1, (struct edit){"X-Sign", 3, " no"}, "asks for");
	scene_init(&s);
	s.edits[s.count++] = (struct edit){"Subject", 3, " d"};
	judge(&s, "changed that asks for nothing");
	scene_init(&s);
	s.edits[s.count++] = (struct edit){"X-Sign", 2, NULL};
	judge(&s, "out of order");
	scene_init(&s);
	s.edits[s.count++] = (struct edit){"Sensitivity", 1, NULL};
	judge(&s, "none of ours");
	scene_init(&s);
	s.edits[s.count++] = (struct edit){"Content-Type", 1, " a/b"};
	judge(&s, "none of ours");
}

static void
test_values(void **state)
{
	static const char *const values[] = {
	    "a", "", " a\r\n b", " a\nb", " a\n", " a\rb"};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		judge_edit(3, (struct edit){"Subject", 1, values[i]},
		    "no header can hold");
}

/* Another copy, as it was read back: line ends of two bytes. */
static void
test_copy(void **state)
{
	static const struct {
		const char *text;
		bool right;
	} rows[] = {
	    {"Subject: a\r\n b\r\nX-Sign: no\r\nX-Other: c\r\n", true},
	    {"Subject: a\r\n b\r\nX-Sign: maybe\r\n", false},
	    {"Subject: a\r\n b\r\n", false},
	    {"Subject: [sign] a\r\n b\r\nX-Sign: no\r\n", false},
	    {"X-Sign: no\r\nSubject: a\r\n b\r\n", false},
	    {"Subject: a\r\n b\r\nX-Sign: yes\r\nX-Sign: no\r\n", false},
	    {"Subject: a\r\n b\r\nX-Sign: no\r\nX-Sign: yes\r\n", false},
	    {"Subject: a\r\n b\r\nX-Sign: no\r\nX-Sign: no\r\n", false},
	};
	const struct gate_triggers all = {triggers, 3};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct header before, after;
		struct err err;
		bool complete;

		header_init(&before);
		header_init(&after);
		header_parse(&before,
		    slice_text("Subject: [sign] a\n b\nX-Sign: yes\n"
			       "X-Sign: no\n"),
		    &complete);
		header_parse(&after, slice_text(rows[i].text), &complete);
		if (gate_trigger_check(&all, &before, after.fields, after.count,
			&err) != (rows[i].right ? 0 : -1))
			fail_msg("%s", rows[i].text);
		header_fini(&after);
		header_fini(&before);
	}
}

static void
test_names(void **state)
{
	const struct gate_triggers all = {triggers, 3}, none = {triggers, 0};

	(void)state;
	assert_true(gate_trigger_knows(&all, slice_text("subject")));
	assert_true(gate_trigger_knows(&all, slice_text("X-SIGN")));
	assert_false(gate_trigger_knows(&all, slice_text("Sensitivity")));
	assert_false(gate_trigger_knows(&all, slice_text("From")));
	assert_false(gate_trigger_knows(&none, slice_text("Subject")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_right),
	    cmocka_unit_test(test_untouched),
	    cmocka_unit_test(test_left),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_strangers),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
