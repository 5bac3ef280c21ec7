/*
 * doctor_postfix.c: see doctor_postfix.h.
 *
 * Expanding is bounded in depth and length, so that values that name each
 * other, or double each time, end.
 */
#include "admin/doctor_postfix.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"

#define BLANKS ", \t\r\n"

/* --- reading --- */

static int
compare_slices(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.data, b.data, len) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

static int
compare_parameters(const void *a, const void *b)
{
	const struct postfix_parameter *p = a, *q = b;
	int order = compare_slices(p->name, q->name);

	return order ? order : compare_slices(p->service, q->service);
}

/* "NAME = VALUE"; the name may be "SERVICE/TYPE/NAME". */
static bool
split_line(struct slice line, struct slice *name, struct slice *value)
{
	size_t sign = slice_find(line, '=', 0);

	if (sign == line.len)
		return false;
	*name = slice_trim(slice_part(line, 0, sign));
	*value = slice_trim(slice_part(line, sign + 1, line.len));
	return name->len > 0;
}

/* What is behind the last slash; *head is what was before it. */
static struct slice
cut_last(struct slice s, struct slice *head)
{
	size_t i = s.len;

	while (i > 0 && s.data[i - 1] != '/')
		i--;
	*head = slice_part(s, 0, i > 0 ? i - 1 : 0);
	return slice_part(s, i, s.len);
}

static struct slice
next_line(struct slice *text)
{
	size_t end = slice_find(*text, '\n', 0);
	struct slice line = slice_part(*text, 0, end);

	*text = slice_part(*text, end + 1, text->len);
	return line;
}

static size_t
count_lines(struct slice text)
{
	size_t lines = 0;

	while (text.len > 0) {
		(void)next_line(&text);
		lines++;
	}
	return lines;
}

static void
read_parameters(struct postfix_config *c, struct slice text, bool of_services)
{
	struct postfix_parameter p;

	while (text.len > 0) {
		memset(&p, 0, sizeof(p));
		if (!split_line(next_line(&text), &p.name, &p.value))
			continue;
		if (of_services)
			p.name = cut_last(p.name, &p.service);
		if (of_services == (p.service.len > 0))
			c->parameters[c->parameter_count++] = p;
	}
}

/* Fields of one service follow each other, "service" first. */
static void
read_field(struct postfix_config *c, struct slice name, struct slice value,
    struct doctor_report *r)
{
	struct slice id, field = cut_last(name, &id);
	struct postfix_service *s;

	if (slice_equal_text_ci(field, "service")) {
		if (c->service_count >= LIMIT_DOCTOR_SERVICES)
			return;
		c->services[c->service_count++] = (struct postfix_service){
		    .id = doctor_text_slice(r, id),
		    .service = doctor_text_slice(r, value),
		    .type = "",
		    .command = "",
		};
	}
	if (c->service_count == 0)
		return;
	s = &c->services[c->service_count - 1];
	if (!slice_equal(id, slice_text(s->id)))
		return;
	if (slice_equal_text_ci(field, "type"))
		s->type = doctor_text_slice(r, value);
	else if (slice_equal_text_ci(field, "command"))
		s->command = doctor_text_slice(
		    r, slice_part(value, 0, slice_find(value, ' ', 0)));
	else if (slice_equal_text_ci(field, "chroot"))
		s->chrooted = slice_has_prefix(value, "y") ||
			      slice_has_prefix(value, "-");
}

/* "-" in the column is "y" before compatibility_level 1, "n" since. */
static bool
chroots_by_default(const struct postfix_config *c, struct doctor_report *r)
{
	const char *level = postfix_value(c, NULL, "compatibility_level", r);

	return postfix_number(level, 0) == 0 && strncmp(level, "0", 1) == 0;
}

static void
read_fields(
    struct postfix_config *c, struct slice text, struct doctor_report *r)
{
	bool chroots = chroots_by_default(c, r);
	struct slice name, value;

	c->services = xcalloc(LIMIT_DOCTOR_SERVICES, sizeof(*c->services));
	while (text.len > 0) {
		if (!split_line(next_line(&text), &name, &value))
			continue;
		if (!chroots && slice_equal_text_ci(value, "-"))
			value = slice_text("n");
		read_field(c, name, value, r);
	}
}

void
postfix_config_read(struct postfix_config *c,
    const struct postfix_prints *prints, struct doctor_report *r)
{
	size_t lines =
	    count_lines(prints->parameters) + count_lines(prints->overrides);

	c->parameters = xcalloc(lines, sizeof(*c->parameters));
	c->complaints = prints->complaints;
	c->parameter_count = 0;
	c->service_count = 0;
	read_parameters(c, prints->parameters, false);
	read_parameters(c, prints->overrides, true);
	qsort(c->parameters, c->parameter_count, sizeof(*c->parameters),
	    compare_parameters);
	read_fields(c, prints->fields, r);
}

