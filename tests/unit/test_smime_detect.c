/* What protects a message, as its header says (rules V1, N1). */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "smime/detect.h"

/* A header from "Name: body" lines with CRLF. */
static enum smime_kind
detect(const char *fields, const char *body)
{
	struct header header;
	enum smime_kind kind;
	bool complete;

	header_init(&header);
	header_parse(&header, slice_text(fields), &complete);
	kind = body ? smime_detect(&header, slice_text(body))
		    : smime_detect_header(&header);
	header_fini(&header);
	return kind;
}

static const struct {
	const char *fields;
	enum smime_kind kind;
} headers[] = {
    {"Subject: hello\r\n", SMIME_NONE},
    {"Content-Type: text/plain\r\n", SMIME_NONE},
    {"Content-Type: multipart/mixed; boundary=x\r\n", SMIME_NONE},
    {"Content-Type: multipart/signed; protocol=\"application/"
     "pkcs7-signature\"; micalg=sha-256; boundary=x\r\n",
	SMIME_SIGNED_DETACHED},
    {"content-type: MULTIPART/Signed;\r\n\tprotocol=\"Application/"
     "X-PKCS7-Signature\";\r\n boundary=x\r\n",
	SMIME_SIGNED_DETACHED},
    {"Content-Type: multipart/signed; "
     "protocol=\"application/pgp-signature\"\r\n",
	SMIME_PGP_SIGNED},
    {"Content-Type: multipart/signed; protocol=\"x/y\"\r\n",
	SMIME_OTHER_SIGNED},
    {"Content-Type: multipart/signed\r\n", SMIME_OTHER_SIGNED},
    {"Content-Type: multipart/encrypted; "
     "protocol=\"application/pgp-encrypted\"\r\n",
	SMIME_PGP_ENCRYPTED},
    {"Content-Type: application/pgp-encrypted\r\n", SMIME_PGP_ENCRYPTED},
    {"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n",
	SMIME_SIGNED_OPAQUE},
    {"Content-Type: application/x-pkcs7-mime; smime-type=Enveloped-Data\r\n",
	SMIME_ENVELOPED},
    {"Content-Type: application/pkcs7-mime; "
     "smime-type=authEnveloped-data\r\n",
	SMIME_AUTH_ENVELOPED},
    {"Content-Type: application/pkcs7-mime; smime-type=compressed-data\r\n",
	SMIME_COMPRESSED},
    {"Content-Type: application/pkcs7-mime; smime-type=certs-only\r\n",
	SMIME_CERTS_ONLY},
    {"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n", SMIME_PKCS7},
    /* The media type counts, not the name, where both exist (V1). */
    {"Content-Type: application/pkcs7-mime; name=smime.p7c\r\n", SMIME_PKCS7},
    {"Content-Type: application/pkcs7-mime; smime-type=new-thing\r\n",
	SMIME_PKCS7},
    {"Content-Type: text/plain; name=smime.p7m\r\n", SMIME_NONE},
    {"Content-Type: application/octet-stream\r\n", SMIME_NONE},
    {"Content-Type: application/octet-stream; name=a.pdf\r\n", SMIME_NONE},
    {"Content-Type: application/octet-stream; name=SMIME.P7M\r\n", SMIME_PKCS7},
    {"Content-Type: application/octet-stream\r\n"
     "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n",
	SMIME_PKCS7},
    {"Content-Type: application/octet-stream\r\n"
     "Content-Disposition: attachment; filename=smime.p7c\r\n",
	SMIME_CERTS_ONLY},
    {"Content-Type: application/octet-stream\r\n"
     "Content-Disposition: attachment; filename=smime.p7z\r\n",
	SMIME_COMPRESSED},
    {"Content-Type: application/octet-stream; name=p7m\r\n", SMIME_NONE},
};

static void
test_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		enum smime_kind kind = detect(headers[i].fields, NULL);

		if (kind != headers[i].kind)
			fail_msg(
			    "%s: %s", headers[i].fields, smime_kind_name(kind));
		/* A body changes nothing about what the header says. */
		assert_int_equal(detect(headers[i].fields, "x\r\n"), kind);
	}
}

