/*
 * Edits: played as Postfix plays them (deleting renumbers) and as Sendmail
 * does (it does not), the result is the same message.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "gateway/edits.h"

static const struct spool_config spool = {
    .memory = 65536, .max = 1 << 20, .folder = "/tmp"};

/* --- a mail server --- */

#define MAX_FIELDS 32

struct server {
	bool renumbers;
	const char *const *came; /* the fields as they came */
	size_t came_count;
	char *fields[MAX_FIELDS]; /* "Name:body"; NULL: deleted */
	size_t count;
};

static void
server_init(struct server *s, bool renumbers, const char *const *fields)
{
	memset(s, 0, sizeof(*s));
	s->renumbers = renumbers;
	s->came = fields;
	for (; fields[s->count]; s->count++)
		s->fields[s->count] = xstrdup(fields[s->count]);
	s->came_count = s->count;
}

static bool
has_name(const char *field, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(field, name, n) == 0 && field[n] == ':';
}

/* Place of the field of that name and index, or count. */
static size_t
server_find(const struct server *s, const char *name, unsigned index)
{
	unsigned seen = 0;

	for (size_t i = 0; i < s->count; i++) {
		const char *field = s->fields[i];

		/* Sendmail counts what it has deleted. */
		if (!s->renumbers && i < s->came_count)
			field = s->came[i];
		if (field && has_name(field, name) && ++seen == index)
			return i;
	}
	return s->count;
}

static void
server_insert(struct server *s, const struct header_edit *edit)
{
	assert_true(s->count < MAX_FIELDS);
	memmove(s->fields + 1, s->fields, s->count * sizeof(*s->fields));
	s->fields[0] = xasprintf("%s:%s", edit->name, edit->value);
	s->count++;
}

/* As daemon/milter_apply.c does it: what is inserted comes last. */
static void
server_play(struct server *s, const struct edits *e)
{
	for (size_t i = 0; i < e->header_count; i++) {
		const struct header_edit *edit = &e->headers[i];
		size_t at;

		if (edit->index == 0)
			continue;
		at = server_find(s, edit->name, edit->index);
		assert_true(edit->value || at < s->count);
		assert_true(at < MAX_FIELDS);
		if (at == s->count)
			s->fields[s->count++] = NULL;
		free(s->fields[at]);
		s->fields[at] =
		    edit->value ? xasprintf("%s:%s", edit->name, edit->value)
				: NULL;
	}
	for (size_t i = 0; i < e->header_count; i++)
		if (e->headers[i].index == 0)
			server_insert(s, &e->headers[i]);
}

/* Everything that is left, in order. */
static char *
server_end(struct server *s)
{
	struct buf text;

	buf_init(&text, 65536);
	for (size_t i = 0; i < s->count; i++) {
		if (s->fields[i])
			buf_addf(&text, "%s|", s->fields[i]);
		free(s->fields[i]);
	}
	return buf_take_text(&text);
}

/* --- cases --- */

static void
make_header(struct header *header, const char *const *fields)
{
	struct err err;

	header_init(header);
	for (; *fields; fields++) {
		struct slice s = slice_text(*fields);
		size_t colon = slice_find(s, ':', 0);

		assert_int_equal(header_add(header, slice_part(s, 0, colon),
				     slice_part(s, colon + 1, s.len), &err),
		    0);
	}
}

static void
carry(
    const char *const *fields, struct smime_entity *entity, struct edits *edits)
{
	struct header header;

	make_header(&header, fields);
	edits_carry(edits, &header, entity);
	header_fini(&header);
}

/* wanted as server_end has it, with CRLF line ends and folds; but names keep
 * their spelling. */
