/* Networks: what is one, and who is in it. */
#include "unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "base/network.h"

static bool
has(const char *network, const char *address)
{
	struct network_list list;
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct err err;
	bool found;

	network_list_init(&list);
	assert_int_equal(network_list_add(&list, network, &err), 0);
	if (strchr(address, ':')) {
		assert_int_equal(
		    inet_pton(AF_INET6, address, &in6.sin6_addr), 1);
		found = network_list_has(&list, (struct sockaddr *)&in6);
	} else {
		assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
		found = network_list_has(&list, (struct sockaddr *)&in);
	}
	network_list_fini(&list);
	return found;
}

static void
test_membership(void **state)
{
	(void)state;
	assert_true(has("127.0.0.0/8", "127.255.0.1"));
	assert_false(has("127.0.0.0/8", "128.0.0.1"));
	assert_true(has("192.0.2.7", "192.0.2.7"));
	assert_false(has("192.0.2.7", "192.0.2.6"));
	assert_true(has("192.0.2.128/25", "192.0.2.129"));
	assert_false(has("192.0.2.128/25", "192.0.2.127"));
	assert_true(has("0.0.0.0/0", "203.0.113.9"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(has("::1", "::1"));
	assert_false(has("0.0.0.0/0", "2001:db8::1"));
}

static void
test_mapped_addresses_are_ipv4(void **state)
{
	(void)state;
	assert_true(has("192.0.2.0/24", "::ffff:192.0.2.3"));
	assert_false(has("192.0.2.0/24", "::ffff:192.0.3.3"));
}

static void
test_no_address_is_in_no_network(void **state)
{
	struct network_list list;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct err err;

	(void)state;
	network_list_init(&list);
	assert_int_equal(network_list_add(&list, "0.0.0.0/0", &err), 0);
	assert_false(network_list_has(&list, NULL));
	assert_false(network_list_has(&list, (struct sockaddr *)&un));
	network_list_fini(&list);
}

static void
test_bad_text(void **state)
{
	static const char *const bad[] = {"", "localhost", "192.0.2.0/33",
	    "192.0.2.1/24", "192.0.2.0/", "192.0.2.0/-1", "2001:db8::1/64",
	    "192.0.2.0/24 ", "1.2.3", "::/129"};
	struct network_list list;
	struct err err;

	(void)state;
	network_list_init(&list);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(network_list_add(&list, bad[i], &err), -1);
	assert_int_equal(list.count, 0);
	network_list_fini(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_membership),
	    cmocka_unit_test(test_mapped_addresses_are_ipv4),
	    cmocka_unit_test(test_no_address_is_in_no_network),
	    cmocka_unit_test(test_bad_text),
	};

	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
