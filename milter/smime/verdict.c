/* verdict.c: what verify.h says about struct smime_verdict. */
#include "smime/verify.h"

#include <string.h>

#include "base/limits.h"

const char *
smime_status_name(enum smime_status status)
{
	switch (status) {
	case SMIME_VALID:
		return "valid";
	case SMIME_UNTRUSTED:
		return "untrusted";
	case SMIME_EXPIRED:
		return "expired";
	case SMIME_MISMATCH:
		return "mismatch";
	case SMIME_ALTERED:
		return "altered";
	case SMIME_WEAK:
		return "weak";
	case SMIME_UNSUPPORTED:
		return "unsupported";
	case SMIME_MALFORMED:
		return "malformed";
	case SMIME_UNSIGNED:
	default:
		return "unsigned";
	}
}

void
smime_verdict_init(struct smime_verdict *v, const struct spool_config *config)
{
	*v = (struct smime_verdict){.detail = "", .digest = ""};
	certificate_list_init(&v->certificates);
	buf_init(&v->capabilities, LIMIT_CAPABILITIES);
	spool_init(&v->content, config);
}

void
smime_verdict_fini(struct smime_verdict *v)
{
	certificate_unref(&v->signer);
	certificate_unref(&v->preferred);
	certificate_list_fini(&v->certificates);
	buf_fini(&v->capabilities);
	spool_fini(&v->content);
}
