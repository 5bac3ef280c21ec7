/* Signing: judged by OpenSSL's CMS, which is not ours. */
#include "unit/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "smime/sign.h"
#include "smime/signed_data.h"
#include "smime/tlv.h"
#include "unit/smime_fixture.h"

#define SIGNING_TIME ((time_t)1750000000)

static struct smime_fixture fixture;

static const char entity[] = "Content-Type: text/plain\r\n\r\nHello\r\n";

static const char *const keys[] = {
    "RSA-2048", "P-256", "P-384", "P-521", "ED25519"};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int
start(void **state)
{
	(void)state;
	smime_fixture_start(&fixture);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	smime_fixture_stop(&fixture);
	return 0;
}

static void
user_make(struct smime_user *user, const char *key)
{
	smime_user_make(&fixture, user,
	    &(struct fixture_opts){.address = "alice@example.org", .key = key});
	assert_non_null(user->identity);
}

static struct slice_list
pieces(struct slice content)
{
	struct slice_list list = {0};

	slice_list_add(&list, content);
	return list;
}

static void
sign_at(const struct smime_identity *identity, time_t when,
    const struct slice_list *content, struct buf *cms)
{
	struct smime_sign_opts opts = {fixture.keys, identity, when};
	struct err err = {0};

	buf_init(cms, LIMIT_SIGNATURE);
	if (smime_sign_detached(&opts, content, cms, &err))
		fail_msg("%s", err.text);
}

static void
sign(const struct smime_identity *identity, struct slice content,
    struct buf *cms)
{
	struct slice_list list = pieces(content);

	sign_at(identity, SIGNING_TIME, &list, cms);
}

/* OpenSSL 3.0's CMS cannot verify Ed25519 (rule D5): its EVP can. */
static bool
verify_ed25519(struct slice der, const struct smime_user *user)
{
	struct signed_data data;
	struct signer_info info;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct buf attrs;
	struct tlv set;
	bool good;

	assert_int_equal(signed_data_read(der, &data), 0);
	assert_int_equal(signed_data_signers(&data, &set), 0);
	assert_int_equal(signed_data_signer_next(&set, &info), 1);
	assert_int_equal(info.digest.oid, OID_SHA512);
	assert_int_equal(info.digest.params.len, 0);
	assert_int_equal(info.algorithm.oid, OID_ED25519);
	assert_int_equal(info.algorithm.params.len, 0);
	buf_init(&attrs, LIMIT_SIGNED_ATTRS);
	der_put(&attrs, DER_SET, info.attrs);
	good =
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, user->cert.key) == 1 &&
	    EVP_DigestVerify(ctx, info.signature.data, info.signature.len,
		attrs.data, attrs.len) == 1;
	buf_fini(&attrs);
	EVP_MD_CTX_free(ctx);
	return good;
}

static bool
verify(const struct buf *cms, struct slice content)
{
	CMS_ContentInfo *parsed = smime_cms_parse(buf_slice(cms));
	BIO *out = smime_cms_verify(&fixture, parsed, content, true);
	bool good = out != NULL;

	BIO_free(out);
	CMS_ContentInfo_free(parsed);
	return good;
}

static void
test_every_kind_of_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		struct smime_user user;
		struct buf cms;

		user_make(&user, keys[i]);
		sign(user.identity, slice_text(entity), &cms);
		if (strcmp(keys[i], "ED25519") == 0)
			assert_true(verify_ed25519(buf_slice(&cms), &user));
		else if (!verify(&cms, slice_text(entity)))
			fail_msg("OpenSSL does not verify %s", keys[i]);
		else
			assert_false(verify(&cms, slice_text("Hello")));
		buf_fini(&cms);
		smime_user_fini(&user);
	}
}

static void
test_pss_by_choice(void **state)
{
	static const enum key_hash hashes[] = {
	    KEY_HASH_SHA256, KEY_HASH_SHA384, KEY_HASH_SHA512};
	struct smime_identity *identity;
	struct smime_user user;
	struct buf cms;
	struct err err;

	(void)state;
	user_make(&user, "RSA-2048");
	for (size_t i = 0; i < 3; i++) {
		struct key_signing how = {KEY_ALG_RSA_PSS, hashes[i]};

		assert_int_equal(
		    smime_identity_new(&user.own, &how, &identity, &err), 0);
		sign(identity, slice_text(entity), &cms);
		assert_true(verify(&cms, slice_text(entity)));
		buf_fini(&cms);
		smime_identity_release(&identity);
	}
	smime_user_fini(&user);
}

