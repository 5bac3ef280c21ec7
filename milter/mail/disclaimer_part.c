/*
 * disclaimer_part.c: see disclaimer_part.h.  RFC 2045 6, RFC 2046 4.1, RFC
 * 3676 4.
 *
 * First it is said what is put where, in the charset that the body will have;
 * then how that is brought under the body's encoding.  What stands already is
 * encoded anew only where nothing else will do, and what its bytes mean is
 * never guessed.  Pure but for the spools; callable from any thread.
 */
#include "mail/disclaimer_part.h"

#include "mail/disclaimer_words.h"
#include "mail/html_scan.h"
#include "mail/mime_codec.h"
#include "mail/mime_texture.h"

/* A charset may need four bytes for two of UTF-8, and escape sequences. */
#define GROWTH 8

/* A change on its way. */
struct change {
	const struct disclaimer_body *body;
	const struct disclaimer *d;
	const struct spool_config *config;
	struct disclaimer_part *out;
	const struct charset *charset; /* that text is in */
	struct slice text; /* what stands already, decoded, or converted */
	bool exact;	   /* all of it is of its charset */
	bool converted;	   /* to UTF-8, into this spool */
	struct spool utf8;
	size_t at;	  /* where in the text */
	struct buf words; /* what is put there, in its charset */
};

/* --- charsets --- */

static enum charset_kind
kind_of(const struct change *c)
{
	return charset_kind_of(c->charset);
}

static int
write_spool(void *context, struct slice utf8, struct err *err)
{
	return spool_write(context, utf8.data, utf8.len, err);
}

/* Has it to be converted before it is UTF-8? */
static bool
is_utf8_already(const struct change *c)
{
	enum charset_kind kind = kind_of(c);

	return kind == CHARSET_UTF8 ||
	       ((kind == CHARSET_ASCII || kind == CHARSET_BYTES) &&
		   slice_is_ascii(c->text));
}

/* Characters for private use (U+E000 and on, planes 15 and 16), of valid UTF-8:
 * what they are is known to those who use them, or the label is wrong. */
static bool
has_private_use(struct slice utf8)
{
	for (size_t i = 0; i + 1 < utf8.len; i++) {
		unsigned char c = utf8.data[i], next = utf8.data[i + 1];

		if (c == 0xee || (c == 0xef && next < 0xa4) ||
		    (c == 0xf3 && next >= 0xb0) || c == 0xf4)
			return true;
	}
	return false;
}

/* The text is UTF-8 from now on, and labelled so; *good: it says the same. */
static int
convert(struct change *c, bool *good, struct err *err)
{
	const struct charset_sink sink = {write_spool, &c->utf8};
	bool exact;

	*good = c->exact;
	if (!is_utf8_already(c)) {
		if (charset_read(c->charset, c->text, &sink, &exact, err) ||
		    spool_finish(&c->utf8, err))
			return -1;
		c->text = spool_slice(&c->utf8);
		c->converted = true;
		*good = exact && !has_private_use(c->text) &&
			charset_gives_back(c->charset, c->text);
	}
	c->charset = charset_find(slice_text("utf-8"));
	c->out->charset = "utf-8";
	return 0;
}

/* Is a byte of ASCII such a character where the words go, whatever stands
 * before it? */
static bool
takes_ascii(const struct change *c)
{
	if (kind_of(c) == CHARSET_ESCAPES)
		return charset_ends_in_ascii(slice_part(c->text, 0, c->at));
	/* A character that is cut off would swallow it. */
	return c->exact || c->at == 0 || c->text.data[c->at - 1] < 0x80;
}

/* Bytes that mean nothing where they stand may mean anything to a reader who
 * guesses: nothing but ASCII is put beside them. */
static bool
can_take(const struct change *c, struct slice words)
{
	return takes_ascii(c) && (c->exact || slice_is_ascii(words));
}

/* The words in the charset of the text, if that has them. */
static bool
take_words(struct change *c, struct slice utf8)
{
	if (!can_take(c, utf8))
		return false;
	buf_init(&c->words, GROWTH * utf8.len + 8);
	return charset_write(c->charset, utf8, &c->words) && buf_ok(&c->words);
}

/* --- words --- */

static bool
is_encoded(enum mime_cte cte)
{
	return cte == MIME_CTE_QP || cte == MIME_CTE_BASE64;
}

/* Lines of text that came as mail has CRLF; what was encoded may have others,
 * and shall not get a mixture. */
static bool
has_lf_lines(const struct change *c)
{
	enum mime_cte cte = c->body->part->cte;
	size_t lf = slice_find(c->text, '\n', 0);

	return (is_encoded(cte) || cte == MIME_CTE_BINARY) &&
	       lf < c->text.len && (lf == 0 || c->text.data[lf - 1] != '\r');
}

