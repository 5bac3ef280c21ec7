/* Words of settings read back as what they were written for. */
#include "unit/unit.h"

#include <string.h>

#include "base/setting.h"

/* All settings of a level, of either kind. */
struct table {
	const struct setting *at;
	size_t count, width; /* of the level */
};
static const struct table tables[] = {
    {sender_settings, SENDER_SETTINGS, sizeof(struct setting_level)},
    {recipient_settings, RECIPIENT_SETTINGS, sizeof(struct recipient_level)},
};
#define TABLES (sizeof(tables) / sizeof(*tables))

/* Room for either level; one value is as wide as an enum. */
#define LEVEL_MAX sizeof(struct setting_level)
_Static_assert(sizeof(struct recipient_level) <= LEVEL_MAX, "room");

/* Each setting has a place of its own, and together they are the level. */
static void
test_tables(void **state)
{
	unsigned char used[LEVEL_MAX];

	(void)state;
	for (size_t t = 0; t < TABLES; t++) {
		memset(used, 0, sizeof(used));
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct setting *s = &tables[t].at[i];

			assert_ptr_equal(setting_find(tables[t].at,
					     tables[t].count, s->name),
			    s);
			assert_true(
			    s->offset + sizeof(unsigned) <= tables[t].width);
			for (size_t k = 0; k < sizeof(unsigned); k++)
				assert_int_equal(used[s->offset + k]++, 0);
		}
		assert_int_equal(
		    tables[t].count * sizeof(unsigned), tables[t].width);
	}
	assert_null(setting_find(sender_settings, SENDER_SETTINGS, "cipher"));
	assert_null(setting_find(sender_settings, SENDER_SETTINGS, ""));
}

/* What a setting is called reads back as it; what else is there stays. */
static void
check_words(const struct setting *s)
{
	unsigned char level[LEVEL_MAX], before[LEVEL_MAX];
	char text[SETTING_TEXT];

	for (unsigned i = 0; s->words[i]; i++) {
		memset(level, 0xa5, sizeof(level));
		memcpy(before, level, sizeof(before));
		assert_int_equal(setting_parse(s, s->words[i], level), 0);
		setting_text(s, level, text);
		assert_string_equal(text, s->words[i]);
		assert_int_equal(setting_is_inherited(s, level), i == 0);
		memcpy(before + s->offset, &i, sizeof(i));
		assert_memory_equal(level, before, sizeof(level));
	}
	assert_string_equal(s->words[0], "inherit");
}

static void
check_other_words(const struct setting *s)
{
	static const char *const bad[] = {"", "ON", " on", "inherit ",
	    "sometimes", "split,", "rsa-sha256", "1"};
	unsigned char level[LEVEL_MAX], before[LEVEL_MAX];

	memset(level, 0xa5, sizeof(level));
	memcpy(before, level, sizeof(before));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(setting_parse(s, bad[i], level), -1);
	assert_memory_equal(level, before, sizeof(level));
}

static void
test_words(void **state)
{
	(void)state;
	for (size_t t = 0; t < TABLES; t++)
		for (size_t i = 0; i < tables[t].count; i++) {
			if (tables[t].at[i].words)
				check_words(&tables[t].at[i]);
			check_other_words(&tables[t].at[i]);
		}
}

