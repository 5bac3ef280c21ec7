/*
 * smime_fixture.h: what tests of S/MIME need: a real smime-keyd, an
 * authority with an intermediate, and users whose keys are sealed by that
 * keyd.  Failures end the test.
 */
#ifndef TESTS_UNIT_SMIME_FIXTURE_H
#define TESTS_UNIT_SMIME_FIXTURE_H

#include <openssl/cms.h>

#include "cert/store.h"
#include "key/key_client.h"
#include "mail/header.h"
#include "mail/spool.h"
#include "smime/identity.h"
#include "unit/cert_fixture.h"
#include "unit/keyd_fixture.h"

struct smime_fixture {
	struct keyd_fixture keyd;
	struct key_client *keys;
	struct fixture_cert root;
	struct fixture_cert intermediate;
	struct spool_config spool;
};

void smime_fixture_start(struct smime_fixture *f);
void smime_fixture_stop(struct smime_fixture *f);

/* Somebody with a certificate, and with its key as the store has it. */
struct smime_user {
	struct fixture_cert cert;
	struct store_own_cert own;
	struct smime_identity *identity; /* NULL when the key cannot sign */
};

/* Issued by the intermediate. */
void smime_user_make(struct smime_fixture *f, struct smime_user *user,
    const struct fixture_opts *opts);
/* The same for a certificate that exists; takes it. */
void smime_user_adopt(struct smime_fixture *f, struct smime_user *user,
    struct fixture_cert *cert);
void smime_user_fini(struct smime_user *user);

/* The CMS as DER, appended. */
void smime_cms_der(CMS_ContentInfo *cms, struct buf *out);
/* All of DER or nothing. */
CMS_ContentInfo *smime_cms_parse(struct slice der);

/* The content that OpenSSL finds in the CMS when it trusts our root alone;
 * content is for detached signatures.  NULL: it says no.  The caller frees
 * the BIO. */
BIO *smime_cms_verify(struct smime_fixture *f, CMS_ContentInfo *cms,
    struct slice content, bool detached);

/* A message in pieces, from text with CRLF. */
struct smime_message {
	struct header header;
	struct slice body;
};
void smime_message_parse(struct smime_message *m, struct slice text);
void smime_message_fini(struct smime_message *m);

/* len octets that are no pattern, the same in every run. */
unsigned char *smime_noise(size_t len);

/* The offset of needle in bytes; ends the test when it is not there. */
size_t smime_find(struct slice bytes, struct slice needle);

#endif
