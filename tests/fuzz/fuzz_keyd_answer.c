/*
 * Requests to the key process: there is a reply to each, it is a message,
 * and nothing but a good request gets an answer.  The first byte of the key
 * id chooses one of three keys that are loaded.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/log.h"
#include "keyd/keyd_answer.h"

#define AT_KEY_ID 24

int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct keyd keyd;
static unsigned char ids[4][KEY_ID_SIZE]; /* the last one is not loaded */

static void
load(enum key_algorithm algorithm, unsigned char *id)
{
	struct keyd_key *key;
	struct err err;

	FUZZ_CHECK(keyd_key_generate(&key, &keyd.crypto, algorithm, &err) == 0);
	memcpy(id, key->id, KEY_ID_SIZE);
	keyd_cache_add(keyd.cache, key);
	keyd_key_unref(key);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc;
	(void)argv;
	(void)log_open(LOG_TARGET_STDERR, LOG_LEVEL_ERROR, "fuzz", NULL);
	FUZZ_CHECK(keyd_crypto_init(&keyd.crypto, &err) == 0);
	FUZZ_CHECK(secret_random(&keyd.crypto.wrapping_key,
		       KEYD_WRAPPING_KEY_SIZE, &err) == 0);
	keyd.cache = keyd_cache_new(8);
	load(KEY_ALG_NEW_RSA2048, ids[0]);
	load(KEY_ALG_NEW_P256, ids[1]);
	load(KEY_ALG_NEW_ED25519, ids[2]);
	return 0;
}

static void
check_reply(const struct key_message *request, const struct key_message *reply)
{
	FUZZ_CHECK(reply->operation == request->operation);
	FUZZ_CHECK(reply->sequence == request->sequence);
	FUZZ_CHECK(reply->status != KEY_BAD_MESSAGE);
	if (reply->status != KEY_OK)
		FUZZ_CHECK(reply->fields[0].len > 0);
	else if (request->operation == KEY_UNWRAP_RSA ||
		 request->operation == KEY_UNWRAP_ECDH)
		FUZZ_CHECK(reply->fields[0].len == request->wanted);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = malloc(size ? size : 1);
	struct key_message request, reply;
	struct slice packet = slice_make(copy, size);
	struct buf out;
	struct err err;
	bool good;

	if (size > 0)
		memcpy(copy, data, size);
	if (size >= KEY_HEAD_SIZE)
		memcpy(copy + AT_KEY_ID, ids[data[AT_KEY_ID] & 3], KEY_ID_SIZE);
	good = key_message_decode(&request, packet, &err) == 0;
	buf_init(&out, KEY_MESSAGE_MAX);
	/* Making keys is slow, and takes nothing from the input. */
	if (!good || request.operation != KEY_GENERATE) {
		FUZZ_CHECK(keyd_answer(&keyd, packet, &out) == good);
		FUZZ_CHECK(
		    key_message_decode(&reply, buf_slice(&out), &err) == 0);
		if (good)
			check_reply(&request, &reply);
		else
			FUZZ_CHECK(reply.status == KEY_BAD_MESSAGE);
	}
	buf_wipe(&out);
	free(copy);
	return 0;
}
