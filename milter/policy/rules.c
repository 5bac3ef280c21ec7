/* rules.c: see rules.h.  Pure functions, callable from any thread. */
#include "policy/rules.h"

const struct policy_level policy_builtin = {
    .sign = SWITCH_ON,
    .encrypt = ENCRYPT_OFF,
};

struct policy_level
policy_effective(const struct policy_level *levels, unsigned count)
{
	struct policy_level effective = policy_builtin;

	for (unsigned i = 0; i < count; i++) {
		if (levels[i].sign != SWITCH_INHERIT)
			effective.sign = levels[i].sign;
		if (levels[i].encrypt != ENCRYPT_INHERIT)
			effective.encrypt = levels[i].encrypt;
	}
	return effective;
}

enum setting_encrypt
policy_strictest(enum setting_encrypt a, enum setting_encrypt b)
{
	return a > b ? a : b;
}
