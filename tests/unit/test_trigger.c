/* What senders ask for, and what is left of their subjects and fields. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/trigger.h"

#define SUBJECT(n, s, p, w)                                                    \
	{                                                                      \
		.name = n, .subject = s, .position = p, .header = "",          \
		.value = "", .wishes = w                                       \
	}
#define FIELD(n, h, v, k, w)                                                   \
	{                                                                      \
		.name = n, .subject = "", .header = h, .value = v, .keep = k,  \
		.wishes = w                                                    \
	}

static const struct gateway_trigger triggers[] = {
    SUBJECT("sign", "[sign]", POSITION_START, WISH_SIGN),
    SUBJECT("encrypt", "[Encrypt]", POSITION_START, WISH_ENCRYPT),
    SUBJECT("plain", "plain", POSITION_END, WISH_NO_ENCRYPT),
    SUBJECT("secret", "-secret-", POSITION_ANYWHERE, WISH_ENCRYPT),
    SUBJECT("word", "geheim", POSITION_ANYWHERE, WISH_ENCRYPT),
    SUBJECT("umlaut", "[Verschl\xc3\xbcsseln]", POSITION_START, WISH_ENCRYPT),
    {.name = "kept",
	.subject = "[keep]",
	.position = POSITION_START,
	.header = "",
	.value = "",
	.keep = true,
	.wishes = WISH_SIGN},
    SUBJECT("long", "[sign] not", POSITION_START, WISH_NO_SIGN),
    SUBJECT("japanese", "[\xe7\xa7\x98]", POSITION_START, WISH_ENCRYPT),
    FIELD("sensitive", "Sensitivity", "Company-Confidential", true,
	WISH_SIGN | WISH_ENCRYPT),
    FIELD("any", "X-Sign", "", false, WISH_SIGN),
    FIELD("no", "x-protect", "nothing at all", false,
	WISH_NO_SIGN | WISH_NO_ENCRYPT),
};
static const struct gateway_config config = {
    .triggers = triggers,
    .trigger_count = sizeof(triggers) / sizeof(*triggers),
};

/* --- headers --- */

static void
add_field(struct header *h, const char *name, const char *body)
{
	struct err err;

	assert_int_equal(
	    header_add(h, slice_text(name), slice_text(body), &err), 0);
}

/* The names of what was found, with commas. */
static char *
names_of(const struct triggers *t)
{
	struct buf text;

	buf_init(&text, 4096);
	for (size_t i = 0; i < t->count; i++)
		buf_addf(&text, "%s%s", i > 0 ? "," : "", t->names[i]);
	return buf_take_text(&text);
}

/* Nothing that was to go is left in the header afterwards. */
static void
check_gone(const struct header *before, const struct edits *edits)
{
	struct header after;
	struct buf out;
	bool complete;

	buf_init(&out, EDITS_HEADER_MAX);
	edits_write_header(edits, before, &out);
	header_init(&after);
	header_parse(&after, buf_slice(&out), &complete);
	for (size_t i = 0; i < after.count; i++)
		if (trigger_is_in(
			triggers, config.trigger_count, &after.fields[i]))
			fail_msg("left: %.*s", (int)after.fields[i].body.len,
			    (const char *)after.fields[i].body.data);
	header_fini(&after);
	buf_fini(&out);
}

/* wanted: the new body; NULL: it stays as it is. */
static void
check_subject(const char *body, const char *names, const char *wanted)
{
	struct triggers t = {0};
	struct header h;
	char *found;

	header_init(&h);
	add_field(&h, "From", " a@example.org");
	add_field(&h, "SUBJECT", body);
	triggers_find(&t, &config, &h);
	found = names_of(&t);
	if (strcmp(found, names) != 0)
		fail_msg("\"%s\" has \"%s\"", body, found);
	assert_int_equal(t.edits.header_count, wanted != NULL);
	if (wanted && strcmp(t.edits.headers[0].value, wanted) != 0)
		fail_msg(
		    "\"%s\" becomes \"%s\"", body, t.edits.headers[0].value);
	if (wanted) {
		assert_string_equal(t.edits.headers[0].name, "SUBJECT");
		assert_int_equal(t.edits.headers[0].index, 1);
	}
	assert_int_equal(
	    trigger_is_in(triggers, config.trigger_count, &h.fields[1]),
	    wanted != NULL);
	check_gone(&h, &t.edits);
	free(found);
	triggers_fini(&t);
	header_fini(&h);
}

struct row {
	const char *body, *names, *wanted;
};

static void
check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_subject(rows[i].body, rows[i].names, rows[i].wanted);
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof(*rows))

