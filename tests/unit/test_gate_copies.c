/*
 * The gate, and a message in several copies: one that is right passes; with
 * any one property flipped it does not.  One copy: test_gate.c.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gateway/gate.h"
#include "unit/gate_fixture.h"

static const struct spool_config spool = {
    .memory = 65536, .max = 1 << 20, .folder = "/tmp"};

static struct fixture_cert ca, alice, carol, bob_rsa, bob_ec, dave, erin;
static struct fixture_cert vault;

/*
 * Bob and Dave share a ciphertext, which stays in place; Erin, in nobody's
 * To, has one of her own; Frank gets it signed; Grace must have ciphertext
 * and cannot.
 */
enum {
	BOB,
	DAVE,
	ERIN,
	FRANK,
	GRACE,
	RECIPIENTS
};
enum {
	SHARED,
	BLIND,
	CLEAR,
	COPIES
};

static const char *const paths[] = {"<bob@example.net>", "<dave@example.net>",
    "<erin@example.com>", "<Frank@Example.com>", "<grace@example.com>"};
static const size_t group_of[] = {SHARED, SHARED, BLIND, CLEAR, PLAN_NO_GROUP};

#define FRANK_TOO "<frank@EXAMPLE.com>"
#define BODY	  "As it came.\r\n"
#define TOKEN	  "X-SMIME-Milter-Copy: 1 0123 4567 1 89ab\r\n"
#define OTHERS                                                                 \
	"From: alice@example.org\r\nSubject:  Two  words\r\n\t and a fold\r\n" \
	"X-Odd: \xe4\r\n"
#define VERSION "MIME-Version: 1.0\r\n"
#define TYPE(kind)                                                             \
	"Content-Type: application/pkcs7-mime; smime-type=" kind               \
	";\r\n\tname=smime.p7m\r\n"
#define ARMOR                                                                  \
	"Content-Transfer-Encoding: base64\r\n"                                \
	"Content-Disposition: attachment; filename=smime.p7m\r\n"
#define SIGNED_TYPE                                                            \
	"Content-Type: multipart/signed; boundary=b0undary;\r\n"               \
	"\tprotocol=\"application/pkcs7-signature\"; micalg=sha-256\r\n"

/* A message on its way out; every test changes something. */
struct scene {
	struct plan plan;
	struct plan_group groups[COPIES];
	struct plan_recipient planned[RECIPIENTS];
	struct policy_facts facts;
	struct recipient_facts recipients[RECIPIENTS];
	struct envelope envelope;
	struct certificate_list to[RECIPIENTS], escrow;
	bool done[RECIPIENTS];
	struct header header;
	struct edits edits;
	struct smime_entity signed_entity, envelope_entity;
	char *signed_text, *envelope_text;
	/* Of the copies that are handed over. */
	char *text[COPIES];
	struct slice_list content[COPIES];
	struct relay_recipient to_relay[COPIES][RECIPIENTS];
	struct relay_copy relay[COPIES];
	struct gate_copy copies[COPIES + 1];
	struct gate_case c;
};

/* --- making it --- */

static void
add_field(struct scene *s, const char *name, const char *body)
{
	struct err err;

	assert_int_equal(
	    header_add(&s->header, slice_text(name), slice_text(body), &err),
	    0);
}

static void
make_people(struct scene *s)
{
	envelope_init(&s->envelope);
	envelope_set_sender(
	    &s->envelope, "<alice@example.org>", "RET=HDRS ENVID=1");
	for (size_t i = 0; i < RECIPIENTS; i++) {
		envelope_add_recipient(&s->envelope, paths[i],
		    i == FRANK ? "NOTIFY=NEVER" : NULL, NULL);
		certificate_list_init(&s->to[i]);
	}
	envelope_add_recipient(&s->envelope, FRANK_TOO, NULL, NULL);
	envelope_unique(&s->envelope);
	assert_int_equal(s->envelope.count, RECIPIENTS);
	for (size_t i = 0; i < RECIPIENTS; i++) {
		s->recipients[i] = (struct recipient_facts){
		    .address = s->envelope.recipients[i].address,
		    .visible = i != ERIN};
		s->planned[i] = (struct plan_recipient){.encrypt = i <= ERIN,
		    .required = i == DAVE || i == GRACE,
		    .refused = i == GRACE,
		    .group = group_of[i]};
	}
	certificate_list_add(&s->to[BOB], bob_rsa.certificate);
	certificate_list_add(&s->to[BOB], bob_ec.certificate);
	certificate_list_add(&s->to[DAVE], dave.certificate);
	certificate_list_add(&s->to[ERIN], erin.certificate);
	certificate_list_init(&s->escrow);
	certificate_list_add(&s->escrow, vault.certificate);
}