static void
check_written(
    const char *const *fields, const struct edits *edits, const char *wanted)
{
	struct header header;
	struct buf written, lines;

	make_header(&header, fields);
	buf_init(&written, 65536);
	buf_init(&lines, 65536);
	edits_write_header(edits, &header, &written);
	for (; *wanted; wanted++) {
		if (*wanted == '|')
			buf_add_text(&lines, "\r\n");
		else if (*wanted == '\n')
			buf_add_text(&lines, "\r\n");
		else
			buf_add_char(&lines, *wanted);
	}
	if (strcasecmp(buf_text(&written), buf_text(&lines)) != 0)
		assert_string_equal(buf_text(&written), buf_text(&lines));
	buf_fini(&lines);
	buf_fini(&written);
	header_fini(&header);
}

/* With either mail server, and as we write it ourselves. */
static void
check_edits(
    const char *const *fields, const struct edits *edits, const char *wanted)
{
	assert_false(edits_are_empty(edits));
	assert_true(edits->replace_body);
	assert_int_equal(slice_list_size(&edits->body), 6);
	for (int renumbers = 0; renumbers < 2; renumbers++) {
		struct server server;
		char *text;

		server_init(&server, renumbers == 1, fields);
		server_play(&server, edits);
		text = server_end(&server);
		assert_string_equal(text, wanted);
		free(text);
	}
	check_written(fields, edits, wanted);
}

static void
check(const char *const *fields, bool base64, const char *wanted)
{
	struct smime_entity entity;
	struct edits edits;

	smime_entity_init(&entity, &spool);
	buf_add_text(&entity.content_type, " new/type;\n\tx=1");
	if (base64) {
		entity.transfer_encoding = "base64";
		buf_add_text(&entity.disposition, " attachment");
	}
	slice_list_add(&entity.body, slice_text("body\r\n"));
	edits_init(&edits);
	assert_true(edits_are_empty(&edits));
	carry(fields, &entity, &edits);
	check_edits(fields, &edits, wanted);
	edits_fini(&edits);
	smime_entity_fini(&entity);
}

static void
test_plain(void **state)
{
	const char *const fields[] = {"From: a", "MIME-Version: 1.0",
	    "Content-Type: text/plain", "Subject: s",
	    "Content-Transfer-Encoding: 8bit", NULL};

	(void)state;
	check(fields, false,
	    "From: a|MIME-Version: 1.0|Content-Type: new/type;\n\tx=1|"
	    "Subject: s|");
	check(fields, true,
	    "From: a|MIME-Version: 1.0|Content-Type: new/type;\n\tx=1|"
	    "Subject: s|Content-Transfer-Encoding: base64|"
	    "Content-Disposition: attachment|");
}

static void
test_nothing_there(void **state)
{
	const char *const fields[] = {"Subject: s", NULL};
	const char *const none[] = {NULL};

	(void)state;
	check(fields, false,
	    "Subject: s|MIME-Version: 1.0|Content-Type: new/type;\n\tx=1|");
	check(none, true,
	    "MIME-Version: 1.0|Content-Type: new/type;\n\tx=1|"
	    "Content-Transfer-Encoding: base64|"
	    "Content-Disposition: attachment|");
}

static void
test_duplicates_and_strangers(void **state)
{
	const char *const fields[] = {"content-TYPE: a/b", "Content-ID: <1>",
	    "Mime-version: 1.0 (x)", "Content-Type: c/d", "X: y",
	    "Content-Language: de", "CONTENT-ID: <2>", "MIME-Version: 1.0",
	    "content-id: <3>", "Content-Disposition: inline",
	    "Content-Type: e/f", "Content-Disposition: attachment; filename=x",
	    "X-Content-Type: stays", NULL};

	(void)state;
	check(fields, false,
	    "content-TYPE: new/type;\n\tx=1|MIME-Version: 1.0|X: y|"
	    "X-Content-Type: stays|");
	check(fields, true,
	    "content-TYPE: new/type;\n\tx=1|MIME-Version: 1.0|X: y|"
	    "Content-Disposition: attachment|X-Content-Type: stays|"
	    "Content-Transfer-Encoding: base64|");
}

