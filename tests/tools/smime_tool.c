/*
 * smime_tool.c: milter/smime on files, for judges in other languages
 * (tests/system/smime_judge_test.py).  KEYD is the socket of an smime-keyd;
 * certificates and keys are PEM files; messages and entities are standard
 * input, results standard output.
 *
 *   smime_tool sign|sign-pss|sign-opaque KEYD CERT KEY CHAIN
 *   smime_tool encrypt|encrypt-oaep CIPHER CERT...
 *   smime_tool verify ROOT FROM NOW       status and facts, key=value; then
 *                                         an empty line and opaque content
 *   smime_tool decrypt KEYD CERT KEY [CERT KEY ...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"
#include "smime/decrypt.h"
#include "smime/encrypt.h"
#include "smime/sign.h"
#include "smime/verify.h"

#define MESSAGE_MAX ((size_t)512 * MIB)
#define OWN_MAX	    8

static const struct spool_config config = {
    .memory = MIB, .max = MESSAGE_MAX, .folder = "/tmp"};

static struct err err;

static void
need(int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "smime_tool: %s\n", err.text);
	exit(err.class == ERR_NOT_FOUND ? 3 : 1);
}

static void
put(struct slice bytes)
{
	if (bytes.len > 0)
		fwrite(bytes.data, 1, bytes.len, stdout);
}

static void
certificates_load(const char *path, struct certificate_list *list)
{
	struct buf text;

	buf_init(&text, LIMIT_FILE);
	need(io_read_file(path, &text, &err));
	need(certificate_list_read(list, buf_slice(&text), &err));
	buf_fini(&text);
}

static struct certificate *
certificate_load(const char *path)
{
	struct certificate_list list;
	struct certificate *c;

	certificate_list_init(&list);
	certificates_load(path, &list);
	c = certificate_ref(list.at[0]);
	certificate_list_fini(&list);
	return c;
}

/* The private key of a file, sealed by keyd. */
static void
key_load(const char *path, struct key_client *keys, struct store_own_cert *own)
{
	BIO *in = BIO_new_file(path, "r");
	EVP_PKEY *key =
	    in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
	PKCS8_PRIV_KEY_INFO *info = key ? EVP_PKEY2PKCS8(key) : NULL;
	struct key_sealed sealed;
	unsigned char *der = NULL;
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;

	if (len <= 0)
		need(err_set(&err, ERR_PERMANENT, "%s: no private key", path));
	key_sealed_init(&sealed);
	need(key_wrap(keys, slice_make(der, (size_t)len), &sealed, &err));
	own->wrapped = xmalloc(sealed.wrapped.len);
	own->wrapped_len = sealed.wrapped.len;
	memcpy(own->wrapped, sealed.wrapped.data, sealed.wrapped.len);
	key_sealed_fini(&sealed);
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(key);
	BIO_free(in);
}

static void
own_load(struct store_own_cert *own, struct key_client *keys, char **files)
{
	store_own_cert_init(own);
	own->certificate = certificate_load(files[0]);
	key_load(files[1], keys, own);
}

static void
entity_put(const struct smime_entity *e)
{
	struct buf header;

	buf_init(&header, LIMIT_HEADER_BYTES);
	buf_add_text(&header, "MIME-Version: 1.0\r\n");
	smime_entity_header(e, &header);
	put(buf_slice(&header));
	for (size_t i = 0; i < e->body.count; i++)
		put(e->body.at[i]);
	buf_fini(&header);
}

static void
sign(const char *how, char **files, struct slice in)
{
	struct key_signing pss = {KEY_ALG_RSA_PSS, KEY_HASH_SHA256};
	struct slice_list content = {.at = {in}, .count = 1};
	struct key_client *keys = key_client_new(files[0], 1, 30000);
	struct smime_sign_opts opts = {.keys = keys};
	struct smime_identity *identity;
	struct store_own_cert own;
	struct smime_entity e;

	own_load(&own, keys, files + 1);
	certificates_load(files[3], &own.chain);
	need(smime_identity_new(
	    &own, strcmp(how, "sign-pss") == 0 ? &pss : NULL, &identity, &err));
	opts.identity = identity;
	opts.signing_time = time(NULL);
	smime_entity_init(&e, &config);
	if (strcmp(how, "sign-opaque") == 0)
		need(smime_sign_opaque(&opts, &content, &e, &err));
	else
		need(smime_sign(&opts, &content, &e, &err));
	entity_put(&e);
	smime_entity_fini(&e);
	smime_identity_release(&identity);
	store_own_cert_fini(&own);
	key_client_free(keys);
}

static enum smime_cipher
cipher_parse(const char *name)
{
	static const char *const names[] = {
	    "aes256-cbc", "aes128-cbc", "aes256-gcm", "aes128-gcm"};

	for (int i = 0; i < 4; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum smime_cipher)i;
	need(err_set(&err, ERR_PERMANENT, "%s: no such cipher", name));
	return SMIME_CIPHER_AES256_CBC;
}

