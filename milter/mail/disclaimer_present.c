/*
 * disclaimer_present.c: see disclaimer_present.h.
 *
 * Texts are brought into a form in which only their letters are left, and
 * searched by Knuth, Morris and Pratt's method for all pieces between
 * placeholders at once, in one pass.  A piece counts where the one before it
 * ends not further away than a name or an address is long.  Pure functions,
 * callable from any thread.
 */
#include "mail/disclaimer_present.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/charset.h"
#include "mail/html_text.h"

/* --- letters --- */

/* Takes UTF-8, gives the bytes of its letters to somebody, and the marks of a
 * template if it is one. */
struct letters {
	void (*take)(void *context, unsigned char c);
	void *context;
	bool marks;
};

static bool
is_mark(unsigned char c)
{
	return c == DISCLAIMER_MARK_NAME || c == DISCLAIMER_MARK_ADDRESS;
}

/* No-break and other blanks, soft hyphens, and what has no width. */
static bool
is_invisible(struct slice c)
{
	unsigned char last = c.data[c.len - 1];

	if (c.len == 2)
		return c.data[0] == 0xc2 && (last == 0xa0 || last == 0xad);
	if (c.len != 3)
		return false;
	if (c.data[0] == 0xe2 && c.data[1] == 0x80)
		return last <= 0x8f || (last >= 0xa8 && last <= 0xaf);
	return (c.data[0] == 0xe2 && c.data[1] == 0x81 && last >= 0x9f &&
		   last <= 0xa4) ||
	       slice_equal(c, slice_text("\xe3\x80\x80")) ||
	       slice_equal(c, slice_text("\xef\xbb\xbf"));
}

static void
take_ascii(const struct letters *l, unsigned char c)
{
	c = ascii_lower(c);
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    (l->marks && is_mark(c)))
		l->take(l->context, c);
}

static int
take_letters(void *context, struct slice utf8, struct err *err)
{
	struct letters *l = context;
	size_t n;

	(void)err;
	for (size_t i = 0; i < utf8.len; i += n) {
		struct slice c;

		/* Most of all text, and half of the time is spent here. */
		n = 1;
		if (utf8.data[i] < 0x80) {
			take_ascii(l, utf8.data[i]);
			continue;
		}
		c = slice_part(utf8, i, utf8.len);
		n = charset_utf8_length(c);
		if (n == 0 || is_invisible(slice_part(c, 0, n))) {
			n = n > 0 ? n : 1;
			continue;
		}
		for (size_t k = 0; k < n; k++)
			l->take(l->context, ascii_lower(c.data[k]));
	}
	return 0;
}

/* Nothing in it can fail. */
static void
read_letters(const struct charset *charset, struct slice in, bool html,
    struct letters *out)
{
	struct charset_sink letters = {take_letters, out}, sink = letters;
	struct html_text text;
	struct err unused;
	bool exact;

	if (html) {
		html_text_init(&text, &letters);
		sink.take = html_text_take;
		sink.context = &text;
	}
	if (charset_read(charset, in, &sink, &exact, &unused) ||
	    (html && html_text_finish(&text, &unused)))
		return;
}

/* --- what is looked for --- */

struct piece {
	size_t start, len; /* in the letters of the needle */
	size_t before;	   /* it so many placeholders */
	/* How far the search is: how much of it the last letters are, and
	 * behind which letter it and all before it were found last; 0: not
	 * yet. */
	size_t matched, end;
};

struct needle {
	struct buf letters;
	struct piece pieces[LIMIT_DISCLAIMER_PLACEHOLDERS + 1];
	size_t count;
	uint32_t *borders; /* of each prefix of each piece: where to go on */
};

static void
add_letter(void *context, unsigned char c)
{
	struct needle *n = context;
	struct piece *last = &n->pieces[n->count - 1];

	if (!is_mark(c)) {
		buf_add(&n->letters, &c, 1);
		last->len++;
	} else if (last->len > 0) {
		n->pieces[n->count++] =
		    (struct piece){.start = n->letters.len, .before = 1};
	} else {
		last->before++;
	}
}

static void
find_borders(struct needle *n, const struct piece *p)
{
	const unsigned char *letter = n->letters.data + p->start;
	uint32_t *border = n->borders + p->start, len = 0;

	border[0] = 0;
	for (size_t i = 1; i < p->len; i++) {
		while (len > 0 && letter[i] != letter[len])
			len = border[len - 1];
		len += letter[i] == letter[len];
		border[i] = len;
	}
}