/* A version that says something else is set right. */
static void
test_version(void **state)
{
	const char *const other[] = {"MIME-Version: 1.1", NULL};
	const char *const folded[] = {"MIME-Version:\n\t1.0 ", NULL};

	(void)state;
	check(
	    other, false, "MIME-Version: 1.0|Content-Type: new/type;\n\tx=1|");
	check(folded, false,
	    "MIME-Version:\n\t1.0 |Content-Type: new/type;\n\tx=1|");
}

/* Fields that have to go: all of them, whatever their spelling, the last one
 * first. */
static void
test_deleted(void **state)
{
	const char *const fields[] = {
	    "Bcc: a", "Subject: s", "bcc: b", "Bcc-Not: c", "BCC: d", NULL};
	struct header header;
	struct edits edits;

	(void)state;
	make_header(&header, fields);
	edits_init(&edits);
	edits_delete_fields(&edits, &header, "Resent-Bcc");
	assert_true(edits_are_empty(&edits));
	edits_delete_fields(&edits, &header, "Bcc");
	assert_int_equal(edits.header_count, 3);
	assert_int_equal(edits.headers[0].index, 3);
	for (int renumbers = 0; renumbers < 2; renumbers++) {
		struct server server;
		char *text;

		server_init(&server, renumbers == 1, fields);
		server_play(&server, &edits);
		text = server_end(&server);
		assert_string_equal(text, "Subject: s|Bcc-Not: c|");
		free(text);
	}
	check_written(fields, &edits, "Subject: s|Bcc-Not: c|");
	edits_fini(&edits);
	header_fini(&header);
}

/* New fields stand above all others, the last one on top; what is deleted
 * and changed is counted as it came. */
static void
test_inserted(void **state)
{
	const char *const fields[] = {
	    "X-Status: a", "Subject: s", "x-status: b", NULL};
	const char *wanted = "Results: r;\n x=1|X-Status: ours|Subject: t|";
	struct header header;
	struct edits edits;

	(void)state;
	make_header(&header, fields);
	edits_init(&edits);
	edits_insert_top(&edits, "X-Status", " ours");
	edits_delete_fields(&edits, &header, "X-Status");
	edits_set_header(&edits, "Subject", 1, " t");
	edits_insert_top(&edits, "Results", " r;\n x=1");
	assert_false(edits_are_empty(&edits));
	for (int renumbers = 0; renumbers < 2; renumbers++) {
		struct server server;
		char *text;

		server_init(&server, renumbers == 1, fields);
		server_play(&server, &edits);
		text = server_end(&server);
		assert_string_equal(text, wanted);
		free(text);
	}
	check_written(fields, &edits, wanted);
	edits_fini(&edits);
	header_fini(&header);
}

/* The fields of an entity that was read somewhere else. */
static void
check_fields(
    const char *const *fields, const char *const *content, const char *wanted)
{
	struct header header, carried;
	struct edits edits;

	make_header(&header, fields);
	make_header(&carried, content);
	edits_init(&edits);
	edits_carry_fields(&edits, &header, &carried, slice_text("body\r\n"));
	check_edits(fields, &edits, wanted);
	edits_fini(&edits);
	header_fini(&carried);
	header_fini(&header);
}

