/* Nobody is believed whom the mail server did not verify. */
#include "unit/unit.h"

#include <stdlib.h>

#include "daemon/client_certificate.h"

#define POSTFIX	 .version = "Postfix 3.7.11"
#define SENDMAIL .version = "8.17.1.9"
#define NAMES	 .cert_subject = "Server", .cert_issuer = "Our CA"
#define DN                                                                     \
	.cert_subject = "/O=Org/CN=Server", .cert_issuer = "/CN=Our+20CA",     \
	.cn_subject = "Server", .cn_issuer = "Our+20CA"

static const struct {
	struct client_macros macros;
	const char *subject, *issuer;
} rows[] = {
    {{POSTFIX, NAMES}, "Server", "Our CA"},
    {{POSTFIX, .cert_subject = "A+20B"}, "A+20B", NULL},
    {{POSTFIX}, NULL, NULL},
    {{POSTFIX, .cert_subject = "", .cert_issuer = "Our CA"}, NULL, NULL},
    {{POSTFIX, .cert_issuer = "Our CA"}, NULL, NULL},
    {{SENDMAIL, DN, .verify = "OK"}, "Server", "Our CA"},
    {{DN, .verify = "OK"}, "Server", "Our CA"},
    {{SENDMAIL, DN, .verify = "FAIL"}, NULL, NULL},
    {{SENDMAIL, DN, .verify = "NO"}, NULL, NULL},
    {{SENDMAIL, DN, .verify = "NOT"}, NULL, NULL},
    {{SENDMAIL, DN, .verify = "NONE"}, NULL, NULL},
    {{SENDMAIL, DN, .verify = "ok"}, NULL, NULL},
    {{SENDMAIL, DN, .verify = ""}, NULL, NULL},
    /* Whoever says so. */
    {{POSTFIX, NAMES, .verify = "FAIL"}, NULL, NULL},
    /* Not verified, or nobody knows: it cannot be asked for. */
    {{SENDMAIL, DN}, NULL, NULL},
    {{DN}, NULL, NULL},
    {{NAMES}, NULL, NULL},
    {{.version = "Postfixed 1.0", NAMES}, NULL, NULL},
    /* The name in one line is not taken apart. */
    {{SENDMAIL, .verify = "OK", .cert_subject = "/O=x/CN=Server"}, NULL, NULL},
    {{SENDMAIL, .verify = "OK", .cn_subject = "BadCertificateUnknown"}, NULL,
	NULL},
    {{SENDMAIL, .verify = "OK", .cn_subject = "Server",
	 .cn_issuer = "BadCertificateContainsNUL"},
	"Server", NULL},
    {{SENDMAIL, .verify = "OK", .cn_subject = "bad+xtext"}, NULL, NULL},
};

static void
check_name(char *got, const char *wanted)
{
	if (wanted)
		assert_string_equal(got, wanted);
	else
		assert_null(got);
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct client_certificate c;

		client_certificate_read(&rows[i].macros, &c);
		check_name(c.subject, rows[i].subject);
		check_name(c.issuer, rows[i].issuer);
		client_certificate_fini(&c);
		assert_null(c.subject);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name(
	    "client_certificate", tests, NULL, NULL);
}
