/* doctor_sendmail.c: see doctor_sendmail.h. */
#include "admin/doctor_sendmail.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"

struct reading {
	struct sendmail_config *c;
	struct doctor_report *r;
};

bool
sendmail_next(struct slice *at, const char *separators, struct slice *out)
{
	size_t n = 0;

	while (at->len > 0) {
		for (n = 0; n < at->len && at->data[n] != '\0' &&
			    !strchr(separators, at->data[n]);)
			n++;
		*out = slice_trim(slice_part(*at, 0, n));
		*at = slice_part(*at, n + 1, at->len);
		if (out->len > 0)
			return true;
	}
	return false;
}

/* "NAME = VALUE" at whatever sign; false when there is none. */
static bool
split(struct slice text, struct slice *name, struct slice *value)
{
	size_t sign = slice_find(text, '=', 0);

	*name = slice_trim(slice_part(text, 0, sign));
	*value = slice_trim(slice_part(text, sign + 1, text.len));
	return sign < text.len;
}

static const char *
keep(const struct reading *rd, struct slice s)
{
	if (s.len > LIMIT_DOCTOR_VALUE)
		s.len = LIMIT_DOCTOR_VALUE;
	return doctor_text_slice(rd->r, s);
}

/* --- lines --- */

/* Only the first letter of a name counts, as for Sendmail. */
static void
read_daemon_option(const struct reading *rd, struct sendmail_daemon *d,
    struct slice name, struct slice value)
{
	switch (name.len > 0 ? name.data[0] : 0) {
	case 'N':
		d->name = keep(rd, value);
		break;
	case 'A':
		d->address = keep(rd, value);
		break;
	case 'P':
		d->port = keep(rd, value);
		break;
	case 'M':
		d->modifiers = keep(rd, value);
		break;
	case 'I':
		d->has_filters = true;
		d->filters = keep(rd, value);
		break;
	default:
		break;
	}
}

static void
read_daemon(const struct reading *rd, struct slice text)
{
	struct sendmail_config *c = rd->c;
	struct slice at = text, item, name, value;
	struct sendmail_daemon *d;

	if (c->daemon_count >= LIMIT_DOCTOR_SERVICES)
		return;
	d = &c->daemons[c->daemon_count];
	*d = (struct sendmail_daemon){
	    .text = keep(rd, text),
	    .name = doctor_text(rd->r, "Daemon%zu", c->daemon_count),
	    .address = "",
	    .port = "smtp",
	    .modifiers = "",
	    .filters = "",
	};
	c->daemon_count++;
	while (sendmail_next(&at, ",", &item))
		if (split(item, &name, &value))
			read_daemon_option(rd, d, name, value);
}

static void
read_filter(const struct reading *rd, struct slice text)
{
	struct sendmail_config *c = rd->c;
	struct slice item, name, value;
	struct sendmail_filter *f;

	if (c->filter_count >= LIMIT_DOCTOR_SERVICES ||
	    !sendmail_next(&text, ",", &item))
		return;
	f = &c->filters[c->filter_count++];
	*f = (struct sendmail_filter){
	    .name = keep(rd, item), .socket = "", .flags = "", .timeouts = ""};
	while (sendmail_next(&text, ",", &item)) {
		if (!split(item, &name, &value) || name.len == 0)
			continue;
		if (name.data[0] == 'S')
			f->socket = keep(rd, value);
		else if (name.data[0] == 'F')
			f->flags = keep(rd, value);
		else if (name.data[0] == 'T')
			f->timeouts = keep(rd, value);
	}
}

static void
read_option(const struct reading *rd, struct slice text)
{
	struct sendmail_config *c = rd->c;
	const struct {
		const char *name;
		const char **value;
	} known[] = {
	    {"InputMailFilters", &c->input_filters},
	    {"MaxMessageSize", &c->max_size},
	    {"RunAsUser", &c->run_as},
	    {"Milter.macros.connect", &c->macros_connect},
	    {"Milter.macros.envfrom", &c->macros_sender},
	};
	struct slice name, value;

	if (!split(text, &name, &value))
		return;
	if (slice_equal_text_ci(name, "DaemonPortOptions"))
		read_daemon(rd, value);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (slice_equal_text_ci(name, known[i].name))
			*known[i].value = keep(rd, value);
}

