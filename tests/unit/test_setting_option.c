/* Options of settings: one for each, with all their words, read back into a
 * level. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "admin/setting_option.h"

/* --- the options --- */

static const struct command_option *
find_option(const struct command_option *options, const char *name)
{
	for (; options->name; options++)
		if (strcmp(options->name, name) == 0)
			return options;
	fail_msg("no --%s", name);
	return NULL;
}

static size_t
count_options(const struct command_option *options)
{
	size_t n = 0;

	while (options[n].name)
		n++;
	return n;
}

static void
test_options(void **state)
{
	const struct command_option *o;

	(void)state;
	setting_options_init();
	setting_options_init(); /* once is enough */
	assert_int_equal(
	    count_options(setting_domain_options), SENDER_SETTINGS + 2);
	assert_int_equal(
	    count_options(setting_user_options), SENDER_SETTINGS + 3);
	assert_int_equal(
	    count_options(setting_recipient_options), RECIPIENT_SETTINGS + 1);
	o = find_option(setting_domain_options, "own-cert-problem");
	assert_string_equal(o->argument, "unsigned|defer|inherit");
	o = find_option(setting_user_options, "encrypt");
	assert_string_equal(o->argument, "off|if-possible|required|inherit");
	o = find_option(setting_recipient_options, "encrypt");
	assert_string_equal(
	    o->argument, "as-sender|never|if-possible|required|inherit");
	/* What would be too long stands in the help. */
	o = find_option(setting_user_options, "signature-algorithm");
	assert_string_equal(o->argument, "WORD|inherit");
	assert_non_null(strstr(o->help, ": any, rsa, rsa-pss, ecdsa-p256"));
	o = find_option(setting_user_options, "exempt");
	assert_string_equal(o->argument, "WORD,...|none|all|inherit");
	assert_non_null(strstr(o->help, ": null-sender, dsn, mdn"));
}

/* Every word that a setting has can be found in argument or help. */
static void
test_all_words(void **state)
{
	(void)state;
	setting_options_init();
	for (size_t i = 0; i < SENDER_SETTINGS; i++) {
		const struct setting *s = &sender_settings[i];
		const struct command_option *o = &setting_domain_options[i + 2];

		for (size_t w = 0; s->words && s->words[w]; w++)
			if (!strstr(o->argument, s->words[w]) &&
			    !strstr(o->help, s->words[w]))
				fail_msg("--%s: %s", o->name, s->words[w]);
	}
}

/* --- reading them --- */

/* A command line "--name value ..." of a verb with these options. */
struct line {
	struct command command;
	const char *values[SENDER_SETTINGS + 4];
	struct args args;
};

static void
line_init(struct line *l, const struct command_option *options)
{
	memset(l, 0, sizeof(*l));
	l->command.options = options;
	l->args.command = &l->command;
	l->args.values = l->values;
}

static void
give(struct line *l, const char *name, const char *value)
{
	l->values[find_option(l->command.options, name) - l->command.options] =
	    value;
}

static void
test_read(void **state)
{
	struct setting_level level = {
	    .sign = SWITCH_ON, .mixed = MIXED_ALL_OR_NONE};
	struct line line;
	struct err err;

	(void)state;
	line_init(&line, setting_user_options);
	assert_false(
	    setting_options_given(&line.args, &setting_senders, "first"));
	give(&line, "own-cert-problem", "defer");
	give(&line, "mixed", "inherit");
	give(&line, "exempt", "dsn,list");
	assert_true(
	    setting_options_given(&line.args, &setting_senders, "first"));
	assert_int_equal(
	    setting_options_read(&line.args, &setting_senders, &level, &err),
	    VERB_DONE);
	assert_int_equal(level.sign, SWITCH_ON); /* not given: stays */
	assert_int_equal(level.mixed, MIXED_INHERIT);
	assert_int_equal(level.own_problem, OWN_PROBLEM_DEFER);
	assert_int_equal(level.exempt, EXEMPTION_BIT(EXEMPT_DSN) |
					   EXEMPTION_BIT(EXEMPT_LIST) |
					   EXEMPT_ALWAYS);
}

