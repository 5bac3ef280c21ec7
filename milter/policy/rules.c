/* rules.c: see rules.h.  Pure functions, callable from any thread. */
#include "policy/rules.h"

const struct setting_level policy_builtin = {
    .sign = SWITCH_ON,
    .encrypt = ENCRYPT_OFF,
    .exempt = EXEMPT_ALL,
    .own_problem = OWN_PROBLEM_UNSIGNED,
    .algorithm = ALGORITHM_ANY,
};

void
policy_override(struct setting_level *level, const struct setting_level *by)
{
	if (by->sign != SWITCH_INHERIT)
		level->sign = by->sign;
	if (by->encrypt != ENCRYPT_INHERIT)
		level->encrypt = by->encrypt;
	if (by->exempt != EXEMPT_INHERIT)
		level->exempt = by->exempt;
	if (by->own_problem != OWN_PROBLEM_INHERIT)
		level->own_problem = by->own_problem;
	if (by->algorithm != ALGORITHM_INHERIT)
		level->algorithm = by->algorithm;
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