static void
make_plan(struct scene *s)
{
	for (size_t i = 0; i < COPIES; i++)
		s->groups[i] = (struct plan_group){.encrypt = i != CLEAR,
		    .blind = i == BLIND,
		    .cipher = CIPHER_AES256_CBC};
	s->plan = (struct plan){.direction = PLAN_OUTBOUND,
	    .action = PLAN_PROTECT,
	    .sign = true,
	    .encrypt = true,
	    .must_encrypt = true,
	    .recipient = PLAN_NO_RECIPIENT,
	    .groups = s->groups,
	    .group_count = COPIES,
	    .recipients = s->planned,
	    .recipient_count = RECIPIENTS,
	    .refused = 1};
	s->facts = (struct policy_facts){.from = "alice@example.org",
	    .recipients = s->recipients,
	    .recipient_count = RECIPIENTS};
}

/* Another ciphertext for the copy that stays in place. */
static void
set_shared(struct scene *s, const struct fixture_cert *const *to, size_t count)
{
	free(s->envelope_text);
	s->envelope_text = gate_fixture_envelope(to, count, EVP_aes_256_cbc());
	s->envelope_entity.body.count = 0;
	slice_list_add(&s->envelope_entity.body, slice_text(s->envelope_text));
	s->edits.body = s->envelope_entity.body;
}

static void
set_text(struct scene *s, size_t copy, const char *header, char *body)
{
	free(s->text[copy]);
	s->text[copy] = xasprintf("%s\r\n%s", header, body);
	free(body);
}

static void
set_blind(struct scene *s, const struct fixture_cert *const *to, size_t count)
{
	set_text(s, BLIND, TOKEN OTHERS VERSION TYPE("enveloped-data") ARMOR,
	    gate_fixture_envelope(to, count, EVP_aes_256_cbc()));
}

static void
set_signed(struct scene *s, const struct fixture_cert *signer)
{
	char *signature = gate_fixture_signature(signer, NULL, true);

	set_text(s, CLEAR, TOKEN OTHERS VERSION SIGNED_TYPE,
	    gate_fixture_multipart(signature));
	free(signature);
}

static void
make_entities(struct scene *s)
{
	const struct fixture_cert *const shared[] = {
	    &bob_rsa, &bob_ec, &dave, &vault};
	const struct fixture_cert *const blind[] = {&erin, &vault};
	char *signature = gate_fixture_signature(&alice, NULL, true);

	smime_entity_init(&s->signed_entity, &spool);
	buf_add_text(&s->signed_entity.content_type, GATE_FIXTURE_MULTIPART);
	s->signed_text = gate_fixture_multipart(signature);
	slice_list_add(&s->signed_entity.body, slice_text(s->signed_text));
	smime_entity_init(&s->envelope_entity, &spool);
	buf_add_text(&s->envelope_entity.content_type,
	    GATE_FIXTURE_PKCS7 "enveloped-data; name=\"smime.p7m\"");
	s->envelope_entity.transfer_encoding = "base64";
	buf_add_text(&s->envelope_entity.disposition,
	    " attachment; filename=\"smime.p7m\"");
	set_shared(s, shared, 4);
	set_blind(s, blind, 2);
	set_signed(s, &alice);
	free(signature);
}

static void
make_edits(struct scene *s)
{
	edits_fini(&s->edits);
	edits_delete_fields(&s->edits, &s->header, "Bcc");
	edits_carry(&s->edits, &s->header, &s->envelope_entity);
	edits_remove_recipient(&s->edits, paths[ERIN]);
	edits_remove_recipient(&s->edits, paths[FRANK]);
	edits_remove_recipient(&s->edits, FRANK_TOO);
	edits_remove_recipient(&s->edits, paths[GRACE]);
}

static void
relay_to(struct scene *s, size_t copy, const char *path, const char *parameters)
{
	struct relay_copy *relay = &s->relay[copy];

	s->to_relay[copy][relay->count++] =
	    (struct relay_recipient){slice_text(path), slice_text(parameters)};
}

static void
make_copies(struct scene *s)
{
	for (size_t i = 0; i < COPIES; i++) {
		s->relay[i] = (struct relay_copy){
		    .path = slice_text("<alice@example.org>"),
		    .parameters = slice_text("RET=HDRS ENVID=1"),
		    .recipients = s->to_relay[i],
		    .content = &s->content[i]};
		s->copies[i] = (struct gate_copy){.group = i,
		    .edits = i == SHARED ? &s->edits : NULL,
		    .relay = i == SHARED ? NULL : &s->relay[i],
		    .payload = i == CLEAR ? NULL : &s->signed_entity};
	}
	relay_to(s, BLIND, paths[ERIN], "");
	relay_to(s, CLEAR, paths[FRANK], "NOTIFY=NEVER");
	s->c = (struct gate_case){.plan = &s->plan,
	    .facts = &s->facts,
	    .envelope = &s->envelope,
	    .header = &s->header,
	    .body = slice_text(BODY),
	    .signer = alice.certificate,
	    .certificates = s->to,
	    .escrow = &s->escrow,
	    .copies = s->copies,
	    .copy_count = COPIES};
}

static void
scene_init(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	header_init(&s->header);
	add_field(s, "From", " alice@example.org");
	add_field(s, "Content-Type", " text/plain");
	add_field(s, "Subject", "  Two  words\n\t and a fold");
	add_field(s, "BCC", " erin@example.com");
	add_field(s, "Content-Language", " en");
	add_field(s, "X-Odd", " \xe4");
	edits_init(&s->edits);
	make_people(s);
	make_plan(s);
	make_entities(s);
	make_edits(s);
	make_copies(s);
}

