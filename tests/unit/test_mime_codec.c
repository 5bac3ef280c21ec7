/* base64 and quoted-printable: what is encoded comes back byte for byte. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mail/mime_codec.h"

static const struct spool_config config = {
    .memory = 1u << 20, .max = 1u << 26, .folder = "/tmp"};

static unsigned long seed = 1;

static unsigned char
next_byte(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned char)(seed >> 33);
}

enum codec {
	BASE64,
	QP_TEXT,
	QP_BINARY
};

static void
encode(enum codec codec, struct slice in, struct spool *out)
{
	struct base64_encoder e;
	struct err err;

	spool_init(out, &config);
	if (codec == BASE64) {
		base64_encoder_init(&e, out);
		assert_int_equal(base64_encoder_write(&e, in, &err), 0);
		assert_int_equal(base64_encoder_finish(&e, &err), 0);
		assert_int_equal(out->size, base64_size(in.len));
	} else {
		assert_int_equal(qp_encode(in, codec == QP_TEXT, out, &err), 0);
		assert_int_equal(out->size, qp_size(in, codec == QP_TEXT));
	}
	assert_int_equal(spool_finish(out, &err), 0);
}

static void
decode(enum codec codec, struct slice in, struct spool *out, bool *strict)
{
	struct err err;
	bool again;

	spool_init(out, &config);
	if (codec == BASE64) {
		assert_int_equal(base64_decode(in, out, strict, &err), 0);
		assert_int_equal(base64_decode(in, NULL, &again, &err), 0);
	} else {
		assert_int_equal(qp_decode(in, out, strict, &err), 0);
		assert_int_equal(qp_decode(in, NULL, &again, &err), 0);
	}
	assert_int_equal(*strict, again);
	assert_int_equal(spool_finish(out, &err), 0);
}

/* 7-bit, lines of at most 76, nothing that a mail server touches. */
static void
check_lines(struct slice encoded)
{
	size_t start = 0, end;

	while (start < encoded.len) {
		end = slice_find(encoded, '\n', start);
		if (end < encoded.len) {
			assert_true(end > start);
			assert_int_equal(encoded.data[--end], '\r');
		}
		assert_true(end - start <= 76);
		for (size_t i = start; i < end; i++)
			assert_in_range(encoded.data[i], '\t', '~');
		if (end > start) {
			assert_int_not_equal(encoded.data[end - 1], ' ');
			assert_int_not_equal(encoded.data[end - 1], '\t');
			assert_int_not_equal(encoded.data[start], '.');
		}
		assert_false(
		    slice_has_prefix(slice_part(encoded, start, end), "From "));
		assert_false(
		    slice_has_prefix(slice_part(encoded, start, end), "--"));
		start = end + 2;
	}
}

static void
check_round_trip(enum codec codec, struct slice in)
{
	struct spool encoded, decoded;
	bool strict = false;

	encode(codec, in, &encoded);
	check_lines(spool_slice(&encoded));
	decode(codec, spool_slice(&encoded), &decoded, &strict);
	assert_true(strict);
	assert_true(slice_equal(spool_slice(&decoded), in));
	spool_fini(&encoded);
	spool_fini(&decoded);
}

static void
test_all_round_trips(void **state)
{
	static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 56, 57, 58, 74, 75,
	    76, 77, 113, 114, 115, 7295, 7296, 7297, 9999, 40000};
	static const char *const alphabets[] = {
	    NULL, "a \r\n", "=.-F\r\n\t ", "From --.\r\n"};
	unsigned char *data = xmalloc(40000);

	(void)state;
	for (size_t a = 0; a < sizeof(alphabets) / sizeof(*alphabets); a++)
		for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths);
		     i++) {
			size_t len = lengths[i];

			for (size_t k = 0; k < len; k++) {
				unsigned char c = next_byte();
				const char *of = alphabets[a];

				data[k] =
				    of ? (unsigned char)of[c % strlen(of)] : c;
			}
			check_round_trip(BASE64, slice_make(data, len));
			check_round_trip(QP_TEXT, slice_make(data, len));
			check_round_trip(QP_BINARY, slice_make(data, len));
		}
	free(data);
}

static void
check_encoded(enum codec codec, struct slice in, const char *wanted)
{
	struct spool out;
	char *got;

	encode(codec, in, &out);
	got = slice_dup_text(spool_slice(&out));
	assert_string_equal(got, wanted);
	free(got);
	spool_fini(&out);
	check_round_trip(codec, in);
}

