/* mail_run.c: see mail_run.h. */
#include "admin/mail_run.h"

#include <stdlib.h>

#include "base/alloc.h"

static void
tell_sender(struct job *job, const char *address)
{
	char *path = xasprintf("<%s>", address);

	job_sender(job, path, NULL);
	free(path);
}

static void
tell_recipient(struct job *job, const char *address)
{
	char *path = xasprintf("<%s>", address);

	job_recipient(job, path, NULL, NULL);
	free(path);
}

/* As a milter hears it: a C string, folds as LF and blank. */
static char *
milter_text(struct slice s)
{
	char *text = xmalloc(s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len && s.data[i] != '\0'; i++)
		if (s.data[i] != '\r')
			text[n++] = (char)s.data[i];
	text[n] = '\0';
	return text;
}

/* Header fields and body, the body only when the job wants it. */
static void
feed(const struct message_file *m, struct job *job)
{
	const struct header_field *f;
	char *name, *body;

	for (size_t i = 0; i < m->header.count; i++) {
		f = &m->header.fields[i];
		name = milter_text(f->name);
		body = milter_text(f->body);
		job_header(job, name, body);
		free(name);
		free(body);
	}
	if (job_end_of_header(job))
		job_body(job, m->body.data, m->body.len);
}

int
mail_run_begin(struct mail_run *run, struct admin *a,
    const struct message_file *m, struct err *err)
{
	struct gateway *gateway;

	if (admin_gateway(a, &gateway, err))
		return -1;
	run->job = job_new(gateway, &run->client);
	tell_sender(run->job, run->from);
	for (size_t i = 0; i < run->to->count; i++)
		tell_recipient(run->job, run->to->addresses[i]);
	feed(m, run->job);
	return 0;
}

void
mail_run_end(struct mail_run *run)
{
	job_free(run->job);
	run->job = NULL;
}

enum verb_result
mail_run_addresses(const char *text, struct address_list *out, struct err *err)
{
	address_list_add(out, slice_text(text));
	if (out->malformed || out->count == 0) {
		(void)err_set(err, ERR_PERMANENT,
		    "\"%s\" is not a list of mail addresses", text);
		return VERB_USAGE;
	}
	return VERB_DONE;
}