static void
read_needle(struct needle *n, struct slice in, bool html)
{
	struct letters letters = {add_letter, n, true};

	buf_clear(&n->letters);
	n->pieces[0] = (struct piece){.start = 0};
	n->count = 1;
	read_letters(NULL, in, html, &letters);
	if (n->pieces[n->count - 1].len == 0)
		n->count--;
}

/* Of the template when it says enough, else of what it became. */
static void
needle_init(struct needle *n, const struct buf *template_,
    const struct buf *filled, bool html)
{
	*n = (struct needle){0};
	buf_init(&n->letters, filled->max);
	read_needle(n, buf_slice(template_), html);
	if (n->letters.len < LIMIT_DISCLAIMER_LITERAL)
		read_needle(n, buf_slice(filled), html);
	if (n->letters.len < LIMIT_DISCLAIMER_LITERAL)
		n->count = 0;
	n->borders = xcalloc(n->letters.len + 1, sizeof(*n->borders));
	for (size_t i = 0; i < n->count; i++)
		find_borders(n, &n->pieces[i]);
}

static bool
is_same_needle(const struct needle *a, const struct needle *b)
{
	if (a->count != b->count ||
	    !slice_equal(buf_slice(&a->letters), buf_slice(&b->letters)))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->pieces[i].start != b->pieces[i].start)
			return false;
	return true;
}

static void
needle_fini(struct needle *n)
{
	buf_fini(&n->letters);
	free(n->borders);
}

/* --- looking --- */

struct hunt {
	struct needle needles[2]; /* text, HTML */
	size_t letters;		  /* looked at so far */
	bool found;
};

/* Does the piece end with this letter?  Its last one may be half of it. */
static bool
ends_here(const struct needle *n, struct piece *p, unsigned char c)
{
	const unsigned char *letter = n->letters.data + p->start;
	const uint32_t *border = n->borders + p->start;

	if (p->matched == p->len)
		p->matched = border[p->len - 1];
	while (p->matched > 0 && letter[p->matched] != c)
		p->matched = border[p->matched - 1];
	p->matched += letter[p->matched] == c;
	return p->matched == p->len;
}

/* Is what stands between two pieces, the second of which ends at end, what the
 * placeholders there may have become? */
static bool
follows(const struct piece *before, const struct piece *p, size_t end)
{
	size_t start = end - p->len;

	return before->end > 0 && before->end <= start &&
	       start - before->end <= p->before * LIMIT_ADDRESS;
}

/* True: all of it has been found.  From the last piece to the first, so that
 * none follows one that ends here. */
static bool
compare(struct needle *n, unsigned char c, size_t end)
{
	for (size_t i = n->count; i-- > 0;) {
		struct piece *p = &n->pieces[i];

		if (ends_here(n, p, c) &&
		    (i == 0 || follows(&n->pieces[i - 1], p, end)))
			p->end = end;
	}
	return n->count > 0 && n->pieces[n->count - 1].end == end;
}

static void
compare_both(void *context, unsigned char c)
{
	struct hunt *h = context;

	h->letters++;
	for (size_t i = 0; i < 2; i++)
		h->found |= compare(&h->needles[i], c, h->letters);
}

static void
begin(struct needle *n)
{
	for (size_t i = 0; i < n->count; i++)
		n->pieces[i].matched = n->pieces[i].end = 0;
}

static void
hunt_body(struct hunt *h, const struct disclaimer_body *b)
{
	struct letters letters = {compare_both, h, false};

	h->letters = 0;
	begin(&h->needles[0]);
	begin(&h->needles[1]);
	read_letters(b->charset, b->text, b->html, &letters);
}

bool
disclaimer_is_present(const struct disclaimer_bodies *bodies,
    const struct disclaimer_template *t, const struct disclaimer *d)
{
	struct hunt h = {.found = false};

	needle_init(&h.needles[0], &t->text, &d->text, false);
	needle_init(&h.needles[1], &t->html, &d->html, true);
	/* As long as nobody has written an HTML version of his own. */
	if (is_same_needle(&h.needles[0], &h.needles[1]))
		h.needles[1].count = 0;
	for (size_t i = 0; i < bodies->count && !h.found; i++)
		hunt_body(&h, &bodies->at[i]);
	needle_fini(&h.needles[0]);
	needle_fini(&h.needles[1]);
	return h.found;
}
