/*
 * key_client.c: see key_client.h.  Each operation fills a request, asks, and
 * looks at what came back; connections are key_pool.c's.  What comes from
 * keyd is checked for its form only: keyd is trusted, that is its purpose.
 */
#include "key/key_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "key/key_pool.h"

struct key_client {
	struct key_pool *pool;
	int timeout_ms;
};

struct key_client *
key_client_new(const char *socket_path, unsigned connections, int timeout_ms)
{
	struct key_client *client = xcalloc(1, sizeof(*client));

	client->pool = key_pool_new(socket_path, connections);
	client->timeout_ms = timeout_ms;
	return client;
}

void
key_client_free(struct key_client *client)
{
	if (!client)
		return;
	key_pool_free(client->pool);
	free(client);
}

/* keyd's words are foreign text: one line, printable, cut. */
static int
refusal(const struct key_message *reply, struct err *err)
{
	static const enum err_class classes[] = {
	    [KEY_UNKNOWN] = ERR_TEMPORARY, /* evicted right after LOAD */
	    [KEY_REFUSED] = ERR_POLICY,
	    [KEY_BAD_MESSAGE] = ERR_BUG,
	    [KEY_FAILED] = ERR_PERMANENT,
	};
	char text[LIMIT_LOG_FOREIGN + 1];

	slice_show(reply->fields[0], text, sizeof(text));
	return err_set(err, classes[reply->status], "smime-keyd: %s", text);
}

/* Asks; a status other than KEY_OK is an error. */
static int
ask(struct key_client *client, struct key_exchange *x, struct err *err)
{
	if (key_pool_ask(client->pool, x, err))
		return -1;
	return x->reply.status == KEY_OK ? 0 : refusal(&x->reply, err);
}

static int
load(struct key_client *client, const struct key_ref *key, deadline_t deadline,
    struct err *err)
{
	struct key_exchange x;
	int rc;

	if (key->wrapped.len == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "smime-keyd does not have the key, and there is none to "
		    "hand over");
	key_exchange_init(&x, KEY_LOAD, deadline);
	memcpy(x.request.key_id, key->id, KEY_ID_SIZE);
	x.request.fields[0] = key->wrapped;
	rc = ask(client, &x, err);
	key_exchange_fini(&x);
	return rc;
}

/* Asks for something that needs a private key; a key that keyd does not have
 * is handed over first. */
static int
ask_with_key(struct key_client *client, struct key_exchange *x,
    const struct key_ref *key, struct err *err)
{
	memcpy(x->request.key_id, key->id, KEY_ID_SIZE);
	if (key_pool_ask(client->pool, x, err))
		return -1;
	if (x->reply.status == KEY_UNKNOWN) {
		if (load(client, key, x->deadline, err) ||
		    key_pool_ask(client->pool, x, err))
			return -1;
	}
	return x->reply.status == KEY_OK ? 0 : refusal(&x->reply, err);
}

/* Hands the first field of the reply to the caller. */
static int
take_result(const struct key_exchange *x, size_t wanted, struct buf *out,
    struct err *err)
{
	struct slice result = x->reply.fields[0];

	if (result.len == 0 || (wanted > 0 && result.len != wanted))
		return err_set(err, ERR_BUG,
		    "smime-keyd: a result of %zu bytes", result.len);
	if (result.len > out->max - out->len)
		return err_set(err, ERR_BUG,
		    "no room for %zu bytes from smime-keyd", result.len);
	buf_add_slice(out, result);
	return 0;
}

static deadline_t
new_deadline(const struct key_client *client)
{
	return deadline_in(client->timeout_ms);
}

int
key_hello(struct key_client *client, char **version, struct err *err)
{
	struct key_exchange x;
	int rc;

	key_exchange_init(&x, KEY_HELLO, new_deadline(client));
	rc = ask(client, &x, err);
	if (rc == 0)
		*version = slice_dup_text(x.reply.fields[0]);
	key_exchange_fini(&x);
	return rc;
}

/* What both kinds of signature have in common. */
static int
sign(struct key_client *client, struct key_exchange *x,
    const struct key_ref *key, struct buf *signature, struct err *err)
{
	int rc = -1;

	if (ask_with_key(client, x, key, err) == 0)
		rc = take_result(x, 0, signature, err);
	key_exchange_fini(x);
	return rc;
}

int
key_sign_attrs(struct key_client *client, const struct key_ref *key,
    struct key_signing how, struct slice attrs, struct buf *signature,
    struct err *err)
{
	struct key_exchange x;

