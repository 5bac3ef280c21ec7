/* authority.c: see authority.h.  Any thread: what it reads does not change. */
#include "gateway/authority.h"

#include <string.h>

#include "base/alloc.h"
#include "mail/address.h"
#include "policy/decide.h"

/* Is address in the list, itself or by its domain? */
static bool
is_listed(const char *const *list, size_t count, const char *address)
{
	for (size_t i = 0; i < count; i++) {
		const char *entry = list[i];

		if (entry[0] == '@'
			? strcmp(entry + 1, address_domain(address)) == 0
			: strcmp(entry, address) == 0)
			return true;
	}
	return false;
}

/* --- TLS client certificates --- */

static bool
is_client(const struct gateway_client *listed, const struct job_client *client)
{
	if (strcmp(listed->name, client->certificate) != 0)
		return false;
	return listed->issuer[0] == '\0' ||
	       (client->issuer && strcmp(listed->issuer, client->issuer) == 0);
}

/* The first entry for the client's certificate, and with an address the first
 * that has it, too; NULL: there is none. */
static const struct gateway_client *
find_client(const struct gateway_config *config,
    const struct job_client *client, const char *address)
{
	if (!client->certificate)
		return NULL;
	for (size_t i = 0; i < config->client_count; i++) {
		const struct gateway_client *listed = &config->clients[i];

		if (is_client(listed, client) &&
		    (!address || is_listed(listed->addresses,
				     listed->address_count, address)))
			return listed;
	}
	return NULL;
}

/* --- who --- */

static bool
is_submission_daemon(const struct gateway_config *config, const char *name)
{
	for (size_t i = 0; name && i < config->submission_daemon_count; i++)
		if (strcmp(config->submission_daemons[i], name) == 0)
			return true;
	return false;
}

void
authority_submitter(const struct gateway_config *config,
    const struct job_client *client, char **login, struct policy_facts *facts)
{
	const struct gateway_client *listed = find_client(config, client, NULL);

	if (client->login && *client->login) {
		*login = address_login(client->login);
		facts->submitter = SUBMITTER_LOGIN;
		facts->login = *login;
	} else if (listed) {
		facts->submitter = SUBMITTER_CERTIFICATE;
		facts->login = listed->name;
	} else if (network_list_has(
		       &config->trusted_networks, client->address)) {
		facts->submitter = SUBMITTER_NETWORK;
	} else if (is_submission_daemon(config, client->daemon_name)) {
		facts->submitter = SUBMITTER_DAEMON;
	}
}

/* --- as whom --- */

static bool
is_login_listed(
    const struct gateway_config *config, const char *login, const char *address)
{
	for (size_t i = 0; i < config->login_count; i++) {
		const struct gateway_login *listed = &config->logins[i];

		if (strcmp(listed->name, login) == 0)
			return is_listed(
			    listed->addresses, listed->address_count, address);
	}
	return false;
}

int
authority_check(const struct gateway_config *config, struct store *store,
    const struct job_client *client, struct policy_facts *facts,
    struct err *err)
{
	facts->login_may = false;
	if (!facts->from || !facts->from_is_own)
		return 0;
	if (facts->submitter == SUBMITTER_CERTIFICATE) {
		facts->login_may =
		    find_client(config, client, facts->from) != NULL;
		return 0;
	}
	if (facts->submitter != SUBMITTER_LOGIN || decide_is_own_login(facts))
		return 0;
	if (!is_login_listed(config, facts->login, facts->from))
		return store_login_may(
		    store, facts->login, facts->from, &facts->login_may, err);
	facts->login_may = true;
	return 0;
}

char *
authority_identity(const struct policy_facts *facts)
{
	const char *name = facts->login;

	if (!name)
		name = facts->from ? facts->from : facts->sender;
	/* A login called like an address is not that address. */
	return xasprintf("%d %s", (int)facts->submitter, name ? name : "");
}
