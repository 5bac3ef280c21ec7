/* keyd_seal.c: see keyd_seal.h.  Any thread. */
#include "keyd/keyd_seal.h"

#include <openssl/err.h>

#include "base/limits.h"

/* RFC 5649: eight bytes of integrity check, and padding to eight bytes. */
#define SEAL_BLOCK    8u
#define SEAL_OVERHEAD 16u

/* One pass over all of in; the cipher knows no other. */
static int
run_cipher(
    const struct keyd_crypto *c, bool sealing, struct slice in, struct buf *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *room =
	    buf_reserve(out, sealing ? in.len + SEAL_OVERHEAD : in.len);
	int len = 0, rc = -1;

	if (!ctx || !room)
		goto out;
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_CipherInit_ex2(
		ctx, c->seal, c->wrapping_key.data, NULL, sealing, NULL) != 1 ||
	    EVP_CipherUpdate(ctx, room, &len, in.data, (int)in.len) != 1 ||
	    len <= 0)
		goto out;
	out->len += (size_t)len;
	rc = 0;
out:
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

int
keyd_seal(const struct keyd_crypto *c, struct slice plain, struct buf *out,
    struct err *err)
{
	ERR_clear_error();
	if (plain.len == 0 || plain.len > LIMIT_PRIVATE_KEY - SEAL_OVERHEAD)
		return err_set(
		    err, ERR_POLICY, "private key of %zu bytes", plain.len);
	if (run_cipher(c, true, plain, out))
		return err_set_crypto(
		    err, ERR_TEMPORARY, "cannot seal the key");
	return 0;
}

int
keyd_open(const struct keyd_crypto *c, struct slice sealed, struct buf *out,
    struct err *err)
{
	ERR_clear_error();
	if (sealed.len < SEAL_OVERHEAD || sealed.len > LIMIT_PRIVATE_KEY ||
	    sealed.len % SEAL_BLOCK != 0 || run_cipher(c, false, sealed, out)) {
		ERR_clear_error();
		return err_set(err, ERR_PERMANENT,
		    "the stored key was not sealed with this wrapping key, "
		    "or is damaged");
	}
	return 0;
}
