/*
 * The decision, case by case as tests/policy/decisions.txt has them, and what
 * must hold whatever the case is.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/decide.h"
#include "unit/case_table.h"
#include "unit/decision_case.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* --- the table --- */

#define CASES_MIN 400

static void
check_case(const struct case_row *row)
{
	char wrong[DECISION_TEXT];
	struct decision_case c;
	struct plan plan;

	if (decision_case_read(&c, row->facts, row->recipients, wrong) < 0)
		fail_msg("%s: %s", row->where, wrong);
	plan_init(&plan);
	decide(&c.facts, &plan);
	decision_text(&c, &plan, wrong);
	if (strcmp(wrong, row->result) != 0)
		fail_msg("%s: decided was\n\t%s\nand not\n\t%s", row->where,
		    wrong, row->result);
	plan_fini(&plan);
}

static void
test_table(void **state)
{
	(void)state;
	case_table_read("tests/policy/decisions.txt", CASES_MIN, check_case);
}

/* The reader sees what it does not understand. */
static void
test_reader(void **state)
{
	static const char *const rows[][2] = {
	    {"encrypt=maybe", "bob"},
	    {"colour=red", "bob"},
	    {"mail=nonsense", "bob"},
	    {"own=nonsense", "bob"},
	    {"asks=nonsense", "bob"},
	    {"disclaimer=nonsense", "bob"},
	    {"nonsense", "bob"},
	    {"-", "bob(nonsense)"},
	    {"-", "bob(encrypt=maybe)"},
	    {"-", "bob(colour=red)"},
	    {"-", "bob bob"},
	};
	char wrong[DECISION_TEXT];
	struct decision_case c;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char facts[64], to[64];

		snprintf(facts, sizeof(facts), "%s", rows[i][0]);
		snprintf(to, sizeof(to), "%s", rows[i][1]);
		assert_int_equal(decision_case_read(&c, facts, to, wrong), -1);
	}
}

/* --- whatever the case is --- */

static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static unsigned
below(uint32_t *seed, unsigned n)
{
	return next_random(seed) % n;
}

static void
random_sender(struct policy_facts *f, uint32_t *seed)
{
	f->submitter = (enum submitter)below(seed, 5);
	f->login = f->submitter == SUBMITTER_LOGIN ||
			   f->submitter == SUBMITTER_CERTIFICATE
		       ? below(seed, 3) ? "alice" : "carol"
		       : NULL;
	f->login_may = below(seed, 4) == 0;
	f->over_rate = below(seed, 16) == 0;
	f->own_domains = 1 + below(seed, 2);
	f->sender_is_own = below(seed, 4) != 0;
	f->null_sender = below(seed, 8) == 0;
	if (f->null_sender) {
		f->sender = NULL;
		f->sender_is_own = false;
	}
	f->from_malformed = below(seed, 8) == 0;
	f->from_fields = below(seed, 8) ? 1 : 2;
	if (f->from_fields > 1)
		f->from = NULL;
	f->identity = below(seed, 2) ? IDENTITY_READY
				     : (enum identity_state)below(
					   seed, IDENTITY_READY + 1);
}

static void
random_policy(struct policy_facts *f, uint32_t *seed)
{
	f->sign = (enum setting_switch)(1 + below(seed, 2));
	f->encrypt = (enum setting_encrypt)(1 + below(seed, 3));
	f->own_problem = (enum setting_own_problem)(1 + below(seed, 2));
	f->mixed = (enum setting_mixed)(1 + below(seed, 4));
	f->bcc = below(seed, 4) ? BCC_SEPARATE : BCC_REFUSE;
	f->triggers = (enum setting_triggers)(1 + below(seed, 3));
	f->mode = below(seed, 4) ? MODE_ENFORCE : MODE_SHADOW;
	f->escrow = (enum escrow_state)below(seed, 3);
	f->asks_sign = below(seed, 8) == 0;
	f->asks_encrypt = below(seed, 8) == 0;
	f->asks_no_sign = below(seed, 8) == 0;
	f->asks_no_encrypt = below(seed, 8) == 0;
	f->too_complex = below(seed, 8) == 0;
	f->protection =
	    below(seed, 2) ? PROTECTION_NONE : (enum protection)below(seed, 3);
	f->exemptions = below(seed, 2) ? 0 : next_random(seed);
	f->exemptions &= EXEMPT_ALL & next_random(seed);
	f->exempt = next_random(seed) & EXEMPT_ALL;
	f->copies = below(seed, 4) ? below(seed, 6) : 0;
}