static void
wrong(const char *name, const char *value, const char *text)
{
	struct setting_level level = {.sign = SWITCH_INHERIT};
	struct line line;
	struct err err;

	line_init(&line, setting_domain_options);
	give(&line, name, value);
	assert_int_equal(
	    setting_options_read(&line.args, &setting_senders, &level, &err),
	    VERB_USAGE);
	assert_string_equal(err.text, text);
}

static void
test_wrong_words(void **state)
{
	(void)state;
	wrong("sign", "yes", "--sign yes: not off, on or inherit");
	wrong("mode", "", "--mode : not enforce, shadow or inherit");
	wrong("own-cert-problem", "Defer",
	    "--own-cert-problem Defer: not unsigned, defer or inherit");
	wrong("exempt", "lists",
	    "--exempt lists: not none, all, inherit or a list of: "
	    "null-sender, dsn, mdn, acme, auto-submitted, list, resent, "
	    "calendar, partial");
}

/* --- showing them --- */

static void
test_text(void **state)
{
	const struct recipient_level nothing = {.encrypt = RECEIVE_INHERIT};
	const struct recipient_level level = {
	    .encrypt = RECEIVE_NEVER, .transport = TRANSPORT_OAEP};
	char *text;

	(void)state;
	text = setting_options_text(&setting_recipients, &level);
	assert_string_equal(text,
	    "encrypt=never signature=inherit certificates=inherit "
	    "cipher=inherit key-transport=oaep unchecked=inherit "
	    "inbound-signature=inherit inbound-encryption=inherit "
	    "inbound-level=inherit inbound-action=inherit");
	free(text);
	text = setting_spoken_text(&setting_recipients, &level);
	assert_string_equal(text, "encrypt=never key-transport=oaep");
	free(text);
	text = setting_spoken_text(&setting_recipients, &nothing);
	assert_string_equal(text, "");
	free(text);
}

static void
test_json(void **state)
{
	const struct setting_level level = {
	    .exempt = EXEMPTION_BIT(EXEMPT_DSN) | EXEMPT_ALWAYS,
	    .algorithm = ALGORITHM_RSA_PSS};
	json_t *object = json_object(), *list;
	const struct setting *exempt =
	    setting_find(sender_settings, SENDER_SETTINGS, "exempt");

	(void)state;
	setting_set_members(object, &setting_senders, &level);
	assert_int_equal(json_object_size(object), SENDER_SETTINGS);
	assert_string_equal(
	    json_string_value(json_object_get(object, "exempt")),
	    "dsn,partial");
	assert_string_equal(
	    json_string_value(json_object_get(object, "signature_algorithm")),
	    "rsa-pss");
	assert_string_equal(
	    json_string_value(json_object_get(object, "bcc")), "inherit");
	json_decref(object);
	list = setting_value(exempt, &level);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(
	    json_string_value(json_array_get(list, 1)), "partial");
	json_decref(list);
}

static void
test_columns(void **state)
{
	struct setting_columns c;

	(void)state;
	setting_columns_init(&c);
	setting_columns_add(&c, "name", "Name", COLUMN_TEXT);
	setting_columns_add_all(&c, &setting_senders);
	setting_columns_add_effective(&c, &setting_senders);
	assert_int_equal(c.count, 1 + 2 * SENDER_SETTINGS);
	assert_null(c.at[c.count].key);
	assert_string_equal(c.at[4].key, "own_cert_problem");
	assert_string_equal(c.at[4].title, "Own cert problem");
	assert_string_equal(
	    c.at[4 + SENDER_SETTINGS].key, "effective.own_cert_problem");
	assert_string_equal(
	    c.at[4 + SENDER_SETTINGS].title, "Effective own cert problem");
	setting_columns_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_all_words),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_wrong_words),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
