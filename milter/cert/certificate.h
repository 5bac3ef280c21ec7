/*
 * certificate.h: one X.509 certificate, parsed once, shared by all threads.
 *
 * Immutable and counted.  Parsing is slow (a tenth of a millisecond, partly
 * under a lock of OpenSSL), so parsed certificates are kept and passed
 * around, never made per message where that can be helped.
 */
#ifndef CERT_CERTIFICATE_H
#define CERT_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

#include "base/err.h"
#include "base/slice.h"

#define FINGERPRINT_SIZE 32
#define FINGERPRINT_TEXT (2 * FINGERPRINT_SIZE + 1)

enum certificate_key {
	CERTIFICATE_KEY_OTHER = 0, /* none that we can use */
	CERTIFICATE_KEY_RSA,
	CERTIFICATE_KEY_RSA_PSS,  /* id-RSASSA-PSS: signs only */
	CERTIFICATE_KEY_RSA_OAEP, /* id-RSAES-OAEP: OAEP only (RFC 3560 4) */
	CERTIFICATE_KEY_EC,	  /* P-256, P-384, P-521 */
	CERTIFICATE_KEY_ED25519
};

/* CA/Browser Forum S/MIME BR 7.1.6.1 (rule C1). */
enum certificate_level {
	CERTIFICATE_LEVEL_UNKNOWN = 0, /* no such policy: a private CA */
	CERTIFICATE_LEVEL_MAILBOX,
	CERTIFICATE_LEVEL_ORGANISATION,
	CERTIFICATE_LEVEL_SPONSOR,
	CERTIFICATE_LEVEL_INDIVIDUAL
};

struct certificate {
	int refs;
	X509 *x509;
	struct slice der;			     /* as long as this */
	unsigned char fingerprint[FINGERPRINT_SIZE]; /* SHA-256 of der */
	char fingerprint_text[FINGERPRINT_TEXT];
	unsigned char key_id[32]; /* SHA-256 of the SPKI */
	char **addresses; /* canonical; SAN rfc822Name and SmtpUTF8Mailbox;
	                   * without any in the SAN: emailAddress of the
	                   * subject (rule V9, RFC 8550 section 3) */
	size_t address_count;
	char *subject; /* RFC 2253, for people */
	char *issuer;
	char *serial; /* upper-case hex */
	time_t not_before;
	time_t not_after;
	enum certificate_key key;
	int key_bits;
	enum certificate_level level;
	bool is_ca;
	bool self_issued; /* subject equals issuer */
	bool strong;	  /* see certificate_is_strong */
	bool may_sign;	  /* no authority, and key, KU and EKU allow to
	                * sign mail (rule V10) */
	bool may_encrypt; /* key, KU and EKU allow to receive content keys
	                   * (rule E6) */
};

/* SHA-256 as it is used for fingerprints and key ids; 32 bytes. */
void certificate_sha256(struct slice data, unsigned char *digest);

/* Parses exactly one DER certificate; trailing bytes are an error.  The
 * caller gets one reference. */
int certificate_parse(
    struct slice der, struct certificate **out, struct err *err) MUST_USE;

/* The same for a parsed X509, whose own encoding is used. */
int certificate_from_x509(
    X509 *x509, struct certificate **out, struct err *err) MUST_USE;

/* Are they the same, byte for byte? */
bool certificate_is_same(
    const struct certificate *a, const struct certificate *b);

struct certificate *certificate_ref(struct certificate *c);
/* Drops a reference and sets *c to NULL; NULL is fine. */
void certificate_unref(struct certificate **c);

/* Seconds since 1970 of a UTCTime or GeneralizedTime; -1 when it is
 * malformed. */
int certificate_time(const ASN1_TIME *from, time_t *out) MUST_USE;

/* May an authority or user with these extensions take part in mail: EKU
 * absent, emailProtection or any (RFC 8550 4.4.4). */
bool certificate_is_for_mail(X509 *x509);

/* Is the signature on it made with an algorithm that still holds? */
bool certificate_has_strong_signature(X509 *x509);

/* Is the canonical address one of its addresses? */
bool certificate_has_address(
    const struct certificate *c, const char *canonical);

/* Is it a key that this project uses, and strong enough (rule D1: RSA 2048
 * to LIMIT_RSA_BITS, the three P curves, Ed25519), with a signature
 * algorithm that is neither SHA-1 nor MD5? */
bool certificate_is_strong(const struct certificate *c);

const char *certificate_level_name(enum certificate_level level);

/* Several certificates, each with a reference. */
struct certificate_list {
	struct certificate **at;
	size_t count;
	size_t size;
};
void certificate_list_init(struct certificate_list *list);
void certificate_list_fini(struct certificate_list *list);
/* Takes a reference of its own. */
void certificate_list_add(struct certificate_list *list, struct certificate *c);
bool certificate_list_has(
    const struct certificate_list *list, const struct certificate *c);

/* Adds all certificates of PEM or DER (one or concatenated) text; at most
 * LIMIT_CERTIFICATES_PER_MESSAGE.  Other PEM blocks are passed over.
 * Permanent error when there is none, when there are more, or when one is
 * malformed; nothing is added then. */
int certificate_list_read(
    struct certificate_list *list, struct slice text, struct err *err) MUST_USE;

/* The same for at most max certificates. */
int certificate_list_read_max(struct certificate_list *list, struct slice text,
    size_t max, struct err *err) MUST_USE;

/* Concatenated DER, as the store keeps chains. */
struct buf;
void certificate_list_write_der(
    const struct certificate_list *list, struct buf *out);

#endif
