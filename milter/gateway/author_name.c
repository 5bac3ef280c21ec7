/*
 * author_name.c: see author_name.h.  RFC 5322 3.4.  Pure; any thread.
 *
 * A reader of its own beside mail/address.c, which must never take a name for
 * an address and therefore forgets names at once.  Linear.
 */
#include "gateway/author_name.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "mail/address.h"
#include "mail/comment.h"
#include "mail/encoded_text.h"

/* One mailbox of a field. */
struct mailbox {
	struct buf phrase;  /* before the angle bracket */
	struct slice route; /* inside; data NULL: there is none */
};

/* Behind the quoted string that begins at pos; what it says goes to out. */
static size_t
read_quoted(struct slice s, size_t pos, struct buf *out)
{
	for (pos++; pos < s.len && s.data[pos] != '"'; pos++) {
		if (s.data[pos] == '\\' && pos + 1 < s.len)
			pos++;
		buf_add_char(out, (char)s.data[pos]);
	}
	return pos < s.len ? pos + 1 : s.len;
}

/* Reads the mailbox at *pos, up to behind its comma, or the semicolon of its
 * group.  False: there is none any more. */
static bool
next_mailbox(struct slice s, size_t *pos, struct mailbox *m)
{
	size_t at = *pos, end;

	buf_clear(&m->phrase);
	m->route = (struct slice){NULL, 0};
	while (at < s.len && s.data[at] != ',' && s.data[at] != ';') {
		unsigned char c = s.data[at];

		if (c == '(') {
			(void)comment_skip(s, &at);
		} else if (c == '"') {
			at = read_quoted(s, at, &m->phrase);
		} else if (c == '<') {
			end = slice_find(s, '>', at);
			m->route = slice_part(s, at, end + 1);
			at = m->route.data[m->route.len - 1] == '>' ? end + 1
								    : s.len;
		} else {
			/* What came before was the name of a group. */
			if (c == ':')
				buf_clear(&m->phrase);
			else
				buf_add_char(&m->phrase, (char)c);
			at++;
		}
	}
	if (*pos >= s.len)
		return false;
	*pos = at + 1;
	return true;
}

static bool
is_of(const struct mailbox *m, const char *address)
{
	struct err ignored;
	char *canonical;
	bool same;

	if (!m->route.data ||
	    address_canonical(m->route, &canonical, &ignored) < 0)
		return false;
	same = strcmp(canonical, address) == 0;
	free(canonical);
	return same;
}

/* White space made one blank, and none at either end. */
static char *
squeeze(struct slice s)
{
	struct buf out;
	char *text;

	s = slice_trim(s);
	buf_init(&out, s.len + 1);
	for (size_t i = 0; i < s.len; i++) {
		bool blank = s.data[i] && strchr(" \t\r\n", s.data[i]);
		bool behind = out.len > 0 && out.data[out.len - 1] == ' ';

		if (!blank)
			buf_add_char(&out, (char)s.data[i]);
		else if (!behind)
			buf_add_char(&out, ' ');
	}
	text = out.len > 0 ? slice_dup_text(buf_slice(&out)) : NULL;
	buf_fini(&out);
	return text;
}

static char *
decode(struct slice phrase)
{
	struct encoded_text t;
	char *name;

	encoded_text_read(&t, phrase);
	name = squeeze(buf_slice(&t.text));
	encoded_text_fini(&t);
	return name;
}

/* *found: the address is in this field. */
static char *
name_in(struct slice field, const char *address, bool *found)
{
	struct mailbox m;
	char *name = NULL;
	size_t pos = 0;

	buf_init(&m.phrase, field.len + 1);
	*found = false;
	while (!*found && next_mailbox(field, &pos, &m)) {
		*found = is_of(&m, address);
		if (*found && buf_ok(&m.phrase))
			name = decode(buf_slice(&m.phrase));
	}
	buf_fini(&m.phrase);
	return name;
}

char *
author_name(const struct header *header, const char *address)
{
	bool found = false;
	char *name = NULL;

	for (size_t i = 0; i < header->count && !found; i++)
		if (slice_equal_text_ci(header->fields[i].name, "From"))
			name = name_in(header->fields[i].body, address, &found);
	return name;
}
