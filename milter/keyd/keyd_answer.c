/*
 * keyd_answer.c: see keyd_answer.h.  Any thread.
 *
 * One table says what a request of each kind may have; what it may not have
 * is refused before anything looks at it.
 */
#include "config.h"

#include "keyd/keyd_answer.h"

#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "keyd/keyd_complain.h"
#include "keyd/keyd_key.h"
#include "keyd/keyd_seal.h"
#include "keyd/keyd_sign.h"
#include "keyd/keyd_unwrap.h"

/* What an operation gives: up to two fields, and a key id. */
struct result {
	struct buf fields[2];
	unsigned char key_id[KEY_ID_SIZE];
};

static int
do_hello(struct keyd *keyd, const struct key_message *m, struct result *r,
    struct err *err)
{
	(void)keyd;
	(void)m;
	(void)err;
	buf_add_text(&r->fields[0], "smime-keyd " PACKAGE_VERSION);
	return 0;
}

static struct keyd_key *
find_key(struct keyd *keyd, const struct key_message *m, struct err *err)
{
	struct keyd_key *key = keyd_cache_find(keyd->cache, m->key_id);

	if (!key)
		err_set(err, ERR_NOT_FOUND, "no such key is loaded");
	return key;
}

static int
do_sign_attrs(struct keyd *keyd, const struct key_message *m, struct result *r,
    struct err *err)
{
	struct keyd_key *key = find_key(keyd, m, err);
	int rc = -1;

	if (key)
		rc = keyd_sign_attrs(&keyd->crypto, key, m, &r->fields[0], err);
	keyd_key_unref(key);
	return rc;
}

static int
do_sign_request(struct keyd *keyd, const struct key_message *m,
    struct result *r, struct err *err)
{
	struct keyd_key *key = find_key(keyd, m, err);
	int rc = -1;

	if (key)
		rc = keyd_sign_request(
		    &keyd->crypto, key, m, &r->fields[0], err);
	keyd_key_unref(key);
	return rc;
}

static int
do_unwrap_rsa(struct keyd *keyd, const struct key_message *m, struct result *r,
    struct err *err)
{
	struct keyd_key *key = find_key(keyd, m, err);
	int rc = -1;

	if (key)
		rc = keyd_unwrap_rsa(&keyd->crypto, key, m, &r->fields[0], err);
	keyd_key_unref(key);
	return rc;
}

static int
do_unwrap_ecdh(struct keyd *keyd, const struct key_message *m, struct result *r,
    struct err *err)
{
	struct keyd_key *key = find_key(keyd, m, err);
	int rc = -1;

	if (key)
		rc =
		    keyd_unwrap_ecdh(&keyd->crypto, key, m, &r->fields[0], err);
	keyd_key_unref(key);
	return rc;
}

static int
do_load(struct keyd *keyd, const struct key_message *m, struct result *r,
    struct err *err)
{
	struct keyd_key *key = NULL;
	struct buf plain;
	int rc = -1;

	(void)r;
	buf_init(&plain, LIMIT_PRIVATE_KEY);
	if (keyd_open(&keyd->crypto, m->fields[0], &plain, err) ||
	    keyd_key_parse(&key, &keyd->crypto, buf_slice(&plain), err))
		goto out;
	if (memcmp(key->id, m->key_id, KEY_ID_SIZE) != 0) {
		err_set(err, ERR_PERMANENT,
		    "the stored key is not the one of this key id");
		goto out;
	}
	keyd_cache_add(keyd->cache, key);
	rc = 0;
out:
	buf_wipe(&plain);
	keyd_key_unref(key);
	return rc;
}

/* Seals a new key and puts it into the cache: it is about to be used. */
static int
seal_key(
    struct keyd *keyd, struct keyd_key *key, struct result *r, struct err *err)
{
	struct buf plain;
	int rc = -1;

	buf_init(&plain, LIMIT_PRIVATE_KEY);
	if (keyd_key_write(key, &plain, err) ||
	    keyd_seal(&keyd->crypto, buf_slice(&plain), &r->fields[0], err))
		goto out;
	buf_add_slice(&r->fields[1], buf_slice(&key->spki));
	memcpy(r->key_id, key->id, KEY_ID_SIZE);
	keyd_cache_add(keyd->cache, key);
	rc = 0;
out:
	buf_wipe(&plain);
	return rc;
}

static int
do_wrap(struct keyd *keyd, const struct key_message *m, struct result *r,
    struct err *err)
{
	struct keyd_key *key = NULL;
	int rc = -1;

	if (keyd_key_parse(&key, &keyd->crypto, m->fields[0], err) == 0 &&
	    keyd_key_check(key, err) == 0)
		rc = seal_key(keyd, key, r, err);
	keyd_key_unref(key);
	return rc;
}

static int
do_generate(struct keyd *keyd, const struct key_message *m, struct result *r,
    struct err *err)
{
	struct keyd_key *key = NULL;
	int rc = -1;

	if (keyd_key_generate(&key, &keyd->crypto, m->algorithm, err) == 0)
		rc = seal_key(keyd, key, r, err);
	keyd_key_unref(key);
	return rc;
}

/* What a request may have besides operation, sequence and key id. */
struct rule {
	const char *name;
	int (*run)(struct keyd *, const struct key_message *, struct result *,
	    struct err *);
	unsigned fields_min; /* the first ones, which may not be empty */
	unsigned fields_max;
	enum key_algorithm first, last; /* of the algorithms */
	bool hash, hash2, wanted;	/* may be set */
	bool slow;
};