static void
scene_fini(struct scene *s)
{
	for (size_t i = 0; i < RECIPIENTS; i++)
		certificate_list_fini(&s->to[i]);
	certificate_list_fini(&s->escrow);
	for (size_t i = 0; i < COPIES; i++)
		free(s->text[i]);
	smime_entity_fini(&s->envelope_entity);
	smime_entity_fini(&s->signed_entity);
	free(s->envelope_text);
	free(s->signed_text);
	edits_fini(&s->edits);
	envelope_fini(&s->envelope);
	header_fini(&s->header);
}

/* What the gate says, with the texts as they are now; cut in two, anywhere,
 * unless that is 0. */
static int
judge(struct scene *s, size_t cut, struct err *err)
{
	for (size_t i = 0; i < COPIES; i++) {
		struct slice text = slice_text(s->text[i] ? s->text[i] : "");

		s->content[i].count = 0;
		slice_list_add(&s->content[i], slice_part(text, 0, cut));
		slice_list_add(&s->content[i], slice_part(text, cut, text.len));
	}
	return gate_check(&s->c, err);
}

static void
passes(struct scene *s)
{
	struct err err;

	if (judge(s, 0, &err) < 0)
		fail_msg("%s", err.text);
	scene_fini(s);
}

static void
stops(struct scene *s, const char *why)
{
	struct err err;

	assert_int_equal(judge(s, 0, &err), -1);
	assert_int_equal(err.class, ERR_BUG);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" instead of \"%s\"", err.text, why);
	scene_fini(s);
}

/* Replaces the first occurrence in the text of a copy. */
static void
replace(struct scene *s, size_t copy, const char *from, const char *to)
{
	char *at = strstr(s->text[copy], from), *text;

	assert_non_null(at);
	text = xasprintf("%.*s%s%s", (int)(at - s->text[copy]), s->text[copy],
	    to, at + strlen(from));
	free(s->text[copy]);
	s->text[copy] = text;
}

static void
test_right_one(void **state)
{
	struct scene s;
	struct err err;

	(void)state;
	scene_init(&s);
	for (size_t cut = 1; cut < strlen(s.text[CLEAR]); cut += 13)
		if (judge(&s, cut, &err) < 0)
			fail_msg("cut at %zu: %s", cut, err.text);
	passes(&s);
}

/* --- who gets what --- */

static void
leave_out_frank(struct scene *s)
{
	s->relay[CLEAR].count = 0;
}

static void
frank_twice(struct scene *s)
{
	relay_to(s, CLEAR, FRANK_TOO, "NOTIFY=NEVER");
}

static void
frank_in_both(struct scene *s)
{
	relay_to(s, BLIND, paths[FRANK], "NOTIFY=NEVER");
}

static void
erin_gets_clear_text(struct scene *s)
{
	s->relay[CLEAR].count = 0;
	relay_to(s, CLEAR, paths[ERIN], "");
}

static void
grace_gets_clear_text(struct scene *s)
{
	s->relay[CLEAR].count = 0;
	relay_to(s, CLEAR, paths[GRACE], "");
}

static void
grace_gets_some_too(struct scene *s)
{
	relay_to(s, CLEAR, paths[GRACE], "");
}

static void
stranger_gets_some(struct scene *s)
{
	s->relay[CLEAR].count = 0;
	relay_to(s, CLEAR, "<mallory@example.com>", "");
}

/* Nobody knows whether that is the same mailbox to the next server. */
static void
frank_is_misspelled(struct scene *s)
{
	s->relay[CLEAR].count = 0;
	relay_to(s, CLEAR, "<FRANK@example.com>", "NOTIFY=NEVER");
}

static void
other_parameters(struct scene *s)
{
	s->relay[CLEAR].count = 0;
	relay_to(s, CLEAR, paths[FRANK], "");
}

static void
other_sender(struct scene *s)
{
	s->relay[CLEAR].path = slice_text("<>");
}

static void
other_sender_parameters(struct scene *s)
{
	s->relay[CLEAR].parameters = slice_text("RET=FULL ENVID=1");
}

static void
forget(struct scene *s, size_t removed)
{
	free(s->edits.recipients[removed]);
	s->edits.recipients[removed] =
	    s->edits.recipients[--s->edits.recipient_count];
}

static void
erin_stays(struct scene *s)
{
	forget(s, 0);
}

static void
frank_stays(struct scene *s)
{
	forget(s, 1);
}

static void
frank_stays_by_another_name(struct scene *s)
{
	forget(s, 2);
}

static void
grace_stays(struct scene *s)
{
	forget(s, 3);
}

static void
frank_is_removed_misspelled(struct scene *s)
{
	s->edits.recipients[1][1] = 'f';
}

static void
bob_is_removed(struct scene *s)
{
	edits_remove_recipient(&s->edits, paths[BOB]);
}

