/* seal_comparing.h: a comparison under way, for seal_compare.c and
 * seal_leaf.c alone. */
#ifndef SMIME_SEAL_COMPARING_H
#define SMIME_SEAL_COMPARING_H

#include "smime/seal_compare.h"
#include "smime/seal_digest.h"

/* A part of the message as it is now. */
struct seal_node {
	const struct mime_part *part;
	struct seal_part now; /* as if nothing were loose */
};

struct seal_comparing {
	const struct seal_opts *opts;
	const struct seal *was;
	struct seal_digester d;
	struct seal_findings *out;
	/* The root of what is compared and all in it, in the order of the
	 * document. */
	struct seal_node *nodes;
	size_t count;
	bool is_smime; /* the message still says so */
	/* A container with more parts than the fingerprint has, in which
	 * something else than those parts is not as it was; 0: none. */
	size_t suspect;
};

/* Has the header of the part that was number was the same meaning (when it
 * was loose), or the same bytes? */
bool seal_header_is_same(
    struct seal_comparing *c, size_t was, const struct seal_node *node);

/* Finds what happened to a leaf, its header included.  Error: the spool's. */
int seal_leaf_compare(struct seal_comparing *c, size_t was,
    const struct seal_node *node, struct err *err) MUST_USE;

#endif
