/*
 * mime_codec.h: base64 and quoted-printable (RFC 2045 6.7, 6.8).
 */
#ifndef MAIL_MIME_CODEC_H
#define MAIL_MIME_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "mail/spool.h"

/* Encoded size of len bytes as base64 lines of 76 with CRLF after each. */
size_t base64_size(size_t len);

/* Encodes into out, which has base64_size(len) bytes; a last line end is
 * written too.  Returns the bytes written. */
size_t base64_encode(struct slice in, unsigned char *out);

/* Streaming encoder: feed pieces of any length, then finish. */
struct base64_encoder {
	struct spool *out;
	unsigned char rest[57];
	size_t rest_len;
};
void base64_encoder_init(struct base64_encoder *e, struct spool *out);
int base64_encoder_write(
    struct base64_encoder *e, struct slice in, struct err *err) MUST_USE;
int base64_encoder_finish(struct base64_encoder *e, struct err *err) MUST_USE;

/* Decodes to out, or only looks when out is NULL.  Line ends, blanks and
 * bytes outside the alphabet are passed over as RFC 2045 6.8 says; *strict is
 * set to false when there were any of the latter, when padding is wrong, or
 * when data follows it (which is ignored), else to true. */
int base64_decode(
    struct slice in, struct spool *out, bool *strict, struct err *err) MUST_USE;

/* Size of the quoted-printable form that qp_encode writes. */
size_t qp_size(struct slice in, bool text);

/* Encodes: lines of at most 76; "From ", dots and hyphens that could begin
 * a delimiter are protected at the start of a line, blanks at its end.
 * text: CRLF pairs are line ends; else they are encoded as other bytes. */
int qp_encode(
    struct slice in, bool text, struct spool *out, struct err *err) MUST_USE;

/* Decodes to out, or only looks when out is NULL; what breaks the grammar is
 * kept as it stands and *strict set to false, else to true.  Trailing blanks
 * of a line are dropped (RFC 2045 6.7 rule 3), and not strict: there are
 * readers that keep them. */
int qp_decode(
    struct slice in, struct spool *out, bool *strict, struct err *err) MUST_USE;

/* Where in quoted-printable the byte stands that is the one at offset when
 * qp_decode decodes it; in.len when there is none. */
size_t qp_find(struct slice in, size_t offset);

#endif
