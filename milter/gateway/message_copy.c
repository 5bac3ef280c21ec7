/* message_copy.c: see message_copy.h.  Belongs to one message. */
#include "gateway/message_copy.h"

void
message_copy_init(struct message_copy *copy, const struct spool_config *config)
{
	edits_init(&copy->edits);
	spool_init(&copy->header, config);
	copy->message.count = 0;
}

void
message_copy_fini(struct message_copy *copy)
{
	spool_fini(&copy->header);
	edits_fini(&copy->edits);
}

void
message_copy_leave_out(
    struct edits *edits, const struct envelope_recipient *recipient)
{
	edits_remove_recipient(edits, recipient->path);
	for (size_t i = 0; i < recipient->alias_count; i++)
		edits_remove_recipient(edits, recipient->aliases[i]);
}

int
message_copy_write(struct message_copy *copy, const struct header *header,
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
