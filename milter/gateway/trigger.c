/*
 * trigger.c: see trigger.h.  Pure, any thread.
 *
 * Keywords are keyword.c's; here are fields, and what is made of both.
 */
#include "gateway/trigger.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/keyword.h"

/* --- what is looked for --- */

struct scan {
	const struct gateway_trigger *triggers;
	size_t count;
	struct keyword *words; /* of each trigger */
	struct keywords keywords;
};

static void
scan_init(struct scan *s, const struct gateway_trigger *triggers, size_t count)
{
	*s = (struct scan){.triggers = triggers, .count = count};
	s->words = xcalloc(count + 1, sizeof(*s->words));
	for (size_t i = 0; i < count; i++)
		s->words[i] = (struct keyword){
		    .text = triggers[i].subject,
		    .position = triggers[i].position,
		    .keep = triggers[i].keep,
		};
	keywords_init(&s->keywords, s->words, count);
}

static void
scan_fini(struct scan *s)
{
	keywords_fini(&s->keywords);
	free(s->words);
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
		s->keywords.matched[i] = true;
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
	if (!found && is_subject(field))
		found = keywords_find(&s.keywords, field->body);
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
		rest = keywords_cut(&l->scan.keywords, field->body);
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
		if (!s->keywords.matched[i])
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