/* Every key asked for every kind of signature: what it makes is called this
 * way and verifies, or it is none of that kind. */
static void
test_signing_by_choice(void **state)
{
	static const char *const wanted[KEYS][ALGORITHM_ED25519 + 1] = {
	    {"rsa-sha256", "rsa-sha256", "rsa-sha256", "rsa-pss-sha256", NULL,
		NULL, NULL, NULL},
	    {"ecdsa-p256-sha256", "ecdsa-p256-sha256", NULL, NULL,
		"ecdsa-p256-sha256", NULL, NULL, NULL},
	    {"ecdsa-p384-sha384", "ecdsa-p384-sha384", NULL, NULL, NULL,
		"ecdsa-p384-sha384", NULL, NULL},
	    {"ecdsa-p521-sha512", "ecdsa-p521-sha512", NULL, NULL, NULL, NULL,
		"ecdsa-p521-sha512", NULL},
	    {"ed25519", "ed25519", NULL, NULL, NULL, NULL, NULL, "ed25519"},
	};
	struct smime_identity *identity;
	struct key_signing how;
	struct smime_user user;
	struct buf cms;
	struct err err;

	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		user_make(&user, keys[i]);
		for (int w = ALGORITHM_INHERIT; w <= ALGORITHM_ED25519; w++) {
			int rc = smime_signing_choose(user.own.certificate,
			    (enum setting_algorithm)w, &how);

			assert_int_equal(rc, wanted[i][w] ? 0 : -1);
			if (rc < 0)
				continue;
			assert_int_equal(smime_identity_new(
					     &user.own, &how, &identity, &err),
			    0);
			assert_string_equal(
			    smime_identity_algorithm(identity), wanted[i][w]);
			sign(identity, slice_text(entity), &cms);
			if (i + 1 < KEYS) /* not Ed25519 (rule D5) */
				assert_true(verify(&cms, slice_text(entity)));
			buf_fini(&cms);
			smime_identity_release(&identity);
		}
		smime_user_fini(&user);
	}
}

/* Keys that sign nothing here are asked in vain. */
static void
test_signing_without_choice(void **state)
{
	static const enum certificate_key others[] = {CERTIFICATE_KEY_OTHER,
	    CERTIFICATE_KEY_RSA_PSS, CERTIFICATE_KEY_RSA_OAEP};
	struct key_signing how;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		for (int w = ALGORITHM_INHERIT; w <= ALGORITHM_ED25519; w++)
			assert_int_equal(
			    smime_signing_choose(
				&(struct certificate){
				    .key = others[i], .key_bits = 256},
				(enum setting_algorithm)w, &how),
			    -1);
}

static void
test_micalg_and_algorithms(void **state)
{
	static const char *const micalg[KEYS] = {
	    "sha-256", "sha-256", "sha-384", "sha-512", "sha-512"};

	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		struct smime_user user;

		user_make(&user, keys[i]);
		assert_string_equal(
		    smime_identity_micalg(user.identity), micalg[i]);
		smime_user_fini(&user);
	}
}

/* DER has one encoding: what OpenSSL writes after reading is the same. */
static void
test_der(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		CMS_ContentInfo *parsed;
		struct smime_user user;
		struct buf cms, again;

		user_make(&user, keys[i]);
		sign(user.identity, slice_text(entity), &cms);
		parsed = smime_cms_parse(buf_slice(&cms));
		buf_init(&again, LIMIT_SIGNATURE);
		smime_cms_der(parsed, &again);
		assert_true(slice_equal(buf_slice(&cms), buf_slice(&again)));
		buf_fini(&again);
		CMS_ContentInfo_free(parsed);
		buf_fini(&cms);
		smime_user_fini(&user);
	}
}

