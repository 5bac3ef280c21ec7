/*
 * outbound_entity.c: see outbound_entity.h.  Belongs to one message.
 *
 * Nothing is ever put into what is protected already (D2): policy does not
 * ask for it, and mail/disclaimer refuses where a part is.
 */
#include "gateway/outbound_entity.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "mail/mime_build.h"
#include "smime/verify.h"

/* The header block of the message's entity (line ends become two bytes, and a
 * Content-Type is added). */
#define ENTITY_HEADER_MAX ((size_t)8192 * KIB)

void
outbound_entities_init(
    struct outbound_entities *e, const struct spool_config *config)
{
	memset(e, 0, sizeof(*e));
	buf_init(&e->head, ENTITY_HEADER_MAX);
	spool_init(&e->changed, config);
}

void
outbound_entities_fini(struct outbound_entities *e)
{
	disclaimer_fini(&e->disclaimer);
	if (e->disclaimed.scanned)
		mime_tree_fini(&e->disclaimed.tree);
	if (e->own.scanned)
		mime_tree_fini(&e->own.tree);
	spool_fini(&e->changed);
	buf_fini(&e->head);
}

/* head: with the empty line */
static void
scan(struct outbound_entity *entity, struct slice head, struct slice body)
{
	entity->head = head;
	entity->header = slice_part(head, 0, head.len - 2);
	entity->body = body;
	mime_scan(&entity->tree, entity->header, body);
	entity->scanned = true;
}

/* A CR or LF that is no fold, or a NUL: what is written of such a field reads
 * otherwise. */
static bool
is_odd(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.data[i];
		unsigned char next = i + 1 < s.len ? s.data[i + 1] : 'x';

		if (c == '\0' || (c == '\r' && next != '\n') ||
		    (c == '\n' && next != ' ' && next != '\t'))
			return true;
	}
	return false;
}

/* "Name :", which nobody writes. */
static bool
has_blank(struct slice name)
{
	return slice_trim(name).len < name.len;
}

static bool
has_odd_field(const struct header *header)
{
	for (size_t i = 0; i < header->count; i++)
		if (header_field_is_content(&header->fields[i]) &&
		    (is_odd(header->fields[i].body) ||
			has_blank(header->fields[i].name)))
			return true;
	return false;
}

void
outbound_entities_read(
    struct outbound_entities *e, const struct header *header, struct slice body)
{
	e->is_altered = has_odd_field(header);
	mime_entity_header(header, body, &e->head);
	buf_add_text(&e->head, "\r\n");
	scan(&e->own, buf_slice(&e->head), body);
}

/* --- fields --- */

/* Those that another text can change, of the root of the message. */
static const char *const fields[] = {
    "Content-Type", "Content-Transfer-Encoding"};
#define FIELDS (sizeof(fields) / sizeof(*fields))

/* *is: as it is now, NULL when it is gone. */
static bool
is_changed(const struct outbound_entities *e, const char *name,
    const struct header_field **is)
{
	const struct header_field *was =
	    header_find(&e->own.tree.root->header, name, 0);

	*is = header_find(&e->disclaimed.tree.root->header, name, 0);
	return !was != !*is || (was && !slice_equal(was->body, (*is)->body));
}

/* Nothing that ends a line too late, or the field (rule L1). */
static bool
is_sendable(struct slice body)
{
	size_t line = 0;

	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = body.data[i];

		line = c == '\n' ? 0 : line + 1;
		if ((c < ' ' && !strchr("\t\r\n", c)) || c == 0x7f ||
		    c == '\0' ||
		    line > LIMIT_LINE - sizeof("Content-Transfer-Encoding"))
			return false;
	}
	return true;
}

/* Could every copy carry it? */
static bool
can_be_carried(const struct outbound_entities *e)
{
	const struct header_field *is;

	for (size_t i = 0; i < FIELDS; i++)
		if (is_changed(e, fields[i], &is) && is &&
		    !is_sendable(is->body))
			return false;
	return true;
}

/* --- disclaimers --- */

static void
forget(struct outbound_entities *e)
{
	mime_tree_fini(&e->disclaimed.tree);
	e->disclaimed.scanned = false;
	spool_reset(&e->changed);
}

static int
insert(struct outbound_entities *e, const struct gather *g,
    enum disclaimer_result *result, struct err *err)
{
	const struct disclaimer_opts opts = {
	    .template_ = g->disclaimer->template_,
	    .filled = &e->disclaimer,
	    .repeat = g->facts.disclaimer_repeat == DISCLAIMER_REPEAT_ALWAYS};
	struct slice whole;
	size_t header_len;

	*result = DISCLAIMER_BROKEN;
	if (e->is_altered)
		return 0;
	if (disclaimer_insert(
		&e->own.tree, &opts, &e->changed, &header_len, result, err) < 0)
		return -1;
	if (*result != DISCLAIMER_ADDED)
		return 0;
	whole = spool_slice(&e->changed);
	scan(&e->disclaimed, slice_part(whole, 0, header_len + 2),
	    slice_part(whole, header_len + 2, whole.len));
	if (can_be_carried(e))
		return 0;
	forget(e);
	*result = DISCLAIMER_BROKEN;
	return 0;
}

