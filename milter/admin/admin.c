/* admin.c: see admin.h. */
#include "admin/admin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/complain.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "cert/judged.h"
#include "mail/address.h"

void
admin_init(struct admin *a, const char *config, enum output_format format)
{
	*a = (struct admin){
	    .config = config,
	    .output = {.format = format, .file = stdout},
	    .now = clock_now(),
	};
}

void
admin_fini(struct admin *a)
{
	gateway_unref(&a->gateway);
	key_client_free(a->keys);
	trust_release(&a->trust);
	store_close(a->store);
	settings_unref(&a->settings);
}

int
admin_any_settings(
    struct admin *a, const struct settings **out, struct err *err)
{
	struct settings_errors errors;
	int rc = 0;

	if (!a->settings) {
		settings_errors_init(&errors);
		rc = settings_load(a->config, &a->settings, &errors);
		a->settings_failed = rc != 0;
		for (size_t i = 0; rc && i + 1 < errors.count; i++)
			complain("%s", errors.lines[i]);
		if (rc)
			err_set(err, ERR_PERMANENT, "%s",
			    errors.count > 0 ? errors.lines[errors.count - 1]
					     : "the configuration is wrong");
		settings_errors_fini(&errors);
	}
	*out = a->settings;
	return rc;
}

int
admin_settings(struct admin *a, const struct settings **out, struct err *err)
{
	if (admin_any_settings(a, out, err))
		return -1;
	if (a->settings->gateway.role == ROLE_SIGNER)
		return 0;
	a->settings_failed = true;
	return err_set(err, ERR_PERMANENT,
	    "%s is the file of a guard, which has no users, keys or store; "
	    "name the one with role = \"signer\" with -c",
	    a->settings->file);
}

int
admin_store(struct admin *a, struct store **out, struct err *err)
{
	const struct settings *settings;

	if (!a->store) {
		if (admin_settings(a, &settings, err))
			return -1;
		if (store_open(settings->gateway.store, &a->store, err)) {
			/* a missing store is one that is away */
			if (err->class != ERR_BUG)
				err->class = ERR_TEMPORARY;
			return -1;
		}
	}
	*out = a->store;
	return 0;
}

int
admin_configured_trust(struct admin *a, struct trust **out, struct err *err)
{
	const struct settings *settings;

	if (!a->trust) {
		if (admin_settings(a, &settings, err) ||
		    trust_load(&settings->gateway.trust, &a->trust, err))
			return -1;
	}
	*out = a->trust;
	return 0;
}

int
admin_trust(struct admin *a, struct trust **out, struct err *err)
{
	struct store *store;

	if (admin_configured_trust(a, out, err))
		return -1;
	if (a->trust_judged)
		return 0;
	if (admin_store(a, &store, err) || judged_load(store, *out, err))
		return -1;
	a->trust_judged = true;
	return 0;
}

int
admin_keys(struct admin *a, struct key_client **out, struct err *err)
{
	const struct settings *settings;

	if (!a->keys) {
		if (admin_settings(a, &settings, err))
			return -1;
		/* one thread: one connection */
		a->keys = key_client_new(settings->gateway.keyd, 1,
		    settings->gateway.keyd_timeout_ms);
	}
	*out = a->keys;
	return 0;
}

int
admin_gateway(struct admin *a, struct gateway **out, struct err *err)
{
	const struct gateway_opts opts = {.harvest = false};
	const struct settings *settings;

	if (!a->gateway) {
		if (admin_settings(a, &settings, err) ||
		    gateway_new(&settings->gateway, &opts, &a->gateway, err))
			return -1;
	}
	*out = a->gateway;
	return 0;
}

int
admin_audit(struct admin *a, const char *action, const char *object,
    const char *detail, struct err *err)
{
	char *actor = xasprintf("smimectl:%u", getuid());
	int rc = store_audit(a->store, actor, action, object, detail, err);

	free(actor);
	return rc ? err_prefix(err, "done, but not written down") : 0;
}

enum verb_result
admin_address(const char *text, char **out, struct err *err)
{
	/* says itself what is wrong with which text */
	return address_canonical(slice_text(text), out, err) == 0 ? VERB_DONE
								  : VERB_USAGE;
}

enum verb_result
admin_domain(const char *text, char **out, struct err *err)
{
	if (address_domain_canonical(slice_text(text), out, err) == 0)
		return VERB_DONE;
	(void)err_prefix(err, "\"%s\" is not a domain", text);
	return VERB_USAGE;
}

enum verb_result
admin_choice(const char *text,
    enum verb_result (*read)(const char *text, char **out, struct err *err),
    char **out, struct err *err)
{
	enum verb_result rc = VERB_DONE;
	char *choice = NULL;

	if (!text)
		return VERB_DONE;
	if (strcmp(text, "inherit") == 0)
		choice = xstrdup("");
	else if (strcmp(text, "none") == 0)
		choice = xstrdup(text);
	else
		rc = read(text, &choice, err);
	if (rc != VERB_DONE)
		return rc;
	free(*out);
	*out = choice;
	return VERB_DONE;
}