static void
random_disclaimer(struct policy_facts *f, uint32_t *seed)
{
	f->disclaimer = (enum disclaimer_state)below(seed, DISCLAIM_TRIED + 1);
	f->disclaimer_result = below(seed, 2)
				   ? DISCLAIMER_ADDED
				   : (enum disclaimer_result)below(
					 seed, DISCLAIMER_TOO_COMPLEX + 1);
	f->disclaimer_protected = below(seed, 2) ? DISCLAIMER_PROTECTED_PASS
						 : DISCLAIMER_PROTECTED_REFUSE;
}

static void
random_recipient(struct recipient_facts *r, uint32_t *seed)
{
	r->is_local = below(seed, 4) == 0;
	r->visible = below(seed, 4) != 0;
	r->address = below(seed, 16) ? "bob@example.com" : NULL;
	r->level.encrypt = (enum setting_receive)(1 + below(seed, 4));
	r->level.form = below(seed, 4) ? FORM_OPAQUE : FORM_DETACHED;
	r->level.cipher = (enum setting_cipher)(1 + below(seed, 5));
	r->level.transport = (enum setting_transport)(1 + below(seed, 3));
	r->obstacle = below(seed, 8) ? OBSTACLE_NONE
				     : (enum recipient_obstacle)below(seed, 3);
	r->reads_gcm = below(seed, 2);
	r->reads_oaep = below(seed, 2);
	r->word = below(seed, 3) ? CERT_PICK_TAKEN
				 : (enum cert_pick_word)below(
				       seed, CERT_PICK_NOT_PREFERRED + 1);
	r->certificates =
	    r->word == CERT_PICK_TAKEN && r->address ? 1 + below(seed, 2) : 0;
}

static void
random_case(struct decision_case *c, uint32_t *seed)
{
	decision_case_init(c);
	random_sender(&c->facts, seed);
	random_policy(&c->facts, seed);
	random_disclaimer(&c->facts, seed);
	c->facts.recipient_count = below(seed, DECISION_RECIPIENTS + 1);
	for (size_t i = 0; i < c->facts.recipient_count; i++) {
		c->recipients[i] = c->recipients[0];
		random_recipient(&c->recipients[i], seed);
	}
}

/* "required" is what policy says, whatever the wishes. */
static bool
must_be_encrypted(const struct policy_facts *f, const struct recipient_facts *r)
{
	return f->protection != PROTECTION_ENCRYPTED &&
	       (r->level.encrypt == RECEIVE_REQUIRED ||
		   (f->encrypt == ENCRYPT_REQUIRED && !r->is_local));
}

/* Nobody's key signs for somebody else (A4), or what must not be (A5, A9). */
static void
check_signature(const struct policy_facts *f, const struct plan *p)
{
	if (!p->sign) {
		assert_true(p->action == PLAN_REFUSE ||
			    p->action == PLAN_DEFER ||
			    p->sign_reason != REASON_NONE);
		assert_false(p->opaque);
		return;
	}
	assert_int_equal(f->identity, IDENTITY_READY);
	assert_true(f->sign == SWITCH_ON ||
		    (f->asks_sign && f->triggers >= TRIGGERS_PROTECT));
	assert_int_equal(f->from_fields, 1);
	assert_non_null(f->from);
	assert_true(f->from_is_own && (f->sender_is_own || f->null_sender));
	assert_false(f->too_complex);
	assert_int_equal(f->protection, PROTECTION_NONE);
	assert_int_equal(f->exemptions & (f->exempt | EXEMPT_ALWAYS), 0);
}

/* Nothing leaves; the reply fits (RFC 5321 4.2.1). */
static void
check_stopped(const struct policy_facts *f, const struct plan *p)
{
	char first = plan_reason_wording(p->reason)->code[0];

	assert_int_equal(first, p->action == PLAN_REFUSE ? '5' : '4');
	assert_int_equal(p->group_count, 0);
	assert_false(p->sign || p->encrypt);
	for (size_t i = 0; i < p->recipient_count; i++)
		assert_int_equal(p->recipients[i].group, PLAN_NO_GROUP);
	if (p->action == PLAN_REFUSE)
		return;
	assert_true((plan_reason_is_own(p->reason) &&
			f->own_problem == OWN_PROBLEM_DEFER) ||
		    (p->reason == REASON_DISCLAIMER_UNKNOWN &&
			f->disclaimer == DISCLAIM_UNKNOWN) ||
		    (p->reason == REASON_ESCROW &&
			f->escrow == ESCROW_MISSING && p->must_encrypt) ||
		    (p->reason == REASON_RATE_LIMIT && f->over_rate));
}

