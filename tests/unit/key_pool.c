/* key_pool.c: see key_pool.h. */
#include "unit/key_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>

#define SIZES 16 /* below so many times 1024 bits */

/* "" where there is no folder: then keys are not kept. */
static const char *
folder(void)
{
	static char path[3000];
	const char *named = getenv("TEST_KEYS"), *top = getenv("top_builddir");

	if (named && *named)
		snprintf(path, sizeof(path), "%s", named);
	else if (top && *top)
		snprintf(path, sizeof(path), "%s/tests/keys", top);
	if (*path)
		(void)mkdir(path, 0700);
	return path;
}

static EVP_PKEY *
read_key(const char *path)
{
	EVP_PKEY *key = NULL;
	FILE *in = fopen(path, "r");

	if (in) {
		key = PEM_read_PrivateKey(in, NULL, NULL, NULL);
		fclose(in);
	}
	return key;
}

/* Whole or not at all: another test may be at it. */
static void
write_key(EVP_PKEY *key, const char *path)
{
	char unfinished[4000];
	mode_t mask = umask(077);
	FILE *out;

	snprintf(unfinished, sizeof(unfinished), "%s.%d", path, (int)getpid());
	out = fopen(unfinished, "w");
	umask(mask);
	if (!out)
		return;
	if (PEM_write_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) ==
		1 &&
	    fflush(out) == 0)
		(void)rename(unfinished, path);
	fclose(out);
}

EVP_PKEY *
key_pool_rsa(unsigned bits)
{
	static unsigned taken[SIZES];
	EVP_PKEY *key;
	char path[3500];

	if (bits / 1024 >= SIZES || bits % 1024 != 0 || !*folder())
		return EVP_RSA_gen(bits);
	snprintf(path, sizeof(path), "%s/rsa-%u-%u.pem", folder(), bits,
	    taken[bits / 1024]++);
	key = read_key(path);
	if (key)
		return key;
	key = EVP_RSA_gen(bits);
	if (key)
		write_key(key, path);
	return key;
}
