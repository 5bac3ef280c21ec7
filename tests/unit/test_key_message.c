/* A key message has one encoding, and the decoder takes nothing else. */
#include "unit/unit.h"

#include <string.h>

#include "key/key_message.h"

static void
sample(struct key_message *m)
{
	*m = (struct key_message){.operation = KEY_UNWRAP_RSA,
	    .algorithm = KEY_ALG_RSA_OAEP,
	    .hash = KEY_HASH_SHA256,
	    .hash2 = KEY_HASH_SHA1,
	    .wanted = 0x1234,
	    .sequence = 0xfedcba98};
	for (size_t i = 0; i < KEY_ID_SIZE; i++)
		m->key_id[i] = (unsigned char)i;
	m->fields[0] = slice_text("encrypted key");
	m->fields[2] = slice_text("x");
}

static void
encode(const struct key_message *m, struct buf *out)
{
	struct err err;

	buf_init(out, KEY_MESSAGE_MAX);
	assert_int_equal(key_message_encode(m, out, &err), 0);
}

static void
test_round_trip(void **state)
{
	struct key_message in, out;
	struct buf packet;
	struct err err;

	(void)state;
	sample(&in);
	encode(&in, &packet);
	assert_int_equal(packet.len, KEY_HEAD_SIZE + 13 + 1);
	assert_int_equal(key_message_decode(&out, buf_slice(&packet), &err), 0);
	assert_int_equal(out.operation, in.operation);
	assert_int_equal(out.algorithm, in.algorithm);
	assert_int_equal(out.hash, in.hash);
	assert_int_equal(out.hash2, in.hash2);
	assert_int_equal(out.status, KEY_OK);
	assert_int_equal(out.wanted, in.wanted);
	assert_int_equal(out.sequence, in.sequence);
	assert_memory_equal(out.key_id, in.key_id, KEY_ID_SIZE);
	for (size_t i = 0; i < LIMIT_KEY_FIELDS; i++)
		assert_true(slice_equal(out.fields[i], in.fields[i]));
	buf_fini(&packet);
}

/* The layout is a contract between programs that may be of two versions. */
static void
test_layout(void **state)
{
	static const unsigned char head[] = {1, 3, 3, 3, 1, 0, 0x12, 0x34, 0xfe,
	    0xdc, 0xba, 0x98, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0, 1};
	struct key_message m;
	struct buf packet;

	(void)state;
	sample(&m);
	encode(&m, &packet);
	assert_memory_equal(packet.data, head, sizeof(head));
	assert_memory_equal(packet.data + 24, m.key_id, KEY_ID_SIZE);
	assert_memory_equal(packet.data + 56, "encrypted keyx", 14);
	buf_fini(&packet);
}

static void
test_every_other_length_is_refused(void **state)
{
	struct key_message m, out;
	struct buf packet;
	struct err err;
	size_t whole;

	(void)state;
	sample(&m);
	encode(&m, &packet);
	whole = packet.len;
	buf_add_char(&packet, 'x');
	for (size_t len = 0; len <= whole + 1; len++)
		assert_int_equal(key_message_decode(
				     &out, slice_make(packet.data, len), &err),
		    len == whole ? 0 : -1);
	buf_fini(&packet);
}

static const struct {
	size_t at;
	unsigned char last; /* the largest value that is known */
} closed[] = {{1, KEY_OPERATION_LAST}, {2, KEY_ALG_LAST}, {3, KEY_HASH_LAST},
    {4, KEY_HASH_LAST}, {5, KEY_STATUS_LAST}};

static void
test_unknown_values_are_refused(void **state)
{
	struct key_message m, out;
	struct buf packet;
	struct err err;

	(void)state;
	sample(&m);
	encode(&m, &packet);
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		unsigned char *byte = &packet.data[closed[i].at];
		unsigned char saved = *byte;

		*byte = closed[i].last;
		assert_int_equal(
		    key_message_decode(&out, buf_slice(&packet), &err), 0);
		for (unsigned v = closed[i].last + 1u; v < 256; v++) {
			*byte = (unsigned char)v;
			assert_int_equal(
			    key_message_decode(&out, buf_slice(&packet), &err),
			    -1);
		}
		*byte = saved;
	}
	packet.data[1] = 0;
	assert_int_equal(
	    key_message_decode(&out, buf_slice(&packet), &err), -1);
	buf_fini(&packet);
}

