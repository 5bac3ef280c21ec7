/*
 * mime_type.c: see mime_type.h.  RFC 2045 5.1, RFC 2183 2, RFC 2231.
 *
 * Reads by the grammar with comments and folds anywhere; what real senders
 * get wrong without being ambiguous (a final semicolon, an unquoted "/" in a
 * value) is read as they meant it, everything else is marked malformed.  What
 * the grammar allows and not every program reads is marked disputed.  One
 * pass, linear; joining pieces is bounded by LIMIT_MIME_PARAMS.  Pure
 * functions, callable from any thread.
 */
#include "mail/mime_type.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/limits.h"
#include "mail/comment.h"

#define SECTION_NONE (-1)

/* One parameter as written; RFC 2231 makes one value out of several. */
struct piece {
	char *name;    /* lower case, without its RFC 2231 marks */
	char *value;   /* unquoted, not decoded */
	int section;   /* name*N, or SECTION_NONE */
	bool extended; /* name*: percent-encoded */
	bool disputed;
	bool plain;
	bool used;
};

struct parser {
	struct slice in;
	size_t pos;
	bool malformed;
	size_t disputes; /* comments, and what else not everybody reads */
	struct piece pieces[LIMIT_MIME_PARAMS];
	size_t count;
};

static bool
is_token_char(unsigned char c)
{
	return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

static void
skip_comment(struct parser *p)
{
	p->disputes++;
	if (!comment_skip(p->in, &p->pos))
		p->malformed = true;
}

static void
skip_blanks(struct parser *p)
{
	while (p->pos < p->in.len) {
		if (p->in.data[p->pos] == '(')
			skip_comment(p);
		else if (ascii_is_white(p->in.data[p->pos]))
			p->pos++;
		else
			break;
	}
}

/* Steps over c when it is next, behind blanks and comments. */
static bool
accept(struct parser *p, unsigned char c)
{
	skip_blanks(p);
	if (p->pos >= p->in.len || p->in.data[p->pos] != c)
		return false;
	p->pos++;
	return true;
}

/* A token in lower case, "" when there is none. */
static char *
read_token(struct parser *p)
{
	size_t start;
	char *text;

	skip_blanks(p);
	start = p->pos;
	while (p->pos < p->in.len && is_token_char(p->in.data[p->pos]))
		p->pos++;
	text = slice_dup_text(slice_part(p->in, start, p->pos));
	for (char *c = text; *c; c++)
		*c = (char)ascii_lower((unsigned char)*c);
	return text;
}

/* Control bytes have no business in a value and would end a C string. */
static void
add_value_byte(struct parser *p, struct buf *out, unsigned char c)
{
	if ((c < ' ' && c != '\t') || c == 0x7f)
		p->malformed = true;
	else
		buf_add_char(out, (char)c);
}

/* RFC 2231 7: a token that none of its marks is in; who reads by the grammar
 * stops at anything else. */
static bool
is_plain_token(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!is_token_char(value.data[i]) ||
		    strchr("*'%", value.data[i]))
			return false;
	return value.len > 0;
}

/* Some end it at the first quote, and some take blanks off its ends. */
static bool
is_plain_quoted(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] == '"' || value.data[i] == '\\')
			return false;
	return value.len > 0 && slice_trim(value).len == value.len;
}

/* From behind the opening quote.  A fold loses its line end only. */
static void
read_quoted(struct parser *p, struct buf *out)
{
	while (p->pos < p->in.len) {
		unsigned char c = p->in.data[p->pos++];

		if (c == '"')
			return;
		if (c == '\r' || c == '\n') {
			p->disputes++;
			continue;
		}
		if (c == '\\' && p->pos < p->in.len) {
			c = p->in.data[p->pos++];
			p->disputes += c != '"' && c != '\\';
		}
		add_value_byte(p, out, c);
	}
	p->malformed = true;
}

/* A token, or what senders put in its place without quotes: "/" and other
 * specials are taken by everybody, bytes over 127 are malformed. */
static void
read_bare(struct parser *p, struct buf *out)
{
	while (p->pos < p->in.len) {
		unsigned char c = p->in.data[p->pos];

		if (ascii_is_white(c) || c == ';' || c == '(' || c == '"')
			break;
		if (c > 0x7f)
			p->malformed = true;
		add_value_byte(p, out, c);
		p->pos++;
	}
	if (out->len == 0)
		p->malformed = true;
}

