/*
 * mark.c: see mark.h.  Pure; any thread.
 *
 * Deletions come from the last field of a name to the first, as edits.h wants
 * them.
 */
#include "gateway/mark.h"

#include <stdlib.h>

#include "base/limits.h"
#include "gateway/authres.h"

/* Which names may be ours. */
enum mark_name {
	NAME_OTHER = 0,
	NAME_STATUS,
	NAME_RESULTS,
	NAME_COUNT
};

/* Most fields end at the first comparison. */
static enum mark_name
name_of(const struct header_field *field)
{
	switch (field->name.len) {
	case sizeof(STATUS_FIELD) - 1:
		return slice_equal_text_ci(field->name, STATUS_FIELD)
			   ? NAME_STATUS
			   : NAME_OTHER;
	case sizeof(AUTHRES_FIELD) - 1:
		return slice_equal_text_ci(field->name, AUTHRES_FIELD)
			   ? NAME_RESULTS
			   : NAME_OTHER;
	default:
		return NAME_OTHER;
	}
}

static bool
is_forged(const struct gateway_config *config, enum mark_name name,
    const struct header_field *field)
{
	char room[GATEWAY_NAME_MAX];
	enum authres_claim claim;

	if (name != NAME_RESULTS)
		return name == NAME_STATUS;
	claim = authres_read(field->body, gateway_name(config, room));
	return config->remove_results == REMOVE_ALL ? claim != AUTHRES_OTHERS
						    : claim == AUTHRES_SMIME;
}

bool
mark_is_claimed(
    const struct gateway_config *config, const struct header *header)
{
	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *field = &header->fields[i];
		enum mark_name name = name_of(field);

		if (name != NAME_OTHER && is_forged(config, name, field))
			return true;
	}
	return header->over_limit;
}

/* The names as they shall be told to the mail server. */
static const char *const names[NAME_COUNT] = {
    [NAME_STATUS] = STATUS_FIELD, [NAME_RESULTS] = AUTHRES_FIELD};

static size_t
delete_forged(const struct gateway_config *config, const struct header *header,
    struct edits *edits)
{
	size_t left[NAME_COUNT] = {0}, count = 0;

	for (size_t i = 0; i < header->count; i++)
		left[name_of(&header->fields[i])]++;
	for (size_t i = header->count; i > 0; i--) {
		const struct header_field *field = &header->fields[i - 1];
		enum mark_name name = name_of(field);
		unsigned index = (unsigned)left[name]--;

		if (name == NAME_OTHER || !is_forged(config, name, field))
			continue;
		if (count++ < LIMIT_FORGED_FIELDS)
			edits_set_header(edits, names[name], index, NULL);
	}
	return count;
}

int
mark_remove(const struct gateway_config *config, const struct header *header,
    struct edits *edits, struct err *err)
{
	size_t before = edits->header_count;

	if (header->over_limit)
		return err_set(err, ERR_PERMANENT,
		    "more header fields than can be looked at");
	if (delete_forged(config, header, edits) <= LIMIT_FORGED_FIELDS)
		return 0;
	edits_cut(edits, before);
	return err_set(err, ERR_PERMANENT,
	    "more than %u fields that only we may write", LIMIT_FORGED_FIELDS);
}