static const struct {
	const char *fields;
	const char *body;
	enum smime_kind kind;
} armors[] = {
    {"", "-----BEGIN PGP MESSAGE-----\r\n", SMIME_PGP_INLINE},
    {"Content-Type: text/plain\r\n",
	"Hello,\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n",
	SMIME_PGP_INLINE},
    {"Content-Type: text/plain\r\nContent-Transfer-Encoding: "
     "quoted-printable\r\n",
	"=C3=84\r\n-----BEGIN PGP MESSAGE-----\r\n", SMIME_PGP_INLINE},
    /* "Hi\r\n-----BEGIN PGP MESSAGE-----\r\n" */
    {"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n",
	"SGkNCi0tLS0tQkVHSU4gUEdQIE1FU1NBR0UtLS0tLQ0K\r\n", SMIME_PGP_INLINE},
    {"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n",
	"SGkNCg==\r\n", SMIME_NONE},
    /* Said twice; or twice and not the same, which is no base64. */
    {"Content-Transfer-Encoding: base64\r\n"
     "content-transfer-encoding: BASE64\r\n",
	"SGkNCi0tLS0tQkVHSU4gUEdQIE1FU1NBR0UtLS0tLQ0K\r\n", SMIME_PGP_INLINE},
    {"Content-Transfer-Encoding: 7bit\r\n"
     "Content-Transfer-Encoding: base64\r\n",
	"SGkNCi0tLS0tQkVHSU4gUEdQIE1FU1NBR0UtLS0tLQ0K\r\n", SMIME_NONE},
    /* A reply that quotes it, and a key, protect nothing. */
    {"", "> -----BEGIN PGP MESSAGE-----\r\n", SMIME_NONE},
    {"", "-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n", SMIME_NONE},
    {"", "x-----BEGIN PGP MESSAGE-----\r\n", SMIME_NONE},
    {"", "-----BEGIN PGP MESSAG", SMIME_NONE},
    {"", "-----BEGIN PGP ", SMIME_NONE},
    {"", "", SMIME_NONE},
    /* Only a message that is one text. */
    {"Content-Type: multipart/mixed; boundary=b\r\n",
	"-----BEGIN PGP MESSAGE-----\r\n", SMIME_NONE},
};

static void
test_inline_pgp(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(armors) / sizeof(armors[0]); i++)
		if (detect(armors[i].fields, armors[i].body) != armors[i].kind)
			fail_msg("case %zu", i);
}

/* A body of no bytes need not be anywhere in memory. */
static void
test_no_body(void **state)
{
	struct header header;

	(void)state;
	header_init(&header);
	assert_int_equal(
	    smime_detect(&header, slice_make(NULL, 0)), SMIME_NONE);
	header_fini(&header);
}

static void
test_classes(void **state)
{
	(void)state;
	assert_true(smime_kind_is_cms(SMIME_SIGNED_OPAQUE));
	assert_true(smime_kind_is_cms(SMIME_PKCS7));
	assert_true(smime_kind_is_cms(SMIME_ENVELOPED));
	assert_true(smime_kind_is_cms(SMIME_COMPRESSED));
	assert_true(smime_kind_is_cms(SMIME_CERTS_ONLY));
	assert_false(smime_kind_is_cms(SMIME_NONE));
	assert_false(smime_kind_is_cms(SMIME_SIGNED_DETACHED));
	assert_false(smime_kind_is_cms(SMIME_PGP_ENCRYPTED));
	assert_true(smime_kind_is_encrypted(SMIME_ENVELOPED));
	assert_true(smime_kind_is_encrypted(SMIME_AUTH_ENVELOPED));
	assert_true(smime_kind_is_encrypted(SMIME_PGP_ENCRYPTED));
	assert_false(smime_kind_is_encrypted(SMIME_SIGNED_OPAQUE));
	assert_false(smime_kind_is_encrypted(SMIME_PKCS7));
}

static void
test_names_differ(void **state)
{
	(void)state;
	for (int i = SMIME_NONE; i <= SMIME_OTHER_SIGNED; i++)
		for (int j = SMIME_NONE; j < i; j++)
			assert_string_not_equal(
			    smime_kind_name((enum smime_kind)i),
			    smime_kind_name((enum smime_kind)j));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_inline_pgp),
	    cmocka_unit_test(test_no_body),
	    cmocka_unit_test(test_classes),
	    cmocka_unit_test(test_names_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
