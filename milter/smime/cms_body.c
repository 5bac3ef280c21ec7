/* cms_body.c: see cms_body.h.  Callable from any thread. */
#include "smime/cms_body.h"

#include <stdlib.h>
#include <strings.h>

#include "mail/mime_codec.h"

static enum mime_cte
encoding_parse(const struct header_field *field)
{
	static const struct {
		const char *word;
		enum mime_cte cte;
	} words[] = {
	    {"base64", MIME_CTE_BASE64},
	    {"quoted-printable", MIME_CTE_QP},
	    {"7bit", MIME_CTE_7BIT},
	    {"8bit", MIME_CTE_8BIT},
	    {"binary", MIME_CTE_BINARY},
	};
	struct slice word = slice_trim(field->body);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_equal_text_ci(word, words[i].word))
			return words[i].cte;
	return MIME_CTE_OTHER;
}

/* One pass, however many fields there are. */
enum mime_cte
cms_body_encoding(const struct header *header)
{
	enum mime_cte cte = MIME_CTE_7BIT, other;
	bool found = false;

	for (size_t i = 0; i < header->count; i++) {
		if (!slice_equal_text_ci(
			header->fields[i].name, "Content-Transfer-Encoding"))
			continue;
		other = encoding_parse(&header->fields[i]);
		if (found && other != cte)
			return MIME_CTE_OTHER;
		cte = other;
		found = true;
	}
	return cte;
}

int
cms_body_decode(struct cms_body *b, const struct header *header,
    struct slice body, const struct spool_config *config, struct err *err)
{
	bool strict;

	spool_init(&b->spool, config);
	b->der = slice_make(NULL, 0);
	switch (cms_body_encoding(header)) {
	case MIME_CTE_BASE64:
		if (base64_decode(body, &b->spool, &strict, err))
			return -1;
		break;
	case MIME_CTE_QP:
		if (qp_decode(body, &b->spool, &strict, err))
			return -1;
		break;
	case MIME_CTE_7BIT:
	case MIME_CTE_8BIT:
	case MIME_CTE_BINARY:
		b->der = body;
		return 0;
	case MIME_CTE_OTHER:
	default:
		return err_set(
		    err, ERR_PERMANENT, "unknown Content-Transfer-Encoding");
	}
	if (spool_finish(&b->spool, err))
		return -1;
	b->der = spool_slice(&b->spool);
	return 0;
}

void
cms_body_fini(struct cms_body *b)
{
	spool_fini(&b->spool);
}
