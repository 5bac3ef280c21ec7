/*
 * report.c: see report.h.  RFC 6522 for the outside, 3464 and 3461 for
 * what it says, 3834 because a machine says it.  Pure but for random bytes;
 * any thread.
 *
 * Recipients are written one at a time, so that 20,000 of them take no
 * memory; nothing here looks back.
 */
#include "gateway/report.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "gateway/report_text.h"
#include "gateway/token.h"
#include "mail/address.h"
#include "mail/mime_build.h"
#include "mail/mime_codec.h"
#include "mail/xtext.h"

/* One piece: the head, or all about one recipient. */
#define PIECE_MAX ((size_t)16 * KIB)

/* RFC 5322 2.1.1 */
#define HEADER_LINE_MAX 998u

struct report {
	const struct report_case *c;
	struct spool *out;
	struct buf piece; /* what is being put together */
	char boundary[MIME_BOUNDARY_SIZE];
};

static bool
is_mentioned(const struct report_recipient *r)
{
	return report_text_wants_failure(r->parameters);
}

bool
report_is_wanted(const struct report_case *c)
{
	if (address_is_null(slice_text(c->sender)))
		return false;
	for (size_t i = 0; i < c->count; i++)
		if (is_mentioned(&c->recipients[i]))
			return true;
	return false;
}

static int
flush(struct report *r, struct err *err)
{
	if (!buf_ok(&r->piece))
		return err_set(err, ERR_BUG, "a piece of a report is too long");
	if (spool_write(r->out, r->piece.data, r->piece.len, err) < 0)
		return -1;
	buf_clear(&r->piece);
	return 0;
}

/* --- header --- */

static void
write_references(struct buf *out, const struct header *header)
{
	struct slice id = report_text_message_id(header);

	if (id.len == 0)
		return;
	buf_add_text(out, "In-Reply-To: ");
	buf_add_slice(out, id);
	buf_add_text(out, "\r\nReferences: ");
	buf_add_slice(out, id);
	buf_add_text(out, "\r\n");
}

static int
write_header(struct report *r, struct err *err)
{
	const struct report_case *c = r->c;
	struct buf *out = &r->piece;

	if (mime_boundary_make(r->boundary, sizeof(r->boundary), err) < 0 ||
	    report_text_begin(out, c->host, c->sender, c->now, err) < 0)
		return -1;
	write_references(out, c->header);
	buf_addf(out,
	    "Subject: Not sent to everyone: encryption was not possible\r\n"
	    "Auto-Submitted: auto-replied\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    "\tboundary=\"%s\"\r\n\r\n",
	    r->boundary);
	return flush(r, err);
}

/* --- for people --- */

static const char *
advice_of(const struct report_recipient *recipient)
{
	return recipient->advice ? recipient->advice
				 : plan_reason_wording(recipient->reason)->text;
}

static void
write_words_about(struct buf *out, const struct report_recipient *recipient)
{
	buf_add_text(out, "\r\n  ");
	report_text_utf8(out, address_bare_path(slice_text(recipient->address)),
	    LIMIT_ADDRESS);
	buf_add_text(out, "\r\n");
	report_text_wrap(out, "      ", advice_of(recipient));
}

/* Encodes what is in the piece; whole lines, so that pieces can be encoded
 * one by one. */
static int
flush_encoded(struct report *r, struct err *err)
{
	if (!buf_ok(&r->piece))
		return err_set(err, ERR_BUG, "a piece of a report is too long");
	if (qp_encode(buf_slice(&r->piece), true, r->out, err) < 0)
		return -1;
	buf_clear(&r->piece);
	return 0;
}

