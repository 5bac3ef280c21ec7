/*
 * What becomes of mail from outside, case by case as tests/policy/inbound.txt
 * has it, and what must hold whatever the case is.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/inbound.h"
#include "unit/case_table.h"
#include "unit/inbound_case.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* --- the table --- */

#define CASES_MIN 220

static void
check_case(const struct case_row *row)
{
	char text[CASE_TEXT];
	struct inbound_case c;
	struct inbound_plan plan;

	if (inbound_case_read(&c, row->facts, row->recipients, text) < 0)
		fail_msg("%s: %s", row->where, text);
	inbound_plan_init(&plan);
	inbound_decide(&c.facts, &plan);
	inbound_text(&c, &plan, text);
	if (strcmp(text, row->result) != 0)
		fail_msg("%s: decided was\n\t%s\nand not\n\t%s", row->where,
		    text, row->result);
	inbound_plan_fini(&plan);
}

static void
test_table(void **state)
{
	(void)state;
	case_table_read("tests/policy/inbound.txt", CASES_MIN, check_case);
}

/* The reader sees what it does not understand. */
static void
test_reader(void **state)
{
	static const char *const rows[][2] = {
	    {"signed=maybe", "alice"},
	    {"level=nonsense", "alice"},
	    {"mark=nonsense", "alice"},
	    {"mode=nonsense", "alice"},
	    {"inbound_signature=nonsense", "alice"},
	    {"colour=red", "alice"},
	    {"nonsense", "alice"},
	    {"-", "alice(nonsense)"},
	    {"-", "alice(no-key"},
	    {"-", "alice alice"},
	};
	char wrong[CASE_TEXT];
	struct inbound_case c;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char facts[64], to[64];

		snprintf(facts, sizeof(facts), "%s", rows[i][0]);
		snprintf(to, sizeof(to), "%s", rows[i][1]);
		assert_int_equal(inbound_case_read(&c, facts, to, wrong), -1);
	}
}

/* --- whatever the case is --- */

static unsigned
below(uint32_t *seed, unsigned n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % n;
}

static void
random_demand(struct recipient_level *level, uint32_t *seed)
{
	level->inbound_signature = (enum setting_demand)below(seed, 3);
	level->inbound_encryption = (enum setting_demand)below(seed, 3);
	level->inbound_level = (enum setting_assurance)below(seed, 6);
	level->inbound_action = (enum setting_unmet)below(seed, 3);
}

static void
random_recipient(struct inbound_recipient *r, uint32_t *seed)
{
	r->address = below(seed, 16) ? "alice@example.org" : NULL;
	r->is_own = below(seed, 4) != 0;
	r->decrypt = (enum setting_switch)below(seed, 3);
	r->mode = below(seed, 4) ? MODE_ENFORCE : MODE_SHADOW;
	r->reads = below(seed, 3) != 0;
}

/* Any facts, also those that contradict one another. */
static void
random_case(struct inbound_case *c, uint32_t *seed)
{
	struct inbound_facts *f = &c->facts;

	inbound_case_init(c);
	f->has_smime = below(seed, 2);
	f->signed_ = below(seed, 2);
	f->valid = below(seed, 2);
	f->level = (enum certificate_level)below(seed, 5);
	f->encrypted = below(seed, 2);
	f->opened = below(seed, 4) != 0;
	f->is_report = below(seed, 4) == 0;
	f->has_forged = below(seed, 2);
	f->mode = below(seed, 4) ? MODE_ENFORCE : MODE_SHADOW;
	f->mark = (enum mark_what)below(seed, 3);
	f->copies = below(seed, 3);
	if (below(seed, 4) != 0)
		random_demand(&f->demand, seed);
	f->recipient_count = below(seed, INBOUND_RECIPIENTS + 1);
	for (size_t i = 0; i < f->recipient_count; i++)
		random_recipient(&c->recipients[i], seed);
}

