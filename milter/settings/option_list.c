/*
 * option_list.c: see option_list.h.  Data only; options without a default
 * inherit.
 */
#include "settings/option_list.h"

#include <stddef.h>

#include "gateway/gateway.h"
#include "settings/group_check.h"

static const struct option_word position_words[] = {
    {"start", POSITION_START},
    {"end", POSITION_END},
    {"anywhere", POSITION_ANYWHERE},
    {NULL, 0},
};

#define DISCLAIMER_FIELD(member)                                               \
	.field = offsetof(struct gateway_disclaimer, member)
#define DOMAIN_FIELD(member) .field = offsetof(struct gateway_domain, member)
#define RECIPIENT_FIELD(member)                                                \
	.field = offsetof(struct gateway_recipient, member)
#define TRIGGER_FIELD(member) .field = offsetof(struct gateway_trigger, member)
#define LOGIN_FIELD(member)   .field = offsetof(struct gateway_login, member)
#define CLIENT_FIELD(member)  .field = offsetof(struct gateway_client, member)

#define MEMBERS(table, type)                                                   \
	.options = (table), .count = sizeof(table) / sizeof(*(table)),         \
	.width = sizeof(type)

/* clang-format off */
#define DOMAIN_SETTING(setting)                                                \
    {.name = (setting),                                                        \
     SENDER,                                                                   \
     DOMAIN_FIELD(level),                                                      \
     .doc = "as defaults." setting ", for this domain"}

static const struct option domain_options[] = {
    {.name = "name",
     .type = OPTION_DOMAIN,
     DOMAIN_FIELD(name),
     .doc = "the domain, as in mail addresses"},
    {.name = "sign",
     .type = OPTION_SWITCH,
     DOMAIN_FIELD(level.sign),
     .doc = "as defaults.sign, for this domain"},
    DOMAIN_SETTING("encrypt"),
    {.name = "exempt",
     .type = OPTION_EXEMPT,
     DOMAIN_FIELD(level.exempt),
     .doc = "as defaults.exempt, for this domain"},
    DOMAIN_SETTING("own_cert_problem"),
    DOMAIN_SETTING("signature_algorithm"),
    DOMAIN_SETTING("mixed"),
    DOMAIN_SETTING("bcc"),
    DOMAIN_SETTING("triggers"),
    DOMAIN_SETTING("mode"),
    {.name = "decrypt",
     .type = OPTION_SWITCH,
     DOMAIN_FIELD(level.decrypt),
     .doc = "as defaults.decrypt, for this domain"},
    DOMAIN_SETTING("disclaimer_repeat"),
    DOMAIN_SETTING("disclaimer_protected"),
    {.name = "escrow",
     .type = OPTION_ADDRESSES,
     DOMAIN_FIELD(escrow),
     .count_field = offsetof(struct gateway_domain, escrow_count),
     .doc = "as defaults.escrow, for this domain"},
    {.name = "disclaimer",
     .type = OPTION_DISCLAIMER,
     DOMAIN_FIELD(disclaimer),
     .appends = true,
     .doc = "as defaults.disclaimer, for this domain"},
};

static const struct option disclaimer_options[] = {
    {.name = "name",
     .type = OPTION_DISCLAIMER_NAME,
     DISCLAIMER_FIELD(name),
     .doc = "what domains and users choose it by"},
    {.name = "text",
     .type = OPTION_PATH,
     DISCLAIMER_FIELD(text),
     .doc = "file with the text"},
    {.name = "html",
     .type = OPTION_OPTIONAL_PATH,
     .fallback = "\"\"",
     DISCLAIMER_FIELD(html),
     .doc = "file with the same in HTML"},
};

#define RECIPIENT_SETTING(setting)                                             \
    {.name = (setting),                                                        \
     RECIPIENT,                                                                \
     RECIPIENT_FIELD(level),                                                   \
     .doc = "as recipient_defaults." setting ", for them"}
