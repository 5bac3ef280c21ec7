/*
 * mime_tree.h: the parts of an entity.
 *
 * The tree consists of slices of the message: nothing is copied or decoded.
 */
#ifndef MAIL_MIME_TREE_H
#define MAIL_MIME_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/header.h"
#include "mail/mime_texture.h"
#include "mail/mime_type.h"

enum mime_cte {
	MIME_CTE_7BIT, /* also when the field is absent */
	MIME_CTE_8BIT,
	MIME_CTE_BINARY,
	MIME_CTE_QP,
	MIME_CTE_BASE64,
	MIME_CTE_OTHER
};

enum mime_kind {
	MIME_LEAF,
	MIME_MULTIPART, /* children are its body parts */
	MIME_MESSAGE	/* message/rfc822 or message/global: one child */
};

struct mime_part {
	struct slice header_raw; /* header block, without the empty line */
	struct slice separator;	 /* that empty line; empty when missing */
	struct slice body;	 /* ends before the CRLF of the delimiter */
	struct header header;	 /* borrowed from header_raw */
	struct mime_type type;	 /* effective: RFC 2045 5.2 and 2046 5.1.5
	                          * defaults applied */
	enum mime_cte cte;
	enum mime_kind kind;
	unsigned depth;		  /* 0 at the root */
	bool header_malformed;	  /* several Content-Type or CTE fields, one
	                          * that breaks the grammar or names a
	                          * parameter twice, or what a container
	                          * cannot have: an encoding, a type that is
	                          * disputed; such containers are leaves */
	bool structure_malformed; /* multipart: boundary missing, disputed,
	                          * never found or the same as an outer
	                          * one's, delimiters that are disputed, or
	                          * no close-delimiter */
	struct mime_texture header_texture;
	struct mime_texture body_texture; /* of the whole body, children,
	                          * preamble and epilogue included */
	struct mime_texture glue_texture; /* multipart: of preamble, delimiter
	                          * lines and epilogue only */
	struct slice preamble; /* multipart: before the CRLF of the first
	                          * delimiter */
	struct slice epilogue; /* multipart: behind the line of the close-
	                          * delimiter */
	struct mime_part *parent;
	struct mime_part *child; /* first */
	struct mime_part *next;	 /* sibling */
};

struct mime_tree {
	struct mime_part *root;
	size_t parts;
	unsigned depth;	 /* deepest part */
	bool over_limit; /* LIMIT_MIME_PARTS or _MEMORY passed, or a header
	                  * over its limits: the root is one leaf; or
	                  * LIMIT_MIME_DEPTH: what lies deeper is in leaves */
	struct arena arena;
};

/* Frees what mime_scan has made. */
void mime_tree_fini(struct mime_tree *tree);

/* The next part in document order, NULL behind the last. */
const struct mime_part *mime_part_next(const struct mime_part *part);

/* The next part in document order that is not inside this one, or NULL. */
const struct mime_part *mime_part_after(const struct mime_part *part);

/* For mime_scan, when the parts are known: looks at every byte once, in the
 * innermost part that it belongs to, and fills the textures of all. */
void mime_tree_add_textures(struct mime_tree *tree);

/* For mime_scan: one leaf instead of a tree that would be too large. */
void mime_tree_collapse(struct mime_tree *tree);

#endif
