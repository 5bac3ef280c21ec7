/*
 * Decrypting: any CMS.  The certificates are made at start, by issuer and
 * serial number the same in every run (CN=Fuzz, 1 an RSA key, 2 an EC key);
 * instead of smime-keyd, which is another process, two functions here answer
 * with a content key of zeros, so that what lies behind it is reached.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include <openssl/err.h>

#include "base/limits.h"
#include "smime/decrypt.h"
#include "unit/cert_fixture.h"

#define MAX ((size_t)16 * MIB)

static const struct spool_config config = {
    .memory = MAX, .max = MAX, .folder = "/tmp"};

static int
answer(size_t wanted, struct buf *content_key)
{
	static const unsigned char zeros[64];

	FUZZ_CHECK(wanted <= sizeof(zeros));
	buf_add(content_key, zeros, wanted);
	return 0;
}

int
key_unwrap_rsa(struct key_client *client, const struct key_ref *key,
    const struct key_transport *how, size_t wanted, struct buf *content_key,
    struct err *err)
{
	(void)client, (void)key, (void)err;
	FUZZ_CHECK(how->encrypted.len <= LIMIT_KEY_FIELD);
	FUZZ_CHECK(how->label.len <= LIMIT_KEY_FIELD);
	FUZZ_CHECK(
	    (how->algorithm == KEY_ALG_RSA_OAEP) ==
	    (how->hash != KEY_HASH_NONE && how->mgf_hash != KEY_HASH_NONE));
	return answer(wanted, content_key);
}

int
key_unwrap_ecdh(struct key_client *client, const struct key_ref *key,
    const struct key_agreement *how, size_t wanted, struct buf *content_key,
    struct err *err)
{
	(void)client, (void)key, (void)err;
	FUZZ_CHECK(how->ephemeral.len <= LIMIT_KEY_FIELD);
	FUZZ_CHECK(how->shared_info.len <= LIMIT_KEY_FIELD);
	FUZZ_CHECK(how->wrapped_key.len == wanted + 8);
	FUZZ_CHECK(how->kdf_hash != KEY_HASH_NONE);
	return answer(wanted, content_key);
}

static struct store_own_cert own[2];

static void
certificates_make(void)
{
	static struct fixture_cert ca, certs[2];

	fixture_ca(&ca, &(struct fixture_opts){.name = "Fuzz", .serial = 9});
	fixture_leaf(&certs[0], &ca,
	    &(struct fixture_opts){.address = "alice@example.org",
		.key = "RSA-2048",
		.serial = 1});
	fixture_leaf(&certs[1], &ca,
	    &(struct fixture_opts){
		.address = "alice@example.org", .key = "P-256", .serial = 2});
	own[0].certificate = certs[0].certificate;
	own[1].certificate = certs[1].certificate;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smime_decrypt_opts opts = {NULL, own, 2};
	struct slice der = slice_make(data, size);
	struct smime_decrypted facts = {0};
	struct err err = {0};
	struct spool out;

	if (!own[0].certificate)
		certificates_make();
	spool_init(&out, &config);
	if (smime_decrypt_der(&opts, der, &out, &facts, &err) == 0) {
		FUZZ_CHECK(out.finished && facts.used && facts.cipher);
		FUZZ_CHECK(facts.recipients > 0);
		FUZZ_CHECK(out.size <= size);
	} else {
		FUZZ_CHECK(out.size == 0 && !out.finished && !facts.used);
		FUZZ_CHECK(err.class == ERR_NOT_FOUND ||
			   (err.class == ERR_PERMANENT &&
			       strcmp(err.text,
				   "the message cannot be decrypted") == 0));
	}
	spool_fini(&out);
	FUZZ_CHECK(ERR_peek_error() == 0);
	return 0;
}
