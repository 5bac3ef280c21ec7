/*
 * html_scan.c: see html_scan.h.  WHATWG HTML 13.2.5 (tokenization), as far as
 * it decides what is a tag; CDATA as in XHTML.
 *
 * One state machine that never looks back, so that no input makes it slow.
 * What ends elsewhere for others is disputed: CDATA, which to HTML is a comment
 * up to the first ">"; scripts that hold scripts (the "double escaped" state);
 * and in SVG and MathML, where scripts and styles are markup like any other,
 * such with a "<" in them.  Pure functions, callable from any thread.
 */
#include "mail/html_scan.h"

#include <stdint.h>
#include <string.h>

/* What a comment has come to, in s->matched.  From COMMENT_DASHES on a ">" ends
 * it. */
enum {
	COMMENT_TEXT,
	COMMENT_DASH,
	COMMENT_DASHES,
	COMMENT_BANG, /* "--!" */
	COMMENT_START,
	COMMENT_START_DASH
};

void
html_scan_init(struct html_scan *s)
{
	*s = (struct html_scan){.body_end = SIZE_MAX, .html_end = SIZE_MAX};
}

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
is_letter(unsigned char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* --- tags --- */

static void
begin_name(struct html_scan *s, unsigned char c, bool closing)
{
	s->state = HTML_NAME;
	s->closing = closing;
	s->name[0] = (char)ascii_lower(c);
	s->name_len = 1;
}

static bool
name_is(const struct html_scan *s, const char *name)
{
	return s->name_len == strlen(name) &&
	       memcmp(s->name, name, s->name_len) == 0;
}

/* The element whose content is no markup, or NULL. */
static const char *
raw_element(const struct html_scan *s)
{
	static const char *const names[] = {"script", "style", "title",
	    "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!s->closing && name_is(s, names[i]))
			return names[i];
	return NULL;
}

/* At its ">". */
static void
end_tag(struct html_scan *s)
{
	s->foreign |= !s->closing && (name_is(s, "svg") || name_is(s, "math"));
	s->raw = raw_element(s);
	s->state = s->raw ? HTML_RAW : HTML_DATA;
	s->matched = 0;
	if (s->closing && name_is(s, "body"))
		s->body_end = s->tag;
	if (s->closing && name_is(s, "html"))
		s->html_end = s->tag;
}

/* Between the attributes of a tag, or behind its name. */
static void
scan_between(struct html_scan *s, unsigned char c)
{
	if (c == '>')
		end_tag(s);
	else if (is_space(c) || c == '/')
		s->state = HTML_BEFORE_ATTRIBUTE;
	else
		s->state = HTML_ATTRIBUTE;
}

static void
scan_name(struct html_scan *s, unsigned char c)
{
	if (is_space(c) || c == '/' || c == '>') {
		scan_between(s, c);
		return;
	}
	if (s->name_len < HTML_NAME_MAX)
		s->name[s->name_len] = (char)ascii_lower(c);
	s->name_len += s->name_len <= HTML_NAME_MAX;
}

static void
scan_attribute(struct html_scan *s, unsigned char c)
{
	if (c == '=')
		s->state = HTML_BEFORE_VALUE;
	else if (c == '>' || c == '/')
		scan_between(s, c);
	else if (is_space(c))
		s->state = HTML_AFTER_ATTRIBUTE;
	else
		s->state = HTML_ATTRIBUTE;
}

static void
scan_value_start(struct html_scan *s, unsigned char c)
{
	if (c == '"')
		s->state = HTML_VALUE_DOUBLE;
	else if (c == '\'')
		s->state = HTML_VALUE_SINGLE;
	else if (c == '>')
		end_tag(s);
	else if (!is_space(c))
		s->state = HTML_VALUE;
}

static void
scan_value(struct html_scan *s, unsigned char c)
{
	bool ended = (s->state == HTML_VALUE_DOUBLE && c == '"') ||
		     (s->state == HTML_VALUE_SINGLE && c == '\'');

	if (ended)
		s->state = HTML_BEFORE_ATTRIBUTE;
	else if (s->state == HTML_VALUE && (is_space(c) || c == '>'))
		scan_between(s, c);
}

/* --- what is no tag --- */

static void
scan_tag_open(struct html_scan *s, unsigned char c)
{
	if (is_letter(c))
		begin_name(s, c, false);
	else if (c == '/')
		s->state = HTML_END_OPEN;
	else if (c == '!')
		s->state = HTML_DECLARATION;
	else if (c == '?')
		s->state = HTML_BOGUS;
	else if (c != '<')
		s->state = HTML_DATA;
	else
		s->tag = s->pos;
	s->matched = 0;
}

static void
scan_end_open(struct html_scan *s, unsigned char c)
{
	if (is_letter(c))
		begin_name(s, c, true);
	else
		s->state = c == '>' ? HTML_DATA : HTML_BOGUS;
}

/* Behind "<!": "--" or "[CDATA[", or anything up to ">". */
static void
scan_declaration(struct html_scan *s, unsigned char c)
{
	static const char cdata[] = "[CDATA[";

	if (s->matched == 1 && c == '-' && s->closing) {
		s->state = HTML_COMMENT;
		s->matched = COMMENT_START;
		return;
	}
	if (s->matched == 0)
		s->closing = c == '-'; /* a comment's first dash */
	if ((s->matched == 0 && c == '-') ||
	    (!s->closing && c == (unsigned char)cdata[s->matched])) {
		s->matched++;
		if (s->matched == sizeof(cdata) - 1) {
			s->state = HTML_CDATA;
			s->matched = 0;
		}
		return;
	}
	s->state = c == '>' ? HTML_DATA : HTML_BOGUS;
}

/* "-->" or "--!>", at the start also ">" and "->". */
static void
scan_comment(struct html_scan *s, unsigned char c)
{
	static const unsigned char after_dash[] = {
	    [COMMENT_TEXT] = COMMENT_DASH,
	    [COMMENT_DASH] = COMMENT_DASHES,
	    [COMMENT_DASHES] = COMMENT_DASHES,
	    [COMMENT_BANG] = COMMENT_DASH,
	    [COMMENT_START] = COMMENT_START_DASH,
	    [COMMENT_START_DASH] = COMMENT_DASHES};

	if (c == '>' && s->matched >= COMMENT_DASHES)
		s->state = HTML_DATA;
	else if (c == '-')
		s->matched = after_dash[s->matched];
	else if (c == '!' && s->matched == COMMENT_DASHES)
		s->matched = COMMENT_BANG;
	else
		s->matched = COMMENT_TEXT;
}

/* "]]>" */
static void
scan_cdata(struct html_scan *s, unsigned char c)
{
	if (c == '>' && s->matched == 2)
		s->state = HTML_DATA;
	else if (c == '>')
		s->disputed = true;
	if (c != ']')
		s->matched = 0;
	else if (s->matched < 2)
		s->matched++;
}

/* "<script" and what ends a name, inside of a script. */
static void
scan_inner_script(struct html_scan *s, unsigned char c)
{
	static const char tag[] = "<script";

	if (strcmp(s->raw, tag + 1) != 0)
		return;
	if (s->inner == sizeof(tag) - 1 &&
	    (is_space(c) || c == '/' || c == '>'))
		s->disputed = true;
	if (c == '<')
		s->inner = 1;
	else if (s->inner > 0 && s->inner < sizeof(tag) - 1 &&
		 ascii_lower(c) == (unsigned char)tag[s->inner])
		s->inner++;
	else
		s->inner = 0;
}

/* "</script" and what ends a name. */
static void
scan_raw(struct html_scan *s, unsigned char c)
{
	size_t len = strlen(s->raw), before = s->matched;

	scan_inner_script(s, c);
	if (s->matched == len + 2 && (is_space(c) || c == '/' || c == '>')) {
		s->closing = true;
		s->name_len = 0;
		scan_between(s, c);
	} else if (c == '<') {
		s->tag = s->pos;
		s->matched = 1;
	} else if ((s->matched == 1 && c == '/') ||
		   (s->matched >= 2 && s->matched < len + 2 &&
		       ascii_lower(c) ==
			   (unsigned char)s->raw[s->matched - 2])) {
		s->matched++;
	} else {
		s->matched = 0;
	}
	if (s->foreign && before > 0 && s->state == HTML_RAW && s->matched <= 1)
		s->disputed = true;
}

static bool
scan_data(struct html_scan *s, unsigned char c)
{
	if (c != '<')
		return true;
	s->state = HTML_TAG_OPEN;
	s->tag = s->pos;
	return false;
}

static void
scan_markup(struct html_scan *s, unsigned char c)
{
	static void (*const scan[])(struct html_scan *, unsigned char) = {
	    [HTML_TAG_OPEN] = scan_tag_open,
	    [HTML_END_OPEN] = scan_end_open,
	    [HTML_NAME] = scan_name,
	    [HTML_BEFORE_ATTRIBUTE] = scan_between,
	    [HTML_ATTRIBUTE] = scan_attribute,
	    [HTML_AFTER_ATTRIBUTE] = scan_attribute,
	    [HTML_BEFORE_VALUE] = scan_value_start,
	    [HTML_VALUE_DOUBLE] = scan_value,
	    [HTML_VALUE_SINGLE] = scan_value,
	    [HTML_VALUE] = scan_value,
	    [HTML_DECLARATION] = scan_declaration,
	    [HTML_COMMENT] = scan_comment,
	    [HTML_CDATA] = scan_cdata,
	    [HTML_RAW] = scan_raw,
	};

	if (s->state != HTML_BOGUS)
		scan[s->state](s, c);
	else if (c == '>')
		s->state = HTML_DATA;
}

bool
html_scan_byte(struct html_scan *s, unsigned char c)
{
	bool text;

	if (s->state == HTML_DATA) {
		text = scan_data(s, c);
	} else {
		scan_markup(s, c);
		/* "<" that began nothing. */
		text = s->state == HTML_DATA && c != '>';
	}
	s->pos++;
	return text;
}

size_t
html_scan_text(struct html_scan *s, struct slice next)
{
	size_t n = s->state == HTML_DATA ? slice_find(next, '<', 0) : 0;

	s->pos += n;
	return n;
}

/* --- escape sequences (ECMA-35) --- */

struct escapes {
	bool inside; /* of a sequence */
	bool ascii;  /* what follows is */
	unsigned len;
	unsigned char first;
};

/* Is c ASCII text? */
static bool
escapes_take(struct escapes *e, unsigned char c)
{
	if (c == 0x1b) {
		*e = (struct escapes){.inside = true};
		return false;
	}
	if (!e->inside)
		return e->ascii;
	if (e->len++ == 0)
		e->first = c;
	if (c >= 0x20 && c <= 0x2f)
		return false;
	e->inside = false;
	e->ascii = e->len == 2 && e->first == '(' && (c == 'B' || c == 'J');
	return false;
}

bool
html_find_end(struct slice html, bool escapes, size_t *offset)
{
	struct escapes e = {.ascii = true};
	struct html_scan s;

	html_scan_init(&s);
	for (size_t i = 0; i < html.len; i++) {
		if (!escapes)
			i += html_scan_text(&s, slice_part(html, i, html.len));
		if (i == html.len)
			break;
		if (!escapes || escapes_take(&e, html.data[i]))
			html_scan_byte(&s, html.data[i]);
		else
			html_scan_byte(&s, 'x');
	}
	if (s.body_end != SIZE_MAX)
		*offset = s.body_end;
	else if (s.html_end != SIZE_MAX)
		*offset = s.html_end;
	else
		*offset = html.len;
	return !s.disputed && (*offset < html.len || s.state == HTML_DATA ||
				  s.state == HTML_TAG_OPEN);
}
