/* smime_fixture.c: see smime_fixture.h.  One thread. */
#include "unit/unit.h"

#include "unit/smime_fixture.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "base/alloc.h"

void
smime_fixture_start(struct smime_fixture *f)
{
	keyd_fixture_start(&f->keyd);
	f->keys = key_client_new(f->keyd.socket, 2, 30000);
	fixture_ca(&f->root, &(struct fixture_opts){.name = "Root"});
	fixture_intermediate(&f->intermediate, &f->root,
	    &(struct fixture_opts){.name = "Intermediate"});
	/* Small, so that larger messages go through a file. */
	f->spool = (struct spool_config){
	    .memory = 65536, .max = 64u << 20, .folder = f->keyd.folder};
}

void
smime_fixture_stop(struct smime_fixture *f)
{
	fixture_fini(&f->intermediate);
	fixture_fini(&f->root);
	key_client_free(f->keys);
	keyd_fixture_stop(&f->keyd);
}

static void
seal(struct smime_fixture *f, struct smime_user *user)
{
	struct store_own_cert *own = &user->own;
	struct key_sealed sealed;
	struct err err = {0};
	struct buf key;

	buf_init(&key, 65536);
	fixture_key_der(&user->cert, &key);
	key_sealed_init(&sealed);
	if (key_wrap(f->keys, buf_slice(&key), &sealed, &err))
		fail_msg("key_wrap: %s", err.text);
	own->wrapped = xmalloc(sealed.wrapped.len);
	own->wrapped_len = sealed.wrapped.len;
	memcpy(own->wrapped, sealed.wrapped.data, sealed.wrapped.len);
	key_sealed_fini(&sealed);
	buf_wipe(&key);
}

void
smime_user_adopt(
    struct smime_fixture *f, struct smime_user *user, struct fixture_cert *cert)
{
	struct err err;

	*user = (struct smime_user){.cert = *cert};
	store_own_cert_init(&user->own);
	assert_non_null(user->cert.certificate);
	user->own.certificate = certificate_ref(user->cert.certificate);
	certificate_list_add(&user->own.chain, f->intermediate.certificate);
	seal(f, user);
	if (smime_identity_new(&user->own, NULL, &user->identity, &err))
		user->identity = NULL;
}

void
smime_user_make(struct smime_fixture *f, struct smime_user *user,
    const struct fixture_opts *opts)
{
	struct fixture_cert cert;

	fixture_leaf(&cert, &f->intermediate, opts);
	smime_user_adopt(f, user, &cert);
}

void
smime_user_fini(struct smime_user *user)
{
	smime_identity_release(&user->identity);
	store_own_cert_fini(&user->own);
	fixture_fini(&user->cert);
}

void
smime_cms_der(CMS_ContentInfo *cms, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);

	assert_true(len > 0);
	buf_add(out, der, (size_t)len);
	assert_true(buf_ok(out));
	OPENSSL_free(der);
}

CMS_ContentInfo *
smime_cms_parse(struct slice der)
{
	const unsigned char *at = der.data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);

	if (!cms || at != der.data + der.len) {
		ERR_print_errors_fp(stderr);
		fail_msg("not a CMS ContentInfo");
	}
	return cms;
}

BIO *
smime_cms_verify(struct smime_fixture *f, CMS_ContentInfo *cms,
    struct slice content, bool detached)
{
	X509_STORE *store = X509_STORE_new();
	BIO *in = BIO_new_mem_buf(content.data, (int)content.len);
	BIO *out = BIO_new(BIO_s_mem());

	assert_int_equal(X509_STORE_add_cert(store, f->root.x509), 1);
	if (CMS_verify(
		cms, NULL, store, detached ? in : NULL, out, CMS_BINARY) != 1) {
		BIO_free(out);
		out = NULL;
	}
	ERR_clear_error();
	BIO_free(in);
	X509_STORE_free(store);
	return out;
}

void
smime_message_parse(struct smime_message *m, struct slice text)
{
	bool complete;
	size_t body;

	header_init(&m->header);
	body = header_parse(&m->header, text, &complete);
	m->body = slice_part(text, body, text.len);
}

void
smime_message_fini(struct smime_message *m)
{
	header_fini(&m->header);
}

unsigned char *
smime_noise(size_t len)
{
	unsigned char *noise = xmalloc(len + 1);
	uint32_t state = 1;

	for (size_t i = 0; i < len; i++) {
		state = state * 1664525u + 1013904223u;
		noise[i] = (unsigned char)(state >> 24);
	}
	return noise;
}

size_t
smime_find(struct slice bytes, struct slice needle)
{
	const unsigned char *at =
	    memmem(bytes.data, bytes.len, needle.data, needle.len);

	if (!at)
		fail_msg("the bytes looked for are not there");
	return (size_t)(at - bytes.data);
}
