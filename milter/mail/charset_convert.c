/*
 * charset_convert.c: see charset_convert.h.  RFC 1468, RFC 2978, WHATWG
 * Encoding (what labels mean in practice).
 *
 * Only charsets of the table below are handed to iconv: names that a stranger
 * chooses load what he chooses.  Everything is linear in the bytes.  Pure
 * functions, any thread.
 */
#include "mail/charset_convert.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "mail/charset.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define ESCAPE	    0x1b
#define BLOCK_SIZE  4096u

/* Labels, and what they mean where they are used: who writes ISO-8859-1 and
 * GB2312 means their supersets.  What we write has to be read in the same way
 * by those who take the label at its word. */
struct charset {
	const char *label;
	const char *name; /* for iconv; NULL: UTF-8 already */
	const char *also; /* for whoever takes it at its word; NULL: the same */
	enum charset_kind kind;
};

static const struct charset charsets[] = {
    {"utf-8", NULL, NULL, CHARSET_UTF8},
    {"us-ascii", NULL, NULL, CHARSET_ASCII},
    {"utf8", NULL, NULL, CHARSET_UTF8},
    {"ascii", NULL, NULL, CHARSET_ASCII},
    {"iso-8859-1", "CP1252", "ISO-8859-1", CHARSET_BYTES},
    {"iso-8859-2", "ISO-8859-2", NULL, CHARSET_BYTES},
    {"iso-8859-3", "ISO-8859-3", NULL, CHARSET_BYTES},
    {"iso-8859-4", "ISO-8859-4", NULL, CHARSET_BYTES},
    {"iso-8859-5", "ISO-8859-5", NULL, CHARSET_BYTES},
    {"iso-8859-6", "ISO-8859-6", NULL, CHARSET_BYTES},
    {"iso-8859-7", "ISO-8859-7", NULL, CHARSET_BYTES},
    {"iso-8859-8", "ISO-8859-8", NULL, CHARSET_BYTES},
    {"iso-8859-8-i", "ISO-8859-8", NULL, CHARSET_BYTES},
    {"iso-8859-9", "CP1254", "ISO-8859-9", CHARSET_BYTES},
    {"iso-8859-10", "ISO-8859-10", NULL, CHARSET_BYTES},
    {"iso-8859-11", "ISO-8859-11", NULL, CHARSET_BYTES},
    {"iso-8859-13", "ISO-8859-13", NULL, CHARSET_BYTES},
    {"iso-8859-14", "ISO-8859-14", NULL, CHARSET_BYTES},
    {"iso-8859-15", "ISO-8859-15", NULL, CHARSET_BYTES},
    {"iso-8859-16", "ISO-8859-16", NULL, CHARSET_BYTES},
    {"latin1", "CP1252", "ISO-8859-1", CHARSET_BYTES},
    {"windows-1250", "CP1250", NULL, CHARSET_BYTES},
    {"windows-1251", "CP1251", NULL, CHARSET_BYTES},
    {"windows-1252", "CP1252", NULL, CHARSET_BYTES},
    {"windows-1253", "CP1253", NULL, CHARSET_BYTES},
    {"windows-1254", "CP1254", NULL, CHARSET_BYTES},
    {"windows-1255", "CP1255", NULL, CHARSET_BYTES},
    {"windows-1256", "CP1256", NULL, CHARSET_BYTES},
    {"windows-1257", "CP1257", NULL, CHARSET_BYTES},
    {"windows-1258", "CP1258", NULL, CHARSET_BYTES},
    {"windows-874", "CP874", NULL, CHARSET_BYTES},
    {"tis-620", "TIS-620", NULL, CHARSET_BYTES},
    {"koi8-r", "KOI8-R", NULL, CHARSET_BYTES},
    {"koi8-u", "KOI8-U", NULL, CHARSET_BYTES},
    {"macintosh", "MACINTOSH", NULL, CHARSET_BYTES},
    {"iso-2022-jp", "ISO-2022-JP", NULL, CHARSET_ESCAPES},
    {"iso-2022-jp-2", "ISO-2022-JP-2", NULL, CHARSET_OTHER},
    {"shift_jis", "CP932", "SJIS", CHARSET_BYTES},
    {"windows-31j", "CP932", NULL, CHARSET_BYTES},
    {"cp932", "CP932", NULL, CHARSET_BYTES},
    {"euc-jp", "EUC-JP", NULL, CHARSET_BYTES},
    {"gb2312", "GB18030", "EUC-CN", CHARSET_BYTES},
    {"gbk", "GB18030", "GBK", CHARSET_BYTES},
    {"gb18030", "GB18030", NULL, CHARSET_BYTES},
    {"big5", "BIG5", NULL, CHARSET_BYTES},
    {"big5-hkscs", "BIG5-HKSCS", NULL, CHARSET_BYTES},
    {"euc-kr", "CP949", "EUC-KR", CHARSET_BYTES},
    {"ks_c_5601-1987", "CP949", "EUC-KR", CHARSET_BYTES},
    {"iso-2022-kr", "ISO-2022-KR", NULL, CHARSET_OTHER},
    /* Other names that programs write. */
    {"ansi_x3.4-1968", NULL, NULL, CHARSET_ASCII},
    {"iso8859-1", "CP1252", "ISO-8859-1", CHARSET_BYTES},
    {"iso_8859-1", "CP1252", "ISO-8859-1", CHARSET_BYTES},
    {"iso8859-15", "ISO-8859-15", NULL, CHARSET_BYTES},
    {"latin-1", "CP1252", "ISO-8859-1", CHARSET_BYTES},
    {"cp1250", "CP1250", NULL, CHARSET_BYTES},
    {"cp1251", "CP1251", NULL, CHARSET_BYTES},
    {"cp1252", "CP1252", NULL, CHARSET_BYTES},
    {"cp850", "CP850", NULL, CHARSET_BYTES},
    {"ibm850", "CP850", NULL, CHARSET_BYTES},
    {"shift-jis", "CP932", "SJIS", CHARSET_BYTES},
    {"x-sjis", "CP932", "SJIS", CHARSET_BYTES},
    {"utf-7", "UTF-7", NULL, CHARSET_OTHER},
};

