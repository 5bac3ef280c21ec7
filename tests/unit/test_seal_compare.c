/*
 * What was done to a message on the road, and what is found: a table.  The
 * signatures are none: nobody verifies them here (test_intact does).
 */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "unit/seal_fixture.h"

#define SIGNED(entity)                                                         \
	"From: alice@example.org\r\n"                                          \
	"MIME-Version: 1.0\r\n"                                                \
	"Content-Type: multipart/signed; micalg=sha-256;\r\n"                  \
	"\tprotocol=\"application/pkcs7-signature\"; boundary=\"s\"\r\n"       \
	"\r\n"                                                                 \
	"This is an S/MIME signed message\r\n"                                 \
	"\r\n--s\r\n" entity "\r\n--s\r\n" SIGNATURE "\r\n--s--\r\n"
#define SIGNATURE                                                              \
	"Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"    \
	"Content-Transfer-Encoding: base64\r\n"                                \
	"\r\n"                                                                 \
	"MIAGCSqGSIb3DQEHAqCAMIACAQExDzANBglghkgBZQMEAgEFADCABgkqhkiG9w0B\r\n" \
	"BwEAADGCAQ=="
#define PLAIN                                                                  \
	"Content-Type: text/plain; charset=us-ascii\r\n"                       \
	"\r\n"                                                                 \
	"Dear Bob,\r\n\r\nthe contract is signed.\r\n\r\nAlice\r\n"

#define FOOTER "This mail is confidential.\r\n"

struct change {
	const char *from;
	const char *to;
};

struct row {
	const char *name;
	const char *message;
	struct change changes[4];
	const char *found;
};

static const struct row rows[] = {
    {"untouched", SIGNED(PLAIN), {{0}}, ""},
    {"a footer behind the text", SIGNED(PLAIN),
	{{"Alice\r\n", "Alice\r\n" FOOTER}}, "text-appended 1 26"},
};

static void
show(const struct row *row, struct buf *found)
{
	struct buf message[2];
	struct seal_findings f;
	struct seal taken, s;
	size_t at = 0;

	seal_message_take(slice_text(row->message), &taken);
	seal_there_and_back(&taken, &s);
	buf_init(&message[0], 1 << 20);
	buf_init(&message[1], 1 << 20);
	buf_add_text(&message[0], row->message);
	for (size_t i = 0; i < 4 && row->changes[i].from; i++) {
		buf_clear(&message[!at]);
		seal_replace(&message[!at], buf_slice(&message[at]),
		    row->changes[i].from, row->changes[i].to);
		at = !at;
	}
	seal_message_compare(&s, buf_slice(&message[at]), &f);
	seal_findings_show(&f, found);
	buf_fini(&message[0]);
	buf_fini(&message[1]);
}

static void
table(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf found;

		buf_init(&found, 4096);
		show(&rows[i], &found);
		if (strcmp(buf_text(&found), rows[i].found) != 0) {
			print_error("%s: found \"%s\", not \"%s\"\n",
			    rows[i].name, buf_text(&found), rows[i].found);
			wrong++;
		}
		buf_fini(&found);
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
