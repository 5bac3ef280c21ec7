/*
 * keyword.c: see keyword.h.  Pure, any thread.
 *
 * Keywords are looked for in the text of a Subject, not in its bytes; what is
 * left of it is written by mail/encoded_text.  Each look costs the length of
 * the text for each keyword, whatever stands in it.
 */
#include "gateway/keyword.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/charset.h"

/* Where the next character begins that people see. */
static size_t
skip_hidden(struct slice text, size_t pos)
{
	size_t n;

	while (pos < text.len &&
	       (n = charset_hidden_length(slice_part(text, pos, text.len))) > 0)
		pos += n;
	return pos;
}

/* In small letters, without what nobody sees. */
static void
key_init(struct buf *key, struct slice word)
{
	unsigned char *small = xmalloc(word.len + 1);
	struct slice text = slice_make(small, word.len);

	buf_init(key, word.len + 1);
	charset_lower(word, small);
	for (size_t i = skip_hidden(text, 0); i < text.len;
	     i = skip_hidden(text, i + 1))
		buf_add_char(key, (char)small[i]);
	free(small);
}

void
keywords_init(struct keywords *s, const struct keyword *words, size_t count)
{
	*s = (struct keywords){.words = words, .count = count};
	s->matched = xcalloc(count + 1, sizeof(*s->matched));
	s->keys = xcalloc(count + 1, sizeof(*s->keys));
	for (size_t i = 0; i < count; i++)
		key_init(&s->keys[i], slice_trim(slice_text(words[i].text)));
}

void
keywords_fini(struct keywords *s)
{
	for (size_t i = 0; i < s->count; i++)
		buf_fini(&s->keys[i]);
	free(s->keys);
	free(s->matched);
}

static void
scan_open(struct keywords *s, struct slice body)
{
	size_t len;

	encoded_text_read(&s->text, body);
	len = s->text.text.len;
	s->small = xmalloc(len + 1);
	s->gone = xcalloc(len + 1, sizeof(*s->gone));
	s->left = xcalloc(len + 1, sizeof(*s->left));
	s->left_count = 0;
	charset_lower(buf_slice(&s->text.text), s->small);
	for (size_t i = 0; i < len; i++)
		if (strchr("\t\r\n", s->small[i]) && s->small[i] != '\0')
			s->small[i] = ' ';
}

static void
scan_close(struct keywords *s)
{
	free(s->left);
	free(s->gone);
	free(s->small);
	encoded_text_fini(&s->text);
}

static struct slice
small_text(const struct keywords *s)
{
	return slice_make(s->small, s->text.text.len);
}

/* What stands there of what is left; blank behind its end. */
static unsigned char
at(const struct keywords *s, size_t pos)
{
	return pos < s->left_count ? s->small[s->left[pos]] : ' ';
}

static bool
is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

/* Does key stand at pos of what is left?  next: what follows it. */
static bool
stands_at(const struct keywords *s, const struct buf *key, size_t pos,
    unsigned char next)
{
	for (size_t i = key->len; i > 0; i--)
		if (at(s, pos + i - 1) != key->data[i - 1])
			return false;
	if (is_letter(key->data[0]) && pos > 0 && is_letter(at(s, pos - 1)))
		return false;
	return !is_letter(key->data[key->len - 1]) || !is_letter(next);
}

/* With what nobody sees behind each of them.  What was cut inside before is
 * not walked over again: there may be keywords inside one another. */
static void
cut(struct keywords *s, size_t pos, size_t len)
{
	for (size_t i = pos; i < pos + len; i++) {
		size_t end = skip_hidden(small_text(s), s->left[i] + 1);

		for (size_t k = s->left[i]; k < end; k++)
			s->gone[k] = true;
	}
}

/* Where keywords of one kind may stand: at the start they begin at pos, else
 * they end there and begin at floor or later; next: what follows pos. */
struct place {
	enum gateway_position position;
	size_t pos, floor;
	unsigned char next;
};

static bool
has_key(const struct keywords *s, size_t word, const struct place *p)
{
	const struct buf *key = &s->keys[word];

	if (s->words[word].position != p->position || key->len == 0)
		return false;
	if (p->position == POSITION_START)
		return stands_at(s, key, p->pos, at(s, p->pos + key->len));
	return key->len <= p->pos - p->floor &&
	       stands_at(s, key, p->pos - key->len, p->next);
}

/* Notes the keywords that stand there; of different ones only the
 * longest.  Returns its length, or 0; *keep: it may stay. */
static size_t
find_key(struct keywords *s, const struct place *p, bool *keep)
{
	size_t longest = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->keys[i].len > longest && has_key(s, i, p))
			longest = s->keys[i].len;
	*keep = true;
	for (size_t i = 0; longest > 0 && i < s->count; i++) {
		if (s->keys[i].len != longest || !has_key(s, i, p))
			continue;
		s->matched[i] = true;
		*keep &= s->words[i].keep;
	}
	return longest;
}

/* Takes the text byte by byte, so that a keyword that only appears once
 * another one is gone is seen, too. */
static void
find_anywhere(struct keywords *s)
{
	struct place p = {.position = POSITION_ANYWHERE};
	struct slice text = small_text(s);
	size_t key, next;
	bool keep;

	for (size_t i = skip_hidden(text, 0); i < text.len; i = next) {
		next = skip_hidden(text, i + 1);
		s->left[s->left_count++] = i;
		p.pos = s->left_count;
		p.next = next < text.len ? text.data[next] : ' ';
		key = find_key(s, &p, &keep);
		if (key == 0 || keep)
			continue;
		cut(s, p.pos - key, key);
		s->left_count -= key;
	}
}