/* Rule X7: those of the plaintext instead of those of the ciphertext. */
static void
test_carried_fields(void **state)
{
	static const char *const outer[] = {"From: a", "MIME-Version: 1.0",
	    "Content-Type: application/pkcs7-mime", "Subject: s",
	    "content-transfer-encoding: base64",
	    "Content-Disposition: attachment; filename=smime.p7m",
	    "Content-Description: secret", "To: b", NULL};
	static const char *const bare[] = {"From: a", NULL};
	static const char *const text[] = {
	    "Content-Type: text/plain;\r\n\tcharset=utf-8",
	    "Content-Language:de", NULL};
	static const char *const odd[] = {"Subject: another one",
	    "Content-Type:\r\n text/plain;\r\n \r\n\tcharset=x\r\n ",
	    "content-type: text/html", "Content-Disposition: \r\n\t",
	    "Content-ID: <1@example.net>", "MIME-Version: 2.0", NULL};
	static const char *const none[] = {NULL};

	(void)state;
	check_fields(outer, text,
	    "From: a|MIME-Version: 1.0|Content-Type: text/plain;\n"
	    "\tcharset=utf-8|Subject: s|To: b|Content-Language: de|");
	check_fields(outer, odd,
	    "From: a|MIME-Version: 1.0|Content-Type: text/plain;\n"
	    "\tcharset=x|Subject: s|To: b|Content-ID: <1@example.net>|");
	check_fields(
	    outer, none, "From: a|MIME-Version: 1.0|Subject: s|To: b|");
	check_fields(bare, text,
	    "From: a|MIME-Version: 1.0|Content-Type: text/plain;\n"
	    "\tcharset=utf-8|Content-Language: de|");
}

static void
test_recipients(void **state)
{
	struct edits edits;
	char path[32];

	(void)state;
	edits_init(&edits);
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "<b%d@example.com>", i);
		edits_remove_recipient(&edits, path);
	}
	assert_false(edits_are_empty(&edits));
	assert_int_equal(edits.recipient_count, 100);
	assert_string_equal(edits.recipients[0], "<b0@example.com>");
	assert_string_equal(edits.recipients[99], "<b99@example.com>");
	edits_fini(&edits);
	assert_true(edits_are_empty(&edits));
}

/* The reason is one line of a queue file, and not too long a one. */
static void
test_held(void **state)
{
	char longest[LIMIT_HOLD_TEXT + 2];
	struct edits edits;

	(void)state;
	edits_init(&edits);
	edits_hold(&edits, "changed");
	assert_false(edits_are_empty(&edits));
	edits_hold(&edits, "text\r\nH?? \tX: y\x7f\xc3\xa4 ~");
	assert_string_equal(edits.hold, "text??H?? ?X: y??? ~");
	memset(longest, 'x', sizeof(longest));
	longest[LIMIT_HOLD_TEXT] = '\0';
	edits_hold(&edits, longest);
	assert_string_equal(edits.hold, longest);
	longest[LIMIT_HOLD_TEXT] = 'x';
	longest[LIMIT_HOLD_TEXT + 1] = '\0';
	edits_hold(&edits, longest);
	assert_int_equal(strlen(edits.hold), LIMIT_HOLD_TEXT);
	edits_fini(&edits);
	assert_true(edits_are_empty(&edits));
}

/* Thousands of fields take no noticeable time. */
static void
test_many(void **state)
{
	struct smime_entity entity;
	struct edits edits;
	struct header header;
	struct buf written;
	struct err err;
	char name[32];

	(void)state;
	header_init(&header);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "Content-X%d", i / 2);
		assert_int_equal(header_add(&header, slice_text(name),
				     slice_text(" x"), &err),
		    0);
	}
	smime_entity_init(&entity, &spool);
	edits_init(&edits);
	edits_carry(&edits, &header, &entity);
	assert_int_equal(edits.header_count, 20000 + 2);
	buf_init(&written, 1 << 20);
	edits_write_header(&edits, &header, &written);
	assert_true(buf_ok(&written));
	buf_fini(&written);
	edits_fini(&edits);
	smime_entity_fini(&entity);
	header_fini(&header);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_nothing_there),
	    cmocka_unit_test(test_duplicates_and_strangers),
	    cmocka_unit_test(test_version),
	    cmocka_unit_test(test_deleted),
	    cmocka_unit_test(test_inserted),
	    cmocka_unit_test(test_carried_fields),
	    cmocka_unit_test(test_recipients),
	    cmocka_unit_test(test_held),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
