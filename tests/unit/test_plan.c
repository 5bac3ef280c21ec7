/* The words and replies of reasons: complete, distinct, fit for SMTP. */
#include "unit/unit.h"

#include <string.h>

#include "policy/plan.h"

static void
test_names(void **state)
{
	(void)state;
	for (int i = 0; i < REASON_COUNT; i++) {
		const char *name = plan_reason_name((enum plan_reason)i);

		assert_non_null(name);
		assert_int_equal(
		    strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
			    name, plan_reason_name((enum plan_reason)j));
	}
}

/* RFC 5321 4.2, RFC 3463: first digits agree; a text for a reply line. */
static void
test_wording(void **state)
{
	(void)state;
	for (int i = 0; i < REASON_COUNT; i++) {
		const struct plan_wording *w =
		    plan_reason_wording((enum plan_reason)i);

		assert_int_equal(strlen(w->code), 3);
		assert_true(w->code[0] == '4' || w->code[0] == '5');
		assert_int_equal(w->code[0], w->extended[0]);
		assert_int_equal(w->extended[1], '.');
		assert_null(strchr(w->text, '%'));
		assert_true(strlen(w->text) < 200);
		/* what; remedy */
		assert_non_null(strstr(w->text, "; "));
	}
}

static void
test_waiting(void **state)
{
	const struct plan_wording *w = plan_reason_waiting(REASON_SEAL_BROKEN);

	(void)state;
	assert_string_equal(w->extended, "4.7.58");
	assert_non_null(strstr(w->text, "; "));
	assert_true(strlen(w->text) < 200);
	for (int i = 0; i < REASON_COUNT; i++) {
		w = plan_reason_waiting((enum plan_reason)i);
		assert_string_equal(w->code, "451");
		assert_int_equal(w->extended[0], '4');
	}
}

static void
test_codes(void **state)
{
	static const struct {
		enum plan_reason reason;
		const char *code;
		const char *extended;
	} rows[] = {
	    {REASON_NO_CERTIFICATE, "550", "5.7.51"},
	    {REASON_RECIPIENT_EXPIRED, "550", "5.7.52"},
	    {REASON_RECIPIENT_UNUSABLE, "550", "5.7.53"},
	    {REASON_RECIPIENT_UNTRUSTED, "550", "5.7.53"},
	    {REASON_RECIPIENT_PENDING, "550", "5.7.53"},
	    {REASON_RECIPIENT_SUSPENDED, "550", "5.7.53"},
	    {REASON_BCC, "550", "5.7.54"},
	    {REASON_LOCAL_RECIPIENT, "550", "5.7.55"},
	    {REASON_BAD_RECIPIENT, "550", "5.7.56"},
	    {REASON_NOT_ENCRYPTABLE, "550", "5.7.57"},
	    {REASON_TOO_LARGE, "552", "5.3.4"},
	    {REASON_MUST_BE_SIGNED, "550", "5.7.61"},
	    {REASON_MUST_BE_ENCRYPTED, "550", "5.7.62"},
	    {REASON_LEVEL_TOO_LOW, "550", "5.7.63"},
	    {REASON_DISCLAIMER_REFUSED, "550", "5.7.64"},
	    {REASON_DISCLAIMER_UNKNOWN, "451", "4.7.59"},
	    {REASON_SEAL_BROKEN, "550", "5.7.65"},
	    {REASON_KEYD, "451", "4.7.51"},
	    {REASON_STORE, "451", "4.7.52"},
	    {REASON_INTERNAL, "451", "4.7.53"},
	    {REASON_OWN_EXPIRED, "451", "4.7.54"},
	    {REASON_OWN_NOT_YET, "451", "4.7.54"},
	    {REASON_OWN_MISMATCH, "451", "4.7.54"},
	    {REASON_OWN_USAGE, "451", "4.7.54"},
	    {REASON_OWN_WEAK, "451", "4.7.54"},
	    {REASON_NO_OWN_CERTIFICATE, "451", "4.7.53"},
	    {REASON_NONE, "451", "4.7.53"},
	    {REASON_UNSIGNED, "451", "4.7.53"},
	    {REASON_NOT_OPENED, "451", "4.7.53"},
	    {REASON_NO_LISTENER, "451", "4.7.53"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct plan_wording *w =
		    plan_reason_wording(rows[i].reason);

		assert_string_equal(w->code, rows[i].code);
		assert_string_equal(w->extended, rows[i].extended);
	}
}

/* Who has no certificate, or is retired, has no problem with one. */
static void
test_own(void **state)
{
	(void)state;
	for (int i = 0; i < REASON_COUNT; i++) {
		const char *name = plan_reason_name((enum plan_reason)i);

		assert_int_equal(plan_reason_is_own((enum plan_reason)i),
		    strncmp(name, "own-", 4) == 0 && i != REASON_OWN_COPY);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_wording),
	    cmocka_unit_test(test_waiting),
	    cmocka_unit_test(test_codes),
	    cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