static void
check_recipient(const struct policy_facts *f, const struct plan *p, size_t i)
{
	const struct recipient_facts *r = &f->recipients[i];
	const struct plan_recipient *to = &p->recipients[i];
	const struct plan_group *g;

	if (must_be_encrypted(f, r))
		assert_true(to->required && (to->encrypt || to->refused));
	assert_true(to->encrypt == (to->reason == REASON_NONE));
	if (to->refused) {
		assert_int_equal(to->group, PLAN_NO_GROUP);
		assert_int_equal(f->mixed, MIXED_REFUSE_THE_REST);
		assert_true(f->copies > 0 && f->sender && !f->null_sender);
		/* Nothing that he must not read depends on his removal. */
		assert_true(!to->required || p->groups[0].encrypt);
		return;
	}
	assert_true(to->group < p->group_count);
	g = &p->groups[to->group];
	assert_int_equal(to->encrypt, g->encrypt);
	if (!to->encrypt)
		return;
	assert_true(r->certificates > 0 && r->address);
	assert_int_equal(r->obstacle, OBSTACLE_NONE);
	assert_int_not_equal(r->level.encrypt, RECEIVE_NEVER);
	assert_int_not_equal(f->escrow, ESCROW_MISSING);
	assert_int_equal(g->blind, !r->visible);
	assert_true(!g->blind || g->count == 1);
	assert_true(g->cipher > CIPHER_AUTO && !g->opaque);
	/* GCM only by announcement or pin (rule E3). */
	if (r->level.cipher == CIPHER_AUTO && !r->reads_gcm)
		assert_true(g->cipher == CIPHER_AES256_CBC ||
			    g->cipher == CIPHER_AES128_CBC);
}

/* The first group is the best protected one; every recipient is in one, or
 * refused; there are not more than can be sent. */
static void
check_groups(const struct policy_facts *f, const struct plan *p)
{
	size_t members = 0, refused = 0, encrypted = 0;

	for (size_t i = 0; i < p->recipient_count; i++) {
		check_recipient(f, p, i);
		refused += p->recipients[i].refused;
	}
	for (size_t i = 0; i < p->group_count; i++) {
		members += p->groups[i].count;
		encrypted += p->groups[i].encrypt;
		if (i > 0)
			assert_true(
			    p->groups[i - 1].encrypt >= p->groups[i].encrypt);
		assert_true(p->sign || !p->groups[i].opaque);
	}
	assert_int_equal(refused, p->refused);
	assert_int_equal(members + refused, f->recipient_count);
	assert_int_equal(p->encrypt, encrypted > 0);
	assert_true(p->group_count >= 1);
	assert_true(p->group_count + (refused > 0) <= f->copies + 1);
}

/* Nothing is added to what is protected, exempt, or not understood; nothing
 * but a plan to act adds anything, and shadow mode never acts. */
static void
check_disclaimer(const struct policy_facts *f, const struct plan *p)
{
	bool refused = p->disclaimer == PLAN_DISCLAIMER_REFUSED;

	assert_int_equal(refused, p->disclaimer_reason != REASON_NONE);
	if (f->disclaimer == DISCLAIM_NOT ||
	    decide_exemption(f) != EXEMPT_NOT) {
		assert_int_equal(p->disclaimer, PLAN_DISCLAIMER_NONE);
		assert_false(decide_wants_text(f));
	}
	if (p->reason == REASON_DISCLAIMER_REFUSED) {
		assert_int_equal(
		    f->disclaimer_protected, DISCLAIMER_PROTECTED_REFUSE);
		assert_true(refused);
	}
	if (p->disclaimer != PLAN_DISCLAIMER_ADD)
		return;
	assert_int_equal(f->protection, PROTECTION_NONE);
	assert_false(f->too_complex);
	assert_true(f->disclaimer == DISCLAIM_WANTED ||
		    (f->disclaimer == DISCLAIM_TRIED &&
			f->disclaimer_result == DISCLAIMER_ADDED));
	assert_int_equal(p->action, PLAN_PROTECT);
}

/* But for what is refused or waits because of it, all get what they would have
 * got without a disclaimer (D1). */
static void
check_without_disclaimer(const struct policy_facts *f, const struct plan *p)
{
	struct policy_facts without = *f;
	bool only_text =
	    p->disclaimer == PLAN_DISCLAIMER_ADD && !plan_is_protection(p);
	struct plan q;

	without.disclaimer = DISCLAIM_NOT;
	plan_init(&q);
	decide(&without, &q);
	assert_int_equal(q.disclaimer, PLAN_DISCLAIMER_NONE);
	assert_int_equal(p->must_encrypt, q.must_encrypt);
	assert_int_equal(p->must_sign, q.must_sign);
	assert_int_equal(p->sign_reason, q.sign_reason);
	assert_true(p->reason != REASON_DISCLAIMER_UNKNOWN ||
		    q.action == PLAN_PASS || q.action == PLAN_PROTECT);
	if (p->reason != REASON_DISCLAIMER_REFUSED &&
	    p->reason != REASON_DISCLAIMER_UNKNOWN) {
		assert_int_equal(
		    p->action, only_text ? PLAN_PROTECT : q.action);
		assert_int_equal(p->sign, q.sign);
		assert_int_equal(p->encrypt, q.encrypt);
		assert_int_equal(p->group_count, q.group_count);
		assert_int_equal(p->refused, q.refused);
		for (size_t i = 0; i < p->recipient_count; i++)
			assert_int_equal(
			    p->recipients[i].group, q.recipients[i].group);
	}
	plan_fini(&q);
}

