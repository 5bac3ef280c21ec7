/*
 * decision_case.c: see decision_case.h.  tests/policy/decisions.txt explains
 * the words.
 */
#include "unit/decision_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* As many copies as anybody wants. */
#define COPIES_MANY 50

static const char *const identities[] = {"no-user", "retired", "no-certificate",
    "expired", "not-yet-valid", "wrong-address", "wrong-usage", "weak",
    "ready"};
static const char *const picks[] = {"taken", "no-certificate", "expired",
    "not-yet-valid", "wrong-address", "wrong-usage", "weak", "unsupported-key",
    "untrusted", "revoked", "pending", "distrusted", "not-preferred",
    "not-newest", "unchecked", "domain-certificate", "suspended"};

static int
word_index(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -1;
}

/* --- who sends --- */

static bool
is_own(const struct policy_facts *f, const char *address)
{
	const char *domain = strrchr(address, '@');

	return domain &&
	       (strcmp(domain, "@example.org") == 0 ||
		   (f->own_domains > 1 && strcmp(domain, "@example.net") == 0));
}

/* "none", or mailboxes with "+" between them */
static int
set_from(struct policy_facts *f, char *list)
{
	char *save, *address = strtok_r(list, "+", &save);

	f->from_mailboxes = 0;
	f->from_fields = 1;
	f->from_any_own = false;
	f->from_is_own = true;
	f->from = NULL;
	if (strcmp(list, "none") == 0) {
		f->from_fields = 0;
		f->from_is_own = false;
		return 0;
	}
	for (; address; address = strtok_r(NULL, "+", &save)) {
		f->from_mailboxes++;
		f->from = f->from_mailboxes == 1 ? address : NULL;
		f->from_any_own |= is_own(f, address);
		f->from_is_own &= is_own(f, address);
	}
	return 0;
}

static int
set_sender(struct policy_facts *f, char *sender)
{
	f->null_sender = strcmp(sender, "null") == 0;
	f->sender = strchr(sender, '@') ? sender : NULL;
	f->sender_is_own = f->sender && is_own(f, sender);
	return 0;
}

static int
set_login(struct policy_facts *f, char *login)
{
	f->submitter = SUBMITTER_LOGIN;
	f->login = login;
	return 0;
}

static int
set_tls(struct policy_facts *f, char *owner)
{
	f->submitter = SUBMITTER_CERTIFICATE;
	f->login = owner;
	return 0;
}

static int
set_identity(struct policy_facts *f, char *word)
{
	int i = word_index(identities, COUNT(identities), word);

	f->identity = i < 0 ? IDENTITY_READY : (enum identity_state)i;
	return i < 0 ? -1 : 0;
}

/* "signed", "encrypted", and exemptions, with "+" between them */
static int
set_mail(struct policy_facts *f, char *list)
{
	char *save, *word = strtok_r(list, "+", &save);

	for (; word; word = strtok_r(NULL, "+", &save)) {
		enum exemption e = setting_exemption_find(word, strlen(word));

		if (strcmp(word, "signed") == 0)
			f->protection = PROTECTION_SIGNED;
		else if (strcmp(word, "encrypted") == 0)
			f->protection = PROTECTION_ENCRYPTED;
		else if (e != EXEMPT_NOT)
			f->exemptions |= EXEMPTION_BIT(e);
		else
			return -1;
	}
	return 0;
}

static int
set_asks(struct policy_facts *f, char *list)
{
	char *save, *word = strtok_r(list, "+", &save);

	for (; word; word = strtok_r(NULL, "+", &save)) {
		if (strcmp(word, "sign") == 0)
			f->asks_sign = true;
		else if (strcmp(word, "encrypt") == 0)
			f->asks_encrypt = true;
		else if (strcmp(word, "no-sign") == 0)
			f->asks_no_sign = true;
		else if (strcmp(word, "no-encrypt") == 0)
			f->asks_no_encrypt = true;
		else
			return -1;
	}
	return 0;
}

