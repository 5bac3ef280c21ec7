/*
 * html_scan.h: what in HTML is text, and where the document's body ends.
 */
#ifndef MAIL_HTML_SCAN_H
#define MAIL_HTML_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define HTML_NAME_MAX 12

enum html_state {
	HTML_DATA, /* text */
	HTML_TAG_OPEN,
	HTML_END_OPEN,
	HTML_NAME,
	HTML_BEFORE_ATTRIBUTE,
	HTML_ATTRIBUTE,
	HTML_AFTER_ATTRIBUTE,
	HTML_BEFORE_VALUE,
	HTML_VALUE_DOUBLE,
	HTML_VALUE_SINGLE,
	HTML_VALUE,
	HTML_DECLARATION,
	HTML_COMMENT,
	HTML_CDATA,
	HTML_BOGUS, /* <!doctype, <?xml: up to ">" */
	HTML_RAW    /* inside script, style and their like */
};

/* Reads byte by byte, in constant memory. */
struct html_scan {
	enum html_state state;
	bool closing; /* the tag is an end tag */
	char name[HTML_NAME_MAX];
	size_t name_len; /* longer ones are cut, and known to nobody */
	const char *raw; /* the element whose end tag HTML_RAW waits for */
	size_t matched;	 /* bytes of the end that CDATA or HTML_RAW waits for;
	                  * of what begins a declaration; of a comment, what
	                  * it has come to */
	size_t inner;	 /* bytes of "<script" inside of a script */
	bool foreign;	 /* SVG or MathML has begun somewhere */
	bool disputed;	 /* some readers see tags where others see none */
	size_t pos;
	size_t tag;	 /* where the last "<" was */
	size_t body_end; /* where the last </body> stands, SIZE_MAX: none yet */
	size_t html_end; /* and the last </html> */
};

/* At the beginning of a document; holds nothing that must be freed. */
void html_scan_init(struct html_scan *s);

/* Takes the next byte, ASCII or of a character that needs no other look.  Is
 * it text that is seen, of the title or of a text field not? */
bool html_scan_byte(struct html_scan *s, unsigned char c);

/* How many of the next bytes, none of them of markup, are text; they are taken
 * together. */
size_t html_scan_text(struct html_scan *s, struct slice next);

/*
 * Where something that shall be seen at the end of a document can be put: the
 * offset of its last </body>, else of the last </html>, else its length; none
 * of those in comments, scripts, styles or values of attributes.  escapes: the
 * bytes are of a charset with escape sequences (CHARSET_ESCAPES).  False: it
 * has no such tags, and ends inside one of those; or readers do not agree
 * where one of those ends.
 *
 * Whether it is seen there is another question: styles, and elements that were
 * never closed, hide whatever their author likes.
 */
bool html_find_end(struct slice html, bool escapes, size_t *offset);

#endif