static void
encrypt(const char *how, char **words, size_t count, struct slice in)
{
	struct slice_list content = {.at = {in}, .count = 1};
	struct certificate_list to;
	struct smime_encrypt_opts opts = {
	    .oaep = strcmp(how, "encrypt-oaep") == 0};
	struct smime_entity e;

	certificate_list_init(&to);
	for (size_t i = 1; i < count; i++)
		certificates_load(words[i], &to);
	opts.cipher = cipher_parse(words[0]);
	opts.recipients = to.at;
	opts.recipient_count = to.count;
	smime_entity_init(&e, &config);
	need(smime_encrypt(&opts, &content, &e, &err));
	entity_put(&e);
	smime_entity_fini(&e);
	certificate_list_fini(&to);
}

struct message {
	struct header header;
	struct slice body;
};

static void
message_parse(struct message *m, struct slice in)
{
	bool complete;
	size_t at;

	header_init(&m->header);
	at = header_parse(&m->header, in, &complete);
	m->body = slice_part(in, at, in.len);
}

static void
verdict_put(const struct smime_verdict *v)
{
	printf(
	    "status=%s\ndetail=%s\n", smime_status_name(v->status), v->detail);
	printf("intact=%d\ntrusted=%d\nowns_from=%d\n", v->intact, v->trusted,
	    v->owns_from);
	printf("usage_fits=%d\nin_time=%d\n", v->usage_fits, v->in_time);
	printf("signers=%u\ncertificates=%zu\n", v->signers,
	    v->certificates.count);
	printf("digest=%s\nsigning_time=%lld\n", v->digest,
	    (long long)v->signing_time);
	printf("capabilities=%zu\npreferred=%s\n", v->capabilities.len,
	    v->preferred ? v->preferred->serial : "");
	printf("signer=%s\n\n", v->signer ? v->signer->subject : "");
	if (v->content.finished)
		put(spool_slice(&v->content));
}

static void
verify(char **words, struct slice in)
{
	struct smime_verify_opts opts = {.from = words[1]};
	struct trust_config none = {0};
	struct certificate_list roots;
	struct smime_verdict v;
	struct message m;

	opts.now = atoll(words[2]) > 0 ? atoll(words[2]) : time(NULL);
	certificate_list_init(&roots);
	certificates_load(words[0], &roots);
	need(trust_load(&none, &opts.trust, &err));
	for (size_t i = 0; i < roots.count; i++)
		need(trust_add_anchor(opts.trust, roots.at[i], &err));
	message_parse(&m, in);
	smime_verdict_init(&v, &config);
	need(smime_verify(&opts, &m.header, m.body, &v, &err));
	verdict_put(&v);
	smime_verdict_fini(&v);
	header_fini(&m.header);
	trust_release(&opts.trust);
	certificate_list_fini(&roots);
}

static void
decrypt(char **words, size_t count, struct slice in)
{
	struct key_client *keys = key_client_new(words[0], 1, 30000);
	struct smime_decrypt_opts opts = {.keys = keys};
	struct store_own_cert own[OWN_MAX];
	struct smime_decrypted facts;
	struct message m;
	struct spool out;

	for (size_t i = 1; i + 1 < count && opts.own_count < OWN_MAX; i += 2)
		own_load(&own[opts.own_count++], keys, words + i);
	opts.own = own;
	message_parse(&m, in);
	spool_init(&out, &config);
	need(smime_decrypt(&opts, &m.header, m.body, &out, &facts, &err));
	put(spool_slice(&out));
	fprintf(stderr, "cipher=%s authenticated=%d recipients=%zu used=%s\n",
	    facts.cipher, facts.authenticated, facts.recipients,
	    facts.used->certificate->serial);
	spool_fini(&out);
	header_fini(&m.header);
	for (size_t i = 0; i < opts.own_count; i++)
		store_own_cert_fini(&own[i]);
	key_client_free(keys);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	size_t count = argc > 2 ? (size_t)argc - 2 : 0;
	struct buf in;

	buf_init(&in, MESSAGE_MAX);
	need(io_read_fd(0, "standard input", &in, &err));
	if (strncmp(what, "sign", 4) == 0 && count == 4)
		sign(what, argv + 2, buf_slice(&in));
	else if (strncmp(what, "encrypt", 7) == 0 && count >= 2)
		encrypt(what, argv + 2, count, buf_slice(&in));
	else if (strcmp(what, "verify") == 0 && count == 3)
		verify(argv + 2, buf_slice(&in));
	else if (strcmp(what, "decrypt") == 0 && count >= 3)
		decrypt(argv + 2, count, buf_slice(&in));
	else
		need(
		    err_set(&err, ERR_PERMANENT, "see the head of the source"));
	buf_fini(&in);
	return fflush(stdout) ? 1 : 0;
}
