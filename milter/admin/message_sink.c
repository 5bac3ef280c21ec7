/* message_sink.c: see message_sink.h. */
#include "admin/message_sink.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/alloc.h"

int
message_sink_open(struct message_sink *s, struct output *o, struct err *err)
{
	*s = (struct message_sink){.o = o, .file = o->file};
	if (o->format != OUTPUT_JSON)
		return 0;
	s->file = open_memstream(&s->text, &s->len);
	if (!s->file)
		return err_set_errno(err, ERR_TEMPORARY, "memory");
	return 0;
}

static json_t *
base64_text(const char *data, size_t len)
{
	char *text = xmalloc(4 * ((len + 2) / 3) + 1);
	json_t *value;

	EVP_EncodeBlock(
	    (unsigned char *)text, (const unsigned char *)data, (int)len);
	value = output_text(text);
	free(text);
	return value;
}

void
message_sink_close(struct message_sink *s, json_t *object)
{
	json_t *value;

	if (s->file == s->o->file)
		return;
	(void)fclose(s->file);
	value = json_stringn(s->text, s->len);
	if (value)
		output_set(object, "message", value);
	else
		output_set(
		    object, "message_base64", base64_text(s->text, s->len));
	free(s->text);
	output_document(s->o, object, NULL, 0);
}
