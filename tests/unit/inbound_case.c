/* inbound_case.c: see inbound_case.h.  tests/policy/inbound.txt explains the
 * words. */
#include "unit/inbound_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* As many copies as anybody wants. */
#define COPIES_MANY 50

static const char *const verdicts[] = {"valid", "untrusted", "expired",
    "mismatch", "altered", "weak", "unsupported", "malformed"};
static const char *const levels[] = {
    "unknown", "mailbox", "organisation", "sponsor", "individual"};
static const char *const marks[] = {"smime", "all", "off"};

static int
word_index(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -1;
}

/* --- the message --- */

static int
set_signed(struct inbound_facts *f, const char *word)
{
	int i = word_index(verdicts, COUNT(verdicts), word);

	f->has_smime = f->signed_ = true;
	f->valid = i == 0;
	return i < 0 ? -1 : 0;
}

static int
set_level(struct inbound_facts *f, const char *word)
{
	int i = word_index(levels, COUNT(levels), word);

	f->level =
	    i < 0 ? CERTIFICATE_LEVEL_UNKNOWN : (enum certificate_level)i;
	return i < 0 ? -1 : 0;
}

static int
set_mark(struct inbound_facts *f, const char *word)
{
	int i = word_index(marks, COUNT(marks), word);

	f->mark = i < 0 ? MARK_SMIME : (enum mark_what)i;
	return i < 0 ? -1 : 0;
}

static int
set_copies(struct inbound_facts *f, const char *number)
{
	f->copies = (size_t)atoi(number);
	return 0;
}

static int
set_mode(struct inbound_facts *f, const char *word)
{
	f->mode = strcmp(word, "shadow") == 0 ? MODE_SHADOW : MODE_ENFORCE;
	return strcmp(word, "shadow") == 0 ? 0 : -1;
}

static const struct {
	const char *key;
	int (*set)(struct inbound_facts *, const char *value);
} values[] = {
    {"signed", set_signed},
    {"level", set_level},
    {"mark", set_mark},
    {"copies", set_copies},
    {"mode", set_mode},
};

static int
apply_value(struct inbound_case *c, const char *key, const char *value)
{
	const struct setting *s =
	    setting_find(recipient_settings, RECIPIENT_SETTINGS, key);

	if (s)
		return setting_parse(s, value, &c->author);
	for (size_t i = 0; i < COUNT(values); i++)
		if (strcmp(values[i].key, key) == 0)
			return values[i].set(&c->facts, value);
	return -1;
}

/* What was asked of the mailbox before is complete. */
static void
end_author(struct inbound_case *c)
{
	inbound_demand_add(&c->facts.demand, &c->author);
	c->author = policy_recipient_builtin;
}

static int
apply_word(struct inbound_case *c, const char *word)
{
	struct inbound_facts *f = &c->facts;

	if (strcmp(word, "-") == 0)
		return 0;
	if (strcmp(word, "smime") == 0)
		f->has_smime = true;
	else if (strcmp(word, "closed") == 0)
		f->has_smime = f->encrypted = true;
	else if (strcmp(word, "opened") == 0)
		f->has_smime = f->encrypted = f->opened = true;
	else if (strcmp(word, "report") == 0)
		f->is_report = true;
	else if (strcmp(word, "forged") == 0)
		f->has_forged = true;
	else if (strcmp(word, "no-listener") == 0)
		f->copies = 0;
	else if (strcmp(word, "and-from") == 0)
		end_author(c);
	else
		return -1;
	return 0;
}

/* --- recipients --- */

static struct inbound_recipient
normal_recipient(const struct inbound_facts *f)
{
	return (struct inbound_recipient){
	    .address = "alice@example.org",
	    .is_own = true,
	    .decrypt = SWITCH_ON,
	    .mode = MODE_ENFORCE,
	    .reads = f->opened,
	};
}

static int
apply_trait(void *who, char *word)
{
	struct inbound_recipient *r = who;

	if (strcmp(word, "outside") == 0)
		r->is_own = r->reads = false;
	else if (strcmp(word, "unreadable") == 0)
		*r = (struct inbound_recipient){0};
	else if (strcmp(word, "no-key") == 0)
		r->reads = false;
	else if (strcmp(word, "decrypt=off") == 0)
		r->decrypt = SWITCH_OFF;
	else if (strcmp(word, "shadow") == 0)
		r->mode = MODE_SHADOW;
	else
		return -1;
	return 0;
}

