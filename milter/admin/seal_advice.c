/*
 * seal_advice.c: see seal_advice.h.  Pure.
 *
 * One line for each kind of change; smime-milter(8) says the same at length.
 */
#include "admin/seal_advice.h"

static const char footer[] =
    "A tool behind the signer appends texts: a disclaimer, a banner, what a "
    "scanner has to say (altermime, amavis, a transport rule of Exchange). "
    "Put it before smime-milter in the order of filters, or let smime-milter "
    "write the text (\"disclaimer\" in smime-milter.conf), or have that tool "
    "leave signed mail alone: see OTHER FILTERS in smime-milter(8).";
static const char list[] =
    "A mailing list with a footer, or a gateway that forwards as an "
    "attachment, has put the message into another one. The signature is "
    "still in there, but mail programs show that of the outermost part only. "
    "Let the list leave its footer off signed mail: OTHER FILTERS in "
    "smime-milter(8) says how with Mailman.";
static const char stripped[] =
    "Something has taken the S/MIME layer away: a gateway that decrypts or "
    "checks signatures, an attachment filter, or a conversion to TNEF by "
    "Exchange (for that domain: Set-RemoteDomain -TNEFEnabled $false).";
static const char filter[] =
    "An attachment filter or a virus scanner has removed or replaced a part. "
    "Let it pass application/pkcs7-signature, application/pkcs7-mime and "
    "files called smime.p7s and smime.p7m, and let it refuse mail instead of "
    "changing it.";
static const char rewritten[] =
    "Something rewrites texts: links that lead to a scanner, smtp_body_checks "
    "of Postfix, spelling of addresses. Switch that off for outgoing mail, or "
    "do it before smime-milter.";
static const char encoding[] =
    "A mail server or gateway has converted the transfer encoding; Exchange "
    "and servers without 8BITMIME do. For a domain behind such a server set "
    "signature = \"opaque\" (recipient_domains in smime-milter.conf, or "
    "\"smimectl recipient set DOMAIN --signature opaque\"): then the signed "
    "text is no "
    "text that anybody would convert.";
static const char spaces[] =
    "A server or scanner strips blanks at the ends of lines, wraps lines or "
    "changes line ends. For a domain behind such a server set signature = "
    "\"opaque\".";
static const char headers[] =
    "A scanner or an archive has written to the header of a part: file "
    "names, types, a mark of its own. Let it write to the header of the "
    "message only, or put it before smime-milter.";
static const char again[] =
    "The signature itself is another one: damaged, or made anew by a gateway "
    "that signs on its own behalf behind smime-milter. One of both is enough.";
static const char outside[] =
    "Bytes outside of what is signed break no signature, but mail programs "
    "show them without saying so, or call the message altered.";
static const char earlier[] =
    "The first file does not verify either: whatever broke the signature was "
    "there before. Compare with a copy from further up, the sender's own for "
    "example.";
static const char swapped[] =
    "The first file does not verify, the second one does: are they in the "
    "right order? First the message as it was signed, then as it came.";

static const char *
advice_for(enum seal_change change)
{
	switch (change) {
	case SEAL_TEXT_APPENDED:
	case SEAL_TEXT_PREPENDED:
	case SEAL_TEXT_INSERTED:
	case SEAL_PART_ADDED:
		return footer;
	case SEAL_WRAPPED:
		return list;
	case SEAL_UNPROTECTED:
		return stripped;
	case SEAL_PART_REMOVED:
	case SEAL_TEXT_CUT:
		return filter;
	case SEAL_TEXT_CHANGED:
		return rewritten;
	case SEAL_RE_ENCODED:
		return encoding;
	case SEAL_WHITE_SPACE:
	case SEAL_LINE_ENDS:
		return spaces;
	case SEAL_HEADER_CHANGED:
		return headers;
	case SEAL_SIGNATURE_CHANGED:
		return again;
	case SEAL_AFTER_END:
	case SEAL_BEFORE_START:
		return outside;
	}
	return footer;
}

static void
add(const char *text, const char *out[SEAL_ADVICE_MAX], size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		if (out[i] == text)
			return;
	if (*count < SEAL_ADVICE_MAX)
		out[(*count)++] = text;
}

/* What comes of it when the message became a part of another one, or lost its
 * S/MIME layer. */
static bool
is_explained(const struct seal_findings *f, enum seal_change change)
{
	if (change != SEAL_PART_ADDED && change != SEAL_PART_REMOVED &&
	    change != SEAL_HEADER_CHANGED && change != SEAL_TEXT_CUT)
		return false;
	for (size_t i = 0; i < f->count; i++)
		if (f->at[i].change == SEAL_WRAPPED ||
		    f->at[i].change == SEAL_UNPROTECTED)
			return true;
	return false;
}

size_t
seal_advice(const struct seal_advice_case *c, const char *out[SEAL_ADVICE_MAX])
{
	const struct seal_findings *f = c->findings;
	size_t count = 0;

	if (c->was == INTEGRITY_BROKEN)
		add(c->now == INTEGRITY_INTACT ? swapped : earlier, out,
		    &count);
	for (size_t i = 0; i < f->count; i++) {
		enum seal_change change = f->at[i].change;

		if (f->at[i].benign || is_explained(f, change))
			continue;
		add(advice_for(change), out, &count);
		if (change == SEAL_AFTER_END || change == SEAL_BEFORE_START)
			add(footer, out, &count);
	}
	return count;
}
