/*
 * sign_only.c: signs messages in its own process, without any milter, as the
 * bound that no milter on this machine can reach.
 *
 *   sign_only PEM THREADS MESSAGES BODY_BYTES
 *
 * Prints {"rate": messages per second}.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"

static X509 *certificate;
static EVP_PKEY *key;
static char *body;
static size_t body_size;

static void *
run(void *arg)
{
	size_t size;

	for (unsigned n = *(unsigned *)arg; n > 0; n--) {
		char *signed_body =
		    bench_sign(certificate, key, body, body_size, &size);

		if (!signed_body)
			exit(1);
		free(signed_body);
	}
	return NULL;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	pthread_t threads[64];
	unsigned count, messages;
	double start;

	if (argc != 5) {
		fprintf(stderr,
		    "usage: sign_only PEM THREADS MESSAGES BODY_BYTES\n");
		return 2;
	}
	bench_read_pem(argv[1], &certificate, &key);
	count = (unsigned)atoi(argv[2]);
	messages = (unsigned)atoi(argv[3]);
	body_size = (size_t)atol(argv[4]);
	if (count == 0 || count > 64 || messages < count)
		return 2;
	messages /= count;
	body = malloc(body_size);
	if (!body)
		return 1;
	memset(body, 'x', body_size);
	start = now();
	for (unsigned i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, run, &messages);
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("{\"rate\": %.1f}\n", messages * count / (now() - start));
	free(body);
	return 0;
}
