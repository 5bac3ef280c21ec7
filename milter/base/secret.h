/*
 * secret.h: a few bytes that must not leak.
 *
 * They lie on pages of their own between two that nobody can touch; they are
 * left out of core dumps, zero in a child, kept out of swap when the system
 * allows, and overwritten when released.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

#include "base/err.h"

struct secret {
	unsigned char *data; /* owned; NULL when empty */
	size_t len;
};

/* Room for len bytes, zero.  Error: temporary, no memory. */
int secret_init(struct secret *s, size_t len, struct err *err) MUST_USE;

/* Overwrites and releases; s is empty and may be released again. */
void secret_fini(struct secret *s);

/* Fills a new secret with random bytes. */
int secret_random(struct secret *s, size_t len, struct err *err) MUST_USE;

/*
 * Reads a secret of exactly len bytes, written as 2 * len hexadecimal digits
 * with or without a final newline, from a file that only its owner can read.
 * Errors, each of which says what mends it: not found, permanent (mode,
 * owner, contents).
 */
int secret_read_file(
    struct secret *s, const char *path, size_t len, struct err *err) MUST_USE;

/* Writes the secret as secret_read_file reads it to a new file, mode 0400.
 * Never replaces a file: permanent error when there is one. */
int secret_write_new_file(
    const struct secret *s, const char *path, struct err *err) MUST_USE;

#endif
