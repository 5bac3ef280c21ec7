/*
 * milter_apply.c: see milter_apply.h.  Called at the end of a message, by
 * the worker that has it.
 *
 * Recipients who get another copy go first.  Fields come in the order that
 * gives the same result with Postfix, which renumbers after a deletion, and
 * Sendmail, which does not (edits.h).  New ones are put on top when all others
 * are done, because Postfix would count them, too.  The body goes last:
 * Sendmail judges it by the new Content-Type.  That the message is to be held
 * comes behind everything else: there were Postfixes that heard no edit after
 * it, and nobody holds what could not be changed.
 */
#include "daemon/milter_apply.h"

#include "base/limits.h"

/* libmilter counts in int and cuts into packets itself. */
#define PIECE_MAX ((size_t)MIB)

/* libmilter lacks const; it does not write there. */
static unsigned char *
without_const(const unsigned char *data)
{
	union {
		const unsigned char *in;
		unsigned char *out;
	} u = {.in = data};

	return u.out;
}

static char *
text_without_const(const char *text)
{
	union {
		const char *in;
		char *out;
	} u = {.in = text};

	return u.out;
}

static int
replace_piece(SMFICTX *ctx, struct slice piece)
{
	return smfi_replacebody(
		   ctx, without_const(piece.data), (int)piece.len) == MI_SUCCESS
		   ? 0
		   : -1;
}

static int
replace_with(SMFICTX *ctx, struct slice rest)
{
	while (rest.len > 0) {
		struct slice piece = slice_part(rest, 0, PIECE_MAX);

		if (replace_piece(ctx, piece))
			return -1;
		rest = slice_part(rest, piece.len, rest.len);
	}
	return 0;
}

/* Each packet restarts the mail server's timer, so that even a long body
 * needs no smfi_progress.  A packet of nothing makes the body empty; without
 * any it would stay as it was, below a header that is not its own. */
static int
replace_body(SMFICTX *ctx, const struct slice_list *body)
{
	static const unsigned char nothing[1];
	size_t len = 0;

	for (size_t i = 0; i < body->count; i++) {
		if (replace_with(ctx, body->at[i]))
			return -1;
		len += body->at[i].len;
	}
	return len > 0 ? 0 : replace_piece(ctx, slice_make(nothing, 0));
}

static int
change_fields(SMFICTX *ctx, const struct edits *edits)
{
	for (size_t i = 0; i < edits->header_count; i++) {
		const struct header_edit *e = &edits->headers[i];

		if (e->index > 0 && smfi_chgheader(ctx, e->name, (int)e->index,
					e->value) != MI_SUCCESS)
			return -1;
	}
	return 0;
}

/* Above the mail server's own Received, too: so it is with both for index 0
 * (RFC 8601 4: above the other trace fields).  In their order: the last one
 * is the topmost. */
static int
insert_fields(SMFICTX *ctx, const struct edits *edits)
{
	for (size_t i = 0; i < edits->header_count; i++) {
		const struct header_edit *e = &edits->headers[i];

		if (e->index == 0 &&
		    smfi_insheader(ctx, 0, e->name, e->value) != MI_SUCCESS)
			return -1;
	}
	return 0;
}

/* Who has no parameters gets those that the mail server makes. */
static int
restore_recipient(SMFICTX *ctx, const struct restored_recipient *r)
{
	int rc = *r->parameters ? smfi_addrcpt_par(ctx, r->path, r->parameters)
				: smfi_addrcpt(ctx, r->path);

	return rc == MI_SUCCESS ? 0 : -1;
}

static int
hold(SMFICTX *ctx, const char *why)
{
	return smfi_quarantine(ctx, text_without_const(why)) == MI_SUCCESS ? 0
									   : -1;
}

int
milter_apply_edits(SMFICTX *ctx, const struct edits *edits)
{
	for (size_t i = 0; i < edits->recipient_count; i++)
		if (smfi_delrcpt(ctx, edits->recipients[i]) != MI_SUCCESS)
			return -1;
	for (size_t i = 0; i < edits->restored_count; i++)
		if (restore_recipient(ctx, &edits->restored[i]) < 0)
			return -1;
	if (change_fields(ctx, edits) < 0 || insert_fields(ctx, edits) < 0)
		return -1;
	if (edits->replace_body && replace_body(ctx, &edits->body) < 0)
		return -1;
	return edits->hold ? hold(ctx, edits->hold) : 0;
}

void
milter_apply_reply(SMFICTX *ctx, const struct job_reply *reply)
{
	/* Without it the mail server uses a text of its own. */
	(void)smfi_setreply(ctx, text_without_const(reply->code),
	    text_without_const(reply->extended),
	    text_without_const(reply->text));
}
