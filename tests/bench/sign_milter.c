/*
 * sign_milter.c: a milter that only signs, with the key in its own process,
 * as the bound for signed mail: libmilter and OpenSSL and nothing else.
 *
 *   sign_milter SOCKET PEM
 *
 * It asks nobody whether it should, looks at nothing in the message, and
 * would break every second one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmilter/mfapi.h>

#include "bench/bench.h"

static X509 *certificate;
static EVP_PKEY *key;

struct message {
	char *data;
	size_t size;
};

static sfsistat
on_connect(SMFICTX *ctx, char *host, struct sockaddr *address)
{
	(void)host;
	(void)address;
	smfi_setpriv(ctx, calloc(1, sizeof(struct message)));
	return SMFIS_NOREPLY;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	struct message *m = smfi_getpriv(ctx);
	char *more = realloc(m->data, m->size + len);

	if (!more)
		return SMFIS_TEMPFAIL;
	memcpy(more + m->size, data, len);
	m->data = more;
	m->size += len;
	return SMFIS_NOREPLY;
}

static void
message_clear(struct message *m)
{
	free(m->data);
	*m = (struct message){0};
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
	static char type[] = " multipart/signed; micalg=sha-256;\n\t"
			     "protocol=\"application/pkcs7-signature\"";
	static char type_name[] = "Content-Type";
	static char encoding_name[] = "Content-Transfer-Encoding";
	struct message *m = smfi_getpriv(ctx);
	size_t size = 0;
	char *signed_body =
	    bench_sign(certificate, key, m->data, m->size, &size);
	sfsistat rc = SMFIS_TEMPFAIL;

	if (signed_body &&
	    smfi_chgheader(ctx, type_name, 1, type) == MI_SUCCESS &&
	    smfi_chgheader(ctx, encoding_name, 1, NULL) == MI_SUCCESS &&
	    smfi_replacebody(ctx, (unsigned char *)signed_body, (int)size) ==
		MI_SUCCESS)
		rc = SMFIS_ACCEPT;
	free(signed_body);
	message_clear(m);
	return rc;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	message_clear(smfi_getpriv(ctx));
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	struct message *m = smfi_getpriv(ctx);

	if (m)
		message_clear(m);
	free(m);
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

int
main(int argc, char **argv)
{
	static char name[] = "sign_milter";
	struct smfiDesc milter = {
	    .xxfi_name = name,
	    .xxfi_version = SMFI_VERSION,
	    .xxfi_flags = SMFIF_CHGHDRS | SMFIF_CHGBODY,
	    .xxfi_connect = on_connect,
	    .xxfi_envfrom = bench_on_path,
	    .xxfi_envrcpt = bench_on_path,
	    .xxfi_header = bench_on_header,
	    .xxfi_eoh = bench_on_end_of_header,
	    .xxfi_body = on_body,
	    .xxfi_eom = on_end_of_message,
	    .xxfi_abort = on_abort,
	    .xxfi_close = on_close,
	    .xxfi_negotiate = bench_negotiate,
	};

	if (argc != 3) {
		fprintf(stderr, "usage: sign_milter SOCKET PEM\n");
		return 2;
	}
	bench_read_pem(argv[2], &certificate, &key);
	return bench_milter_main(&milter, argv[1]);
}
