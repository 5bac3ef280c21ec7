/*
 * trigger.c: see trigger.h.  Pure, any thread.
 *
 * Keywords are looked for in the text of a Subject, not in its bytes; what is
 * left of it is written by mail/encoded_word.  Each look costs the length of
 * the text for each keyword, whatever stands in it.
 */
#include "gateway/trigger.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/charset.h"
#include "mail/encoded_word.h"

/* --- keywords in a text --- */

struct scan {
	const struct gateway_trigger *triggers;
	size_t count;
	bool *matched;	  /* of each trigger */
	struct buf *keys; /* of each trigger its keyword in small letters */
	struct encoded_text text;
	unsigned char *small; /* the text in small letters, blanks as ' ' */
	bool *gone;	      /* of each byte of the text */
	size_t *left;	      /* bytes that are not inside other keywords */
	size_t left_count;
};

static void
scan_init(struct scan *s, const struct gateway_trigger *triggers, size_t count)
{
	*s = (struct scan){.triggers = triggers, .count = count};
	s->matched = xcalloc(count + 1, sizeof(*s->matched));
	s->keys = xcalloc(count + 1, sizeof(*s->keys));
	for (size_t i = 0; i < count; i++) {
		struct slice word = slice_trim(slice_text(triggers[i].subject));

		buf_init(&s->keys[i], word.len + 1);
		if (word.len > 0)
			charset_lower(word, buf_reserve(&s->keys[i], word.len));
		s->keys[i].len = word.len;
	}
}

static void
scan_fini(struct scan *s)
{
	for (size_t i = 0; i < s->count; i++)
		buf_fini(&s->keys[i]);
	free(s->keys);
	free(s->matched);
}

static void
scan_open(struct scan *s, struct slice body)
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
scan_close(struct scan *s)
{
	free(s->left);
	free(s->gone);
	free(s->small);
	encoded_text_fini(&s->text);
}

/* What stands there of what is left; blank behind its end. */
static unsigned char
at(const struct scan *s, size_t pos)
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
stands_at(
    const struct scan *s, const struct buf *key, size_t pos, unsigned char next)
{
	for (size_t i = key->len; i > 0; i--)
		if (at(s, pos + i - 1) != key->data[i - 1])
			return false;
	if (is_letter(key->data[0]) && pos > 0 && is_letter(at(s, pos - 1)))
		return false;
	return !is_letter(key->data[key->len - 1]) || !is_letter(next);
}

static void
cut(struct scan *s, size_t pos, size_t len)
{
	for (size_t i = pos; i < pos + len; i++)
		s->gone[s->left[i]] = true;
}

/* Where keywords of one kind may stand: at the start they begin at pos, else
 * they end there and begin at floor or later; next: what follows pos. */
struct place {
	enum gateway_position position;
	size_t pos, floor;
	unsigned char next;
};

static bool
has_key(const struct scan *s, size_t trigger, const struct place *p)
{
	const struct buf *key = &s->keys[trigger];

	if (s->triggers[trigger].position != p->position || key->len == 0)
		return false;
	if (p->position == POSITION_START)
		return stands_at(s, key, p->pos, at(s, p->pos + key->len));
	return key->len <= p->pos - p->floor &&
	       stands_at(s, key, p->pos - key->len, p->next);
}

/* Notes the triggers whose keyword stands there; of different ones only the
 * longest.  Returns its length, or 0; *keep: it may stay. */
static size_t
find_key(struct scan *s, const struct place *p, bool *keep)
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
		*keep &= s->triggers[i].keep;
	}
	return longest;
}

/* Takes the text byte by byte, so that a keyword that only appears once
 * another one is gone is seen, too. */
static void
find_anywhere(struct scan *s)
{
	struct place p = {.position = POSITION_ANYWHERE};
	size_t len = s->text.text.len, key;
	bool keep;

	for (size_t i = 0; i < len; i++) {
		s->left[s->left_count++] = i;
		p.pos = s->left_count;
		p.next = i + 1 < len ? s->small[i + 1] : ' ';
		key = find_key(s, &p, &keep);
		if (key == 0 || keep)
			continue;
		cut(s, p.pos - key, key);
		s->left_count -= key;
	}
}

/* --- "Re:" --- */

static size_t
skip_blanks(const struct scan *s, size_t pos)
{
	while (pos < s->left_count && at(s, pos) == ' ')
		pos++;
	return pos;
}

static bool
has_text(const struct scan *s, size_t pos, const char *text)
{
	for (; *text; text++, pos++)
		if (at(s, pos) != (unsigned char)*text)
			return false;
	return true;
}

/* "[2]", "(2)", "^2": how often it was answered. */
static size_t
skip_count(const struct scan *s, size_t pos)
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
skip_prefix(const struct scan *s, size_t pos)
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
find_at_start(struct scan *s)
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
find_at_end(struct scan *s, size_t floor)
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
cut_blanks(struct scan *s)
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
scan_text(struct scan *s)
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
write_rest(const struct scan *s)
{
	struct buf out;

	/* Encoded words are at most four times as long as their text. */
	buf_init(&out, s->text.body.len + 4 * s->text.text.len + KIB);
	encoded_text_write(&s->text, s->gone, COLUMN, &out);
	return buf_take_text(&out);
}

