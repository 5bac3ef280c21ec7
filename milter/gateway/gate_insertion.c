/* gate_insertion.c: see gate_insertion.h.  Pure but for a spool; any thread. */
#include "gateway/gate_insertion.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "mail/charset.h"
#include "mail/charset_convert.h"

/* More is never put into a text: a disclaimer's file with every placeholder
 * filled in, each character as a reference, and what the encoding of a charset
 * adds. */
#define INSERTED_MAX                                                           \
	((size_t)8 *                                                           \
	    (LIMIT_DISCLAIMER + LIMIT_DISCLAIMER_PLACEHOLDERS *                \
				    (LIMIT_ADDRESS + LIMIT_DISCLAIMER_NAME)))
/* How far the place may be before the first difference: what follows it can
 * begin with the same bytes, "<" or "\n</". */
#define OVERLAP_MAX 256u

static int
gap(struct err *err, const char *what)
{
	return err_set(err, ERR_BUG, "gate: %s", what);
}

/* --- what was inserted --- */

static size_t
skip_white(struct slice s, size_t at)
{
	while (at < s.len && ascii_is_white(s.data[at]))
		at++;
	return at;
}

/* The code point of the character of valid UTF-8 at that place. */
static unsigned
code_point(struct slice s, size_t at, size_t len)
{
	unsigned value = s.data[at] & (0xffu >> (len + 1));

	for (size_t i = 1; i < len; i++)
		value = value << 6 | (s.data[at + i] & 0x3fu);
	return value;
}

/* Is there "&#1234;", and the character in its place?  Both go on behind it. */
static bool
is_reference(struct slice found, size_t *at, struct slice wanted, size_t *w)
{
	size_t len = charset_utf8_length(slice_part(wanted, *w, wanted.len));
	size_t i = *at;
	unsigned value = 0;

	if (len < 2 || i + 2 > found.len || found.data[i] != '&' ||
	    found.data[i + 1] != '#')
		return false;
	for (i += 2; i < found.len && found.data[i] >= '0' &&
		     found.data[i] <= '9' && value <= 0x10ffffu;
	     i++)
		value = value * 10 + (unsigned)(found.data[i] - '0');
	if (i == found.len || found.data[i] != ';' ||
	    value != code_point(wanted, *w, len))
		return false;
	*at = i + 1;
	*w += len;
	return true;
}

/* The same but for white space? */
static bool
is_text(struct slice found, struct slice wanted, bool html)
{
	size_t i = 0, w = 0;

	for (;;) {
		i = skip_white(found, i);
		w = skip_white(wanted, w);
		if (i == found.len || w == wanted.len)
			return i == found.len && w == wanted.len;
		if (found.data[i] == wanted.data[w]) {
			i++;
			w++;
		} else if (!html || !is_reference(found, &i, wanted, &w)) {
			return false;
		}
	}
}

/* --- where --- */

/* What the new text has around the first difference. */
struct window {
	struct buf bytes;
	size_t before; /* of them are common */
	size_t len;    /* of what was inserted */
};

/* With bytes common ones of which the place is that much further forward: is
 * what then stands behind it what stood there? */
static bool
fits(const struct window *w, size_t shift)
{
	struct slice all = buf_slice(&w->bytes);
	size_t at = w->before - shift;

	return slice_equal(slice_part(all, at, w->before),
	    slice_part(all, at + w->len, w->before + w->len));
}

static bool
ends_document(struct slice rest)
{
	rest = slice_part(rest, skip_white(rest, 0), rest.len);
	return rest.len == 0 || slice_has_prefix_ci(rest, "</body") ||
	       slice_has_prefix_ci(rest, "</html");
}

/* Neither the last line of the old text nor what follows goes on there. */
static bool
begins_line(const struct window *w, size_t shift, size_t old)
{
	struct slice all = buf_slice(&w->bytes);
	size_t at = w->before - shift;
	unsigned char c = all.len > at ? all.data[at] : '\0';

	return old == 0 || c == '\r' || c == '\n' ||
	       (at > 0 && all.data[at - 1] == '\n');
}

static bool
is_wanted(const struct gate_insertion *i, const struct window *w, size_t shift)
{
	const struct charset *charset =
	    i->is_charset ? charset_find(slice_text(i->is_charset)) : NULL;
	size_t at = w->before - shift;
	struct slice found = slice_part(buf_slice(&w->bytes), at, at + w->len);
	struct buf utf8;
	bool wanted;

	buf_init(&utf8, 4 * found.len + 16);
	charset_add_utf8(charset, found, &utf8);
	wanted = (charset || !i->is_charset) && buf_ok(&utf8) &&
		 is_text(buf_slice(&utf8), i->text, i->html);
	buf_fini(&utf8);
	return wanted;
}

