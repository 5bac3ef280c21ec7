/*
 * seal_compare.h: what was done to a message on the road, as findings that an
 * operator understands.
 *
 * Parts are numbered as IMAP does (RFC 9051 6.4.5): in multipart/signed the
 * text is "1", or "1.1" and so on when it is a multipart itself, and the
 * signature "2"; the only part of a message is "1".  "0" is the message
 * itself: its own Content-* fields, what stands before its first part or
 * behind its last.  Numbers are those of the message as it is now; of a part
 * that is not there any more, the number that it had.
 */
#ifndef SMIME_SEAL_COMPARE_H
#define SMIME_SEAL_COMPARE_H

#include "smime/seal.h"

/* In the order of findings: what somebody did before what comes of it. */
enum seal_change {
	SEAL_WRAPPED,	     /* the message is now a part of another one */
	SEAL_UNPROTECTED,    /* it is no S/MIME message any more */
	SEAL_TEXT_APPENDED,  /* the text as it was, and more behind it; */
	SEAL_TEXT_PREPENDED, /* before it; */
	SEAL_TEXT_INSERTED,  /* somewhere within */
	SEAL_PART_ADDED,
	SEAL_PART_REMOVED,
	SEAL_TEXT_CUT,	     /* shorter, and more is not known */
	SEAL_TEXT_CHANGED,   /* none of these */
	SEAL_RE_ENCODED,     /* the same content in another transfer encoding,
	                      * or in other lines of it */
	SEAL_WHITE_SPACE,    /* nothing but white space */
	SEAL_LINE_ENDS,	     /* nothing but line ends */
	SEAL_HEADER_CHANGED, /* the header of that part */
	SEAL_SIGNATURE_CHANGED,
	SEAL_AFTER_END,	   /* bytes behind the closing boundary */
	SEAL_BEFORE_START, /* bytes before the first boundary */
};
/* "text-appended" ...: for the log */
const char *seal_change_name(enum seal_change change);

/* A number of twenty nestings; what is deeper ends with "+". */
#define SEAL_PART_TEXT 48

struct seal_finding {
	enum seal_change change;
	char part[SEAL_PART_TEXT];
	/* By how many the content grew or shrank; the size of a part that was
	 * added or removed (both without transfer encoding), of what is behind
	 * the end or around the message; 0 where that is no question. */
	uint64_t bytes;
	bool benign; /* no reader and no signature minds */
};

struct seal_findings {
	struct seal_finding at[LIMIT_SEAL_FINDINGS];
	size_t count;
	size_t more; /* there was no room for these */
};

/* The first finding that is not benign, or NULL. */
const struct seal_finding *seal_findings_worst(const struct seal_findings *f);

#define SEAL_FINDING_TEXT 128
/* "text appended to part 1 (213 bytes)": one line of ASCII. */
void seal_finding_text(
    const struct seal_finding *finding, char text[SEAL_FINDING_TEXT]);

/*
 * Compares an entity, as for seal_take, with a fingerprint that was taken
 * with the same key.  No findings: it is the same, but perhaps for folds of
 * its own Content-* fields and white space behind its end.  Time is linear in
 * the message, whatever is in it.  Errors are those of seal_take.
 */
int seal_compare(const struct seal_opts *opts, const struct seal *was,
    const struct mime_tree *now, struct seal_findings *out,
    struct err *err) MUST_USE;

#endif
