/* entity.c: see entity.h.  One entity belongs to one thread. */
#include "smime/entity.h"

#include "mail/header.h"

#define PARTS (sizeof(((struct smime_entity *)0)->parts) / sizeof(struct buf))
/* Field bodies are made by mail/mime_build.h and a few lines long. */
#define FIELD_MAX 4096

void
smime_entity_init(struct smime_entity *e, const struct spool_config *config)
{
	*e = (struct smime_entity){0};
	buf_init(&e->content_type, FIELD_MAX);
	buf_init(&e->disposition, FIELD_MAX);
	for (size_t i = 0; i < PARTS; i++)
		buf_init(&e->parts[i], config->max);
	spool_init(&e->spool, config);
}

void
smime_entity_fini(struct smime_entity *e)
{
	buf_fini(&e->content_type);
	buf_fini(&e->disposition);
	for (size_t i = 0; i < PARTS; i++)
		buf_fini(&e->parts[i]);
	spool_fini(&e->spool);
}

static void
field_write(const char *name, struct slice body, struct buf *out)
{
	struct header_field field = {.name = slice_text(name), .body = body};

	if (body.len > 0)
		header_field_write(&field, out);
}

void
smime_entity_header(const struct smime_entity *e, struct buf *out)
{
	field_write("Content-Type", buf_slice(&e->content_type), out);
	if (e->transfer_encoding)
		buf_addf(out, "Content-Transfer-Encoding: %s\r\n",
		    e->transfer_encoding);
	field_write("Content-Disposition", buf_slice(&e->disposition), out);
	buf_add_text(out, "\r\n");
}
