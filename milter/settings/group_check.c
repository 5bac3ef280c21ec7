/* group_check.c: see group_check.h.  Pure functions. */
#include "settings/group_check.h"

#include <string.h>
#include <strings.h>

#include <libconfig.h>

#include "gateway/gateway.h"

/* Fields that a message cannot lose: without them it is another one, or
 * none (RFC 5322 3.6, RFC 2045 3). */
static bool
is_needed(const char *field)
{
	static const char *const needed[] = {"From", "Sender", "Reply-To", "To",
	    "Cc", "Bcc", "Subject", "Date", "Message-ID", "In-Reply-To",
	    "References", "Received", "Return-Path", "MIME-Version"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (strcasecmp(field, needed[i]) == 0)
			return true;
	return strncasecmp(field, "Content-", 8) == 0 ||
	       strncasecmp(field, "Resent-", 7) == 0;
}

static bool
has_both(unsigned wishes, unsigned a, unsigned b)
{
	return (wishes & a) && (wishes & b);
}

const char *
group_trigger_fault(const struct config_setting_t *value, const void *group)
{
	const struct gateway_trigger *t = group;
	bool by_subject = t->subject[0] != '\0',
	     by_field = t->header[0] != '\0';

	if (by_subject == by_field)
		return "expected either subject or header";
	if (by_subject && t->value[0] != '\0')
		return "value is for header, not for subject";
	if (by_field && config_setting_get_member(value, "position"))
		return "position is for subject, not for header";
	if (t->wishes == 0)
		return "wishes is missing";
	if (has_both(t->wishes, WISH_SIGN, WISH_NO_SIGN))
		return "sign and no-sign contradict each other";
	if (has_both(t->wishes, WISH_ENCRYPT, WISH_NO_ENCRYPT))
		return "encrypt and no-encrypt contradict each other";
	if (by_field && !t->keep && is_needed(t->header))
		return "messages need this field; set keep = true";
	return NULL;
}

const char *
group_disclaimer_fault(const struct config_setting_t *value, const void *group)
{
	const struct gateway_disclaimer *disclaimer = group;

	(void)value;
	return disclaimer->text ? NULL : "text is missing";
}

const char *
group_login_fault(const struct config_setting_t *value, const void *group)
{
	const struct gateway_login *login = group;

	(void)value;
	return login->address_count > 0 ? NULL : "addresses is missing";
}

const char *
group_client_fault(const struct config_setting_t *value, const void *group)
{
	const struct gateway_client *client = group;

	(void)value;
	return client->address_count > 0 ? NULL : "addresses is missing";
}

bool
group_client_same(const void *a, const void *b)
{
	const struct gateway_client *x = a, *y = b;

	return strcmp(x->name, y->name) == 0 &&
	       strcmp(x->issuer, y->issuer) == 0;
}
