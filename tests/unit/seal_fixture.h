/*
 * seal_fixture.h: messages with a fingerprint, and what is found when they
 * come back changed.  Failures end the test.
 */
#ifndef TESTS_UNIT_SEAL_FIXTURE_H
#define TESTS_UNIT_SEAL_FIXTURE_H

#include "base/buf.h"
#include "smime/intact.h"
#include "smime/seal_compare.h"

/* For bodies; small, so that larger ones go through a file. */
extern const struct spool_config seal_spool;
/* The same key in every run. */
extern const struct seal_key seal_site;

/* The fingerprint of a whole message, CRLF lines. */
void seal_message_take(struct slice message, struct seal *out);
/* A message held against it. */
void seal_message_compare(
    const struct seal *was, struct slice message, struct seal_findings *out);
/* Nothing changed, by the short way? */
bool seal_message_is_same(const struct seal *was, struct slice message);

/* "text-appended 1 213; (header-changed 0)": benign ones in parentheses,
 * bytes when there are any; "" for none.  out is initialised. */
void seal_findings_show(const struct seal_findings *f, struct buf *out);

/* Appends text with from, which must be there, replaced once by to. */
void seal_replace(
    struct buf *out, struct slice text, const char *from, const char *to);

/* The fingerprint written to a header field and read from it again. */
void seal_there_and_back(const struct seal *s, struct seal *out);

#endif
