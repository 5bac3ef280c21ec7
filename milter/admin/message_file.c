/* message_file.c: see message_file.h.  One thread. */
#include "admin/message_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"

#define READ_SIZE  ((size_t)65536)
#define FIELD_MAX  LIMIT_HEADER_BYTES
#define MBOX_START "From "

void
message_file_init(struct message_file *m, const struct spool_config *config)
{
	*m = (struct message_file){0};
	spool_init(&m->spool, config);
	header_init(&m->header);
}

void
message_file_fini(struct message_file *m)
{
	header_fini(&m->header);
	spool_fini(&m->spool);
}

/* Reading */

struct reader {
	struct spool *spool;
	bool decided; /* the first line's end was met */
	bool lf;
	bool after_cr; /* the last byte of the previous chunk was CR */
};

static void
decide_line_ends(struct reader *r, struct slice chunk)
{
	size_t end = slice_find(chunk, '\n', 0);

	if (r->decided || end == chunk.len)
		return;
	r->decided = true;
	r->lf = end > 0 ? chunk.data[end - 1] != '\r' : !r->after_cr;
}

/* Makes every LF without CR a CRLF. */
static int
write_lines(struct reader *r, struct slice chunk, struct err *err)
{
	struct buf lines;
	size_t start = 0, end;
	bool has_cr;
	int rc;

	buf_init(&lines, 2 * READ_SIZE);
	while ((end = slice_find(chunk, '\n', start)) < chunk.len) {
		has_cr = end > 0 ? chunk.data[end - 1] == '\r' : r->after_cr;
		buf_add_slice(&lines, slice_part(chunk, start, end));
		buf_add_text(&lines, has_cr ? "\n" : "\r\n");
		start = end + 1;
	}
	buf_add_slice(&lines, slice_part(chunk, start, chunk.len));
	rc = spool_write(r->spool, lines.data, lines.len, err);
	buf_fini(&lines);
	return rc;
}

static int
add_chunk(struct reader *r, struct slice chunk, struct err *err)
{
	int rc;

	decide_line_ends(r, chunk);
	/* a file of CRLF lines is taken byte for byte */
	rc = r->decided && r->lf
		 ? write_lines(r, chunk, err)
		 : spool_write(r->spool, chunk.data, chunk.len, err);
	r->after_cr = chunk.data[chunk.len - 1] == '\r';
	return rc;
}

static int
read_all(int fd, const char *name, struct reader *r, struct err *err)
{
	unsigned char *chunk = xmalloc(READ_SIZE);
	ssize_t n;
	int rc = 0;

	while (rc == 0) {
		n = read(fd, chunk, READ_SIZE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = err_set_errno(
			    err, ERR_TEMPORARY, "%s: cannot read", name);
		if (n <= 0)
			break;
		rc = add_chunk(r, slice_make(chunk, (size_t)n), err);
		if (rc)
			err_prefix(err, "%s", name);
	}
	free(chunk);
	return rc;
}

/* The bytes behind an mbox's "From " line, if there is one. */
static struct slice
without_mbox_line(struct slice all)
{
	if (!slice_has_prefix(all, MBOX_START))
		return all;
	return slice_part(all, slice_find(all, '\n', 0) + 1, all.len);
}

/* The spool holds everything. */
static int
parse(struct message_file *m, const char *name, struct err *err)
{
	struct slice all;
	bool complete;

	if (spool_finish(&m->spool, err))
		return -1;
	all = without_mbox_line(spool_slice(&m->spool));
	m->body =
	    slice_part(all, header_parse(&m->header, all, &complete), all.len);
	if (m->header.count == 0)
		return err_set(err, ERR_PERMANENT,
		    "%s: not a message: it begins with no header field", name);
	return 0;
}

int
message_file_take(struct message_file *m, struct slice text, struct err *err)
{
	if (spool_write(&m->spool, text.data, text.len, err))
		return -1;
	return parse(m, "text", err);
}

int
message_file_read(struct message_file *m, const char *path, struct err *err)
{
	bool is_stdin = !path || strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	struct reader r = {.spool = &m->spool};
	int fd, rc;

	fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err,
		    errno == ENOENT ? ERR_NOT_FOUND : ERR_TEMPORARY, "%s",
		    path);
	rc = read_all(fd, name, &r, err);
	if (!is_stdin)
		close(fd);
	m->lf = r.lf;
	return rc ? -1 : parse(m, name, err);
}