/* Written anew, one line for each sentence of the manual. */
static bool
may_read(const struct inbound_facts *f, const struct inbound_recipient *r)
{
	return f->encrypted && f->opened && r->is_own && r->reads &&
	       r->decrypt == SWITCH_ON && r->mode != MODE_SHADOW;
}

static bool
is_met(const struct inbound_facts *f)
{
	const struct recipient_level *d = &f->demand;
	bool is_signed = f->signed_ && f->valid;

	if (d->inbound_signature == DEMAND_REQUIRED && !is_signed)
		return false;
	if (d->inbound_encryption == DEMAND_REQUIRED && !f->encrypted)
		return false;
	switch (d->inbound_level) {
	case ASSURANCE_MAILBOX:
		return is_signed && f->level >= CERTIFICATE_LEVEL_MAILBOX;
	case ASSURANCE_ORGANISATION:
		return is_signed && f->level >= CERTIFICATE_LEVEL_ORGANISATION;
	case ASSURANCE_SPONSOR:
		return is_signed && f->level >= CERTIFICATE_LEVEL_SPONSOR;
	case ASSURANCE_INDIVIDUAL:
		return is_signed && f->level >= CERTIFICATE_LEVEL_INDIVIDUAL;
	default:
		return true;
	}
}

static bool
is_all_shadow(const struct inbound_facts *f)
{
	size_t own = 0, shadow = 0;

	for (size_t i = 0; i < f->recipient_count; i++) {
		own += f->recipients[i].is_own;
		shadow += f->recipients[i].is_own &&
			  f->recipients[i].mode == MODE_SHADOW;
	}
	return own > 0 ? own == shadow : f->mode == MODE_SHADOW;
}

/* Every recipient counts once, and who gets the ciphertext is told why. */
static void
check_recipients(const struct inbound_facts *f, const struct inbound_plan *p)
{
	size_t plain = 0, could = 0;

	assert_int_equal(p->recipient_count, f->recipient_count);
	for (size_t i = 0; i < f->recipient_count; i++) {
		bool may = may_read(f, &f->recipients[i]);

		plain += p->plain[i];
		could += may;
		assert_true(may || !p->plain[i]);
		assert_int_equal(
		    p->why[i] == REASON_NONE, p->plain[i] || !f->encrypted);
		assert_true(p->why[i] != REASON_NO_LISTENER ||
			    (f->copies == 0 && (may || p->shadow)));
	}
	assert_int_equal(plain, p->plain_count);
	/* All who may, or nobody; nobody only for want of a listener. */
	assert_true(plain == could || plain == 0);
	if (plain < could)
		assert_true(f->copies == 0 && could < f->recipient_count);
	/* Some: then the ciphertext stays, and the plaintext is a copy. */
	assert_int_equal(p->split, plain > 0 && plain < f->recipient_count);
	assert_true(!p->split || f->copies > 0);
}

static void
check_demand(const struct inbound_facts *f, const struct inbound_plan *p)
{
	assert_int_equal(p->unmet == REASON_NONE, is_met(f));
	assert_true(p->unmet == REASON_NONE ||
		    p->unmet == REASON_MUST_BE_SIGNED ||
		    p->unmet == REASON_MUST_BE_ENCRYPTED ||
		    p->unmet == REASON_LEVEL_TOO_LOW);
	assert_int_equal(p->would == PLAN_REFUSE,
	    !is_met(f) && f->demand.inbound_action == UNMET_REFUSE &&
		!f->encrypted && !f->is_report);
	assert_true(p->would == PLAN_REFUSE || p->would == PLAN_PASS);
	if (p->would == PLAN_REFUSE) {
		assert_int_equal(p->reason, p->unmet);
		assert_int_equal(plan_reason_wording(p->reason)->code[0], '5');
	}
}