const struct charset *
charset_find(struct slice label)
{
	struct slice name = slice_part(label, 0, slice_find(label, '*', 0));

	for (size_t i = 0; i < sizeof(charsets) / sizeof(*charsets); i++)
		if (slice_equal_text_ci(name, charsets[i].label))
			return &charsets[i];
	return NULL;
}

enum charset_kind
charset_kind_of(const struct charset *c)
{
	return c->kind;
}

/* --- iconv --- */

/* It lacks const, and does not write there. */
static char *
without_const(const unsigned char *data)
{
	union {
		const unsigned char *in;
		char *out;
	} u = {.in = data};

	return u.out;
}

static bool
open_converter(const char *to, const char *from, iconv_t *cd)
{
	*cd = iconv_open(to, from);
	return (intptr_t)*cd != -1;
}

/* One piece of a conversion: what there is to convert, and the outcome. */
struct piece {
	char *from;
	size_t left;
	char data[BLOCK_SIZE];
	size_t len;
	bool valid;    /* false: it stopped at what is not */
	bool complete; /* false: it stopped at a character that is cut off */
};

/* from NULL: what the converter has kept back, and the way back to its first
 * state. */
static void
convert_piece(iconv_t cd, struct piece *p)
{
	char *to = p->data;
	size_t room = sizeof(p->data), result;

	errno = 0;
	result = iconv(cd, p->from ? &p->from : NULL, p->from ? &p->left : NULL,
	    &to, &room);
	p->len = sizeof(p->data) - room;
	p->valid = result != (size_t)-1 || errno == E2BIG || errno == EINVAL;
	p->complete = result != (size_t)-1 || errno != EINVAL;
}

/* --- reading --- */

static int
give(const struct charset_sink *sink, struct slice utf8, struct err *err)
{
	if (!sink || utf8.len == 0)
		return 0;
	return sink->take(sink->context, utf8, err);
}

/* Runs of what is valid, and a sign for each byte that is not. */
static int
read_utf8(struct slice in, const struct charset_sink *sink, bool *exact,
    struct err *err)
{
	size_t start = 0, i, n;

	for (i = 0; i < in.len; i += n) {
		n = 1;
		if (in.data[i] < 0x80)
			continue;
		n = charset_utf8_length(slice_part(in, i, in.len));
		if (n > 0)
			continue;
		n = 1;
		*exact = false;
		if (!sink)
			return 0;
		if (give(sink, slice_part(in, start, i), err) ||
		    give(sink, slice_text(REPLACEMENT), err))
			return -1;
		start = i + 1;
	}
	return give(sink, slice_part(in, start, in.len), err);
}

static int
read_with(iconv_t cd, struct slice in, const struct charset_sink *sink,
    bool *exact, struct err *err)
{
	struct piece p = {.from = without_const(in.data), .left = in.len};

	while (p.left > 0) {
		convert_piece(cd, &p);
		if (give(sink, slice_make(p.data, p.len), err))
			return -1;
		if (p.valid && p.complete)
			continue;
		*exact = false;
		if (!sink)
			return 0;
		if (give(sink, slice_text(REPLACEMENT), err))
			return -1;
		if (!p.complete)
			break;
		p.from++;
		p.left--;
	}
	/* Some keep a letter back for the accent that might follow. */
	p.from = NULL;
	convert_piece(cd, &p);
	return give(sink, slice_make(p.data, p.len), err);
}

