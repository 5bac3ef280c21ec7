/*
 * own_index.h: whose certificate a RecipientInfo names.
 *
 * A message may have thousands of RecipientInfos and thousands of recipients:
 * comparing each with each would take minutes.
 */
#ifndef SMIME_OWN_INDEX_H
#define SMIME_OWN_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "cert/store.h"
#include "smime/cms_id.h"

/* One recipient of a message: every certificate that he ever had. */
struct smime_reader {
	const struct store_own_cert *own;
	size_t own_count;
};

struct own_entry {
	bool by_key;	 /* found by key identifier, else by serial number */
	struct slice id; /* that */
	const struct store_own_cert *own;
	size_t reader; /* whose */
};

struct own_index {
	struct own_entry *entries; /* sorted */
	size_t count;
};

/* readers must outlive the index. */
void own_index_init(
    struct own_index *index, const struct smime_reader *readers, size_t count);
void own_index_fini(struct own_index *index);

/* The entries whose certificate id names, one after the other; those of the
 * same certificate stand side by side, and are compared once. */
struct own_matches {
	const struct cms_id *id;
	const struct own_entry *next;
	size_t left; /* entries that may be named, from next */
	const struct certificate *last; /* the same one for all of its
	                                 * entries, whoever has it */
	bool last_matches;
};
void own_matches_init(struct own_matches *m, const struct own_index *index,
    const struct cms_id *id);
/* NULL behind the last. */
const struct own_entry *own_matches_next(struct own_matches *m);

#endif