static void
no_copy_for_erin(struct scene *s)
{
	s->copies[BLIND] = s->copies[CLEAR];
	s->c.copy_count = 2;
}

static void
two_copies_for_erin(struct scene *s)
{
	s->copies[COPIES] = s->copies[BLIND];
	s->c.copy_count = COPIES + 1;
}

static void
copy_for_nobody(struct scene *s)
{
	s->copies[COPIES] = s->copies[CLEAR];
	s->copies[COPIES].group = COPIES;
	s->c.copy_count = COPIES + 1;
}

static void
groups_swapped(struct scene *s)
{
	s->copies[BLIND].group = CLEAR;
	s->copies[CLEAR].group = BLIND;
}

static void
nothing_in_place(struct scene *s)
{
	s->copies[SHARED].edits = NULL;
	s->copies[SHARED].relay = &s->relay[SHARED];
}

static void
two_in_place(struct scene *s)
{
	s->copies[CLEAR].edits = &s->edits;
	s->copies[CLEAR].relay = NULL;
}

static void
both_at_once(struct scene *s)
{
	s->copies[CLEAR].edits = &s->edits;
}

static void
fewer_recipients_planned(struct scene *s)
{
	s->plan.recipient_count--;
}

static void
fewer_facts(struct scene *s)
{
	s->facts.recipient_count--;
}

/* --- what policy wants --- */

static void
frank_must_have_ciphertext(struct scene *s)
{
	s->planned[FRANK].required = true;
}

static void
policy_for_frank(struct scene *s)
{
	s->recipients[FRANK].level.encrypt = RECEIVE_REQUIRED;
}

static void
policy_for_all(struct scene *s)
{
	s->facts.encrypt = ENCRYPT_REQUIRED;
}

static void
frank_is_thought_encrypted(struct scene *s)
{
	s->planned[FRANK].encrypt = true;
}

static void
dave_in_clear_group(struct scene *s)
{
	s->planned[DAVE].group = CLEAR;
}

static void
grace_in_a_group(struct scene *s)
{
	s->planned[GRACE].group = CLEAR;
}

static void
frank_in_no_group(struct scene *s)
{
	s->planned[FRANK].group = PLAN_NO_GROUP;
}

static void
dave_is_blind(struct scene *s)
{
	s->recipients[DAVE].visible = false;
}

static void
erin_joins_the_others(struct scene *s)
{
	s->planned[ERIN].group = SHARED;
}

static void
group_of_nobody(struct scene *s)
{
	s->planned[FRANK].group = PLAN_NO_GROUP;
	s->planned[FRANK].refused = true;
}

/* --- certificates --- */

static void
erin_shown_to_others(struct scene *s)
{
	const struct fixture_cert *const to[] = {
	    &bob_rsa, &bob_ec, &dave, &vault, &erin};

	set_shared(s, to, 5);
}

static void
dave_cannot_read(struct scene *s)
{
	const struct fixture_cert *const to[] = {&bob_rsa, &bob_ec, &vault};

	set_shared(s, to, 3);
}

static void
one_of_bobs_missing(struct scene *s)
{
	const struct fixture_cert *const to[] = {&bob_ec, &dave, &vault};

	set_shared(s, to, 3);
}

static void
vault_cannot_read(struct scene *s)
{
	const struct fixture_cert *const to[] = {&bob_rsa, &bob_ec, &dave};

	set_shared(s, to, 3);
}

static void
vault_cannot_read_erins(struct scene *s)
{
	const struct fixture_cert *const to[] = {&erin};

	set_blind(s, to, 1);
}

static void
others_shown_to_erin(struct scene *s)
{
	const struct fixture_cert *const to[] = {&erin, &vault, &dave};

	set_blind(s, to, 3);
}

static void
erins_is_for_dave(struct scene *s)
{
	const struct fixture_cert *const to[] = {&dave, &vault};

	set_blind(s, to, 2);
}

static void
unwanted_escrow(struct scene *s)
{
	s->c.escrow = NULL;
}

static void
nothing_known_of_erin(struct scene *s)
{
	certificate_list_fini(&s->to[ERIN]);
}

/* --- signatures --- */

static void
signed_by_another(struct scene *s)
{
	set_signed(s, &carol);
}

static void
not_signed(struct scene *s)
{
	set_text(s, CLEAR, TOKEN OTHERS VERSION "Content-Type: text/plain\r\n",
	    xstrdup(BODY));
}

static void
opaque_is_wanted(struct scene *s)
{
	s->groups[CLEAR].opaque = true;
}

static void
opaque_is_wanted_inside(struct scene *s)
{
	s->groups[BLIND].opaque = true;
}

static void
nothing_signed_inside(struct scene *s)
{
	s->copies[BLIND].payload = NULL;
}

static void
ciphertext_for_frank(struct scene *s)
{
	free(s->text[CLEAR]);
	s->text[CLEAR] = xstrdup(s->text[BLIND]);
}

static void
clear_text_for_erin(struct scene *s)
{
	free(s->text[BLIND]);
	s->text[BLIND] = xstrdup(s->text[CLEAR]);
}

