/* rules.c: see rules.h.  Pure functions, callable from any thread. */
#include "policy/rules.h"

const struct setting_level policy_builtin = {
    .sign = SWITCH_ON,
    .encrypt = ENCRYPT_OFF,
    .exempt = EXEMPT_ALL,
    .own_problem = OWN_PROBLEM_UNSIGNED,
    .algorithm = ALGORITHM_ANY,
    .mixed = MIXED_SPLIT,
    .bcc = BCC_SEPARATE,
    .triggers = TRIGGERS_ALL,
    .mode = MODE_ENFORCE,
    .decrypt = SWITCH_ON,
    .disclaimer_repeat = DISCLAIMER_REPEAT_ONCE,
    .disclaimer_protected = DISCLAIMER_PROTECTED_PASS,
};

const struct recipient_level policy_recipient_builtin = {
    .encrypt = RECEIVE_AS_SENDER,
    .form = FORM_DETACHED,
    .certificates = CERTIFICATES_ALL,
    .cipher = CIPHER_AUTO,
    .transport = TRANSPORT_AUTO,
    .unchecked = UNCHECKED_ACCEPT,
    .inbound_signature = DEMAND_ANY,
    .inbound_encryption = DEMAND_ANY,
    .inbound_level = ASSURANCE_ANY,
    .inbound_action = UNMET_MARK,
};

void
policy_override(struct setting_level *level, const struct setting_level *by)
{
	setting_override(sender_settings, SENDER_SETTINGS, level, by);
}

void
policy_recipient_override(
    struct recipient_level *level, const struct recipient_level *by)
{
	setting_override(recipient_settings, RECIPIENT_SETTINGS, level, by);
}

struct setting_level
policy_effective(const struct setting_level *levels, unsigned count)
{
	struct setting_level effective = policy_builtin;

	for (unsigned i = 0; i < count; i++)
		policy_override(&effective, &levels[i]);
	return effective;
}

enum setting_encrypt
policy_strictest(enum setting_encrypt a, enum setting_encrypt b)
{
	return a > b ? a : b;
}