static int
set_escrow(struct policy_facts *f, char *word)
{
	static const char *const words[] = {"none", "ready", "missing"};
	int i = word_index(words, COUNT(words), word);

	f->escrow = i < 0 ? ESCROW_NONE : (enum escrow_state)i;
	return i < 0 ? -1 : 0;
}

/* "none", "wanted", "unknown", or what came of trying */
static int
set_disclaimer(struct policy_facts *f, char *word)
{
	static const char *const states[] = {"none", "wanted", "unknown"};
	static const char *const results[] = {"added", "present", "no-body",
	    "inner-signed", "inner-encrypted", "inline-pgp", "broken",
	    "charset", "too-complex"};
	int state = word_index(states, COUNT(states), word);
	int result = word_index(results, COUNT(results), word);

	if (state >= 0) {
		f->disclaimer = (enum disclaimer_state)state;
		return 0;
	}
	f->disclaimer = DISCLAIM_TRIED;
	f->disclaimer_result =
	    result < 0 ? DISCLAIMER_ADDED : (enum disclaimer_result)result;
	return result < 0 ? -1 : 0;
}

static int
set_copies(struct policy_facts *f, char *number)
{
	f->copies = (size_t)atoi(number);
	return 0;
}

static int
set_domains(struct policy_facts *f, char *number)
{
	f->own_domains = (size_t)atoi(number);
	return 0;
}

/* "key=value" that is no setting */
static const struct {
	const char *key;
	int (*set)(struct policy_facts *, char *value);
} values[] = {
    {"login", set_login},
    {"tls", set_tls},
    {"from", set_from},
    {"sender", set_sender},
    {"own", set_identity},
    {"mail", set_mail},
    {"asks", set_asks},
    {"escrow", set_escrow},
    {"disclaimer", set_disclaimer},
    {"copies", set_copies},
    {"domains", set_domains},
};

static int
apply_value(struct decision_case *c, const char *key, char *value)
{
	const struct setting *s =
	    setting_find(sender_settings, SENDER_SETTINGS, key);

	if (s)
		return setting_parse(s, value, &c->sender);
	for (size_t i = 0; i < COUNT(values); i++)
		if (strcmp(values[i].key, key) == 0)
			return values[i].set(&c->facts, value);
	return -1;
}

static int
apply_word(struct policy_facts *f, const char *word)
{
	if (strcmp(word, "-") == 0)
		return 0;
	if (strcmp(word, "stranger") == 0 || strcmp(word, "network") == 0 ||
	    strcmp(word, "daemon") == 0) {
		f->login = NULL;
		f->submitter = word[0] == 's'	? SUBMITTER_NONE
			       : word[0] == 'n' ? SUBMITTER_NETWORK
						: SUBMITTER_DAEMON;
	} else if (strcmp(word, "may-write") == 0) {
		f->login_may = true;
	} else if (strcmp(word, "over-rate") == 0) {
		f->over_rate = true;
	} else if (strcmp(word, "two-from-fields") == 0) {
		f->from_fields = 2;
		f->from = NULL;
	} else if (strcmp(word, "malformed-from") == 0) {
		f->from_malformed = true;
	} else if (strcmp(word, "complex") == 0) {
		f->too_complex = true;
	} else if (strcmp(word, "no-listener") == 0) {
		f->copies = 0;
	} else {
		return -1;
	}
	return 0;
}

/* --- who receives --- */

