/*
 * What options say together: roles, disclaimers and their files, reports of
 * the guard.
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/disclaimer_text.h"
#include "unit/settings_place.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* --- disclaimers --- */

#define LEGAL "disclaimers = ( { name = \"legal\"; text = \"$/legal.txt\"; } );"

static const struct gateway_disclaimer *
find(const struct settings *s, const char *name)
{
	return gateway_disclaimer_find(&s->gateway, name);
}

static void
test_disclaimers(void **state)
{
	const struct gateway_disclaimer *d;
	struct disclaimer filled;
	struct settings *s;

	place_write(*state, "legal.txt", "Example Ltd\n%{name}\n");
	place_write(*state, "sales.html", "<b>Sale</b>");
	s = place_load(*state,
	    "defaults = { disclaimer = \"legal\"; };\n"
	    "domains = ( { name = \"example.org\"; disclaimer = \"none\"; },\n"
	    "  { name = \"example.com\"; disclaimer = \"sales-2\"; },\n"
	    "  { name = \"example.net\"; } );\n"
	    "disclaimers = (\n"
	    "  { name = \"legal\"; text = \"$/legal.txt\"; },\n"
	    "  { name = \"sales-2\"; text = \"$/legal.txt\";\n"
	    "    html = \"$/sales.html\"; } );\n");
	assert_string_equal(s->gateway.disclaimer, "legal");
	assert_string_equal(s->gateway.domains[0].disclaimer, "");
	assert_string_equal(s->gateway.domains[1].disclaimer, "sales-2");
	assert_null(s->gateway.domains[2].disclaimer);
	assert_null(find(s, "sales"));
	assert_null(find(s, ""));
	d = find(s, "legal");
	assert_non_null(d);
	assert_string_equal(d->html, "");
	disclaimer_fill(d->template_, "Alice", "alice@example.org", &filled);
	assert_string_equal(buf_text(&filled.text), "Example Ltd\r\nAlice\r\n");
	disclaimer_fini(&filled);
	disclaimer_fill(
	    find(s, "sales-2")->template_, "", "x@example.org", &filled);
	assert_non_null(strstr(buf_text(&filled.html), "<b>Sale</b>"));
	disclaimer_fini(&filled);
	settings_unref(&s);
}

/* Settings that are in use keep their text; only the next ones see another. */
static void
test_text_stays(void **state)
{
	struct settings *old, *new;
	struct disclaimer filled;

	place_write(*state, "legal.txt", "one");
	old = place_load(*state, LEGAL);
	place_write(*state, "legal.txt", "two");
	new = place_load(*state, LEGAL);
	assert_null(settings_restart_needed(old, new));
	disclaimer_fill(
	    old->gateway.disclaimers[0].template_, "", "a", &filled);
	assert_string_equal(buf_text(&filled.text), "one\r\n");
	disclaimer_fini(&filled);
	settings_unref(&old);
	disclaimer_fill(
	    new->gateway.disclaimers[0].template_, "", "a", &filled);
	assert_string_equal(buf_text(&filled.text), "two\r\n");
	disclaimer_fini(&filled);
	settings_unref(&new);
}

#define NAME_EXPECTED                                                          \
	"expected a word of small letters, digits and \"-\", but neither "     \
	"\"none\" nor \"inherit\", not "
#define SIXTEEN "a234567890123456"