/* Who gets the ciphertext learns nothing of what is inside (rule X4). */
static void
check_unread(const struct inbound_facts *f, const struct inbound_plan *p)
{
	struct inbound_facts other = *f;
	struct inbound_plan q;

	if (!f->encrypted) {
		assert_int_equal(p->unmet_unread, p->unmet);
		return;
	}
	other.signed_ = other.valid = !f->valid;
	other.level = CERTIFICATE_LEVEL_INDIVIDUAL;
	other.opened = !f->opened;
	inbound_plan_init(&q);
	inbound_decide(&other, &q);
	assert_int_equal(p->unmet_unread, q.unmet_unread);
	inbound_plan_fini(&q);
}

static void
check_unchanged(const struct inbound_plan *p)
{
	assert_false(p->mark || p->remove_forged || p->split);
	assert_int_equal(p->plain_count, 0);
}

static void
check_marks(const struct inbound_facts *f, const struct inbound_plan *p)
{
	bool smime = f->has_smime || f->signed_ || f->encrypted;

	assert_int_equal(p->remove_forged, f->has_forged);
	assert_int_equal(p->mark,
	    f->mark == MARK_ALL ||
		(f->mark == MARK_SMIME && (smime || p->unmet != REASON_NONE)));
	assert_int_equal(p->reason == REASON_UNSIGNED, !smime);
	/* The bulk. */
	if (!smime && !f->has_forged && f->mark == MARK_SMIME &&
	    !inbound_is_demand(&f->demand))
		check_unchanged(p);
}

static void
check_invariants(const struct inbound_facts *f)
{
	struct inbound_plan p;

	inbound_plan_init(&p);
	inbound_decide(f, &p);
	assert_int_equal(p.shadow, is_all_shadow(f));
	check_recipients(f, &p);
	check_demand(f, &p);
	check_unread(f, &p);
	if (p.shadow) {
		assert_int_equal(p.action, PLAN_PASS);
		check_unchanged(&p);
	} else {
		assert_int_equal(p.action, p.would);
		assert_int_equal(p.plain_count, p.would_plain);
		if (p.action == PLAN_REFUSE)
			check_unchanged(&p);
		else
			check_marks(f, &p);
	}
	inbound_plan_fini(&p);
}

static void
test_invariants(void **state)
{
	struct inbound_case c;
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		random_case(&c, &seed);
		check_invariants(&c.facts);
	}
}

/* What was read inside a ciphertext, or could not be, is not seen from
 * outside (rule X4): of encrypted mail nothing in there matters. */
static void
test_answer_tells_nothing(void **state)
{
	struct inbound_case c;
	uint32_t seed = 2;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct inbound_plan p;

		random_case(&c, &seed);
		c.facts.encrypted = true;
		inbound_plan_init(&p);
		inbound_decide(&c.facts, &p);
		assert_int_equal(p.action, PLAN_PASS);
		assert_int_equal(p.would, PLAN_PASS);
		inbound_plan_fini(&p);
	}
}

static bool
is_same_of(const struct inbound_plan *shadow, const struct inbound_plan *real)
{
	return shadow->would == real->action && shadow->unmet == real->unmet &&
	       shadow->would_plain == real->plain_count &&
	       shadow->reason == real->reason;
}

/* Shadow mode tells what would be done (G1). */
static void
test_shadow_is_the_same(void **state)
{
	static const enum setting_mode modes[] = {MODE_ENFORCE, MODE_SHADOW};
	struct inbound_case c;
	uint32_t seed = 3;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct inbound_plan plans[2];

		random_case(&c, &seed);
		for (size_t k = 0; k < 2; k++) {
			c.facts.mode = modes[k];
			for (size_t j = 0; j < c.facts.recipient_count; j++)
				c.recipients[j].mode = modes[k];
			inbound_plan_init(&plans[k]);
			inbound_decide(&c.facts, &plans[k]);
			assert_int_equal(plans[k].shadow, k);
		}
		assert_true(is_same_of(&plans[1], &plans[0]));
		inbound_plan_fini(&plans[0]);
		inbound_plan_fini(&plans[1]);
	}
}

