/* doctor_table.c: see doctor_table.h. */
#include "admin/doctor_table.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* Longer patterns are lists of words in one line, and cost memory. */
#define PATTERN_MAX 2000

/* What we write, and what has to arrive. */
static const char *const fields[] = {
    "X-SMIME-Status: valid; signer=bob@example.net; intact=yes",
    "X-SMIME-Milter-Copy: 0123456789abcdef0123456789abcdef",
    "X-SMIME-Seal: 1; 0123456789abcdef",
    "Authentication-Results: mx.example.org; smime=pass",
    "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"",
    "Content-Type: application/pkcs7-mime; name=\"smime.p7m\"",
    "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"",
    "Content-Disposition: attachment; filename=\"smime.p7s\"",
    "Content-Disposition: attachment; filename=\"smime.p7m\"",
    "Content-Transfer-Encoding: base64",
    "MIME-Version: 1.0",
};

/* Actions that leave mail or field as it is need no complaint. */
static bool
is_harmful(struct slice action)
{
	static const char *const harmful[] = {"REJECT", "DISCARD", "IGNORE",
	    "STRIP", "REPLACE", "REDIRECT", "HOLD", "4", "5"};

	for (size_t i = 0; i < sizeof(harmful) / sizeof(*harmful); i++)
		if (slice_has_prefix_ci(action, harmful[i]))
			return true;
	return false;
}

/* A rule: /PATTERN/FLAGS ACTION, or !/PATTERN/FLAGS ACTION. */
struct rule {
	struct slice pattern, action;
	bool negated;
	bool cares_for_case;
};

static bool
rule_read(struct slice line, struct rule *rule)
{
	size_t end;

	memset(rule, 0, sizeof(*rule));
	if (slice_has_prefix(line, "!")) {
		rule->negated = true;
		line = slice_trim(slice_part(line, 1, line.len));
	}
	if (!slice_has_prefix(line, "/"))
		return false;
	for (end = 1; end < line.len && line.data[end] != '/'; end++)
		if (line.data[end] == '\\')
			end++;
	if (end >= line.len)
		return false;
	rule->pattern = slice_part(line, 1, end);
	line = slice_part(line, end + 1, line.len);
	while (line.len > 0 && line.data[0] != ' ' && line.data[0] != '\t') {
		rule->cares_for_case ^= line.data[0] == 'i';
		line = slice_part(line, 1, line.len);
	}
	rule->action = slice_trim(line);
	return true;
}

/* Repeated repetitions and references back can cost any time and memory. */
static bool
is_costly(struct slice pattern)
{
	size_t brace = slice_find(pattern, '{', 0);

	if (pattern.len > PATTERN_MAX ||
	    slice_find(pattern, '{', brace + 1) < pattern.len)
		return true;
	for (size_t i = 0; i + 1 < pattern.len; i++)
		if (pattern.data[i] == '\\' && isdigit(pattern.data[i + 1]))
			return true;
	return false;
}

/* The field that the rule hits; NULL: none. */
static const char *
rule_hits(const struct rule *rule)
{
	const char *field = NULL;
	char *pattern;
	regex_t regex;
	int flags = REG_EXTENDED | REG_NOSUB;

	if (!is_harmful(rule->action) || is_costly(rule->pattern))
		return NULL;
	if (!rule->cares_for_case)
		flags |= REG_ICASE;
	pattern = slice_dup_text(rule->pattern);
	if (regcomp(&regex, pattern, flags) == 0) {
		for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
			if (!field && (regexec(&regex, fields[i], 0, NULL, 0) ==
					  0) != rule->negated)
				field = fields[i];
		regfree(&regex);
	}
	free(pattern);
	return field;
}

/* A line with those that continue it, which begin with a blank; lines moves
 * on by how many there were. */
static struct slice
next_line(struct slice *text, unsigned *lines)
{
	struct slice line;
	size_t end = slice_find(*text, '\n', 0);

	*lines = 1;
	while (end + 1 < text->len &&
	       (text->data[end + 1] == ' ' || text->data[end + 1] == '\t')) {
		end = slice_find(*text, '\n', end + 1);
		++*lines;
	}
	line = slice_part(*text, 0, end);
	*text = slice_part(*text, end + 1, text->len);
	return slice_trim(line);
}

bool
doctor_table_find(struct slice text, struct doctor_rule *out)
{
	unsigned number = 1, lines;
	struct slice line;
	struct rule rule;

	for (unsigned n = 0; text.len > 0 && n < LIMIT_DOCTOR_RULES; n++) {
		line = next_line(&text, &lines);
		if (line.len > 0 && line.data[0] != '#' &&
		    rule_read(line, &rule)) {
			out->field = rule_hits(&rule);
			out->action = rule.action;
			out->first = number;
			out->last = number + lines - 1;
			if (out->field)
				return true;
		}
		number += lines;
	}
	return false;
}

static void
complain(struct doctor_report *r, const char *where, const char *path,
    struct slice text)
{
	struct doctor_rule rule;
	size_t n;

	if (!doctor_table_find(text, &rule))
		return;
	n = doctor_find(r, CHECK_FIELDS_DROPPED, where,
	    "Line %u of %s (%.*s) hits \"%.*s\".", rule.first, path,
	    (int)slice_find(rule.action, ' ', 0), rule.action.data,
	    (int)strcspn(rule.field, ";"), rule.field);
	doctor_remedy(r, n, DOCTOR_SHELL, "sed -i '%u,%us/^/#/' %s", rule.first,
	    rule.last, doctor_quoted(r, path));
}

void
doctor_table_check(struct doctor_report *r, const char *where,
    const char *value, const struct doctor_tables *tables)
{
	struct slice at = slice_text(value), word, text;
	const char *path;
	size_t colon;

	while (postfix_next_word(&at, &word)) {
		if (!slice_has_prefix(word, "regexp:") &&
		    !slice_has_prefix(word, "pcre:"))
			continue;
		colon = slice_find(word, ':', 0);
		path =
		    doctor_text_slice(r, slice_part(word, colon + 1, word.len));
		text = tables->read(path, tables->arg);
		complain(r, where, path, text);
	}
}
