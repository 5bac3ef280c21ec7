/*
 * tag.c: see tag.h.  Pure; any thread.
 *
 * Our own tags stand at the start, but those that others wrote go wherever
 * they are: behind a "Re:", which is where an answer brings them back, or
 * behind something that no reader's program shows.
 */
#include "gateway/tag.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "mail/encoded_word.h"

/* "Subject:" */
#define COLUMN	   8u
#define LINE_WIDTH 78u

static const char *
text_of(const char *tag)
{
	return tag ? tag : "";
}

void
tags_init(struct tags *t, const struct gateway_tags *config)
{
	const char *const texts[TAG_KINDS] = {text_of(config->signed_),
	    text_of(config->encrypted), text_of(config->problem)};

	t->on = false;
	for (size_t i = 0; i < TAG_KINDS; i++) {
		t->words[i] = (struct keyword){
		    .text = texts[i], .position = POSITION_ANYWHERE};
		t->on |= *texts[i] != '\0';
	}
	if (t->on)
		keywords_init(&t->keywords, t->words, TAG_KINDS);
}

void
tags_fini(struct tags *t)
{
	if (t->on)
		keywords_fini(&t->keywords);
	t->on = false;
}

bool
tags_find(struct tags *t, struct slice body)
{
	return t->on && keywords_find(&t->keywords, body);
}

char *
tags_cut(struct tags *t, struct slice body)
{
	return t->on ? keywords_cut(&t->keywords, body) : NULL;
}

/* --- our own --- */

/* What is not only blanks: on a line of its own where it would make the first
 * one too long. */
static void
write_rest(struct slice body, struct buf *out)
{
	unsigned char first = body.data[body.data[0] == '\r'];
	size_t line = slice_find(body, '\n', 0);

	if (first != '\n' && COLUMN + out->len + line > LINE_WIDTH)
		buf_add_char(out, '\n');
	if (first != '\n' && first != ' ' && first != '\t')
		buf_add_char(out, ' ');
	for (size_t i = 0; i < body.len; i++)
		if (body.data[i] != '\r')
			buf_add_char(out, (char)body.data[i]);
}

char *
tag_subject(const char *tag, struct slice body)
{
	struct slice says = slice_trim(body);
	/* Blanks between two encoded words are not shown (RFC 2047 6.2). */
	bool needs_blank =
	    !slice_is_ascii(slice_text(tag)) && slice_has_prefix(says, "=?");
	char *text = xasprintf("%s%s", tag, needs_blank ? " " : "");
	struct buf out;

	buf_init(&out, LIMIT_HEADER_BYTES + 16 * (strlen(text) + 1));
	buf_add_char(&out, ' ');
	encoded_word_write(slice_text(text), COLUMN + 1, &out);
	free(text);
	if (says.len > 0)
		write_rest(body, &out);
	return buf_take_text(&out);
}