static char *
read_value(struct parser *p, bool *plain)
{
	struct buf out;

	buf_init(&out, p->in.len);
	if (accept(p, '"')) {
		read_quoted(p, &out);
		*plain = is_plain_quoted(buf_slice(&out));
	} else {
		read_bare(p, &out);
		*plain = is_plain_token(buf_slice(&out));
	}
	return buf_take_text(&out);
}

/* Up to the semicolon behind something that is no parameter. */
static void
skip_junk(struct parser *p)
{
	struct buf junk;

	skip_blanks(p);
	if (p->pos >= p->in.len || p->in.data[p->pos] == ';')
		return;
	p->malformed = true;
	buf_init(&junk, 0);
	while (p->pos < p->in.len && p->in.data[p->pos] != ';') {
		if (p->in.data[p->pos++] == '"')
			read_quoted(p, &junk);
	}
	buf_fini(&junk);
}

/* Takes "*", "*N" or "*N*" off the name (RFC 2231 3 and 4). */
static bool
split_name(struct piece *piece)
{
	char *mark = strchr(piece->name, '*'), *end;
	long section;

	piece->section = SECTION_NONE;
	piece->extended = false;
	if (!mark)
		return true;
	*mark++ = '\0';
	if (!*mark) {
		piece->extended = true;
		return *piece->name;
	}
	if (*mark < '0' || *mark > '9' || (*mark == '0' && mark[1] >= '0'))
		return false;
	section = strtol(mark, &end, 10);
	piece->extended = *end == '*';
	if (piece->extended)
		end++;
	if (*end || section >= (long)LIMIT_MIME_PARAMS)
		return false;
	piece->section = (int)section;
	return *piece->name;
}

/* What stands behind a semicolon; nothing at all is fine. */
static void
read_parameter(struct parser *p)
{
	struct piece piece = {0};
	size_t disputes = p->disputes;

	piece.name = read_token(p);
	if (*piece.name) {
		if (accept(p, '='))
			piece.value = read_value(p, &piece.plain);
		skip_blanks(p);
		piece.disputed = p->disputes > disputes;
		if (piece.value && split_name(&piece) &&
		    p->count < LIMIT_MIME_PARAMS) {
			p->pieces[p->count++] = piece;
			piece = (struct piece){0};
		} else {
			p->malformed = true;
		}
	}
	free(piece.name);
	free(piece.value);
	skip_junk(p);
}

static void
add_decoded(struct parser *p, struct buf *out, const char *text)
{
	unsigned char byte;
	char digits[3];

	for (; *text; text++) {
		if (*text != '%') {
			buf_add_char(out, *text);
			continue;
		}
		memset(digits, 0, sizeof(digits));
		memcpy(digits, text + 1, strnlen(text + 1, 2));
		if (hex_decode(digits, &byte, 1)) {
			p->malformed = true;
			buf_add_char(out, *text);
			continue;
		}
		add_value_byte(p, out, byte);
		text += 2;
	}
}

/* What follows charset'language' of the first extended piece. */
static const char *
skip_charset(struct parser *p, const char *text)
{
	const char *mark = strchr(text, '\'');

	if (mark)
		mark = strchr(mark + 1, '\'');
	if (mark)
		return mark + 1;
	p->malformed = true;
	return text;
}

static void
add_piece(struct parser *p, struct buf *out, const struct piece *piece)
{
	const char *text = piece->value;

	if (!piece->extended) {
		buf_add_text(out, text);
		return;
	}
	if (piece->section <= 0)
		text = skip_charset(p, text);
	add_decoded(p, out, text);
}

/* The first piece of that name and form; further ones are duplicates. */
static struct piece *
take_piece(struct parser *p, struct mime_type *t, const char *name, int section,
    int extended)
{
	struct piece *found = NULL;

	for (size_t i = 0; i < p->count; i++) {
		struct piece *piece = &p->pieces[i];

		if (piece->used || piece->section != section ||
		    strcmp(piece->name, name) != 0)
			continue;
		if (extended >= 0 && piece->extended != extended)
			continue;
		piece->used = true;
		if (found)
			t->duplicate = true;
		else
			found = piece;
	}
	return found;
}

/* Pieces 0, 1, 2 ... of a continued value, in whatever order they came. */
static bool
join_sections(
    struct parser *p, struct mime_type *t, const char *name, struct buf *out)
{
	const struct piece *piece;
	int section = 0;

