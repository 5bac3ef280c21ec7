/*
 * option_list.h: the options of the groups in each list of groups.
 */
#ifndef SETTINGS_OPTION_LIST_H
#define SETTINGS_OPTION_LIST_H

#include "base/setting.h"
#include "settings/option.h"

/* In the tables: an option that is a policy setting, whose words and meaning are
 * those of base/setting.h. */
#define SENDER                                                                 \
	.type = OPTION_SETTING, .settings = sender_settings,                   \
	.setting_count = SENDER_SETTINGS
#define RECIPIENT                                                              \
	.type = OPTION_SETTING, .settings = recipient_settings,                \
	.setting_count = RECIPIENT_SETTINGS

/* Of struct gateway_domain, _disclaimer, _recipient, _recipient, _trigger,
 * _login, _client. */
extern const struct option_list option_domains;
extern const struct option_list option_disclaimers;
extern const struct option_list option_recipient_domains;
extern const struct option_list option_recipients;
extern const struct option_list option_triggers;
extern const struct option_list option_logins;
extern const struct option_list option_clients;

#endif
