/*
 * doctor_postfix_later.c: what Postfix does with mail behind its milters; see
 * doctor_postfix_check.h.
 */
#include <string.h>

#include "admin/doctor_postfix_check.h"
#include "admin/doctor_table.h"
#include "base/limits.h"

static bool
has_command(const struct postfix_service *s, const char *command)
{
	return strcmp(s->command, command) == 0;
}

/* The same table can rewrite before the milters, where it does no harm. */
static void
check_generic(const struct postfix_look *k,
    const struct postfix_service *service, const char *name)
{
	const char *value = postfix_look_value(k, service, name);
	const char *where = postfix_where(k->c, service, name, k->r);
	const char *before =
	    postfix_look_value(k, NULL, "sender_canonical_maps");
	size_t n;

	if (!*value || doctor_has(k->r, CHECK_REWRITTEN, where))
		return;
	n = doctor_find(
	    k->r, CHECK_REWRITTEN, where, "%s is \"%s\".", name, value);
	postfix_set(k->r, n, k->c, NULL, "sender_canonical_maps",
	    doctor_text(k->r, "%s%s%s", before, *before ? "," : "", value));
	postfix_set(k->r, n, k->c, service, name, "");
}

static void
check_line_length(const struct postfix_look *k,
    const struct postfix_service *service, const char *name)
{
	const char *value = postfix_look_value(k, service, name);
	const char *where = postfix_where(k->c, service, name, k->r);
	unsigned long long limit = postfix_number(value, 0);
	size_t n;

	if (limit == 0 || limit >= LIMIT_LINE + 2 ||
	    doctor_has(k->r, CHECK_LINE_LENGTH, where))
		return;
	n = doctor_find(
	    k->r, CHECK_LINE_LENGTH, where, "%s is \"%s\".", name, value);
	postfix_set(k->r, n, k->c, service, name, "998");
}

static void
check_8bit(const struct postfix_look *k, const struct postfix_service *service)
{
	static const char name[] = "disable_mime_output_conversion";
	const char *where = postfix_where(k->c, service, name, k->r);
	size_t n;

	if (strcmp(postfix_look_value(k, service, name), "yes") != 0 ||
	    doctor_has(k->r, CHECK_8BIT, where))
		return;
	n = doctor_find(k->r, CHECK_8BIT, where, "%s is yes.", name);
	postfix_set(k->r, n, k->c, service, name, "no");
}

/* smtp(8), which is lmtp(8) under its other name. */
static void
check_client(const struct postfix_look *k,
    const struct postfix_service *service, const char *protocol)
{
	static const char *const checks[] = {"%s_header_checks",
	    "%s_mime_header_checks", "%s_nested_header_checks"};
	const char *name;

	check_generic(
	    k, service, doctor_text(k->r, "%s_generic_maps", protocol));
	postfix_check_empty(k, service, CHECK_BODY_CHECKS,
	    doctor_text(k->r, "%s_body_checks", protocol));
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		name = doctor_text(
		    k->r, "%s%s", protocol, checks[i] + strlen("%s"));
		postfix_check_empty(
		    k, service, CHECK_LATER_HEADER_CHECKS, name);
	}
	check_line_length(
	    k, service, doctor_text(k->r, "%s_line_length_limit", protocol));
	check_8bit(k, service);
}

/* cleanup(8) reads header_checks before the milters, and of what comes back
 * to it: a rule for our fields is nobody's wish. */
static void
check_cleanup(const struct postfix_look *k,
    const struct postfix_service *service, const struct doctor_tables *tables)
{
	static const char *const names[] = {
	    "header_checks", "mime_header_checks", "nested_header_checks"};
	const char *where;

	postfix_check_empty(
	    k, service, CHECK_MILTER_HEADER_CHECKS, "milter_header_checks");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		where = postfix_where(k->c, service, names[i], k->r);
		if (!doctor_has(k->r, CHECK_FIELDS_DROPPED, where))
			doctor_table_check(k->r, where,
			    postfix_look_value(k, service, names[i]), tables);
	}
}

void
postfix_check_later(
    const struct postfix_look *k, const struct doctor_tables *tables)
{
	const struct postfix_service *s;
	size_t before = k->r->count;

	for (size_t i = 0; i < k->c->service_count; i++) {
		s = &k->c->services[i];
		if (has_command(s, "smtp"))
			check_client(k, s, "smtp");
		else if (has_command(s, "lmtp"))
			check_client(k, s, "lmtp");
		else if (has_command(s, "cleanup"))
			check_cleanup(k, s, tables);
	}
	if (k->r->count == before)
		doctor_fine(k->r,
		    "nothing rewrites addresses, header or body after the "
		    "milters");
}
