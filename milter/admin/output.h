/*
 * output.h: what a command prints, said once.
 *
 * A command makes JSON values.  For programs they are printed as they are;
 * for people and as CSV they are shown through a list of columns.  So the
 * three forms cannot differ in what they say.
 */
#ifndef ADMIN_OUTPUT_H
#define ADMIN_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <jansson.h>

#include "base/err.h"

enum output_format {
	OUTPUT_PEOPLE = 0, /* tables and sentences */
	OUTPUT_JSON,
	OUTPUT_CSV
};

struct output {
	enum output_format format;
	FILE *file;
};

enum column_kind {
	COLUMN_TEXT = 0,
	COLUMN_NUMBER, /* right-aligned */
	COLUMN_DAY,    /* a time, of which people see the day only */
	COLUMN_ID      /* a fingerprint, of which people see the first digits */
};

/* One value of an object.  A list of columns ends with a NULL key. */
struct column {
	const char *key;   /* "a.b": member b of member a */
	const char *title; /* for people; CSV uses the key */
	enum column_kind kind;
};

/* A list of objects, written one by one, so that a million of them cost no
 * memory in JSON and CSV.  end also frees. */
struct listing;
struct listing *listing_begin(struct output *o, const struct column *columns);
/* Takes the object. */
void listing_add(struct listing *l, json_t *object);
/* empty: the sentence for people when there was nothing to list. */
void listing_end(struct listing *l, const char *empty);

/* A part of a document as people see it: values of the document itself
 * (key NULL), one to a line, or the list in its member key, as a table. */
struct view {
	const char *key;
	const char *title; /* over the table; NULL: none */
	const struct column *columns;
};

/* Writes one object (borrowed): whole in JSON, by its views (count of them)
 * for people, the last view as CSV. */
void output_document(struct output *o, const json_t *document,
    const struct view *views, size_t count);

/* Something was done: the object (borrowed) for programs, a sentence for
 * people. */
void output_done(struct output *o, const json_t *object, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Everything reached its file?  Temporary error otherwise (disk full). */
int output_finish(struct output *o, struct err *err) MUST_USE;

/* JSON values: text that may be no UTF-8 (NULL: null), a time as
 * "2026-01-31T23:59:59Z" (0: null), and a fact (null where nobody has
 * looked). */
json_t *output_text(const char *text);
json_t *output_time(time_t time);
json_t *output_fact(bool known, bool value);

/* Sets a member; takes value, which is never NULL. */
void output_set(json_t *object, const char *key, json_t *value);

#endif
