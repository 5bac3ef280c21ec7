/*
 * steps_tool.c: takes messages through all that reads what a stranger wrote,
 * for tests/system/linear_test.py, which has valgrind count the instructions
 * of each call of take_steps.
 *
 *   steps_tool FILE...
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"
#include "gateway/edits.h"
#include "gateway/mark.h"
#include "gateway/trigger.h"
#include "mail/address.h"
#include "mail/address_list.h"
#include "mail/disclaimer.h"
#include "mail/mime_build.h"
#include "mail/mime_canon.h"
#include "policy/decide.h"
#include "smime/detect.h"
#include "smime/seal_compare.h"

static const struct spool_config config = {
    .memory = 64u * MIB, .max = 64u * MIB, .folder = "/tmp"};

void take_steps(struct slice message);

/* The header as a mail server hands it over, field by field. */
static struct slice
read_header(struct header *header, struct slice message)
{
	struct header raw;
	struct err err;
	bool complete;
	size_t body;

	header_init(&raw);
	body = header_parse(&raw, message, &complete);
	for (size_t i = 0; i < raw.count; i++)
		if (header_add(
			header, raw.fields[i].name, raw.fields[i].body, &err))
			break;
	header_fini(&raw);
	return slice_part(message, body, message.len);
}

/* Each field as if it were one of any kind. */
static void
read_field(const struct header_field *field)
{
	struct mime_type type;
	struct err err;
	char *text;

	free(header_field_unfold(field));
	mime_type_parse(&type, field->body);
	mime_type_fini(&type);
	mime_disposition_parse(&type, field->body);
	mime_type_fini(&type);
	if (address_canonical(field->body, &text, &err) == 0)
		free(text);
}

/* What they would get if they were recipients: every third one shares, and
 * the others want a ciphertext of their own (rule B1). */
static void
decide_for(size_t count)
{
	struct recipient_facts *recipients =
	    xcalloc(count + 1, sizeof(*recipients));
	struct policy_facts facts = {.submitter = SUBMITTER_DAEMON,
	    .from = "a@example.org",
	    .from_fields = 1,
	    .from_mailboxes = 1,
	    .from_is_own = true,
	    .from_any_own = true,
	    .encrypt = ENCRYPT_REQUIRED,
	    .recipients = recipients,
	    .recipient_count = count,
	    .copies = count};
	struct plan plan;

	for (size_t i = 0; i < count; i++) {
		recipients[i].address = "b@example.net";
		recipients[i].certificates = 1;
		recipients[i].visible = i % 3 == 0;
	}
	plan_init(&plan);
	decide(&facts, &plan);
	if (count > 2 && plan.group_count < count / 2)
		abort();
	plan_fini(&plan);
	free(recipients);
}

static void
read_fields(const struct header *header)
{
	struct address_list list;
	size_t found = 0;

	address_list_init(&list);
	for (size_t i = 0; i < header->count; i++) {
		read_field(&header->fields[i]);
		address_list_add(&list, header->fields[i].body);
	}
	address_list_sort(&list);
	for (size_t i = 0; i < list.count; i++)
		found += address_list_has(&list, list.addresses[i]);
	if (found != list.count)
		abort();
	decide_for(list.count);
	address_list_fini(&list);
}

/* What the sender asks for, and whether the gate would find it gone. */
static void
find_triggers(const struct header *header)
{
	static const struct gateway_trigger configured[] = {
	    {.subject = "[sign]", .header = "", .value = ""},
	    {.subject = "end",
		.position = POSITION_END,
		.header = "",
		.value = ""},
	    {.subject = "any[]",
		.position = POSITION_ANYWHERE,
		.header = "",
		.value = ""},
	    {.subject = "", .header = "X-Sign", .value = "yes"},
	};
	static const struct gateway_config gateway = {
	    .triggers = configured, .trigger_count = 4};
	struct triggers found = {0};

	triggers_find(&found, &gateway, header);
	for (size_t i = 0; i < header->count; i++)
		(void)trigger_is_in(configured, 4, &header->fields[i]);
	triggers_fini(&found);
}

