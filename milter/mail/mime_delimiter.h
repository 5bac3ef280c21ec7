/*
 * mime_delimiter.h: the lines between the parts of multiparts; for mime_scan.c.
 *
 * A stack holds the multiparts that are open; a line that begins "--" is
 * compared with the boundary of each of them, innermost first, so a line costs
 * at most LIMIT_MIME_DEPTH comparisons of lengths.
 *
 * Nothing before or behind a bare LF or CR is a delimiter, nor is a line that
 * only begins like one; a multipart in which others would take it for one is
 * disputed.
 */
#ifndef MAIL_MIME_DELIMITER_H
#define MAIL_MIME_DELIMITER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "base/slice.h"
#include "mail/mime_tree.h"

/* A multipart whose end was not reached yet. */
struct mime_frame {
	struct mime_part *part;
	struct slice boundary; /* borrowed from the part */
	bool started;	       /* its first delimiter was found */
	bool closed;	       /* its close-delimiter was: the epilogue */
	bool disputed;	       /* others may have found one where we did not */
};

/* All that are open, outermost first. */
struct mime_frames {
	struct slice body; /* of the root */
	struct mime_frame at[LIMIT_MIME_DEPTH + 1];
	size_t count;
};

/* One line, with its CRLF at its end, but not the one before it. */
struct mime_delimiter {
	struct mime_frame *frame; /* whose it is */
	bool close;
	size_t start; /* in the body */
	size_t next;  /* where the line behind it begins */
};

/* Opens a multipart inside the others.  False, and nothing is opened: no
 * boundary can look like that, or one line could be a delimiter of an outer
 * multipart, too. */
bool mime_frames_open(
    struct mime_frames *frames, struct mime_part *part, struct slice boundary);

/* The next delimiter of any that is open in the lines from pos on; false when
 * there is none.  Notes what is disputed on the way. */
bool mime_delimiter_find(
    struct mime_frames *frames, size_t pos, struct mime_delimiter *out);

/* Where the header of a part that starts there ends: behind its empty line, at
 * a delimiter or at the end, whichever comes first. */
size_t mime_delimiter_header_end(struct mime_frames *frames, size_t start);

#endif
