/*
 * setting.h: the words of policy settings, as they are stored, configured
 * and typed.  Every setting may be "inherit": the level above decides.
 */
#ifndef BASE_SETTING_H
#define BASE_SETTING_H

#include "base/err.h"

enum setting_switch {
	SWITCH_INHERIT = 0,
	SWITCH_OFF,
	SWITCH_ON
};

enum setting_encrypt {
	ENCRYPT_INHERIT = 0,
	ENCRYPT_OFF,
	ENCRYPT_IF_POSSIBLE,
	ENCRYPT_REQUIRED
};

/* What one level (file, domain, user) says; the most specific level that
 * speaks decides. */
struct setting_level {
	enum setting_switch sign;
	enum setting_encrypt encrypt;
};

/* "inherit", "off", "on" and back; -1 when text is none of them. */
int setting_switch_parse(const char *text, enum setting_switch *out) MUST_USE;
const char *setting_switch_name(enum setting_switch value);

/* "inherit", "off", "if-possible", "required" and back. */
int setting_encrypt_parse(const char *text, enum setting_encrypt *out) MUST_USE;
const char *setting_encrypt_name(enum setting_encrypt value);

#endif
