/*
 * disclaimer_text.c: see disclaimer_text.h.
 *
 * The operator's files are checked once, so that nothing has to be when mail
 * is on its way; what a sender calls himself is a stranger's text and can put
 * neither lines nor markup into the disclaimer.  Linear; pure functions,
 * callable from any thread.
 */
#include "mail/disclaimer_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/charset.h"
#include "mail/html_scan.h"

/* Markup for a line end or a character is at most six bytes, and a control
 * character is none: so much can a file become. */
#define SIDE_MAX   ((size_t)8 * LIMIT_DISCLAIMER)
#define VALUE_MAX  ((size_t)6 * LIMIT_ADDRESS)
#define FILLED_MAX (SIDE_MAX + LIMIT_DISCLAIMER_PLACEHOLDERS * VALUE_MAX)

/* --- reading files --- */

/* One of the two files on its way into the template. */
struct reader {
	const char *what; /* "text" or "html" */
	struct slice in;
	size_t pos;
	unsigned line;
	unsigned placeholders;
	struct buf *out;
};

static int
complain(const struct reader *r, struct err *err, const char *text)
{
	return err_set(
	    err, ERR_PERMANENT, "%s: line %u: %s", r->what, r->line, text);
}

/* "%{name}" at pos. */
static int
read_placeholder(struct reader *r, struct err *err)
{
	static const struct {
		const char *word;
		enum disclaimer_mark mark;
	} known[] = {{"%{name}", DISCLAIMER_MARK_NAME},
	    {"%{address}", DISCLAIMER_MARK_ADDRESS}};
	struct slice rest = slice_part(r->in, r->pos, r->in.len);
	char shown[40];

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!slice_has_prefix(rest, known[i].word))
			continue;
		if (r->placeholders++ == LIMIT_DISCLAIMER_PLACEHOLDERS)
			return complain(r, err, "too many placeholders");
		buf_add_char(r->out, (char)known[i].mark);
		r->pos += strlen(known[i].word);
		return 0;
	}
	rest = slice_part(rest, 0, slice_find(rest, '\n', 0));
	rest = slice_part(rest, 0, slice_find(rest, '}', 0) + 1);
	slice_show(rest, shown, sizeof(shown));
	return err_set(err, ERR_PERMANENT,
	    "%s: line %u: %s: no such placeholder (there are %%{name} and "
	    "%%{address}; \"%%%%{\" writes \"%%{\")",
	    r->what, r->line, shown);
}

/* A line end of any kind. */
static void
read_line_end(struct reader *r)
{
	if (slice_has_prefix(slice_part(r->in, r->pos, r->in.len), "\r\n"))
		r->pos++;
	r->pos++;
	r->line++;
	buf_add_text(r->out, "\r\n");
}

static int
read_character(struct reader *r, struct err *err)
{
	struct slice rest = slice_part(r->in, r->pos, r->in.len);
	unsigned char c = rest.data[0];
	size_t len;

	if (c == '\n' || c == '\r') {
		read_line_end(r);
		return 0;
	}
	if (slice_has_prefix(rest, "%{"))
		return read_placeholder(r, err);
	if (slice_has_prefix(rest, "%%{")) {
		buf_add_text(r->out, "%{");
		r->pos += 3;
		return 0;
	}
	len = charset_utf8_length(rest);
	if (len == 0)
		return complain(r, err,
		    "not UTF-8; if it is Latin-1: iconv -f WINDOWS-1252 -t "
		    "UTF-8");
	if ((c < ' ' && c != '\t') || c == 0x7f)
		return complain(r, err, "a control character");
	buf_add_slice(r->out, slice_part(rest, 0, len));
	r->pos += len;
	return 0;
}

/* Blank lines at both ends go; the last line is ended. */
static void
trim_lines(struct buf *out)
{
	size_t start = 0, i;

	for (i = 0; i < out->len; i++) {
		if (out->data[i] == '\n')
			start = i + 1;
		else if (!ascii_is_blank(out->data[i]) && out->data[i] != '\r')
			break;
	}
	if (i == out->len)
		start = i;
	while (out->len > start && (ascii_is_blank(out->data[out->len - 1]) ||
				       out->data[out->len - 1] == '\r' ||
				       out->data[out->len - 1] == '\n'))
		out->len--;
	out->len -= start;
	if (start > 0)
		memmove(out->data, out->data + start, out->len);
	if (out->len > 0)
		buf_add_text(out, "\r\n");
}

static int
read_side(const char *what, struct slice in, struct buf *out, struct err *err)
{
	struct reader r = {what, in, 0, 1, 0, out};

	if (in.len > LIMIT_DISCLAIMER)
		return err_set(err, ERR_PERMANENT, "%s: larger than %u bytes",
		    what, LIMIT_DISCLAIMER);
	if (slice_has_prefix(in, "\xef\xbb\xbf"))
		r.pos = 3;
	while (r.pos < in.len)
		if (read_character(&r, err))
			return -1;
	trim_lines(out);
	if (out->len == 0)
		return err_set(err, ERR_PERMANENT, "%s: empty", what);
	return 0;
}

/* --- HTML --- */

/* NULL: the character needs no escape. */
static const char *
html_escape(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void
add_escaped(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		const char *escape = html_escape(text.data[i]);

		if (escape)
			buf_add_text(out, escape);
		else
			buf_add(out, &text.data[i], 1);
	}
}