/* "alice" or "alice(trait,trait)" */
static int
add_recipient(struct inbound_case *c, char *word)
{
	size_t i = c->facts.recipient_count;

	if (i == INBOUND_RECIPIENTS)
		return -1;
	c->recipients[i] = normal_recipient(&c->facts);
	c->names[i] = word;
	c->facts.recipient_count++;
	return case_read_name(
	    word, c->names, i, apply_trait, &c->recipients[i]);
}

/* --- the case --- */

void
inbound_case_init(struct inbound_case *c)
{
	*c = (struct inbound_case){
	    .facts = {.recipient_count = 1,
		.copies = COPIES_MANY,
		.mode = MODE_ENFORCE},
	    .author = policy_recipient_builtin,
	    .names = {"alice"},
	};
	c->recipients[0] = normal_recipient(&c->facts);
	c->facts.recipients = c->recipients;
}

int
inbound_case_read(
    struct inbound_case *c, char *facts, char *to, char wrong[CASE_TEXT])
{
	char *save, *word, *value;
	int rc;

	inbound_case_init(c);
	c->facts.recipient_count = 0;
	for (word = strtok_r(facts, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		rc = value ? apply_value(c, word, value) : apply_word(c, word);
		if (rc < 0) {
			snprintf(wrong, CASE_TEXT, "what is \"%s%s%s\"?", word,
			    value ? "=" : "", value ? value : "");
			return -1;
		}
	}
	end_author(c);
	for (word = strtok_r(to, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		if (add_recipient(c, word) < 0) {
			snprintf(wrong, CASE_TEXT, "recipient \"%s\"?", word);
			return -1;
		}
	return 0;
}

/* --- the plan in words --- */

static void
say_who(char *out, const struct inbound_case *c,
    const struct inbound_plan *plan, bool plain)
{
	const char *separator = "; ";

	for (size_t i = 0; i < plan->recipient_count; i++) {
		if (plan->plain[i] != plain)
			continue;
		case_say(out, "%s%s", separator, c->names[i]);
		if (!plain)
			case_say(out, " (%s)", plan_reason_name(plan->why[i]));
		separator = ", ";
	}
}

static void
say_copies(
    char *out, const struct inbound_case *c, const struct inbound_plan *plan)
{
	if (plan->plain_count > 0) {
		say_who(out, c, plan, true);
		case_say(out, ": plaintext%s",
		    plan->split ? " in a copy" : " in place");
	}
	if (plan->plain_count < plan->recipient_count) {
		say_who(out, c, plan, false);
		case_say(out, ": ciphertext");
	}
}

static void
say_shadow(char *out, const struct inbound_plan *plan)
{
	case_say(out, "(shadow) unchanged");
	if (plan->would == PLAN_REFUSE)
		case_say(out, "; would be REFUSED");
	if (plan->unmet != REASON_NONE)
		case_say(out, "; unmet: %s", plan_reason_name(plan->unmet));
	if (plan->would_plain > 0)
		case_say(
		    out, "; would be plaintext for %zu", plan->would_plain);
}

void
inbound_text(const struct inbound_case *c, const struct inbound_plan *plan,
    char out[CASE_TEXT])
{
	out[0] = '\0';
	if (plan->shadow) {
		say_shadow(out, plan);
		return;
	}
	if (plan->action == PLAN_REFUSE) {
		case_say(out, "REFUSED: %s", plan_reason_name(plan->reason));
		return;
	}
	case_say(out, "%s",
	    plan->mark		  ? "marked"
	    : plan->remove_forged ? "unmarked"
	    : plan->plain_count	  ? "unmarked"
				  : "unchanged");
	if (plan->unmet != REASON_NONE)
		case_say(out, " %s", plan_reason_name(plan->unmet));
	if (plan->remove_forged)
		case_say(out, "; forged fields removed");
	if (c->facts.encrypted)
		say_copies(out, c, plan);
}
