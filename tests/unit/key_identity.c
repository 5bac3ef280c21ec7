/* key_identity.c: see key_identity.h. */
#include "unit/unit.h"

#include "unit/key_identity.h"

#include <string.h>

#include "unit/key_sample.h"

void
must_work(int rc, const struct err *err)
{
	if (rc)
		fail_msg("%s", err->text);
}

void
must_fail(int rc, const struct err *err, enum err_class class, const char *text)
{
	assert_int_equal(rc, -1);
	if (err->class != class || !strstr(err->text, text))
		fail_msg("class %d: %s", err->class, err->text);
}

void
key_identity_open(
    struct key_identity *identity, struct key_client *client, const char *kind)
{
	struct buf pkcs8;
	struct err err;

	identity->pkey = sample_key(kind);
	buf_init(&pkcs8, LIMIT_PRIVATE_KEY);
	sample_pkcs8(identity->pkey, &pkcs8);
	key_sealed_init(&identity->sealed);
	must_work(
	    key_wrap(client, buf_slice(&pkcs8), &identity->sealed, &err), &err);
	memcpy(identity->ref.id, identity->sealed.id, KEY_ID_SIZE);
	identity->ref.wrapped = buf_slice(&identity->sealed.wrapped);
	buf_wipe(&pkcs8);
}

void
key_identity_close(struct key_identity *identity)
{
	EVP_PKEY_free(identity->pkey);
	key_sealed_fini(&identity->sealed);
}
