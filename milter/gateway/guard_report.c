/*
 * guard_report.c: see guard_report.h.  RFC 3834: a machine says it, and to
 * nobody but the operator.  Pure but for random bytes and the listener; any
 * thread.
 */
#include "gateway/guard_report.h"

#include <string.h>

#include "base/limits.h"
#include "gateway/report_text.h"
#include "mail/address.h"
#include "mail/mime_codec.h"
#include "relay/relay.h"

/* All of it: LIMIT_GUARD_RECIPIENTS addresses, LIMIT_SEAL_FINDINGS lines. */
#define TEXT_MAX ((size_t)64 * KIB)

/* The column of a value. */
#define LABEL_WIDTH 12

/* --- the text --- */

static const char *
fate(enum guard_action action)
{
	switch (action) {
	case GUARD_REFUSE:
		return "It was refused: whoever handed it in knows.";
	case GUARD_HOLD:
		return "It is held in the queue, and waits for you: release "
		       "it, as it is, or delete it.";
	case GUARD_TEMPFAIL:
		return "It waits with whoever handed it in, and comes again.";
	case GUARD_LOG:
		break;
	}
	return "It was sent all the same.";
}

static void
write_label(struct buf *out, const char *label)
{
	buf_addf(out, "  %-*s", LABEL_WIDTH, label);
}

static void
write_line(struct buf *out, const char *label, struct slice value)
{
	write_label(out, label);
	report_text_utf8(out, value, LIMIT_ADDRESS);
	buf_add_text(out, "\r\n");
}

static void
write_recipients(struct buf *out, const struct envelope *e)
{
	size_t shown = e->count < LIMIT_GUARD_RECIPIENTS
			   ? e->count
			   : LIMIT_GUARD_RECIPIENTS;

	for (size_t i = 0; i < shown; i++)
		write_line(
		    out, i == 0 ? "to" : "", slice_text(e->recipients[i].name));
	if (e->count > shown) {
		write_label(out, "");
		buf_addf(out, "and %zu more\r\n", e->count - shown);
	}
}

static void
write_facts(struct buf *out, const struct guard_report *r)
{
	struct slice id = report_text_message_id(r->header);

	write_line(
	    out, "queue id", slice_text(r->queue_id ? r->queue_id : "unknown"));
	write_line(out, "from", slice_text(r->from));
	write_recipients(out, r->envelope);
	write_line(
	    out, "message-id", id.len > 0 ? id : slice_text("none, or odd"));
	write_line(
	    out, "sealed", slice_text(r->sealed ? "yes, by our signer" : "no"));
}

static void
write_findings(struct buf *out, const struct seal_findings *findings)
{
	char text[SEAL_FINDING_TEXT];

	buf_addf(out, "  %-8s%-20s%s\r\n", "part", "change", "in words");
	for (size_t i = 0; i < findings->count; i++) {
		const struct seal_finding *f = &findings->at[i];

		seal_finding_text(f, text);
		buf_addf(out, "  %-8s%-20s%s\r\n", f->part,
		    seal_change_name(f->change), text);
	}
	if (findings->more > 0)
		buf_addf(out, "  and %zu more\r\n", findings->more);
}

static const char *
advice(const struct guard_report *r)
{
	if (r->before)
		return "It came to the signer like that: its author's program "
		       "signed it, and something between that and the signer "
		       "has changed it.";
	if (!r->sealed)
		return "Without our fingerprint nobody knows where it was "
		       "changed, and of what was changed only as much as can "
		       "be seen.  It was signed elsewhere, or the field "
		       "X-SMIME-Seal did not come this far.";
	return "Something behind the signer has changed it.  What appends "
	       "text, encodes anew or scans belongs before the signer, or "
	       "has to leave alone what is signed: see THE SEAL GUARD in "
	       "smime-milter(8).  \"smimectl seal diff\" compares the mail as "
	       "it was signed with the one that was delivered.";
}

static void
write_text(struct buf *out, const struct guard_report *r)
{
	buf_addf(out, "This is the seal guard at %s.\r\n\r\n", r->host);
	report_text_wrap(out, "",
	    "A mail was changed after it had been signed or encrypted: those "
	    "who get it are told that its signature is broken, cannot open "
	    "it, or see what nobody has signed.");
	report_text_wrap(out, "", fate(r->action));
	buf_add_text(out, "\r\n");
	write_facts(out, r);
	buf_add_text(out, "\r\nWhat was changed:\r\n\r\n");
	write_findings(out, r->findings);
	buf_add_text(out, "\r\n");
	report_text_wrap(out, "", advice(r));
}

static int
write_header(struct buf *out, const struct guard_report *r, struct err *err)
{
	if (report_text_begin(out, r->host, r->to, r->now, err) < 0)
		return -1;
	buf_add_text(out,
	    "Subject: A signed mail was changed on its way out\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	return 0;
}

int
guard_report_write(
    const struct guard_report *r, struct spool *out, struct err *err)
{
	struct buf header, text;
	int rc = -1;

	buf_init(&header, TEXT_MAX);
	buf_init(&text, TEXT_MAX);
	if (write_header(&header, r, err) < 0)
		goto out;
	write_text(&text, r);
	if (!buf_ok(&header) || !buf_ok(&text)) {
		err_set(err, ERR_BUG, "a report is too long");
		goto out;
	}
	if (spool_write(out, header.data, header.len, err) < 0 ||
	    qp_encode(buf_slice(&text), true, out, err) < 0)
		goto out;
	rc = spool_finish(out, err);
out:
	buf_fini(&text);
	buf_fini(&header);
	return rc;
}

/* --- on its way --- */

int
guard_report_send(struct relay *relay, struct slice report, const char *to,
    deadline_t deadline, struct err *err)
{
	const struct relay_patience patience = {.deadline = deadline};
	const struct relay_recipient recipient = {.path = slice_text(to)};
	struct slice_list content = {.count = 0};
	struct relay_batch *batch;
	int rc = -1;

	slice_list_add(&content, report);
	batch = relay_batch_new(relay,
	    &(struct relay_copy){
		.path = slice_text("<>"),
		.recipients = &recipient,
		.count = 1,
		.content = &content,
	    },
	    1, &patience);
	if (relay_batch_prepare(batch, err) == 0 &&
	    relay_batch_commit(batch, err) == 0)
		rc = 0;
	relay_batch_free(batch);
	return rc;
}
