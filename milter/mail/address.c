/*
 * address.c: see address.h.  RFC 5321 4.1.2, RFC 5322 3.4 and 4.4, RFC 6532.
 *
 * One lexer serves envelope and header.  It never goes back, so all work is
 * linear.  What is not plainly an address is none: a display name, comment or
 * encoded word must never be taken for one (rule V9).  Pure functions,
 * callable from any thread.
 */
#include "mail/address.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "mail/charset.h"
#include "mail/domain.h"

enum token_kind {
	TOKEN_END,
	TOKEN_ERROR, /* unterminated; the input is used up */
	TOKEN_ATOM,
	TOKEN_QUOTED,  /* text: between the quotes, escapes as they came */
	TOKEN_LITERAL, /* text: with the brackets */
	TOKEN_SPECIAL
};

struct parser {
	struct slice in;
	size_t pos;
	enum token_kind kind; /* the token that pos is behind */
	struct slice text;
	unsigned char special;
	struct buf local;  /* words and dots just read, unquoted */
	struct buf domain; /* as written, white space and comments gone */
};

/* Lexer */

static bool
is_atom_char(unsigned char c)
{
	return c > ' ' && c != 0x7f && !strchr("()<>[]:;@\\,.\"", c);
}

/* Folds and tabs are the only control bytes that an address may have. */
static bool
is_clean(struct slice s)
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

static bool
skip_comment(struct parser *p)
{
	size_t depth = 0;

	while (p->pos < p->in.len) {
		unsigned char c = p->in.data[p->pos++];

		if (c == '\\')
			p->pos++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			return true;
	}
	return false;
}

/* White space and comments (CFWS); false when a comment has no end. */
static bool
skip_blanks(struct parser *p)
{
	while (p->pos < p->in.len) {
		unsigned char c = p->in.data[p->pos];

		if (c == '(') {
			if (!skip_comment(p))
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
static enum token_kind
lex_until(struct parser *p, unsigned char close, enum token_kind kind)
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
	return TOKEN_ERROR;
}

static enum token_kind
lex(struct parser *p)
{
	size_t start;

	if (!skip_blanks(p))
		return TOKEN_ERROR;
	if (p->pos >= p->in.len)
		return TOKEN_END;
	start = p->pos;
	while (p->pos < p->in.len && is_atom_char(p->in.data[p->pos]))
		p->pos++;
	if (p->pos > start) {
		p->text = slice_part(p->in, start, p->pos);
		return TOKEN_ATOM;
	}
	p->special = p->in.data[p->pos++];
	if (p->special == '"')
		return lex_until(p, '"', TOKEN_QUOTED);
	if (p->special == '[')
		return lex_until(p, ']', TOKEN_LITERAL);
	return TOKEN_SPECIAL;
}

static void
next_token(struct parser *p)
{
	p->kind = lex(p);
	if (p->kind == TOKEN_ERROR)
		p->pos = p->in.len;
}

static bool
at(const struct parser *p, unsigned char special)
{
	return p->kind == TOKEN_SPECIAL && p->special == special;
}

static void
parser_init(struct parser *p, struct slice in)
{
	*p = (struct parser){.in = in};
	buf_init(&p->local, LIMIT_ADDRESS);
	buf_init(&p->domain, LIMIT_ADDRESS);
	next_token(p);
}

static void
parser_fini(struct parser *p)
{
	buf_fini(&p->local);
	buf_fini(&p->domain);
}

/* Local parts */

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] > 0x7f)
			return false;
	return true;
}

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
	bool fold = is_ascii(local), quote = !is_dot_atom(local);

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

/* Parser */

/* A word without its quotes; false when it cannot be in a local part. */
static bool
add_word(struct parser *p)
{
	for (size_t i = 0; i < p->text.len; i++) {
		unsigned char c = p->text.data[i];

		if (c == '\r' || c == '\n')
			continue;
		if (c == '\\' && p->kind == TOKEN_QUOTED)
			c = p->text.data[++i];
		if (c < ' ')
			return false;
		buf_add_char(&p->local, (char)c);
	}
	return true;
}

