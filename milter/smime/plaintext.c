/*
 * plaintext.c: see plaintext.h.
 *
 * What the sender of a ciphertext wrote becomes part of a message that others
 * trust to be well-formed: nothing of it may be read as another header field,
 * another part or another line.  Belongs to one thread.
 */
#include "smime/plaintext.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "mail/mime_build.h"
#include "mail/mime_canon.h"
#include "mail/mime_codec.h"
#include "mail/mime_texture.h"
#include "smime/cms_body.h"
#include "smime/detect.h"

/* Octets of a line (rule L1) without the name before the first, and of that:
 * with its colon 998 together, RFC 5322 2.1.1. */
#define VALUE_LINE_MAX 960
#define NAME_MAX_LEN   37

void
plaintext_init(struct plaintext *p, const struct spool_config *config)
{
	spool_init(&p->bytes, config);
	header_init(&p->header);
	p->body = slice_make(NULL, 0);
}

void
plaintext_fini(struct plaintext *p)
{
	header_fini(&p->header);
	spool_fini(&p->bytes);
	p->body = slice_make(NULL, 0);
}

/* One text for everything (rule X4). */
static int
refuse(struct err *err)
{
	return err_set(err, ERR_PERMANENT, "the plaintext cannot be delivered");
}

/* --- the grammar of its header --- */

/* The header of bytes.  false: behind it stands no empty line. */
static bool
header_of(struct header *header, struct slice bytes, struct slice *body)
{
	bool complete;
	size_t at = header_parse(header, bytes, &complete);

	*body = slice_part(bytes, at, bytes.len);
	return !header->over_limit && (complete || at == bytes.len);
}

bool
plaintext_is_entity(struct slice bytes)
{
	struct header header;
	struct slice body;
	bool is_entity;

	header_init(&header);
	is_entity = header_of(&header, bytes, &body);
	header_fini(&header);
	return is_entity;
}

static int
parse(struct plaintext *p, struct err *err)
{
	header_fini(&p->header);
	header_init(&p->header);
	if (!header_of(&p->header, spool_slice(&p->bytes), &p->body))
		return refuse(err);
	return 0;
}

/* A line of a fold that is only blanks: some programs cut the blanks off, and
 * the header would end there (RFC 5322 3.2.2). */
static bool
has_blank_line(struct slice body)
{
	size_t lf = slice_find(body, '\n', 0), end;

	while (lf < body.len) {
		end = slice_find(body, '\n', lf + 1);
		if (slice_trim(slice_part(body, lf + 1, end)).len == 0)
			return true;
		lf = end;
	}
	return false;
}

/* What can be set as the value of a field, whatever its name. */
static bool
is_settable(struct slice body)
{
	size_t line = 0;

	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = body.data[i];

		if (c == 0x7f || (c < ' ' && !strchr("\t\r\n", c)))
			return false;
		line = c == '\n' ? 0 : line + 1;
		if (line > VALUE_LINE_MAX)
			return false;
	}
	return true;
}

static bool
field_is_fit(const struct header_field *field)
{
	struct mime_texture texture = {0};

	mime_texture_scan(&texture, field->name);
	mime_texture_scan(&texture, field->body);
	return field->name.len <= NAME_MAX_LEN &&
	       mime_texture_survives(&texture) && is_settable(field->body) &&
	       !has_blank_line(field->body);
}

static bool
is_among(struct slice name, const struct slice *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (name.len == names[i].len &&
		    strncasecmp((const char *)name.data,
			(const char *)names[i].data, name.len) == 0)
			return true;
	return false;
}

/* Each once: mail programs differ in which of two they believe. */
static int
fields_check(const struct header *header, struct err *err)
{
	struct slice names[LIMIT_PLAINTEXT_FIELDS];
	size_t count = 0, bytes = 0;

	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *field = &header->fields[i];

		if (!header_field_is_content(field))
			continue;
		bytes += field->name.len + field->body.len;
		if (count == LIMIT_PLAINTEXT_FIELDS ||
		    bytes > LIMIT_PLAINTEXT_HEADER || !field_is_fit(field) ||
		    is_among(field->name, names, count))
			return refuse(err);
		names[count++] = field->name;
	}
	return 0;
}