/* The body without keywords, or NULL when it has none that is to go; the
 * caller frees it.  Where one goes, its neighbours may become an encoded word
 * or another keyword: somebody plays with us, and soon gets nothing. */
static char *
cut_subject(struct scan *s, struct slice body)
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

static bool
is_subject(const struct header_field *field)
{
	return slice_equal_text_ci(field->name, "Subject");
}

/* --- fields --- */

/* Is it one that this trigger asks for? */
static bool
is_field_of(const struct gateway_trigger *t, const struct header_field *field)
{
	struct slice value;
	char *text;
	bool same;

	if (!*t->header || !slice_equal_text_ci(field->name, t->header))
		return false;
	value = slice_trim(slice_text(t->value));
	if (value.len == 0)
		return true;
	text = header_field_unfold(field);
	same = strlen(text) == value.len &&
	       strncasecmp(text, (const char *)value.data, value.len) == 0;
	free(text);
	return same;
}

/* Has it to go? */
static bool
match_field(struct scan *s, const struct header_field *field)
{
	bool goes = false;

	for (size_t i = 0; i < s->count; i++) {
		if (!is_field_of(&s->triggers[i], field))
			continue;
		s->matched[i] = true;
		goes |= !s->triggers[i].keep;
	}
	return goes;
}

bool
trigger_is_in(const struct gateway_trigger *triggers, size_t count,
    const struct header_field *field)
{
	struct scan s;
	bool found;

	scan_init(&s, triggers, count);
	found = match_field(&s, field);
	if (!found && is_subject(field)) {
		scan_open(&s, field->body);
		found = scan_text(&s);
		scan_close(&s);
	}
	scan_fini(&s);
	return found;
}

/* --- a message --- */

/* Looks at all fields, the last one first. */
struct look {
	struct triggers *found;
	struct scan scan;
	unsigned *left; /* of each trigger: fields of its name that are not
	                 * behind the one that is looked at */
};

/* Where it is looked for. */
static const char *
name_of(const struct gateway_trigger *t)
{
	return *t->header ? t->header : "Subject";
}

/* The index of the field among those of its name, some trigger's. */
static unsigned
index_of(const struct look *l, const struct header_field *field)
{
	size_t i = 0;

	while (!slice_equal_text_ci(field->name, name_of(&l->scan.triggers[i])))
		i++;
	return l->left[i];
}

static void
add_edit(struct look *l, const struct header_field *field, const char *value)
{
	struct edits *edits = &l->found->edits;
	char *name;

	if (edits->header_count >= LIMIT_TRIGGER_FIELDS) {
		l->found->too_many = true;
		return;
	}
	name = slice_dup_text(field->name);
	edits_set_header(edits, name, index_of(l, field), value);
	free(name);
}

static void
look_at(struct look *l, const struct header_field *field)
{
	char *rest;

	if (match_field(&l->scan, field)) {
		add_edit(l, field, NULL);
	} else if (is_subject(field)) {
		rest = cut_subject(&l->scan, field->body);
		if (rest)
			add_edit(l, field, rest);
		free(rest);
	}
	for (size_t i = 0; i < l->scan.count; i++)
		l->left[i] -= slice_equal_text_ci(
		    field->name, name_of(&l->scan.triggers[i]));
}

static void
note_found(struct triggers *t, const struct scan *s)
{
	t->names = xcalloc(s->count, sizeof(*t->names));
	for (size_t i = 0; i < s->count; i++) {
		if (!s->matched[i])
			continue;
		t->names[t->count++] = s->triggers[i].name;
		t->wishes |= s->triggers[i].wishes;
	}
}

void
triggers_find(struct triggers *t, const struct gateway_config *config,
    const struct header *header)
{
	struct look l = {.found = t};

	triggers_fini(t);
	if (config->trigger_count == 0)
		return;
	scan_init(&l.scan, config->triggers, config->trigger_count);
	l.left = xcalloc(config->trigger_count, sizeof(*l.left));
	for (size_t i = 0; i < config->trigger_count; i++)
		l.left[i] = (unsigned)header_count(
		    header, name_of(&config->triggers[i]));
	/* From the end: deletions must come from the highest index down. */
	for (size_t i = header->count; i > 0; i--)
		look_at(&l, &header->fields[i - 1]);
	note_found(t, &l.scan);
	free(l.left);
	scan_fini(&l.scan);
}

void
triggers_fini(struct triggers *t)
{
	free(t->names);
	edits_fini(&t->edits);
	*t = (struct triggers){0};
}

void
triggers_edit(const struct triggers *t, struct edits *edits)
{
	for (size_t i = 0; i < t->edits.header_count; i++) {
		const struct header_edit *e = &t->edits.headers[i];

		edits_set_header(edits, e->name, e->index, e->value);
	}
}
