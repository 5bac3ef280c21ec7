/* setting.c: see setting.h.  Pure functions. */
#include "base/setting.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const switch_names[] = {"inherit", "off", "on", NULL};
static const char *const encrypt_names[] = {
    "inherit", "off", "if-possible", "required", NULL};
static const char *const own_problem_names[] = {
    "inherit", "unsigned", "defer", NULL};
static const char *const algorithm_names[] = {"inherit", "any", "rsa",
    "rsa-pss", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519", NULL};
static const char *const mixed_names[] = {"inherit", "split", "all-or-none",
    "all-or-refuse", "refuse-the-rest", NULL};
static const char *const bcc_names[] = {"inherit", "separate", "refuse", NULL};
static const char *const triggers_names[] = {
    "inherit", "off", "protect", "all", NULL};
static const char *const mode_names[] = {"inherit", "enforce", "shadow", NULL};
static const char *const disclaimer_repeat_names[] = {
    "inherit", "once", "always", NULL};
static const char *const disclaimer_protected_names[] = {
    "inherit", "pass", "refuse", NULL};
static const char *const receive_names[] = {
    "inherit", "as-sender", "never", "if-possible", "required", NULL};
static const char *const form_names[] = {"inherit", "detached", "opaque", NULL};
static const char *const certificates_names[] = {
    "inherit", "all", "newest", NULL};
static const char *const cipher_names[] = {"inherit", "auto", "aes256-cbc",
    "aes128-cbc", "aes256-gcm", "aes128-gcm", NULL};
static const char *const transport_names[] = {
    "inherit", "auto", "pkcs1", "oaep", NULL};
static const char *const unchecked_names[] = {
    "inherit", "accept", "refuse", NULL};
static const char *const demand_names[] = {"inherit", "any", "required", NULL};
static const char *const assurance_names[] = {
    "inherit", "any", "mailbox", "organisation", "sponsor", "individual", NULL};
static const char *const unmet_names[] = {"inherit", "mark", "refuse", NULL};
static const char *const exemption_names[EXEMPTION_COUNT] = {
    [EXEMPT_NULL_SENDER] = "null-sender",
    [EXEMPT_DSN] = "dsn",
    [EXEMPT_MDN] = "mdn",
    [EXEMPT_ACME] = "acme",
    [EXEMPT_AUTO_SUBMITTED] = "auto-submitted",
    [EXEMPT_LIST] = "list",
    [EXEMPT_RESENT] = "resent",
    [EXEMPT_CALENDAR] = "calendar",
    [EXEMPT_PARTIAL] = "partial",
};

#define SENDER(member)	  offsetof(struct setting_level, member)
#define RECIPIENT(member) offsetof(struct recipient_level, member)

const struct setting sender_settings[SENDER_SETTINGS] = {
    {"sign", switch_names, SENDER(sign),
	"sign what users with a certificate send"},
    {"encrypt", encrypt_names, SENDER(encrypt), "encrypt what users send"},
    {"exempt", NULL, SENDER(exempt), "mail that is left alone"},
    {"own_cert_problem", own_problem_names, SENDER(own_problem),
	"what becomes of mail whose author's certificate cannot sign"},
    {"signature_algorithm", algorithm_names, SENDER(algorithm),
	"which of a user's certificates signs, and how"},
    {"mixed", mixed_names, SENDER(mixed),
	"when only some recipients can be given ciphertext"},
    {"bcc", bcc_names, SENDER(bcc), "recipients outside To and Cc"},
    {"triggers", triggers_names, SENDER(triggers),
	"which wishes in subject and header are followed"},
    {"mode", mode_names, SENDER(mode), "act, or only log"},
    {"decrypt", switch_names, SENDER(decrypt), "decrypt what users get"},
    {"disclaimer_repeat", disclaimer_repeat_names, SENDER(disclaimer_repeat),
	"may a message have the same disclaimer twice"},
    {"disclaimer_protected", disclaimer_protected_names,
	SENDER(disclaimer_protected),
	"signed or encrypted mail, to which no disclaimer can be added"},
};

const struct setting recipient_settings[RECIPIENT_SETTINGS] = {
    {"encrypt", receive_names, RECIPIENT(encrypt), "encrypt what they get"},
    {"signature", form_names, RECIPIENT(form),
	"how a signature stands beside its content"},
    {"certificates", certificates_names, RECIPIENT(certificates),
	"to which of several certificates"},
    {"cipher", cipher_names, RECIPIENT(cipher), "content encryption"},
    {"key_transport", transport_names, RECIPIENT(transport),
	"how RSA certificates get the key"},
    {"unchecked", unchecked_names, RECIPIENT(unchecked),
	"certificates that may be revoked, for all we know"},
    {"inbound_signature", demand_names, RECIPIENT(inbound_signature),
	"must their mail be signed"},
    {"inbound_encryption", demand_names, RECIPIENT(inbound_encryption),
	"must their mail be encrypted"},
    {"inbound_level", assurance_names, RECIPIENT(inbound_level),
	"whom their certificates must name"},
    {"inbound_action", unmet_names, RECIPIENT(inbound_action),
	"what becomes of mail that is not so"},
};

/* --- tables --- */

/* The members are enums and sets: all of one size. */
_Static_assert(sizeof(enum setting_switch) == sizeof(unsigned), "enums");

static unsigned
value_of(const struct setting *s, const void *level)
{
	unsigned value;

	memcpy(&value, (const char *)level + s->offset, sizeof(value));
	return value;
}

static void
set_value(const struct setting *s, void *level, unsigned value)
{
	memcpy((char *)level + s->offset, &value, sizeof(value));
}

static int
find_name(const char *const *names, const char *text)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], text) == 0)
			return i;
	return -1;
}

