/*
 * address_parser.c: see address_parser.h.  RFC 5321 4.1.2, RFC 5322 3.4 and
 * 4.4, RFC 6532.  Pure functions, callable from any thread.
 */
#include "mail/address_parser.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "mail/charset.h"
#include "mail/comment.h"
#include "mail/domain.h"

/* --- tokens --- */

static bool
is_atom_char(unsigned char c)
{
	return c > ' ' && c != 0x7f && !strchr("()<>[]:;@\\,.\"", c);
}

bool
address_parser_accepts(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.data[i];
		unsigned char next = i + 1 < s.len ? s.data[i + 1] : 0;

		if (c == '\r' && next == '\n')
			continue;
		if (c == '\n' && ascii_is_blank(next))
			continue;
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* White space and comments (CFWS); false when a comment has no end. */
static bool
skip_blanks(struct address_parser *p)
{
	while (p->pos < p->in.len) {
		unsigned char c = p->in.data[p->pos];

		if (c == '(') {
			if (!comment_skip(p->in, &p->pos))
				return false;
		} else if (ascii_is_white(c)) {
			p->pos++;
		} else {
			break;
		}
	}
	return true;
}

/* From behind the opening character up to the closing one. */
static enum address_token
lex_until(
    struct address_parser *p, unsigned char close, enum address_token kind)
{
	size_t start = p->pos;

	while (p->pos < p->in.len) {
		unsigned char c = p->in.data[p->pos++];

		if (c == '\\') {
			p->pos++;
		} else if (c == close) {
			p->text = slice_part(p->in, start, p->pos - 1);
			return kind;
		}
	}
	return ADDRESS_TOKEN_ERROR;
}

static enum address_token
lex(struct address_parser *p)
{
	size_t start;

	if (!skip_blanks(p))
		return ADDRESS_TOKEN_ERROR;
	if (p->pos >= p->in.len)
		return ADDRESS_TOKEN_END;
	start = p->pos;
	while (p->pos < p->in.len && is_atom_char(p->in.data[p->pos]))
		p->pos++;
	if (p->pos > start) {
		p->text = slice_part(p->in, start, p->pos);
		return ADDRESS_TOKEN_ATOM;
	}
	p->special = p->in.data[p->pos++];
	if (p->special == '"')
		return lex_until(p, '"', ADDRESS_TOKEN_QUOTED);
	if (p->special == '[')
		return lex_until(p, ']', ADDRESS_TOKEN_LITERAL);
	return ADDRESS_TOKEN_SPECIAL;
}

void
address_parser_next(struct address_parser *p)
{
	p->kind = lex(p);
	if (p->kind == ADDRESS_TOKEN_ERROR)
		p->pos = p->in.len;
}

void
address_parser_init(struct address_parser *p, struct slice in)
{
	*p = (struct address_parser){.in = in};
	buf_init(&p->local, LIMIT_ADDRESS);
	buf_init(&p->domain, LIMIT_ADDRESS);
	address_parser_next(p);
}

void
address_parser_fini(struct address_parser *p)
{
	buf_fini(&p->local);
	buf_fini(&p->domain);
}

/* --- from tokens to addresses --- */

/* A word without its quotes; false when it cannot be in a local part. */
static bool
add_word(struct address_parser *p)
{
	for (size_t i = 0; i < p->text.len; i++) {
		unsigned char c = p->text.data[i];

		if (c == '\r' || c == '\n')
			continue;
		if (c == '\\' && p->kind == ADDRESS_TOKEN_QUOTED)
			c = p->text.data[++i];
		if (c < ' ')
			return false;
		buf_add_char(&p->local, (char)c);
	}
	return true;
}

bool
address_parser_words(struct address_parser *p)
{
	bool after_word = false, fits = true;
	size_t count = 0;

	buf_clear(&p->local);
	for (;; address_parser_next(p), count++) {
		if (p->kind == ADDRESS_TOKEN_ATOM ||
		    p->kind == ADDRESS_TOKEN_QUOTED) {
			fits = !after_word && add_word(p) && fits;
			after_word = true;
		} else if (address_parser_at(p, '.')) {
			buf_add_char(&p->local, '.');
			after_word = false;
		} else {
			return fits && count > 0;
		}
	}
}

bool
address_parser_domain(struct address_parser *p)
{
	bool after_atom = false;

	buf_clear(&p->domain);
	address_parser_next(p);
	if (p->kind == ADDRESS_TOKEN_LITERAL) {
		buf_add_char(&p->domain, '[');
		buf_add_slice(&p->domain, p->text);
		buf_add_char(&p->domain, ']');
		address_parser_next(p);
		return true;
	}
	for (;; address_parser_next(p)) {
		if (p->kind == ADDRESS_TOKEN_ATOM && !after_atom) {
			buf_add_slice(&p->domain, p->text);
			after_atom = true;
		} else if (address_parser_at(p, '.') && after_atom) {
			buf_add_char(&p->domain, '.');
			after_atom = false;
		} else {
			return p->domain.len > 0 &&
			       p->kind != ADDRESS_TOKEN_ATOM;
		}
	}
}

/* "@x,@y:" (RFC 5322 4.4): to be accepted and ignored. */
static bool
skip_route(struct address_parser *p)
{
	while (address_parser_at(p, '@') || address_parser_at(p, ',') ||
	       address_parser_at(p, '.') || p->kind == ADDRESS_TOKEN_ATOM ||
	       p->kind == ADDRESS_TOKEN_LITERAL)
		address_parser_next(p);
	if (!address_parser_at(p, ':'))
		return false;
	address_parser_next(p);
	return true;
}

bool
address_parser_angle(struct address_parser *p)
{
	address_parser_next(p);
	if ((address_parser_at(p, '@') || address_parser_at(p, ',')) &&
	    !skip_route(p))
		return false;
	if (!address_parser_words(p) || !address_parser_at(p, '@') ||
	    !address_parser_domain(p) || !address_parser_at(p, '>'))
		return false;
	address_parser_next(p);
	return true;
}

/* --- canonical form --- */

static bool
is_dot_atom(struct slice s)
{
	bool after_dot = true;

	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] != '.' && !is_atom_char(s.data[i]))
			return false;
		if (s.data[i] == '.' && after_dot)
			return false;
		after_dot = s.data[i] == '.';
	}
	return !after_dot;
}