/* Words and dots: a display name or a local part, what follows will tell.
 * Returns whether they may be a local part; dots at its ends or in a row
 * occur in the wild and become a quoted string. */
static bool
read_words(struct parser *p)
{
	bool after_word = false, fits = true;
	size_t count = 0;

	buf_clear(&p->local);
	for (;; next_token(p), count++) {
		if (p->kind == TOKEN_ATOM || p->kind == TOKEN_QUOTED) {
			fits = !after_word && add_word(p) && fits;
			after_word = true;
		} else if (at(p, '.')) {
			buf_add_char(&p->local, '.');
			after_word = false;
		} else {
			return fits && count > 0;
		}
	}
}

/* From "@" to behind the domain. */
static bool
read_domain(struct parser *p)
{
	bool after_atom = false;

	buf_clear(&p->domain);
	next_token(p);
	if (p->kind == TOKEN_LITERAL) {
		buf_add_char(&p->domain, '[');
		buf_add_slice(&p->domain, p->text);
		buf_add_char(&p->domain, ']');
		next_token(p);
		return true;
	}
	for (;; next_token(p)) {
		if (p->kind == TOKEN_ATOM && !after_atom) {
			buf_add_slice(&p->domain, p->text);
			after_atom = true;
		} else if (at(p, '.') && after_atom) {
			buf_add_char(&p->domain, '.');
			after_atom = false;
		} else {
			return p->domain.len > 0 && p->kind != TOKEN_ATOM;
		}
	}
}

/* "@x,@y:" (RFC 5322 4.4): to be accepted and ignored. */
static bool
skip_route(struct parser *p)
{
	while (at(p, '@') || at(p, ',') || at(p, '.') ||
	       p->kind == TOKEN_ATOM || p->kind == TOKEN_LITERAL)
		next_token(p);
	if (!at(p, ':'))
		return false;
	next_token(p);
	return true;
}

/* From "<" to behind ">". */
static bool
read_angle(struct parser *p)
{
	next_token(p);
	if ((at(p, '@') || at(p, ',')) && !skip_route(p))
		return false;
	if (!read_words(p) || !at(p, '@') || !read_domain(p) || !at(p, '>'))
		return false;
	next_token(p);
	return true;
}

/* What was read last, in canonical form; NULL with the reason. */
static char *
make_canonical(struct parser *p, const char **reason)
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

/* Foreign text for an error: short, and nothing but printable ASCII. */
static int
refuse(struct err *err, struct slice text, const char *reason)
{
	char shown[65];

	slice_show(text, shown, sizeof(shown));
	return err_set(err, ERR_PERMANENT, "%s: %s", shown, reason);
}

/* One address and nothing else. */
static bool
read_single(struct parser *p)
{
	if (at(p, '<'))
		return read_angle(p) && p->kind == TOKEN_END;
	return read_words(p) && at(p, '@') && read_domain(p) &&
	       p->kind == TOKEN_END;
}

int
address_canonical(struct slice text, char **out, struct err *err)
{
	const char *reason = "not a mail address";
	char *address = NULL;
	struct parser p;

	if (address_is_null(text))
		return refuse(err, text, "no mail address");
	parser_init(&p, text);
	if (is_clean(text) && read_single(&p))
		address = make_canonical(&p, &reason);
	parser_fini(&p);
	if (!address)
		return refuse(err, text, reason);
	*out = address;
	return 0;
}

struct slice
address_bare_path(struct slice path)
{
	path = slice_trim(path);
	if (slice_has_prefix(path, "<"))
		path = slice_part(path, 1, path.len);
	if (path.len > 0 && path.data[path.len - 1] == '>')
		path.len--;
	return slice_trim(path);
}

bool
address_is_null(struct slice text)
{
	text = slice_trim(text);
	if (text.len >= 2 && text.data[0] == '<' &&
	    text.data[text.len - 1] == '>')
		text = slice_trim(slice_part(text, 1, text.len - 1));
	return text.len == 0;
}

