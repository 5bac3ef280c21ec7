/*
 * mime_texture.h: whether bytes survive the road as they are.
 *
 * Mail servers and gateways change what is not plain: they convert 8-bit text
 * for a hop without 8BITMIME, cut long lines, drop blanks at the end of a
 * line and put ">" before "From " (rules S7, S8; MTA.md 4b and 4e).
 */
#ifndef MAIL_MIME_TEXTURE_H
#define MAIL_MIME_TEXTURE_H

#include <stdbool.h>

#include "base/slice.h"

struct mime_texture {
	bool has_8bit; /* a byte over 127 */
	bool has_nul;
	bool has_bare_cr_lf;	 /* CR or LF not in a CRLF pair */
	bool has_long_line;	 /* over LIMIT_LINE octets */
	bool has_trailing_blank; /* blank or tab before a line end, or last */
	bool has_from_line;	 /* a line that begins "From " */
};

/* Adds what data, which begins a line, is like to texture. */
void mime_texture_scan(struct mime_texture *texture, struct slice data);

/* Adds another texture to sum. */
void mime_texture_add(
    struct mime_texture *sum, const struct mime_texture *texture);

/* Nothing at all: such bytes survive every road. */
bool mime_texture_is_robust(const struct mime_texture *texture);

/* Nothing that a mail server breaks for certain; blanks at the end of a line
 * and "From " lines may be there, which only rare gateways and mailbox files
 * touch. */
bool mime_texture_survives(const struct mime_texture *texture);

#endif