static void
read_line(const struct reading *rd, struct slice line)
{
	struct slice rest = slice_part(line, 1, line.len);

	if (line.len < 2)
		return;
	if (line.data[0] == 'X')
		read_filter(rd, rest);
	else if (line.data[0] == 'O' && isspace(rest.data[0]))
		read_option(rd, rest);
	else if (line.data[0] == 'D' && rest.data[0] == 'M')
		rd->c->masquerade =
		    keep(rd, slice_trim(slice_part(rest, 1, rest.len)));
	else if (slice_has_prefix(line, "Kgenerics") && line.len > 9 &&
		 isspace(line.data[9]))
		rd->c->generics =
		    keep(rd, slice_trim(slice_part(line, 9, line.len)));
}

/* Appends the next line and those that continue it. */
static void
join_line(struct slice *text, struct buf *line)
{
	size_t end;

	do {
		end = slice_find(*text, '\n', 0);
		if (line->len > 0)
			buf_add_char(line, ' ');
		buf_add_slice(line, slice_trim(slice_part(*text, 0, end)));
		*text = slice_part(*text, end + 1, text->len);
	} while (
	    text->len > 0 && (text->data[0] == ' ' || text->data[0] == '\t'));
}

void
sendmail_config_read(
    struct sendmail_config *c, struct slice text, struct doctor_report *r)
{
	struct reading rd = {.c = c, .r = r};
	const char *file = c->file;
	struct buf line;

	*c = (struct sendmail_config){.file = file,
	    .input_filters = "",
	    .masquerade = "",
	    .generics = "",
	    .max_size = "",
	    .run_as = "",
	    .macros_connect = "",
	    .macros_sender = ""};
	c->filters = xcalloc(LIMIT_DOCTOR_SERVICES, sizeof(*c->filters));
	c->daemons = xcalloc(LIMIT_DOCTOR_SERVICES, sizeof(*c->daemons));
	buf_init(&line, LIMIT_DOCTOR_VALUE);
	while (text.len > 0) {
		buf_clear(&line);
		join_line(&text, &line);
		if (line.len > 0 && line.data[0] != '#' && buf_ok(&line))
			read_line(&rd, buf_slice(&line));
	}
	buf_fini(&line);
	c->built_in_daemon = c->daemon_count == 0;
	if (c->built_in_daemon)
		read_daemon(&rd, slice_text("Name=MTA"));
}

void
sendmail_config_fini(struct sendmail_config *c)
{
	free(c->filters);
	free(c->daemons);
	c->filters = NULL;
	c->daemons = NULL;
}

const struct sendmail_filter *
sendmail_filter_find(const struct sendmail_config *c, struct slice name)
{
	for (size_t i = 0; i < c->filter_count; i++)
		if (slice_equal(slice_text(c->filters[i].name), name))
			return &c->filters[i];
	return NULL;
}

unsigned long
sendmail_timeout(const char *timeouts, char which, unsigned long otherwise)
{
	struct slice at = slice_text(timeouts), item;
	unsigned long n;
	char text[32], *end;

	while (sendmail_next(&at, ";", &item)) {
		if (item.len < 3 || item.data[0] != (unsigned char)which ||
		    item.data[1] != ':' || item.len >= sizeof(text))
			continue;
		slice_show(item, text, sizeof(text));
		n = strtoul(text + 2, &end, 10);
		if (end == text + 2 || n > 1000000)
			return otherwise;
		switch (*end) {
		case 'd':
			return n * 86400;
		case 'h':
			return n * 3600;
		case 'm':
			return n * 60;
		default:
			return n;
		}
	}
	return otherwise;
}