#define RECIPIENT_OPTIONS(type_of_name, doc_of_name)                           \
    {.name = "name",                                                           \
     .type = (type_of_name),                                                   \
     RECIPIENT_FIELD(name),                                                    \
     .doc = (doc_of_name)},                                                    \
    RECIPIENT_SETTING("encrypt"),                                              \
    RECIPIENT_SETTING("signature"),                                            \
    RECIPIENT_SETTING("certificates"),                                         \
    RECIPIENT_SETTING("cipher"),                                               \
    RECIPIENT_SETTING("key_transport"),                                        \
    RECIPIENT_SETTING("unchecked"),                                            \
    RECIPIENT_SETTING("inbound_signature"),                                    \
    RECIPIENT_SETTING("inbound_encryption"),                                   \
    RECIPIENT_SETTING("inbound_level"),                                        \
    RECIPIENT_SETTING("inbound_action"),                                       \
    {.name = "domain_certificate",                                             \
     .type = OPTION_OPTIONAL_ADDRESS,                                          \
     RECIPIENT_FIELD(domain_certificate),                                      \
     .doc = "whose certificates stand in where they have none"}

static const struct option recipient_domain_options[] = {
    RECIPIENT_OPTIONS(OPTION_PATTERN, "a domain, or all domains below it"),
};

static const struct option recipient_options[] = {
    RECIPIENT_OPTIONS(OPTION_ADDRESS, "an address"),
};

static const struct option trigger_options[] = {
    {.name = "name",
     .type = OPTION_LISTED_NAME,
     TRIGGER_FIELD(name),
     .doc = "what it is called in the log"},
    {.name = "subject",
     .type = OPTION_OPTIONAL_TEXT,
     .fallback = "\"\"",
     TRIGGER_FIELD(subject),
     .doc = "a keyword in the subject"},
    {.name = "position",
     .type = OPTION_WORD,
     .words = position_words,
     .fallback = "\"start\"",
     TRIGGER_FIELD(position),
     .doc = "where the keyword counts"},
    {.name = "header",
     .type = OPTION_FIELD_NAME,
     .fallback = "\"\"",
     TRIGGER_FIELD(header),
     .doc = "a header field"},
    {.name = "value",
     .type = OPTION_OPTIONAL_TEXT,
     .fallback = "\"\"",
     TRIGGER_FIELD(value),
     .doc = "what the field must say"},
    {.name = "keep",
     .type = OPTION_FLAG,
     .fallback = "false",
     TRIGGER_FIELD(keep),
     .doc = "leave it in the message"},
    {.name = "wishes",
     .type = OPTION_WISHES,
     TRIGGER_FIELD(wishes),
     .doc = "what the sender wants with it"},
};

static const struct option login_options[] = {
    {.name = "name",
     .type = OPTION_LOGIN,
     LOGIN_FIELD(name),
     .doc = "the login, as the mail server knows it"},
    {.name = "addresses",
     .type = OPTION_AUTHORS,
     LOGIN_FIELD(addresses),
     .count_field = offsetof(struct gateway_login, address_count),
     .doc = "whom it may write as beside itself"},
};

static const struct option client_options[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     CLIENT_FIELD(name),
     .doc = "common name of the certificate's subject"},
    {.name = "issuer",
     .type = OPTION_OPTIONAL_TEXT,
     .fallback = "\"\"",
     CLIENT_FIELD(issuer),
     .doc = "common name of its issuer"},
    {.name = "addresses",
     .type = OPTION_AUTHORS,
     CLIENT_FIELD(addresses),
     .count_field = offsetof(struct gateway_client, address_count),
     .doc = "whom it may write as"},
};

/* clang-format on */

const struct option_list option_domains = {
    MEMBERS(domain_options, struct gateway_domain),
};

const struct option_list option_disclaimers = {
    MEMBERS(disclaimer_options, struct gateway_disclaimer),
    .fault = group_disclaimer_fault,
};

const struct option_list option_recipient_domains = {
    MEMBERS(recipient_domain_options, struct gateway_recipient),
};

const struct option_list option_recipients = {
    MEMBERS(recipient_options, struct gateway_recipient),
};

const struct option_list option_triggers = {
    MEMBERS(trigger_options, struct gateway_trigger),
    .fault = group_trigger_fault,
};

const struct option_list option_logins = {
    MEMBERS(login_options, struct gateway_login),
    .fault = group_login_fault,
};

const struct option_list option_clients = {
    MEMBERS(client_options, struct gateway_client),
    .fault = group_client_fault,
    .same = group_client_same,
};
