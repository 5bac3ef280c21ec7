/*
 * html_text.h: the text of HTML, for comparing.
 */
#ifndef MAIL_HTML_TEXT_H
#define MAIL_HTML_TEXT_H

#include "mail/charset_convert.h"
#include "mail/html_scan.h"

#define HTML_ENTITY_MAX 10

/* Tags, comments, scripts and styles are left out, and character references
 * of those that letters and quotation marks are written with are resolved. */
struct html_text {
	struct html_scan scan;
	struct charset_sink out;
	char entity[HTML_ENTITY_MAX];
	size_t entity_len; /* 0: none has begun; else with its "&" */
};

/* At the beginning of a document, whose text goes to out (copied); holds
 * nothing that must be freed. */
void html_text_init(struct html_text *h, const struct charset_sink *out);

/* The take of a charset_sink whose context is a struct html_text: pieces of a
 * document.  -1 is an error of the sink that gets the text. */
int html_text_take(void *context, struct slice utf8, struct err *err) MUST_USE;

/* The document has ended. */
int html_text_finish(struct html_text *h, struct err *err) MUST_USE;

#endif
