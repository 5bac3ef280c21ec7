/*
 * print_documented: what the manual pages must tell, from the program's own
 * tables; for settings_doc_test.py.
 *
 *   print_documented options       NAME tab DEFAULT tab ROLE of each option;
 *                                  ROLE: "signer", "guard" or "both"
 *   print_documented reasons       the words of reason= in the log
 *   print_documented replies       CODE EXTENDED WORD of each reason with a
 *                                  reply of its own, two where it may wait
 *   print_documented picks         the words for certificates
 *   print_documented load FILE     loads a configuration; one line per error
 */
#include <stdio.h>
#include <string.h>

#include "cert/cert_pick.h"
#include "policy/plan.h"
#include "settings/option.h"
#include "settings/settings.h"

static void
print_options(const char *prefix, const struct option *table, size_t size)
{
	static const char *const roles[] = {
	    [OPTION_NOT_IN_GUARD] = "signer",
	    [OPTION_IN_GUARD_TOO] = "both",
	    [OPTION_ONLY_IN_GUARD] = "guard",
	};
	char members[64];

	for (size_t i = 0; i < size; i++) {
		const struct option *o = &table[i];

		printf("%s%s\t%s\t%s\n", prefix, o->name,
		    o->fallback ? o->fallback : "", roles[o->guard]);
		snprintf(members, sizeof(members), "%s.", o->name);
		if (o->list)
			print_options(
			    members, o->list->options, o->list->count);
	}
}

static void
print_reasons(void)
{
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		puts(plan_reason_name((enum plan_reason)i));
}

static void
print_reply(const struct plan_wording *w, int reason)
{
	if (w != plan_reason_wording(REASON_NONE) || reason == REASON_INTERNAL)
		printf("%s %s %s\n", w->code, w->extended,
		    plan_reason_name((enum plan_reason)reason));
}

static void
print_replies(void)
{
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		const struct plan_wording *w =
		    plan_reason_wording((enum plan_reason)i);
		const struct plan_wording *waiting =
		    plan_reason_waiting((enum plan_reason)i);

		print_reply(w, i);
		if (waiting != w)
			print_reply(waiting, i);
	}
}

static void
print_picks(void)
{
	for (int i = 0; i < CERT_PICK_COUNT; i++)
		puts(cert_pick_word_name((enum cert_pick_word)i));
}

static int
load(const char *path)
{
	struct settings_errors errors;
	struct settings *settings;
	int rc;

	settings_errors_init(&errors);
	rc = settings_load(path, &settings, &errors);
	for (size_t i = 0; i < errors.count; i++)
		puts(errors.lines[i]);
	settings_errors_fini(&errors);
	if (rc == 0)
		settings_unref(&settings);
	return rc ? 1 : 0;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "load") == 0 && argc == 3)
		return load(argv[2]);
	if (strcmp(what, "options") == 0) {
		print_options("", option_table, option_table_size);
		return 0;
	}
	if (strcmp(what, "reasons") == 0) {
		print_reasons();
		return 0;
	}
	if (strcmp(what, "replies") == 0) {
		print_replies();
		return 0;
	}
	if (strcmp(what, "picks") == 0) {
		print_picks();
		return 0;
	}
	return 2;
}
