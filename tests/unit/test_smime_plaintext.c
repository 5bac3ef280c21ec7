/*
 * What was inside a ciphertext, on its way into a message: the grammar of its
 * header, what may not be injected, and the forms in which it travels (rules
 * X7, X8, S3).
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/mime_texture.h"
#include "smime/plaintext.h"

#define REFUSED "the plaintext cannot be delivered"

static const struct spool_config config = {
    .memory = 65536, .max = 1u << 20, .folder = "/tmp"};

static void
plaintext_of(struct plaintext *p, struct slice text)
{
	struct err err;

	plaintext_init(p, &config);
	assert_int_equal(spool_write(&p->bytes, text.data, text.len, &err), 0);
	assert_int_equal(spool_finish(&p->bytes, &err), 0);
}

static int
settle(struct plaintext *p, struct slice text, bool is_signed, struct err *err)
{
	plaintext_of(p, text);
	if (plaintext_read(p, err))
		return -1;
	return plaintext_settle(p, is_signed, false, err);
}

/* The delivered entity: Content-* fields, an empty line, the body. */
static void
assert_delivered(struct slice text, bool is_signed, const char *expected)
{
	struct header fields;
	struct plaintext p;
	struct buf all;
	struct err err;

	if (settle(&p, text, is_signed, &err))
		fail_msg("%s: %.*s", err.text, (int)text.len,
		    (const char *)text.data);
	header_init(&fields);
	assert_int_equal(plaintext_fields(&p, &fields, &err), 0);
	buf_init(&all, config.max);
	for (size_t i = 0; i < fields.count; i++)
		header_field_write(&fields.fields[i], &all);
	buf_add_text(&all, "\r\n");
	buf_add_slice(&all, p.body);
	assert_string_equal(buf_text(&all), expected);
	buf_fini(&all);
	header_fini(&fields);
	plaintext_fini(&p);
}

static void
assert_refused(struct slice text, bool is_signed)
{
	struct plaintext p;
	struct err err;

	if (settle(&p, text, is_signed, &err) == 0)
		fail_msg("taken: %.*s", (int)text.len, (const char *)text.data);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_string_equal(err.text, REFUSED);
	plaintext_fini(&p);
}

#define TEXT "Content-Type: text/plain\r\n"

