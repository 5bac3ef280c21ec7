/* doctor_report.c: see doctor_report.h. */
#include "admin/doctor_report.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"

/* A value and what belongs to it; nothing longer comes here. */
#define QUOTED_MAX (8 * (size_t)LIMIT_DOCTOR_VALUE)

void
doctor_report_init(struct doctor_report *r)
{
	*r = (struct doctor_report){.server = "smime-milter"};
}

void
doctor_report_fini(struct doctor_report *r)
{
	for (size_t i = 0; i < r->text_count; i++)
		free(r->texts[i]);
	free(r->texts);
	free(r->findings);
	free(r->facts);
	doctor_report_init(r);
}

/* Room for one more of count elements, doubling at powers of two. */
static void *
grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return xreallocarray(array, count ? 2 * count : 1, size);
}

/* Takes text. */
static const char *
keep(struct doctor_report *r, char *text)
{
	r->texts = grow(r->texts, r->text_count, sizeof(*r->texts));
	r->texts[r->text_count++] = text;
	return text;
}

static const char *keep_format(struct doctor_report *r, const char *format,
    va_list arguments) __attribute__((format(printf, 2, 0)));

static const char *
keep_format(struct doctor_report *r, const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		abort(); /* as base/alloc.h: out of memory */
	return keep(r, text);
}

const char *
doctor_text(struct doctor_report *r, const char *format, ...)
{
	const char *text;
	va_list arguments;

	va_start(arguments, format);
	text = keep_format(r, format, arguments);
	va_end(arguments);
	return text;
}

const char *
doctor_text_slice(struct doctor_report *r, struct slice s)
{
	return keep(r, slice_dup_text(s));
}

const char *
doctor_quoted(struct doctor_report *r, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=/.,:@%";
	const char *result;
	struct buf out;

	if (*text && strspn(text, plain) == strlen(text))
		return text;
	buf_init(&out, QUOTED_MAX);
	buf_add_char(&out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_add_text(&out, "'\\''");
		else
			buf_add_char(&out, *text);
	}
	buf_add_char(&out, '\'');
	result = doctor_text_slice(r, buf_slice(&out));
	buf_fini(&out);
	return result;
}

size_t
doctor_find(struct doctor_report *r, enum doctor_check check, const char *where,
    const char *format, ...)
{
	struct doctor_finding *f;
	va_list arguments;

	r->findings = grow(r->findings, r->count, sizeof(*r->findings));
	f = &r->findings[r->count];
	*f = (struct doctor_finding){
	    .check = check, .server = r->server, .where = where};
	va_start(arguments, format);
	f->what = keep_format(r, format, arguments);
	va_end(arguments);
	return r->count++;
}

void
doctor_remedy(struct doctor_report *r, size_t n, enum doctor_place place,
    const char *format, ...)
{
	struct doctor_finding *f = &r->findings[n];
	va_list arguments;

	assert(f->step_count < DOCTOR_STEPS_MAX);
	va_start(arguments, format);
	f->steps[f->step_count++] = (struct doctor_step){
	    .place = place,
	    .text = keep_format(r, format, arguments),
	};
	va_end(arguments);
}

void
doctor_instead(struct doctor_report *r, size_t n, const char *instead)
{
	struct doctor_finding *f = &r->findings[n];

	f->steps[f->step_count - 1].instead = instead;
}

void
doctor_fine(struct doctor_report *r, const char *format, ...)
{
	va_list arguments;

	r->facts = grow(r->facts, r->fact_count, sizeof(*r->facts));
	va_start(arguments, format);
	r->facts[r->fact_count++] = (struct doctor_fact){
	    .server = r->server, .what = keep_format(r, format, arguments)};
	va_end(arguments);
}

bool
doctor_has(
    const struct doctor_report *r, enum doctor_check check, const char *where)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->findings[i].check == check &&
		    strcmp(r->findings[i].where, where) == 0)
			return true;
	return false;
}

size_t
doctor_count(const struct doctor_report *r, enum doctor_severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += doctor_check_info(r->findings[i].check)->severity ==
		     severity;
	return n;
}