static bool
is_flowed(const struct mime_part *part)
{
	const char *format = mime_type_param(&part->type, "format");

	return format && slice_equal_text_ci(slice_text(format), "flowed");
}

/* At the end. */
static bool
take_text(struct change *c)
{
	const struct words_opts opts = {
	    .lf = has_lf_lines(c), .flowed = is_flowed(c->body->part)};
	struct buf words;
	bool taken;

	c->at = c->text.len;
	words_of_text(c->text, buf_slice(&c->d->text), &opts, &words);
	taken = take_words(c, buf_slice(&words));
	buf_fini(&words);
	return taken;
}

/* Text without a label that readers take for UTF-8 gets one with its first
 * words that are not ASCII. */
static int
choose_text(struct change *c, bool *good, struct err *err)
{
	*good = take_text(c);
	if (*good) {
		if (!c->body->labelled && !slice_is_ascii(buf_slice(&c->words)))
			c->out->charset = "utf-8";
		return 0;
	}
	buf_fini(&c->words);
	if (c->exact && convert(c, good, err))
		return -1;
	*good = *good && take_text(c);
	return 0;
}

/* What a page says about its charset inside shall stay true: other characters
 * than it has are written as references.  The same if it has no label. */
static bool
take_html(struct change *c)
{
	struct words_opts opts = {.lf = has_lf_lines(c)};
	struct slice before = slice_part(c->text, 0, c->at);
	struct buf words;
	bool taken;

	words_of_html(before, buf_slice(&c->d->html), &opts, &words);
	taken = (c->body->labelled || slice_is_ascii(buf_slice(&words))) &&
		take_words(c, buf_slice(&words));
	buf_fini(&words);
	if (taken)
		return true;
	buf_fini(&c->words);
	opts.references = true;
	words_of_html(before, buf_slice(&c->d->html), &opts, &words);
	taken = take_words(c, buf_slice(&words));
	buf_fini(&words);
	return taken;
}

/* What is put where; ADDED: all is well. */
static int
choose_words(struct change *c, enum disclaimer_result *result, struct err *err)
{
	bool good = true;

	*result = DISCLAIMER_CHARSET;
	if (!c->charset)
		return 0;
	if (charset_read(c->charset, c->text, NULL, &c->exact, err))
		return -1;
	if (kind_of(c) == CHARSET_OTHER && convert(c, &good, err))
		return -1;
	if (!good)
		return 0;
	if (!c->body->html) {
		if (choose_text(c, &good, err))
			return -1;
	} else if (!html_find_end(
		       c->text, kind_of(c) == CHARSET_ESCAPES, &c->at)) {
		*result = DISCLAIMER_BROKEN;
		return 0;
	} else {
		good = take_html(c);
	}
	if (good)
		*result = DISCLAIMER_ADDED;
	return 0;
}

/* --- encodings --- */

/* The whole new text, decoded. */
static int
write_text(struct change *c, struct spool *out, struct err *err)
{
	struct slice words = buf_slice(&c->words);
	struct slice before = slice_part(c->text, 0, c->at);
	struct slice behind = slice_part(c->text, c->at, c->text.len);

	if (spool_write(out, before.data, before.len, err) ||
	    spool_write(out, words.data, words.len, err))
		return -1;
	return spool_write(out, behind.data, behind.len, err);
}

static int
write_qp(struct change *c, struct err *err)
{
	struct spool plain;
	int rc;

	spool_init(&plain, c->config);
	rc = write_text(c, &plain, err);
	if (rc == 0)
		rc = spool_finish(&plain, err);
	if (rc == 0)
		rc =
		    qp_encode(spool_slice(&plain), true, &c->out->instead, err);
	spool_fini(&plain);
	return rc;
}

static int
write_base64(struct change *c, struct err *err)
{
	struct slice text = c->text;
	struct base64_encoder e;

	base64_encoder_init(&e, &c->out->instead);
	if (base64_encoder_write(&e, slice_part(text, 0, c->at), err) ||
	    base64_encoder_write(&e, buf_slice(&c->words), err) ||
	    base64_encoder_write(&e, slice_part(text, c->at, text.len), err))
		return -1;
	return base64_encoder_finish(&e, err);
}

/* Would a multipart around it say that all in it is 7bit? */
static bool
is_inside_7bit(const struct mime_part *part)
{
	for (part = part->parent; part; part = part->parent)
		if (part->cte == MIME_CTE_7BIT)
			return true;
	return false;
}

/* Would a line be taken for a delimiter of a multipart around it?  Encoded
 * lines never are. */
static bool
looks_like_delimiter(const struct mime_part *part, struct slice line)
{
	const char *boundary;

	for (part = part->parent; part; part = part->parent) {
		boundary = mime_type_param(&part->type, "boundary");
		if (part->kind == MIME_MULTIPART && boundary &&
		    slice_has_prefix(line, boundary))
			return true;
	}
	return false;
}