/* Looks for the place from the first difference backwards. */
static int
check_place(const struct gate_insertion *i, const struct window *w,
    size_t common, struct err *err)
{
	size_t shifts = i->html ? w->before : 0;

	for (size_t shift = 0; shift <= shifts; shift++) {
		size_t behind = w->before - shift + w->len;
		struct slice rest =
		    slice_part(buf_slice(&w->bytes), behind, w->bytes.len);

		if (!fits(w, shift))
			break;
		if (i->html && !ends_document(rest))
			continue;
		if (is_wanted(i, w, shift))
			return i->html || begins_line(w, shift, common)
				   ? 0
				   : gap(err, "a disclaimer in the last line "
					      "of a text");
	}
	return gap(err, "something else than the disclaimer was added");
}

/* Both in one charset. */
static int
compare(const struct gate_insertion *i, const struct gate_text *was,
    struct err *err)
{
	size_t old = gate_text_size(was), new = gate_text_size(&i->is);
	size_t common = gate_text_common(was, &i->is);
	struct window w = {
	    .before = common < OVERLAP_MAX ? common : OVERLAP_MAX};
	int rc;

	if (new <= old)
		return gap(err, "a text has not become longer");
	w.len = new - old;
	if (w.len > INSERTED_MAX)
		return gap(err, "more than a disclaimer was added");
	if (!i->html && common != old)
		return gap(err, "a text is not what it was");
	if (!gate_text_same(was, common, &i->is, common + w.len))
		return gap(err, "a text is not what it was");
	buf_init(&w.bytes, w.before + w.len + OVERLAP_MAX);
	gate_text_read(
	    &i->is, common - w.before, common + w.len + OVERLAP_MAX, &w.bytes);
	rc = buf_ok(&w.bytes) ? check_place(i, &w, common, err)
			      : gap(err, "no room for a disclaimer");
	buf_fini(&w.bytes);
	return rc;
}

/* --- charsets --- */

static int
take_into_spool(void *context, struct slice utf8, struct err *err)
{
	return spool_write(context, utf8.data, utf8.len, err);
}

static int
convert(const struct gate_insertion *i, const struct charset *charset,
    struct spool *plain, struct spool *utf8, struct err *err)
{
	const struct charset_sink sink = {take_into_spool, utf8};
	bool exact;

	if (gate_text_write(&i->was, plain, err) < 0 ||
	    charset_read(charset, spool_slice(plain), &sink, &exact, err) < 0 ||
	    spool_finish(utf8, err) < 0)
		return -1;
	return exact ? 0 : gap(err, "a text that nobody can convert");
}

/* From another charset to UTF-8. */
static int
compare_converted(const struct gate_insertion *i, struct err *err)
{
	const struct charset *was = charset_find(slice_text(i->was_charset));
	const struct charset *is =
	    i->is_charset ? charset_find(slice_text(i->is_charset)) : NULL;
	struct gate_text text = {.encoding = GATE_IDENTITY};
	struct spool plain, utf8;
	int rc;

	if (!was || !is || charset_kind_of(is) != CHARSET_UTF8)
		return gap(err, "a text was converted to another charset");
	spool_init(&plain, i->spool);
	spool_init(&utf8, i->spool);
	rc = convert(i, was, &plain, &utf8, err);
	text.raw = rc == 0 ? spool_slice(&utf8) : (struct slice){NULL, 0};
	if (rc == 0)
		rc = compare(i, &text, err);
	spool_fini(&utf8);
	spool_fini(&plain);
	return rc;
}

/* A text without a label is in whatever its readers take it for, and stays so.
 */
static bool
is_converted(const struct gate_insertion *i)
{
	const struct charset *was, *is;

	if (!i->was_charset || !*i->was_charset)
		return false;
	if (!i->is_charset)
		return true;
	if (slice_equal_text_ci(slice_text(i->was_charset), i->is_charset))
		return false;
	was = charset_find(slice_text(i->was_charset));
	is = charset_find(slice_text(i->is_charset));
	return !was || !is || was != is;
}

int
gate_insertion_check(const struct gate_insertion *i, struct err *err)
{
	return is_converted(i) ? compare_converted(i, err)
			       : compare(i, &i->was, err);
}
