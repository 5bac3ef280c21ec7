/* reload.c: see reload.h.  Main thread; messages go on meanwhile. */
#include "daemon/reload.h"

#include "base/log.h"
#include "gateway/disclaimer_names.h"

static void
release_settings(void *arg)
{
	struct settings *settings = arg;

	settings_unref(&settings);
}

int
reload_make_gateway(struct settings *settings, struct tokens *tokens,
    struct gateway **out, struct err *err)
{
	const struct gateway_opts opts = {.harvest = tokens != NULL,
	    .seal = true,
	    .tokens = tokens,
	    .release = release_settings,
	    .arg = settings};

	if (gateway_new(&settings->gateway, &opts, out, err) == 0)
		return 0;
	settings_unref(&settings);
	return -1;
}

static void
warn(const char *text, void *arg)
{
	(void)arg;
	log_warning("%s", text);
}

void
reload_warn(struct gateway *gateway)
{
	struct store *store = gateway_store(gateway);
	struct err err;

	if (store && disclaimer_names_check(
			 gateway_config(gateway), store, warn, NULL, &err))
		log_warning("%s", err.text);
}

static int
load(const char *file, struct settings **out)
{
	struct settings_errors errors;
	int rc;

	settings_errors_init(&errors);
	rc = settings_load(file, out, &errors);
	for (size_t i = 0; i < errors.count; i++)
		log_error("%s", errors.lines[i]);
	settings_errors_fini(&errors);
	return rc;
}

void
reload(
    struct service *service, struct tokens *tokens, struct settings **current)
{
	struct settings *settings;
	struct gateway *gateway;
	const char *fixed;
	struct err err;

	if (load((*current)->file, &settings)) {
		log_error("not reloaded: the settings before stay in force");
		return;
	}
	/* Processes, clients and rights of the two have nothing in common. */
	if (settings->gateway.role != (*current)->gateway.role) {
		log_error("not reloaded: the settings before stay in force: "
			  "role changes only with a restart");
		settings_unref(&settings);
		return;
	}
	fixed = settings_restart_needed(*current, settings);
	if (reload_make_gateway(
		settings_ref(settings), tokens, &gateway, &err)) {
		log_error("not reloaded: the settings before stay in force: %s",
		    err.text);
		settings_unref(&settings);
		return;
	}
	reload_warn(gateway);
	service_replace(service, gateway);
	settings_unref(current);
	*current = settings;
	log_info("reloaded %s", settings->file);
	if (fixed)
		log_warning("%s changes only with a restart", fixed);
}
