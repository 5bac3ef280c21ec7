/*
 * Layers: a message, or a plan on the first line and the entity that it is
 * for.  Each letter of the plan puts a layer around the entity: E and A
 * encrypt to the RSA reader (CBC, GCM), X to both readers, B to one of them and
 * with the other only named, Z compresses, S signs opaquely, M in a multipart.
 * So whatever the fuzzer writes gets through cipher and compression.
 *
 * Instead of smime-keyd two functions here answer with the key of zeros that
 * everything is encrypted with; where a RecipientInfo holds something else
 * than one zero, with another one.  Nobody is trusted, so that nothing may
 * ever be valid.
 */
#include "fuzz/fuzz.h"

#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/mime_texture.h"
#include "smime/algorithms.h"
#include "smime/cms_id.h"
#include "smime/der.h"
#include "smime/layers.h"
#include "unit/cert_fixture.h"

#define MAX	 ((size_t)4 * MIB)
#define PLAN_MAX 12

static const struct spool_config config = {
    .memory = MAX, .max = MAX, .folder = "/tmp"};

/* --- the key process --- */

static int
answer(struct slice encrypted, size_t wanted, struct buf *content_key)
{
	static const unsigned char zeros[64];
	bool good = encrypted.len > 0 && encrypted.data[0] == 0;

	FUZZ_CHECK(wanted <= sizeof(zeros));
	buf_add(content_key, zeros, wanted - 1);
	buf_add_char(content_key, good ? 0 : 1);
	return 0;
}

int
key_unwrap_rsa(struct key_client *client, const struct key_ref *key,
    const struct key_transport *how, size_t wanted, struct buf *content_key,
    struct err *err)
{
	(void)client, (void)key, (void)err;
	return answer(how->encrypted, wanted, content_key);
}

int
key_unwrap_ecdh(struct key_client *client, const struct key_ref *key,
    const struct key_agreement *how, size_t wanted, struct buf *content_key,
    struct err *err)
{
	(void)client, (void)key, (void)err;
	return answer(how->wrapped_key, wanted, content_key);
}

/* --- who there is --- */

static struct store_own_cert own[2];
static struct smime_reader readers[2];
static struct trust *nobody;

static void
world_make(void)
{
	static struct fixture_cert ca, certs[2];
	const struct trust_config none = {0};
	struct err err;

	fixture_ca(&ca, &(struct fixture_opts){.name = "Fuzz", .serial = 9});
	for (unsigned i = 0; i < 2; i++) {
		fixture_leaf(&certs[i], &ca,
		    &(struct fixture_opts){.address = "alice@example.org",
			.key = "RSA-2048",
			.serial = i + 1});
		own[i].certificate = certs[i].certificate;
		readers[i] = (struct smime_reader){&own[i], 1};
	}
	FUZZ_CHECK(trust_load(&none, &nobody, &err) == 0);
}

/* --- putting layers around --- */

static void
recipient_write(struct buf *out, size_t reader, char key)
{
	size_t mark = der_open(out, DER_SEQUENCE);

	der_integer(out, 0);
	FUZZ_CHECK(cms_id_write(own[reader].certificate, out) == 0);
	der_algorithm(out, OID_RSA);
	der_put(out, DER_OCTET_STRING, slice_make(&key, 1));
	der_close(out, mark);
}

static void
recipients_write(struct buf *out, char step)
{
	size_t mark = der_open(out, DER_SET);

	if (step == 'B')
		recipient_write(out, 1, 1);
	recipient_write(out, 0, 0);
	if (step == 'X')
		recipient_write(out, 1, 0);
	der_close(out, mark);
}

/* By a key of zeros; the tag, when there is one, behind it in tag. */
static void
content_encrypt(const struct cipher_algorithm *cipher, struct slice in,
    struct buf *out, unsigned char *tag)
{
	static const unsigned char zeros[32];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *room = buf_reserve(out, in.len + 32);
	int len, last;