/* Does the entity, of which nothing is changed, carry it already? */
static int
look_at(const struct outbound_entities *e, const struct gather *g,
    struct slice header, struct slice body, enum disclaimer_result *result,
    struct err *err)
{
	const struct disclaimer_opts opts = {
	    .template_ = g->disclaimer->template_, .filled = &e->disclaimer};
	struct mime_tree tree;
	struct spool unused;
	size_t ignored;
	int rc;

	spool_init(&unused, e->changed.config);
	mime_scan(&tree, header, body);
	rc = disclaimer_insert(&tree, &opts, &unused, &ignored, result, err);
	mime_tree_fini(&tree);
	spool_fini(&unused);
	return rc;
}

/* The content of signed-data, whoever signed it. */
static int
look_into_cms(const struct outbound_entities *e, const struct gather *g,
    enum disclaimer_result *result, struct err *err)
{
	const struct smime_verify_opts nobody = {.trust = NULL};
	struct smime_verdict verdict;
	struct header header;
	size_t body = 0;
	bool complete;
	int rc;

	smime_verdict_init(&verdict, e->changed.config);
	header_init(&header);
	rc = smime_verify(
	    &nobody, &e->own.tree.root->header, e->own.body, &verdict, err);
	if (rc == 0)
		body = header_parse(&header, verdict.inside, &complete);
	if (rc == 0 && verdict.inside.len > 0)
		rc = look_at(e, g,
		    slice_part(verdict.inside, 0,
			complete && body >= 2 ? body - 2 : body),
		    slice_part(verdict.inside, body, verdict.inside.len),
		    result, err);
	header_fini(&header);
	smime_verdict_fini(&verdict);
	return rc;
}

/* What a clear signature of PGP (RFC 9580 7) is about, as it stands between
 * its header and the signature; empty when there is none. */
static struct slice
find_clear_signed(struct slice body)
{
	static const char *const marks[] = {
	    "-----BEGIN PGP SIGNED MESSAGE-----", "\r\n\r\n",
	    "\r\n-----BEGIN PGP SIGNATURE-----"};
	struct slice_list list = {.count = 0};
	size_t at = 0, from = 0;

	slice_list_add(&list, body);
	for (size_t i = 0; i < 3; i++) {
		from = at;
		at = slice_list_find(&list, slice_text(marks[i]), at);
		if (at == body.len)
			return (struct slice){NULL, 0};
		at += i < 2 ? strlen(marks[i]) : 0;
	}
	return slice_part(body, from, at);
}

/* What everybody can read of a signed message: the first part of
 * multipart/signed, whatever the protocol, the content of signed-data, or what
 * is between lines of PGP. */
static int
look_into(const struct outbound_entities *e, const struct gather *g,
    enum disclaimer_result *result, struct err *err)
{
	const struct mime_part *root = e->own.tree.root, *part = NULL;
	int rc = 0;

	*result = DISCLAIMER_INNER_SIGNED;
	if (root->kind == MIME_MULTIPART &&
	    mime_type_is(&root->type, "multipart", "signed"))
		part = root->child;
	if (part)
		rc = look_at(e, g, part->header_raw, part->body, result, err);
	else if (smime_kind_is_cms(g->kind))
		rc = look_into_cms(e, g, result, err);
	else if (g->kind == SMIME_PGP_INLINE)
		rc = look_at(e, g, e->own.header,
		    find_clear_signed(e->own.body), result, err);
	/* What is too large to be looked into passes all the same. */
	if (rc < 0 && err->class != ERR_PERMANENT)
		return -1;
	if (rc < 0 || *result != DISCLAIMER_PRESENT)
		*result = DISCLAIMER_INNER_SIGNED;
	return 0;
}

int
outbound_entities_disclaim(
    struct outbound_entities *e, struct gather *g, struct err *err)
{
	struct policy_facts *f = &g->facts;
	enum disclaimer_result result;
	int rc;

	if (!buf_ok(&e->head))
		return err_set(err, ERR_PERMANENT, "header too large");
	disclaimer_fill(g->disclaimer->template_, g->author_name, g->author,
	    &e->disclaimer);
	rc = f->protection == PROTECTION_NONE ? insert(e, g, &result, err)
					      : look_into(e, g, &result, err);
	if (rc < 0)
		return -1;
	f->disclaimer = DISCLAIM_TRIED;
	f->disclaimer_result = result;
	return 0;
}

/* --- a copy that carries it in clear --- */

void
outbound_entities_edit(const struct outbound_entities *e,
    const struct header *header, struct edits *edits)
{
	bool any = false;

	for (size_t i = 0; i < FIELDS; i++) {
		const struct header_field *is;
		char *value;

		if (!is_changed(e, fields[i], &is))
			continue;
		any = true;
		value = is ? edits_value(is->body) : NULL;
		if (is || header_find(header, fields[i], 0))
			edits_set_header(edits, fields[i], 1, value);
		free(value);
	}
	/* Without it neither of them counts (RFC 2045 4). */
	if (any && !header_find(header, "MIME-Version", 0))
		edits_set_header(edits, "MIME-Version", 1, " 1.0");
	edits->replace_body = true;
	edits->body.count = 0;
	slice_list_add(&edits->body, e->disclaimed.body);
}
