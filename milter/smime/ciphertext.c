/* ciphertext.c: see ciphertext.h.  Any thread. */
#include "smime/ciphertext.h"

#include <string.h>

#include "smime/cms_body.h"
#include "smime/detect.h"
#include "smime/envelope.h"

static bool
is_envelope(const struct header *header, struct slice body,
    const struct spool_config *config)
{
	struct envelope envelope;
	struct cms_body cms;
	struct err ignored;
	bool found = false;

	if (cms_body_decode(&cms, header, body, config, &ignored) == 0)
		found = envelope_read(cms.der, &envelope) == 0;
	cms_body_fini(&cms);
	return found;
}

/* RFC 9580 6.2: the header line of an encrypted message. */
static bool
has_pgp_message(struct slice body)
{
	static const char line[] = "\n-----BEGIN PGP MESSAGE-----\r\n";

	return body.len > 0 &&
	       memmem(body.data, body.len, line, sizeof(line) - 1);
}

bool
smime_is_ciphertext(const struct header *header, struct slice body,
    const struct spool_config *config)
{
	switch (smime_detect_header(header)) {
	case SMIME_ENVELOPED:
	case SMIME_AUTH_ENVELOPED:
		return is_envelope(header, body, config);
	case SMIME_PGP_ENCRYPTED:
		return has_pgp_message(body);
	default:
		return false;
	}
}
