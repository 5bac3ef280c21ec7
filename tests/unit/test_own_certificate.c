/*
 * Own certificates: which can sign, which is nearest to it, and the one line
 * that the operator gets (A8).
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "gateway/own_certificate.h"
#include "unit/cert_fixture.h"

#define WHO "alice@example.org"

static struct fixture_cert ca;
static char *folder, *path;

static int
set_up(void **state)
{
	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Our CA"});
	folder = fixture_folder();
	path = xasprintf("%s/log", folder);
	return log_open(LOG_TARGET_FILE, LOG_LEVEL_INFO, "p", path);
}

static int
tear_down(void **state)
{
	(void)state;
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO, "p", NULL);
	fixture_folder_remove(folder);
	free(path);
	fixture_fini(&ca);
	return 0;
}

static enum identity_state
judge(const struct fixture_opts *opts, time_t after)
{
	enum identity_state state;
	struct fixture_cert cert;

	fixture_leaf(&cert, &ca, opts);
	state =
	    own_certificate_judge(cert.certificate, WHO, fixture_now() + after);
	fixture_fini(&cert);
	return state;
}

static void
test_judge(void **state)
{
	const struct fixture_opts good = {
	    .address = WHO, .not_before = 10, .not_after = 20};

	(void)state;
	assert_int_equal(judge(&good, 9), IDENTITY_NOT_YET);
	assert_int_equal(judge(&good, 10), IDENTITY_READY);
	assert_int_equal(judge(&good, 20), IDENTITY_READY);
	assert_int_equal(judge(&good, 21), IDENTITY_EXPIRED);
	assert_int_equal(
	    judge(&(struct fixture_opts){.address = "bob@example.org"}, 0),
	    IDENTITY_WRONG_ADDRESS);
	assert_int_equal(
	    judge(&(struct fixture_opts){.address = WHO, .key = "RSA-1024"}, 0),
	    IDENTITY_WEAK);
	assert_int_equal(
	    judge(&(struct fixture_opts){.address = WHO, .digest = "SHA1"}, 0),
	    IDENTITY_WEAK);
	assert_int_equal(judge(&(struct fixture_opts){.address = WHO,
				   .extended_usage = "serverAuth"},
			     0),
	    IDENTITY_WRONG_USAGE);
	assert_int_equal(judge(&(struct fixture_opts){.address = WHO,
				   .key = "RSA-2048",
				   .usage = "critical,keyEncipherment"},
			     0),
	    IDENTITY_WRONG_USAGE);
	/* The worst counts. */
	assert_int_equal(
	    judge(&(struct fixture_opts){.address = "x@example.org",
		      .not_before = -9,
		      .not_after = -8},
		0),
	    IDENTITY_WRONG_ADDRESS);
}

static void
test_nearer(void **state)
{
	static const enum identity_state order[] = {IDENTITY_NO_CERTIFICATE,
	    IDENTITY_WRONG_USAGE, IDENTITY_WRONG_ADDRESS, IDENTITY_WEAK,
	    IDENTITY_EXPIRED, IDENTITY_NOT_YET, IDENTITY_READY};

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++)
			assert_int_equal(
			    own_certificate_is_nearer(order[i], order[k]),
			    i > k);
}

/* The only line since the last call, without its time. */
static void
warns(const struct own_certificate_problem *p, const char *wanted)
{
	struct buf in;
	struct err err;
	char *line;

	own_certificate_warn(p);
	line = xasprintf(WHO ": certificate %.16s %s\n",
	    p->certificate->fingerprint_text, wanted);
	buf_init(&in, 65536);
	assert_int_equal(io_read_file(path, &in, &err), 0);
	assert_int_equal(truncate(path, 0), 0);
	assert_true(in.len > 24);
	assert_string_equal(buf_text(&in) + 24, line);
	buf_fini(&in);
	free(line);
}

#define REMEDY                                                                 \
	" \"smimectl cert issue\" or \"smimectl key import\", or run: "        \
	"smimectl user set " WHO " --sign off"

static void
test_warnings(void **state)
{
	char address[] = "bob@example.org", *addresses[] = {address};
	struct certificate c = {.fingerprint_text = "0123456789abcdef0123",
	    .not_before = 1767225600, /* 2026-01-01 */
	    .not_after = 1798761599,  /* 2026-12-31 */
	    .addresses = addresses,
	    .address_count = 1};
	struct own_certificate_problem p = {.address = WHO, .certificate = &c};

	(void)state;
	p.state = IDENTITY_EXPIRED;
	warns(&p, "expired on 2026-12-31; mail goes out unsigned; install a "
		  "new one with" REMEDY);
	p.mail_waits = true;
	warns(&p, "expired on 2026-12-31; mail waits with the sender (451); "
		  "install a new one with" REMEDY);
	p.state = IDENTITY_NOT_YET;
	warns(&p, "is not valid before 2026-01-01; mail waits with the sender "
		  "(451); check the clock, or install another one with" REMEDY);
	p.mail_waits = false;
	p.state = IDENTITY_WRONG_ADDRESS;
	warns(&p, "is for bob@example.org; mail goes out unsigned; install a "
		  "new one with" REMEDY);
	c.address_count = 0;
	warns(&p, "is for no address; mail goes out unsigned; install a new "
		  "one with" REMEDY);
	p.state = IDENTITY_WEAK;
	warns(&p, "has a key or a signature that is too weak; mail goes out "
		  "unsigned; install a new one with" REMEDY);
	p.state = IDENTITY_WRONG_USAGE;
	warns(&p, "is not for signing mail; mail goes out unsigned; install a "
		  "new one with" REMEDY);
	p.why = "no usable private key";
	warns(&p, "is not for signing mail: no usable private key; mail goes "
		  "out unsigned; install a new one with" REMEDY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_judge),
	    cmocka_unit_test(test_nearer),
	    cmocka_unit_test(test_warnings),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
