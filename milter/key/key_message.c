/*
 * key_message.c: see key_message.h.  Pure functions; read and write of the
 * head stand next to each other.  What a peer sends reaches nothing but the
 * decoder here until every byte of the head has been looked at.
 */
#include "key/key_message.h"

#include <string.h>

enum head_offset {
	AT_VERSION = 0,
	AT_OPERATION = 1,
	AT_ALGORITHM = 2,
	AT_HASH = 3,
	AT_HASH2 = 4,
	AT_STATUS = 5,
	AT_WANTED = 6,
	AT_SEQUENCE = 8,
	AT_LENGTHS = 12,
	AT_KEY_ID = 24
};

_Static_assert(AT_LENGTHS + 4 * LIMIT_KEY_FIELDS == AT_KEY_ID,
    "the lengths fill the head up to the key id");
_Static_assert(
    AT_KEY_ID + KEY_ID_SIZE == KEY_HEAD_SIZE, "the key id ends the head");

static void
write_32(unsigned char *p, uint32_t value)
{
	p[0] = (unsigned char)(value >> 24);
	p[1] = (unsigned char)(value >> 16);
	p[2] = (unsigned char)(value >> 8);
	p[3] = (unsigned char)value;
}

static uint32_t
read_32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

int
key_message_encode(
    const struct key_message *m, struct buf *out, struct err *err)
{
	unsigned char head[KEY_HEAD_SIZE];

	for (size_t i = 0; i < LIMIT_KEY_FIELDS; i++) {
		if (m->fields[i].len > LIMIT_KEY_FIELD)
			return err_set(err, ERR_PERMANENT,
			    "field %zu of a key message is %zu bytes, "
			    "the limit is %u",
			    i + 1, m->fields[i].len, LIMIT_KEY_FIELD);
		write_32(head + AT_LENGTHS + 4 * i, (uint32_t)m->fields[i].len);
	}
	head[AT_VERSION] = KEY_VERSION;
	head[AT_OPERATION] = (unsigned char)m->operation;
	head[AT_ALGORITHM] = (unsigned char)m->algorithm;
	head[AT_HASH] = (unsigned char)m->hash;
	head[AT_HASH2] = (unsigned char)m->hash2;
	head[AT_STATUS] = (unsigned char)m->status;
	head[AT_WANTED] = (unsigned char)(m->wanted >> 8);
	head[AT_WANTED + 1] = (unsigned char)m->wanted;
	write_32(head + AT_SEQUENCE, m->sequence);
	memcpy(head + AT_KEY_ID, m->key_id, KEY_ID_SIZE);
	buf_add(out, head, sizeof(head));
	for (size_t i = 0; i < LIMIT_KEY_FIELDS; i++)
		buf_add_slice(out, m->fields[i]);
	if (!buf_ok(out))
		return err_set(
		    err, ERR_BUG, "buffer too small for a key message");
	return 0;
}

/* Enumerations are closed: a value that this version does not know is
 * refused here, so that no switch further on meets it. */
static int
check_head(const unsigned char *head, struct err *err)
{
	if (head[AT_VERSION] != KEY_VERSION)
		return err_set(err, ERR_PERMANENT,
		    "key message of version %u, this is version %u",
		    head[AT_VERSION], KEY_VERSION);
	if (head[AT_OPERATION] < KEY_HELLO ||
	    head[AT_OPERATION] > KEY_OPERATION_LAST ||
	    head[AT_ALGORITHM] > KEY_ALG_LAST ||
	    head[AT_HASH] > KEY_HASH_LAST || head[AT_HASH2] > KEY_HASH_LAST ||
	    head[AT_STATUS] > KEY_STATUS_LAST)
		return err_set(
		    err, ERR_PERMANENT, "key message with unknown values");
	return 0;
}

/* The lengths must account for every byte behind the head. */
static int
read_fields(struct key_message *m, struct slice packet, struct err *err)
{
	size_t at = KEY_HEAD_SIZE;

	for (size_t i = 0; i < LIMIT_KEY_FIELDS; i++) {
		size_t len = read_32(packet.data + AT_LENGTHS + 4 * i);

		if (len > LIMIT_KEY_FIELD || len > packet.len - at)
			return err_set(err, ERR_PERMANENT,
			    "key message with a wrong length");
		m->fields[i] = slice_part(packet, at, at + len);
		at += len;
	}
	if (at != packet.len)
		return err_set(
		    err, ERR_PERMANENT, "key message with trailing bytes");
	return 0;
}

int
key_message_decode(struct key_message *m, struct slice packet, struct err *err)
{
	const unsigned char *head = packet.data;
	struct key_message result;

	if (packet.len < KEY_HEAD_SIZE)
		return err_set(err, ERR_PERMANENT, "key message cut short");
	if (check_head(head, err) || read_fields(&result, packet, err))
		return -1;
	result.operation = (enum key_operation)head[AT_OPERATION];
	result.algorithm = (enum key_algorithm)head[AT_ALGORITHM];
	result.hash = (enum key_hash)head[AT_HASH];
	result.hash2 = (enum key_hash)head[AT_HASH2];
	result.status = (enum key_status)head[AT_STATUS];
	result.wanted = (uint16_t)(head[AT_WANTED] << 8 | head[AT_WANTED + 1]);
	result.sequence = read_32(head + AT_SEQUENCE);
	memcpy(result.key_id, head + AT_KEY_ID, KEY_ID_SIZE);
	*m = result;
	return 0;
}