/* The words stand in the order of their enum. */
static void
test_order(void **state)
{
	struct setting_level sender = {.sign = SWITCH_INHERIT};
	struct recipient_level recipient = {.encrypt = RECEIVE_INHERIT};
	static const char *const last[] = {"on", "required", "all", "defer",
	    "ed25519", "refuse-the-rest", "refuse", "all", "shadow", "on",
	    "always", "refuse"};
	static const char *const last_of_recipients[] = {"required", "opaque",
	    "newest", "aes128-gcm", "oaep", "refuse", "required", "required",
	    "individual", "refuse"};

	(void)state;
	for (size_t i = 0; i < SENDER_SETTINGS; i++)
		assert_int_equal(
		    setting_parse(&sender_settings[i], last[i], &sender), 0);
	assert_int_equal(sender.sign, SWITCH_ON);
	assert_int_equal(sender.encrypt, ENCRYPT_REQUIRED);
	assert_int_equal(sender.exempt, EXEMPT_ALL);
	assert_int_equal(sender.own_problem, OWN_PROBLEM_DEFER);
	assert_int_equal(sender.algorithm, ALGORITHM_ED25519);
	assert_int_equal(sender.mixed, MIXED_REFUSE_THE_REST);
	assert_int_equal(sender.bcc, BCC_REFUSE);
	assert_int_equal(sender.triggers, TRIGGERS_ALL);
	assert_int_equal(sender.mode, MODE_SHADOW);
	assert_int_equal(sender.decrypt, SWITCH_ON);
	assert_int_equal(sender.disclaimer_repeat, DISCLAIMER_REPEAT_ALWAYS);
	assert_int_equal(
	    sender.disclaimer_protected, DISCLAIMER_PROTECTED_REFUSE);
	for (size_t i = 0; i < RECIPIENT_SETTINGS; i++)
		assert_int_equal(setting_parse(&recipient_settings[i],
				     last_of_recipients[i], &recipient),
		    0);
	assert_int_equal(recipient.encrypt, RECEIVE_REQUIRED);
	assert_int_equal(recipient.form, FORM_OPAQUE);
	assert_int_equal(recipient.certificates, CERTIFICATES_NEWEST);
	assert_int_equal(recipient.cipher, CIPHER_AES128_GCM);
	assert_int_equal(recipient.transport, TRANSPORT_OAEP);
	assert_int_equal(recipient.unchecked, UNCHECKED_REFUSE);
	assert_int_equal(recipient.inbound_signature, DEMAND_REQUIRED);
	assert_int_equal(recipient.inbound_encryption, DEMAND_REQUIRED);
	assert_int_equal(recipient.inbound_level, ASSURANCE_INDIVIDUAL);
	assert_int_equal(recipient.inbound_action, UNMET_REFUSE);
	assert_string_equal(setting_switch_name(sender.sign), "on");
	assert_string_equal(setting_encrypt_name(sender.encrypt), "required");
	assert_string_equal(
	    setting_cipher_name(recipient.cipher), "aes128-gcm");
}

static const struct setting *
exempt_setting(void)
{
	return setting_find(sender_settings, SENDER_SETTINGS, "exempt");
}

static void
parses_to(const char *text, unsigned wanted)
{
	struct setting_level level = {.exempt = 12345};

	assert_int_equal(setting_parse(exempt_setting(), text, &level), 0);
	assert_int_equal(level.exempt, wanted);
}

static void
test_exempt_words(void **state)
{
	char text[SETTING_TEXT];

	(void)state;
	parses_to("inherit", EXEMPT_INHERIT);
	/* Always there (rule N4). */
	parses_to("none", EXEMPTION_BIT(EXEMPT_PARTIAL));
	parses_to("partial", EXEMPTION_BIT(EXEMPT_PARTIAL));
	parses_to(
	    "list", EXEMPTION_BIT(EXEMPT_LIST) | EXEMPTION_BIT(EXEMPT_PARTIAL));
	parses_to("dsn,null-sender,dsn", EXEMPTION_BIT(EXEMPT_NULL_SENDER) |
					     EXEMPTION_BIT(EXEMPT_DSN) |
					     EXEMPTION_BIT(EXEMPT_PARTIAL));
	parses_to("all", EXEMPT_ALL);
	setting_exempt_text(EXEMPT_ALL, text);
	assert_string_equal(text,
	    "null-sender,dsn,mdn,acme,auto-submitted,list,resent,calendar,"
	    "partial");
	parses_to(text, EXEMPT_ALL);
	setting_exempt_text(EXEMPT_INHERIT, text);
	assert_string_equal(text, "inherit");
}

static void
test_exempt_others(void **state)
{
	static const char *const bad[] = {"", ",", "dsn,", ",dsn", "dsn,,mdn",
	    "dsn, mdn", "DSN", "lists", "not", "all,dsn", "inherit,dsn"};
	struct setting_level level = {.exempt = 12345};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(
		    setting_parse(exempt_setting(), bad[i], &level), -1);
	assert_int_equal(level.exempt, 12345);
}

/* Every set of exemptions reads back, with partial in it. */
static void
test_exempt_sets(void **state)
{
	char text[SETTING_TEXT];

	(void)state;
	for (unsigned set = 2; set <= EXEMPT_ALL; set += 2) {
		setting_exempt_text(set, text);
		parses_to(text, set | EXEMPT_ALWAYS);
	}
	for (int e = EXEMPT_NOT + 1; e < EXEMPTION_COUNT; e++) {
		const char *name = setting_exemption_name((enum exemption)e);

		assert_int_equal(setting_exemption_find(name, strlen(name)), e);
	}
	assert_int_equal(setting_exemption_find("dsn", 2), EXEMPT_NOT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_exempt_words),
	    cmocka_unit_test(test_exempt_others),
	    cmocka_unit_test(test_exempt_sets),
	};

	return cmocka_run_group_tests_name("setting", tests, NULL, NULL);
}
