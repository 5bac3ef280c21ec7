/*
 * seal.h: a keyed fingerprint of a protected message's parts as they left the
 * signer, small enough for one header field.
 *
 * A signature says that something was changed, never what.  The fingerprint
 * says the rest (seal_compare.h): for each part its place, sizes, and short
 * digests of its header, of its body, of the body without transfer encoding
 * and without white space.  From those, and without the message as it was,
 * one can tell an appended footer from a re-encoded part.
 *
 * It travels in the message and not in the store, because the guard has none:
 * it may be another machine, it has to work when the database does not, and a
 * message has another queue id, and often another Message-ID, by the time that
 * it gets there.
 *
 * What it is not: a second signature.  Nobody but the guard behind the signer
 * believes it, it is bound to nothing but key and content (no Message-ID:
 * mail servers add one), and whoever sees the message with its field can work
 * out another text with the same sum of its letters (struct seal_text).  The
 * digests that say "unchanged" are HMAC-SHA-256, and Poly1305 for all of the
 * message.  All of them are made anew, with another key derived from a random
 * number, for each message: fields of two messages with the same text have
 * nothing in common.
 *
 * Any thread; plain values, nothing to release.
 */
#ifndef SMIME_SEAL_H
#define SMIME_SEAL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/slice.h"
#include "mail/header.h"
#include "mail/mime_scan.h"
#include "mail/spool.h"

/* The field with the fingerprint; nobody's but ours, and the guard takes it
 * out of the message. */
#define SEAL_FIELD "X-SMIME-Seal"
/* The field that tells other filters to keep their hands off: what was done,
 * "signed", "encrypted" or "signed, encrypted". */
#define MARKER_FIELD "X-SMIME-Protected"

struct seal_key {
	unsigned char bytes[32];
};

/* Reads a key file: 64 hexadecimal digits, readable by its owner only, who is
 * us or root (base/secret.h).  Errors as there. */
int seal_key_read(
    const char *path, struct seal_key *out, struct err *err) MUST_USE;
/* One that nobody else has, for comparing two files. */
int seal_key_random(struct seal_key *out, struct err *err) MUST_USE;
void seal_key_wipe(struct seal_key *key);

/* What all work with fingerprints needs; both outlive it. */
struct seal_opts {
	const struct seal_key *key;
	const struct spool_config *spool; /* for bodies without their transfer
	                                   * encoding, one at a time */
};

#define SEAL_DIGEST 8

/* Text without its white space: how many bytes, and a sum of them by which
 * one sees a footer at either end or anywhere between (seal_digest.h). */
struct seal_text {
	uint64_t len;
	uint64_t sum;
};

/* Bytes as they stand. */
struct seal_bytes {
	uint64_t len;
	unsigned char digest[SEAL_DIGEST];
};

/* One part.  What is not of its kind is zero. */
struct seal_part {
	unsigned depth; /* 0 at the root */
	enum mime_kind kind;
	enum mime_cte cte;
	bool loose; /* outside of what is signed: the root of the message and
	             * the signature part.  Of their headers only Content-*
	             * fields count, however they are folded */
	struct seal_bytes header;
	/* A leaf. */
	struct seal_bytes raw;	  /* the body */
	struct seal_text letters; /* of the body */
	/* A leaf in base64 or quoted-printable; of others the same again. */
	struct seal_bytes decoded;
	struct seal_text decoded_letters;
	uint64_t blanks; /* SP and TAB in the decoded body */
	/* What contains parts. */
	bool in_ruins;		/* as a multipart it could not be trusted */
	struct seal_bytes glue; /* all that is in none of its parts: preamble,
	                         * delimiters, empty lines behind headers,
	                         * epilogue; of a loose one: nothing */
	struct seal_text preamble;
	struct seal_text epilogue;
};

/* What the root is. */
enum seal_root {
	SEAL_ROOT_OTHER = 0,
	SEAL_ROOT_DETACHED, /* multipart/signed with an S/MIME signature */
	SEAL_ROOT_CMS	    /* application/pkcs7-mime */
};

struct seal {
	unsigned char nonce[8];
	time_t when; /* by the signer's clock; 0 unless seal_read set it */
	/* Somebody else has protected it, so that its signature may have been
	 * bad when it was sealed; set between seal_take and seal_write. */
	bool passing;
	enum seal_root root;
	/* Content-* fields of the root and its body without white space at the
	 * end: by these one sees that nothing was changed. */
	unsigned char whole[16];
	/* Content-Type of the root: by this it is found inside of another
	 * message. */
	unsigned char type[SEAL_DIGEST];
	/* In the order of the document, children behind their parent. */
	struct seal_part parts[LIMIT_SEAL_PARTS];
	size_t count;
	struct seal_bytes rest; /* all of the parts for which there was no
	                         * room; len 0: none */
};

/* Takes the fingerprint of an entity: its Content-* fields, as
 * mime_entity_header writes them, and its body.  Error: the spool's, or no
 * random numbers; out is then worth nothing. */
int seal_take(const struct seal_opts *opts, const struct mime_tree *tree,
    struct seal *out, struct err *err) MUST_USE;

/*
 * Is this still the very message, but for folds of its Content-* fields and
 * white space behind its end?  One pass over the body and nothing else; true
 * also means that every signature in it is what it was when it was sealed.
 * header is that of the message, of which only Content-* fields count.
 */
bool seal_is_same(const struct seal *was, const struct seal_key *key,
    const struct header *header, struct slice body);

/* Appends the body of the field: leading blank, folds as LF + TAB, lines
 * below 78; printable ASCII.  now: for the log of the one who reads it.
 * Error: it did not fit into out (LIMIT_SEAL_FIELD is room enough), or
 * libcrypto's. */
int seal_write(const struct seal *s, const struct seal_key *key, time_t now,
    struct buf *out, struct err *err) MUST_USE;

enum seal_verdict {
	SEAL_ABSENT = 0, /* no such field */
	SEAL_FORGED,	 /* none of them was made with this key */
	SEAL_GOOD
};

/* Reads the SEAL_FIELD of a message, folded however; of several the first
 * that is good, and at most LIMIT_SEAL_FIELDS are looked at.  out is written
 * only when GOOD. */
enum seal_verdict seal_read(
    const struct header *header, const struct seal_key *key, struct seal *out);

#endif