static void
another_cipher(struct scene *s)
{
	s->groups[BLIND].cipher = CIPHER_AES256_GCM;
}

/* It says so, but is not. */
static void
another_cipher_by_its_label(struct scene *s)
{
	s->groups[BLIND].cipher = CIPHER_AES256_GCM;
	replace(s, BLIND, "enveloped-data", "authEnveloped-data");
}

/* --- edits of the header --- */

static void
bcc_stays(struct scene *s)
{
	edits_fini(&s->edits);
	edits_carry(&s->edits, &s->header, &s->envelope_entity);
	edits_remove_recipient(&s->edits, paths[ERIN]);
	edits_remove_recipient(&s->edits, paths[FRANK]);
	edits_remove_recipient(&s->edits, FRANK_TOO);
	edits_remove_recipient(&s->edits, paths[GRACE]);
}

static void
one_of_two_bcc_stays(struct scene *s)
{
	add_field(s, "bcc", " erin@example.com");
}

static void
resent_bcc_stays(struct scene *s)
{
	add_field(s, "Resent-Bcc", " erin@example.com");
}

static void
bcc_is_set(struct scene *s)
{
	edits_set_header(&s->edits, "Resent-Bcc", 1, " x@example.com");
}

static void
bcc_is_changed(struct scene *s)
{
	free(s->edits.headers[0].value);
	s->edits.headers[0].value = xstrdup(" x@example.com");
}

static void
forged_token_stays(struct scene *s)
{
	add_field(s, "x-smime-milter-copy", " 1");
}

static void
token_in_place(struct scene *s)
{
	edits_set_header(&s->edits, "X-SMIME-Milter-Copy", 1, " 1");
}

static void
from_is_changed(struct scene *s)
{
	edits_set_header(&s->edits, "From", 1, " x@example.org");
}

static void
subject_is_deleted(struct scene *s)
{
	edits_set_header(&s->edits, "Subject", 1, NULL);
}

struct flip {
	void (*change)(struct scene *s);
	const char *why;
};

static const struct flip flips[] = {
    {leave_out_frank, "too many, or too few"},
    {frank_twice, "too many, or too few"},
    {frank_in_both, "too many, or too few"},
    {erin_gets_clear_text, "somebody it is not for"},
    {grace_gets_clear_text, "somebody it is not for"},
    {grace_gets_some_too, "too many, or too few"},
    {stranger_gets_some, "somebody it is not for"},
    {frank_is_misspelled, "somebody it is not for"},
    {other_parameters, "other parameters"},
    {other_sender, "another sender"},
    {other_sender_parameters, "another sender"},
    {erin_stays, "what is not for him"},
    {frank_stays, "what is not for him"},
    {frank_stays_by_another_name, "what is not for him"},
    {grace_stays, "what is not for him"},
    {frank_is_removed_misspelled, "a stranger is removed"},
    {bob_is_removed, "loses his copy"},
    {no_copy_for_erin, "not one copy for each group"},
    {two_copies_for_erin, "not one copy for each group"},
    {copy_for_nobody, "a copy for no group"},
    {groups_swapped, "somebody it is not for"},
    {nothing_in_place, "in the wrong place"},
    {two_in_place, "in the wrong place"},
    {both_at_once, "in the wrong place"},
    {fewer_recipients_planned, "other recipients"},
    {fewer_facts, "other recipients"},
    {frank_must_have_ciphertext, "must be encrypted"},
    {policy_for_frank, "must be encrypted"},
    {policy_for_all, "must be encrypted"},
    {frank_is_thought_encrypted, "a group that is not his"},
    {dave_in_clear_group, "a group that is not his"},
    {grace_in_a_group, "refused recipient is in a group"},
    {frank_in_no_group, "in no group"},
    {dave_is_blind, "not alone"},
    {erin_joins_the_others, "not alone"},
    {group_of_nobody, "without recipients"},
    {erin_shown_to_others, "other recipients than planned"},
    {dave_cannot_read, "other recipients than planned"},
    {one_of_bobs_missing, "other recipients than planned"},
    {vault_cannot_read, "other recipients than planned"},
    {vault_cannot_read_erins, "other recipients than planned"},
    {others_shown_to_erin, "other recipients than planned"},
    {erins_is_for_dave, "other recipients than planned"},
    {unwanted_escrow, "other recipients than planned"},
    {nothing_known_of_erin, "encrypted to nobody"},
    {signed_by_another, "by another certificate"},
    {not_signed, "not signed detached"},
    {opaque_is_wanted, "not signed opaque"},
    {opaque_is_wanted_inside, "not signed opaque"},
    {nothing_signed_inside, "no signed payload"},
    {ciphertext_for_frank, "not signed detached"},
    {clear_text_for_erin, "not encrypted"},
    {another_cipher, "not encrypted as planned"},
    {another_cipher_by_its_label, "not an envelope"},
    {bcc_stays, "Bcc is left"},
    {one_of_two_bcc_stays, "Bcc is left"},
    {resent_bcc_stays, "Bcc is left"},
    {bcc_is_set, "none of ours"},
    {bcc_is_changed, "must be gone"},
    {forged_token_stays, "a token is left"},
    {token_in_place, "none of ours"},
    {from_is_changed, "none of ours"},
    {subject_is_deleted, "none of ours"},
};

