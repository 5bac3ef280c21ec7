/*
 * null_milter.c: a milter that does nothing, as the bound for unsigned mail.
 *
 *   null_milter SOCKET
 *
 * Takes every callback that smime-milter takes and negotiates the same
 * steps, so that the difference between the two is what smime-milter does.
 */
#include <stdio.h>
#include <string.h>

#include <libmilter/mfapi.h>

#include "bench/bench.h"

static sfsistat
on_connect(SMFICTX *ctx, char *host, struct sockaddr *address)
{
	(void)ctx;
	(void)host;
	(void)address;
	return SMFIS_NOREPLY;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return SMFIS_NOREPLY;
}

int
main(int argc, char **argv)
{
	static char name[] = "null_milter";
	struct smfiDesc milter = {
	    .xxfi_name = name,
	    .xxfi_version = SMFI_VERSION,
	    .xxfi_connect = on_connect,
	    .xxfi_envfrom = bench_on_path,
	    .xxfi_envrcpt = bench_on_path,
	    .xxfi_header = bench_on_header,
	    .xxfi_eoh = bench_on_end_of_header,
	    .xxfi_body = on_body,
	    .xxfi_eom = bench_on_end_of_header,
	    .xxfi_negotiate = bench_negotiate,
	};

	if (argc != 2) {
		fprintf(stderr, "usage: null_milter SOCKET\n");
		return 2;
	}
	return bench_milter_main(&milter, argv[1]);
}
