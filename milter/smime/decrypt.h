/*
 * decrypt.h: enveloped-data and authEnveloped-data, with keys that are in
 * smime-keyd (rules X1 to X6).
 *
 * Our own reader of the CMS structures: OpenSSL's does not read what GnuPG
 * writes (X6) and takes broken OAEP parameters for PKCS#1 v1.5.  Nothing of
 * the plaintext leaves before all of it is decrypted and checked; every
 * failure looks the same to the sender and takes the same work (X4).
 */
#ifndef SMIME_DECRYPT_H
#define SMIME_DECRYPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "cert/store.h"
#include "key/key_client.h"
#include "mail/header.h"
#include "mail/spool.h"
#include "smime/content_guard.h"
#include "smime/envelope.h"
#include "smime/own_index.h"
#include "smime/recipient_info.h"

/* Opening an envelope for several readers, each with his own key. */
struct smime_open_opts {
	struct key_client *keys;
	const struct smime_reader *readers;
	size_t reader_count;
	bool only_entity; /* A content that is no MIME entity was decrypted
	                   * with a wrong key, which padding alone tells in
	                   * 255 cases of 256: the next key is tried. */
	struct content_guard *guard; /* NULL: none */
};

struct smime_opened {
	const struct store_own_cert *used; /* the certificate that opened it */
	struct recipient_info info;	   /* the RecipientInfo of that */
	const char *cipher;		   /* "aes256-cbc" ... */
	enum oid cipher_oid;
	bool authenticated; /* AuthEnvelopedData: the tag was right.  false:
	                     * CBC, integrity unknown (X3) */
	size_t recipients;  /* RecipientInfos in the message */
};

/*
 * The content of the envelope, written to out and finished.  reads, one for
 * each reader, tells whose own key opens it: a RecipientInfo that names him
 * holds the very content key that opened the content.  Whoever is only named,
 * beside somebody else's ciphertext, does not read it.
 *
 * Errors: not found when none of the certificates is a recipient, temporary
 * when keyd is away, permanent for everything else with one and the same
 * text.  reads is all false then.
 */
int smime_open(const struct smime_open_opts *opts,
    const struct envelope *envelope, struct spool *out, bool *reads,
    struct smime_opened *result, struct err *err) MUST_USE;

/* The same for one reader, who is shown whatever is inside; what is no entity
 * only when no other key finds one. */
struct smime_decrypt_opts {
	struct key_client *keys;
	const struct store_own_cert *own; /* certificates that may open it */
	size_t own_count;
};

struct smime_decrypted {
	const struct store_own_cert *used; /* which of own opened it */
	bool authenticated;		   /* as above */
	bool proven; /* authenticated, or an entity.  false: it may be what a
	              * wrong key made of it, once in 256 cases. */
	const char *cipher; /* "aes256-cbc" ... */
	size_t recipients;  /* RecipientInfos in the message */
};

/* The content of DER ContentInfo, written to out and finished. */
int smime_decrypt_der(const struct smime_decrypt_opts *opts, struct slice der,
    struct spool *out, struct smime_decrypted *result,
    struct err *err) MUST_USE;

/* The same for a message: header and base64 (or other CTE) body of
 * application/pkcs7-mime at the root. */
int smime_decrypt(const struct smime_decrypt_opts *opts,
    const struct header *header, struct slice body, struct spool *out,
    struct smime_decrypted *result, struct err *err) MUST_USE;

/* Whom an envelope that was read is encrypted to, for the log: "issuer serial"
 * or the key identifier in hex, on one line with "; " between, as many as fit
 * into LIMIT_RECIPIENTS_SHOWN; "..." stands for the others.
 * Printable ASCII.  Nothing behind what breaks the grammar. */
void smime_recipient_list(const struct envelope *envelope, struct buf *out);

/* How many RecipientInfos there are, as far as they can be read, and whether
 * one of them names a certificate of the readers. */
size_t smime_recipient_count(const struct envelope *envelope,
    const struct smime_reader *readers, size_t reader_count, bool *named);

#endif