static void
test_flips(void **state)
{
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(flips) / sizeof(*flips); i++) {
		scene_init(&s);
		flips[i].change(&s);
		stops(&s, flips[i].why);
	}
}

/* The same in the bytes of a copy that is handed over. */
static void
test_bytes(void **state)
{
	static const struct {
		const char *from, *to;
		const char *why;
	} rows[] = {
	    {TOKEN, "", "does not begin with a token"},
	    {TOKEN, "From: alice@example.org\r\n" TOKEN,
		"does not begin with a token"},
	    {TOKEN, TOKEN TOKEN, "a token is left"},
	    {VERSION, VERSION TOKEN, "a token is left"},
	    {VERSION, VERSION "bcc: x\r\n", "Bcc is left"},
	    {VERSION, VERSION "Resent-BCC: x\r\n", "Bcc is left"},
	    {VERSION, VERSION "X-More: x\r\n", "missing, or too many"},
	    {"X-Odd: \xe4\r\n", "", "missing, or too many"},
	    {"X-Odd: \xe4\r\n", "X-Odd: \xe4 \r\n", "not as it came"},
	    {"X-Odd: \xe4\r\n", "X-Odd: \xe5\r\n", "not as it came"},
	    {"X-Odd: \xe4\r\n", "X-Old: \xe4\r\n", "not as it came"},
	    {"alice@", "Alice@", "not as it came"},
	    {VERSION, "", "MIME-Version"},
	    {"Version: 1.0", "Version: 1.1", "MIME-Version"},
	    {VERSION, VERSION VERSION, "old entity stays"},
	    {SIGNED_TYPE, SIGNED_TYPE SIGNED_TYPE, "old entity stays"},
	    {SIGNED_TYPE, SIGNED_TYPE "Content-Language: en\r\n",
		"old entity stays"},
	    {SIGNED_TYPE, "", "no Content-Type"},
	    {SIGNED_TYPE, SIGNED_TYPE ARMOR, "not labelled right"},
	    {SIGNED_TYPE, SIGNED_TYPE "Content-Transfer-Encoding: 7bit\r\n",
		"not labelled right"},
	    {SIGNED_TYPE, SIGNED_TYPE "Content-Disposition: inline\r\n",
		"not labelled right"},
	    {"sha-256", "sha-\xe4", "no header can hold"},
	    {"sha-256", "sha-\x01", "no header can hold"},
	    {"words\r\n\t", "words\n\t", "stray bytes"},
	    {"words\r\n\t", "words\r\t", "stray bytes"},
	    {"Two", "Two\r\r\n ", "stray bytes"},
	    {VERSION, "no field\r\n" VERSION, "cannot be read"},
	    {"X-Odd:", "X-Odd :", "cannot be read"},
	    {VERSION, VERSION "Bcc : x\r\n", "cannot be read"},
	    {"X-Odd: \xe4\r\n" VERSION, "X-Odd: \xe4\r\n\r\n" VERSION,
		"MIME-Version"},
	    {"--b0undary--\r\n", "\r\n", "exactly two parts"},
	};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		scene_init(&s);
		replace(&s, CLEAR, rows[i].from, rows[i].to);
		stops(&s, rows[i].why);
	}
	scene_init(&s);
	free(s.text[CLEAR]);
	s.text[CLEAR] = xstrdup(TOKEN OTHERS);
	stops(&s, "without an end of its header");
	/* No attachment, so that people would see base64. */
	scene_init(&s);
	replace(&s, BLIND, "attachment", "inline");
	stops(&s, "not base64");
}

/* --- what else is right --- */

static void
test_other_right_ones(void **state)
{
	const struct fixture_cert *const to[] = {
	    &bob_rsa, &bob_ec, &dave, &vault, &erin};
	const struct fixture_cert *const blind[] = {&erin, &vault};
	struct scene s;

	(void)state;
	/* By another of his names. */
	scene_init(&s);
	s.relay[CLEAR].count = 0;
	relay_to(&s, CLEAR, FRANK_TOO, "NOTIFY=NEVER");
	passes(&s);
	/* Bob has the same certificate as Erin: both may be known by it. */
	scene_init(&s);
	certificate_list_add(&s.to[BOB], erin.certificate);
	set_shared(&s, to, 5);
	passes(&s);
	/* Dave keeps the organisation's. */
	scene_init(&s);
	certificate_list_add(&s.to[DAVE], vault.certificate);
	certificate_list_add(&s.to[DAVE], dave.certificate);
	passes(&s);
	scene_init(&s);
	s.groups[BLIND].cipher = CIPHER_AES128_GCM;
	set_text(&s, BLIND,
	    TOKEN OTHERS VERSION TYPE("authEnveloped-data") ARMOR,
	    gate_fixture_envelope(blind, 2, EVP_aes_128_gcm()));
	passes(&s);
	/* And not under the other name. */
	scene_init(&s);
	set_text(&s, BLIND, TOKEN OTHERS VERSION TYPE("enveloped-data") ARMOR,
	    gate_fixture_envelope(blind, 2, EVP_aes_128_gcm()));
	stops(&s, "not an envelope");
}