	key_exchange_init(&x, KEY_SIGN_ATTRS, new_deadline(client));
	x.request.algorithm = how.algorithm;
	x.request.hash = how.hash;
	x.request.fields[0] = attrs;
	return sign(client, &x, key, signature, err);
}

int
key_sign_request(struct key_client *client, const struct key_ref *key,
    struct key_signing how, struct slice info, struct buf *signature,
    struct err *err)
{
	struct key_exchange x;

	key_exchange_init(&x, KEY_SIGN_REQUEST, new_deadline(client));
	x.request.algorithm = how.algorithm;
	x.request.hash = how.hash;
	x.request.fields[0] = info;
	return sign(client, &x, key, signature, err);
}

static int
unwrap(struct key_client *client, struct key_exchange *x,
    const struct key_ref *key, struct buf *content_key, struct err *err)
{
	int rc = -1;

	if (ask_with_key(client, x, key, err) == 0)
		rc = take_result(x, x->request.wanted, content_key, err);
	key_exchange_fini(x);
	return rc;
}

int
key_unwrap_rsa(struct key_client *client, const struct key_ref *key,
    const struct key_transport *how, size_t wanted, struct buf *content_key,
    struct err *err)
{
	struct key_exchange x;

	if (wanted == 0 || wanted > UINT16_MAX)
		return err_set(
		    err, ERR_BUG, "content key of %zu bytes", wanted);
	key_exchange_init(&x, KEY_UNWRAP_RSA, new_deadline(client));
	x.request.algorithm = how->algorithm;
	if (how->algorithm == KEY_ALG_RSA_OAEP) {
		x.request.hash = how->hash;
		x.request.hash2 = how->mgf_hash;
		x.request.fields[1] = how->label;
	}
	x.request.wanted = (uint16_t)wanted;
	x.request.fields[0] = how->encrypted;
	return unwrap(client, &x, key, content_key, err);
}

int
key_unwrap_ecdh(struct key_client *client, const struct key_ref *key,
    const struct key_agreement *how, size_t wanted, struct buf *content_key,
    struct err *err)
{
	struct key_exchange x;

	if (wanted == 0 || wanted > UINT16_MAX)
		return err_set(
		    err, ERR_BUG, "content key of %zu bytes", wanted);
	key_exchange_init(&x, KEY_UNWRAP_ECDH, new_deadline(client));
	x.request.algorithm = KEY_ALG_ECDH;
	x.request.hash2 = how->kdf_hash;
	x.request.wanted = (uint16_t)wanted;
	x.request.fields[0] = how->ephemeral;
	x.request.fields[1] = how->wrapped_key;
	x.request.fields[2] = how->shared_info;
	return unwrap(client, &x, key, content_key, err);
}

void
key_sealed_init(struct key_sealed *sealed)
{
	memset(sealed->id, 0, sizeof(sealed->id));
	buf_init(&sealed->wrapped, LIMIT_KEY_FIELD);
	buf_init(&sealed->spki, LIMIT_KEY_FIELD);
}

void
key_sealed_fini(struct key_sealed *sealed)
{
	buf_fini(&sealed->wrapped);
	buf_fini(&sealed->spki);
}

static int
make_sealed(struct key_client *client, struct key_exchange *x,
    struct key_sealed *out, struct err *err)
{
	int rc = -1;

	x->reply_max = KEY_MESSAGE_MAX;
	if (ask(client, x, err))
		goto out;
	if (x->reply.fields[0].len == 0 || x->reply.fields[1].len == 0) {
		err_set(err, ERR_BUG, "smime-keyd: a reply without a key");
		goto out;
	}
	memcpy(out->id, x->reply.key_id, KEY_ID_SIZE);
	buf_clear(&out->wrapped);
	buf_clear(&out->spki);
	buf_add_slice(&out->wrapped, x->reply.fields[0]);
	buf_add_slice(&out->spki, x->reply.fields[1]);
	rc = 0;
out:
	key_exchange_fini(x);
	return rc;
}

int
key_wrap(struct key_client *client, struct slice pkcs8, struct key_sealed *out,
    struct err *err)
{
	struct key_exchange x;

	key_exchange_init(&x, KEY_WRAP, new_deadline(client));
	x.request.fields[0] = pkcs8;
	return make_sealed(client, &x, out, err);
}

int
key_generate(struct key_client *client, enum key_algorithm algorithm,
    struct key_sealed *out, struct err *err)
{
	struct key_exchange x;

	key_exchange_init(&x, KEY_GENERATE, deadline_in(LIMIT_GENERATE_MS));
	x.request.algorithm = algorithm;
	return make_sealed(client, &x, out, err);
}