	while ((piece = take_piece(p, t, name, section, -1))) {
		add_piece(p, out, piece);
		section++;
	}
	return section > 0;
}

/* Old readers are given the plain form of a file name beside the extended
 * one (RFC 6266 4.3 for HTTP, copied by mail programs).  Two forms of any
 * other parameter are two values. */
static bool
is_file_name(const char *name)
{
	return strcmp(name, "name") == 0 || strcmp(name, "filename") == 0;
}

static bool
is_disputed(const struct parser *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->pieces[i].disputed &&
		    strcmp(p->pieces[i].name, name) == 0)
			return true;
	return false;
}

static bool
is_plain(const struct parser *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct piece *piece = &p->pieces[i];

		if (strcmp(piece->name, name) == 0 &&
		    (!piece->plain || piece->disputed || piece->extended ||
			piece->section != SECTION_NONE))
			return false;
	}
	return true;
}

static void
add_param(struct parser *p, struct mime_type *t, const char *name)
{
	const struct piece *plain, *extended;
	struct buf value, joined;
	int forms;

	buf_init(&value, p->in.len);
	buf_init(&joined, p->in.len);
	plain = take_piece(p, t, name, SECTION_NONE, false);
	extended = take_piece(p, t, name, SECTION_NONE, true);
	forms = !!plain + !!extended + join_sections(p, t, name, &joined);
	if (forms > 1 && !is_file_name(name))
		t->duplicate = true;
	if (extended)
		add_piece(p, &value, extended);
	else if (plain && joined.len == 0)
		add_piece(p, &value, plain);
	else
		buf_add_slice(&value, buf_slice(&joined));
	if (forms > 0) {
		t->params[t->count++] = (struct mime_param){
		    .name = xstrdup(name),
		    .value = buf_take_text(&value),
		    .disputed = is_disputed(p, name),
		    .plain = is_plain(p, name),
		};
	} else {
		p->malformed = true; /* name*1 without name*0 */
	}
	buf_fini(&joined);
	buf_fini(&value);
}

static void
read_parameters(struct parser *p, struct mime_type *t)
{
	skip_junk(p);
	while (accept(p, ';'))
		read_parameter(p);
	t->params = xcalloc(p->count, sizeof(*t->params));
	for (size_t i = 0; i < p->count; i++)
		if (!p->pieces[i].used)
			add_param(p, t, p->pieces[i].name);
	for (size_t i = 0; i < p->count; i++) {
		free(p->pieces[i].name);
		free(p->pieces[i].value);
	}
	t->malformed = p->malformed;
}

/* "type/subtype" in one piece is what everybody reads. */
static void
read_type(struct parser *p, struct mime_type *t)
{
	size_t start;

	t->type = read_token(p);
	start = p->pos - strlen(t->type);
	if (*t->type && accept(p, '/'))
		t->subtype = read_token(p);
	else
		t->subtype = xstrdup("");
	if (!*t->subtype)
		p->malformed = true;
	else if (p->disputes > 0 ||
		 p->pos - start != strlen(t->type) + 1 + strlen(t->subtype))
		t->disputed = true;
}

void
mime_type_parse(struct mime_type *t, struct slice field_body)
{
	struct parser p = {.in = field_body};

	*t = (struct mime_type){0};
	read_type(&p, t);
	read_parameters(&p, t);
}

void
mime_disposition_parse(struct mime_type *t, struct slice field_body)
{
	struct parser p = {.in = field_body};

	*t = (struct mime_type){0};
	t->type = read_token(&p);
	t->subtype = xstrdup("");
	if (!*t->type)
		p.malformed = true;
	read_parameters(&p, t);
}

void
mime_type_fini(struct mime_type *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->params[i].name);
		free(t->params[i].value);
	}
	free(t->params);
	free(t->type);
	free(t->subtype);
	*t = (struct mime_type){0};
}

const char *
mime_type_param(const struct mime_type *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->params[i].name, name) == 0)
			return t->params[i].value;
	return NULL;
}

bool
mime_type_param_is_disputed(const struct mime_type *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->params[i].name, name) == 0)
			return t->params[i].disputed;
	return false;
}

bool
mime_type_param_is_plain(const struct mime_type *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->params[i].name, name) == 0)
			return t->params[i].plain;
	return false;
}

bool
mime_type_is(const struct mime_type *t, const char *type, const char *subtype)
{
	return strcmp(t->type, type) == 0 &&
	       (!subtype || strcmp(t->subtype, subtype) == 0);
}
