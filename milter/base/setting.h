/*
 * setting.h: the words of policy settings, as they are stored, configured
 * and typed.  Every setting may be "inherit": the level above decides.
 */
#ifndef BASE_SETTING_H
#define BASE_SETTING_H

#include <stddef.h>

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

/* What becomes of mail when its author's own certificate cannot sign (A8). */
enum setting_own_problem {
	OWN_PROBLEM_INHERIT = 0,
	OWN_PROBLEM_UNSIGNED, /* it goes on without a signature */
	OWN_PROBLEM_DEFER     /* it waits with the sender: 451 */
};

/* With what kind of key and signature a user's mail is signed (A7). */
enum setting_algorithm {
	ALGORITHM_INHERIT = 0,
	ALGORITHM_ANY, /* whatever the newest certificate has */
	ALGORITHM_RSA, /* PKCS#1 v1.5 */
	ALGORITHM_RSA_PSS,
	ALGORITHM_ECDSA_P256,
	ALGORITHM_ECDSA_P384,
	ALGORITHM_ECDSA_P521,
	ALGORITHM_ED25519
};

/* How a signature stands beside its content, for a recipient's domain (A2). */
enum setting_form {
	FORM_DETACHED = 0, /* multipart/signed */
	FORM_OPAQUE	   /* signed-data: for who rewrites bodies (rule S16) */
};

/* What makes mail one that can be left alone (A9, rules N3 and N4), in the
 * order in which it is named when it is several. */
enum exemption {
	EXEMPT_NOT = 0,
	EXEMPT_NULL_SENDER,
	EXEMPT_DSN,
	EXEMPT_MDN,
	EXEMPT_ACME,
	EXEMPT_AUTO_SUBMITTED,
	EXEMPT_LIST,
	EXEMPT_RESENT,
	EXEMPT_CALENDAR,
	EXEMPT_PARTIAL,
	EXEMPTION_COUNT
};

/* Sets of them.  The empty set says nothing: as a setting it is "inherit".
 * message/partial is in every setting that is one: a fragment signed as if
 * it were whole cannot be verified once it is put together (rule N4). */
#define EXEMPTION_BIT(e) (1u << (unsigned)(e))
#define EXEMPT_INHERIT	 0u
#define EXEMPT_ALWAYS	 EXEMPTION_BIT(EXEMPT_PARTIAL)
#define EXEMPT_ALL	 (EXEMPTION_BIT(EXEMPTION_COUNT) - 2u)

/* What one level (file, domain, user) says; the most specific level that
 * speaks decides. */
struct setting_level {
	enum setting_switch sign;
	enum setting_encrypt encrypt;
	unsigned exempt; /* a set of exemptions */
	enum setting_own_problem own_problem;
	enum setting_algorithm algorithm;
};

/* "inherit", "off", "on" and back; -1 when text is none of them. */
int setting_switch_parse(const char *text, enum setting_switch *out) MUST_USE;
const char *setting_switch_name(enum setting_switch value);

/* "inherit", "off", "if-possible", "required" and back. */
int setting_encrypt_parse(const char *text, enum setting_encrypt *out) MUST_USE;
const char *setting_encrypt_name(enum setting_encrypt value);

/* "inherit", "unsigned", "defer" and back. */
int setting_own_problem_parse(
    const char *text, enum setting_own_problem *out) MUST_USE;
const char *setting_own_problem_name(enum setting_own_problem value);

/* "inherit", "any", "rsa", "rsa-pss", "ecdsa-p256", "ecdsa-p384",
 * "ecdsa-p521", "ed25519" and back. */
int setting_algorithm_parse(
    const char *text, enum setting_algorithm *out) MUST_USE;
const char *setting_algorithm_name(enum setting_algorithm value);

/* "detached", "opaque" */
const char *setting_form_name(enum setting_form value);

/* "null-sender", "dsn" ... "partial"; not for EXEMPT_NOT. */
const char *setting_exemption_name(enum exemption exemption);
/* The exemption whose name these len bytes are, or EXEMPT_NOT. */
enum exemption setting_exemption_find(const char *name, size_t len);

/* "inherit", "none", "all", or such words with commas between them. */
int setting_exempt_parse(const char *text, unsigned *out) MUST_USE;
/* "inherit" or words with commas; out has room for SETTING_EXEMPT_TEXT. */
#define SETTING_EXEMPT_TEXT 128
void setting_exempt_text(unsigned exempt, char *out);

#endif