static void
test_structure(void **state)
{
	STACK_OF(CMS_SignerInfo) * infos;
	ASN1_OCTET_STRING **content;
	CMS_ContentInfo *parsed;
	STACK_OF(X509) * certs;
	struct smime_user user;
	struct buf cms;

	(void)state;
	user_make(&user, "RSA-2048");
	sign(user.identity, slice_text(entity), &cms);
	parsed = smime_cms_parse(buf_slice(&cms));
	/* Rule S14: no content inside; id-data. */
	content = CMS_get0_content(parsed);
	assert_non_null(content);
	assert_null(*content);
	assert_int_equal(
	    OBJ_obj2nid(CMS_get0_eContentType(parsed)), NID_pkcs7_data);
	/* Rule D6: signer and intermediate, no root. */
	certs = CMS_get1_certs(parsed);
	assert_int_equal(sk_X509_num(certs), 2);
	for (int i = 0; i < 2; i++)
		assert_int_not_equal(
		    X509_cmp(sk_X509_value(certs, i), fixture.root.x509), 0);
	sk_X509_pop_free(certs, X509_free);
	/* Rule D8. */
	infos = CMS_get0_SignerInfos(parsed);
	assert_int_equal(sk_CMS_SignerInfo_num(infos), 1);
	assert_int_equal(CMS_SignerInfo_cert_cmp(
			     sk_CMS_SignerInfo_value(infos, 0), user.cert.x509),
	    0);
	CMS_ContentInfo_free(parsed);
	buf_fini(&cms);
	smime_user_fini(&user);
}

static const char *const attributes[] = {
    "1.2.840.113549.1.9.3",	  /* contentType */
    "1.2.840.113549.1.9.5",	  /* signingTime */
    "1.2.840.113549.1.9.52",	  /* CMSAlgorithmProtection */
    "1.2.840.113549.1.9.4",	  /* messageDigest */
    "1.2.840.113549.1.9.16.2.47", /* signingCertificateV2 */
    "1.2.840.113549.1.9.15",	  /* SMIMECapabilities */
};
#define ATTRIBUTES ((int)(sizeof(attributes) / sizeof(attributes[0])))

static void
test_attributes(void **state)
{
	CMS_ContentInfo *parsed;
	struct smime_user user;
	CMS_SignerInfo *info;
	struct buf cms;
	char name[64];

	(void)state;
	user_make(&user, "RSA-2048");
	sign(user.identity, slice_text(entity), &cms);
	parsed = smime_cms_parse(buf_slice(&cms));
	info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(parsed), 0);
	assert_int_equal(CMS_signed_get_attr_count(info), ATTRIBUTES);
	assert_int_equal(CMS_unsigned_get_attr_count(info), -1);
	/* smime-keyd wants contentType first; DER's order puts it there. */
	OBJ_obj2txt(name, sizeof(name),
	    X509_ATTRIBUTE_get0_object(CMS_signed_get_attr(info, 0)), 1);
	assert_string_equal(name, attributes[0]);
	for (int i = 0; i < ATTRIBUTES; i++) {
		ASN1_OBJECT *object = OBJ_txt2obj(attributes[i], 1);
		int at = CMS_signed_get_attr_by_OBJ(info, object, -1);

		if (at < 0)
			fail_msg("%s is missing", attributes[i]);
		assert_int_equal(
		    CMS_signed_get_attr_by_OBJ(info, object, at), -1);
		assert_int_equal(
		    X509_ATTRIBUTE_count(CMS_signed_get_attr(info, at)), 1);
		ASN1_OBJECT_free(object);
	}
	CMS_ContentInfo_free(parsed);
	buf_fini(&cms);
	smime_user_fini(&user);
}

/* The exact octets of rule D7. */
#define CAPS_COMMON                                                            \
	"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"                 \
	"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02"                 \
	"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2e"                 \
	"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x06"
#define CAPS_RSA                                                               \
	"\x30\x38\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07\x30\x2b"         \
	"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"         \
	"\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"                 \
	"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"         \
	"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07\x30\x00"
#define CAPS_EC                                                                \
	"\x30\x15\x06\x06\x2b\x81\x04\x01\x0b\x01"                             \
	"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2d"                 \
	"\x30\x15\x06\x06\x2b\x81\x04\x01\x0b\x01"                             \
	"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x05"

#define B(text) slice_make(text, sizeof(text) - 1)

static void
assert_capabilities(const struct fixture_opts *opts, struct slice wanted)
{
	struct smime_user user;
	struct buf cms;

	smime_user_make(&fixture, &user, opts);
	sign(user.identity, slice_text(entity), &cms);
	(void)smime_find(buf_slice(&cms), wanted);
	buf_fini(&cms);
	smime_user_fini(&user);
}