/* What only we may write, if it came in. */
static void
find_marks(const struct header *header)
{
	static const struct gateway_config gateway = {
	    .authserv_id = "mx.example.org",
	    .tags = {.signed_ = "[sign]", .encrypted = "any[]", .problem = ""}};
	struct edits edits;
	struct err err;

	edits_init(&edits);
	if (mark_is_claimed(&gateway, header) &&
	    mark_remove(&gateway, header, &edits, &err) < 0 &&
	    edits.header_count > 0)
		abort();
	edits_fini(&edits);
}

/* What would replace it. */
static void
write_edits(const struct header *header)
{
	struct smime_entity entity;
	struct edits edits;

	smime_entity_init(&entity, &config);
	mime_pkcs7_type(&entity.content_type, "signed-data", "smime.p7m");
	edits_init(&edits);
	edits_carry(&edits, header, &entity);
	edits_fini(&edits);
	smime_entity_fini(&entity);
}

static void
write_canonical(const struct mime_tree *tree)
{
	enum mime_canon_result result;
	const char *reason;
	struct spool out;
	struct err err;

	spool_init(&out, &config);
	if (mime_canon_write(tree, &out, &result, &reason, &err))
		abort();
	spool_fini(&out);
}

static const struct seal_key key = {"the key of some site"};
static const struct seal_opts seal_opts = {.key = &key, .spool = &config};
static struct seal reference;

/* The fingerprint of a message with as many parts as have their own. */
static void
reference_make(void)
{
	static const char type[] =
	    "Content-Type: multipart/mixed; boundary=b\r\n";
	struct mime_tree tree;
	struct buf body;
	struct err err;

	buf_init(&body, config.max);
	for (size_t i = 1; i < LIMIT_SEAL_PARTS; i++)
		buf_addf(&body, "--b\r\nX-Part: %zu\r\n\r\nx\r\n", i);
	buf_add_text(&body, "--b--\r\n");
	mime_scan(&tree, slice_text(type), buf_slice(&body));
	if (seal_take(&seal_opts, &tree, &reference, &err))
		abort();
	mime_tree_fini(&tree);
	buf_fini(&body);
}

/* As what goes on the road, and as what comes back from it. */
static void
compare_seals(const struct mime_tree *tree)
{
	struct seal_findings findings;
	struct seal own;
	struct err err;

	if (seal_take(&seal_opts, tree, &own, &err) ||
	    seal_compare(&seal_opts, &reference, tree, &findings, &err))
		abort();
}

static void
add_disclaimer(const struct mime_tree *tree)
{
	static const char text[] = "aaaaaaaaaaab %{name} aab\n-- \n";
	struct disclaimer_template *t;
	enum disclaimer_result result;
	struct disclaimer d;
	struct spool out;
	struct err err;
	size_t len;

	if (disclaimer_template_new(
		slice_text(text), slice_make(NULL, 0), &t, &err))
		abort();
	disclaimer_fill(t, "\xe2\x82\xac", "a@example.org", &d);
	spool_init(&out, &config);
	if (disclaimer_insert(tree,
		&(const struct disclaimer_opts){t, &d, false}, &out, &len,
		&result, &err))
		abort();
	spool_fini(&out);
	disclaimer_fini(&d);
	disclaimer_template_free(t);
}

static void
read_parts(const struct header *header, struct slice body)
{
	struct mime_tree tree;
	struct buf raw;

	buf_init(&raw, 2 * (size_t)LIMIT_HEADER_BYTES);
	mime_entity_header(header, body, &raw);
	mime_scan(&tree, buf_slice(&raw), body);
	write_canonical(&tree);
	compare_seals(&tree);
	add_disclaimer(&tree);
	mime_tree_fini(&tree);
	buf_fini(&raw);
}

__attribute__((noinline)) void
take_steps(struct slice message)
{
	struct header header;
	struct slice body;

	header_init(&header);
	body = read_header(&header, message);
	read_fields(&header);
	(void)smime_detect(&header, body);
	read_parts(&header, body);
	write_edits(&header);
	find_triggers(&header);
	find_marks(&header);
	header_fini(&header);
}

int
main(int argc, char **argv)
{
	struct err err;
	struct buf in;

	reference_make();
	for (int i = 1; i < argc; i++) {
		buf_init(&in, config.max);
		if (io_read_file(argv[i], &in, &err)) {
			fprintf(stderr, "steps_tool: %s\n", err.text);
			return 1;
		}
		take_steps(buf_slice(&in));
		buf_fini(&in);
	}
	return 0;
}