const struct setting *
setting_find(const struct setting *table, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static int
parse_exemptions(const char *text, unsigned *out)
{
	unsigned set = EXEMPT_ALWAYS;
	enum exemption exemption;
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		exemption = setting_exemption_find(text, len);
		if (exemption == EXEMPT_NOT)
			return -1;
		set |= EXEMPTION_BIT(exemption);
		if (text[len] == '\0')
			break;
	}
	*out = set;
	return 0;
}

static int
parse_set(const char *text, unsigned *out)
{
	if (strcmp(text, "inherit") == 0)
		*out = EXEMPT_INHERIT;
	else if (strcmp(text, "none") == 0)
		*out = EXEMPT_ALWAYS;
	else if (strcmp(text, "all") == 0)
		*out = EXEMPT_ALL;
	else
		return parse_exemptions(text, out);
	return 0;
}

int
setting_parse(const struct setting *s, const char *text, void *level)
{
	unsigned set;
	int i;

	if (!s->words) {
		if (parse_set(text, &set) < 0)
			return -1;
		set_value(s, level, set);
		return 0;
	}
	i = find_name(s->words, text);
	if (i < 0)
		return -1;
	set_value(s, level, (unsigned)i);
	return 0;
}

void
setting_text(const struct setting *s, const void *level, char *out)
{
	if (s->words)
		snprintf(out, SETTING_TEXT, "%s", s->words[value_of(s, level)]);
	else
		setting_exempt_text(value_of(s, level), out);
}

bool
setting_is_inherited(const struct setting *s, const void *level)
{
	return value_of(s, level) == 0;
}

void
setting_override(
    const struct setting *table, size_t count, void *level, const void *by)
{
	for (size_t i = 0; i < count; i++)
		if (!setting_is_inherited(&table[i], by))
			set_value(&table[i], level, value_of(&table[i], by));
}

/* --- words one by one --- */

const char *
setting_switch_name(enum setting_switch value)
{
	return switch_names[value];
}

const char *
setting_encrypt_name(enum setting_encrypt value)
{
	return encrypt_names[value];
}

const char *
setting_cipher_name(enum setting_cipher value)
{
	return cipher_names[value];
}

const char *
setting_exemption_name(enum exemption exemption)
{
	assert(exemption > EXEMPT_NOT && exemption < EXEMPTION_COUNT);
	return exemption_names[exemption];
}

enum exemption
setting_exemption_find(const char *name, size_t len)
{
	for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++)
		if (strlen(exemption_names[e]) == len &&
		    memcmp(exemption_names[e], name, len) == 0)
			return (enum exemption)e;
	return EXEMPT_NOT;
}

void
setting_exempt_text(unsigned exempt, char *out)
{
	size_t len = 0;

	for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++)
		if (exempt & EXEMPTION_BIT(e))
			len += (size_t)snprintf(out + len, SETTING_TEXT - len,
			    "%s%s", len ? "," : "", exemption_names[e]);
	if (len == 0)
		snprintf(out, SETTING_TEXT, "inherit");
}
