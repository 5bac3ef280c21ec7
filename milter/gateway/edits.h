/*
 * edits.h: what shall change in a message, as data.
 *
 * Made by gateway/, looked at by the gate, carried out by
 * daemon/milter_apply.c in an order that is safe with both MTAs.
 */
#ifndef GATEWAY_EDITS_H
#define GATEWAY_EDITS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/slice.h"
#include "mail/header.h"
#include "smime/entity.h"

struct header_edit {
	char *name;
	unsigned index; /* 1: the first field of that name; 0: a new one
	                 * above all others */
	char *value;	/* new body with its leading blank and LF folds; NULL
	                 * deletes the field.  Index 1 of an absent name
	                 * adds the field. */
};

/* Both as the mail server has told them; parameters: "" for none. */
struct restored_recipient {
	char *path;
	char *parameters;
};

struct edits {
	struct header_edit *headers; /* deletions of one name run from the
	                              * highest index down: Postfix renumbers,
	                              * Sendmail does not */
	size_t header_count;
	size_t header_size; /* allocated */
	char **recipients;  /* removed: exactly as the mail server was told */
	size_t recipient_count;
	size_t recipient_size;		     /* allocated */
	struct restored_recipient *restored; /* removed before, not now */
	size_t restored_count;
	bool replace_body;
	struct slice_list body; /* CRLF lines; borrowed from the job */
	char *hold; /* why the mail server is to keep it back, until the
	             * operator releases or deletes it; NULL: it goes on */
};

void edits_init(struct edits *e);
void edits_fini(struct edits *e);

/* Appends one; name and value are copied. */
void edits_set_header(
    struct edits *e, const char *name, unsigned index, const char *value);

/* The same, in the place of an edit of that very field if there is one. */
void edits_change_header(
    struct edits *e, const char *name, unsigned index, const char *value);

/* A new field above all others, also above those that were inserted before;
 * name and value are copied, value as above.  It is carried out after all
 * other edits of the header, whose indexes do not count it. */
void edits_insert_top(struct edits *e, const char *name, const char *value);

/* Forgets all edits of the header but the first count. */
void edits_cut(struct edits *e, size_t count);

/* Deletes all fields of that name, in any spelling; there may be none. */
void edits_delete_fields(
    struct edits *e, const struct header *header, const char *name);

/* The recipient with that path gets nothing of this message; copied. */
void edits_remove_recipient(struct edits *e, const char *path);

/* The recipient, whom edits that were carried out before have removed, gets the
 * message after all; both are copied. */
void edits_restore_recipient(
    struct edits *e, const char *path, const char *parameters);

/* The mail server takes the message, with all other edits, and keeps it back.
 * why is copied; what a queue file cannot carry in one line becomes "?", and
 * what is behind LIMIT_HOLD_TEXT is cut. */
void edits_hold(struct edits *e, const char *why);

/* Everything that makes the message with this header carry the entity
 * instead of its own (rule S1): no Content-* field stays but those of the
 * entity, each once, and MIME-Version is there exactly once.  The body is
 * borrowed from the entity. */
void edits_carry(struct edits *e, const struct header *header,
    const struct smime_entity *entity);

/* The same for an entity that is given by its own Content-* fields, which are
 * read from content: CRLF or LF folds, no NUL; of several of one name, and
 * there are few, the first counts (rule X7).  The body, CRLF lines, is
 * borrowed. */
void edits_carry_fields(struct edits *e, const struct header *header,
    const struct header *content, struct slice body);

/* A field body (CRLF or LF folds, no NUL) as a milter sends it: a leading
 * blank, LF before each fold, and no line of nothing but blanks, which some
 * take for the end of the header.  NULL: nothing is left.  The caller frees
 * it. */
char *edits_value(struct slice body);

/* Nothing to do? */
bool edits_are_empty(const struct edits *e);

/* More than any header block can take: its limit, with line ends of two bytes,
 * and what we add. */
#define EDITS_HEADER_MAX (4 * (size_t)LIMIT_HEADER_BYTES)

/* Appends the header block as it is once a mail server has carried out the
 * edits: CRLF line ends, names as they came (Postfix takes the edit's), folds
 * where they were, no empty line at the end. */
void edits_write_header(
    const struct edits *e, const struct header *header, struct buf *out);

#endif
