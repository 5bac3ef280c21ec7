/* The MIME around signatures and ciphertexts: rules S1, S2, S11 to S15. */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "mail/mime_build.h"
#include "mail/mime_type.h"

static void
test_boundary(void **state)
{
	static const char bchars[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=?";
	char one[MIME_BOUNDARY_SIZE], two[MIME_BOUNDARY_SIZE], tiny[40];
	struct err err = {0};

	(void)state;
	assert_int_equal(mime_boundary_make(one, sizeof(one), &err), 0);
	assert_int_equal(mime_boundary_make(two, sizeof(two), &err), 0);
	assert_string_not_equal(one, two);
	assert_int_equal(strspn(one, bchars), strlen(one));
	assert_in_range(strlen(one), 1, 70);
	/* 128 bits are 32 digits; none of them is constant. */
	assert_int_equal(strlen(one), strlen("=_smime_") + 32);
	assert_int_equal(strncmp(one, "=_", 2), 0);
	assert_int_equal(mime_boundary_make(tiny, sizeof(tiny), &err), -1);
	assert_int_equal(err.class, ERR_BUG);
}

static void
check_entity_of(const char *message, const char *body, const char *wanted)
{
	struct header h;
	struct buf out;
	bool complete;

	buf_init(&out, 4096);
	header_init(&h);
	header_parse(&h, slice_text(message), &complete);
	mime_entity_header(&h, slice_text(body), &out);
	assert_string_equal(buf_text(&out), wanted);
	header_fini(&h);
	buf_fini(&out);
}

static void
check_entity(const char *message, const char *wanted)
{
	check_entity_of(message, "", wanted);
}

/* A label for what has none. */
static void
test_default_charset(void **state)
{
	static const char cte[] = "Content-Transfer-Encoding: ";
	char header[80], wanted[120];

	(void)state;
	check_entity_of(
	    "", "plain", "Content-Type: text/plain; charset=us-ascii\r\n");
	check_entity_of(
	    "", "gr\xc3\xbcn", "Content-Type: text/plain; charset=utf-8\r\n");
	check_entity_of("", "gr\xfcn", "Content-Type: text/plain\r\n");
	check_entity_of("", "\x1b$B$3", "Content-Type: text/plain\r\n");
	check_entity_of("Content-Type: text/html\n", "gr\xc3\xbcn",
	    "Content-Type: text/html\r\n");
	/* Encoded text says nothing. */
	for (size_t i = 0; i < 2; i++) {
		snprintf(header, sizeof(header), "%s%s\n", cte,
		    i ? "Quoted-Printable" : "8BIT ");
		snprintf(wanted, sizeof(wanted),
		    "Content-Type: text/plain%s\r\n%s%s\r\n",
		    i ? "" : "; charset=us-ascii", cte,
		    i ? "Quoted-Printable" : "8BIT ");
		check_entity_of(header, "a=C3", wanted);
	}
}

static void
test_entity_header(void **state)
{
	(void)state;
	check_entity("From: a@example.org\nSubject: x\n",
	    "Content-Type: text/plain; charset=us-ascii\r\n");
	check_entity("MIME-Version: 1.0\ncontent-TYPE:  text/html;\n"
		     "\tcharset=utf-8\nTo: b@example.org\nContent-ID: <1>\n",
	    "content-TYPE:  text/html;\r\n\tcharset=utf-8\r\n"
	    "Content-ID: <1>\r\n");
	check_entity("Content-Transfer-Encoding: 8bit\n",
	    "Content-Type: text/plain; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n");
	/* Both stay; the reader of the entity sees that there are two. */
	check_entity("Content-Type: a/b\nContent-Type: c/d\n",
	    "Content-Type: a/b\r\nContent-Type: c/d\r\n");
}

/* The field bodies must be read back by our own reader. */
static void
check_type(
    struct buf *body, const char *subtype, const char *name, const char *value)
{
	struct mime_type t;

	assert_int_equal(body->data[0], ' ');
	assert_null(strstr(buf_text(body), "\r"));
	mime_type_parse(&t, buf_slice(body));
	assert_false(t.malformed);
	assert_string_equal(t.subtype, subtype);
	assert_non_null(mime_type_param(&t, name));
	assert_string_equal(mime_type_param(&t, name), value);
	mime_type_fini(&t);
}

static void
test_signed_type(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	mime_signed_type(&out, "=_b", "sha-256");
	assert_string_equal(buf_text(&out),
	    " multipart/signed; protocol=\"application/pkcs7-signature\";"
	    "\n\tmicalg=sha-256; boundary=\"=_b\"");
	check_type(&out, "signed", "protocol", "application/pkcs7-signature");
	check_type(&out, "signed", "boundary", "=_b");
	buf_clear(&out);
	mime_signed_type(&out, "=_b", "sha-256,sha-512");
	check_type(&out, "signed", "micalg", "sha-256,sha-512");
	buf_fini(&out);
}

static void
test_pkcs7_type(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	mime_pkcs7_type(&out, "enveloped-data", "smime.p7m");
	check_type(&out, "pkcs7-mime", "smime-type", "enveloped-data");
	check_type(&out, "pkcs7-mime", "name", "smime.p7m");
	buf_clear(&out);
	mime_attachment_disposition(&out, "smime.p7m");
	assert_string_equal(
	    buf_text(&out), " attachment; filename=\"smime.p7m\"");
	buf_fini(&out);
}

static void
test_signed_body(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	mime_signed_head(&out, "=_b");
	buf_add_text(&out, "Content-Type: text/plain\r\n\r\nhello\r\n");
	mime_signed_middle(&out, "=_b");
	buf_add_text(&out, "QUJD\r\n");
	mime_signed_tail(&out, "=_b");
	assert_string_equal(buf_text(&out),
	    "This is an S/MIME signed message\r\n\r\n--=_b\r\n"
	    "Content-Type: text/plain\r\n\r\nhello\r\n"
	    "\r\n--=_b\r\n"
	    "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n"
	    "QUJD\r\n\r\n--=_b--\r\n");
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_boundary),
	    cmocka_unit_test(test_entity_header),
	    cmocka_unit_test(test_default_charset),
	    cmocka_unit_test(test_signed_type),
	    cmocka_unit_test(test_pkcs7_type),
	    cmocka_unit_test(test_signed_body),
	};

	return cmocka_run_group_tests_name("mime_build", tests, NULL, NULL);
}
