/*
 * key_file.h: private keys and certificates as people bring them.
 *
 * PKCS#12; PEM with a key (PKCS#8 or traditional, encrypted or not) and
 * certificates in any order; DER of a key.  This is the only place in the
 * project, apart from the local authority, where a private key that is not
 * sealed comes into a process other than smime-keyd, and only for as long as
 * it takes to hand it over.
 */
#ifndef ADMIN_KEY_FILE_H
#define ADMIN_KEY_FILE_H

#include <openssl/evp.h>

#include "admin/passphrase.h"
#include "base/err.h"
#include "base/slice.h"
#include "cert/certificate.h"

struct key_file {
	EVP_PKEY *key; /* never NULL after key_file_read */
	struct certificate_list certificates; /* all in the file; may be none */
};

void key_file_init(struct key_file *f);
/* Wipes and frees the key. */
void key_file_fini(struct key_file *f);

/*
 * Reads the content of a file.  The passphrase is asked for when the key is
 * encrypted with one that is not empty.  Permanent errors, one line each,
 * without the name of the file: not readable as any of the forms, no private
 * key in it, several of them, wrong passphrase, an algorithm that this
 * OpenSSL does not have, absurdly many iterations (key_work.h).
 */
int key_file_read(struct slice content, struct passphrase *passphrase,
    struct key_file *out, struct err *err) MUST_USE;

/* The certificate of the key: among several the one that begins last; NULL
 * when none is.  Borrowed from the list. */
struct certificate *key_file_certificate(const struct key_file *f);

/* Appends the DER of the key's PKCS#8; wipe out after use. */
int key_file_pkcs8(
    const struct key_file *f, struct buf *out, struct err *err) MUST_USE;

#endif