static void
test_capabilities(void **state)
{
	(void)state;
	assert_capabilities(&(struct fixture_opts){.address = "a@example.org",
				.key = "RSA-2048"},
	    B("\x30\x7d" CAPS_COMMON CAPS_RSA));
	assert_capabilities(
	    &(struct fixture_opts){.address = "a@example.org", .key = "P-256"},
	    B("\x30\x62" CAPS_COMMON CAPS_EC));
	/* What the certificate does not receive is not announced. */
	assert_capabilities(&(struct fixture_opts){.address = "a@example.org",
				.key = "RSA-2048",
				.usage = "digitalSignature"},
	    B("\x30\x34" CAPS_COMMON));
	assert_capabilities(&(struct fixture_opts){.address = "a@example.org",
				.key = "ED25519"},
	    B("\x30\x34" CAPS_COMMON));
}

/* Rule D3: UTCTime through 2049, GeneralizedTime after. */
static void
test_signing_time(void **state)
{
	static const struct {
		time_t when;
		const char *bytes;
	} cases[] = {
	    {SIGNING_TIME, "\x17\x0d"
			   "250615150640Z"},
	    {2524607999, "\x17\x0d"
			 "491231235959Z"},
	    {2524608000, "\x18\x0f"
			 "20500101000000Z"},
	    {0, "\x17\x0d"
		"700101000000Z"},
	};
	struct slice_list list = pieces(slice_text(entity));
	struct smime_user user;
	struct buf cms;

	(void)state;
	user_make(&user, "P-256");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sign_at(user.identity, cases[i].when, &list, &cms);
		(void)smime_find(buf_slice(&cms), slice_text(cases[i].bytes));
		assert_true(verify(&cms, slice_text(entity)));
		buf_fini(&cms);
	}
	smime_user_fini(&user);
}

static void
test_pieces(void **state)
{
	struct slice_list list = {0};
	struct smime_user user;
	struct buf cms;

	(void)state;
	for (size_t at = 0; at < sizeof(entity) - 1; at += 7)
		slice_list_add(
		    &list, slice_part(slice_text(entity), at, at + 7));
	slice_list_add(&list, slice_make(NULL, 0));
	user_make(&user, "P-256");
	sign_at(user.identity, SIGNING_TIME, &list, &cms);
	assert_true(verify(&cms, slice_text(entity)));
	buf_fini(&cms);
	smime_user_fini(&user);
}

/* --- entities --- */

static char *
entity_text(const struct smime_entity *e)
{
	struct buf out;

	buf_init(&out, 64u << 20);
	smime_entity_header(e, &out);
	for (size_t i = 0; i < e->body.count; i++)
		buf_add_slice(&out, e->body.at[i]);
	return buf_take_text(&out);
}

static void
test_multipart(void **state)
{
	struct slice content = slice_text(entity);
	struct slice_list list = pieces(content);
	struct smime_sign_opts opts;
	struct smime_entity e;
	struct smime_user user;
	CMS_ContentInfo *cms;
	struct err err;
	BIO *in, *part = NULL, *out;
	char *text;

	(void)state;
	user_make(&user, "RSA-2048");
	opts =
	    (struct smime_sign_opts){fixture.keys, user.identity, SIGNING_TIME};
	smime_entity_init(&e, &fixture.spool);
	assert_int_equal(smime_sign(&opts, &list, &e, &err), 0);
	/* The signed bytes are those of the caller, not a copy. */
	assert_int_equal(e.body.count, 3);
	assert_ptr_equal(e.body.at[1].data, content.data);
	assert_int_equal(e.body.at[1].len, content.len);
	assert_null(e.transfer_encoding);

	/* OpenSSL's MIME parser finds the parts and agrees. */
	text = entity_text(&e);
	in = BIO_new_mem_buf(text, -1);
	cms = SMIME_read_CMS(in, &part);
	assert_non_null(cms);
	assert_non_null(part);
	out = smime_cms_verify(&fixture, cms, content, true);
	assert_non_null(out);
	assert_non_null(strstr(text, "micalg=sha-256"));
	assert_non_null(
	    strstr(text, "protocol=\"application/pkcs7-signature\""));
	BIO_free(out);
	BIO_free(part);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
	free(text);
	smime_entity_fini(&e);
	smime_user_fini(&user);
}