/* A copy that is neither signed nor encrypted is the message. */
static void
plan_without_signature(struct scene *s)
{
	s->plan.sign = false;
	s->c.signer = NULL;
	s->copies[SHARED].payload = s->copies[BLIND].payload = NULL;
	free(s->text[CLEAR]);
	s->text[CLEAR] =
	    xstrdup(TOKEN "From: alice@example.org\r\n"
			  "Content-Type: text/plain\r\n"
			  "Subject:  Two  words\r\n\t and a fold\r\n"
			  "Content-Language: en\r\nX-Odd: \xe4\r\n\r\n" BODY);
}

static void
test_unsigned(void **state)
{
	static const struct {
		const char *from, *to;
		const char *why;
	} rows[] = {
	    {BODY, "As it came!\r\n", "body is not as it came"},
	    {BODY, BODY "\r\n", "body is not as it came"},
	    {BODY, "", "body is not as it came"},
	    {"text/plain", "text/html", "not as it came"},
	    {"Content-Language: en\r\n", "", "not as it came"},
	    {"X-Odd: \xe4\r\n", "", "missing, or too many"},
	    {TOKEN, TOKEN "Bcc: x\r\n", "Bcc is left"},
	};
	struct scene s;
	struct err err;

	(void)state;
	scene_init(&s);
	plan_without_signature(&s);
	for (size_t cut = 1; cut < strlen(s.text[CLEAR]); cut++)
		if (judge(&s, cut, &err) < 0)
			fail_msg("cut at %zu: %s", cut, err.text);
	passes(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		scene_init(&s);
		plan_without_signature(&s);
		replace(&s, CLEAR, rows[i].from, rows[i].to);
		stops(&s, rows[i].why);
	}
}

/* Some have had their copy already: the message comes again. */
static void
test_done(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	s.done[FRANK] = true;
	s.c.done = s.done;
	s.c.copy_count = 2;
	passes(&s);
	scene_init(&s);
	s.done[FRANK] = true;
	s.c.done = s.done;
	stops(&s, "not one copy for each group");
	scene_init(&s);
	s.c.done = s.done;
	s.c.copy_count = 2;
	stops(&s, "not one copy for each group");
	/* One of two who share a copy. */
	scene_init(&s);
	s.done[FRANK] = true;
	s.c.done = s.done;
	s.planned[GRACE] =
	    (struct plan_recipient){.group = CLEAR, .refused = false};
	stops(&s, "somebody it is not for");
	scene_init(&s);
	s.done[FRANK] = true;
	s.c.done = s.done;
	s.planned[GRACE] = (struct plan_recipient){.group = CLEAR};
	s.relay[CLEAR].count = 0;
	relay_to(&s, CLEAR, paths[GRACE], "");
	passes(&s);
	/* Who had a copy is removed from the one in place all the same. */
	scene_init(&s);
	s.done[FRANK] = true;
	s.c.done = s.done;
	s.c.copy_count = 2;
	forget(&s, 1);
	stops(&s, "what is not for him");
}

/* --- odd names --- */

/* Authorities have given several certificates one serial number. */
static void
test_same_name(void **state)
{
	struct fixture_cert one, two;
	const struct fixture_opts opts = {
	    .address = "erin@example.com", .serial = 77};
	const struct fixture_cert *const both[] = {&one, &two, &vault};
	struct scene s;

	(void)state;
	fixture_leaf(&one, &ca, &opts);
	fixture_leaf(&two, &ca, &opts);
	for (size_t count = 1; count <= 2; count++) {
		scene_init(&s);
		certificate_list_fini(&s.to[ERIN]);
		certificate_list_add(&s.to[ERIN], one.certificate);
		certificate_list_add(&s.to[ERIN], two.certificate);
		certificate_list_add(&s.to[ERIN], one.certificate);
		set_blind(&s, both + 2 - count, count + 1);
		if (count == 2)
			passes(&s);
		else
			stops(&s, "other recipients than planned");
	}
	scene_init(&s);
	certificate_list_fini(&s.to[ERIN]);
	certificate_list_add(&s.to[ERIN], one.certificate);
	set_blind(&s, both, 3);
	stops(&s, "other recipients than planned");
	fixture_fini(&two);
	fixture_fini(&one);
}