static void
check_invariants(const struct policy_facts *f)
{
	struct plan p;

	plan_init(&p);
	decide(f, &p);
	assert_int_equal(p.direction, decide_direction(f));
	if (p.direction == PLAN_INBOUND) {
		assert_int_equal(p.action, PLAN_PASS);
		assert_false(p.sign || p.encrypt || p.must_encrypt || p.shadow);
		assert_int_equal(p.disclaimer, PLAN_DISCLAIMER_NONE);
		assert_false(decide_wants_text(f));
		plan_fini(&p);
		return;
	}
	assert_int_equal(p.recipient_count, f->recipient_count);
	assert_true(p.recipient == PLAN_NO_RECIPIENT ||
		    p.recipient < p.recipient_count);
	check_signature(f, &p);
	check_disclaimer(f, &p);
	check_without_disclaimer(f, &p);
	if (p.action == PLAN_REFUSE || p.action == PLAN_DEFER)
		check_stopped(f, &p);
	else
		check_groups(f, &p);
	assert_true(p.action == PLAN_PASS || p.action == PLAN_PROTECT ||
		    p.reason != REASON_NONE);
	if (p.action == PLAN_PASS)
		assert_false(p.sign || p.encrypt || p.refused > 0);
	plan_fini(&p);
}

static void
test_invariants(void **state)
{
	struct decision_case c;
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		random_case(&c, &seed);
		check_invariants(&c.facts);
	}
}

static bool
is_same_plan(const struct plan *a, const struct plan *b)
{
	if (a->action != b->action || a->reason != b->reason ||
	    a->sign != b->sign || a->encrypt != b->encrypt ||
	    a->group_count != b->group_count || a->refused != b->refused ||
	    a->disclaimer != b->disclaimer)
		return false;
	for (size_t i = 0; i < a->recipient_count; i++)
		if (a->recipients[i].group != b->recipients[i].group)
			return false;
	return true;
}

/* Shadow mode tells what would be done, so nothing depends on it (G1). */
static void
test_shadow_is_the_same(void **state)
{
	struct decision_case c;
	uint32_t seed = 2;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct plan enforced, shadow;

		random_case(&c, &seed);
		plan_init(&enforced);
		plan_init(&shadow);
		c.facts.mode = MODE_ENFORCE;
		decide(&c.facts, &enforced);
		c.facts.mode = MODE_SHADOW;
		decide(&c.facts, &shadow);
		assert_true(is_same_plan(&enforced, &shadow));
		assert_false(enforced.shadow);
		assert_int_equal(
		    shadow.shadow, shadow.direction == PLAN_OUTBOUND);
		plan_fini(&enforced);
		plan_fini(&shadow);
	}
}

/* --- many recipients --- */

#define MANY 20000

/* How the time grows is seen by tests/system/linear_test.py. */
static void
test_many_recipients(void **state)
{
	struct recipient_facts *r = calloc(MANY, sizeof(*r));
	struct decision_case c;
	struct plan plan;

	(void)state;
	assert_non_null(r);
	decision_case_init(&c);
	for (size_t i = 0; i < MANY; i++) {
		r[i] = c.recipients[0];
		r[i].visible = i % 4 != 0;
		r[i].certificates = i % 4 != 1;
		r[i].level.cipher =
		    i % 4 == 2 ? CIPHER_AES128_CBC : CIPHER_AUTO;
	}
	c.facts.encrypt = ENCRYPT_IF_POSSIBLE;
	c.facts.recipients = r;
	c.facts.recipient_count = MANY;
	c.facts.copies = MANY;
	check_invariants(&c.facts);
	plan_init(&plan);
	decide(&c.facts, &plan);
	/* Two ciphers, clear text, and each fourth for himself. */
	assert_int_equal(plan.group_count, 3 + MANY / 4);
	assert_int_equal(plan.groups[0].count, MANY / 4);
	plan_fini(&plan);
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_reader),
	    cmocka_unit_test(test_invariants),
	    cmocka_unit_test(test_shadow_is_the_same),
	    cmocka_unit_test(test_many_recipients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