/* RFC 2047 5: none may stand in an address, and some readers would decode it
 * and show another one. */
static bool
is_encoded_word(struct slice s)
{
	return slice_has_prefix(s, "=?") && s.len > 3 &&
	       s.data[s.len - 2] == '?' && s.data[s.len - 1] == '=';
}

static void
add_local(struct buf *out, struct slice local)
{
	bool fold = slice_is_ascii(local), quote = !is_dot_atom(local);

	if (quote)
		buf_add_char(out, '"');
	for (size_t i = 0; i < local.len; i++) {
		unsigned char c = local.data[i];

		if (quote && (c == '"' || c == '\\'))
			buf_add_char(out, '\\');
		if (fold)
			c = ascii_lower(c);
		buf_add_char(out, (char)c);
	}
	if (quote)
		buf_add_char(out, '"');
}

char *
address_parser_canonical(struct address_parser *p, const char **reason)
{
	struct slice local = buf_slice(&p->local);
	char *domain = NULL, *address = NULL;
	struct buf out;

	buf_init(&out, LIMIT_ADDRESS);
	*reason = "address too long";
	if (!buf_ok(&p->local) || !buf_ok(&p->domain))
		goto out;
	*reason = "local part not valid";
	if (!charset_is_utf8(local) || is_encoded_word(local))
		goto out;
	*reason = "domain not valid";
	domain = domain_canonical(buf_slice(&p->domain));
	if (!domain)
		goto out;
	add_local(&out, local);
	buf_add_char(&out, '@');
	buf_add_text(&out, domain);
	*reason = "address too long";
	if (buf_ok(&out))
		address = buf_take_text(&out);
out:
	free(domain);
	buf_fini(&out);
	return address;
}