/* Nobody can tell two recipients apart whose addresses nobody can read. */
static void
test_same_path(void **state)
{
	struct scene s;

	(void)state;
	for (int apart = 0; apart <= 1; apart++) {
		scene_init(&s);
		envelope_fini(&s.envelope);
		envelope_set_sender(
		    &s.envelope, "<alice@example.org>", "RET=HDRS ENVID=1");
		for (size_t i = 0; i <= ERIN; i++)
			envelope_add_recipient(
			    &s.envelope, paths[i], NULL, NULL);
		envelope_add_recipient(&s.envelope, "<x y>", NULL, NULL);
		envelope_add_recipient(&s.envelope, "<x y>", NULL, NULL);
		for (size_t i = FRANK; i <= GRACE; i++)
			s.planned[i] = (struct plan_recipient){.group = CLEAR};
		s.planned[GRACE].refused = apart;
		if (apart)
			s.planned[GRACE].group = PLAN_NO_GROUP;
		while (s.edits.recipient_count > 1)
			forget(&s, 1);
		edits_remove_recipient(&s.edits, "<x y>");
		s.relay[CLEAR].count = 0;
		for (int i = apart; i < 2; i++)
			relay_to(&s, CLEAR, "<x y>", "");
		passes(&s);
	}
}

/* Postfix is known to remove nobody who is called so (MTA.md d). */
static void
test_source_route(void **state)
{
	static const char route[] = "<@mx.example.com:grace@example.com>";
	struct scene s;

	(void)state;
	for (int known = 0; known <= 1; known++) {
		scene_init(&s);
		envelope_fini(&s.envelope);
		envelope_set_sender(
		    &s.envelope, "<alice@example.org>", "RET=HDRS ENVID=1");
		for (size_t i = 0; i <= FRANK; i++)
			envelope_add_recipient(&s.envelope, paths[i],
			    i == FRANK ? "NOTIFY=NEVER" : NULL, NULL);
		envelope_add_recipient(
		    &s.envelope, route, NULL, known ? paths[GRACE] : NULL);
		forget(&s, 2);
		edits_remove_recipient(&s.edits, route);
		if (known) {
			passes(&s);
			continue;
		}
		forget(&s, 2);
		stops(&s, "nobody knows how to remove");
	}
}

/* --- many --- */

/* As many as there may be: it must not take minutes. */
static void
test_many(void **state)
{
	struct plan_recipient *planned =
	    xcalloc(LIMIT_RECIPIENTS, sizeof(*planned));
	struct recipient_facts *facts =
	    xcalloc(LIMIT_RECIPIENTS, sizeof(*facts));
	struct relay_recipient *to = xcalloc(LIMIT_RECIPIENTS, sizeof(*to));
	struct scene s;
	struct err err;
	clock_t start;
	char path[64];

	(void)state;
	scene_init(&s);
	for (size_t i = 0; i < RECIPIENTS; i++) {
		planned[i] = s.planned[i];
		facts[i] = s.recipients[i];
	}
	for (size_t i = RECIPIENTS; i < LIMIT_RECIPIENTS; i++) {
		snprintf(path, sizeof(path), "<x%zu@example.com>", i);
		envelope_add_recipient(&s.envelope, path, NULL, NULL);
		edits_remove_recipient(&s.edits, path);
		planned[i].group = CLEAR;
	}
	to[0] = s.to_relay[CLEAR][0];
	for (size_t i = RECIPIENTS; i < LIMIT_RECIPIENTS; i++)
		to[i - RECIPIENTS + 1].path =
		    slice_text(s.envelope.recipients[i].path);
	s.plan.recipients = planned;
	s.facts.recipients = facts;
	s.plan.recipient_count = s.facts.recipient_count = LIMIT_RECIPIENTS;
	s.relay[CLEAR].recipients = to;
	s.relay[CLEAR].count = LIMIT_RECIPIENTS - RECIPIENTS + 1;
	start = clock();
	if (judge(&s, 0, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(UNIT_SANITIZED || clock() - start < CLOCKS_PER_SEC);
	to[7].path = to[8].path;
	stops(&s, "somebody it is not for");
	free(to);
	free(facts);
	free(planned);
}

static int
set_up(void **state)
{
	(void)state;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Test CA"});
	fixture_leaf(&alice, &ca,
	    &(struct fixture_opts){.address = "alice@example.org"});
	fixture_leaf(&carol, &ca,
	    &(struct fixture_opts){.address = "carol@example.org"});
	fixture_leaf(&bob_rsa, &ca,
	    &(struct fixture_opts){
		.address = "bob@example.net", .key = "RSA-2048"});
	fixture_leaf(
	    &bob_ec, &ca, &(struct fixture_opts){.address = "bob@example.net"});
	fixture_leaf(
	    &dave, &ca, &(struct fixture_opts){.address = "dave@example.net"});
	fixture_leaf(
	    &erin, &ca, &(struct fixture_opts){.address = "erin@example.com"});
	fixture_leaf(&vault, &ca,
	    &(struct fixture_opts){.address = "vault@example.org"});
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	fixture_fini(&vault);
	fixture_fini(&erin);
	fixture_fini(&dave);
	fixture_fini(&bob_ec);
	fixture_fini(&bob_rsa);
	fixture_fini(&carol);
	fixture_fini(&alice);
	fixture_fini(&ca);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_right_one),
	    cmocka_unit_test(test_flips),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_other_right_ones),
	    cmocka_unit_test(test_unsigned),
	    cmocka_unit_test(test_done),
	    cmocka_unit_test(test_same_name),
	    cmocka_unit_test(test_same_path),
	    cmocka_unit_test(test_source_route),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