int
charset_read(const struct charset *c, struct slice in,
    const struct charset_sink *sink, bool *exact, struct err *err)
{
	iconv_t cd;
	int rc;

	*exact = true;
	if (c && c->name && open_converter("UTF-8", c->name, &cd)) {
		rc = read_with(cd, in, sink, exact, err);
		iconv_close(cd);
		return rc;
	}
	/* A system without its table: at least what is ASCII. */
	if (c && c->kind != CHARSET_UTF8)
		*exact = slice_is_ascii(in);
	return read_utf8(in, sink, exact, err);
}

static int
take_into_buf(void *context, struct slice utf8, struct err *err)
{
	(void)err;
	buf_add_slice(context, utf8);
	return 0;
}

void
charset_add_utf8(const struct charset *c, struct slice in, struct buf *out)
{
	const struct charset_sink sink = {take_into_buf, out};
	struct err unused;
	bool exact;

	/* A buffer takes everything. */
	if (charset_read(c, in, &sink, &exact, &unused))
		out->overflow = true;
}

/* --- writing --- */

static bool
write_with(const char *name, struct slice utf8, struct buf *out)
{
	struct piece p = {.from = without_const(utf8.data), .left = utf8.len};
	bool good = true;
	iconv_t cd;

	if (!open_converter(name, "UTF-8", &cd))
		return false;
	while (good && p.left > 0) {
		convert_piece(cd, &p);
		good = p.valid && p.complete;
		buf_add(out, p.data, p.len);
	}
	p.from = NULL;
	convert_piece(cd, &p);
	buf_add(out, p.data, p.len);
	iconv_close(cd);
	return good;
}

/* Do those who take the label at its word read the same? */
static bool
is_undisputed(const struct charset *c, struct slice utf8, struct slice written)
{
	struct buf other;
	bool same;

	if (!c->also)
		return true;
	buf_init(&other, written.len);
	same = write_with(c->also, utf8, &other) && buf_ok(&other) &&
	       slice_equal(buf_slice(&other), written);
	buf_fini(&other);
	return same;
}

bool
charset_write(const struct charset *c, struct slice utf8, struct buf *out)
{
	size_t before = out->len;
	bool good = false;

	if (c->kind == CHARSET_OTHER)
		return false;
	if (c->kind == CHARSET_UTF8 || slice_is_ascii(utf8)) {
		buf_add_slice(out, utf8);
		return true;
	}
	if (c->name)
		good = write_with(c->name, utf8, out) &&
		       charset_gives_back(c, utf8) &&
		       is_undisputed(c, utf8,
			   slice_part(buf_slice(out), before, out->len));
	if (!good)
		out->len = before;
	return good;
}

bool
charset_ends_in_ascii(struct slice text)
{
	const unsigned char *last;
	struct slice sequence;

	last = text.len > 0 ? memrchr(text.data, ESCAPE, text.len) : NULL;
	if (!last)
		return true;
	sequence = slice_part(text, (size_t)(last - text.data) + 1, text.len);
	return slice_has_prefix(sequence, "(B") ||
	       slice_has_prefix(sequence, "(J");
}

/* --- there and back --- */

struct round_trip {
	iconv_t back;
	struct slice text;
	size_t pos; /* so much of it came back */
};

/* Written text, or NULL for what is kept back. */
static bool
read_back(struct round_trip *r, const char *data, size_t len)
{
	struct piece p = {
	    .from = without_const((const unsigned char *)data), .left = len};

	do {
		convert_piece(r->back, &p);
		if (!p.valid || !p.complete || p.len > r->text.len - r->pos ||
		    memcmp(p.data, r->text.data + r->pos, p.len) != 0)
			return false;
		r->pos += p.len;
	} while (p.left > 0);
	return true;
}

static bool
go_there_and_back(iconv_t there, struct round_trip *r)
{
	struct piece p = {
	    .from = without_const(r->text.data), .left = r->text.len};

	while (p.left > 0) {
		convert_piece(there, &p);
		if (!p.valid || !p.complete || !read_back(r, p.data, p.len))
			return false;
	}
	p.from = NULL;
	convert_piece(there, &p);
	return read_back(r, p.data, p.len) && read_back(r, NULL, 0) &&
	       r->pos == r->text.len;
}

bool
charset_gives_back(const struct charset *c, struct slice utf8)
{
	struct round_trip r = {.text = utf8};
	iconv_t there;
	bool same = false;

	if (utf8.len == 0 || c->kind == CHARSET_UTF8)
		return true;
	if (!c->name)
		return slice_is_ascii(utf8);
	if (!open_converter(c->name, "UTF-8", &there))
		return false;
	if (open_converter("UTF-8", c->name, &r.back)) {
		same = go_there_and_back(there, &r);
		iconv_close(r.back);
	}
	iconv_close(there);
	return same;
}
