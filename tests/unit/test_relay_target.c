/* Where the listener is: addresses, names, and what is neither. */
#include "unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "relay/relay_target.h"

static void
parses(struct relay_target *target, const char *url, const char *name)
{
	struct err err = {.text = ""};

	if (relay_target_parse(target, url, &err))
		fail_msg("%s", err.text);
	assert_string_equal(target->name, name);
	assert_in_range(target->count, 1, LIMIT_RELAY_ADDRESSES);
}

static void
refuses(const char *url, const char *word)
{
	struct relay_target target = {.count = 77};
	struct err err = {.text = ""};

	assert_int_equal(relay_target_parse(&target, url, &err), -1);
	if (!strstr(err.text, word))
		fail_msg("%s: %s", url, err.text);
	assert_int_equal(target.count, 77);
	for (const char *c = err.text; *c; c++)
		assert_in_range(*c, ' ', '~');
}

static void
test_ipv4(void **state)
{
	struct relay_target target;
	struct sockaddr_in in;

	(void)state;
	parses(&target, "smtp://127.0.0.1:10026", "127.0.0.1:10026");
	assert_int_equal(target.count, 1);
	assert_int_equal(target.addresses[0].len, sizeof(in));
	memcpy(&in, &target.addresses[0].address, sizeof(in));
	assert_int_equal(in.sin_family, AF_INET);
	assert_int_equal(ntohs(in.sin_port), 10026);
	assert_int_equal(ntohl(in.sin_addr.s_addr), INADDR_LOOPBACK);
	parses(&target, "SMTP://192.0.2.1:1", "192.0.2.1:1");
}

static void
test_ipv6(void **state)
{
	struct relay_target target;
	struct sockaddr_in6 in6;

	(void)state;
	parses(&target, "smtp://[::1]:65535", "[::1]:65535");
	assert_int_equal(target.count, 1);
	memcpy(&in6, &target.addresses[0].address, sizeof(in6));
	assert_int_equal(in6.sin6_family, AF_INET6);
	assert_int_equal(ntohs(in6.sin6_port), 65535);
	assert_memory_equal(&in6.sin6_addr, &in6addr_loopback, 16);
}

static void
test_name(void **state)
{
	struct relay_target target;

	(void)state;
	parses(&target, "smtp://localhost:10026", "localhost:10026");
}

static void
test_no_url(void **state)
{
	static const char *const urls[] = {"", "127.0.0.1:10026",
	    "lmtp://127.0.0.1:10026", "smtps://127.0.0.1:10026", "smtp://",
	    "smtp://127.0.0.1", "smtp://127.0.0.1:", "smtp://:25",
	    "smtp://127.0.0.1:0", "smtp://127.0.0.1:65536",
	    "smtp://127.0.0.1:123456", "smtp://127.0.0.1:-1",
	    "smtp://127.0.0.1:smtp", "smtp://127.0.0.1:25/",
	    "smtp://127.0.0.1:25 ", "smtp://user:secret@127.0.0.1:25",
	    "smtp://user@127.0.0.1:25", "smtp://::1:25", "smtp://[::1]",
	    "smtp://[::1:25", "smtp://[]:25", "smtp://[::1]25", "smtp://a b:25",
	    "smtp://a\n:25", "smtp://\xc3\xa4:25"};
	char url[400];

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		refuses(urls[i], "expected smtp://HOST:PORT");
	/* A label of more than 63 letters is nobody's name. */
	memset(url, 'a', sizeof(url));
	memcpy(url, "smtp://", 7);
	strcpy(url + 7 + 255, ":25");
	refuses(url, "aaaa: ");
	strcpy(url + 7 + 255, "a:25");
	refuses(url, "expected smtp://HOST:PORT");
}

/* In brackets only an address can be. */
static void
test_no_host(void **state)
{
	(void)state;
	refuses("smtp://[localhost]:25", "localhost: ");
	refuses("smtp://[127.0.0.1]:25", "127.0.0.1: ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ipv4),
	    cmocka_unit_test(test_ipv6),
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_no_url),
	    cmocka_unit_test(test_no_host),
	};

	return cmocka_run_group_tests_name("relay_target", tests, NULL, NULL);
}
