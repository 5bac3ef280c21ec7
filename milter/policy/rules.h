/*
 * rules.h: settings with inheritance: built-in, global, domain, user for who
 * sends; built-in, global, domain patterns, domain, address for who receives.
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "base/setting.h"

/* What applies when no level says anything: sign on (once there is a
 * certificate, A1), encrypt off, everything exempt that can be, mail goes on
 * unsigned when the certificate cannot sign, any algorithm; mixed recipients
 * are split, and so are blind copies. */
extern const struct setting_level policy_builtin;
/* As the sender's policy says; every client reads it. */
extern const struct recipient_level policy_recipient_builtin;

/* What a more specific level sets replaces what stands in level. */
void policy_override(
    struct setting_level *level, const struct setting_level *by);
void policy_recipient_override(
    struct recipient_level *level, const struct recipient_level *by);

/* The values that apply for levels given from the most general to the most
 * specific; never inherit in the result.  count may be 0. */
struct setting_level policy_effective(
    const struct setting_level *levels, unsigned count);

/* The one that protects more: off, if-possible, required. */
enum setting_encrypt policy_strictest(
    enum setting_encrypt a, enum setting_encrypt b);

#endif