/* --- demands --- */

static bool
is_at_least(const struct recipient_level *a, const struct recipient_level *b)
{
	return a->inbound_signature >= b->inbound_signature &&
	       a->inbound_encryption >= b->inbound_encryption &&
	       a->inbound_level >= b->inbound_level &&
	       a->inbound_action >= b->inbound_action;
}

/* However many mailboxes are written beside one, what is asked of it is; in
 * any order. */
static void
test_strictest(void **state)
{
	static const struct recipient_level nothing;
	uint32_t seed = 4;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct recipient_level a = nothing, b = nothing;
		struct recipient_level ab = nothing, ba = nothing;

		random_demand(&a, &seed);
		random_demand(&b, &seed);
		inbound_demand_add(&ab, &a);
		inbound_demand_add(&ab, &b);
		inbound_demand_add(&ba, &b);
		inbound_demand_add(&ba, &a);
		assert_memory_equal(&ab, &ba, sizeof(ab));
		assert_int_equal(inbound_is_demand(&ab),
		    inbound_is_demand(&a) || inbound_is_demand(&b));
		if (inbound_is_demand(&a))
			assert_true(is_at_least(&ab, &a));
		/* Of whom nothing is asked adds nothing, not even what would
		 * become of mail. */
		if (!inbound_is_demand(&a) && !inbound_is_demand(&b))
			assert_memory_equal(&ab, &nothing, sizeof(ab));
	}
}

/* Only what is said about inbound mail is combined. */
static void
test_other_settings(void **state)
{
	struct recipient_level demand = {0},
			       by = {
				   .encrypt = RECEIVE_REQUIRED,
				   .cipher = CIPHER_AES256_GCM,
				   .inbound_signature = DEMAND_REQUIRED,
			       };

	(void)state;
	inbound_demand_add(&demand, &by);
	assert_int_equal(demand.inbound_signature, DEMAND_REQUIRED);
	assert_int_equal(demand.encrypt, RECEIVE_INHERIT);
	assert_int_equal(demand.cipher, CIPHER_INHERIT);
}

static void
test_levels(void **state)
{
	(void)state;
	for (int level = 0; level <= CERTIFICATE_LEVEL_INDIVIDUAL; level++)
		for (int wanted = 0; wanted <= ASSURANCE_INDIVIDUAL; wanted++)
			assert_int_equal(
			    inbound_is_level((enum certificate_level)level,
				(enum setting_assurance)wanted),
			    wanted <= ASSURANCE_ANY || level >= wanted - 1);
}

/* --- many recipients --- */

#define MANY 20000

static void
test_many_recipients(void **state)
{
	struct inbound_recipient *r = calloc(MANY, sizeof(*r));
	struct inbound_case c;
	struct inbound_plan plan;

	(void)state;
	assert_non_null(r);
	inbound_case_init(&c);
	c.facts.has_smime = c.facts.encrypted = c.facts.opened = true;
	for (size_t i = 0; i < MANY; i++) {
		r[i] = c.recipients[0];
		r[i].reads = i % 2;
	}
	c.facts.recipients = r;
	c.facts.recipient_count = MANY;
	check_invariants(&c.facts);
	inbound_plan_init(&plan);
	inbound_decide(&c.facts, &plan);
	assert_int_equal(plan.plain_count, MANY / 2);
	assert_true(plan.split);
	/* A plan can be used again. */
	c.facts.recipient_count = 0;
	inbound_decide(&c.facts, &plan);
	assert_int_equal(plan.plain_count, 0);
	inbound_plan_fini(&plan);
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_reader),
	    cmocka_unit_test(test_invariants),
	    cmocka_unit_test(test_answer_tells_nothing),
	    cmocka_unit_test(test_shadow_is_the_same),
	    cmocka_unit_test(test_strictest),
	    cmocka_unit_test(test_other_settings),
	    cmocka_unit_test(test_levels),
	    cmocka_unit_test(test_many_recipients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
