/*
 * cert_fixture.h: authorities and certificates for tests, made on the spot.
 *
 *	struct fixture_cert ca, bob;
 *
 *	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
 *	fixture_leaf(&bob, &ca,
 *	    &(struct fixture_opts){.address = "bob@example.net"});
 *	...
 *	fixture_fini(&bob);
 *
 * Left out means usual: a P-256 key, SHA-256, valid from a day ago for a
 * year, the key usage of an S/MIME certificate of that key type, EKU
 * emailProtection.  Extensions are written as in openssl.cnf
 * (x509v3_config(5)); "" leaves one out.  Failures abort the test program.
 */
#ifndef TESTS_UNIT_CERT_FIXTURE_H
#define TESTS_UNIT_CERT_FIXTURE_H

#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "cert/certificate.h"

struct fixture_cert {
	X509 *x509;
	EVP_PKEY *key;
	struct certificate *certificate; /* NULL when it cannot be parsed */
};

struct fixture_opts {
	const char *name;	     /* CN; NULL: "Test" */
	const char *organisation;    /* O; NULL: none */
	const char *subject_address; /* emailAddress in the subject */
	const char *address;	     /* SAN rfc822Name */
	const char *san;	     /* the whole SAN instead */
	const char *key;    /* "P-256", "P-384", "P-521", "RSA-2048" ...,
	                  * "RSA-PSS-2048", "ED25519", or another curve */
	EVP_PKEY *use_key;  /* this key instead; not taken */
	const char *digest; /* "SHA256" */
	const char *usage;  /* keyUsage */
	const char *extended_usage;
	const char *basic;	 /* basicConstraints */
	const char *constraints; /* nameConstraints */
	const char *policies;	 /* certificatePolicies */
	const char *extra_oid;	 /* one more extension ... */
	const char *extra;	 /* ... and its value, "critical,DER:0500" */
	struct slice raw_san;	 /* DER of the SAN value instead of san */
	long not_before;	 /* seconds from fixture_now(); 0: a day ago */
	long not_after;		 /* seconds from fixture_now(); 0: in a year */
	long serial;		 /* 0: random */
};

#define FIXTURE_DAY (24 * 3600L)

/* The time when the test program began. */
time_t fixture_now(void);

/* A self-signed authority. */
void fixture_ca(struct fixture_cert *out, const struct fixture_opts *opts);

/* An authority certified by another one. */
void fixture_intermediate(struct fixture_cert *out,
    const struct fixture_cert *issuer, const struct fixture_opts *opts);

/* A certificate for mail; issuer NULL: self-signed. */
void fixture_leaf(struct fixture_cert *out, const struct fixture_cert *issuer,
    const struct fixture_opts *opts);

void fixture_fini(struct fixture_cert *cert);

/* A new key of that kind; RSA keys of one size are made once and shared,
 * because they take long.  The caller frees it with EVP_PKEY_free. */
EVP_PKEY *fixture_key(const char *kind);

/* A key of its own, however long it takes. */
EVP_PKEY *fixture_fresh_key(const char *kind);

/* A modulus of that many bits, which nobody has the factors of, with that
 * exponent, or for 0 with one almost as long, which makes every operation
 * slow. */
EVP_PKEY *fixture_public_rsa(int bits, unsigned long e);

/* PEM of the certificate, and of its key as PKCS#8; appended. */
void fixture_cert_pem(const struct fixture_cert *cert, struct buf *out);
void fixture_key_pem(const struct fixture_cert *cert, struct buf *out);

/* DER of the key as PKCS#8; appended. */
void fixture_key_der(const struct fixture_cert *cert, struct buf *out);

/* Writes the bytes to a file of that mode. */
void fixture_write(const char *path, unsigned mode, const struct buf *data);

/* A folder of the test's own, removed with all in it by
 * fixture_folder_remove; the caller frees the name. */
char *fixture_folder(void);
void fixture_folder_remove(char *folder);

#endif