static void
test_other_versions_are_refused(void **state)
{
	struct key_message m, out;
	struct buf packet;
	struct err err;

	(void)state;
	sample(&m);
	encode(&m, &packet);
	for (unsigned v = 0; v < 256; v++) {
		packet.data[0] = (unsigned char)v;
		assert_int_equal(
		    key_message_decode(&out, buf_slice(&packet), &err),
		    v == KEY_VERSION ? 0 : -1);
	}
	packet.data[0] = KEY_VERSION + 1;
	assert_int_equal(
	    key_message_decode(&out, buf_slice(&packet), &err), -1);
	assert_non_null(strstr(err.text, "version"));
	buf_fini(&packet);
}

/* Three fields at the cap fit into KEY_MESSAGE_MAX; one byte more does not
 * get through either function. */
static void
test_fields_at_the_cap(void **state)
{
	static unsigned char big[LIMIT_KEY_FIELD + 1];
	struct key_message m = {.operation = KEY_LOAD}, out;
	struct buf packet;
	struct err err;

	(void)state;
	for (size_t i = 0; i < LIMIT_KEY_FIELDS; i++)
		m.fields[i] = slice_make(big, LIMIT_KEY_FIELD);
	encode(&m, &packet);
	assert_int_equal(packet.len, KEY_MESSAGE_MAX);
	assert_int_equal(key_message_decode(&out, buf_slice(&packet), &err), 0);
	buf_fini(&packet);
	for (size_t i = 0; i < LIMIT_KEY_FIELDS; i++) {
		struct key_message over = {.operation = KEY_LOAD};

		over.fields[i] = slice_make(big, sizeof(big));
		buf_init(&packet, 2 * KEY_MESSAGE_MAX);
		assert_int_equal(key_message_encode(&over, &packet, &err), -1);
		assert_int_equal(err.class, ERR_PERMANENT);
		assert_int_equal(packet.len, 0);
		buf_fini(&packet);
	}
}

static void
test_lengths_that_lie(void **state)
{
	static const unsigned char lengths[][4] = {{0, 0, 0x40, 1},
	    {0xff, 0xff, 0xff, 0xff}, {0x80, 0, 0, 0}, {0, 0, 0, 14},
	    {0, 0, 0, 12}, {0, 1, 0, 13}};
	static unsigned char room[2 * LIMIT_KEY_FIELD];
	struct key_message m, out;
	struct buf packet;
	struct err err;

	(void)state;
	sample(&m);
	encode(&m, &packet);
	memcpy(room, packet.data, packet.len);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memcpy(room + 12, lengths[i], 4);
		assert_int_equal(key_message_decode(
				     &out, slice_make(room, packet.len), &err),
		    -1);
		assert_int_equal(key_message_decode(&out,
				     slice_make(room, sizeof(room)), &err),
		    -1);
	}
	buf_fini(&packet);
}

static void
test_failure_leaves_the_result_alone(void **state)
{
	struct key_message m, out = {.sequence = 77};
	struct buf packet;
	struct err err;

	(void)state;
	sample(&m);
	encode(&m, &packet);
	packet.len--;
	assert_int_equal(
	    key_message_decode(&out, buf_slice(&packet), &err), -1);
	assert_int_equal(out.sequence, 77);
	buf_fini(&packet);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_every_other_length_is_refused),
	    cmocka_unit_test(test_unknown_values_are_refused),
	    cmocka_unit_test(test_other_versions_are_refused),
	    cmocka_unit_test(test_fields_at_the_cap),
	    cmocka_unit_test(test_lengths_that_lie),
	    cmocka_unit_test(test_failure_leaves_the_result_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
