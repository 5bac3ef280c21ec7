/*
 * option.c: see option.h.  Data only.
 *
 * A new option needs a default that is right for most, a line in
 * smime-milter.conf(5) that says why it exists, and its place in the sample.
 */
#include "settings/option.h"

#include "settings/group_check.h"
#include "settings/settings.h"

static const struct option_word on_error_words[] = {
    {"tempfail", GATEWAY_TEMPFAIL},
    {"pass", GATEWAY_PASS},
    {NULL, 0},
};

static const struct option_word log_level_words[] = {
    {"error", LOG_LEVEL_ERROR},
    {"warning", LOG_LEVEL_WARNING},
    {"info", LOG_LEVEL_INFO},
    {"debug", LOG_LEVEL_DEBUG},
    {NULL, 0},
};

static const struct option_word position_words[] = {
    {"start", POSITION_START},
    {"end", POSITION_END},
    {"anywhere", POSITION_ANYWHERE},
    {NULL, 0},
};

#define FIELD(member) .field = offsetof(struct settings, member)
#define COUNT(member) .count_field = offsetof(struct settings, member)
#define MEMBERS(table, type)                                                   \
	.members = (table), .member_count = sizeof(table) / sizeof(*(table)),  \
	.member_width = sizeof(type)

/* Words and meaning of policy settings: base/setting.h. */
#define SENDER                                                                 \
	.type = OPTION_SETTING, .settings = sender_settings,                   \
	.setting_count = SENDER_SETTINGS
#define RECIPIENT                                                              \
	.type = OPTION_SETTING, .settings = recipient_settings,                \
	.setting_count = RECIPIENT_SETTINGS

#define DOMAIN_FIELD(member) .field = offsetof(struct gateway_domain, member)
#define RECIPIENT_FIELD(member)                                                \
	.field = offsetof(struct gateway_recipient, member)
#define TRIGGER_FIELD(member) .field = offsetof(struct gateway_trigger, member)
#define LOGIN_FIELD(member)   .field = offsetof(struct gateway_login, member)
#define CLIENT_FIELD(member)  .field = offsetof(struct gateway_client, member)

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
    {.name = "escrow",
     .type = OPTION_ADDRESSES,
     DOMAIN_FIELD(escrow),
     .count_field = offsetof(struct gateway_domain, escrow_count),
     .doc = "as defaults.escrow, for this domain"},
};

#define RECIPIENT_SETTING(setting)                                             \
    {.name = (setting),                                                        \
     RECIPIENT,                                                                \
     RECIPIENT_FIELD(level),                                                   \
     .doc = "as recipient_defaults." setting ", for mail to them"}
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

