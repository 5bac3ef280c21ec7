/* outbound_copy.c: see outbound_copy.h.  Belongs to one message. */
#include "gateway/outbound_copy.h"

#include "gateway/token.h"

void
outbound_copy_init(
    struct outbound_copy *copy, const struct spool_config *config)
{
	edits_init(&copy->edits);
	smime_entity_init(&copy->envelope, config);
	certificate_list_init(&copy->certificates);
	spool_init(&copy->header, config);
	copy->message.count = 0;
}

void
outbound_copy_fini(struct outbound_copy *copy)
{
	spool_fini(&copy->header);
	certificate_list_fini(&copy->certificates);
	smime_entity_fini(&copy->envelope);
	edits_fini(&copy->edits);
}

static enum smime_cipher
cipher_of(enum setting_cipher cipher)
{
	switch (cipher) {
	case CIPHER_AES128_CBC:
		return SMIME_CIPHER_AES128_CBC;
	case CIPHER_AES256_GCM:
		return SMIME_CIPHER_AES256_GCM;
	case CIPHER_AES128_GCM:
		return SMIME_CIPHER_AES128_GCM;
	default:
		return SMIME_CIPHER_AES256_CBC;
	}
}

void
outbound_copy_opts(const struct plan_group *group,
    const struct certificate_list *certificates,
    struct smime_encrypt_opts *opts)
{
	*opts = (struct smime_encrypt_opts){
	    .cipher = cipher_of(group->cipher),
	    .recipients = certificates->at,
	    .recipient_count = certificates->count,
	    .oaep = group->oaep,
	};
}

/* Mail servers remove Bcc themselves, but not always (rule B2).  A token that
 * somebody else has put in proves nothing. */
static const char *const removed[] = {"Bcc", "Resent-Bcc", TOKEN_FIELD};
#define REMOVED (sizeof(removed) / sizeof(*removed))

bool
outbound_copy_replaces(const struct header_field *field)
{
	for (size_t i = 0; i < REMOVED; i++)
		if (slice_equal_text_ci(field->name, removed[i]))
			return true;
	return header_field_is_content(field);
}

void
outbound_copy_edit(struct outbound_copy *copy, const struct header *header,
    const struct smime_entity *entity)
{
	for (size_t i = 0; i < REMOVED; i++)
		edits_delete_fields(&copy->edits, header, removed[i]);
	if (entity)
		edits_carry(&copy->edits, header, entity);
}

void
outbound_copy_stay(struct outbound_copy *copy, const struct plan *plan,
    const struct envelope *envelope)
{
	for (size_t i = 0; i < plan->recipient_count; i++) {
		const struct envelope_recipient *r = &envelope->recipients[i];

		if (plan->recipients[i].group == 0)
			continue;
		edits_remove_recipient(&copy->edits, r->path);
		for (size_t k = 0; k < r->alias_count; k++)
			edits_remove_recipient(&copy->edits, r->aliases[k]);
	}
}

int
outbound_copy_write(struct outbound_copy *copy, const struct header *header,
    struct slice body, struct err *err)
{
	struct buf text;
	int rc;

	buf_init(&text, EDITS_HEADER_MAX);
	edits_write_header(&copy->edits, header, &text);
	buf_add_text(&text, "\r\n");
	rc = buf_ok(&text)
		 ? spool_write(&copy->header, text.data, text.len, err)
		 : err_set(err, ERR_PERMANENT, "header too large");
	buf_fini(&text);
	if (rc < 0 || spool_finish(&copy->header, err) < 0)
		return -1;
	slice_list_add(&copy->message, spool_slice(&copy->header));
	if (copy->edits.replace_body)
		slice_list_add_all(&copy->message, &copy->edits.body);
	else
		slice_list_add(&copy->message, body);
	return 0;
}