static int
apply_trait(void *who, char *word)
{
	struct recipient_facts *r = who;
	int pick = word_index(picks, COUNT(picks), word);
	char *value = strchr(word, '=');
	const struct setting *s;

	if (value) {
		*value++ = '\0';
		s = setting_find(recipient_settings, RECIPIENT_SETTINGS, word);
		return s ? setting_parse(s, value, &r->level) : -1;
	}
	if (pick >= 0) {
		r->word = (enum cert_pick_word)pick;
		r->certificates = pick == CERT_PICK_TAKEN;
	} else if (strcmp(word, "bcc") == 0) {
		r->visible = false;
	} else if (strcmp(word, "local") == 0) {
		r->is_local = true;
	} else if (strcmp(word, "not-encryptable") == 0) {
		r->obstacle = OBSTACLE_KEY;
	} else if (strcmp(word, "too-large") == 0) {
		r->obstacle = OBSTACLE_SIZE;
	} else if (strcmp(word, "gcm") == 0) {
		r->reads_gcm = true;
	} else if (strcmp(word, "oaep") == 0) {
		r->reads_oaep = true;
	} else if (strcmp(word, "unreadable") == 0) {
		r->address = NULL;
		r->certificates = 0;
	} else {
		return -1;
	}
	return 0;
}

static struct recipient_facts
normal_recipient(void)
{
	return (struct recipient_facts){
	    .address = "bob@example.com",
	    .envelope = "<bob@example.com>",
	    .visible = true,
	    .level = policy_recipient_builtin,
	    .certificates = 1,
	    .word = CERT_PICK_TAKEN,
	};
}

/* "bob" or "bob(trait,trait)" */
static int
add_recipient(struct decision_case *c, char *word)
{
	size_t i = c->facts.recipient_count;

	if (i == DECISION_RECIPIENTS)
		return -1;
	c->recipients[i] = normal_recipient();
	c->names[i] = word;
	c->facts.recipient_count++;
	return case_read_name(
	    word, c->names, i, apply_trait, &c->recipients[i]);
}

/* --- the case --- */

static void
take_settings(struct decision_case *c)
{
	c->facts.sign = c->sender.sign;
	c->facts.encrypt = c->sender.encrypt;
	c->facts.exempt = c->sender.exempt;
	c->facts.own_problem = c->sender.own_problem;
	c->facts.mixed = c->sender.mixed;
	c->facts.bcc = c->sender.bcc;
	c->facts.triggers = c->sender.triggers;
	c->facts.mode = c->sender.mode;
	c->facts.disclaimer_repeat = c->sender.disclaimer_repeat;
	c->facts.disclaimer_protected = c->sender.disclaimer_protected;
}

void
decision_case_init(struct decision_case *c)
{
	*c = (struct decision_case){
	    .sender = policy_builtin,
	    .facts = {.submitter = SUBMITTER_LOGIN,
		.login = "alice@example.org",
		.own_domains = 1,
		.sender = "alice@example.org",
		.sender_is_own = true,
		.from_fields = 1,
		.from_mailboxes = 1,
		.from = "alice@example.org",
		.from_is_own = true,
		.from_any_own = true,
		.identity = IDENTITY_READY,
		.recipient_count = 1,
		.copies = COPIES_MANY},
	    .names = {"bob"},
	};
	c->recipients[0] = normal_recipient();
	c->facts.recipients = c->recipients;
	take_settings(c);
}

int
decision_case_read(
    struct decision_case *c, char *facts, char *to, char wrong[DECISION_TEXT])
{
	char *save, *word, *value;
	int rc;

