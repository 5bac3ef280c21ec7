/* bench.h: what the bounds of the benchmark have in common. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <libmilter/mfapi.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/* Takes no answers but at the end of the header and of the message. */
sfsistat bench_negotiate(SMFICTX *ctx, unsigned long actions,
    unsigned long steps, unsigned long reserved0, unsigned long reserved1,
    unsigned long *actions_out, unsigned long *steps_out,
    unsigned long *reserved0_out, unsigned long *reserved1_out);

/* Callbacks that want nothing. */
sfsistat bench_on_path(SMFICTX *ctx, char **args);
sfsistat bench_on_header(SMFICTX *ctx, char *name, char *value);
sfsistat bench_on_end_of_header(SMFICTX *ctx);

/* Serves on a unix socket until SIGTERM; the exit status. */
int bench_milter_main(struct smfiDesc *milter, const char *socket_path);

/* Certificate and private key of a PEM file; exits when it has none. */
void bench_read_pem(const char *file, X509 **certificate, EVP_PKEY **key);

/* multipart/signed around a text/plain entity with this body, by the plain
 * calls of OpenSSL with the key in this process.  The caller frees the
 * result; NULL when something failed. */
char *bench_sign(X509 *certificate, EVP_PKEY *key, const char *body,
    size_t body_size, size_t *size);

#endif
