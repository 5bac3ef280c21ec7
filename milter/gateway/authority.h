/*
 * authority.h: who has handed in a message, and whom he may write as (A4).
 *
 * In this order: a login (SASL); a TLS client certificate that the operator
 * listed; a trusted network; a listener for submission.  Who has a name of his
 * own is held to it, wherever he comes from.
 */
#ifndef GATEWAY_AUTHORITY_H
#define GATEWAY_AUTHORITY_H

#include "base/err.h"
#include "cert/store.h"
#include "gateway/gateway.h"
#include "gateway/job.h"
#include "policy/facts.h"

/* From the connection alone: fills facts->submitter and, where he has a name,
 * facts->login.  That is borrowed from config, or from *login, which takes the
 * canonical login and is the caller's to free. */
void authority_submitter(const struct gateway_config *config,
    const struct job_client *client, char **login, struct policy_facts *facts);

/* Fills facts->login_may once From and its owner are known: does the
 * configuration or the store let him write as facts->from?  The store is only
 * asked when nothing else allows a login to; errors are the store's. */
int authority_check(const struct gateway_config *config, struct store *store,
    const struct job_client *client, struct policy_facts *facts,
    struct err *err) MUST_USE;

/* Whose mail is counted against the rate limit: the login, the certificate,
 * else the author, else the envelope sender.  The caller frees it. */
char *authority_identity(const struct policy_facts *facts);

#endif
