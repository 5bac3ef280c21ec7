/* seal_findings.h: making and collecting findings, for smime/ alone. */
#ifndef SMIME_SEAL_FINDINGS_H
#define SMIME_SEAL_FINDINGS_H

#include "smime/seal_compare.h"

/* One that is not benign, about a part of the message as it is now. */
struct seal_finding seal_finding_make(
    enum seal_change change, const struct mime_part *part, uint64_t bytes);
/* The same about part number index of the message as it was. */
struct seal_finding seal_finding_lost(enum seal_change change,
    const struct seal *was, size_t index, uint64_t bytes);

/* Appends a copy, or counts it when there is no room. */
void seal_findings_add(struct seal_findings *f, struct seal_finding finding);
/* The same for one that is not benign about a part of the message as it is
 * now.  Of what is only counted no number is found out, which takes time: a
 * part may have ten thousand siblings. */
void seal_findings_add_part(struct seal_findings *f, enum seal_change change,
    const struct mime_part *part, uint64_t bytes);

/* What is not benign first, then in the order of enum seal_change; what is
 * equal stays in the order in which it was found. */
void seal_findings_sort(struct seal_findings *f);

/* Numbers as in seal_compare.h (seal_number.c). */
void seal_number_part(const struct mime_part *part, char out[SEAL_PART_TEXT]);
void seal_number_lost(
    const struct seal *was, size_t index, char out[SEAL_PART_TEXT]);

#endif