static void
test_positions(void **state)
{
	static const struct row rows[] = {
	    {"", "", NULL},
	    {" ", "", NULL},
	    {" Hello", "", NULL},
	    /* start */
	    {" [sign] Hello", "sign", " Hello"},
	    {" [SiGn]Hello", "sign", " Hello"},
	    {" [encrypt]   Hello", "encrypt", " Hello"},
	    {"[sign] Hello", "sign", " Hello"},
	    {"\t[sign]", "sign", " "},
	    {" [sign]", "sign", " "},
	    {" [sign] [encrypt] Hello", "sign,encrypt", " Hello"},
	    {" [encrypt][sign][sign] Hello", "sign,encrypt", " Hello"},
	    {" Hello [sign]", "", NULL},
	    {" Hello [sign] you", "", NULL},
	    {" sign Hello", "", NULL},
	    {" [ sign] Hello", "", NULL},
	    /* the longest counts */
	    {" [sign] not Hello", "long", " Hello"},
	    {" [sign] nothing", "sign", " nothing"},
	    /* end */
	    {" Hello plain", "plain", " Hello"},
	    {" Hello  PLAIN ", "plain", " Hello"},
	    {" Hello plain plain", "plain", " Hello"},
	    {" plain", "plain", " "},
	    {" explain", "", NULL},
	    {" Hello \xc3\xbcplain", "", NULL},
	    {" Hello-plain", "plain", " Hello-"},
	    {" plain Hello", "", NULL},
	    {" [sign] plain", "sign,plain", " "},
	    /* anywhere */
	    {" -secret- Hello", "secret", " Hello"},
	    {" Hello -Secret- you", "secret", " Hello you"},
	    {" Hello-secret-you", "secret", " Helloyou"},
	    {" Hello -secret-", "secret", " Hello"},
	    {" a -secret- b  -secret-  c", "secret", " a b  c"},
	    {" streng geheim!", "word", " streng !"},
	    {" geheimnis", "", NULL},
	    {" Ungeheim", "", NULL},
	    /* kept */
	    {" [keep] Hello", "kept", NULL},
	    {" [keep] [sign] Hello", "sign,kept", " [keep] Hello"},
	    /* what appears when another one goes */
	    {" a -sec-secret-ret- b", "secret", " a b"},
	    {" [si-secret-gn] a", "sign,secret", " a"},
	    {" -secret- -secret-", "secret", " "},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void
test_prefixes(void **state)
{
	static const struct row rows[] = {
	    {" Re: [sign] Hello", "sign", " Re: Hello"},
	    {" RE:[sign]Hello", "sign", " RE:Hello"},
	    {" AW: WG: [sign] Hello", "sign", " AW: WG: Hello"},
	    {" Fwd: Re[2]: [sign] Hello", "sign", " Fwd: Re[2]: Hello"},
	    {" Re(12): [sign] Hello", "sign", " Re(12): Hello"},
	    {" Re^2: [sign] Hello", "sign", " Re^2: Hello"},
	    {" RE : [sign] Hello", "sign", " RE : Hello"},
	    {" Re: [sign]", "sign", " Re:"},
	    {" [sign] Re: [encrypt] Hello", "sign,encrypt", " Re: Hello"},
	    {" \xe5\x9b\x9e\xe5\xa4\x8d\xef\xbc\x9a[sign] x", "sign",
		" \xe5\x9b\x9e\xe5\xa4\x8d\xef\xbc\x9a x"},
	    {" Re [sign] Hello", "", NULL},
	    {" Re[]: [sign] Hello", "", NULL},
	    {" Re[2: [sign] Hello", "", NULL},
	    {" Bare: [sign] Hello", "", NULL},
	    {" [list] [sign] Hello", "", NULL},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void
test_encoded(void **state)
{
	static const struct row rows[] = {
	    {" =?utf-8?q?[sign]_Gr=C3=BC=C3=9Fe?=", "sign",
		" =?utf-8?b?R3LDvMOfZQ==?="},
	    {" =?utf-8?b?W3NpZ25dIEdyw7zDn2U=?=", "sign",
		" =?utf-8?b?R3LDvMOfZQ==?="},
	    {" =?iso-8859-1?q?[Sign]_Gr=FC=DFe?= an alle", "sign",
		" =?utf-8?b?R3LDvMOfZQ==?= an alle"},
	    {" [sign] =?iso-8859-1?q?Gr=FC=DFe?=", "sign",
		" =?iso-8859-1?q?Gr=FC=DFe?="},
	    {" =?iso-8859-1?q?Gr=FC=DFe?= plain", "plain",
		" =?iso-8859-1?q?Gr=FC=DFe?="},
	    {" =?iso-8859-1?q?Gr=FC=DFe_plain?=", "plain",
		" =?utf-8?b?R3LDvMOfZQ==?="},
	    {" =?utf-8?q?[sign]?=", "sign", " "},
	    {" =?utf-8?q?[sign]_Hello?=", "sign", " Hello"},
	    /* split */
	    {" =?utf-8?q?[si?= =?utf-8?q?gn]_Hello?=", "sign", " Hello"},
	    {" =?utf-8?q?[si?=\n =?iso-8859-1?q?gn]_=FC=DF?=", "sign",
		" =?utf-8?b?w7zDnw==?="},
	    {" =?utf-8?q?=C3=A4?= -secret- =?utf-8?q?=C3=BC?=", "secret",
		" =?utf-8?b?w6Qgw7w=?="},
	    /* not ASCII: in words, as it is, and in another case */
	    {" =?utf-8?q?[verschl=C3=BCsseln]_Hello?=", "umlaut", " Hello"},
	    {" =?iso-8859-1?q?[VERSCHL=DCSSELN]_Hello?=", "umlaut", " Hello"},
	    {" [Verschl\xc3\xbcsseln] Hello", "umlaut", " Hello"},
	    /* ISO-2022-JP: "[secret] plan", in one word and in two */
	    {" =?ISO-2022-JP?B?WxskQkhrGyhCXSAbJEI3VzJoGyhC?=", "japanese",
		" =?utf-8?b?6KiI55S7?="},
	    {" =?ISO-2022-JP?B?WxskQkhrGyhCXQ==?=\n "
	     "=?ISO-2022-JP?B?GyRCN1cyaBsoQg==?=",
		"japanese", " =?utf-8?b?6KiI55S7?="},
	    {" Re: =?ISO-2022-JP?B?WxskQkhrGyhCXSAbJEI3VzJoGyhC?=", "japanese",
		" Re: =?utf-8?b?6KiI55S7?="},
	    /* a broken character beside it does not hide it */
	    {" =?utf-8?q?[sign]_=C3?=", "sign", " =?utf-8?b?77+9?="},
	    /* nobody can read these */
	    {" =?x-klingon?q?[sign]?=", "", NULL},
	    {" =?utf-8?q?[sign]_Hello", "", NULL},
	    /* what becomes an encoded word, and says more */
	    {" [sign]=?utf-8?q?[encrypt]_=C3=BC?=", "sign,encrypt",
		" =?utf-8?b?w7w=?="},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void
test_folded(void **state)
{
	static const struct row rows[] = {
	    {"\n [sign] Hello", "sign", "\n Hello"},
	    {" [sign]\n Hello", "sign", " Hello"},
	    {" Re:\n\t[sign]\n\tHello\n\tyou", "sign", " Re:\n\tHello\n\tyou"},
	    {" Hello\n plain", "plain", " Hello"},
	    {" Hello\n -secret-\n you", "secret", " Hello\n you"},
	    {" [sign]\n not Hello", "long", " Hello"},
	    {" [sign]\r\n Hello\r\n you", "sign", " Hello\n you"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* Each keyword that goes makes an encoded word of what follows, which has the
 * next one.  Whoever does this gets an empty subject in the end, not a wish
 * that nobody saw. */
static void
check_nested(unsigned depth, const char *wanted)
{
	struct buf body;

	buf_init(&body, 65536);
	buf_add_char(&body, ' ');
	for (unsigned i = 0; i < depth; i++)
		buf_add_text(&body, "[sign]=?utf-8?q?[sign]?= ");
	buf_add_text(&body, "x");
	check_subject(buf_text(&body), "sign", wanted);
	buf_fini(&body);
}

static void
test_nested(void **state)
{
	(void)state;
	/* One look at the first keyword, and one that finds nothing more. */
	check_nested(LIMIT_TRIGGER_ROUNDS - 2, " x");
	check_nested(LIMIT_TRIGGER_ROUNDS - 1, " ");
	check_nested(2000, " ");
}

/* As much as Postfix hands on, of what costs most: no noticeable time, and
 * nothing is left. */
static void
test_long(void **state)
{
	static const struct {
		const char *unit, *names, *end;
	} rows[] = {
	    {"[sign]", "sign", " "},
	    {"-secret-", "secret", " "},
	    {"-secret", "secret", NULL},
	    {"Re:", "", NULL},
	    {" plain", "plain", " "},
	    {"[si", "", NULL},
	    {"=?utf-8?q?[sign]?= ", "sign", " "},
	    {"=?utf-8?q?x?= -secret- ", "secret", NULL},
	    {" \n", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct triggers t = {0};
		struct header h;
		struct buf body;
		char *found;

		buf_init(&body, 61000);
		buf_add_char(&body, ' ');
		while (body.len + strlen(rows[i].unit) < 60000)
			buf_add_text(&body, rows[i].unit);
		header_init(&h);
		add_field(&h, "Subject", buf_text(&body));
		triggers_find(&t, &config, &h);
		found = names_of(&t);
		assert_string_equal(found, rows[i].names);
		if (rows[i].end)
			assert_string_equal(
			    t.edits.headers[0].value, rows[i].end);
		check_gone(&h, &t.edits);
		free(found);
		triggers_fini(&t);
		header_fini(&h);
		buf_fini(&body);
	}
}

/* --- fields --- */

/* Name, body, name, body ... NULL; the header afterwards with "|". */
static void
check_fields(const char *const *fields, const char *names, unsigned wishes,
    const char *wanted)
{
	struct triggers t = {0};
	struct header h;
	struct edits e;
	struct buf out;
	char *found;

	header_init(&h);
	for (; *fields; fields += 2)
		add_field(&h, fields[0], fields[1]);
	triggers_find(&t, &config, &h);
	found = names_of(&t);
	assert_string_equal(found, names);
	assert_int_equal(t.wishes, wishes);
	assert_false(t.too_many);
	edits_init(&e);
	triggers_edit(&t, &e);
	buf_init(&out, EDITS_HEADER_MAX);
	edits_write_header(&e, &h, &out);
	assert_string_equal(buf_text(&out), wanted);
	check_gone(&h, &e);
	buf_fini(&out);
	edits_fini(&e);
	free(found);
	triggers_fini(&t);
	header_fini(&h);
}

static void
test_fields(void **state)
{
	const char *const nothing[] = {"From", " a", "X-Signed", " yes",
	    "X-Protect", " nothing at", "Sensitivity", " Personal", NULL};
	const char *const kept[] = {
	    "sensitivity", " company-\n CONFIDENTIAL ", NULL};
	const char *const folded[] = {
	    "X-PROTECT", "\n\tNothing\n\tat  all ", "Subject", " plain", NULL};
	const char *const several[] = {"X-Sign", " 1", "x-protect", " else",
	    "X-SIGN", "", "X-Protect", " Nothing At All", "From", " a",
	    "x-sign", " 3", "X-Protect", " more", NULL};

	(void)state;
	check_fields(nothing, "", 0,
	    "From: a\r\nX-Signed: yes\r\nX-Protect: nothing at\r\n"
	    "Sensitivity: Personal\r\n");
	check_fields(
	    kept, "", 0, "sensitivity: company-\r\n CONFIDENTIAL \r\n");
	check_fields(folded, "plain,no", WISH_NO_SIGN | WISH_NO_ENCRYPT,
	    "Subject: \r\n");
	check_fields(several, "any,no",
	    WISH_SIGN | WISH_NO_SIGN | WISH_NO_ENCRYPT,
	    "x-protect: else\r\nFrom: a\r\nX-Protect: more\r\n");
}

static void
test_kept_field(void **state)
{
	const char *const fields[] = {
	    "Sensitivity", " Company-confidential", NULL};

	(void)state;
	check_fields(fields, "sensitive", WISH_SIGN | WISH_ENCRYPT,
	    "Sensitivity: Company-confidential\r\n");
}

/* All are looked at, and each keeps its place. */
static void
test_several_subjects(void **state)
{
	const char *const fields[] = {"Subject", " [sign] a", "From", " a",
	    "subject", " b", "Subject", " c plain", NULL};

	(void)state;
	check_fields(fields, "sign,plain", WISH_SIGN | WISH_NO_ENCRYPT,
	    "Subject: a\r\nFrom: a\r\nsubject: b\r\nSubject: c\r\n");
}

static void
check_many(size_t n, bool too_many)
{
	struct triggers t = {0};
	struct header h;

	header_init(&h);
	for (size_t i = 0; i < n; i++)
		add_field(&h, "X-Sign", " x");
	triggers_find(&t, &config, &h);
	assert_int_equal(t.too_many, too_many);
	assert_int_equal(t.count, 1);
	assert_int_equal(
	    t.edits.header_count, too_many ? LIMIT_TRIGGER_FIELDS : n);
	assert_int_equal(t.edits.headers[0].index, n);
	triggers_fini(&t);
	header_fini(&h);
}

static void
test_many(void **state)
{
	(void)state;
	check_many(LIMIT_TRIGGER_FIELDS, false);
	check_many(LIMIT_TRIGGER_FIELDS + 1, true);
}

static void
test_none_configured(void **state)
{
	static const struct gateway_config none = {.trigger_count = 0};
	struct triggers t = {0};
	struct header h;

	(void)state;
	header_init(&h);
	add_field(&h, "Subject", " [sign] a");
	triggers_find(&t, &none, &h);
	assert_int_equal(t.count, 0);
	assert_int_equal(t.edits.header_count, 0);
	assert_false(trigger_is_in(NULL, 0, &h.fields[0]));
	triggers_fini(&t);
	header_fini(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_positions),
	    cmocka_unit_test(test_prefixes),
	    cmocka_unit_test(test_encoded),
	    cmocka_unit_test(test_folded),
	    cmocka_unit_test(test_nested),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_kept_field),
	    cmocka_unit_test(test_several_subjects),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_none_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