static int
write_words(struct report *r, struct err *err)
{
	struct buf *out = &r->piece;

	buf_addf(out,
	    "--%s\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
	    r->boundary);
	if (flush(r, err) < 0)
		return -1;
	buf_addf(out, "This is the mail gateway at %s.\r\n\r\n", r->c->host);
	report_text_wrap(out, "",
	    "Your mail was not sent to the recipients below, because it must "
	    "be encrypted for them and cannot be.  All others were sent "
	    "theirs.  What helps stands with each; then please send the mail "
	    "once more, to these recipients only.");
	if (flush_encoded(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->c->count; i++) {
		if (!is_mentioned(&r->c->recipients[i]))
			continue;
		write_words_about(out, &r->c->recipients[i]);
		if (flush_encoded(r, err) < 0)
			return -1;
	}
	return 0;
}

/* --- for programs --- */

/* What the sender called the recipient (RFC 3464 2.3.1): a type, and the
 * address, in xtext unless the type has an encoding of its own. */
static void
write_original_recipient(struct buf *out, const char *parameters)
{
	struct slice orcpt = report_text_parameter(parameters, "ORCPT");
	size_t semicolon = slice_find(orcpt, ';', 0);
	struct slice type = slice_part(orcpt, 0, semicolon);
	char *text, *plain;

	if (type.len == 0 || semicolon == orcpt.len)
		return;
	text = slice_dup_text(slice_part(orcpt, semicolon + 1, orcpt.len));
	plain = slice_equal_text_ci(type, "utf-8") ? NULL : xtext_decode(text);
	buf_add_text(out, "Original-Recipient: ");
	report_text_ascii(out, type, LIMIT_ADDRESS / 4);
	buf_add_text(out, "; ");
	report_text_ascii(out, slice_text(plain ? plain : text), LIMIT_ADDRESS);
	buf_add_text(out, "\r\n");
	free(plain);
	free(text);
}

static void
write_status_of(struct buf *out, const struct report_recipient *recipient)
{
	const struct plan_wording *wording =
	    plan_reason_wording(recipient->reason);
	/* He has been refused for good, whatever a whole mail would be told
	 * for this reason. */
	bool lasting = wording->code[0] == '5';

	buf_add_text(out, "\r\n");
	write_original_recipient(out, recipient->parameters);
	buf_add_text(out, "Final-Recipient: ");
	report_text_address(out, recipient->address);
	buf_addf(out,
	    "\r\nAction: failed\r\n"
	    "Status: 5%s\r\n"
	    "Diagnostic-Code: smtp; %s 5%s ",
	    wording->extended + 1, lasting ? wording->code : "550",
	    wording->extended + 1);
	report_text_ascii(
	    out, slice_text(advice_of(recipient)), HEADER_LINE_MAX / 2);
	buf_add_text(out, "\r\n");
}

static int
write_status(struct report *r, struct err *err)
{
	struct slice id = report_text_parameter(r->c->parameters, "ENVID");
	struct buf *out = &r->piece;

	buf_addf(out,
	    "\r\n--%s\r\nContent-Type: message/delivery-status\r\n\r\n",
	    r->boundary);
	if (id.len > 0) {
		char *text = slice_dup_text(id);
		char *plain = xtext_decode(text);

		buf_add_text(out, "Original-Envelope-Id: ");
		report_text_ascii(
		    out, slice_text(plain ? plain : text), LIMIT_ADDRESS);
		buf_add_text(out, "\r\n");
		free(plain);
		free(text);
	}
	buf_addf(out, "Reporting-MTA: dns; %s\r\n", r->c->host);
	if (flush(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->c->count; i++) {
		if (!is_mentioned(&r->c->recipients[i]))
			continue;
		write_status_of(out, &r->c->recipients[i]);
		if (flush(r, err) < 0)
			return -1;
	}
	return 0;
}

/* --- the header that it is about --- */

static bool
is_shown(const struct header_field *field)
{
	static const char *const hidden[] = {"Bcc", "Resent-Bcc", TOKEN_FIELD};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (slice_equal_text_ci(field->name, hidden[i]))
			return false;
	return true;
}

/* The field as 7-bit text; false when a line of it is too long. */
static bool
clean_field(struct buf *field)
{
	size_t line = 0;

	for (size_t i = 0; i < field->len; i++) {
		unsigned char c = field->data[i];

		if (c == '\r' || c == '\n') {
			line = 0;
			continue;
		}
		if ((c < ' ' && c != '\t') || c >= 0x7f)
			field->data[i] = '?';
		if (++line > HEADER_LINE_MAX)
			return false;
	}
	return true;
}

/* Fields that are too long to show are left out whole. */
static void
write_fields(struct buf *out, const struct header *header)
{
	struct buf field;

	buf_init(&field, PIECE_MAX);
	for (size_t i = 0; i < header->count; i++) {
		buf_clear(&field);
		if (!is_shown(&header->fields[i]))
			continue;
		header_field_write(&header->fields[i], &field);
		if (buf_ok(&field) && clean_field(&field) &&
		    out->len + field.len <= LIMIT_REPORT_HEADER)
			buf_add_slice(out, buf_slice(&field));
	}
	buf_fini(&field);
}

static int
write_original(struct report *r, struct err *err)
{
	struct buf fields;
	int rc = -1;

	buf_addf(&r->piece,
	    "\r\n--%s\r\nContent-Type: text/rfc822-headers\r\n\r\n",
	    r->boundary);
	buf_init(&fields, LIMIT_REPORT_HEADER);
	write_fields(&fields, r->c->header);
	if (flush(r, err) == 0 &&
	    spool_write(r->out, fields.data, fields.len, err) == 0) {
		buf_addf(&r->piece, "\r\n--%s--\r\n", r->boundary);
		rc = flush(r, err);
	}
	buf_fini(&fields);
	return rc;
}

int
report_write(const struct report_case *c, struct spool *out, struct err *err)
{
	struct report r = {.c = c, .out = out};
	int rc = -1;

	if (!report_is_wanted(c))
		return err_set(err, ERR_BUG, "a report that nobody wants");
	buf_init(&r.piece, PIECE_MAX);
	if (write_header(&r, err) == 0 && write_words(&r, err) == 0 &&
	    write_status(&r, err) == 0 && write_original(&r, err) == 0)
		rc = spool_finish(out, err);
	buf_fini(&r.piece);
	return rc;
}
