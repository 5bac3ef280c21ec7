/*
 * html_text.c: see html_text.h.  WHATWG HTML 13.5 (named character
 * references), of which it knows those of Latin-1 and what word processors
 * write.
 *
 * Linear, constant memory.  An object belongs to one thread.
 */
#include "mail/html_text.h"

#include <stdlib.h>
#include <string.h>

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

/* In the order of strcmp. */
static const struct entity {
	const char *name;
	unsigned long code;
} entities[] = {{"AElig", 0xc6}, {"Aacute", 0xc1}, {"Acirc", 0xc2},
    {"Agrave", 0xc0}, {"Aring", 0xc5}, {"Atilde", 0xc3}, {"Auml", 0xc4},
    {"Ccedil", 0xc7}, {"ETH", 0xd0}, {"Eacute", 0xc9}, {"Ecirc", 0xca},
    {"Egrave", 0xc8}, {"Euml", 0xcb}, {"Iacute", 0xcd}, {"Icirc", 0xce},
    {"Igrave", 0xcc}, {"Iuml", 0xcf}, {"Ntilde", 0xd1}, {"OElig", 0x152},
    {"Oacute", 0xd3}, {"Ocirc", 0xd4}, {"Ograve", 0xd2}, {"Oslash", 0xd8},
    {"Otilde", 0xd5}, {"Ouml", 0xd6}, {"Scaron", 0x160}, {"THORN", 0xde},
    {"Uacute", 0xda}, {"Ucirc", 0xdb}, {"Ugrave", 0xd9}, {"Uuml", 0xdc},
    {"Yacute", 0xdd}, {"aacute", 0xe1}, {"acirc", 0xe2}, {"acute", 0xb4},
    {"aelig", 0xe6}, {"agrave", 0xe0}, {"amp", 0x26}, {"apos", 0x27},
    {"aring", 0xe5}, {"atilde", 0xe3}, {"auml", 0xe4}, {"bdquo", 0x201e},
    {"brvbar", 0xa6}, {"bull", 0x2022}, {"ccedil", 0xe7}, {"cedil", 0xb8},
    {"cent", 0xa2}, {"copy", 0xa9}, {"curren", 0xa4}, {"deg", 0xb0},
    {"divide", 0xf7}, {"eacute", 0xe9}, {"ecirc", 0xea}, {"egrave", 0xe8},
    {"emsp", 0x2003}, {"ensp", 0x2002}, {"eth", 0xf0}, {"euml", 0xeb},
    {"euro", 0x20ac}, {"frac12", 0xbd}, {"frac14", 0xbc}, {"frac34", 0xbe},
    {"gt", 0x3e}, {"hellip", 0x2026}, {"iacute", 0xed}, {"icirc", 0xee},
    {"iexcl", 0xa1}, {"igrave", 0xec}, {"iquest", 0xbf}, {"iuml", 0xef},
    {"laquo", 0xab}, {"ldquo", 0x201c}, {"lsaquo", 0x2039}, {"lsquo", 0x2018},
    {"lt", 0x3c}, {"macr", 0xaf}, {"mdash", 0x2014}, {"micro", 0xb5},
    {"middot", 0xb7}, {"nbsp", 0xa0}, {"ndash", 0x2013}, {"not", 0xac},
    {"ntilde", 0xf1}, {"oacute", 0xf3}, {"ocirc", 0xf4}, {"oelig", 0x153},
    {"ograve", 0xf2}, {"ordf", 0xaa}, {"ordm", 0xba}, {"oslash", 0xf8},
    {"otilde", 0xf5}, {"ouml", 0xf6}, {"para", 0xb6}, {"plusmn", 0xb1},
    {"pound", 0xa3}, {"quot", 0x22}, {"raquo", 0xbb}, {"rdquo", 0x201d},
    {"reg", 0xae}, {"rsaquo", 0x203a}, {"rsquo", 0x2019}, {"sbquo", 0x201a},
    {"scaron", 0x161}, {"sect", 0xa7}, {"shy", 0xad}, {"sup1", 0xb9},
    {"sup2", 0xb2}, {"sup3", 0xb3}, {"szlig", 0xdf}, {"thinsp", 0x2009},
    {"thorn", 0xfe}, {"times", 0xd7}, {"trade", 0x2122}, {"uacute", 0xfa},
    {"ucirc", 0xfb}, {"ugrave", 0xf9}, {"uml", 0xa8}, {"uuml", 0xfc},
    {"yacute", 0xfd}, {"yen", 0xa5}, {"yuml", 0xff}};

static int
compare_entity(const void *name, const void *entity)
{
	return strcmp(name, ((const struct entity *)entity)->name);
}

/* 0: none that we know. */
static unsigned long
read_name(struct slice name)
{
	char text[HTML_ENTITY_MAX + 1] = "";
	const struct entity *found;

	memcpy(text, name.data, name.len);
	found = bsearch(text, entities, sizeof(entities) / sizeof(*entities),
	    sizeof(*entities), compare_entity);
	return found ? found->code : 0;
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