	decision_case_init(c);
	c->facts.recipient_count = 0;
	for (word = strtok_r(facts, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		rc = value ? apply_value(c, word, value)
			   : apply_word(&c->facts, word);
		if (rc < 0) {
			snprintf(wrong, DECISION_TEXT, "what is \"%s%s%s\"?",
			    word, value ? "=" : "", value ? value : "");
			return -1;
		}
	}
	for (word = strtok_r(to, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		if (add_recipient(c, word) < 0) {
			snprintf(
			    wrong, DECISION_TEXT, "recipient \"%s\"?", word);
			return -1;
		}
	take_settings(c);
	return 0;
}

/* --- the plan in words --- */

/* Nobody wants it otherwise, or it is so already: not worth a word. */
static bool
is_worth_saying(enum plan_reason reason)
{
	return reason != REASON_NONE && reason != REASON_ENCRYPTION_OFF &&
	       reason != REASON_ALREADY_ENCRYPTED;
}

static void
say_name(
    char *out, const struct decision_case *c, const struct plan *plan, size_t i)
{
	enum plan_reason reason = plan->recipients[i].reason;

	case_say(out, "%s", c->names[i]);
	if (is_worth_saying(reason))
		case_say(out, " (%s)", plan_reason_name(reason));
}

static void
say_members(
    char *out, const struct decision_case *c, const struct plan *plan, size_t g)
{
	const char *comma = "";

	for (size_t i = 0; i < plan->recipient_count; i++)
		if (plan->recipients[i].group == g) {
			case_say(out, "%s", comma);
			say_name(out, c, plan, i);
			comma = ", ";
		}
}

static void
say_group(
    char *out, const struct decision_case *c, const struct plan *plan, size_t g)
{
	const struct plan_group *group = &plan->groups[g];

	case_say(out, "; ");
	say_members(out, c, plan, g);
	case_say(out, group->encrypt ? ": encrypted" : ": clear");
	if (group->encrypt && group->count > 1)
		case_say(out, " together");
	else if (group->blind)
		case_say(out, " alone");
	if (group->encrypt && group->cipher != CIPHER_AES256_CBC)
		case_say(out, " %s", setting_cipher_name(group->cipher));
	if (group->encrypt && group->oaep)
		case_say(out, " oaep");
	if (group->opaque)
		case_say(out, " opaque");
	case_say(out, g == 0 ? ", in place" : ", copy");
}

static void
say_refused(char *out, const struct decision_case *c, const struct plan *plan)
{
	const char *separator = "; ";

	if (plan->refused == 0)
		return;
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (plan->recipients[i].refused) {
			case_say(out, "%s", separator);
			say_name(out, c, plan, i);
			separator = ", ";
		}
	case_say(out, ": refused");
}

static void
say_stopped(char *out, const struct decision_case *c, const struct plan *plan)
{
	case_say(out, plan->action == PLAN_REFUSE ? "REFUSED: " : "WAITS: ");
	if (plan->recipient != PLAN_NO_RECIPIENT)
		case_say(out, "%s ", c->names[plan->recipient]);
	case_say(out, "%s", plan_reason_name(plan->reason));
}

static void
say_disclaimer(char *out, const struct plan *plan)
{
	if (plan->disclaimer == PLAN_DISCLAIMER_NONE)
		return;
	case_say(
	    out, ", disclaimer %s", plan_disclaimer_name(plan->disclaimer));
	if (plan->disclaimer_reason != REASON_NONE)
		case_say(
		    out, " (%s)", plan_reason_name(plan->disclaimer_reason));
}

void
decision_text(const struct decision_case *c, const struct plan *plan,
    char out[DECISION_TEXT])
{
	bool passes = plan->action == PLAN_PASS;

	out[0] = '\0';
	if (plan->shadow)
		case_say(out, "(shadow) ");
	if (plan->direction == PLAN_INBOUND) {
		case_say(out, "inbound: %s", plan_reason_name(plan->reason));
		return;
	}
	if (plan->action == PLAN_REFUSE || plan->action == PLAN_DEFER) {
		say_stopped(out, c, plan);
		return;
	}
	if (plan->sign)
		case_say(out, "signed");
	else
		case_say(out, "%s (%s)", passes ? "unchanged" : "unsigned",
		    plan_reason_name(plan->sign_reason));
	say_disclaimer(out, plan);
	for (size_t g = 0; g < plan->group_count; g++)
		if (!passes || is_worth_saying(plan->encrypt_reason))
			say_group(out, c, plan, g);
	say_refused(out, c, plan);
}
