/* effective.c: see effective.h.  Pure. */
#include "admin/effective.h"

#include <string.h>

#include "admin/output.h"

const struct gateway_domain *
effective_file_domain(const struct settings *settings, const char *name)
{
	const struct gateway_config *config = &settings->gateway;

	for (size_t i = 0; i < config->domain_count; i++)
		if (strcmp(config->domains[i].name, name) == 0)
			return &config->domains[i];
	return NULL;
}

struct setting_level
effective_level(const struct settings *settings, const char *name,
    const struct store_domain *domain, const struct store_user *user)
{
	const struct gateway_domain *file =
	    effective_file_domain(settings, name);
	struct setting_level levels[4];
	unsigned n = 0;

	levels[n++] = settings->gateway.defaults;
	if (file)
		levels[n++] = file->level;
	if (domain)
		levels[n++] = domain->level;
	if (user)
		levels[n++] = user->level;
	return policy_effective(levels, n);
}

json_t *
effective_exempt_text(unsigned exempt)
{
	char text[SETTING_EXEMPT_TEXT];

	setting_exempt_text(exempt, text);
	return output_text(text);
}

/* The words of a set. */
static json_t *
exempt_list(unsigned exempt)
{
	json_t *list = json_array();

	for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++)
		if (exempt & EXEMPTION_BIT(e))
			(void)json_array_append_new(list,
			    output_text(
				setting_exemption_name((enum exemption)e)));
	return list;
}

void
effective_set(json_t *object, const struct settings *settings, const char *name,
    const struct store_domain *domain, const struct store_user *user)
{
	struct setting_level result =
	    effective_level(settings, name, domain, user);
	json_t *effective = json_object();

	output_set(
	    effective, "sign", output_text(setting_switch_name(result.sign)));
	output_set(effective, "encrypt",
	    output_text(setting_encrypt_name(result.encrypt)));
	output_set(effective, "exempt", exempt_list(result.exempt));
	output_set(effective, "own_cert_problem",
	    output_text(setting_own_problem_name(result.own_problem)));
	output_set(effective, "signature_algorithm",
	    output_text(setting_algorithm_name(result.algorithm)));
	output_set(object, "effective", effective);
}
