/* layers_fixture.c: see layers_fixture.h.  One thread. */
#include "unit/unit.h"

#include "unit/layers_fixture.h"

#include <string.h>
#include <time.h>

#include "mail/mime_codec.h"
#include "smime/sign.h"
#include "unit/compressed_sample.h"

#define MESSAGE_MAX ((size_t)64 << 20)

void
layers_begin(struct buf *message, const char *entity)
{
	buf_init(message, MESSAGE_MAX);
	buf_add_text(message, entity);
}

void
layers_begin_bytes(struct buf *message, struct slice entity)
{
	buf_init(message, MESSAGE_MAX);
	buf_add_slice(message, entity);
}

/* The entity takes the place of what it protects. */
static void
take(struct buf *message, const struct smime_entity *e)
{
	struct buf out;

	buf_init(&out, MESSAGE_MAX);
	smime_entity_header(e, &out);
	for (size_t i = 0; i < e->body.count; i++)
		buf_add_slice(&out, e->body.at[i]);
	assert_true(buf_ok(&out));
	buf_fini(message);
	*message = out;
}

void
layers_sign(struct buf *message, struct smime_fixture *f,
    const struct smime_user *by, bool opaque)
{
	struct smime_sign_opts opts = {
	    .keys = f->keys,
	    .identity = by->identity,
	    .signing_time = time(NULL),
	};
	struct slice_list list = {.at = {buf_slice(message)}, .count = 1};
	struct smime_entity e;
	struct err err;

	smime_entity_init(&e, &f->spool);
	if (opaque ? smime_sign_opaque(&opts, &list, &e, &err)
		   : smime_sign(&opts, &list, &e, &err))
		fail_msg("sign: %s", err.text);
	take(message, &e);
	smime_entity_fini(&e);
}

static void
encrypt(const struct buf *message, struct smime_fixture *f,
    struct smime_encrypt_opts *opts, const struct smime_user *const *to,
    struct buf *der)
{
	struct slice_list list = {.at = {buf_slice(message)}, .count = 1};
	struct certificate *certificates[8];
	struct spool out;
	struct err err;

	assert_true(opts->recipient_count <= 8);
	for (size_t i = 0; i < opts->recipient_count; i++)
		certificates[i] = to[i]->cert.certificate;
	opts->recipients = certificates;
	spool_init(&out, &f->spool);
	if (smime_encrypt_der(opts, &list, &out, &err))
		fail_msg("encrypt: %s", err.text);
	buf_init(der, MESSAGE_MAX);
	buf_add_slice(der, spool_slice(&out));
	spool_fini(&out);
}

void
layers_encrypt_der(const struct buf *message, struct smime_fixture *f,
    enum smime_cipher cipher, const struct smime_user *const *to, size_t count,
    struct buf *der)
{
	struct smime_encrypt_opts opts = {
	    .cipher = cipher, .recipient_count = count};

	encrypt(message, f, &opts, to, der);
}

void
layers_encrypt_oaep(const struct buf *message, struct smime_fixture *f,
    const struct smime_user *const *to, size_t count, struct buf *der)
{
	struct smime_encrypt_opts opts = {.cipher = SMIME_CIPHER_AES256_CBC,
	    .recipient_count = count,
	    .oaep = true};

	encrypt(message, f, &opts, to, der);
}

void
layers_encrypt(struct buf *message, struct smime_fixture *f,
    enum smime_cipher cipher, const struct smime_user *const *to, size_t count)
{
	bool gcm = cipher == SMIME_CIPHER_AES128_GCM ||
		   cipher == SMIME_CIPHER_AES256_GCM;
	struct buf der;

	layers_encrypt_der(message, f, cipher, to, count, &der);
	layers_cms(message, gcm ? "authEnveloped-data" : "enveloped-data",
	    buf_slice(&der));
	buf_fini(&der);
}

void
layers_compress(struct buf *message)
{
	struct buf der;

	buf_init(&der, MESSAGE_MAX);
	compressed_sample(buf_slice(message), &der);
	layers_cms(message, "compressed-data", buf_slice(&der));
	buf_fini(&der);
}

void
layers_cms(struct buf *message, const char *kind, struct slice der)
{
	struct buf out;
	unsigned char *room;

	buf_init(&out, MESSAGE_MAX);
	buf_addf(&out,
	    "Content-Type: application/pkcs7-mime%s%s; name=smime.p7m\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n",
	    kind ? "; smime-type=" : "", kind ? kind : "");
	room = buf_reserve(&out, base64_size(der.len));
	assert_non_null(room);
	out.len += base64_encode(der, room);
	buf_fini(message);
	*message = out;
}

void
layers_finish(struct buf *message, const char *from)
{
	struct buf out;

	buf_init(&out, MESSAGE_MAX);
	buf_addf(&out,
	    "From: %s\r\nTo: bob@example.net\r\nSubject: layers\r\n"
	    "MIME-Version: 1.0\r\n",
	    from);
	buf_add_slice(&out, buf_slice(message));
	buf_fini(message);
	*message = out;
}
