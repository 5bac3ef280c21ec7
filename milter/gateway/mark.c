/*
 * mark.c: see mark.h.  Pure; any thread.
 *
 * Deletions come from the last field of a name to the first, as edits.h wants
 * them.
 */
#include "gateway/mark.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/authres.h"
#include "gateway/result.h"
#include "gateway/tag.h"
#include "mail/address_list.h"
#include "smime/seal.h"

#define SUBJECT_FIELD "Subject"

/* Which names may be ours. */
enum mark_name {
	NAME_OTHER = 0,
	NAME_STATUS,
	NAME_RESULTS,
	NAME_SUBJECT,
	NAME_SEAL,
	NAME_MARKER,
	NAME_COUNT
};

static const char *const names[NAME_COUNT] = {[NAME_STATUS] = STATUS_FIELD,
    [NAME_RESULTS] = AUTHRES_FIELD,
    [NAME_SUBJECT] = SUBJECT_FIELD,
    [NAME_SEAL] = SEAL_FIELD,
    [NAME_MARKER] = MARKER_FIELD};

/* A look at the fields of a message. */
struct look {
	const struct gateway_config *config;
	struct tags tags;
};

static void
look_init(struct look *l, const struct gateway_config *config)
{
	l->config = config;
	tags_init(&l->tags, &config->tags);
}

static void
look_fini(struct look *l)
{
	tags_fini(&l->tags);
}

/* Most fields end at the first comparison. */
static enum mark_name
name_of(const struct header_field *field)
{
	enum mark_name name;

	switch (field->name.len) {
	case sizeof(STATUS_FIELD) - 1:
		name = NAME_STATUS;
		break;
	case sizeof(AUTHRES_FIELD) - 1:
		name = NAME_RESULTS;
		break;
	case sizeof(SUBJECT_FIELD) - 1:
		name = NAME_SUBJECT;
		break;
	case sizeof(SEAL_FIELD) - 1:
		name = NAME_SEAL;
		break;
	case sizeof(MARKER_FIELD) - 1:
		name = NAME_MARKER;
		break;
	default:
		return NAME_OTHER;
	}
	return slice_equal_text_ci(field->name, names[name]) ? name
							     : NAME_OTHER;
}

static bool
is_forged_result(const struct look *l, const struct header_field *field)
{
	char room[GATEWAY_NAME_MAX];
	enum authres_claim claim =
	    authres_read(field->body, gateway_name(l->config, room));

	return l->config->remove_results == REMOVE_ALL ? claim != AUTHRES_OTHERS
						       : claim == AUTHRES_SMIME;
}

static bool
is_forged(struct look *l, enum mark_name name, const struct header_field *field)
{
	switch (name) {
	case NAME_STATUS:
	case NAME_SEAL:
	case NAME_MARKER:
		return true;
	case NAME_RESULTS:
		return is_forged_result(l, field);
	case NAME_SUBJECT:
		return tags_find(&l->tags, field->body);
	case NAME_OTHER:
	case NAME_COUNT:
		break;
	}
	return false;
}

bool
mark_is_result(
    const struct gateway_config *config, const struct header_field *field)
{
	struct look l = {.config = config};

	return is_forged(&l, name_of(field), field);
}

size_t
mark_count_results(
    const struct gateway_config *config, const struct header *header)
{
	size_t count = 0;

	for (size_t i = 0; i < header->count; i++)
		count += mark_is_result(config, &header->fields[i]);
	return count;
}

bool
mark_is_claimed(
    const struct gateway_config *config, const struct header *header)
{
	bool is_claimed = header->over_limit;
	struct look l;

	look_init(&l, config);
	for (size_t i = 0; i < header->count && !is_claimed; i++) {
		const struct header_field *field = &header->fields[i];

		is_claimed = is_forged(&l, name_of(field), field);
	}
	look_fini(&l);
	return is_claimed;
}

/* A subject stays, with the spelling of its name: Postfix writes that of the
 * edit. */
static void
remove_field(struct look *l, enum mark_name name, unsigned index,
    const struct header_field *field, struct edits *edits)
{
	char *spelled = slice_dup_text(field->name);
	char *rest =
	    name == NAME_SUBJECT ? tags_cut(&l->tags, field->body) : NULL;

	edits_set_header(edits, spelled, index, rest);
	free(rest);
	free(spelled);
}

static size_t
remove_forged(struct look *l, const struct header *header, struct edits *edits)
{
	size_t left[NAME_COUNT] = {0}, count = 0;

	for (size_t i = 0; i < header->count; i++)
		left[name_of(&header->fields[i])]++;
	for (size_t i = header->count; i > 0; i--) {
		const struct header_field *field = &header->fields[i - 1];
		enum mark_name name = name_of(field);
		unsigned index = (unsigned)left[name]--;

		if (is_forged(l, name, field) && count++ < LIMIT_FORGED_FIELDS)
			remove_field(l, name, index, field, edits);
	}
	return count;
}

void
mark_remove_results(const struct gateway_config *config,
    const struct header *header, struct edits *edits)
{
	struct look l = {.config = config};

	(void)remove_forged(&l, header, edits);
}

int
mark_remove(const struct gateway_config *config, const struct header *header,
    struct edits *edits, struct err *err)
{
	size_t before = edits->header_count, count;
	struct look l;

