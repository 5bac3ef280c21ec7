/*
 * mark.h: what is told about an incoming message in its header, and what
 * others have told in our name.
 *
 * A reader can rely on these fields because nobody else's get through: all
 * those of the name X-SMIME-Status, Authentication-Results in our name
 * (authres.h), and, where there are any, our tags in the subject (rule A5).
 * So can a guard and other filters on those that we put on what leaves
 * (gateway/sealing.h): whatever is configured, nobody else's get through.
 */
#ifndef GATEWAY_MARK_H
#define GATEWAY_MARK_H

#include <stdbool.h>

#include "base/err.h"
#include "gateway/edits.h"
#include "gateway/gateway.h"
#include "mail/header.h"

#define STATUS_FIELD "X-SMIME-Status"

/* Is there anything in the header that only we may write, or too much in it to
 * tell?  Runs on every message: a look at each name. */
bool mark_is_claimed(
    const struct gateway_config *config, const struct header *header);

/*
 * Takes all of that out, whatever config->mark says, and whatever else has
 * become of the message: what is not looked at may not say that it was.
 * Permanent error, and no edits, when there are more such fields than a mail
 * server can remove in a moment (LIMIT_FORGED_FIELDS), or more fields than
 * the header holds: nobody can take them out, and the message must be refused
 * (REASON_TOO_LARGE).
 */
int mark_remove(const struct gateway_config *config,
    const struct header *header, struct edits *edits, struct err *err) MUST_USE;

/* The same for what our own users submit: nobody's mail may carry fields in
 * our name.  Tags are not looked for.  The number of such fields, and their
 * removal, of LIMIT_FORGED_FIELDS at most. */
bool mark_is_result(
    const struct gateway_config *config, const struct header_field *field);
size_t mark_count_results(
    const struct gateway_config *config, const struct header *header);
void mark_remove_results(const struct gateway_config *config,
    const struct header *header, struct edits *edits);

/* What was found in the message, and what is done with it. */
struct smime_layers;
struct mark_facts {
	const struct smime_layers *layers; /* NULL: no S/MIME */
	const struct inbound_plan *plan;
	bool decrypted; /* this copy is the plaintext */
};

/* Adds what there is to tell, if the plan says so: the two fields above all
 * others, tags before the subject.  After mark_remove, for each copy. */
void mark_add(const struct gateway_config *config,
    const struct mark_facts *facts, const struct header *header,
    struct edits *edits);

#endif