void
postfix_config_fini(struct postfix_config *c)
{
	free(c->parameters);
	free(c->services);
	memset(c, 0, sizeof(*c));
}

/* "postconf: warning: FILE: unused parameter: NAME=VALUE" */
bool
postfix_next_unused(struct slice *at, struct slice *name)
{
	static const char sign[] = "unused parameter: ";
	struct slice line, value;

	while (at->len > 0) {
		line = next_line(at);
		while (line.len > 0 && !slice_has_prefix(line, sign))
			line = slice_part(line, 1, line.len);
		line = slice_part(line, strlen(sign), line.len);
		if (split_line(line, name, &value))
			return true;
	}
	return false;
}

/* --- values --- */

static const struct postfix_parameter *
find(const struct postfix_config *c, struct slice service, struct slice name)
{
	const struct postfix_parameter key = {.service = service, .name = name};

	return bsearch(&key, c->parameters, c->parameter_count, sizeof(key),
	    compare_parameters);
}

bool
postfix_is_set_by(const struct postfix_config *c,
    const struct postfix_service *service, const char *name)
{
	return find(c, slice_text(service ? service->id : ""),
		   slice_text(name)) != NULL;
}

struct expansion {
	const struct postfix_config *c;
	struct slice service;
	struct buf out;
	unsigned depth;
	unsigned steps;
};

static const struct postfix_parameter *
look_up(const struct expansion *e, struct slice name)
{
	const struct postfix_parameter *p = NULL;

	if (e->service.len > 0)
		p = find(e->c, e->service, name);
	return p ? p : find(e->c, slice_text(""), name);
}

static void expand(struct expansion *e, struct slice text);

static void
expand_deeper(struct expansion *e, struct slice text)
{
	if (e->depth >= LIMIT_DOCTOR_DEPTH || e->steps >= LIMIT_DOCTOR_STEPS ||
	    !buf_ok(&e->out))
		return;
	e->steps++;
	e->depth++;
	expand(e, text);
	e->depth--;
}

static size_t
name_length(struct slice text)
{
	size_t n = 0;

	while (n < text.len && (isalnum(text.data[n]) || text.data[n] == '_'))
		n++;
	return n;
}

/* Offset of the bracket that ends what begins before text; text.len when
 * there is none. */
static size_t
closing(struct slice text, unsigned char open, unsigned char close)
{
	size_t depth = 1;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == open)
			depth++;
		else if (text.data[i] == close && --depth == 0)
			return i;
	}
	return text.len;
}

/* "{text}" or "text". */
static struct slice
without_braces(struct slice text)
{
	text = slice_trim(text);
	if (text.len >= 2 && text.data[0] == '{' &&
	    text.data[text.len - 1] == '}')
		return slice_trim(slice_part(text, 1, text.len - 1));
	return text;
}

/* "NAME", "NAME?TEXT", "NAME:TEXT", "NAME?{TEXT}:{TEXT}".  Comparisons
 * ("{a} == {b} ? ...") stay as they are: no parameter that is asked for here
 * has one. */
static void
expand_inside(struct expansion *e, struct slice text)
{
	size_t n = name_length(text), end;
	const struct postfix_parameter *p;
	struct slice rest = slice_trim(slice_part(text, n, text.len));
	bool set;

	p = n > 0 ? look_up(e, slice_part(text, 0, n)) : NULL;
	set = p && p->value.len > 0;
	if (n == 0 || rest.len == 0) {
		if (p)
			expand_deeper(e, p->value);
		return;
	}
	text = slice_trim(slice_part(rest, 1, rest.len));
	if (rest.data[0] == ':') {
		if (!set)
			expand_deeper(e, without_braces(text));
		return;
	}
	if (rest.data[0] != '?')
		return;
	if (!slice_has_prefix(text, "{")) {
		if (set)
			expand_deeper(e, text);
		return;
	}
	end = 1 + closing(slice_part(text, 1, text.len), '{', '}');
	if (set) {
		expand_deeper(e, slice_trim(slice_part(text, 1, end)));
		return;
	}
	rest = slice_trim(slice_part(text, end + 1, text.len));
	if (rest.len > 0 && rest.data[0] == ':')
		expand_deeper(e, without_braces(slice_part(rest, 1, rest.len)));
}

