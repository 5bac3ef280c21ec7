/*
 * smtp_data.c: see smtp_data.h.  RFC 5321 4.5.2 and 2.3.8.
 *
 * Lines are found with memchr and copied whole: a message may have 150 MB.
 */
#include "relay/smtp_data.h"

#include <string.h>

void
smtp_data_init(struct smtp_data *data, const struct slice_list *content)
{
	*data = (struct smtp_data){.content = content};
}

/* What is left of the piece where we are, which is not the end of all. */
static struct slice
rest_of_piece(const struct smtp_data *data)
{
	struct slice piece = data->content->at[data->piece];

	return slice_part(piece, data->at, piece.len);
}

/* Bytes at the beginning of s that are neither CR nor LF. */
static size_t
plain_length(struct slice s)
{
	size_t lf = slice_find(s, '\n', 0);

	return slice_find(slice_part(s, 0, lf), '\r', 0);
}

/* One CR, one LF, or the dot of a line that begins with one, with room for
 * two bytes; returns how many there are, 0 when the line end is not one. */
static size_t
put_special(struct smtp_data *data, unsigned char c, unsigned char *out)
{
	size_t n = 0;

	if ((c == '\n') != data->after_cr)
		return 0;
	if (c == '.')
		out[n++] = '.';
	out[n++] = c;
	data->after_cr = c == '\r';
	data->in_line = c != '\n';
	return n;
}

/* Takes from one piece what fits into room; -1 when that cannot be sent. */
static int
put(struct smtp_data *data, unsigned char *out, size_t room, size_t *len)
{
	struct slice rest = rest_of_piece(data);
	bool stuff = !data->in_line && rest.data[0] == '.';
	size_t n = 0;

	if (!stuff && !data->after_cr)
		n = plain_length(slice_part(rest, 0, room));
	if (n > 0) {
		memcpy(out, rest.data, n);
		data->in_line = true;
		data->at += n;
		*len = n;
		return 0;
	}
	*len = put_special(data, rest.data[0], out);
	data->at++;
	return *len > 0 ? 0 : -1;
}

/* CRLF when the content does not end with one. */
static int
put_end(struct smtp_data *data, unsigned char *out, size_t *len)
{
	*len = 0;
	if (data->after_cr)
		return -1;
	if (data->in_line) {
		out[(*len)++] = '\r';
		out[(*len)++] = '\n';
	}
	data->in_line = false;
	return 0;
}

int
smtp_data_read(struct smtp_data *data, unsigned char *out, size_t size,
    size_t *len, struct err *err)
{
	size_t used = 0, n;
	int rc = 0;

	while (
	    rc == 0 && data->piece < data->content->count && size - used >= 2) {
		if (rest_of_piece(data).len == 0) {
			data->piece++;
			data->at = 0;
			continue;
		}
		rc = put(data, out + used, size - used, &n);
		used += n;
	}
	if (rc == 0 && data->piece == data->content->count &&
	    size - used >= 2) {
		rc = put_end(data, out + used, &n);
		used += n;
	}
	if (rc)
		return err_set(err, ERR_PERMANENT,
		    "the content has a CR or LF that is not part of a CRLF");
	*len = used;
	return 0;
}
