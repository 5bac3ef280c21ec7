/*
 * layers.h: what a message is made of, from the root inwards: signed,
 * compressed, encrypted in any order (rules V2, V7, V8, X1 to X10).
 *
 * Only root layers are read: the root of the message, then what is directly
 * inside an opaque signature, a compression, a ciphertext that one of the
 * readers can open, or is part 1 of a well-formed multipart/signed.  Never a
 * part of another multipart, never a message inside the message.
 */
#ifndef SMIME_LAYERS_H
#define SMIME_LAYERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/slice.h"
#include "cert/store.h"
#include "key/key_client.h"
#include "mail/header.h"
#include "mail/spool.h"
#include "smime/detect.h"
#include "smime/own_index.h" /* struct smime_reader */
#include "smime/plaintext.h"
#include "smime/verify.h"

struct smime_layers_opts {
	struct smime_verify_opts verify;
	struct key_client *keys; /* NULL: nothing is decrypted */
	const struct smime_reader *readers;
	size_t reader_count;
	struct content_guard *guard; /* NULL: none */
	bool takes_8bit; /* whoever gets the message takes it 8-bit, or may
	                  * convert it (RFC 6152) */
};

enum smime_decryption {
	SMIME_CLEAR = 0, /* nothing is encrypted */
	SMIME_CLOSED,	 /* encrypted; why it was not opened is told to nobody
	                  * (rule X4) */
	SMIME_OPENED
};
/* The word: "clear", "closed", "opened" */
const char *smime_decryption_name(enum smime_decryption decryption);

/* IMAP sections of eight layers, one digit each, with "/" between. */
#define SMIME_PART_TEXT (2 * LIMIT_LAYERS)

struct smime_layers {
	/* Of THE signature of the message: the outermost one inside the
	 * innermost encryption that was opened.  Encrypted and not opened, or
	 * signed only outside of the encryption (V8): SMIME_UNSIGNED, and its
	 * detail says so. */
	struct smime_verdict verdict;
	/* From the root inwards, as far as could be seen. */
	enum smime_kind kinds[LIMIT_LAYERS];
	size_t count;
	bool signed_outside; /* a signature around the encryption, and none was
	                      * seen inside (V8) */
	enum smime_decryption decryption;
	/* Of each reader: his own key opens the content; owned.  All false
	 * unless OPENED. */
	bool *reads;
	char fingerprint[FINGERPRINT_TEXT]; /* own certificate that opened it
	                                     * first, or "" */
	const char *cipher; /* "aes256-cbc" ... of the outermost encryption;
	                     * "" when there is none or it is unknown */
	bool authenticated; /* OPENED: every encryption had a good tag (GCM,
	                     * ChaCha20-Poly1305) */
	unsigned used;	    /* set of enum store_used: what the sender did; to
	                     * be believed when the verdict is */
	/* Section of the signature (rule A3, RFC 7281 3.2.1) in the message as
	 * it is read: of what was decrypted when it was.  "2", "1", "1/2"
	 * (inside a compression) ...; "" without one, or unwrapped. */
	char part[SMIME_PART_TEXT];
	bool unwrapped; /* OPENED: it had to be left out of what is delivered,
	                 * which no road would leave as it was signed */
	/* OPENED: the entity that takes the place of the message's own, valid
	 * (rule X8) and with CRLF line ends: its Content-* fields (none others;
	 * as copies), and its body, valid until smime_layers_fini. */
	struct header content;
	struct slice body;
	/* Encrypted: to whom, for the log: "issuer serial" or key identifier
	 * each, "; " between, at most LIMIT_RECIPIENTS_SHOWN octets of
	 * printable ASCII. */
	struct buf recipients;
	size_t recipient_count; /* RecipientInfos; 0: none was read */
	bool is_for_reader;	/* a certificate of one of the readers is among
	                     * them, as anybody can see */

	struct plaintext plaintext; /* private: what content is taken from */
};

void smime_layers_init(
    struct smime_layers *l, const struct spool_config *config);
void smime_layers_fini(struct smime_layers *l);

/*
 * Reads a message by its header and body (exact bytes, CRLF) into out, which
 * was only initialised.  Whatever the message holds ends in a result; errors
 * are temporary: the key process is away though one of the readers'
 * certificates fits, or the spool fails.
 *
 * Over LIMIT_LAYERS, or when a compressed layer is a bomb, nobody can say what
 * the message is: the verdict is SMIME_UNSUPPORTED; inside of a ciphertext it
 * counts as not opened.
 */
int smime_layers_read(const struct smime_layers_opts *opts,
    const struct header *header, struct slice body, struct smime_layers *out,
    struct err *err) MUST_USE;

#endif