/* What follows a dollar sign; returns how many octets of it. */
static size_t
expand_dollar(struct expansion *e, struct slice text)
{
	const struct postfix_parameter *p;
	unsigned char open = text.len > 0 ? text.data[0] : '\0';
	size_t n;

	if (open == '{' || open == '(') {
		text = slice_part(text, 1, text.len);
		n = closing(text, open, open == '{' ? '}' : ')');
		expand_inside(e, slice_part(text, 0, n));
		return n + 2;
	}
	if (open == '$') {
		buf_add_char(&e->out, '$');
		return 1;
	}
	n = name_length(text);
	p = look_up(e, slice_part(text, 0, n));
	if (p)
		expand_deeper(e, p->value);
	return n;
}

static void
expand(struct expansion *e, struct slice text)
{
	size_t dollar;

	while (text.len > 0) {
		dollar = slice_find(text, '$', 0);
		buf_add_slice(&e->out, slice_part(text, 0, dollar));
		if (dollar == text.len)
			return;
		text = slice_part(text, dollar + 1, text.len);
		text = slice_part(text, expand_dollar(e, text), text.len);
	}
}

const char *
postfix_value(const struct postfix_config *c,
    const struct postfix_service *service, const char *name,
    struct doctor_report *r)
{
	struct expansion e = {
	    .c = c, .service = slice_text(service ? service->id : "")};
	const struct postfix_parameter *p = look_up(&e, slice_text(name));
	const char *value;

	if (!p)
		return "";
	buf_init(&e.out, LIMIT_DOCTOR_VALUE);
	expand(&e, p->value);
	value = doctor_text_slice(r, slice_trim(buf_slice(&e.out)));
	buf_fini(&e.out);
	return value;
}

unsigned long long
postfix_number(const char *value, unsigned long long otherwise)
{
	unsigned long long n, factor = 1;
	char *end;

	if (!isdigit((unsigned char)*value))
		return otherwise;
	n = strtoull(value, &end, 10);
	switch (*end) {
	case 'm':
		factor = 60;
		break;
	case 'h':
		factor = 3600;
		break;
	case 'd':
		factor = 86400ULL;
		break;
	case 'w':
		factor = 7 * 86400ULL;
		break;
	default:
		break;
	}
	return n > ~0ULL / factor ? ~0ULL : n * factor;
}

bool
postfix_next_word(struct slice *at, struct slice *word)
{
	size_t n = 0, depth = 0;

	while (at->len > 0 && strchr(BLANKS, at->data[0]))
		*at = slice_part(*at, 1, at->len);
	while (n < at->len && (depth > 0 || !strchr(BLANKS, at->data[n]))) {
		if (at->data[n] == '{')
			depth++;
		else if (at->data[n] == '}' && depth > 0)
			depth--;
		n++;
	}
	*word = slice_part(*at, 0, n);
	*at = slice_part(*at, n, at->len);
	return n > 0;
}

bool
postfix_has_word(const char *list, const char *word)
{
	struct slice at = slice_text(list), found;

	while (postfix_next_word(&at, &found))
		if (slice_equal(found, slice_text(word)))
			return true;
	return false;
}

/* --- places and remedies --- */

const char *
postfix_where(const struct postfix_config *c,
    const struct postfix_service *service, const char *name,
    struct doctor_report *r)
{
	if (service && postfix_is_set_by(c, service, name))
		return doctor_text(
		    r, "%s/master.cf, %s, %s", c->folder, service->id, name);
	return doctor_text(r, "%s/main.cf, %s", c->folder, name);
}

const char *
postfix_folder_option(const struct postfix_config *c, struct doctor_report *r)
{
	if (strcmp(c->folder, POSTFIX_FOLDER) == 0)
		return "";
	return doctor_text(r, "-c %s ", doctor_quoted(r, c->folder));
}

void
postfix_set_for(struct doctor_report *r, size_t n,
    const struct postfix_config *c, const struct postfix_service *service,
    const char *name, const char *value)
{
	doctor_remedy(r, n, DOCTOR_SHELL, "postconf %s-P %s",
	    postfix_folder_option(c, r),
	    doctor_quoted(
		r, doctor_text(r, "%s/%s=%s", service->id, name, value)));
}

void
postfix_set(struct doctor_report *r, size_t n, const struct postfix_config *c,
    const struct postfix_service *service, const char *name, const char *value)
{
	if (service && postfix_is_set_by(c, service, name)) {
		postfix_set_for(r, n, c, service, name, value);
		return;
	}
	doctor_remedy(r, n, DOCTOR_SHELL, "postconf %s-e %s",
	    postfix_folder_option(c, r),
	    doctor_quoted(r, doctor_text(r, "%s=%s", name, value)));
}