static void
test_as_it_is(void **state)
{
	static const char *const same[] = {
	    TEXT "\r\nHello\r\n",
	    TEXT "Content-Disposition: inline\r\n\r\n",
	    "content-TYPE:text/plain;\r\n\tcharset=utf-8\r\n\r\nHello",
	    "\r\nno field, but an empty line\r\n",
	    TEXT "\r\nblank at the end \r\nFrom here\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		for (int is_signed = 0; is_signed < 2; is_signed++)
			assert_delivered(
			    slice_text(same[i]), is_signed, same[i]);
	assert_delivered(slice_text(""), false, "\r\n");
	assert_delivered(slice_text(TEXT), false, TEXT "\r\n");
}

/* Rule X7: only what describes the entity. */
static void
test_other_fields(void **state)
{
	(void)state;
	assert_delivered(
	    slice_text("From: mallory@example.com\r\n" TEXT
		       "Subject: inner\r\nMIME-Version: 1.0\r\n"
		       "X-SMIME-Status: valid\r\nContent-ID: <1@x>\r\n"
		       "Authentication-Results: x; smime=pass\r\n\r\nHello"),
	    false, TEXT "Content-ID: <1@x>\r\n\r\nHello");
}

static void
test_grammar(void **state)
{
	static const char *const bad[] = {
	    /* no header at all */
	    "Hello\r\n",
	    "Hello: world\r\nthis is no field\r\n\r\n",
	    TEXT "this is none either\r\n\r\nHello",
	    ": no name\r\n\r\n",
	    " folded before the first field\r\n\r\n",
	    /* which of them? */
	    TEXT TEXT "\r\nHello",
	    TEXT "CONTENT-TYPE: text/html\r\n\r\nHello",
	    TEXT "Content-Type : text/html\r\n\r\nHello",
	    "Content-Transfer-Encoding: 7bit\r\n"
	    "Content-transfer-encoding: base64\r\n\r\nHello",
	    /* an end of the header to some */
	    TEXT "Content-ID:\r\n \r\n <1@x>\r\n\r\nHello",
	    "Content-Type: text/plain;\r\n \t \r\n charset=x\r\n\r\n",
	    TEXT "Content-ID: x\r\n \r\n\r\nHello",
	    /* another line to some */
	    "Content-Type: text/plain\rSubject: x\r\n\r\nHello",
	    "Content-Type: text/plain\r\rX: y\r\n\r\nHello",
	    "Content-Description: \xc3\xa4\r\n\r\nHello",
	    "Content-Description: \x0b\r\n\r\nHello",
	    "Content-Description: \x7f\r\n\r\nHello",
	    "Content-Description: x\r\n \x01\r\n\r\nHello",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (int is_signed = 0; is_signed < 2; is_signed++)
			assert_refused(slice_text(bad[i]), is_signed);
	assert_refused(slice_make("Content-ID: a\0b\r\n\r\nHello", 22), false);
}

/* fields and, in the last of them, octets. */
static void
check_size(size_t fields, size_t bytes, bool fits)
{
	struct buf text;

	buf_init(&text, config.max);
	for (size_t i = 1; i < fields; i++)
		buf_addf(&text, "Content-%05zu:\r\n", i);
	buf_addf(&text, "Content-%05zu:", fields);
	for (size_t i = 0; i < bytes; i++)
		buf_add_text(&text, i % 900 == 899 ? "\r\n " : "x");
	buf_add_text(&text, "\r\n\r\nHello");
	if (fits) {
		struct plaintext p;
		struct err err;

		assert_int_equal(settle(&p, buf_slice(&text), false, &err), 0);
		plaintext_fini(&p);
	} else {
		assert_refused(buf_slice(&text), false);
	}
	buf_fini(&text);
}

static void
test_header_limits(void **state)
{
	/* each fold is two octets more */
	size_t name = strlen("Content-00001"), body = LIMIT_PLAINTEXT_HEADER;

	(void)state;
	check_size(LIMIT_PLAINTEXT_FIELDS, 0, true);
	check_size(LIMIT_PLAINTEXT_FIELDS + 1, 0, false);
	body -= name;
	body -= 2 * (body / 902);
	check_size(1, body, true);
	check_size(1, body + 1, false);
}

static void
check_line(unsigned len, bool fits)
{
	struct buf text;

	buf_init(&text, 4096);
	buf_addf(
	    &text, "Content-ID: <1@x>\r\n %0*d\r\n\r\nHello", (int)len - 1, 0);
	if (fits)
		assert_delivered(buf_slice(&text), false, buf_text(&text));
	else
		assert_refused(buf_slice(&text), false);
	buf_fini(&text);
}

/* A field with a name of that many octets and all that a line may hold. */
static void
check_name(unsigned len, bool fits)
{
	struct buf text;

	buf_init(&text, 4096);
	buf_addf(&text, "Content-%0*d: %0959d\r\n\r\nHello",
	    (int)(len - strlen("Content-")), 0, 0);
	if (fits)
		assert_delivered(buf_slice(&text), false, buf_text(&text));
	else
		assert_refused(buf_slice(&text), false);
	assert_int_equal(
	    slice_find(buf_slice(&text), '\r', 0), len + strlen(": ") + 959);
	buf_fini(&text);
}

/* Whatever comes out can be set as a field (the gate sees to it). */
static void
test_line_limit(void **state)
{
	(void)state;
	check_line(960, true);
	check_line(961, false);
	/* 998 with its name: RFC 5322 2.1.1. */
	check_name(37, true);
	check_name(38, false);
}

/* Rule S3: what was written on a system with other line ends. */
static void
test_line_ends(void **state)
{
	(void)state;
	assert_delivered(slice_text("Content-Type: text/plain;\n"
				    "\tcharset=utf-8\nSubject: x\n\n"
				    "one\ntwo\r\nthree"),
	    false,
	    "Content-Type: text/plain;\r\n\tcharset=utf-8\r\n\r\n"
	    "one\r\ntwo\r\nthree");
	assert_delivered(slice_text("\nHello\n"), false, "\r\nHello\r\n");
	/* A signature is looked at as it will be delivered. */
	assert_delivered(
	    slice_text("Content-Type: multipart/signed; boundary=b;\r\n"
		       " protocol=\"application/pkcs7-signature\"\r\n\r\n"
		       "--b\n\nx\n--b\n\ny\n--b--\n"),
	    true,
	    "Content-Type: multipart/signed; boundary=b;\r\n"
	    " protocol=\"application/pkcs7-signature\"\r\n\r\n"
	    "--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n");
	/* Elsewhere it may be what it is. */
	assert_delivered(
	    slice_text(TEXT "\r\none\ntwo, and some more text\r\n"), false,
	    "Content-Type: text/plain\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "b25lCnR3bywgYW5kIHNvbWUgbW9yZSB0ZXh0DQo=\r\n");
}

static void
test_encoded(void **state)
{
	(void)state;
	assert_delivered(slice_text(TEXT "\r\nGr\xc3\xbc\xc3\x9f"
					 "e an alle, und noch mehr\r\n"),
	    false,
	    TEXT "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		 "Gr=C3=BC=C3=9Fe an alle, und noch mehr\r\n");
	assert_delivered(
	    slice_text(TEXT "Content-Transfer-Encoding: 8bit\r\n\r\n\xe4 text "
			    "of some length\r\n"),
	    false,
	    TEXT "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		 "=E4 text of some length\r\n");
	assert_delivered(
	    slice_text("Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		       "--b\r\n\r\nHello\r\n--b\r\n" TEXT
		       "\r\n\xe4 text of some length\r\n--b--\r\n"),
	    false,
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\n\r\nHello\r\n--b\r\n" TEXT
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "=E4 text of some length\r\n--b--\r\n");
}

static void
test_binary(void **state)
{
	static const unsigned char all[] =
	    "Content-Type: image/png\r\n"
	    "Content-Transfer-Encoding: binary\r\n\r\n"
	    "\x89PNG\r\n\x1a\n\0\0\0\r";
	struct buf text;

	(void)state;
	assert_delivered(slice_make(all, sizeof(all) - 1), false,
	    "Content-Type: image/png\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "iVBORw0KGgoAAAAN\r\n");
	/* Rule S7. */
	for (size_t len = LIMIT_LINE; len <= LIMIT_LINE + 1; len++) {
		struct plaintext p;
		struct err err;

		buf_init(&text, config.max);
		buf_add_text(&text, TEXT "\r\n");
		for (size_t i = 0; i < len; i++)
			buf_add_char(&text, 'x');
		buf_add_text(&text, "\r\n");
		assert_int_equal(settle(&p, buf_slice(&text), false, &err), 0);
		assert_int_equal(p.header.count, len > LIMIT_LINE ? 2 : 1);
		plaintext_fini(&p);
		if (len > LIMIT_LINE)
			assert_refused(buf_slice(&text), true);
		buf_fini(&text);
	}
}

/* What is signed stays as it is, or nothing of it is delivered. */
static void
test_signed(void **state)
{
	static const char *const bad[] = {
	    TEXT "\r\nGr\xc3\xbc\xc3\x9f"
		 "e\r\n",
	    TEXT "\r\none\rtwo\r\n",
	    TEXT "\r\none\ntwo\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(slice_text(bad[i]), true);
	assert_refused(slice_make(TEXT "\r\na\0b", 31), true);
}

/* RFC 8551 3.1.2: the CMS of an opaque signature may be binary inside. */
static void
test_binary_cms(void **state)
{
#define CMS "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
	static const unsigned char binary[] =
	    "Content-Transfer-Encoding: binary\r\nSubject: x\r\n" CMS
	    "\r\n0\x80\n\r\0\xff";

	(void)state;
	assert_delivered(slice_make(binary, sizeof(binary) - 1), true,
	    CMS "Content-Transfer-Encoding: base64\r\n\r\nMIAKDQD/\r\n");
	assert_delivered(
	    slice_text(CMS "Content-Transfer-Encoding: base64\n\nMIAK\n"), true,
	    CMS "Content-Transfer-Encoding: base64\r\n\r\nMIAK\r\n");
	/* without a label it is what it is not */
	assert_refused(slice_text(CMS "\r\n0\x80"), true);
}

/* Broken beyond what can be encoded without touching somebody's signature. */
static void
test_inner_protected(void **state)
{
	(void)state;
	assert_refused(
	    slice_text("Content-Type: multipart/mixed; boundary=a\r\n\r\n"
		       "--a\r\nContent-Type: multipart/signed; boundary=b;\r\n"
		       " protocol=\"application/pkcs7-signature\"\r\n\r\n"
		       "--b\r\n\r\n\xe4\r\n--b\r\n\r\ny\r\n--b--\r\n"
		       "--a--\r\n"),
	    false);
}

/* Nor can a header, a part's or that of a forwarded message. */
static void
test_raw_header(void **state)
{
	(void)state;
	assert_refused(
	    slice_text("Content-Type: multipart/mixed; boundary=a\r\n\r\n"
		       "--a\r\nContent-Type: text/plain;"
		       " name=\"Gr\xc3\xbc\xc3\x9f"
		       "e\"\r\n\r\nx\r\n"
		       "--a--\r\n"),
	    false);
	assert_refused(slice_text("Content-Type: message/rfc822\r\n\r\n"
				  "Subject: Gr\xc3\xbc\xc3\x9f"
				  "e\r\n\r\nx\r\n"),
	    false);
}

static void
test_too_large(void **state)
{
	static const char head[] = TEXT "\r\n";
	unsigned char *text = xmalloc(config.max);
	struct plaintext p;
	struct err err;

	(void)state;
	/* fits, but not when it is encoded */
	memset(text, 0xe4, config.max);
	memcpy(text, head, sizeof(head) - 1);
	assert_int_equal(
	    settle(&p, slice_make(text, config.max), false, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	plaintext_fini(&p);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_it_is),
	    cmocka_unit_test(test_other_fields),
	    cmocka_unit_test(test_grammar),
	    cmocka_unit_test(test_header_limits),
	    cmocka_unit_test(test_line_limit),
	    cmocka_unit_test(test_line_ends),
	    cmocka_unit_test(test_encoded),
	    cmocka_unit_test(test_binary),
	    cmocka_unit_test(test_signed),
	    cmocka_unit_test(test_binary_cms),
	    cmocka_unit_test(test_inner_protected),
	    cmocka_unit_test(test_raw_header),
	    cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
