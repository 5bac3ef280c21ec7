/*
 * mime_label.c: see mime_label.h.  RFC 2045 5.1, RFC 2231.
 *
 * A field of somebody else's program is changed where its value stands, and
 * the result is read again: unless it says what it said before but for the
 * charset, it is not used.  Pure functions, callable from any thread.
 */
#include "mail/mime_label.h"

#include <string.h>

#define TYPE_FIELD "Content-Type"
#define CTE_FIELD  "Content-Transfer-Encoding"
/* RFC 5322 2.1.1 */
#define FOLD_AT 78u

/* --- the value of a parameter --- */

/* Behind the quoted string or comment at pos, or behind one other byte. */
static size_t
skip_one(struct slice s, size_t pos)
{
	unsigned char first = s.data[pos++], c;
	size_t depth = first == '(';

	if (first != '"' && first != '(')
		return pos;
	while (pos < s.len) {
		c = s.data[pos++];
		if (c == '\\')
			pos += pos < s.len;
		depth += first == '(' && c == '(';
		depth -= first == '(' && c == ')';
		if (depth == 0 && (first == '(' || c == '"'))
			break;
	}
	return pos;
}

static size_t
skip_space(struct slice s, size_t pos)
{
	while (
	    pos < s.len && (ascii_is_white(s.data[pos]) || s.data[pos] == '('))
		pos = s.data[pos] == '(' ? skip_one(s, pos) : pos + 1;
	return pos;
}

static size_t
skip_token(struct slice s, size_t pos)
{
	while (pos < s.len && s.data[pos] > ' ' &&
	       !strchr("()<>@,;:\\\"[]?=", s.data[pos]))
		pos++;
	return pos;
}

/* The value of the first parameter of that name; empty: not found. */
static struct slice
find_value(struct slice body, const char *name)
{
	size_t pos = 0, end, start;

	while (pos < body.len) {
		if (body.data[pos] != ';') {
			pos = skip_one(body, pos);
			continue;
		}
		start = skip_space(body, pos + 1);
		end = skip_token(body, start);
		pos = end > pos ? end : pos + 1;
		if (!slice_equal_text_ci(slice_part(body, start, end), name))
			continue;
		start = skip_space(body, end);
		if (start == body.len || body.data[start] != '=')
			break;
		start = skip_space(body, start + 1);
		end = skip_token(body, start);
		if (start < body.len && body.data[start] == '"')
			end = skip_one(body, start);
		return slice_part(body, start, end);
	}
	return slice_part(body, 0, 0);
}

/* --- Content-Type --- */

static size_t
last_line_length(const struct buf *out)
{
	size_t n = 0;

	while (n < out->len && out->data[out->len - 1 - n] != '\n')
		n++;
	return n;
}

static void
add_charset(struct slice body, const char *charset, struct buf *out)
{
	size_t end = body.len;

	while (end > 0 && ascii_is_white(body.data[end - 1]))
		end--;
	buf_add_slice(out, slice_part(body, 0, end));
	if (end == 0 || body.data[end - 1] != ';')
		buf_add_char(out, ';');
	buf_add_text(out, last_line_length(out) + strlen(charset) + 9 > FOLD_AT
			      ? "\r\n\t"
			      : " ");
	buf_addf(out, "charset=%s", charset);
	buf_add_slice(out, slice_part(body, end, body.len));
}

static bool
same_text(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* Is it the same type, with no other parameter than charset changed? */
static bool
says_the_same(const struct mime_type *was, const struct mime_type *now,
    const char *charset)
{
	const char *value = mime_type_param(now, "charset");
	bool had = mime_type_param(was, "charset") != NULL;

	if (now->malformed || now->duplicate || now->disputed || !value ||
	    !same_text(value, charset) ||
	    mime_type_param_is_disputed(now, "charset") ||
	    !mime_type_is(now, was->type, was->subtype) ||
	    now->count != was->count + !had)
		return false;
	for (size_t i = 0; i < was->count; i++) {
		const char *name = was->params[i].name;

		value = mime_type_param(now, name);
		if (!value || (!same_text(name, "charset") &&
				  !same_text(value, was->params[i].value)))
			return false;
	}
	return true;
}

/* out: the field's body as it was written. */
static bool
write_type(const struct mime_part *part, const struct header_field *field,
    const char *charset, struct buf *out)
{
	struct slice body = field->body, value = find_value(body, "charset");
	size_t start = out->len, at = (size_t)(value.data - body.data);
	struct mime_type type;
	bool good;

	if (value.len == 0) {
		add_charset(body, charset, out);
	} else {
		buf_add_slice(out, slice_part(body, 0, at));
		buf_add_text(out, charset);
		buf_add_slice(out, slice_part(body, at + value.len, body.len));
	}
	mime_type_parse(&type, slice_part(buf_slice(out), start, out->len));
	good = says_the_same(&part->type, &type, charset);
	mime_type_fini(&type);
	return good;
}

/* --- the header --- */

struct labels {
	const struct mime_part *part;
	const unsigned char *pos; /* what lies before it has been written */
	struct buf *out;
};

static void
copy_until(struct labels *l, const unsigned char *end)
{
	buf_add(l->out, l->pos, (size_t)(end - l->pos));
	l->pos = end;
}

/* Up to the body of a field, which is left out. */
static void
begin_field(struct labels *l, const struct header_field *field)
{
	copy_until(l, field->body.data);
	l->pos += field->body.len;
}

static bool
change_field(struct labels *l, const struct header_field *field,
    const char *charset, const char *cte)
{
	if (charset && slice_equal_text_ci(field->name, TYPE_FIELD)) {
		begin_field(l, field);
		return write_type(l->part, field, charset, l->out);
	}
	if (cte && slice_equal_text_ci(field->name, CTE_FIELD)) {
		begin_field(l, field);
		buf_addf(l->out, " %s", cte);
	}
	return true;
}

bool
mime_label_write(const struct mime_part *part, const char *charset,
    const char *cte, struct buf *out)
{
	struct labels l = {part, part->header_raw.data, out};
	const struct header *header = &part->header;
	struct slice raw = part->header_raw;

	if (header_count(header, TYPE_FIELD) > 1 ||
	    header_count(header, CTE_FIELD) > 1 ||
	    (raw.len > 0 && raw.data[raw.len - 1] != '\n'))
		return false;
	for (size_t i = 0; i < header->count; i++)
		if (!change_field(&l, &header->fields[i], charset, cte))
			return false;
	copy_until(&l, raw.data + raw.len);
	if (charset && header_count(header, TYPE_FIELD) == 0)
		buf_addf(
		    out, TYPE_FIELD ": text/plain; charset=%s\r\n", charset);
	if (cte && header_count(header, CTE_FIELD) == 0)
		buf_addf(out, CTE_FIELD ": %s\r\n", cte);
	return buf_ok(out);
}
