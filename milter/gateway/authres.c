/*
 * authres.c: see authres.h.  Pure; any thread.
 *
 * What others make of a forged field is anybody's guess: some read by the
 * grammar, some take out comments and blanks, some look for words.  So a field
 * is read by the grammar of RFC 8601 2.2, and what the grammar leaves open is
 * decided by the words in it, with and without comments, quotes and blanks.
 */
#include "gateway/authres.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mail/domain.h"

/* --- words --- */

/* A text in small letters. */
struct view {
	struct buf all;	     /* as it is */
	struct buf squeezed; /* without comments, quotes, blanks, controls */
	bool is_clean;	     /* what is opened is closed, nothing odd in it */
};

static bool
is_control(unsigned char c)
{
	return (c < ' ' && !ascii_is_white(c)) || c == 0x7f;
}

/* Where we are in a text. */
struct nesting {
	size_t depth; /* of comments */
	bool quoted;  /* inside a quoted string */
	bool escaped; /* behind a backslash */
};

/* Takes the next byte; is it neither comment nor quote nor blank? */
static bool
step(struct nesting *n, unsigned char c)
{
	bool escaped = n->escaped;

	n->escaped = false;
	if (escaped)
		return n->depth == 0;
	if (c == '\\' && (n->quoted || n->depth > 0)) {
		n->escaped = true;
		return false;
	}
	if (c == '"' && n->depth == 0) {
		n->quoted = !n->quoted;
		return false;
	}
	if (!n->quoted && (c == '(' || (c == ')' && n->depth > 0))) {
		n->depth = c == '(' ? n->depth + 1 : n->depth - 1;
		return false;
	}
	return n->depth == 0 && !ascii_is_white(c);
}

static void
view_init(struct view *v, struct slice text)
{
	struct nesting n = {0};

	buf_init(&v->all, text.len);
	buf_init(&v->squeezed, text.len);
	v->is_clean = true;
	for (size_t i = 0; i < text.len; i++) {
		char c = (char)ascii_lower(text.data[i]);

		v->is_clean &= !is_control(text.data[i]);
		buf_add_char(&v->all, c);
		if (step(&n, text.data[i]) && !is_control(text.data[i]))
			buf_add_char(&v->squeezed, c);
	}
	v->is_clean &= n.depth == 0 && !n.quoted && !n.escaped;
}

static void
view_fini(struct view *v)
{
	buf_fini(&v->squeezed);
	buf_fini(&v->all);
}

static bool
contains(struct slice text, const char *word)
{
	return text.len > 0 && memmem(text.data, text.len, word, strlen(word));
}

static bool
has_word(const struct view *v, const char *word)
{
	return contains(buf_slice(&v->all), word) ||
	       contains(buf_slice(&v->squeezed), word);
}

/* --- the grammar --- */

/* Reads a field in small letters, comments and quotes well closed. */
struct reader {
	struct slice text;
	size_t pos;
};

static bool
is_end(const struct reader *r)
{
	return r->pos >= r->text.len;
}

static unsigned char
peek(const struct reader *r)
{
	return is_end(r) ? '\0' : r->text.data[r->pos];
}

static bool
take(struct reader *r, char c)
{
	if (is_end(r) || peek(r) != (unsigned char)c)
		return false;
	r->pos++;
	return true;
}

/* [CFWS] */
static void
skip_blanks(struct reader *r)
{
	struct nesting n = {0};

	while (!is_end(r) &&
	       (n.depth > 0 || ascii_is_white(peek(r)) || peek(r) == '('))
		(void)step(&n, r->text.data[r->pos++]);
}

