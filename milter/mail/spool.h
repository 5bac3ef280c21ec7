/*
 * spool.h: the bytes of one message, in memory first, then in a file.
 *
 * Bytes above the memory limit move to an unlinked temporary file, so that
 * a large message costs no memory, nobody else can read it, and nothing is
 * left behind by a crash.  Once finished the bytes are one slice (the file
 * is mapped), whatever their number.
 */
#ifndef MAIL_SPOOL_H
#define MAIL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* Where and how much; shared by all spools, outlives them. */
struct spool_config {
	size_t memory;	    /* bytes kept in memory; more go to the file */
	size_t max;	    /* bytes in all; more is a permanent error */
	const char *folder; /* for the temporary file, e.g. "/var/tmp" */
};

struct spool {
	const struct spool_config *config;
	struct buf memory;
	int fd;		    /* -1 while in memory */
	size_t size;	    /* bytes written so far */
	unsigned char *map; /* the file, once finished */
	bool finished;
};

void spool_init(struct spool *s, const struct spool_config *config);
void spool_fini(struct spool *s);

/* Empties the spool for another use. */
void spool_reset(struct spool *s);

/* Appends.  Temporary error when the disk is full or the file cannot be
 * made, permanent error when the spool would exceed config->max. */
int spool_write(
    struct spool *s, const void *data, size_t len, struct err *err) MUST_USE;

/* No more writes after this; the bytes may then be read. */
int spool_finish(struct spool *s, struct err *err) MUST_USE;

/* All bytes of a finished spool; valid until reset or fini. */
struct slice spool_slice(const struct spool *s);

/* All pieces as one: the only one itself, else what is written to s, which
 * must be empty and outlive *out.  Errors as for the functions above. */
int spool_join(struct spool *s, const struct slice_list *pieces,
    struct slice *out, struct err *err) MUST_USE;

#endif