/* --- other forms of the same --- */

/* The entity gets other bytes; they are finished here. */
static int
replace(struct plaintext *p, struct spool *bytes, struct err *err)
{
	if (spool_finish(bytes, err))
		return -1;
	spool_fini(&p->bytes);
	p->bytes = *bytes;
	spool_init(bytes, p->bytes.config);
	return parse(p, err);
}

static int
lines_write(struct slice text, struct spool *out, struct err *err)
{
	size_t at = 0, lf;

	while ((lf = slice_find(text, '\n', at)) < text.len) {
		size_t end = lf > at && text.data[lf - 1] == '\r' ? lf - 1 : lf;

		if (spool_write(out, text.data + at, end - at, err) ||
		    spool_write(out, "\r\n", 2, err))
			return -1;
		at = lf + 1;
	}
	return at < text.len
		   ? spool_write(out, text.data + at, text.len - at, err)
		   : 0;
}

static bool
has_bare_lf(struct slice text)
{
	size_t lf = slice_find(text, '\n', 0);

	for (; lf < text.len; lf = slice_find(text, '\n', lf + 1))
		if (lf == 0 || text.data[lf - 1] != '\r')
			return true;
	return false;
}

/* Rule S3.  What is only inside a leaf is left to mime_canon, which encodes
 * it; a signed multipart would travel as CRLF in any case. */
static int
lines_fix(struct plaintext *p, struct err *err)
{
	struct slice all = spool_slice(&p->bytes), head;
	bool is_multipart, is_binary;
	struct spool bytes;
	int rc;

	head = slice_part(all, 0, all.len - p->body.len);
	is_multipart = smime_detect_header(&p->header) == SMIME_SIGNED_DETACHED;
	if (!has_bare_lf(head) && !(is_multipart && has_bare_lf(p->body)))
		return 0;
	is_binary = cms_body_encoding(&p->header) == MIME_CTE_BINARY;
	spool_init(&bytes, p->bytes.config);
	rc = lines_write(is_binary ? head : all, &bytes, err);
	if (rc == 0 && is_binary && p->body.len > 0)
		rc = spool_write(&bytes, p->body.data, p->body.len, err);
	if (rc == 0)
		rc = replace(p, &bytes, err);
	spool_fini(&bytes);
	return rc;
}

static int
field_write(
    const struct header_field *field, struct spool *out, struct err *err)
{
	struct buf line;
	int rc;

	buf_init(&line, 2 * (size_t)LIMIT_PLAINTEXT_HEADER);
	header_field_write(field, &line);
	rc = spool_write(out, line.data, line.len, err);
	buf_fini(&line);
	return rc;
}

/* The Content-* fields with another label. */
static int
relabelled_write(
    const struct header *header, struct spool *out, struct err *err)
{
	static const char label[] = "Content-Transfer-Encoding: base64\r\n\r\n";

	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *field = &header->fields[i];

		if (header_field_is_content(field) &&
		    !slice_equal_text_ci(
			field->name, "Content-Transfer-Encoding") &&
		    field_write(field, out, err))
			return -1;
	}
	return spool_write(out, label, sizeof(label) - 1, err);
}

static int
base64_write(struct slice data, struct spool *out, struct err *err)
{
	struct base64_encoder encoder;

	base64_encoder_init(&encoder, out);
	if (base64_encoder_write(&encoder, data, err))
		return -1;
	return base64_encoder_finish(&encoder, err);
}

/* RFC 8551 3.1.2 allows binary inside.  The signature is in the CMS: another
 * transfer encoding does not touch it. */
