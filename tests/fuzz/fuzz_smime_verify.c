/*
 * Verifying: whole messages, and CMS alone (what begins like a SEQUENCE), as
 * a detached signature and with its content inside.  Nobody is trusted, so
 * that nothing may ever be valid.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include <openssl/err.h>

#include "base/limits.h"
#include "mail/mime_codec.h"
#include "smime/verify.h"

#define NOW 1700000000
#define MAX ((size_t)16 * MIB)

static const struct spool_config config = {
    .memory = MAX, .max = MAX, .folder = "/tmp"};

static struct trust *
nobody(void)
{
	static struct trust *trust;
	const struct trust_config none = {0};
	struct err err;

	if (!trust)
		FUZZ_CHECK(trust_load(&none, &trust, &err) == 0);
	return trust;
}

static void
check_facts(const struct smime_verdict *v)
{
	FUZZ_CHECK(v->status != SMIME_VALID && v->status != SMIME_MISMATCH);
	FUZZ_CHECK(!v->trusted && !v->revocation_checked);
	FUZZ_CHECK(v->signers <= LIMIT_SIGNERS);
	FUZZ_CHECK(v->certificates.count <= LIMIT_CERTIFICATES_PER_MESSAGE);
	FUZZ_CHECK(v->detail && v->digest);
	FUZZ_CHECK(!v->intact || (v->signer && v->signers > 0));
	/* What a signer claims is taken over only when its signature holds. */
	if (v->status == SMIME_UNSIGNED)
		FUZZ_CHECK(!v->intact && !v->signer && v->signers == 0);
	if (v->status == SMIME_MALFORMED || v->signers == 0)
		FUZZ_CHECK(!v->intact);
	if (v->preferred || v->capabilities.len > 0)
		FUZZ_CHECK(v->signer);
}

static void
verify(struct slice message)
{
	struct smime_verify_opts opts = {
	    .trust = nobody(), .now = NOW, .from = "alice@example.org"};
	struct smime_verdict v;
	struct header header;
	struct err err = {0};
	bool complete;
	size_t body;

	header_init(&header);
	body = header_parse(&header, message, &complete);
	smime_verdict_init(&v, &config);
	if (smime_verify(&opts, &header, slice_part(message, body, message.len),
		&v, &err) == 0)
		check_facts(&v);
	else
		FUZZ_CHECK(err.class == ERR_PERMANENT); /* over MAX */
	smime_verdict_fini(&v);
	header_fini(&header);
	FUZZ_CHECK(ERR_peek_error() == 0);
}

static void
verify_detached(struct slice der)
{
	struct buf message;
	unsigned char *at;

	buf_init(&message, MAX);
	buf_add_text(&message,
	    "Content-Type: multipart/signed; boundary=b;\r\n"
	    "\tprotocol=\"application/pkcs7-signature\"\r\n\r\n--b\r\n"
	    "Content-Type: text/plain\r\n\r\nHello\r\n"
	    "\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n");
	at = buf_reserve(&message, base64_size(der.len));
	if (at)
		message.len += base64_encode(der, at);
	buf_add_text(&message, "--b--\r\n");
	if (buf_ok(&message))
		verify(buf_slice(&message));
	buf_fini(&message);
}

static void
verify_opaque(struct slice der)
{
	struct buf message;

	buf_init(&message, MAX);
	buf_add_text(&message,
	    "Content-Type: application/pkcs7-mime; name=smime.p7m\r\n"
	    "Content-Transfer-Encoding: binary\r\n\r\n");
	buf_add_slice(&message, der);
	verify(buf_slice(&message));
	buf_fini(&message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size);

	if (size > 0 && data[0] == 0x30) {
		verify_detached(in);
		verify_opaque(in);
	} else {
		verify(in);
	}
	return 0;
}
