/* Hexadecimal digits: exactly so many, and nothing else. */
#include "unit/unit.h"

#include <string.h>

#include "base/hex.h"

static void
test_encode(void **state)
{
	char text[9] = "????????";

	(void)state;
	hex_encode((const unsigned char *)"\x00\x7f\x80\xff", 4, text);
	assert_string_equal(text, "007f80ff");
	hex_encode(NULL, 0, text);
	assert_string_equal(text, "");
}

static void
test_decode(void **state)
{
	unsigned char data[4] = {0};

	(void)state;
	assert_int_equal(hex_decode("007F80ff", data, 4), 0);
	assert_memory_equal(data, "\x00\x7f\x80\xff", 4);
	assert_int_equal(hex_decode("", data, 0), 0);
}

static void
test_not_hex(void **state)
{
	static const char *const bad[] = {"", "0", "000", "00000", "0g00",
	    "00 0", "0x00", "-100", "00\n0", ":000", "@000", "`000"};
	unsigned char data[2];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(hex_decode(bad[i], data, 2), -1);
}

static void
test_every_byte(void **state)
{
	unsigned char byte;
	char text[3];

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		byte = (unsigned char)i;
		hex_encode(&byte, 1, text);
		byte = 0;
		assert_int_equal(hex_decode(text, &byte, 1), 0);
		assert_int_equal(byte, i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_encode),
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_not_hex),
	    cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
