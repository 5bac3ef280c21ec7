/* seal_finding.c: findings in words (see seal_compare.h).  Any thread. */
#include "smime/seal_findings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The word of the log, and what stands before and behind the part in a
 * sentence. */
static const struct {
	const char *name;
	const char *before;
	const char *behind;
} changes[] = {
    [SEAL_WRAPPED] = {"wrapped", "now ", " of another message"},
    [SEAL_UNPROTECTED] = {"unprotected", "", " is not S/MIME any more"},
    [SEAL_TEXT_APPENDED] = {"text-appended", "text appended to ", ""},
    [SEAL_TEXT_PREPENDED] = {"text-prepended", "text put before ", ""},
    [SEAL_TEXT_INSERTED] = {"text-inserted", "text inserted into ", ""},
    [SEAL_PART_ADDED] = {"part-added", "", " added"},
    [SEAL_PART_REMOVED] = {"part-removed", "", " removed"},
    [SEAL_TEXT_CUT] = {"text-cut", "", " became shorter"},
    [SEAL_TEXT_CHANGED] = {"text-changed", "content of ", " changed"},
    [SEAL_RE_ENCODED] = {"re-encoded", "", " re-encoded"},
    [SEAL_WHITE_SPACE] = {"white-space", "white space of ", " changed"},
    [SEAL_LINE_ENDS] = {"line-ends", "line ends of ", " changed"},
    [SEAL_HEADER_CHANGED] = {"header-changed", "header of ", " changed"},
    [SEAL_SIGNATURE_CHANGED] = {"signature-changed", "signature in ",
	" changed"},
    [SEAL_AFTER_END] = {"after-end", "bytes behind the end of ", ""},
    [SEAL_BEFORE_START] = {"before-start", "bytes before the start of ",
	" changed"},
};

const char *
seal_change_name(enum seal_change change)
{
	return changes[change].name;
}

const struct seal_finding *
seal_findings_worst(const struct seal_findings *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (!f->at[i].benign)
			return &f->at[i];
	return NULL;
}

void
seal_finding_text(
    const struct seal_finding *finding, char text[SEAL_FINDING_TEXT])
{
	bool is_message = strcmp(finding->part, "0") == 0;
	char bytes[40] = "";

	if (finding->bytes > 0)
		(void)snprintf(bytes, sizeof(bytes), " (%" PRIu64 " bytes)",
		    finding->bytes);
	(void)snprintf(text, SEAL_FINDING_TEXT, "%s%s%s%s%s",
	    changes[finding->change].before,
	    is_message ? "the message" : "part ",
	    is_message ? "" : finding->part, changes[finding->change].behind,
	    bytes);
}

/* --- collecting --- */

struct seal_finding
seal_finding_make(
    enum seal_change change, const struct mime_part *part, uint64_t bytes)
{
	struct seal_finding finding = {.change = change, .bytes = bytes};

	seal_number_part(part, finding.part);
	return finding;
}

struct seal_finding
seal_finding_lost(enum seal_change change, const struct seal *was, size_t index,
    uint64_t bytes)
{
	struct seal_finding finding = {.change = change, .bytes = bytes};

	seal_number_lost(was, index, finding.part);
	return finding;
}

void
seal_findings_add(struct seal_findings *f, struct seal_finding finding)
{
	if (f->count < LIMIT_SEAL_FINDINGS)
		f->at[f->count++] = finding;
	else
		f->more++;
}

void
seal_findings_add_part(struct seal_findings *f, enum seal_change change,
    const struct mime_part *part, uint64_t bytes)
{
	if (f->count < LIMIT_SEAL_FINDINGS)
		seal_findings_add(f, seal_finding_make(change, part, bytes));
	else
		f->more++;
}

static bool
comes_before(const struct seal_finding *a, const struct seal_finding *b)
{
	if (a->benign != b->benign)
		return b->benign;
	return a->change < b->change;
}

/* By insertion: they are few, and the order of equals counts. */
void
seal_findings_sort(struct seal_findings *f)
{
	for (size_t i = 1; i < f->count; i++) {
		struct seal_finding moving = f->at[i];
		size_t at = i;

		for (; at > 0 && comes_before(&moving, &f->at[at - 1]); at--)
			f->at[at] = f->at[at - 1];
		f->at[at] = moving;
	}
}
