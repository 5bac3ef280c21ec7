/*
 * admin.h: what a verb works with, opened when it is first asked for.
 *
 * One per run of the program, one thread.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include <stdbool.h>
#include <time.h>

#include "admin/command.h"
#include "admin/output.h"
#include "base/err.h"
#include "cert/store.h"
#include "cert/trust.h"
#include "gateway/gateway.h"
#include "key/key_client.h"
#include "settings/settings.h"

struct admin {
	const char *config; /* path; NULL: the default */
	bool settings_failed;
	struct output output;
	time_t now; /* one moment for the whole run */
	struct settings *settings;
	struct store *store;
	struct trust *trust;
	bool trust_judged; /* has what the store says */
	struct key_client *keys;
	struct gateway *gateway;
};

void admin_init(struct admin *a, const char *config, enum output_format format);
void admin_fini(struct admin *a);

/* Each gives a borrowed object, the same one every time.  What the
 * configuration does wrong is told line by line on standard error, its last
 * line in err. */
int admin_any_settings(
    struct admin *a, const struct settings **out, struct err *err) MUST_USE;
/* The same, and an error when they are those of a guard: for all that needs
 * domains, users, a store or keys, which it does not have. */
int admin_settings(
    struct admin *a, const struct settings **out, struct err *err) MUST_USE;
int admin_store(struct admin *a, struct store **out, struct err *err) MUST_USE;
/* With what the operator has said about authorities in the store. */
int admin_trust(struct admin *a, struct trust **out, struct err *err) MUST_USE;
/* The configured authorities, also where the store is away. */
int admin_configured_trust(
    struct admin *a, struct trust **out, struct err *err) MUST_USE;
int admin_keys(
    struct admin *a, struct key_client **out, struct err *err) MUST_USE;
/* For messages; has a store and a trust of its own. */
int admin_gateway(
    struct admin *a, struct gateway **out, struct err *err) MUST_USE;

/* Writes down that this user did it; detail may be "". */
int admin_audit(struct admin *a, const char *action, const char *object,
    const char *detail, struct err *err) MUST_USE;

/* An operand or option in canonical form, which the caller frees.
 * VERB_USAGE when it is no address, no domain. */
enum verb_result admin_address(const char *text, char **out, struct err *err);
enum verb_result admin_domain(const char *text, char **out, struct err *err);

/* An option that is "inherit", "none", or what read makes of it; *out is
 * replaced by "", "none" or that, and stays when the option was not given. */
enum verb_result admin_choice(const char *text,
    enum verb_result (*read)(const char *text, char **out, struct err *err),
    char **out, struct err *err);

#endif
