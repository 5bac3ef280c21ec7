/* keyd_decoy.c: see keyd_decoy.h.  Any thread.  Made for every request,
 * needed or not, so that its time says nothing. */
#include "keyd/keyd_decoy.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

/* Every length and value of the head but the sequence, then the fields: two
 * different requests never feed the same bytes. */
static int
feed_request(EVP_MAC_CTX *ctx, const struct key_message *m)
{
	unsigned char head[6] = {(unsigned char)m->operation,
	    (unsigned char)m->algorithm, (unsigned char)m->hash,
	    (unsigned char)m->hash2, (unsigned char)(m->wanted >> 8),
	    (unsigned char)m->wanted};

	if (EVP_MAC_update(ctx, head, sizeof(head)) != 1 ||
	    EVP_MAC_update(ctx, m->key_id, KEY_ID_SIZE) != 1)
		return -1;
	for (size_t i = 0; i < LIMIT_KEY_FIELDS; i++) {
		size_t len = m->fields[i].len;
		unsigned char size[4] = {(unsigned char)(len >> 24),
		    (unsigned char)(len >> 16), (unsigned char)(len >> 8),
		    (unsigned char)len};

		if (EVP_MAC_update(ctx, size, sizeof(size)) != 1 ||
		    EVP_MAC_update(ctx, m->fields[i].data, len) != 1)
			return -1;
	}
	return 0;
}

int
keyd_decoy_make(const struct keyd_crypto *c, const struct key_message *m,
    unsigned char out[KEYD_CONTENT_KEY_MAX], struct err *err)
{
	char digest[] = "SHA2-256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end()};
	EVP_MAC_CTX *ctx;
	size_t len;
	int rc = -1;

	ERR_clear_error();
	ctx = EVP_MAC_CTX_new(c->hmac);
	if (ctx &&
	    EVP_MAC_init(ctx, c->decoy_key.data, c->decoy_key.len, params) ==
		1 &&
	    feed_request(ctx, m) == 0 &&
	    EVP_MAC_final(ctx, out, &len, KEYD_CONTENT_KEY_MAX) == 1)
		rc = 0;
	else
		err_set_crypto(err, ERR_TEMPORARY, "HMAC");
	EVP_MAC_CTX_free(ctx);
	return rc;
}