static void
check_opaque(const struct smime_user *user, struct slice content)
{
	struct slice_list list = pieces(slice_part(content, 0, 1));
	struct smime_sign_opts opts = {
	    fixture.keys, user->identity, SIGNING_TIME};
	struct smime_entity e;
	CMS_ContentInfo *cms;
	struct err err;
	BIO *in, *out;
	char *text, *got;
	long len;

	slice_list_add(&list, slice_part(content, 1, content.len));
	smime_entity_init(&e, &fixture.spool);
	assert_int_equal(smime_sign_opaque(&opts, &list, &e, &err), 0);
	assert_string_equal(e.transfer_encoding, "base64");
	text = entity_text(&e);
	assert_non_null(strstr(text, "smime-type=signed-data"));
	in = BIO_new_mem_buf(text, -1);
	cms = SMIME_read_CMS(in, NULL);
	assert_non_null(cms);
	out = smime_cms_verify(&fixture, cms, slice_make(NULL, 0), false);
	assert_non_null(out);
	len = BIO_get_mem_data(out, &got);
	assert_int_equal(len, content.len);
	if (len > 0)
		assert_memory_equal(got, content.data, content.len);
	BIO_free(out);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
	free(text);
	smime_entity_fini(&e);
}

static void
test_opaque(void **state)
{
	static const size_t sizes[] = {
	    0, 1, 126, 127, 128, 255, 256, 65535, 65536, 300000};
	unsigned char *noise = smime_noise(300000);
	struct smime_user user;

	(void)state;
	user_make(&user, "P-256");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_opaque(&user, slice_make(noise, sizes[i]));
	smime_user_fini(&user);
	free(noise);
}

/* --- threads --- */

struct signing_thread {
	pthread_t id;
	const struct smime_user *user;
	unsigned good;
};

/* Signs again and again; each signature must be that of its own user. */
static void *
sign_often(void *arg)
{
	struct signing_thread *t = arg;

	for (int i = 0; i < 50; i++) {
		CMS_ContentInfo *parsed;
		CMS_SignerInfo *info;
		struct buf cms;

		sign(t->user->identity, slice_text(entity), &cms);
		parsed = smime_cms_parse(buf_slice(&cms));
		info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(parsed), 0);
		if (CMS_SignerInfo_cert_cmp(info, t->user->cert.x509) == 0 &&
		    verify(&cms, slice_text(entity)))
			t->good++;
		CMS_ContentInfo_free(parsed);
		buf_fini(&cms);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct signing_thread threads[6];
	struct smime_user users[2];

	(void)state;
	user_make(&users[0], "P-256");
	user_make(&users[1], "P-256");
	for (size_t i = 0; i < 6; i++) {
		threads[i] = (struct signing_thread){.user = &users[i % 2]};
		assert_int_equal(pthread_create(&threads[i].id, NULL,
				     sign_often, &threads[i]),
		    0);
	}
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(pthread_join(threads[i].id, NULL), 0);
		assert_int_equal(threads[i].good, 50);
	}
	smime_user_fini(&users[0]);
	smime_user_fini(&users[1]);
}

/* --- what goes wrong --- */