/* RFC 2045 5.1, and UTF-8 (RFC 8601 5). */
static bool
is_token(unsigned char c)
{
	return c > ' ' && c != 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

/* The quoted string that begins here and is closed; appended to out. */
static void
read_quoted(struct reader *r, struct buf *out)
{
	r->pos++;
	while (!is_end(r) && !take(r, '"')) {
		(void)take(r, '\\');
		buf_add_char(out, (char)peek(r));
		r->pos++;
	}
}

static void
read_token(struct reader *r, struct buf *out)
{
	while (!is_end(r) && is_token(peek(r)))
		buf_add_char(out, (char)r->text.data[r->pos++]);
}

/* [ CFWS authres-version ]; false: something else. */
static bool
read_version(struct reader *r, bool *known)
{
	size_t start = r->pos;

	while (peek(r) >= '0' && peek(r) <= '9')
		r->pos++;
	*known = r->pos == start ||
		 (r->pos == start + 1 && r->text.data[start] == '1');
	skip_blanks(r);
	return is_end(r) || peek(r) == ';';
}

/* [CFWS] authserv-id, and what stands before the first semicolon. */
static bool
read_id(struct reader *r, struct buf *id, bool *known_version)
{
	skip_blanks(r);
	if (peek(r) == '"')
		read_quoted(r, id);
	else
		read_token(r, id);
	skip_blanks(r);
	return read_version(r, known_version) && id->len > 0;
}

/* methodspec or no-result; nothing behind the last semicolon does no harm. */
static bool
read_method(struct reader *r)
{
	struct buf name;
	bool is_empty, is_none;

	skip_blanks(r);
	buf_init(&name, r->text.len);
	read_token(r, &name);
	is_empty = name.len == 0;
	is_none = slice_equal_text_ci(buf_slice(&name), "none");
	buf_fini(&name);
	skip_blanks(r);
	if (take(r, '/')) {
		skip_blanks(r);
		while (peek(r) >= '0' && peek(r) <= '9')
			r->pos++;
		skip_blanks(r);
	}
	return is_end(r) ? is_empty || is_none : !is_empty && take(r, '=');
}

/* All that is behind the authserv-id: 1*( [CFWS] ";" methodspec ... ). */
static bool
read_results(struct reader *r)
{
	while (take(r, ';')) {
		struct nesting n = {0};

		if (!read_method(r))
			return false;
		while (
		    !is_end(r) && (n.depth > 0 || n.quoted || peek(r) != ';'))
			(void)step(&n, r->text.data[r->pos++]);
	}
	return true;
}

/* --- whose it is --- */

static struct slice
without_final_dot(struct slice name)
{
	while (name.len > 1 && name.data[name.len - 1] == '.')
		name.len--;
	return name;
}

static bool
is_same_host(struct slice a, struct slice b)
{
	char *x, *y;
	bool same;

	if (slice_is_ascii(a) && slice_is_ascii(b))
		return false;
	x = domain_canonical_host(a);
	y = domain_canonical_host(b);
	same = x && y && strcmp(x, y) == 0;
	free(x);
	free(y);
	return same;
}

/* own: in small letters, without final dot. */
static bool
is_own(struct slice id, const char *own)
{
	id = without_final_dot(id);
	return slice_equal_text_ci(id, own) ||
	       is_same_host(id, slice_text(own));
}

/* A word that others may take for a result of ours; where an encoded word is,
 * which has no place in such a field, nobody knows what they read. */
static bool
has_result(const struct view *v)
{
	return has_word(v, "smime") || has_word(v, "=?");
}

static enum authres_claim
judge(const struct view *v, const char *own)
{
	struct reader r = {.text = buf_slice(&v->all)};
	bool known_version, can_be_read, ours, plain;
	struct buf id;

	buf_init(&id, r.text.len);
	can_be_read = v->is_clean && read_id(&r, &id, &known_version);
	ours = can_be_read && is_own(buf_slice(&id), own);
	plain = slice_is_ascii(buf_slice(&id));
	buf_fini(&id);
	if (ours && known_version && read_results(&r) && !has_result(v))
		return AUTHRES_OURS;
	if (ours)
		return AUTHRES_SMIME;
	if (can_be_read && plain)
		return AUTHRES_OTHERS;
	return has_word(v, own) || has_result(v) ? AUTHRES_SMIME
						 : AUTHRES_OTHERS;
}

enum authres_claim
authres_read(struct slice body, const char *own_id)
{
	char *own = slice_dup_text(without_final_dot(slice_text(own_id)));
	enum authres_claim claim;
	struct view v;

	for (char *p = own; *p; p++)
		*p = (char)ascii_lower((unsigned char)*p);
	view_init(&v, body);
	claim = judge(&v, own);
	view_fini(&v);
	free(own);
	return claim;
}