/* --- "Re:" --- */

static size_t
skip_blanks(const struct keywords *s, size_t pos)
{
	while (pos < s->left_count && at(s, pos) == ' ')
		pos++;
	return pos;
}

static bool
has_text(const struct keywords *s, size_t pos, const char *text)
{
	for (; *text; text++, pos++)
		if (at(s, pos) != (unsigned char)*text)
			return false;
	return true;
}

/* "[2]", "(2)", "^2": how often it was answered. */
static size_t
skip_count(const struct keywords *s, size_t pos)
{
	unsigned char first = at(s, pos);
	size_t end = pos + 1;

	if (first != '[' && first != '(' && first != '^')
		return pos;
	while (at(s, end) >= '0' && at(s, end) <= '9')
		end++;
	if (end == pos + 1)
		return pos;
	if (first == '^')
		return end;
	return at(s, end) == (first == '[' ? ']' : ')') ? end + 1 : pos;
}

/* What programs of many languages put before the subject of an answer or of a
 * forwarded mail; returns where it ends, or pos. */
static size_t
skip_prefix(const struct keywords *s, size_t pos)
{
	static const char *const words[] = {"re", "aw", "antw", "sv", "vs",
	    "vl", "fw", "fwd", "wg", "tr", "rv", "res", "enc", "rif", "ref",
	    "r", "i", "odp", "pd", "ynt", "ilt", "doorst",
	    "\xe5\x9b\x9e\xe5\xa4\x8d", "\xe7\xad\x94\xe5\xa4\x8d",
	    "\xe8\xbd\xac\xe5\x8f\x91"};
	static const char wide_colon[] = "\xef\xbc\x9a";

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t end = pos + strlen(words[i]);

		if (!has_text(s, pos, words[i]))
			continue;
		end = skip_blanks(s, skip_count(s, end));
		if (at(s, end) == ':')
			return end + 1;
		if (has_text(s, end, wide_colon))
			return end + strlen(wide_colon);
	}
	return pos;
}

/* --- both ends --- */

/* Returns where the subject proper begins. */
static size_t
find_at_start(struct keywords *s)
{
	struct place p = {.position = POSITION_START};
	size_t end, len;
	bool keep;

	for (;;) {
		p.pos = skip_blanks(s, p.pos);
		end = skip_prefix(s, p.pos);
		if (end > p.pos) {
			p.pos = end;
			continue;
		}
		len = find_key(s, &p, &keep);
		if (len == 0)
			return p.pos;
		if (!keep)
			cut(s, p.pos, len);
		p.pos += len;
	}
}

static void
find_at_end(struct keywords *s, size_t floor)
{
	struct place p = {.position = POSITION_END,
	    .pos = s->left_count,
	    .floor = floor,
	    .next = ' '};
	size_t len;
	bool keep;

	for (;;) {
		while (p.pos > floor && at(s, p.pos - 1) == ' ')
			p.pos--;
		len = find_key(s, &p, &keep);
		if (len == 0)
			return;
		p.pos -= len;
		if (!keep)
			cut(s, p.pos, len);
		p.next = at(s, p.pos);
	}
}

/* A keyword goes with the blanks behind it when there is one before it, and
 * with those before it when nothing follows. */
static void
cut_blanks(struct keywords *s)
{
	bool after_cut = false, after_blank = true;
	size_t len = s->text.text.len;

	for (size_t i = 0; i < len; i++) {
		if (s->gone[i]) {
			after_cut = true;
		} else if (s->small[i] != ' ') {
			after_cut = after_blank = false;
		} else if (after_cut && after_blank) {
			s->gone[i] = true;
		} else {
			after_blank = true;
		}
	}
	for (size_t i = len; after_cut && i > 0; i--) {
		if (!s->gone[i - 1] && s->small[i - 1] != ' ')
			break;
		s->gone[i - 1] = true;
	}
}

/* Is there anything to take out? */
static bool
scan_text(struct keywords *s)
{
	bool any = false;

	find_anywhere(s);
	find_at_end(s, find_at_start(s));
	for (size_t i = 0; i < s->text.text.len; i++)
		any |= s->gone[i];
	if (any)
		cut_blanks(s);
	return any;
}

/* --- a subject --- */

/* "Subject:" */
#define COLUMN 8u

static char *
write_rest(const struct keywords *s)
{
	struct buf out;

	/* Encoded words are at most four times as long as their text. */
	buf_init(&out, s->text.body.len + 4 * s->text.text.len + KIB);
	encoded_text_write(&s->text, s->gone, COLUMN, &out);
	return buf_take_text(&out);
}

/* Where one goes, its neighbours may become an encoded word or another
 * keyword: somebody plays with us, and soon gets nothing. */
char *
keywords_cut(struct keywords *s, struct slice body)
{
	char *rest = NULL, *next;
	bool any = true;

	for (unsigned round = 0; any && round < LIMIT_TRIGGER_ROUNDS; round++) {
		scan_open(s, rest ? slice_text(rest) : body);
		any = scan_text(s);
		next = any ? write_rest(s) : NULL;
		scan_close(s);
		if (any) {
			free(rest);
			rest = next;
		}
	}
	if (any) {
		free(rest);
		rest = xstrdup(" ");
	}
	return rest;
}

bool
keywords_find(struct keywords *s, struct slice body)
{
	bool found;

	scan_open(s, body);
	found = scan_text(s);
	scan_close(s);
	return found;
}
