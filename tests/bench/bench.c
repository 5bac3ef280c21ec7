/* bench.c: see bench.h. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/cms.h>
#include <openssl/pem.h>

#define BOUNDARY "----=_bench_0123456789abcdef0123456789abcdef"

sfsistat
bench_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long reserved0, unsigned long reserved1,
    unsigned long *actions_out, unsigned long *steps_out,
    unsigned long *reserved0_out, unsigned long *reserved1_out)
{
	(void)ctx;
	(void)actions;
	(void)steps;
	(void)reserved0;
	(void)reserved1;
	*actions_out = SMFIF_CHGHDRS | SMFIF_CHGBODY;
	*steps_out = SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NODATA |
		     SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_RCPT |
		     SMFIP_NR_HDR | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC;
	*reserved0_out = *reserved1_out = 0;
	return SMFIS_CONTINUE;
}

sfsistat
bench_on_path(SMFICTX *ctx, char **args)
{
	(void)ctx;
	(void)args;
	return SMFIS_NOREPLY;
}

sfsistat
bench_on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
	return SMFIS_NOREPLY;
}

sfsistat
bench_on_end_of_header(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

int
bench_milter_main(struct smfiDesc *milter, const char *socket_path)
{
	char connection[256];

	snprintf(connection, sizeof(connection), "unix:%s", socket_path);
	unlink(socket_path);
	if (smfi_register(*milter) == MI_FAILURE ||
	    smfi_setconn(connection) == MI_FAILURE ||
	    smfi_opensocket(1) == MI_FAILURE) {
		fprintf(stderr, "%s: cannot listen\n", socket_path);
		return 1;
	}
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}

void
bench_read_pem(const char *file, X509 **certificate, EVP_PKEY **key)
{
	FILE *f = fopen(file, "r");

	*certificate = NULL;
	*key = NULL;
	if (f) {
		*certificate = PEM_read_X509(f, NULL, NULL, NULL);
		rewind(f);
		*key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		fclose(f);
	}
	if (!*certificate || !*key) {
		fprintf(stderr, "%s: no certificate with its key\n", file);
		exit(1);
	}
}

static int
add_base64(BIO *out, CMS_ContentInfo *cms)
{
	unsigned char *der = NULL;
	int size = i2d_CMS_ContentInfo(cms, &der);
	char line[80];

	for (int at = 0; at < size; at += 57) {
		int n = size - at > 57 ? 57 : size - at;

		n = EVP_EncodeBlock((unsigned char *)line, der + at, n);
		BIO_write(out, line, n);
		BIO_write(out, "\r\n", 2);
	}
	OPENSSL_free(der);
	return size > 0 ? 0 : -1;
}

char *
bench_sign(X509 *certificate, EVP_PKEY *key, const char *body, size_t body_size,
    size_t *size)
{
	static const char head[] = "Content-Type: text/plain; charset=utf-8"
				   "\r\n\r\n";
	const unsigned flags =
	    CMS_BINARY | CMS_DETACHED | CMS_NOSMIMECAP | CMS_PARTIAL;
	BIO *content = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = NULL;
	char *data, *result = NULL;
	long n;

	BIO_write(content, head, sizeof(head) - 1);
	BIO_write(content, body, (int)body_size);
	BIO_printf(out, "--" BOUNDARY "\r\n");
	n = BIO_get_mem_data(content, &data);
	BIO_write(out, data, (int)n);
	cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	if (!cms ||
	    !CMS_add1_signer(cms, certificate, key, EVP_sha256(), flags) ||
	    CMS_final(cms, content, NULL, flags) != 1)
		goto done;
	BIO_printf(out, "\r\n--" BOUNDARY
			"\r\nContent-Type: application/pkcs7-signature\r\n"
			"Content-Transfer-Encoding: base64\r\n\r\n");
	if (add_base64(out, cms))
		goto done;
	BIO_printf(out, "\r\n--" BOUNDARY "--\r\n");
	n = BIO_get_mem_data(out, &data);
	result = malloc((size_t)n);
	if (result)
		memcpy(result, data, (size_t)n);
	*size = (size_t)n;
done:
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	BIO_free(out);
	return result;
}