static bool
has_delimiter(const struct mime_part *part, struct slice text)
{
	struct slice line;
	size_t end;

	for (size_t pos = 0; pos < text.len; pos = end + 1) {
		end = slice_find(text, '\n', pos);
		line = slice_part(text, pos, end);
		if (slice_has_prefix(line, "--") &&
		    looks_like_delimiter(part, slice_part(line, 2, line.len)))
			return true;
	}
	return false;
}

/* Can the bytes stand under the label that the part has? */
static bool
can_stand(const struct change *c)
{
	const struct mime_part *part = c->body->part;
	struct mime_texture texture = {0};

	mime_texture_scan(&texture, buf_slice(&c->words));
	if (c->converted)
		mime_texture_scan(&texture, c->text);
	if (has_delimiter(part, buf_slice(&c->words)) ||
	    (c->converted && has_delimiter(part, c->text)))
		return false;
	if (texture.has_8bit && !part->body_texture.has_8bit &&
	    (part->cte == MIME_CTE_7BIT || is_inside_7bit(part)))
		return false;
	return part->cte == MIME_CTE_BINARY || !texture.has_long_line;
}

/* The words alone, between bytes that stay. */
static void
keep_around(struct change *c, size_t at)
{
	c->out->from = c->out->to = at;
}

static int
make_identity(struct change *c, struct err *err)
{
	struct slice words = buf_slice(&c->words);

	if (!can_stand(c)) {
		c->out->cte = "quoted-printable";
		return write_qp(c, err);
	}
	if (c->converted)
		return write_text(c, &c->out->instead, err);
	keep_around(c, c->at);
	return spool_write(&c->out->instead, words.data, words.len, err);
}

/* What has to stand before encoded words at that place of the encoded body, so
 * that they begin a line of it; NULL: nothing would do. */
static const char *
begin_qp_line(const struct change *c, struct slice before)
{
	unsigned char last;

	if (before.len == 0)
		return "";
	last = before.data[before.len - 1];
	if (last == '\n')
		return "";
	if (c->at < c->text.len)
		return "=\r\n";
	/* The end of the body ended its last line. */
	if (ascii_is_blank(last))
		return NULL;
	if (last == '=')
		return "\r\n";
	return slice_has_prefix(buf_slice(&c->words), "\r\n") ? "" : "=\r\n";
}

/* What stands already is not encoded anew; *good: it can be left so. */
static int
insert_qp(struct change *c, bool *good, struct err *err)
{
	struct slice raw = c->body->part->body;
	size_t at = c->at < c->text.len ? qp_find(raw, c->at) : raw.len;
	const char *begin = begin_qp_line(c, slice_part(raw, 0, at));

	*good = begin != NULL;
	if (!begin)
		return 0;
	keep_around(c, at);
	if (spool_write(&c->out->instead, begin, slice_text(begin).len, err))
		return -1;
	return qp_encode(buf_slice(&c->words), true, &c->out->instead, err);
}

static int
make_encoded(struct change *c, bool *good, struct err *err)
{
	bool qp = c->body->part->cte == MIME_CTE_QP;

	*good = true;
	if (qp && !c->converted)
		return insert_qp(c, good, err);
	/* Else it might change for those who decode it in another way. */
	*good = c->body->strict;
	if (!*good)
		return 0;
	return qp ? write_qp(c, err) : write_base64(c, err);
}

static int
make_body(struct change *c, enum disclaimer_result *result, struct err *err)
{
	bool good = true;

	c->out->to = c->body->part->body.len;
	if (is_encoded(c->body->part->cte)) {
		if (make_encoded(c, &good, err))
			return -1;
	} else if (make_identity(c, err)) {
		return -1;
	}
	if (!good)
		*result = DISCLAIMER_BROKEN;
	return spool_finish(&c->out->instead, err);
}

int
disclaimer_part_make(const struct disclaimer_body *body,
    const struct disclaimer *d, const struct spool_config *config,
    struct disclaimer_part *out, enum disclaimer_result *result,
    struct err *err)
{
	struct change c = {.body = body,
	    .d = d,
	    .config = config,
	    .out = out,
	    .charset = body->charset,
	    .text = body->text};
	enum disclaimer_result made = DISCLAIMER_ADDED;
	int rc;

	*out = (struct disclaimer_part){.part = body->part};
	spool_init(&out->instead, config);
	spool_init(&c.utf8, config);
	rc = choose_words(&c, &made, err);
	if (rc == 0 && made == DISCLAIMER_ADDED)
		rc = make_body(&c, &made, err);
	buf_fini(&c.words);
	spool_fini(&c.utf8);
	if (rc == 0)
		*result = made;
	return rc;
}

void
disclaimer_part_fini(struct disclaimer_part *p)
{
	spool_fini(&p->instead);
}