static int
cms_encode(struct plaintext *p, struct err *err)
{
	enum mime_cte cte = cms_body_encoding(&p->header);
	struct spool bytes;
	int rc;

	if (!smime_kind_is_cms(smime_detect_header(&p->header)) ||
	    (cte != MIME_CTE_BINARY && cte != MIME_CTE_8BIT))
		return 0;
	spool_init(&bytes, p->bytes.config);
	rc = relabelled_write(&p->header, &bytes, err);
	if (rc == 0)
		rc = base64_write(p->body, &bytes, err);
	if (rc == 0)
		rc = replace(p, &bytes, err);
	spool_fini(&bytes);
	return rc;
}

int
plaintext_read(struct plaintext *p, struct err *err)
{
	if (parse(p, err) || lines_fix(p, err) || fields_check(&p->header, err))
		return -1;
	return cms_encode(p, err);
}

/* --- travelling --- */

/* As it stands. */
static bool
travels(const struct plaintext *p, bool takes_8bit)
{
	struct mime_texture texture = {0};

	mime_texture_scan(&texture, p->body);
	texture.has_8bit = texture.has_8bit && !takes_8bit;
	return mime_texture_survives(&texture);
}

static int
canon_write(const struct plaintext *p, struct spool *bytes,
    enum mime_canon_result *result, struct err *err)
{
	struct mime_tree tree;
	const char *reason;
	struct buf raw;
	int rc;

	buf_init(&raw, 2 * (size_t)LIMIT_PLAINTEXT_HEADER);
	mime_entity_header(&p->header, p->body, &raw);
	mime_scan(&tree, buf_slice(&raw), p->body);
	rc = mime_canon_write(&tree, bytes, result, &reason, err);
	mime_tree_fini(&tree);
	buf_fini(&raw);
	return rc;
}

/* Leaf by leaf; what cannot be encoded is left as it stands. */
static int
encode(struct plaintext *p, bool takes_8bit, struct err *err)
{
	enum mime_canon_result result;
	struct spool bytes;
	int rc;

	spool_init(&bytes, p->bytes.config);
	rc = canon_write(p, &bytes, &result, err);
	if (rc == 0 && result == MIME_CANON_TRANSCODED) {
		rc = replace(p, &bytes, err);
		if (rc == 0)
			rc = fields_check(&p->header, err);
	} else if (rc == 0 && !travels(p, takes_8bit)) {
		rc = refuse(err);
	}
	spool_fini(&bytes);
	return rc;
}

int
plaintext_settle(
    struct plaintext *p, bool is_signed, bool takes_8bit, struct err *err)
{
	if (travels(p, false))
		return 0;
	if (!is_signed)
		return encode(p, takes_8bit, err);
	return travels(p, takes_8bit) ? 0 : refuse(err);
}

static bool
is_protected(const struct plaintext *p)
{
	return smime_detect_header(&p->header) != SMIME_NONE;
}

int
plaintext_unwrap(
    struct plaintext *p, struct slice content, bool takes_8bit, struct err *err)
{
	struct plaintext part;
	int rc;

	plaintext_init(&part, p->bytes.config);
	rc = spool_write(&part.bytes, content.data, content.len, err);
	if (rc == 0)
		rc = spool_finish(&part.bytes, err);
	if (rc == 0)
		rc = plaintext_read(&part, err);
	if (rc == 0)
		rc = plaintext_settle(
		    &part, is_protected(&part), takes_8bit, err);
	if (rc == 0) {
		plaintext_fini(p);
		*p = part;
		return 0;
	}
	plaintext_fini(&part);
	return -1;
}

int
plaintext_fields(const struct plaintext *p, struct header *out, struct err *err)
{
	for (size_t i = 0; i < p->header.count; i++) {
		const struct header_field *field = &p->header.fields[i];

		if (header_field_is_content(field) &&
		    header_add(out, field->name, field->body, err))
			return -1;
	}
	return 0;
}