static void
test_keyd_away(void **state)
{
	struct slice_list list = pieces(slice_text(entity));
	struct key_client *nobody = key_client_new("/nowhere/keyd", 1, 100);
	struct smime_sign_opts opts = {nobody, NULL, SIGNING_TIME};
	struct smime_entity e;
	struct smime_user user;
	struct err err;

	(void)state;
	user_make(&user, "P-256");
	opts.identity = user.identity;
	smime_entity_init(&e, &fixture.spool);
	assert_int_equal(smime_sign(&opts, &list, &e, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_int_equal(e.body.count, 0);
	assert_int_equal(e.content_type.len, 0);
	assert_int_equal(smime_sign_opaque(&opts, &list, &e, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_int_equal(e.body.count, 0);
	smime_entity_fini(&e);
	smime_user_fini(&user);
	key_client_free(nobody);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
refuse_identity(const struct store_own_cert *own, enum key_algorithm algorithm,
    enum key_hash hash)
{
	struct key_signing how = {algorithm, hash};
	struct smime_identity *identity = NULL;
	struct err err = {0};

	if (smime_identity_new(own, &how, &identity, &err) == 0)
		fail_msg("%d with hash %d was taken", algorithm, hash);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_null(identity);
}

static void
test_wrong_ways_to_sign(void **state)
{
	struct smime_user rsa, ec, ed;

	(void)state;
	user_make(&rsa, "RSA-2048");
	user_make(&ec, "P-256");
	user_make(&ed, "ED25519");
	refuse_identity(&rsa.own, KEY_ALG_ECDSA, KEY_HASH_SHA256);
	refuse_identity(&rsa.own, KEY_ALG_RSA_PKCS1, KEY_HASH_SHA1);
	refuse_identity(&rsa.own, KEY_ALG_RSA_OAEP, KEY_HASH_SHA256);
	refuse_identity(&ec.own, KEY_ALG_RSA_PKCS1, KEY_HASH_SHA256);
	refuse_identity(&ec.own, KEY_ALG_ECDSA, KEY_HASH_SHA224);
	refuse_identity(&ed.own, KEY_ALG_ED25519, KEY_HASH_SHA256);
	smime_user_fini(&rsa);
	smime_user_fini(&ec);
	smime_user_fini(&ed);
}

static void
test_no_private_key(void **state)
{
	struct smime_identity *identity = NULL;
	struct smime_user user;
	struct err err;

	(void)state;
	user_make(&user, "P-256");
	user.own.wrapped_len = 0;
	assert_int_equal(
	    smime_identity_new(&user.own, NULL, &identity, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	smime_user_fini(&user);
}

static void
test_chain_limit(void **state)
{
	struct smime_identity *identity = NULL;
	struct smime_user user;
	struct err err;

	(void)state;
	user_make(&user, "P-256");
	while (user.own.chain.count < LIMIT_CHAIN)
		certificate_list_add(
		    &user.own.chain, fixture.intermediate.certificate);
	assert_int_equal(
	    smime_identity_new(&user.own, NULL, &identity, &err), 0);
	smime_identity_release(&identity);
	certificate_list_add(&user.own.chain, fixture.intermediate.certificate);
	assert_int_equal(
	    smime_identity_new(&user.own, NULL, &identity, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	smime_user_fini(&user);
}

/* The sealed key of somebody else is not loaded under our name. */
static void
test_key_of_another(void **state)
{
	struct slice_list list = pieces(slice_text(entity));
	struct smime_user alice, mallory;
	struct smime_sign_opts opts;
	struct smime_identity *mixed;
	unsigned char *wrapped;
	struct buf cms;
	struct err err;
	size_t len;

	(void)state;
	user_make(&alice, "P-256");
	user_make(&mallory, "P-256");
	wrapped = alice.own.wrapped;
	len = alice.own.wrapped_len;
	alice.own.wrapped = mallory.own.wrapped;
	alice.own.wrapped_len = mallory.own.wrapped_len;
	/* One that has not seen alice's key yet. */
	keyd_fixture_kill(&fixture.keyd);
	keyd_fixture_restart(&fixture.keyd);
	assert_int_equal(smime_identity_new(&alice.own, NULL, &mixed, &err), 0);
	opts = (struct smime_sign_opts){fixture.keys, mixed, SIGNING_TIME};
	buf_init(&cms, LIMIT_SIGNATURE);
	assert_int_equal(smime_sign_detached(&opts, &list, &cms, &err), -1);
	alice.own.wrapped = wrapped;
	alice.own.wrapped_len = len;
	buf_fini(&cms);
	smime_identity_release(&mixed);
	smime_user_fini(&alice);
	smime_user_fini(&mallory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_kind_of_key),
	    cmocka_unit_test(test_pss_by_choice),
	    cmocka_unit_test(test_signing_by_choice),
	    cmocka_unit_test(test_signing_without_choice),
	    cmocka_unit_test(test_micalg_and_algorithms),
	    cmocka_unit_test(test_der),
	    cmocka_unit_test(test_structure),
	    cmocka_unit_test(test_attributes),
	    cmocka_unit_test(test_capabilities),
	    cmocka_unit_test(test_signing_time),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_multipart),
	    cmocka_unit_test(test_opaque),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_keyd_away),
	    cmocka_unit_test(test_wrong_ways_to_sign),
	    cmocka_unit_test(test_no_private_key),
	    cmocka_unit_test(test_chain_limit),
	    cmocka_unit_test(test_key_of_another),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
