/* effective.c: see effective.h. */
#include "admin/effective.h"

#include <stdlib.h>
#include <string.h>

#include "admin/disclaimer_option.h"
#include "admin/output.h"
#include "admin/setting_option.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "policy/rules.h"

#define TEXT_MAX 65536u

const struct gateway_domain *
effective_file_domain(const struct settings *settings, const char *name)
{
	const struct gateway_config *config = &settings->gateway;

	for (size_t i = 0; i < config->domain_count; i++)
		if (strcmp(config->domains[i].name, name) == 0)
			return &config->domains[i];
	return NULL;
}

int
effective_levels(struct admin *a, struct levels *out, struct err *err)
{
	const struct settings *settings;

	if (admin_settings(a, &settings, err) ||
	    admin_store(a, &out->store, err))
		return -1;
	out->config = &settings->gateway;
	return 0;
}

static void
note_any(const struct sender_rule *rule, void *arg)
{
	(void)rule;
	*(bool *)arg = true;
}

int
effective_is_ours(
    struct admin *a, const char *domain, bool *ours, struct err *err)
{
	struct levels levels;
	bool any = false;

	if (effective_levels(a, &levels, err) ||
	    levels_of_domain(&levels, domain, note_any, &any, err))
		return -1;
	*ours = any;
	return 0;
}

int
effective_must_be_ours(struct admin *a, const char *domain, struct err *err)
{
	bool ours;

	if (effective_is_ours(a, domain, &ours, err))
		return -1;
	if (ours)
		return 0;
	return err_set(err, ERR_NOT_FOUND,
	    "S/MIME is not activated for %s; run: smimectl domain add %s",
	    domain, domain);
}

/* --- senders --- */

struct sender_result {
	struct setting_level level;
	json_t *escrow; /* NULL: nobody spoke of it */
	char *disclaimer;
};

static void
take_sender(const struct sender_rule *rule, void *arg)
{
	struct sender_result *result = arg;

	policy_override(&result->level, rule->level);
	if (rule->disclaimer) {
		free(result->disclaimer);
		result->disclaimer = xstrdup(rule->disclaimer);
	}
	if (rule->escrow) {
		json_decref(result->escrow);
		result->escrow = effective_escrow(rule);
	}
}

static void
sender_result_fini(struct sender_result *result)
{
	json_decref(result->escrow);
	free(result->disclaimer);
}

static int
find_sender(struct admin *a, const char *name, struct sender_result *out,
    struct err *err)
{
	struct sender_result result = {.escrow = NULL};
	struct levels levels;

	if (effective_levels(a, &levels, err) ||
	    levels_of_sender(&levels, name, take_sender, &result, err)) {
		sender_result_fini(&result);
		return -1;
	}
	*out = result;
	return 0;
}

int
effective_sender(struct admin *a, const char *name, struct setting_level *out,
    struct err *err)
{
	struct sender_result result;

	if (find_sender(a, name, &result, err))
		return -1;
	sender_result_fini(&result);
	*out = result.level;
	return 0;
}

/* Each setting of the table by its name. */
static json_t *
values(const struct setting_table *table, const void *level)
{
	json_t *object = json_object();

	for (size_t i = 0; i < table->count; i++)
		output_set(object, table->at[i].name,
		    setting_value(&table->at[i], level));
	return object;
}

int
effective_set_sender(
    json_t *object, struct admin *a, const char *name, struct err *err)
{
	struct sender_result result;
	json_t *effective;

	if (find_sender(a, name, &result, err))
		return -1;
	effective = values(&setting_senders, &result.level);
	output_set(effective, "escrow", json_incref(result.escrow));
	output_set(
	    effective, "disclaimer", disclaimer_effective(result.disclaimer));
	output_set(object, "effective", effective);
	sender_result_fini(&result);
	return 0;
}

json_t *
effective_escrow(const struct sender_rule *rule)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rule->escrow_count; i++)
		(void)json_array_append_new(list, output_text(rule->escrow[i]));
	return list;
}

json_t *
effective_addresses_text(const char *const *addresses, size_t count)
{
	struct buf out;
	json_t *value;

	if (!addresses || count == 0)
		return output_text(addresses ? "none" : "inherit");
	buf_init(&out, TEXT_MAX);
	for (size_t i = 0; i < count; i++)
		buf_addf(&out, "%s%s", i > 0 ? "," : "", addresses[i]);
	value = output_text(buf_text(&out));
	buf_fini(&out);
	return value;
}

/* --- recipients --- */

struct recipient_result {
	struct recipient_level level;
	json_t *certificate;
};

static void
take_recipient(const struct recipient_rule *rule, void *arg)
{
	struct recipient_result *result = arg;

	policy_recipient_override(&result->level, rule->level);
	if (!rule->domain_certificate)
		return;
	json_decref(result->certificate);
	result->certificate = *rule->domain_certificate
				  ? output_text(rule->domain_certificate)
				  : json_null();
}

int
effective_recipient(struct admin *a, const char *name,
    struct recipient_level *level, json_t **certificate, struct err *err)
{
	struct recipient_result result = {.certificate = NULL};
	struct levels levels;

	if (effective_levels(a, &levels, err) ||
	    levels_of_recipient(&levels, name, take_recipient, &result, err)) {
		json_decref(result.certificate);
		return -1;
	}
	*level = result.level;
	*certificate = result.certificate;
	return 0;
}

int
effective_set_recipient(
    json_t *object, struct admin *a, const char *name, struct err *err)
{
	struct recipient_level level;
	json_t *effective, *certificate;

	if (effective_recipient(a, name, &level, &certificate, err))
		return -1;
	effective = values(&setting_recipients, &level);
	output_set(effective, "domain_certificate", certificate);
	output_set(object, "effective", effective);
	return 0;
}