	if (header->over_limit)
		return err_set(err, ERR_PERMANENT,
		    "more header fields than can be looked at");
	look_init(&l, config);
	count = remove_forged(&l, header, edits);
	look_fini(&l);
	if (count <= LIMIT_FORGED_FIELDS)
		return 0;
	edits_cut(edits, before);
	return err_set(err, ERR_PERMANENT,
	    "more than %u fields that only we may write", LIMIT_FORGED_FIELDS);
}

/* --- our own --- */

/* Is there a signature around everything else?  That anybody can see. */
static bool
is_signed_first(const struct smime_layers *layers)
{
	return layers->count > 0 &&
	       (layers->kinds[0] == SMIME_SIGNED_DETACHED ||
		   layers->kinds[0] == SMIME_SIGNED_OPAQUE);
}

/* Whom the signature is by: who stands in From, if it is his certificate.  The
 * caller frees it. */
static char *
signer_of(const struct smime_verdict *verdict, const struct header *header)
{
	const struct header_field *from = header_find(header, "From", 0);
	const struct certificate *signer = verdict->signer;
	struct address_list authors;
	char *address = NULL;

	if (!signer || signer->address_count == 0)
		return NULL;
	address_list_init(&authors);
	if (from && verdict->owns_from)
		address_list_add(&authors, from->body);
	if (authors.count == 1 &&
	    certificate_has_address(signer, authors.addresses[0]))
		address = xstrdup(authors.addresses[0]);
	else
		address = xstrdup(signer->addresses[0]);
	address_list_fini(&authors);
	return address;
}

/* Who gets ciphertext is told what he can see, and nothing of what others may
 * have found inside; whatever the reason is, it looks the same (rule X4). */
static struct result
describe(const struct mark_facts *facts)
{
	const struct smime_layers *l = facts->layers;
	struct result r = {
	    .part = "", .cipher = "", .unmet = facts->plan->unmet};

	if (!l)
		return r;
	r.encrypted = l->decryption != SMIME_CLEAR;
	r.decrypted = r.encrypted && facts->decrypted;
	if (r.encrypted && !r.decrypted) {
		r.signed_outside = is_signed_first(l);
		r.unmet = facts->plan->unmet_unread;
		return r;
	}
	r.signed_outside = l->signed_outside;
	r.cipher = l->cipher;
	r.authenticated = l->authenticated;
	if (l->verdict.status != SMIME_UNSIGNED) {
		r.verdict = &l->verdict;
		r.part = l->part;
		r.unwrapped = l->unwrapped;
	}
	return r;
}

static void
add_fields(const struct gateway_config *config, const struct result *r,
    struct edits *edits)
{
	char room[GATEWAY_NAME_MAX];
	struct buf body;

	buf_init(&body, RESULT_MAX);
	result_write_status(r, &body);
	edits_insert_top(edits, STATUS_FIELD, buf_text(&body));
	buf_clear(&body);
	result_write_authres(r, gateway_name(config, room), &body);
	edits_insert_top(edits, AUTHRES_FIELD, buf_text(&body));
	buf_fini(&body);
}

static void
add_tag(struct buf *text, bool wanted, const char *tag)
{
	if (!wanted || !tag || !*tag)
		return;
	if (text->len > 0)
		buf_add_char(text, ' ');
	buf_add_text(text, tag);
}

static bool
is_problem(const struct result *r)
{
	return r->unmet != REASON_NONE || r->signed_outside ||
	       (r->verdict && r->verdict->status != SMIME_VALID);
}

/* Before the subject, as it is without what others wrote. */
static void
add_tag_text(const struct gateway_config *config, const char *text,
    const struct header *header, struct edits *edits)
{
	const struct header_field none = {
	    .name = slice_text(SUBJECT_FIELD), .body = slice_text("")};
	const struct header_field *subject =
	    header_find(header, SUBJECT_FIELD, 0);
	char *rest, *tagged, *name;
	struct tags tags;

	if (!subject)
		subject = &none;
	tags_init(&tags, &config->tags);
	rest = tags_cut(&tags, subject->body);
	tagged = tag_subject(text, rest ? slice_text(rest) : subject->body);
	name = slice_dup_text(subject->name);
	edits_change_header(edits, name, 1, tagged);
	free(name);
	free(tagged);
	free(rest);
	tags_fini(&tags);
}

static void
add_tags(const struct gateway_config *config, const struct result *r,
    const struct header *header, struct edits *edits)
{
	const struct gateway_tags *tags = &config->tags;
	struct buf text;

	buf_init(&text, RESULT_MAX);
	add_tag(&text, is_problem(r), tags->problem);
	add_tag(&text, r->decrypted, tags->encrypted);
	add_tag(&text, r->verdict && r->verdict->status == SMIME_VALID,
	    tags->signed_);
	if (text.len > 0)
		add_tag_text(config, buf_text(&text), header, edits);
	buf_fini(&text);
}

void
mark_add(const struct gateway_config *config, const struct mark_facts *facts,
    const struct header *header, struct edits *edits)
{
	struct result r = describe(facts);
	char *signer = NULL;

	if (!facts->plan->mark || facts->plan->shadow ||
	    facts->plan->action != PLAN_PASS)
		return;
	if (r.verdict)
		r.signer = signer = signer_of(r.verdict, header);
	add_fields(config, &r, edits);
	add_tags(config, &r, header, edits);
	free(signer);
}
