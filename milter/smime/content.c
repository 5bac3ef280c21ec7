/* content.c: see content.h.  Callable from any thread. */
#include "smime/content.h"

#include <openssl/err.h>

int
content_digest(const struct digest_algorithm *algorithm,
    const struct slice_list *content, unsigned char *out, size_t *out_len,
    struct err *err)
{
	EVP_MD_CTX *ctx = NULL;
	unsigned len = 0;
	int rc = -1;

	ERR_clear_error();
	ctx = EVP_MD_CTX_new();
	if (!ctx || !algorithm->md ||
	    EVP_DigestInit_ex2(ctx, algorithm->md, NULL) != 1)
		goto out;
	for (size_t i = 0; i < content->count; i++)
		if (content->at[i].len > 0 &&
		    EVP_DigestUpdate(
			ctx, content->at[i].data, content->at[i].len) != 1)
			goto out;
	if (EVP_DigestFinal_ex(ctx, out, &len) != 1)
		goto out;
	*out_len = len;
	rc = 0;
out:
	EVP_MD_CTX_free(ctx);
	if (rc)
		err_set_crypto(err, ERR_BUG, "%s failed", algorithm->name);
	return rc;
}

void
content_sink_init(struct content_sink *sink, struct spool *spool, bool base64)
{
	sink->spool = spool;
	sink->base64 = base64;
	base64_encoder_init(&sink->encoder, spool);
}

int
content_sink_write(
    struct content_sink *sink, struct slice data, struct err *err)
{
	if (sink->base64)
		return base64_encoder_write(&sink->encoder, data, err);
	return spool_write(sink->spool, data.data, data.len, err);
}

int
content_sink_finish(struct content_sink *sink, struct err *err)
{
	if (sink->base64 && base64_encoder_finish(&sink->encoder, err))
		return -1;
	return spool_finish(sink->spool, err);
}