static const struct place_bad bad_disclaimers[] = {
    {"disclaimers = ( { name = \"none\"; text = \"/a\"; },\n"
     "  { name = \"inherit\"; text = \"/a\"; },\n"
     "  { name = \"Legal\"; text = \"/a\"; },\n"
     "  { name = \"\"; text = \"/a\"; },\n"
     "  { name = \"a b\"; text = \"/a\"; },\n"
     "  { name = \"a_b\"; text = \"/a\"; } );\n",
	"t.conf:1: disclaimers[0].name: " NAME_EXPECTED "\"none\"\n"
	"t.conf:2: disclaimers[1].name: " NAME_EXPECTED "\"inherit\"\n"
	"t.conf:3: disclaimers[2].name: " NAME_EXPECTED "\"Legal\"\n"
	"t.conf:4: disclaimers[3].name: " NAME_EXPECTED "\"\"\n"
	"t.conf:5: disclaimers[4].name: " NAME_EXPECTED "\"a b\"\n"
	"t.conf:6: disclaimers[5].name: " NAME_EXPECTED "\"a_b\"\n"},
    {"disclaimers = ( { name = \"" SIXTEEN SIXTEEN SIXTEEN SIXTEEN
     "b\"; text = \"/a\"; } );\n",
	"t.conf:1: disclaimers[0].name: " NAME_EXPECTED
	"\"" SIXTEEN SIXTEEN SIXTEEN "a23456789012...\"\n"},
    {"disclaimers = ( { name = \"a\"; text = \"a.txt\"; html = 1; },\n"
     "  { name = \"b\"; html = \"/b\"; },\n"
     "  { text = \"/a\"; },\n"
     "  { name = \"a\"; text = \"/a\"; } );\n",
	"t.conf:1: disclaimers[0].text: expected a path like \"/path\", not "
	"\"a.txt\"\n"
	"t.conf:1: disclaimers[0].html: expected a path like \"/path\", or "
	"\"\", not 1\n"
	"t.conf:2: disclaimers[1]: text is missing\n"
	"t.conf:3: disclaimers[2]: name is missing\n"
	"t.conf:4: disclaimers[3].name: a is there twice, first as "
	"disclaimers[0]\n"},
    {"defaults = { disclaimer = \"\"; };\n"
     "domains = ( { name = \"example.org\"; disclaimer = \"inherit\"; },\n"
     "  { name = \"example.com\"; disclaimer = true; } );\n",
	"t.conf:1: defaults.disclaimer: expected the name of a disclaimer, or "
	"\"none\", not \"\"\n"
	"t.conf:2: domains[0].disclaimer: expected the name of a disclaimer, "
	"or \"none\", not \"inherit\"\n"
	"t.conf:3: domains[1].disclaimer: expected the name of a disclaimer, "
	"or \"none\", not true\n"},
    {"defaults = { disclaimer = \"legal\"; };\n",
	"t.conf:1: defaults.disclaimer: there is no disclaimer legal; there is "
	"none: the list disclaimers is empty\n"},
    {LEGAL "\ndefaults = {\n  disclaimer = \"leagl\"; };\n"
	   "domains = ( { name = \"example.org\"; disclaimer = \"legal\"; },\n"
	   "  { name = \"example.com\"; disclaimer = \"sales\"; } );\n",
	"t.conf:3: defaults.disclaimer: there is no disclaimer leagl; there is "
	"legal\n"
	"t.conf:5: domains[1].disclaimer: there is no disclaimer sales; there "
	"is legal\n"},
    /* Told once the rest is good. */
    {"keyd = 1; defaults = { disclaimer = \"legal\"; };\n",
	"t.conf:1: keyd: expected a path like \"/path\", not 1\n"},
};

static void
test_bad_disclaimers(void **state)
{
	place_write(*state, "legal.txt", "Example Ltd");
	place_all_bad(*state, bad_disclaimers, COUNT(bad_disclaimers));
}

#define TEXT_AND_HTML(text, html)                                              \
	"disclaimers = ( { name = \"legal\";\n"                                \
	"  text = \"$/" text "\";\n  html = \"$/" html "\"; } );\n"

static const struct place_bad bad_texts[] = {
    {TEXT_AND_HTML("absent", "gone"),
	"t.conf:2: disclaimers[0].text: absent: No such file or directory\n"
	"t.conf:3: disclaimers[0].html: gone: No such file or directory\n"},
    {TEXT_AND_HTML("empty", "empty"),
	"t.conf:2: disclaimers[0].text: empty: is empty\n"
	"t.conf:3: disclaimers[0].html: empty: is empty\n"},
    {TEXT_AND_HTML("good", "latin1"),
	"t.conf:3: disclaimers[0].html: latin1: line 2: not UTF-8; "
	"if it is Latin-1: iconv -f WINDOWS-1252 -t UTF-8\n"},
    {TEXT_AND_HTML("unknown", "good"),
	"t.conf:2: disclaimers[0].text: unknown: line 1: %{phone}: no such "
	"placeholder (there are %{name} and %{address}; \"%%{\" writes "
	"\"%{\")\n"},
    {TEXT_AND_HTML("good", "large"),
	"t.conf:3: disclaimers[0].html: large: larger than 65536 bytes\n"},
};

static void
test_bad_texts(void **state)
{
	char *large = xmalloc(LIMIT_DISCLAIMER + 2);
	struct settings *s;

	memset(large, 'x', LIMIT_DISCLAIMER + 1);
	large[LIMIT_DISCLAIMER + 1] = '\0';
	place_write(*state, "large", large);
	large[LIMIT_DISCLAIMER] = '\0';
	place_write(*state, "largest", large);
	free(large);
	place_write(*state, "good", "Example Ltd");
	place_write(*state, "empty", "");
	place_write(*state, "latin1", "one\nM\xfcller\n");
	place_write(*state, "unknown", "%{phone}");
	place_all_bad(*state, bad_texts, COUNT(bad_texts));
	s = place_load(*state, TEXT_AND_HTML("largest", "largest"));
	settings_unref(&s);
}