const char *
address_domain(const char *canonical)
{
	const char *sign = strrchr(canonical, '@');

	return sign ? sign + 1 : canonical;
}

char *
address_domain_unicode(const char *canonical)
{
	return domain_unicode(canonical);
}

char *
address_login(const char *login)
{
	struct err ignored;
	char *text = NULL;

	if (strchr(login, '@') &&
	    address_canonical(slice_text(login), &text, &ignored) == 0)
		return text;
	text = xstrdup(login);
	for (char *p = text; *p; p++)
		*p = (char)ascii_lower((unsigned char)*p);
	return text;
}

int
address_domain_canonical(struct slice text, char **out, struct err *err)
{
	char *domain = domain_canonical_host(text);

	if (!domain)
		return refuse(err, text, "not a domain name");
	*out = domain;
	return 0;
}

/* Address fields */

void
address_list_init(struct address_list *list)
{
	*list = (struct address_list){0};
}

void
address_list_fini(struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->addresses[i]);
	free(list->addresses);
	address_list_init(list);
}

/* Room is doubled whenever the count is a power of two. */
void
address_list_take(struct address_list *list, char *canonical)
{
	if (list->count >= LIMIT_ADDRESSES) {
		list->malformed = true;
		free(canonical);
		return;
	}
	if ((list->count & (list->count - 1)) == 0)
		list->addresses = xreallocarray(list->addresses,
		    list->count ? 2 * list->count : 1,
		    sizeof(*list->addresses));
	list->addresses[list->count++] = canonical;
	list->sorted = false;
}

static void
list_append(struct address_list *list, struct parser *p)
{
	const char *reason;
	char *address;

	address =
	    list->count < LIMIT_ADDRESSES ? make_canonical(p, &reason) : NULL;
	if (address)
		address_list_take(list, address);
	else
		list->malformed = true;
}

static bool
at_separator(const struct parser *p)
{
	return p->kind == TOKEN_END || at(p, ',') || at(p, ';');
}

static void
skip_to_angle(struct parser *p)
{
	while (!at_separator(p) && !at(p, '<'))
		next_token(p);
}

/* A mailbox, or the name of a group up to its colon. */
static void
read_element(struct parser *p, struct address_list *list, bool *in_group)
{
	bool is_local = read_words(p), found = false;

	if (at(p, ':') && !*in_group) {
		*in_group = list->has_group = true;
		next_token(p);
		return;
	}
	if (at(p, '@'))
		found = is_local && read_domain(p);
	if (!at_separator(p) && !at(p, '<')) {
		found = false;
		list->malformed = true;
		skip_to_angle(p);
	}
	if (at(p, '<')) {
		/* "a@x.org <b@y.org>": an unquoted display name. */
		if (found)
			list->malformed = true;
		found = read_angle(p);
	}
	if (found && at_separator(p))
		list_append(list, p);
	else
		list->malformed = true;
	while (!at_separator(p))
		next_token(p);
}

void
address_list_add(struct address_list *list, struct slice field_body)
{
	bool in_group = false;
	struct parser p;

	if (!is_clean(field_body)) {
		list->malformed = true;
		return;
	}
	parser_init(&p, field_body);
	while (p.kind != TOKEN_END) {
		if (at(&p, ';')) {
			if (!in_group)
				list->malformed = true;
			in_group = false;
			next_token(&p);
		} else if (at(&p, ',')) {
			next_token(&p);
		} else {
			read_element(&p, list, &in_group);
		}
	}
	if (in_group)
		list->malformed = true;
	parser_fini(&p);
}

static int
compare_addresses(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

void
address_list_sort(struct address_list *list)
{
	if (list->count > 1)
		qsort(list->addresses, list->count, sizeof(*list->addresses),
		    compare_addresses);
	list->sorted = true;
}

bool
address_list_has(const struct address_list *list, const char *canonical)
{
	assert(list->sorted || list->count < 2);
	return list->count > 0 &&
	       bsearch(&canonical, list->addresses, list->count,
		   sizeof(*list->addresses), compare_addresses) != NULL;
}
