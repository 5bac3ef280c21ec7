/*
 * exemption.c: see exemption.h.  Pure, any thread.
 *
 * Asked of mail that our users hand in, where nobody gains by lying: the
 * worst that a wrong header field can do is to keep its author's own
 * signature away.  Encryption that is required holds for exempt mail, too.
 */
#include "gateway/exemption.h"

#include <stdlib.h>
#include <string.h>

#include "mail/mime_type.h"

/* --- the type of the message --- */

static bool
is_attachment(const struct header *header)
{
	const struct header_field *field =
	    header_find(header, "Content-Disposition", 0);
	struct mime_type disposition;
	bool attached;

	if (!field)
		return false;
	mime_disposition_parse(&disposition, field->body);
	attached = mime_type_is(&disposition, "attachment", NULL);
	mime_type_fini(&disposition);
	return attached;
}

/* RFC 6047 2.4: with a method it asks the calendar to do something; without
 * one, or attached, it is a file. */
static bool
is_invitation(const struct mime_type *type, const struct header *header)
{
	return mime_type_is(type, "text", "calendar") &&
	       mime_type_param(type, "method") && !is_attachment(header);
}

/* RFC 6522 3, RFC 3464, RFC 8098, and RFC 6533 for international ones. */
static enum exemption
report_of(const struct mime_type *type)
{
	const char *report = mime_type_param(type, "report-type");

	if (!mime_type_is(type, "multipart", "report") || !report)
		return EXEMPT_NOT;
	if (slice_equal_text_ci(slice_text(report), "delivery-status"))
		return EXEMPT_DSN;
	if (slice_equal_text_ci(slice_text(report), "disposition-notification"))
		return EXEMPT_MDN;
	return EXEMPT_NOT;
}

static enum exemption
exemption_of_type(const struct header *header)
{
	const struct header_field *field =
	    header_find(header, "Content-Type", 0);
	enum exemption exemption;
	struct mime_type type;

	if (!field)
		return EXEMPT_NOT;
	mime_type_parse(&type, field->body);
	exemption = report_of(&type);
	if (mime_type_is(&type, "message", "partial"))
		exemption = EXEMPT_PARTIAL;
	else if (is_invitation(&type, header))
		exemption = EXEMPT_CALENDAR;
	mime_type_fini(&type);
	return exemption;
}

/* --- single header fields --- */

static bool
always(struct slice body)
{
	(void)body;
	return true;
}

/* RFC 8823 3.1: the subject of challenge and answer. */
static bool
is_acme(struct slice body)
{
	const struct header_field field = {.body = body};
	char *subject = header_field_unfold(&field);
	bool found = slice_has_prefix_ci(slice_text(subject), "ACME:") ||
		     slice_has_prefix_ci(slice_text(subject), "Re: ACME:");

	free(subject);
	return found;
}

/* "no", "auto-replied; owner-email=...", with comments anywhere: the grammar
 * is that of a disposition.  The word, "" where there is none. */
static bool
is_word(struct slice body, const char *word)
{
	struct mime_type value;
	bool same;

	mime_disposition_parse(&value, body);
	same = strcmp(value.type, word) == 0;
	mime_type_fini(&value);
	return same;
}

/* RFC 3834 5: anything but "no". */
static bool
is_auto_submitted(struct slice body)
{
	return !is_word(body, "no");
}

static bool
is_auto_reply(struct slice body)
{
	return is_word(body, "auto_reply");
}

static bool
is_list(struct slice body)
{
	return is_word(body, "list");
}

/*
 * Vacation answers have a null sender or Auto-Submitted (RFC 3834 3, RFC 5230
 * 4); older programs know neither.  A list writes fields that begin "List-"
 * (RFC 2369, RFC 2919, RFC 8058), older managers the other two.  What is
 * resent is not written by who sends it, and has to look as it did (RFC 5322
 * 3.6.6).
 */
static const struct {
	const char *name; /* see is_named */
	bool (*is)(struct slice body);
	enum exemption exemption;
} fields[] = {
    {"Subject", is_acme, EXEMPT_ACME},
    {"Auto-Submitted", is_auto_submitted, EXEMPT_AUTO_SUBMITTED},
    {"X-Autoreply", always, EXEMPT_AUTO_SUBMITTED},
    {"X-Autorespond", always, EXEMPT_AUTO_SUBMITTED},
    {"Precedence", is_auto_reply, EXEMPT_AUTO_SUBMITTED},
    {"List-", always, EXEMPT_LIST},
    {"Mailing-List", always, EXEMPT_LIST},
    {"Precedence", is_list, EXEMPT_LIST},
    {"Resent-From", always, EXEMPT_RESENT},
    {"Resent-Date", always, EXEMPT_RESENT},
};

/* A name, or the beginning of several when it ends with "-". */
static bool
is_named(const struct header_field *field, const char *name)
{
	size_t len = strlen(name);

	if (name[len - 1] != '-')
		return slice_equal_text_ci(field->name, name);
	return field->name.len > len && slice_has_prefix_ci(field->name, name);
}

static unsigned
exemptions_of_field(const struct header_field *field)
{
	unsigned set = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (is_named(field, fields[i].name) &&
		    fields[i].is(field->body))
			set |= EXEMPTION_BIT(fields[i].exemption);
	return set;
}

unsigned
exemptions_of_header(const struct header *header, bool null_sender)
{
	enum exemption type = exemption_of_type(header);
	unsigned set = 0;

	if (null_sender)
		set |= EXEMPTION_BIT(EXEMPT_NULL_SENDER);
	if (type != EXEMPT_NOT)
		set |= EXEMPTION_BIT(type);
	for (size_t i = 0; i < header->count; i++)
		set |= exemptions_of_field(&header->fields[i]);
	return set;
}

/* --- the body --- */

/* An invitation is one of the alternatives of the message (RFC 6047 2.4,
 * 2.6); calendars tend to attach it as a file besides.  What is attached, and
 * what was forwarded as a message, is about something else. */
unsigned
exemptions_of_body(const struct mime_tree *tree)
{
	const struct mime_part *part = tree->root;

	while (part) {
		if (is_invitation(&part->type, &part->header))
			return EXEMPTION_BIT(EXEMPT_CALENDAR);
		if (part->kind == MIME_MESSAGE || is_attachment(&part->header))
			part = mime_part_after(part);
		else
			part = mime_part_next(part);
	}
	return 0;
}
