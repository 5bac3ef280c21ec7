/* Key messages: what is decoded is within its limits and has one encoding. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "key/key_message.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice packet = slice_make(data, size);
	struct key_message m = {.sequence = 77};
	struct buf again;
	struct err err;

	if (key_message_decode(&m, packet, &err)) {
		FUZZ_CHECK(m.sequence == 77);
		FUZZ_CHECK(err.class == ERR_PERMANENT && *err.text);
		return 0;
	}
	FUZZ_CHECK(size <= KEY_MESSAGE_MAX);
	buf_init(&again, KEY_MESSAGE_MAX);
	FUZZ_CHECK(key_message_encode(&m, &again, &err) == 0);
	FUZZ_CHECK(slice_equal(buf_slice(&again), packet));
	buf_fini(&again);
	return 0;
}