/* --- roles --- */

static void
test_guard(void **state)
{
	struct settings *s = place_load(*state,
	    "role = \"guard\"; reinject = \"smtp://127.0.0.1:10026\";\n"
	    "seal = { key = \"/k\"; };\n"
	    "guard = { action = \"refuse\"; unsealed_action = \"hold\";\n"
	    "  report_to = \"Postmaster@Example.ORG\"; };\n");
	const struct gateway_guard *guard = &s->gateway.guard;

	assert_int_equal(s->gateway.role, ROLE_GUARD);
	assert_int_equal(guard->action, GUARD_REFUSE);
	assert_int_equal(guard->unsealed_action, GUARD_HOLD);
	assert_string_equal(guard->report_to, "postmaster@example.org");
	assert_string_equal(s->gateway.seal.key, "/k");
	settings_unref(&s);
	/* It needs nothing but its role. */
	s = place_load(*state, "role = \"guard\"; guard = { }; trust = { };\n");
	assert_int_equal(s->gateway.guard.action, GUARD_HOLD);
	settings_unref(&s);
}

#define APPENDS                                                                \
	"a guard comes after the signature: nothing may be appended there "    \
	"(disclaimers belong into the file with role = \"signer\")\n"
#define NO_USE                                                                 \
	"a guard only verifies signatures again, and has no use for this "     \
	"(it belongs into the file with role = \"signer\")\n"
#define NO_GUARD "only for a guard, and this file has role = \"signer\"\n"

static const struct place_bad bad_roles[] = {
    {"role = \"both\";\n",
	"t.conf:1: role: expected \"signer\" or \"guard\", not \"both\"\n"},
    {"role = \"guard\"; guard = { action = \"drop\"; report_to = \"x\"; };\n",
	"t.conf:1: guard.action: expected \"refuse\" or \"hold\" or "
	"\"tempfail\" or \"log\", not \"drop\"\n"
	"t.conf:1: guard.report_to: expected an address like "
	"\"gateway@example.net\", or \"\", not \"x\"\n"},
    /* What would append is told with the reason. */
    {"role = \"guard\";\n" LEGAL "\n"
     "defaults = {\n  disclaimer = \"legal\"; };\n"
     "domains = ( { name = \"example.com\"; },\n"
     "  { name = \"example.org\"; disclaimer = \"legal\"; } );\n",
	"t.conf:2: disclaimers: " APPENDS
	"t.conf:4: defaults.disclaimer: " APPENDS "t.conf:5: domains: " NO_USE
	"t.conf:6: domains[1].disclaimer: " APPENDS},
    {"role = \"guard\";\ndefaults = { sign = true;\n  encrypt = \"off\"; };\n"
     "keyd = \"/k\";\nstore = \"sqlite:/s\";\n"
     "inbound = {\n  subject_tags = {\n    signed = \"x\"; }; };\n"
     "seal = { marker = false; };\n",
	"t.conf:2: defaults.sign: " NO_USE "t.conf:3: defaults.encrypt: " NO_USE
	"t.conf:4: keyd: " NO_USE "t.conf:5: store: " NO_USE
	"t.conf:8: inbound.subject_tags.signed: " NO_USE
	"t.conf:9: seal.marker: " NO_USE},
    {"guard = { action = \"hold\";\n  unsealed_action = \"log\";\n"
     "  report_to = \"\"; };\n",
	"t.conf:1: guard.action: " NO_GUARD
	"t.conf:2: guard.unsealed_action: " NO_GUARD
	"t.conf:3: guard.report_to: " NO_GUARD},
    {"role = \"guard\";\n"
     "guard = { report_to = \"postmaster@example.org\"; };\n",
	"t.conf:2: guard.report_to: needs reinject: reports are sent through "
	"that listener\n"},
};

static void
test_bad_roles(void **state)
{
	place_write(*state, "legal.txt", "Example Ltd");
	place_all_bad(*state, bad_roles, COUNT(bad_roles));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_disclaimers),
	    cmocka_unit_test(test_text_stays),
	    cmocka_unit_test(test_bad_disclaimers),
	    cmocka_unit_test(test_bad_texts),
	    cmocka_unit_test(test_guard),
	    cmocka_unit_test(test_bad_roles),
	};

	return cmocka_run_group_tests_name(
	    "settings_whole", tests, place_setup, place_teardown);
}
