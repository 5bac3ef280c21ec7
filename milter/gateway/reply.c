/* reply.c: see reply.h.  Pure, any thread. */
#include "gateway/reply.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mail/address.h"

/* An address longer than this is cut: the reason behind it matters more. */
#define RECIPIENT_MAX 200

static void
add(struct job_reply *reply, struct slice text, size_t max)
{
	size_t n = strlen(reply->text);

	if (max > REPLY_TEXT_MAX)
		max = REPLY_TEXT_MAX;
	for (size_t i = 0; i < text.len && n < max; i++) {
		unsigned char c = text.data[i];

		if (c < ' ' || c >= 0x7f || c == '%')
			c = '?';
		reply->text[n++] = (char)c;
	}
	reply->text[n] = '\0';
}

void
reply_fill(struct job_reply *reply, enum plan_reason reason,
    const char *recipient, const char *advice)
{
	const struct plan_wording *wording = plan_reason_wording(reason);

	reply->code = wording->code;
	reply->extended = wording->extended;
	reply->text[0] = '\0';
	if (recipient) {
		add(reply, address_bare_path(slice_text(recipient)),
		    RECIPIENT_MAX);
		add(reply, slice_text(": "), REPLY_TEXT_MAX);
	}
	add(reply, slice_text(advice ? advice : wording->text), REPLY_TEXT_MAX);
}

const char *
reply_advice(const struct recipient_facts *r, enum plan_reason reason)
{
	if (r->word == CERT_PICK_TAKEN || reason < REASON_NO_CERTIFICATE ||
	    reason > REASON_RECIPIENT_SUSPENDED)
		return NULL;
	return cert_pick_word_advice(r->word);
}

void
reply_about(struct job_reply *reply, enum plan_reason reason,
    const struct recipient_facts *r)
{
	reply_fill(reply, reason, r->address ? r->address : r->envelope,
	    reply_advice(r, reason));
}

/* Words of ours only: nothing of this is foreign text. */
static char *
found(enum plan_reason reason, const struct smime_verdict *v)
{
	if (reason == REASON_LEVEL_TOO_LOW && v->signer)
		return xasprintf(
		    "%s", certificate_level_name(v->signer->level));
	if (reason != REASON_MUST_BE_SIGNED || v->status == SMIME_UNSIGNED)
		return NULL;
	return xasprintf("%s%s%s", smime_status_name(v->status),
	    *v->detail ? ", " : "", v->detail);
}

void
reply_unmet(struct job_reply *reply, enum plan_reason reason, const char *from,
    const struct smime_verdict *verdict)
{
	char *what = found(reason, verdict);
	char *text = NULL;

	if (what)
		text = xasprintf("%s (this one: %s)",
		    plan_reason_wording(reason)->text, what);
	reply_fill(reply, reason, from, text);
	free(text);
	free(what);
}
