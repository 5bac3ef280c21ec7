/* outbound_copy.c: see outbound_copy.h.  Belongs to one message. */
#include "gateway/outbound_copy.h"

#include "gateway/token.h"

void
outbound_copy_init(
    struct outbound_copy *copy, const struct spool_config *config)
{
	message_copy_init(&copy->copy, config);
	smime_entity_init(&copy->envelope, config);
	certificate_list_init(&copy->certificates);
}

void
outbound_copy_fini(struct outbound_copy *copy)
{
	certificate_list_fini(&copy->certificates);
	smime_entity_fini(&copy->envelope);
	message_copy_fini(&copy->copy);
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
		edits_delete_fields(&copy->copy.edits, header, removed[i]);
	if (entity)
		edits_carry(&copy->copy.edits, header, entity);
}

void
outbound_copy_stay(struct outbound_copy *copy, const struct plan *plan,
    const struct envelope *envelope)
{
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (plan->recipients[i].group != 0)
			message_copy_leave_out(
			    &copy->copy.edits, &envelope->recipients[i]);
}
