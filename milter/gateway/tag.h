/*
 * tag.h: what stands before the subject of incoming mail, for readers whose
 * programs show nothing else.  For mark.c.
 */
#ifndef GATEWAY_TAG_H
#define GATEWAY_TAG_H

#include <stdbool.h>

#include "base/slice.h"
#include "gateway/gateway.h"
#include "gateway/keyword.h"

#define TAG_KINDS 3

/* A look for tags in one subject after another. */
struct tags {
	bool on; /* is there any? */
	struct keyword words[TAG_KINDS];
	struct keywords keywords;
};

/* The configuration is borrowed. */
void tags_init(struct tags *t, const struct gateway_tags *config);
void tags_fini(struct tags *t);

/* Is there any of them in a Subject with this body? */
bool tags_find(struct tags *t, struct slice body);

/* The body without them, or NULL when there is none in it; the caller frees
 * it. */
char *tags_cut(struct tags *t, struct slice body);

/* The body of a Subject with the text of a tag before what it says; the caller
 * frees it.  Folds as LF and a blank, no CR. */
char *tag_subject(const char *tag, struct slice body);

#endif