	FUZZ_CHECK(room && EVP_EncryptInit_ex2(
			       ctx, cipher->cipher, zeros, zeros, NULL) == 1);
	FUZZ_CHECK(
	    EVP_EncryptUpdate(ctx, room, &len, in.data, (int)in.len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, room + len, &last) == 1);
	out->len += (size_t)(len + last);
	if (cipher->authenticated)
		FUZZ_CHECK(EVP_CIPHER_CTX_ctrl(
			       ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1);
	EVP_CIPHER_CTX_free(ctx);
}

static void
params_write(struct buf *out, bool gcm)
{
	static const unsigned char zeros[16];
	size_t mark;

	if (!gcm) {
		der_put(out, DER_OCTET_STRING, slice_make(zeros, 16));
		return;
	}
	mark = der_open(out, DER_SEQUENCE);
	der_put(out, DER_OCTET_STRING, slice_make(zeros, 12));
	der_integer(out, 16);
	der_close(out, mark);
}

/* What is inside of EnvelopedData or AuthEnvelopedData. */
static void
envelope_write(struct buf *out, char step, struct slice content)
{
	bool gcm = step == 'A';
	enum oid cipher = gcm ? OID_AES256_GCM : OID_AES128_CBC;
	unsigned char tag[16];
	struct buf text;
	size_t info, mark;

	buf_init(&text, MAX);
	content_encrypt(cipher_algorithm_find(cipher), content, &text, tag);
	der_integer(out, 0);
	recipients_write(out, step);
	info = der_open(out, DER_SEQUENCE);
	der_oid(out, OID_DATA);
	mark = der_open(out, DER_SEQUENCE);
	der_oid(out, cipher);
	params_write(out, gcm);
	der_close(out, mark);
	der_put(out, DER_CONTEXT(0), buf_slice(&text));
	der_close(out, info);
	if (gcm)
		der_put(out, DER_OCTET_STRING, slice_make(tag, 16));
	buf_fini(&text);
}

static void
encapsulated_write(struct buf *out, struct slice content)
{
	size_t info = der_open(out, DER_SEQUENCE), mark;

	der_oid(out, OID_DATA);
	mark = der_open(out, DER_CONSTRUCTED(0));
	der_put(out, DER_OCTET_STRING, content);
	der_close(out, mark);
	der_close(out, info);
}

static void
compressed_write(struct buf *out, struct slice content)
{
	uLongf len = compressBound((uLong)content.len);
	unsigned char *stream = xmalloc(len);

	FUZZ_CHECK(
	    compress(stream, &len, content.data, (uLong)content.len) == Z_OK);
	der_integer(out, 0);
	der_algorithm(out, OID_ZLIB);
	encapsulated_write(out, slice_make(stream, len));
	free(stream);
}

/* By a signer whose certificate is not there; content empty: detached. */
static void
signed_write(struct buf *out, struct slice content)
{
	size_t mark, info;

	der_integer(out, 1);
	der_put(out, DER_SET, slice_make(NULL, 0));
	if (content.len > 0) {
		encapsulated_write(out, content);
	} else {
		mark = der_open(out, DER_SEQUENCE);
		der_oid(out, OID_DATA);
		der_close(out, mark);
	}
	mark = der_open(out, DER_SET);
	info = der_open(out, DER_SEQUENCE);
	der_integer(out, 1);
	FUZZ_CHECK(cms_id_write(own[0].certificate, out) == 0);
	der_algorithm(out, OID_SHA256);
	der_algorithm(out, OID_RSA);
	der_put(out, DER_OCTET_STRING, slice_text("x"));
	der_close(out, info);
	der_close(out, mark);
}

static enum oid
type_of(char step)
{
	switch (step) {
	case 'A':
		return OID_AUTH_ENVELOPED_DATA;
	case 'Z':
		return OID_COMPRESSED_DATA;
	case 'S':
	case 'M':
		return OID_SIGNED_DATA;
	default:
		return OID_ENVELOPED_DATA;
	}
}

static void
cms_write(struct buf *out, char step, struct slice content)
{
	size_t whole = der_open(out, DER_SEQUENCE), tagged, data;

	der_oid(out, type_of(step));
	tagged = der_open(out, DER_CONSTRUCTED(0));
	data = der_open(out, DER_SEQUENCE);
	if (step == 'Z')
		compressed_write(out, content);
	else if (step == 'S' || step == 'M')
		signed_write(out, step == 'S' ? content : slice_make(NULL, 0));
	else
		envelope_write(out, step, content);
	der_close(out, data);
	der_close(out, tagged);
	der_close(out, whole);
}

static void
layer_add(struct buf *entity, char step)
{
	static const char binary[] =
	    "Content-Transfer-Encoding: binary\r\n\r\n";
	struct buf out;

	buf_init(&out, MAX);
	if (step == 'M') {
		buf_add_text(&out,
		    "Content-Type: multipart/signed; boundary=fuzz;\r\n"
		    "\tprotocol=\"application/pkcs7-signature\"\r\n\r\n"
		    "--fuzz\r\n");
		buf_add_slice(&out, buf_slice(entity));
		buf_add_text(&out, "\r\n--fuzz\r\n"
				   "Content-Type: application/pkcs7-signature"
				   "\r\n");
	} else {
		buf_add_text(&out, "Content-Type: application/pkcs7-mime\r\n");
	}
	buf_add_text(&out, binary);
	cms_write(&out, step, buf_slice(entity));
	if (step == 'M')
		buf_add_text(&out, "\r\n--fuzz--\r\n");
	buf_fini(entity);
	*entity = out;
}

/* --- the promises --- */

static void
check_travels(struct slice bytes, bool may_be_8bit)
{
	struct mime_texture texture = {0};

	mime_texture_scan(&texture, bytes);
	texture.has_8bit = texture.has_8bit && !may_be_8bit;
	FUZZ_CHECK(mime_texture_survives(&texture));
}

static void
check_opened(const struct smime_layers *l)
{
	bool reads = false;

	for (size_t i = 0; i < 2; i++)
		reads = reads || l->reads[i];
	FUZZ_CHECK(reads && strlen(l->fingerprint) == 64 && *l->cipher);
	FUZZ_CHECK(l->content.count <= LIMIT_PLAINTEXT_FIELDS &&
		   l->content.bytes <= LIMIT_PLAINTEXT_HEADER);
	for (size_t i = 0; i < l->content.count; i++) {
		const struct header_field *f = &l->content.fields[i];

		FUZZ_CHECK(header_field_is_content(f));
		check_travels(f->body, false);
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(
			    f->name.len != l->content.fields[k].name.len ||
			    strncasecmp((const char *)f->name.data,
				(const char *)l->content.fields[k].name.data,
				f->name.len) != 0);
	}
	check_travels(l->body, true);
}

static void
check_closed(const struct smime_layers *l)
{
	FUZZ_CHECK(!l->reads[0] && !l->reads[1] && !*l->fingerprint);
	FUZZ_CHECK(l->content.count == 0 && l->body.len == 0);
	FUZZ_CHECK(!l->authenticated);
	if (l->decryption == SMIME_CLOSED)
		FUZZ_CHECK(l->verdict.status == SMIME_UNSIGNED &&
			   !l->verdict.signer && l->count > 0 && l->used == 0);
	else
		FUZZ_CHECK(!*l->cipher && l->recipients.len == 0);
}

static void
check(const struct smime_layers *l)
{
	FUZZ_CHECK(l->count <= LIMIT_LAYERS);
	FUZZ_CHECK(l->verdict.status != SMIME_VALID &&
		   l->verdict.status != SMIME_MISMATCH && !l->verdict.trusted);
	FUZZ_CHECK(strlen(l->part) < sizeof(l->part));
	FUZZ_CHECK(
	    (*l->part != '\0') == (l->verdict.signers > 0 && !l->unwrapped));
	FUZZ_CHECK(!l->unwrapped ||
		   (l->decryption == SMIME_OPENED && l->verdict.signers > 0));
	FUZZ_CHECK(!l->signed_outside || l->decryption != SMIME_CLEAR);
	FUZZ_CHECK(buf_ok(&l->recipients));
	for (size_t i = 0; i < l->recipients.len; i++)
		FUZZ_CHECK(l->recipients.data[i] >= ' ' &&
			   l->recipients.data[i] < 0x7f);
	if (l->decryption == SMIME_OPENED)
		check_opened(l);
	else
		check_closed(l);
}

static void
read_message(struct slice message)
{
	struct smime_layers_opts opts = {
	    .verify = {.trust = nobody,
		.now = 1700000000,
		.from = "alice@example.org"},
	    .keys = (struct key_client *)own, /* never looked at */
	    .readers = readers,
	    .reader_count = 2,
	    .takes_8bit = true,
	};
	struct smime_layers layers;
	struct header header;
	struct err err = {0};
	bool complete;
	size_t body;

	header_init(&header);
	body = header_parse(&header, message, &complete);
	smime_layers_init(&layers, &config);
	FUZZ_CHECK(
	    smime_layers_read(&opts, &header,
		slice_part(message, body, message.len), &layers, &err) == 0);
	check(&layers);
	smime_layers_fini(&layers);
	header_fini(&header);
	FUZZ_CHECK(ERR_peek_error() == 0);
}

/* The letters of a plan; 0 when the input begins with none. */
static size_t
plan_read(struct slice in)
{
	size_t len = 0;

	while (len < in.len && len <= PLAN_MAX &&
	       memchr("EAXBZSM", in.data[len], 7))
		len++;
	return len < in.len && len <= PLAN_MAX && in.data[len] == '\n' ? len
								       : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size);
	size_t plan = plan_read(in);
	struct buf entity;

	if (!nobody)
		world_make();
	if (size > 65536)
		return 0;
	buf_init(&entity, MAX);
	buf_add_slice(&entity, slice_part(in, plan > 0 ? plan + 1 : 0, in.len));
	for (size_t i = plan; i > 0; i--)
		layer_add(&entity, (char)data[i - 1]);
	if (buf_ok(&entity))
		read_message(buf_slice(&entity));
	buf_fini(&entity);
	return 0;
}
