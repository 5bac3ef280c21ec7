/*
 * html_text.c: see html_text.h.  WHATWG HTML 13.5 (named character
 * references), of which it knows those of Latin-1 and what word processors
 * write.
 *
 * Linear, constant memory.  An object belongs to one thread.
 */
#include "mail/html_text.h"

#include "mail/charset.h"

void
html_text_init(struct html_text *h, const struct charset_sink *out)
{
	*h = (struct html_text){.out = *out};
	html_scan_init(&h->scan);
}

/* --- character references --- */

static size_t
write_utf8(unsigned long code, unsigned char out[4])
{
	if (code < 0x80) {
		out[0] = (unsigned char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (unsigned char)(0xc0 | code >> 6);
		out[1] = (unsigned char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (unsigned char)(0xe0 | code >> 12);
		out[1] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | code >> 18);
	out[1] = (unsigned char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (code & 0x3f));
	return 4;
}

static int
digit_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* "#228", "#xE4"; 0: none, or no character. */
static unsigned long
read_number(struct slice digits)
{
	unsigned long code = 0;
	int base = 10, value;

	if (digits.len > 0 && ascii_lower(digits.data[0]) == 'x') {
		base = 16;
		digits = slice_part(digits, 1, digits.len);
	}
	for (size_t i = 0; i < digits.len; i++) {
		value = digit_value(digits.data[i]);
		if (value >= base)
			return 0;
		code = code * (unsigned long)base + (unsigned long)value;
	}
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return code;
}

/* U+00A0 and what follows, one after the other. */
static const char *const latin1[] = {"nbsp", "iexcl", "cent", "pound", "curren",
    "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not", "shy",
    "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para",
    "middot", "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34",
    "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig",
    "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc",
    "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml",
    "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN",
    "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig",
    "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc",
    "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
    "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn",
    "yuml"};

static const struct {
	const char *name;
	unsigned long code;
} others[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'},
    {"apos", '\''}, {"ndash", 0x2013}, {"mdash", 0x2014}, {"lsquo", 0x2018},
    {"rsquo", 0x2019}, {"sbquo", 0x201a}, {"ldquo", 0x201c}, {"rdquo", 0x201d},
    {"bdquo", 0x201e}, {"bull", 0x2022}, {"hellip", 0x2026}, {"lsaquo", 0x2039},
    {"rsaquo", 0x203a}, {"euro", 0x20ac}, {"trade", 0x2122}, {"OElig", 0x152},
    {"oelig", 0x153}, {"Scaron", 0x160}, {"scaron", 0x161}, {"ensp", 0x2002},
    {"emsp", 0x2003}, {"thinsp", 0x2009}};

/* 0: none that we know. */
static unsigned long
read_name(struct slice name)
{
	for (size_t i = 0; i < sizeof(latin1) / sizeof(*latin1); i++)
		if (slice_equal(name, slice_text(latin1[i])))
			return 0xa0 + i;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (slice_equal(name, slice_text(others[i].name)))
			return others[i].code;
	return 0;
}

/* What has been gathered is a reference, or stands for itself. */
static int
end_entity(struct html_text *h, struct err *err)
{
	struct slice name = slice_make(h->entity, h->entity_len);
	unsigned char utf8[4];
	unsigned long code;

	if (name.len == 0)
		return 0;
	h->entity_len = 0;
	name = slice_part(name, 1, name.len);
	code = slice_has_prefix(name, "#")
		   ? read_number(slice_part(name, 1, name.len))
		   : read_name(name);
	if (code > 0)
		return h->out.take(h->out.context,
		    slice_make(utf8, write_utf8(code, utf8)), err);
	return h->out.take(
	    h->out.context, slice_make(name.data - 1, name.len + 1), err);
}

/* --- text --- */

static bool
belongs_to_entity(const struct html_text *h, unsigned char c)
{
	return h->entity_len < HTML_ENTITY_MAX &&
	       ((c == '#' && h->entity_len == 1) || (c >= '0' && c <= '9') ||
		   (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'));
}

/* Text with nothing in it that needs a look; returns its length. */
static size_t
plain_run(struct html_text *h, struct slice utf8)
{
	size_t n = 0;

	if (h->scan.state != HTML_DATA)
		return 0;
	while (n < utf8.len && utf8.data[n] != '<' && utf8.data[n] != '&')
		n++;
	return html_scan_text(&h->scan, slice_part(utf8, 0, n));
}

/* The next character of a reference, or what ends it; returns the bytes that
 * were used. */
static int
take_entity(struct html_text *h, unsigned char c, size_t *used, struct err *err)
{
	*used = 1;
	if (belongs_to_entity(h, c)) {
		h->entity[h->entity_len++] = (char)c;
		html_scan_byte(&h->scan, c);
		return 0;
	}
	if (c == ';')
		html_scan_byte(&h->scan, c);
	else
		*used = 0;
	return end_entity(h, err);
}

/* A character of markup, or one that begins or ends it. */
static int
take_character(
    struct html_text *h, struct slice utf8, size_t *used, struct err *err)
{
	bool text = html_scan_byte(&h->scan, utf8.data[0]);

	*used = 1;
	if (!text)
		return 0;
	if (utf8.data[0] == '&') {
		h->entity[h->entity_len++] = '&';
		return 0;
	}
	*used = charset_utf8_length(utf8);
	*used = *used > 0 ? *used : 1;
	html_scan_text(&h->scan, slice_part(utf8, 1, *used));
	return h->out.take(h->out.context, slice_part(utf8, 0, *used), err);
}

static int
take_run(struct html_text *h, struct slice utf8, size_t *used, struct err *err)
{
	*used = plain_run(h, utf8);
	if (*used > 0)
		return h->out.take(
		    h->out.context, slice_part(utf8, 0, *used), err);
	return take_character(h, utf8, used, err);
}

int
html_text_take(void *context, struct slice utf8, struct err *err)
{
	struct html_text *h = context;
	size_t used;
	int rc;

	for (; utf8.len > 0; utf8 = slice_part(utf8, used, utf8.len)) {
		rc = h->entity_len > 0
			 ? take_entity(h, utf8.data[0], &used, err)
			 : take_run(h, utf8, &used, err);
		if (rc)
			return -1;
	}
	return 0;
}

int
html_text_finish(struct html_text *h, struct err *err)
{
	return end_entity(h, err);
}