const struct option option_table[] = {
    {.name = "socket",
     .type = OPTION_SOCKET,
     .fallback = "\"unix:/run/smime-milter/milter.sock\"",
     FIELD(socket),
     .restart = true,
     .doc = "where the mail server connects"},
    {.name = "socket_mode",
     .type = OPTION_MODE,
     .fallback = "0660",
     FIELD(socket_mode),
     .restart = true,
     .doc = "who may connect to a unix socket"},
    {.name = "socket_group",
     .type = OPTION_NAME,
     .fallback = "\"\"",
     FIELD(socket_group),
     .restart = true,
     .doc = "group that a unix socket is given to"},
    {.name = "user",
     .type = OPTION_NAME,
     .fallback = "\"smime-milter\"",
     FIELD(user),
     .restart = true,
     .doc = "user to become when started as root"},
    {.name = "pid_file",
     .type = OPTION_OPTIONAL_PATH,
     .fallback = "\"\"",
     FIELD(pid_file),
     .restart = true,
     .doc = "file for the process id"},
    {.name = "keyd",
     .type = OPTION_PATH,
     .fallback = "\"/run/smime-keyd/keyd.sock\"",
     FIELD(gateway.keyd),
     .doc = "socket of smime-keyd"},
    {.name = "keyd_connections",
     .type = OPTION_COUNT,
     .fallback = "16",
     .min = "1",
     .max = "256",
     FIELD(gateway.keyd_connections),
     .doc = "most connections to smime-keyd at a time"},
    {.name = "keyd_timeout",
     .type = OPTION_DURATION,
     .fallback = "\"10s\"",
     .min = "100ms",
     .max = "1m",
     FIELD(gateway.keyd_timeout_ms),
     .doc = "longest wait for one operation of smime-keyd"},
    {.name = "store",
     .type = OPTION_STORE,
     .fallback = "\"sqlite:/var/lib/smime-milter/store.db\"",
     FIELD(gateway.store),
     .doc = "database of users, contacts and certificates"},
    {.name = "local_ca",
     .type = OPTION_PATH,
     .fallback = "\"/var/lib/smime-milter-ca\"",
     FIELD(local_ca),
     .doc = "folder of the built-in certificate authority"},
    {.name = "temp_folder",
     .type = OPTION_PATH,
     .fallback = "\"/var/tmp\"",
     FIELD(gateway.spool.folder),
     .doc = "folder for messages too large for memory"},
    {.name = "authserv_id",
     .type = OPTION_NAME,
     .fallback = "\"\"",
     FIELD(gateway.authserv_id),
     .doc = "our name in Authentication-Results"},
    {.name = "reinject",
     .type = OPTION_REINJECT,
     .fallback = "\"\"",
     FIELD(gateway.relay.reinject),
     .doc = "listener of the mail server for copies"},
    {.name = "reinject_connections",
     .type = OPTION_COUNT,
     .fallback = "20",
     .min = "1",
     .max = "50", /* LIMIT_RELAY_COPIES */
     FIELD(gateway.relay.connections),
     .doc = "most connections to that listener at a time"},
    {.name = "reinject_timeout",
     .type = OPTION_DURATION,
     .fallback = "\"10s\"",
     .min = "100ms",
     .max = "1m",
     FIELD(gateway.relay.connect_ms),
     .doc = "longest wait until that listener greets"},
    {.name = "answer_timeout",
     .type = OPTION_DURATION,
     .fallback = "\"4m\"",
     .min = "5s",
     .max = "10m",
     FIELD(gateway.answer_ms),
     .doc = "longest time for all the work on a message"},
    {.name = "trust.ca_bundle",
     .type = OPTION_OPTIONAL_PATH,
     .fallback = "\"/etc/ssl/certs/ca-certificates.crt\"",
     FIELD(gateway.trust.ca_bundle),
     .doc = "file of trusted certificate authorities"},
    {.name = "trust.extra",
     .type = OPTION_PATHS,
     .fallback = "[ ]",
     FIELD(gateway.trust.extra),
     COUNT(gateway.trust.extra_count),
     .doc = "more files or folders of authorities"},
    {.name = "outbound.trusted_networks",
     .type = OPTION_NETWORKS,
     .fallback = "[ ]",
     FIELD(gateway.trusted_networks),
     .doc = "clients that may send for our users without a login"},
    {.name = "outbound.submission_daemons",
     .type = OPTION_NAMES,
     .fallback = "[ ]",
     FIELD(gateway.submission_daemons),
     COUNT(gateway.submission_daemon_count),
     .doc = "listeners that only our users can reach"},
    {.name = "outbound.rate_limit",
     .type = OPTION_COUNT,
     .fallback = "0",
     .min = "0",
     .max = "1000000",
     FIELD(gateway.rate_limit),
     .doc = "most messages of one identity in an hour"},
    {.name = "defaults.sign",
     .type = OPTION_SWITCH,
     .fallback = "true",
     FIELD(gateway.defaults.sign),
     .doc = "sign what users with a certificate send"},
    {.name = "defaults.encrypt",
     SENDER,
     .fallback = "\"off\"",
     FIELD(gateway.defaults),
     .doc = "encrypt what users send"},
    {.name = "defaults.exempt",
     .type = OPTION_EXEMPT,
     .fallback = "[ \"null-sender\", \"dsn\", \"mdn\", \"acme\","
		 " \"auto-submitted\", \"list\", \"resent\","
		 " \"calendar\", \"partial\" ]",
     FIELD(gateway.defaults.exempt),
     .doc = "mail that is left alone"},
    {.name = "defaults.own_cert_problem",
     SENDER,
     .fallback = "\"unsigned\"",
     FIELD(gateway.defaults),
     .doc = "what becomes of mail whose author's certificate cannot sign"},
    {.name = "defaults.signature_algorithm",
     SENDER,
     .fallback = "\"any\"",
     FIELD(gateway.defaults),
     .doc = "which of a user's certificates signs, and how"},
    {.name = "defaults.mixed",
     SENDER,
     .fallback = "\"split\"",
     FIELD(gateway.defaults),
     .doc = "when only some recipients can be given ciphertext"},
    {.name = "defaults.bcc",
     SENDER,
     .fallback = "\"separate\"",
     FIELD(gateway.defaults),
     .doc = "recipients outside To and Cc"},
    {.name = "defaults.triggers",
     SENDER,
     .fallback = "\"all\"",
     FIELD(gateway.defaults),
     .doc = "which of the sender's wishes are followed"},
    {.name = "defaults.mode",
     SENDER,
     .fallback = "\"enforce\"",
     FIELD(gateway.defaults),
     .doc = "act, or only log"},
    {.name = "defaults.escrow",
     .type = OPTION_ADDRESSES,
     .fallback = "[ ]",
     FIELD(gateway.escrow),
     COUNT(gateway.escrow_count),
     .doc = "who can read every ciphertext, too"},
    {.name = "defaults.on_error",
     .type = OPTION_WORD,
     .words = on_error_words,
     .fallback = "\"tempfail\"",
     FIELD(gateway.on_error),
     .doc = "what becomes of mail after an internal error"},
    {.name = "domains",
     .type = OPTION_GROUPS,
     .fallback = "( )",
     FIELD(gateway.domains),
     COUNT(gateway.domain_count),
     MEMBERS(domain_options, struct gateway_domain),
     .doc = "domains for which S/MIME is activated"},
    {.name = "recipient_defaults.encrypt",
     RECIPIENT,
     .fallback = "\"as-sender\"",
     FIELD(gateway.recipient_defaults),
     .doc = "encrypt what they get"},
    {.name = "recipient_defaults.signature",
     RECIPIENT,
     .fallback = "\"detached\"",
     FIELD(gateway.recipient_defaults),
     .doc = "how a signature stands beside its content"},
    {.name = "recipient_defaults.certificates",
     RECIPIENT,
     .fallback = "\"all\"",
     FIELD(gateway.recipient_defaults),
     .doc = "to which of several certificates"},
    {.name = "recipient_defaults.cipher",
     RECIPIENT,
     .fallback = "\"auto\"",
     FIELD(gateway.recipient_defaults),
     .doc = "content encryption"},
    {.name = "recipient_defaults.key_transport",
     RECIPIENT,
     .fallback = "\"auto\"",
     FIELD(gateway.recipient_defaults),
     .doc = "how RSA certificates get the key"},
    {.name = "recipient_defaults.unchecked",
     RECIPIENT,
     .fallback = "\"accept\"",
     FIELD(gateway.recipient_defaults),
     .doc = "certificates that may be revoked, for all we know"},
    {.name = "recipient_domains",
     .type = OPTION_GROUPS,
     .fallback = "( )",
     FIELD(gateway.recipient_domains),
     COUNT(gateway.recipient_domain_count),
     MEMBERS(recipient_domain_options, struct gateway_recipient),
     .doc = "domains of recipients that need something else"},
    {.name = "recipients",
     .type = OPTION_GROUPS,
     .fallback = "( )",
     FIELD(gateway.recipients),
     COUNT(gateway.recipient_count),
     MEMBERS(recipient_options, struct gateway_recipient),
     .doc = "single recipients that need something else"},
    {.name = "triggers",
     .type = OPTION_GROUPS,
     .fallback = "( )",
     FIELD(gateway.triggers),
     COUNT(gateway.trigger_count),
     MEMBERS(trigger_options, struct gateway_trigger),
     .fault = group_trigger_fault,
     .doc = "how a sender says what he wants"},
    {.name = "logins",
     .type = OPTION_GROUPS,
     .fallback = "( )",
     FIELD(gateway.logins),
     COUNT(gateway.login_count),
     MEMBERS(login_options, struct gateway_login),
     .fault = group_login_fault,
     .doc = "who may write as somebody else"},
    {.name = "client_certificates",
     .type = OPTION_GROUPS,
     .fallback = "( )",
     FIELD(gateway.clients),
     COUNT(gateway.client_count),
     MEMBERS(client_options, struct gateway_client),
     .fault = group_client_fault,
     .same = group_client_same,
     .doc = "TLS certificates that may send for our users"},
    {.name = "limits.spool_memory",
     .type = OPTION_SIZE,
     .fallback = "\"1M\"",
     .min = "64K",
     .max = "1G",
     FIELD(gateway.spool.memory),
     .doc = "largest message that is kept in memory"},
    {.name = "limits.max_message",
     .type = OPTION_SIZE,
     .fallback = "\"150M\"",
     .min = "1M",
     .max = "2G",
     FIELD(gateway.spool.max),
     .doc = "largest message that is worked on"},
    {.name = "log.target",
     .type = OPTION_LOG_TARGET,
     .fallback = "\"syslog\"",
     FIELD(log),
     .restart = true,
     .doc = "where the log goes"},
    {.name = "log.level",
     .type = OPTION_WORD,
     .words = log_level_words,
     .fallback = "\"info\"",
     FIELD(log.level),
     .restart = true,
     .doc = "how much is logged"},
};
/* clang-format on */

const size_t option_table_size = sizeof(option_table) / sizeof(*option_table);