static void
test_qp_text(void **state)
{
	static const char *const pairs[][2] = {
	    {"", ""},
	    {"plain\r\n", "plain\r\n"},
	    {"gr\xc3\xbc\xc3\x9f"
	     "e\r\n",
		"gr=C3=BC=C3=9Fe\r\n"},
	    {"a=b", "a=3Db"},
	    {"trailing \r\ntab\t\r\nend ", "trailing=20\r\ntab=09\r\nend=20"},
	    {"a b\tc", "a b\tc"},
	    {"From here\r\nFrom\r\n", "=46rom here\r\nFrom\r\n"},
	    {".\r\n..\r\n", "=2E\r\n=2E.\r\n"},
	    {"-- \r\n--b\r\n-b", "=2D-=20\r\n=2D-b\r\n-b"},
	    {"a\rb\nc\r\r\n", "a=0Db=0Ac=0D\r\n"},
	    {"\x7f\x01", "=7F=01"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check_encoded(QP_TEXT, slice_text(pairs[i][0]), pairs[i][1]);
	check_encoded(QP_TEXT, slice_make("a\0", 2), "a=00");
}

static void
test_qp_binary(void **state)
{
	(void)state;
	check_encoded(QP_BINARY, slice_text("a \r\nb\n"), "a =0D=0Ab=0A");
}

/* A soft line break must not make a delimiter, a dot line or "From ". */
static void
test_qp_soft_break(void **state)
{
	char line[200], wanted[200];

	(void)state;
	memset(line, 'x', sizeof(line));
	memset(wanted, 'x', sizeof(wanted));
	/* 76 characters fit when the line ends there, 77 do not. */
	memcpy(line + 76, "\r\n", 3);
	memcpy(wanted + 76, "\r\n", 3);
	check_encoded(QP_TEXT, slice_text(line), wanted);
	memcpy(line + 76, "y\r\n", 4);
	memcpy(wanted + 75, "=\r\nxy\r\n", 8);
	check_encoded(QP_TEXT, slice_text(line), wanted);
	strcpy(line + 75, "--boundary\r\n");
	strcpy(wanted + 75, "=\r\n=2D-boundary\r\n");
	check_encoded(QP_TEXT, slice_text(line), wanted);
	strcpy(line + 75, "From me");
	strcpy(wanted + 75, "=\r\n=46rom me");
	check_encoded(QP_TEXT, slice_text(line), wanted);
	strcpy(line + 75, ".x");
	strcpy(wanted + 75, "=\r\n=2Ex");
	check_encoded(QP_TEXT, slice_text(line), wanted);
}

static void
check_decoded(
    enum codec codec, struct slice in, struct slice wanted, bool wanted_strict)
{
	struct spool out;
	bool strict = !wanted_strict;

	decode(codec, in, &out, &strict);
	if (!slice_equal(spool_slice(&out), wanted))
		fail_msg("%.*s", (int)in.len, (const char *)in.data);
	assert_int_equal(strict, wanted_strict);
	spool_fini(&out);
}

static void
test_base64_decode(void **state)
{
	static const struct {
		const char *in, *wanted;
		bool strict;
	} cases[] = {
	    {"", "", true},
	    {"QUJD", "ABC", true},
	    {"QUJD\r\n", "ABC", true},
	    {"Q U\tJ\r\nD", "ABC", true},
	    {"QUI=", "AB", true},
	    {"QQ==\r\n", "A", true},
	    {"Q\r\nQ=\r\n=\r\n", "A", true},
	    {"QUJDRA==", "ABCD", true},
	    {"Q*UJD", "ABC", false},
	    {"QUJD\x80", "ABC", false},
	    {"QUI", "AB", false},
	    {"QQ", "A", false},
	    {"QQ=", "A", false},
	    {"Q", "", false},
	    {"Q===", "", false},
	    {"QUJD=", "ABC", false},
	    {"QUI==", "AB", false},
	    {"QR==", "A", false},
	    {"QUL=", "AB", false},
	    {"QQ==QUJD", "A", false},
	    {"====", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_decoded(BASE64, slice_text(cases[i].in),
		    slice_text(cases[i].wanted), cases[i].strict);
	check_decoded(
	    BASE64, slice_make("QU\0JD", 5), slice_text("ABC"), false);
}

/* What stands from there on decodes to the rest. */
static void
check_found(struct slice in, struct slice wanted)
{
	struct spool out;
	bool strict;
	size_t pos;

	for (size_t i = 0; i <= wanted.len; i++) {
		pos = qp_find(in, i);
		decode(QP_TEXT, slice_part(in, pos, in.len), &out, &strict);
		assert_true(slice_equal(
		    spool_slice(&out), slice_part(wanted, i, wanted.len)));
		spool_fini(&out);
	}
	assert_int_equal(qp_find(in, wanted.len), in.len);
}

static void
test_qp_decode(void **state)
{
	static const struct {
		const char *in, *wanted;
		bool strict;
	} cases[] = {
	    {"", "", true},
	    {"a=3Db\r\n", "a=b\r\n", true},
	    {"a=3db", "a=b", true},
	    {"soft=\r\nbreak", "softbreak", true},
	    {"soft= \t\r\nbreak", "softbreak", false},
	    {"keep =\r\nthis", "keep this", true},
	    {"trailing \t\r\nx", "trailing\r\nx", false},
	    {"x ", "x", false},
	    {"=20\r\n", " \r\n", true},
	    {"a\nb=\nc", "a\nbc", true},
	    {"=C3=A4=00", "\xc3\xa4", true},
	    {"raw \xc3\xa4", "raw \xc3\xa4", false},
	    {"=zz", "=zz", false},
	    {"=4", "=4", false},
	    {"a==\r\nb", "a=b", false},
	    {"end=", "end", false},
	    {"a\rb", "a\rb", false},
	    {"a\x01", "a\x01", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice in = slice_text(cases[i].in);
		struct slice wanted = slice_make(
		    cases[i].wanted, strlen(cases[i].wanted) +
					 (strstr(cases[i].in, "=00") != NULL));

		check_decoded(QP_TEXT, in, wanted, cases[i].strict);
		check_found(in, wanted);
	}
}

/* The streaming encoder does not care how its input is cut. */
static void
test_base64_pieces(void **state)
{
	unsigned char data[1000], whole[2000];
	struct base64_encoder e;
	struct spool out;
	struct err err;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = next_byte();
	len = base64_encode(slice_make(data, sizeof(data)), whole);
	assert_int_equal(len, base64_size(sizeof(data)));
	for (size_t piece = 1; piece < 200; piece++) {
		spool_init(&out, &config);
		base64_encoder_init(&e, &out);
		for (size_t i = 0; i < sizeof(data); i += piece)
			assert_int_equal(
			    base64_encoder_write(&e,
				slice_part(slice_make(data, sizeof(data)), i,
				    i + piece),
				&err),
			    0);
		assert_int_equal(base64_encoder_finish(&e, &err), 0);
		assert_int_equal(spool_finish(&out, &err), 0);
		assert_true(
		    slice_equal(spool_slice(&out), slice_make(whole, len)));
		spool_fini(&out);
	}
}

/* A spool that is full is an error, not a short result. */
static void
test_full_spool(void **state)
{
	const struct spool_config tiny = {
	    .memory = 100, .max = 100, .folder = "/tmp"};
	struct slice in = slice_make(xcalloc(1, 20000), 20000);
	struct base64_encoder e;
	struct spool out;
	struct err err = {0};
	bool strict;

	(void)state;
	spool_init(&out, &tiny);
	base64_encoder_init(&e, &out);
	assert_int_equal(base64_encoder_write(&e, in, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_int_equal(qp_encode(in, true, &out, &err), -1);
	assert_int_equal(qp_decode(in, &out, &strict, &err), -1);
	memset((void *)(uintptr_t)in.data, 'A', in.len);
	assert_int_equal(base64_decode(in, &out, &strict, &err), -1);
	spool_fini(&out);
	free((void *)(uintptr_t)in.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_round_trips),
	    cmocka_unit_test(test_qp_text),
	    cmocka_unit_test(test_qp_binary),
	    cmocka_unit_test(test_qp_soft_break),
	    cmocka_unit_test(test_base64_decode),
	    cmocka_unit_test(test_qp_decode),
	    cmocka_unit_test(test_base64_pieces),
	    cmocka_unit_test(test_full_spool),
	};

	return cmocka_run_group_tests_name("mime_codec", tests, NULL, NULL);
}