/* Lines of text that a reader shall see as such. */
static void
make_html(struct slice text, struct buf *out)
{
	size_t end;

	buf_add_text(out, "<p>");
	for (size_t pos = 0; pos < text.len; pos = end + 2) {
		end = slice_find(text, '\r', pos);
		if (pos > 0)
			buf_add_text(out, "<br />\r\n");
		add_escaped(out, slice_part(text, pos, end));
	}
	buf_add_text(out, "</p>\r\n");
}

/* What never ends would swallow what follows it.  Marks are text like other. */
static bool
is_closed(struct slice html)
{
	struct html_scan s;

	html_scan_init(&s);
	for (size_t i = 0; i < html.len; i++)
		html_scan_byte(&s, html.data[i]);
	return s.state == HTML_DATA;
}

/* A document inside a document would end it. */
static int
check_fragment(struct slice html, struct err *err)
{
	static const char *const tags[] = {
	    "<html", "</html", "<head>", "</head", "<body", "</body"};

	for (size_t i = 0; i < html.len; i++)
		for (size_t k = 0; k < sizeof(tags) / sizeof(*tags); k++)
			if (slice_has_prefix_ci(
				slice_part(html, i, html.len), tags[k]))
				return err_set(err, ERR_PERMANENT,
				    "html: %s...: it is put into the body of "
				    "another document",
				    tags[k]);
	if (!is_closed(html))
		return err_set(err, ERR_PERMANENT,
		    "html: it ends inside a tag, comment, script or style");
	return 0;
}

static int
read_html(struct disclaimer_template *t, struct slice html, struct err *err)
{
	if (html.len == 0) {
		make_html(buf_slice(&t->text), &t->html);
		return 0;
	}
	if (read_side("html", html, &t->html, err))
		return -1;
	return check_fragment(buf_slice(&t->html), err);
}

int
disclaimer_template_new(struct slice text, struct slice html,
    struct disclaimer_template **out, struct err *err)
{
	struct disclaimer_template *t = xcalloc(1, sizeof(*t));

	buf_init(&t->text, SIDE_MAX);
	buf_init(&t->html, SIDE_MAX);
	if (read_side("text", text, &t->text, err) || read_html(t, html, err)) {
		disclaimer_template_free(t);
		return -1;
	}
	*out = t;
	return 0;
}

void
disclaimer_template_free(struct disclaimer_template *t)
{
	if (!t)
		return;
	buf_fini(&t->text);
	buf_fini(&t->html);
	free(t);
}

/* --- filling in --- */

/* Characters of U+0080 to U+009F, line and paragraph separators, and what
 * turns the direction of all that follows. */
static bool
is_control(struct slice c)
{
	static const char *const long_ones[] = {"\xe2\x80\xa8", "\xe2\x80\xa9",
	    "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad",
	    "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8",
	    "\xe2\x81\xa9"};

	if (c.len == 1)
		return c.data[0] < ' ' || c.data[0] == 0x7f;
	if (c.len == 2)
		return c.data[0] == 0xc2 && c.data[1] < 0xa0;
	for (size_t i = 0; i < sizeof(long_ones) / sizeof(*long_ones); i++)
		if (slice_equal(c, slice_text(long_ones[i])))
			return true;
	return false;
}

static void
clean(const char *value, size_t max, struct buf *out)
{
	struct slice in = slice_text(value), c;
	size_t len;

	buf_init(out, max);
	for (size_t i = 0; i < in.len; i += len) {
		c = slice_part(in, i, in.len);
		len = charset_utf8_length(c);
		c.len = len;
		if (len > max - out->len)
			break;
		if (len > 0 && !is_control(c))
			buf_add_slice(out, c);
		len = len > 0 ? len : 1;
	}
}

static void
fill_side(
    struct slice in, const struct buf values[2], bool html, struct buf *out)
{
	struct slice value;

	buf_init(out, FILLED_MAX);
	for (size_t i = 0; i < in.len; i++) {
		if (in.data[i] != DISCLAIMER_MARK_NAME &&
		    in.data[i] != DISCLAIMER_MARK_ADDRESS) {
			buf_add(out, &in.data[i], 1);
			continue;
		}
		value =
		    buf_slice(&values[in.data[i] == DISCLAIMER_MARK_ADDRESS]);
		if (html)
			add_escaped(out, value);
		else
			buf_add_slice(out, value);
	}
}

void
disclaimer_fill(const struct disclaimer_template *t, const char *name,
    const char *address, struct disclaimer *out)
{
	struct buf values[2];

	clean(name ? name : "", LIMIT_DISCLAIMER_NAME, &values[0]);
	clean(address, LIMIT_ADDRESS, &values[1]);
	if (slice_trim(buf_slice(&values[0])).len == 0) {
		buf_fini(&values[0]);
		clean(address, LIMIT_ADDRESS, &values[0]);
	}
	fill_side(buf_slice(&t->text), values, false, &out->text);
	fill_side(buf_slice(&t->html), values, true, &out->html);
	buf_fini(&values[0]);
	buf_fini(&values[1]);
}

void
disclaimer_fini(struct disclaimer *d)
{
	buf_fini(&d->text);
	buf_fini(&d->html);
}