/* Writing */

struct writer {
	FILE *file;
	bool lf;
	bool owes_cr; /* a CR was held back until the next byte is known */
};

static void
write_run(struct writer *w, struct slice s)
{
	(void)fwrite(s.data, 1, s.len, w->file);
}

/* Leaves out the CR of every CRLF where the file wants it so. */
static void
write_bytes(struct writer *w, struct slice s)
{
	size_t cr;

	while (w->lf && s.len > 0) {
		if (w->owes_cr && s.data[0] != '\n')
			(void)fputc('\r', w->file);
		cr = slice_find(s, '\r', 0);
		write_run(w, slice_part(s, 0, cr));
		w->owes_cr = cr < s.len;
		s = slice_part(s, cr + 1, s.len);
	}
	if (s.len > 0)
		write_run(w, s);
}

static int
end_writing(struct writer *w, struct err *err)
{
	if (w->owes_cr)
		(void)fputc('\r', w->file);
	if (fflush(w->file) || ferror(w->file))
		return err_set_errno(
		    err, ERR_TEMPORARY, "cannot write standard output");
	return 0;
}

static bool
has_name(const struct header_field *f, const char *name)
{
	return slice_equal_text_ci(f->name, name);
}

static void
write_field(struct writer *w, const struct header_field *f)
{
	struct buf line;

	buf_init(&line, FIELD_MAX);
	header_field_write(f, &line);
	write_bytes(w, buf_slice(&line));
	buf_fini(&line);
}

int
message_file_write(const struct message_file *m, const struct edits *edits,
    FILE *file, struct err *err)
{
	struct writer w = {.file = file, .lf = m->lf};
	struct buf header;

	buf_init(&header, EDITS_HEADER_MAX);
	edits_write_header(edits, &m->header, &header);
	write_bytes(&w, buf_slice(&header));
	buf_fini(&header);
	write_bytes(&w, slice_text("\r\n"));
	if (!edits->replace_body)
		write_bytes(&w, m->body);
	for (size_t i = 0; edits->replace_body && i < edits->body.count; i++)
		write_bytes(&w, edits->body.at[i]);
	return end_writing(&w, err);
}

int
message_file_write_entity(const struct message_file *m,
    const struct header *content, struct slice body, FILE *file,
    struct err *err)
{
	struct writer w = {.file = file, .lf = m->lf};

	for (size_t i = 0; i < m->header.count; i++)
		if (!header_field_is_content(&m->header.fields[i]))
			write_field(&w, &m->header.fields[i]);
	if (header_count(&m->header, "MIME-Version") == 0)
		write_bytes(&w, slice_text("MIME-Version: 1.0\r\n"));
	for (size_t i = 0; i < content->count; i++)
		write_field(&w, &content->fields[i]);
	write_bytes(&w, slice_text("\r\n"));
	write_bytes(&w, body);
	return end_writing(&w, err);
}

/* Who */

char *
message_file_from(const struct message_file *m)
{
	const struct header_field *f = header_find(&m->header, "From", 0);
	struct address_list list;
	char *from = NULL;

	if (!f || header_count(&m->header, "From") != 1)
		return NULL;
	address_list_init(&list);
	address_list_add(&list, f->body);
	if (list.count == 1 && !list.malformed && !list.has_group)
		from = xstrdup(list.addresses[0]);
	address_list_fini(&list);
	return from;
}

void
message_file_recipients(const struct message_file *m, struct address_list *out)
{
	const struct header_field *f;

	for (size_t i = 0; i < m->header.count; i++) {
		f = &m->header.fields[i];
		if (has_name(f, "To") || has_name(f, "Cc"))
			address_list_add(out, f->body);
	}
}