static const struct rule rules[KEY_OPERATION_LAST + 1] = {
    [KEY_HELLO] = {.name = "HELLO", .run = do_hello},
    [KEY_SIGN_ATTRS] = {.name = "SIGN_ATTRS",
	.run = do_sign_attrs,
	.fields_min = 1,
	.fields_max = 1,
	.first = KEY_ALG_RSA_PKCS1,
	.last = KEY_ALG_ED25519,
	.hash = true},
    [KEY_UNWRAP_RSA] = {.name = "UNWRAP_RSA",
	.run = do_unwrap_rsa,
	.fields_min = 1,
	.fields_max = 2,
	.first = KEY_ALG_RSA_PKCS1,
	.last = KEY_ALG_RSA_OAEP,
	.hash = true,
	.hash2 = true,
	.wanted = true},
    [KEY_UNWRAP_ECDH] = {.name = "UNWRAP_ECDH",
	.run = do_unwrap_ecdh,
	.fields_min = 3,
	.fields_max = 3,
	.first = KEY_ALG_ECDH,
	.last = KEY_ALG_ECDH,
	.hash2 = true,
	.wanted = true},
    [KEY_LOAD] = {.name = "LOAD",
	.run = do_load,
	.fields_min = 1,
	.fields_max = 1},
    [KEY_WRAP] = {.name = "WRAP",
	.run = do_wrap,
	.fields_min = 1,
	.fields_max = 1,
	.slow = true},
    [KEY_GENERATE] = {.name = "GENERATE",
	.run = do_generate,
	.first = KEY_ALG_NEW_RSA2048,
	.last = KEY_ALG_NEW_ED25519,
	.slow = true},
    [KEY_SIGN_REQUEST] = {.name = "SIGN_REQUEST",
	.run = do_sign_request,
	.fields_min = 1,
	.fields_max = 1,
	.first = KEY_ALG_RSA_PKCS1,
	.last = KEY_ALG_ED25519,
	.hash = true},
};

static int
check_rule(
    const struct rule *rule, const struct key_message *m, struct err *err)
{
	for (unsigned i = 0; i < LIMIT_KEY_FIELDS; i++)
		if ((i < rule->fields_min && m->fields[i].len == 0) ||
		    (i >= rule->fields_max && m->fields[i].len > 0))
			return err_set(err, ERR_POLICY, "not its fields");
	if (m->algorithm < rule->first || m->algorithm > rule->last ||
	    (!rule->hash && m->hash != KEY_HASH_NONE) ||
	    (!rule->hash2 && m->hash2 != KEY_HASH_NONE) ||
	    (!rule->wanted && m->wanted != 0) || m->status != KEY_OK)
		return err_set(err, ERR_POLICY, "not its parameters");
	return 0;
}

bool
keyd_is_slow(struct slice packet)
{
	struct key_message request;
	struct err err;

	return key_message_decode(&request, packet, &err) == 0 &&
	       rules[request.operation].slow;
}

static enum key_status status_of(enum err_class class)
{
	switch (class) {
	case ERR_NOT_FOUND:
		return KEY_UNKNOWN;
	case ERR_POLICY:
		return KEY_REFUSED;
	default:
		return KEY_FAILED;
	}
}

/* An unknown key is the daily case: the client hands it over. */
static void
log_failure(
    const char *operation, const struct key_message *m, const struct err *err)
{
	char id[2 * 8 + 1];

	if (err->class == ERR_NOT_FOUND)
		return;
	hex_encode(m->key_id, 8, id);
	keyd_complain("%s with key %s: %s", operation, id, err->text);
}

/* Fills reply from what the operation gave or why it did not. */
static void
run_rule(struct keyd *keyd, const struct key_message *m, struct result *r,
    struct key_message *reply)
{
	const struct rule *rule = &rules[m->operation];
	struct err err;

	reply->operation = m->operation;
	reply->sequence = m->sequence;
	if (check_rule(rule, m, &err) || rule->run(keyd, m, r, &err)) {
		log_failure(rule->name, m, &err);
		reply->status = status_of(err.class);
		buf_clear(&r->fields[0]);
		buf_add_text(&r->fields[0], err.text);
	} else {
		reply->fields[1] = buf_slice(&r->fields[1]);
		memcpy(reply->key_id, r->key_id, KEY_ID_SIZE);
	}
	reply->fields[0] = buf_slice(&r->fields[0]);
}

bool
keyd_answer(struct keyd *keyd, struct slice packet, struct buf *out)
{
	struct key_message request, reply = {.operation = KEY_HELLO};
	struct result r = {0};
	struct err err;
	bool good;

	for (size_t i = 0; i < 2; i++)
		buf_init(&r.fields[i], LIMIT_KEY_FIELD);
	good = key_message_decode(&request, packet, &err) == 0;
	if (good) {
		run_rule(keyd, &request, &r, &reply);
	} else {
		reply.status = KEY_BAD_MESSAGE;
		reply.fields[0] = slice_text(err.text);
		keyd_complain("%s", err.text);
	}
	/* Both results are within the cap of a field: this cannot fail. */
	if (key_message_encode(&reply, out, &err))
		log_error("%s", err.text);
	for (size_t i = 0; i < 2; i++)
		buf_wipe(&r.fields[i]);
	return good;
}
