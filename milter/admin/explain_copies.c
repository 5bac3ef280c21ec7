/* explain_copies.c: see explain_copies.h. */
#include "admin/explain_copies.h"

#include <stdlib.h>
#include <string.h>

#include "admin/cert_json.h"
#include "admin/explain_parts.h"
#include "base/alloc.h"
#include "gateway/gather.h"

static json_t *
reader_json(const struct gather *g, const struct certificate *c, size_t group)
{
	json_t *object = json_object();
	char *id = xasprintf("%.*s", CERT_ID_DIGITS, c->fingerprint_text);

	output_set(object, "copy", explain_copy(group));
	output_set(object, "address",
	    output_text(c->address_count > 0 ? c->addresses[0] : c->subject));
	output_set(object, "id", output_text(id));
	output_set(object, "escrow",
	    json_boolean(certificate_list_has(&g->escrow, c)));
	free(id);
	return object;
}

/* A reader in one word for each copy. */
static json_t *
reader_text(const json_t *reader)
{
	char *text = xasprintf("%s %s%s",
	    json_string_value(json_object_get(reader, "address")),
	    json_string_value(json_object_get(reader, "id")),
	    json_is_true(json_object_get(reader, "escrow")) ? " (escrow)" : "");
	json_t *value = output_text(text);

	free(text);
	return value;
}

static json_t *
members(const struct policy_facts *f, const struct plan *p, size_t group)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->recipient_count; i++)
		if (p->recipients[i].group == group)
			(void)json_array_append_new(
			    list, output_text(explain_name(&f->recipients[i])));
	return list;
}

static json_t *
copy_json(const struct gather *g, const struct plan *p, size_t i)
{
	const struct plan_group *group = &p->groups[i];
	json_t *object = json_object(), *to = members(&g->facts, p, i);

	output_set(object, "copy", explain_copy(i));
	output_set(object, "recipient_count",
	    json_integer((json_int_t)json_array_size(to)));
	output_set(object, "recipients", to);
	output_set(object, "signature",
	    output_text(!p->sign	 ? "none"
			: group->opaque	 ? "opaque"
			: group->encrypt ? "inside"
					 : "detached"));
	output_set(object, "encrypted", json_boolean(group->encrypt));
	output_set(object, "cipher",
	    output_text(
		group->encrypt ? setting_cipher_name(group->cipher) : "none"));
	output_set(object, "blind", json_boolean(group->blind));
	return object;
}

/* Whom the RecipientInfos of a copy name, to everybody who can see it (rule
 * B1), and how those with RSA keys get the key of the content. */
static void
add_readers(const struct gather *g, const struct plan *p, size_t i,
    json_t *copy, json_t *readers)
{
	json_t *list = json_array(), *reader;
	struct certificate_list to;
	const char *transport = "none";

	certificate_list_init(&to);
	gather_group_certificates(g, p, i, &to);
	for (size_t k = 0; k < to.count; k++) {
		reader = reader_json(g, to.at[k], i);
		(void)json_array_append_new(list, reader_text(reader));
		(void)json_array_append_new(readers, reader);
		if (to.at[k]->key == CERTIFICATE_KEY_RSA)
			transport = p->groups[i].oaep ? "oaep" : "pkcs1";
		else if (to.at[k]->key == CERTIFICATE_KEY_RSA_OAEP &&
			 strcmp(transport, "none") == 0)
			transport = "oaep";
	}
	certificate_list_fini(&to);
	output_set(copy, "reveals", list);
	output_set(copy, "key_transport", output_text(transport));
}

void
explain_copies(const struct job *job, json_t *answer)
{
	const struct plan *p = job_plan(job);
	json_t *list = json_array(), *readers = json_array(), *copy;

	output_set(answer, "messages", list);
	output_set(answer, "readers", readers);
	for (size_t i = 0; i < p->group_count; i++) {
		copy = copy_json(job_gather(job), p, i);
		(void)json_array_append_new(list, copy);
		add_readers(job_gather(job), p, i, copy, readers);
	}
}
