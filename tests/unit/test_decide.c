/*
 * The decision as a table: facts in words, the plan in words.
 *
 * Each row starts from the same good case (alice@example.org is logged in
 * under her own address, has a certificate, signs, does not encrypt, and
 * writes to one outside recipient whose certificate we know) and says what
 * is different.  Words:
 *
 *   submit:login|network|daemon|none     login=TEXT (implies submit:login)
 *   from=ADDRESS[,ADDRESS...]|none       fields=N   malformed
 *   sender=ADDRESS|null|unreadable       domains=N (example.org, .net)
 *   sign:on|off                          encrypt:off|if-possible|required
 *   identity:STATE                       is:signed|encrypted
 *   problem:unsigned|defer                 complex
 *   exempt:WHAT (several add up)          alone:LIST (what policy spares)
 *   to:KIND[,KIND...]  cert none expired not-yet address usage weak
 *                      unsupported untrusted revoked pending distrusted
 *                      not-preferred local bad; with /bcc: not in To or Cc,
 *                      /opaque: of a domain that wants opaque signatures
 *
 * The plan: "protect", "pass", "refuse", "defer" and the reason of all but the
 * first;
 * "sign" ("sign-opaque") and "encrypt", or "!reason" why not; "must"; "#N" the recipient.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "policy/decide.h"
#include "policy/rules.h"

#define COUNT(array)   (sizeof(array) / sizeof(*(array)))
#define MAX_RECIPIENTS 8

struct row {
	const char *facts;
	const char *plan;
};

/* --- outbound: who signs --- */

static const struct row rows_sign[] = {
    {"", "protect sign !encryption-off"},
    {"submit:network", "protect sign !encryption-off"},
    {"submit:daemon", "protect sign !encryption-off"},
    /* A login decides, even where the network alone would do. */
    {"login=alice@example.org", "protect sign !encryption-off"},
    {"login=carol@example.org",
	"pass:login-mismatch !login-mismatch !encryption-off"},
    {"login=alice@example.net domains=2",
	"pass:login-mismatch !login-mismatch !encryption-off"},
    {"login=alice@example.com",
	"pass:login-mismatch !login-mismatch !encryption-off"},
    /* A bare login is the local part of the only domain. */
    {"login=alice", "protect sign !encryption-off"},
    {"login=alice domains=2",
	"pass:login-mismatch !login-mismatch !encryption-off"},
    {"login=ali", "pass:login-mismatch !login-mismatch !encryption-off"},
    {"login=alice2", "pass:login-mismatch !login-mismatch !encryption-off"},
    {"login=carol", "pass:login-mismatch !login-mismatch !encryption-off"},
    {"login=alice@", "pass:login-mismatch !login-mismatch !encryption-off"},
    {"login=@example.org",
	"pass:login-mismatch !login-mismatch !encryption-off"},
    /* From: one field, one mailbox, ours. */
    {"from=alice@example.org,carol@example.org",
	"pass:several-from !several-from !encryption-off"},
    {"from=alice@example.org,mallory@example.com",
	"pass:several-from !several-from !encryption-off"},
    {"fields=2", "pass:several-from !several-from !encryption-off"},
    {"malformed", "pass:malformed-from !malformed-from !encryption-off"},
    {"from=none", "pass:no-from !no-from !encryption-off"},
    {"from=none fields=1 malformed",
	"pass:malformed-from !malformed-from !encryption-off"},
    /* The envelope sender is in one of our domains, not the same address. */
    {"sender=bounces@example.org", "protect sign !encryption-off"},
    {"sender=alice@example.com",
	"pass:foreign-sender !foreign-sender !encryption-off"},
    {"sender=unreadable",
	"pass:foreign-sender !foreign-sender !encryption-off"},
    {"submit:network sender=alice@example.com",
	"pass:foreign-sender !foreign-sender !encryption-off"},
    /* Settings and identity. */
    {"sign:off", "pass:signing-off !signing-off !encryption-off"},
    {"identity:no-user", "pass:no-user !no-user !encryption-off"},
    {"identity:retired", "pass:retired !retired !encryption-off"},
    {"identity:none",
	"pass:no-own-certificate !no-own-certificate !encryption-off"},
    {"identity:expired", "pass:own-expired !own-expired !encryption-off"},
    {"identity:not-yet",
	"pass:own-not-yet-valid !own-not-yet-valid !encryption-off"},
    {"identity:address", "pass:own-mismatch !own-mismatch !encryption-off"},
    {"identity:usage", "pass:own-usage !own-usage !encryption-off"},
    {"identity:weak", "pass:own-weak !own-weak !encryption-off"},
    /* Whose fault it is counts before what is missing. */
    {"login=carol@example.org identity:none",
	"pass:login-mismatch !login-mismatch !encryption-off"},
    {"sign:off identity:none", "pass:signing-off !signing-off !encryption-off"},
};

/* --- outbound: to whom it is encrypted --- */

static const struct row rows_encrypt[] = {
    {"encrypt:if-possible", "protect sign encrypt"},
    {"encrypt:required", "protect sign encrypt must"},
    {"encrypt:if-possible to:cert,cert,cert", "protect sign encrypt"},
    {"encrypt:required to:cert,cert,cert", "protect sign encrypt must"},
    /* One without a certificate. */
    {"encrypt:if-possible to:none", "protect sign !no-certificate #0"},
    {"encrypt:if-possible to:cert,none", "protect sign !no-certificate #1"},
    {"encrypt:required to:none",
	"refuse:no-certificate ! !no-certificate must #0"},
    {"encrypt:required to:cert,cert,none,none",
	"refuse:no-certificate ! !no-certificate must #2"},
    {"encrypt:off to:none", "protect sign !encryption-off"},
    {"encrypt:required to:expired",
	"refuse:recipient-expired ! !recipient-expired must #0"},
    {"encrypt:if-possible to:expired", "protect sign !recipient-expired #0"},
    {"encrypt:required to:not-yet",
	"refuse:recipient-unusable ! !recipient-unusable must #0"},
    {"encrypt:required to:address",
	"refuse:recipient-unusable ! !recipient-unusable must #0"},
    {"encrypt:required to:usage",
	"refuse:recipient-unusable ! !recipient-unusable must #0"},
    {"encrypt:required to:weak",
	"refuse:recipient-unusable ! !recipient-unusable must #0"},
    {"encrypt:required to:unsupported",
	"refuse:recipient-unusable ! !recipient-unusable must #0"},
    {"encrypt:required to:revoked",
	"refuse:recipient-unusable ! !recipient-unusable must #0"},
    {"encrypt:required to:untrusted",
	"refuse:recipient-untrusted ! !recipient-untrusted must #0"},
    {"encrypt:required to:distrusted",
	"refuse:recipient-untrusted ! !recipient-untrusted must #0"},
    {"encrypt:required to:pending",
	"refuse:recipient-pending ! !recipient-pending must #0"},
    {"encrypt:required to:not-preferred",
	"refuse:recipient-unusable ! !recipient-unusable must #0"},
    {"encrypt:if-possible to:pending", "protect sign !recipient-pending #0"},
    /* An address that cannot be read has no certificate. */
    {"encrypt:if-possible to:cert,bad", "protect sign !bad-recipient #1"},
    {"encrypt:required to:bad",
	"refuse:bad-recipient ! !bad-recipient must #0"},
    {"encrypt:off to:bad", "protect sign !encryption-off"},
    /* Local mail does not leave the server. */
    {"encrypt:if-possible to:local", "protect sign !local-recipient"},
    {"encrypt:required to:local", "protect sign !local-recipient"},
    {"encrypt:required to:local,local/bcc", "protect sign !local-recipient"},
    {"encrypt:required sign:off to:local",
	"pass:signing-off !signing-off !local-recipient"},
    {"encrypt:if-possible to:cert,local", "protect sign !local-recipient #1"},
    {"encrypt:required to:cert,local",
	"refuse:local-recipient ! !local-recipient must #1"},
    /* A missing key is told first: two mails would not help. */
    {"encrypt:required to:local,none",
	"refuse:no-certificate ! !no-certificate must #1"},
    {"encrypt:required to:cert/bcc,none",
	"refuse:no-certificate ! !no-certificate must #1"},
    {"encrypt:required to:local,bad",
	"refuse:bad-recipient ! !bad-recipient must #1"},
    /* Blind copies (rule B1). */
    {"encrypt:if-possible to:cert,cert/bcc", "protect sign !bcc #1"},
    {"encrypt:required to:cert,cert/bcc", "refuse:bcc ! !bcc must #1"},
    {"encrypt:required to:cert/bcc,cert/bcc", "refuse:bcc ! !bcc must #0"},
    {"encrypt:required to:cert/bcc", "protect sign encrypt must"},
    {"encrypt:if-possible to:cert/bcc", "protect sign encrypt"},
    {"encrypt:off to:cert,cert/bcc", "protect sign !encryption-off"},
    {"encrypt:if-possible to:cert,local/bcc",
	"protect sign !local-recipient #1"},
};

/* --- outbound: the two switches are independent (C1) --- */

static const struct row rows_both[] = {
    {"sign:off encrypt:if-possible", "protect !signing-off encrypt"},
    {"sign:off encrypt:required", "protect !signing-off encrypt must"},
    {"sign:off encrypt:if-possible to:none",
	"pass:signing-off !signing-off !no-certificate #0"},
    {"sign:off encrypt:required to:none",
	"refuse:no-certificate !signing-off !no-certificate must #0"},
    {"identity:expired encrypt:if-possible", "protect !own-expired encrypt"},
    {"identity:expired encrypt:required to:none",
	"refuse:no-certificate !own-expired !no-certificate must #0"},
    /* Who may not sign is bound by the policy all the same. */
    {"login=carol@example.org encrypt:required",
	"protect !login-mismatch encrypt must"},
    {"login=carol@example.org encrypt:required to:none",
	"refuse:no-certificate !login-mismatch !no-certificate must #0"},
    {"from=alice@example.org,mallory@example.com encrypt:required to:none",
	"refuse:no-certificate !several-from !no-certificate must #0"},
    {"fields=2 encrypt:required to:none",
	"refuse:no-certificate !several-from !no-certificate must #0"},
    {"malformed encrypt:required to:none",
	"refuse:no-certificate !malformed-from !no-certificate must #0"},
    {"sender=alice@example.com encrypt:required",
	"protect !foreign-sender encrypt must"},
    {"identity:no-user encrypt:required", "protect !no-user encrypt must"},
    {"from=none encrypt:required to:none",
	"refuse:no-certificate !no-from !no-certificate must #0"},
};

/* --- outbound: in what form (A2) --- */

static const struct row rows_form[] = {
    {"to:none/opaque", "protect sign-opaque !encryption-off"},
    {"to:none/opaque,none/opaque", "protect sign-opaque !encryption-off"},
    /* The others could not read it. */
    {"to:none/opaque,none", "protect sign !encryption-off"},
    {"to:none,none/opaque", "protect sign !encryption-off"},
    {"to:none/opaque,bad", "protect sign !encryption-off"},
    {"to:none/opaque,local", "protect sign !encryption-off"},
    {"to:local/opaque", "protect sign-opaque !encryption-off"},
    /* An envelope needs no such help. */
    {"to:cert/opaque encrypt:if-possible", "protect sign encrypt"},
    {"to:cert/opaque encrypt:required", "protect sign encrypt must"},
    {"to:none/opaque encrypt:if-possible",
	"protect sign-opaque !no-certificate #0"},
    /* Nothing to sign, nothing to ask. */
    {"to:none/opaque sign:off",
	"pass:signing-off !signing-off !encryption-off"},
    {"to:none/opaque encrypt:required",
	"refuse:no-certificate ! !no-certificate must #0"},
    {"to:none/opaque identity:expired problem:defer",
	"defer:own-expired !own-expired !encryption-off"},
    {"to:cert/opaque sign:off encrypt:required",
	"protect !signing-off encrypt must"},
};

/* --- outbound: own certificates that cannot sign (A8) --- */

static const struct row rows_own[] = {
    {"problem:defer", "protect sign !encryption-off"},
    {"problem:defer identity:expired",
	"defer:own-expired !own-expired !encryption-off"},
    {"problem:defer identity:not-yet",
	"defer:own-not-yet-valid !own-not-yet-valid !encryption-off"},
    {"problem:defer identity:address",
	"defer:own-mismatch !own-mismatch !encryption-off"},
    {"problem:defer identity:usage",
	"defer:own-usage !own-usage !encryption-off"},
    {"problem:defer identity:weak", "defer:own-weak !own-weak !encryption-off"},
    /* These are no problems with a certificate. */
    {"problem:defer identity:none",
	"pass:no-own-certificate !no-own-certificate !encryption-off"},
    {"problem:defer identity:retired", "pass:retired !retired !encryption-off"},
    {"problem:defer identity:no-user", "pass:no-user !no-user !encryption-off"},
    /* Nor is it one where nothing would be signed anyway. */
    {"problem:defer identity:expired sign:off",
	"pass:signing-off !signing-off !encryption-off"},
    {"problem:defer identity:expired exempt:list",
	"pass:list !list !encryption-off"},
    {"problem:defer identity:expired is:signed",
	"pass:already-signed !already-signed !encryption-off"},
    {"problem:defer identity:expired login=carol@example.org",
	"pass:login-mismatch !login-mismatch !encryption-off"},
    {"problem:defer identity:expired exempt:list alone:none",
	"defer:own-expired !own-expired !encryption-off"},
    /* It waits, though it could be encrypted. */
    {"problem:defer identity:expired encrypt:if-possible",
	"defer:own-expired !own-expired !"},
    {"problem:defer identity:expired encrypt:if-possible to:none",
	"defer:own-expired !own-expired !no-certificate #0"},
    {"problem:defer identity:expired encrypt:required",
	"defer:own-expired !own-expired ! must"},
    {"problem:defer identity:expired encrypt:required to:local",
	"defer:own-expired !own-expired !local-recipient"},
    /* Waiting would not help. */
    {"problem:defer identity:expired encrypt:required to:none",
	"refuse:no-certificate !own-expired !no-certificate must #0"},
    {"problem:unsigned identity:expired encrypt:required",
	"protect !own-expired encrypt must"},
    {"problem:unsigned identity:expired",
	"pass:own-expired !own-expired !encryption-off"},
};

/* --- outbound: more than we look at --- */

static const struct row rows_complex[] = {
    {"complex", "pass:too-complex !too-complex !encryption-off"},
    /* Encryption is another matter (C1). */
    {"complex encrypt:if-possible", "protect !too-complex encrypt"},
    {"complex encrypt:if-possible to:none",
	"pass:too-complex !too-complex !no-certificate #0"},
    {"complex encrypt:required", "protect !too-complex encrypt must"},
    {"complex encrypt:required to:none",
	"refuse:no-certificate !too-complex !no-certificate must #0"},
    /* What counts before. */
    {"complex exempt:list", "pass:list !list !encryption-off"},
    {"complex sign:off", "pass:signing-off !signing-off !encryption-off"},
    {"complex identity:expired",
	"pass:own-expired !own-expired !encryption-off"},
    {"complex to:none/opaque", "pass:too-complex !too-complex !encryption-off"},
};

/* --- outbound: what is left alone (A5, A9) --- */

static const struct row rows_alone[] = {
    {"is:signed", "pass:already-signed !already-signed !encryption-off"},
    {"is:encrypted",
	"pass:already-encrypted !already-encrypted !already-encrypted"},
    {"is:signed encrypt:if-possible",
	"pass:already-signed !already-signed !already-signed"},
    {"is:encrypted encrypt:if-possible",
	"pass:already-encrypted !already-encrypted !already-encrypted"},
    /* required: encrypted as it is. */
    {"is:signed encrypt:required", "protect !already-signed encrypt must"},
    {"is:signed encrypt:required to:cert,none",
	"refuse:no-certificate !already-signed !no-certificate must #1"},
    {"is:signed encrypt:required to:local",
	"pass:already-signed !already-signed !local-recipient"},
    {"is:encrypted encrypt:required",
	"pass:already-encrypted !already-encrypted !already-encrypted"},
    {"is:encrypted encrypt:required to:none",
	"pass:already-encrypted !already-encrypted !already-encrypted"},
    /* Already signed by a client that is not who he says: no concern. */
    {"is:signed login=carol@example.org",
	"pass:already-signed !already-signed !encryption-off"},
    /* Exempt mail. */
    {"exempt:null-sender sender=null",
	"pass:null-sender !null-sender !encryption-off"},
    {"exempt:dsn", "pass:dsn !dsn !encryption-off"},
    {"exempt:mdn", "pass:mdn !mdn !encryption-off"},
    {"exempt:acme", "pass:acme !acme !encryption-off"},
    {"exempt:auto-submitted",
	"pass:auto-submitted !auto-submitted !encryption-off"},
    {"exempt:list", "pass:list !list !encryption-off"},
    {"exempt:calendar", "pass:calendar !calendar !encryption-off"},
    {"exempt:partial", "pass:partial !partial !encryption-off"},
    {"exempt:list encrypt:if-possible", "pass:list !list !list"},
    {"exempt:list encrypt:required", "protect !list encrypt must"},
    {"exempt:list encrypt:required to:none",
	"refuse:no-certificate !list !no-certificate must #0"},
    {"exempt:null-sender sender=null encrypt:required",
	"protect !null-sender encrypt must"},
    {"exempt:null-sender sender=null encrypt:required to:none",
	"refuse:no-certificate !null-sender !no-certificate must #0"},
    {"exempt:dsn is:signed",
	"pass:already-signed !already-signed !encryption-off"},
    {"exempt:resent", "pass:resent !resent !encryption-off"},
    /* Several: the first in their order that policy spares. */
    {"exempt:partial exempt:list exempt:mdn", "pass:mdn !mdn !encryption-off"},
    {"exempt:list exempt:mdn alone:list", "pass:list !list !encryption-off"},
    {"exempt:list exempt:calendar alone:dsn,calendar",
	"pass:calendar !calendar !encryption-off"},
    /* Taken out of the list: like any other mail. */
    {"exempt:null-sender sender=null alone:none",
	"protect sign !encryption-off"},
    {"exempt:dsn alone:none", "protect sign !encryption-off"},
    {"exempt:mdn alone:dsn,list", "protect sign !encryption-off"},
    {"exempt:acme alone:none", "protect sign !encryption-off"},
    {"exempt:auto-submitted alone:none", "protect sign !encryption-off"},
    {"exempt:list alone:none encrypt:if-possible", "protect sign encrypt"},
    {"exempt:list alone:none encrypt:required to:none",
	"refuse:no-certificate ! !no-certificate must #0"},
    {"exempt:resent alone:none", "protect sign !encryption-off"},
    {"exempt:calendar alone:none", "protect sign !encryption-off"},
    {"exempt:list alone:none sign:off",
	"pass:signing-off !signing-off !encryption-off"},
    /* But for fragments. */
    {"exempt:partial alone:none", "pass:partial !partial !encryption-off"},
    {"exempt:partial alone:inherit", "pass:partial !partial !encryption-off"},
    {"exempt:partial exempt:list alone:dsn",
	"pass:partial !partial !encryption-off"},
    {"exempt:partial alone:none encrypt:required",
	"protect !partial encrypt must"},
    /* Were it not exempt: a null sender is not foreign. */
    {"sender=null", "protect sign !encryption-off"},
};

/* --- inbound --- */

static const struct row rows_inbound[] = {
    {"submit:none", "inbound pass:not-submitted"},
    {"submit:none encrypt:required to:none", "inbound pass:not-submitted"},
    {"submit:none from=bob@example.com", "inbound pass:unsigned"},
    {"submit:none from=bob@example.com is:signed",
	"inbound pass:already-signed"},
    {"submit:none from=bob@example.com is:encrypted",
	"inbound pass:already-encrypted"},
    {"submit:none from=none", "inbound pass:unsigned"},
    {"submit:none from=bob@example.com,alice@example.org",
	"inbound pass:not-submitted"},
    {"from=bob@example.com", "inbound pass:foreign-from"},
    {"submit:network from=bob@example.com sender=bob@example.com",
	"inbound pass:foreign-from"},
    /* No From at all: the mail server makes one of the sender. */
    {"from=none sender=bob@example.com", "inbound pass:no-from"},
    {"from=none sender=null", "inbound pass:no-from"},
    {"submit:none from=none", "inbound pass:unsigned"},
    {"from=bob@example.com,alice@example.org",
	"pass:several-from !several-from !encryption-off"},
};

/* --- the interpreter --- */

struct scene {
	struct policy_facts facts;
	struct recipient_facts recipients[MAX_RECIPIENTS];
};

static const char *const submitters[] = {"none", "login", "network", "daemon"};
static const char *const identities[] = {"no-user", "retired", "none",
    "expired", "not-yet", "address", "usage", "weak", "ready"};
static const char *const protections[] = {"none", "signed", "encrypted"};
static const char *const picks[] = {"cert", "none", "expired", "not-yet",
    "address", "usage", "weak", "unsupported", "untrusted", "revoked",
    "pending", "distrusted", "not-preferred"};

static unsigned
word_index(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return (unsigned)i;
	fail_msg("unknown word \"%s\" in the table", word);
	return 0;
}

static bool
is_own(const struct policy_facts *f, const char *address)
{
	const char *domain = strrchr(address, '@') + 1;

	return strcmp(domain, "example.org") == 0 ||
	       (f->own_domains > 1 && strcmp(domain, "example.net") == 0);
}

static void
set_from(struct policy_facts *f, char *list)
{
	char *save, *address = strtok_r(list, ",", &save);

	f->from_mailboxes = 0;
	f->from_any_own = false;
	f->from_is_own = true;
	f->from = NULL;
	if (strcmp(address, "none") == 0) {
		f->from_fields = 0;
		f->from_is_own = false;
		return;
	}
	for (; address; address = strtok_r(NULL, ",", &save)) {
		f->from_mailboxes++;
		f->from = f->from_mailboxes == 1 ? address : NULL;
		f->from_any_own |= is_own(f, address);
		f->from_is_own &= is_own(f, address);
	}
}

static void
set_sender(struct policy_facts *f, const char *sender)
{
	f->null_sender = strcmp(sender, "null") == 0;
	f->sender = strchr(sender, '@') ? sender : NULL;
	f->sender_is_own = f->sender && is_own(f, sender);
}

static void
set_recipients(struct scene *s, char *list)
{
	char *save, *word = strtok_r(list, ",", &save);

	s->facts.recipient_count = 0;
	for (; word; word = strtok_r(NULL, ",", &save)) {
		struct recipient_facts *r =
		    &s->recipients[s->facts.recipient_count++];
		char *slash = strchr(word, '/');

		assert_true(s->facts.recipient_count <= MAX_RECIPIENTS);
		memset(r, 0, sizeof(*r));
		r->level = policy_recipient_builtin;
		r->visible = !slash || strcmp(slash, "/bcc") != 0;
		if (slash && strcmp(slash, "/opaque") == 0)
			r->level.form = FORM_OPAQUE;
		if (slash)
			*slash = '\0';
		r->envelope = "<bob@example.com>";
		r->address = "bob@example.com";
		r->word = CERT_PICK_NONE;
		if (strcmp(word, "bad") == 0)
			r->address = NULL;
		else if (strcmp(word, "local") == 0)
			r->is_local = true;
		else
			r->word = (enum cert_pick_word)word_index(
			    picks, COUNT(picks), word);
		r->certificates = r->word == CERT_PICK_TAKEN ? 1 : 0;
	}
}

/* "key:value" */
static void
apply_word(struct scene *s, const char *key, char *value)
{
	struct policy_facts *f = &s->facts;

	if (strcmp(key, "submit") == 0) {
		f->submitter = (enum submitter)word_index(
		    submitters, COUNT(submitters), value);
		if (f->submitter != SUBMITTER_LOGIN)
			f->login = NULL;
	} else if (strcmp(key, "sign") == 0) {
		assert_int_equal(setting_switch_parse(value, &f->sign), 0);
	} else if (strcmp(key, "encrypt") == 0) {
		assert_int_equal(setting_encrypt_parse(value, &f->encrypt), 0);
	} else if (strcmp(key, "identity") == 0) {
		f->identity = (enum identity_state)word_index(
		    identities, COUNT(identities), value);
	} else if (strcmp(key, "problem") == 0) {
		assert_int_equal(
		    setting_own_problem_parse(value, &f->own_problem), 0);
	} else if (strcmp(key, "is") == 0) {
		f->protection = (enum protection)word_index(
		    protections, COUNT(protections), value);
	} else if (strcmp(key, "exempt") == 0) {
		f->exemptions |=
		    EXEMPTION_BIT(setting_exemption_find(value, strlen(value)));
	} else if (strcmp(key, "alone") == 0) {
		assert_int_equal(setting_exempt_parse(value, &f->exempt), 0);
	} else {
		assert_string_equal(key, "to");
		set_recipients(s, value);
	}
}

/* "key=value", or a bare word */
static void
apply_value(struct scene *s, const char *key, char *value)
{
	struct policy_facts *f = &s->facts;

	if (strcmp(key, "login") == 0) {
		f->submitter = SUBMITTER_LOGIN;
		f->login = value;
	} else if (strcmp(key, "domains") == 0) {
		f->own_domains = (size_t)atoi(value);
	} else if (strcmp(key, "fields") == 0) {
		f->from_fields = (size_t)atoi(value);
	} else if (strcmp(key, "from") == 0) {
		set_from(f, value);
	} else if (strcmp(key, "sender") == 0) {
		set_sender(f, value);
	} else if (strcmp(key, "complex") == 0) {
		f->too_complex = true;
	} else {
		assert_string_equal(key, "malformed");
		f->from_malformed = true;
	}
	if (f->from_fields != 1 || f->from_mailboxes != 1)
		f->from = NULL;
}

static void
scene_init(struct scene *s)
{
	static char to[] = "cert";
	char list[sizeof(to)];

	memset(s, 0, sizeof(*s));
	s->facts = (struct policy_facts){
	    .submitter = SUBMITTER_LOGIN,
	    .login = "alice@example.org",
	    .own_domains = 1,
	    .sender = "alice@example.org",
	    .sender_is_own = true,
	    .from_fields = 1,
	    .from_mailboxes = 1,
	    .from = "alice@example.org",
	    .from_is_own = true,
	    .from_any_own = true,
	    .sign = SWITCH_ON,
	    .encrypt = ENCRYPT_OFF,
	    .identity = IDENTITY_READY,
	    .exempt = EXEMPT_ALL,
	    .own_problem = OWN_PROBLEM_UNSIGNED,
	    .mixed = MIXED_SPLIT,
	    .bcc = BCC_SEPARATE,
	    .triggers = TRIGGERS_ALL,
	    .mode = MODE_ENFORCE,
	};
	memcpy(list, to, sizeof(to));
	set_recipients(s, list);
	s->facts.recipients = s->recipients;
}

static void
scene_apply(struct scene *s, char *words)
{
	char *save, *word = strtok_r(words, " ", &save);

	for (; word; word = strtok_r(NULL, " ", &save)) {
		size_t n = strcspn(word, ":=");
		bool colon = word[n] == ':';
		char *value = word[n] ? word + n + 1 : word + n;

		word[n] = '\0';
		if (colon)
			apply_word(s, word, value);
		else
			apply_value(s, word, value);
	}
}

static void
append(char *text, size_t size, const char *a, const char *b)
{
	size_t n = strlen(text);

	snprintf(text + n, size - n, "%s%s%s", n ? " " : "", a, b);
}

static void
plan_text(const struct plan *p, char *text, size_t size)
{
	static const char *const actions[] = {
	    "pass:", "protect", "refuse:", "defer:"};
	bool is_protect = p->action == PLAN_PROTECT;
	char number[32];

	text[0] = '\0';
	if (p->direction == PLAN_INBOUND)
		append(text, size, "inbound", "");
	append(text, size, actions[p->action],
	    is_protect ? "" : plan_reason_name(p->reason));
	if (p->direction == PLAN_INBOUND)
		return;
	if (p->sign)
		append(text, size, p->opaque ? "sign-opaque" : "sign", "");
	else
		append(text, size, "!",
		    p->sign_reason ? plan_reason_name(p->sign_reason) : "");
	append(text, size, p->encrypt ? "encrypt" : "!",
	    p->encrypt_reason ? plan_reason_name(p->encrypt_reason) : "");
	if (p->must_encrypt)
		append(text, size, "must", "");
	if (p->recipient != PLAN_NO_RECIPIENT) {
		snprintf(number, sizeof(number), "#%zu", p->recipient);
		append(text, size, number, "");
	}
}

static void
check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct scene s;
		struct plan plan;
		char text[256], *words = xstrdup(rows[i].facts);

		plan_init(&plan);
		scene_init(&s);
		scene_apply(&s, words);
		decide(&s.facts, &plan);
		plan_text(&plan, text, sizeof(text));
		if (strcmp(text, rows[i].plan) != 0)
			fail_msg("\"%s\": \"%s\", not \"%s\"", rows[i].facts,
			    text, rows[i].plan);
		assert_int_equal(plan.direction, decide_direction(&s.facts));
		plan_fini(&plan);
		free(words);
	}
}

static void
test_sign(void **state)
{
	(void)state;
	check_rows(rows_sign, COUNT(rows_sign));
}

static void
test_encrypt(void **state)
{
	(void)state;
	check_rows(rows_encrypt, COUNT(rows_encrypt));
}

static void
test_both(void **state)
{
	(void)state;
	check_rows(rows_both, COUNT(rows_both));
}

static void
test_complex(void **state)
{
	(void)state;
	check_rows(rows_complex, COUNT(rows_complex));
}

static void
test_form(void **state)
{
	(void)state;
	check_rows(rows_form, COUNT(rows_form));
}

static void
test_own(void **state)
{
	(void)state;
	check_rows(rows_own, COUNT(rows_own));
}

static void
test_alone(void **state)
{
	(void)state;
	check_rows(rows_alone, COUNT(rows_alone));
}

static void
test_inbound(void **state)
{
	(void)state;
	check_rows(rows_inbound, COUNT(rows_inbound));
}

/*
 * Whatever the facts: "required" never leaves in clear, nothing is signed
 * without the whole of A4, and every "no" has its reason.
 */
static void
check_invariants(const struct policy_facts *f)
{
	struct plan p;
	bool remote = false;

	plan_init(&p);
	decide(f, &p);
	for (size_t i = 0; i < f->recipient_count; i++)
		remote |= !f->recipients[i].is_local;
	if (p.direction == PLAN_INBOUND) {
		assert_int_equal(p.action, PLAN_PASS);
		assert_false(p.sign || p.encrypt || p.must_encrypt);
		plan_fini(&p);
		return;
	}
	if (f->encrypt == ENCRYPT_REQUIRED && remote &&
	    f->protection != PROTECTION_ENCRYPTED)
		assert_true(p.must_encrypt);
	if (p.must_encrypt)
		assert_true(p.encrypt || p.action == PLAN_REFUSE ||
			    p.action == PLAN_DEFER);
	if (p.action == PLAN_DEFER) {
		assert_int_equal(f->own_problem, OWN_PROBLEM_DEFER);
		assert_true(plan_reason_is_own(p.reason));
		assert_false(p.sign || p.encrypt);
	}
	if (p.sign) {
		assert_int_equal(f->identity, IDENTITY_READY);
		assert_int_equal(f->sign, SWITCH_ON);
		assert_int_equal(f->from_fields, 1);
		assert_non_null(f->from);
		assert_true(f->from_is_own && f->sender_is_own);
		assert_false(f->too_complex);
		assert_int_equal(f->protection, PROTECTION_NONE);
		assert_int_equal(f->exemptions & f->exempt, 0);
		assert_int_equal(
		    f->exemptions & EXEMPTION_BIT(EXEMPT_PARTIAL), 0);
	} else {
		assert_true(
		    p.action == PLAN_REFUSE || p.sign_reason != REASON_NONE);
	}
	if (p.action != PLAN_DEFER)
		assert_int_equal(p.encrypt, p.encrypt_reason == REASON_NONE);
	assert_int_equal(p.action == PLAN_PROTECT,
	    p.action != PLAN_REFUSE && (p.sign || p.encrypt));
	if (p.opaque) {
		assert_true(p.sign && !p.encrypt);
		for (size_t i = 0; i < f->recipient_count; i++)
			assert_int_equal(
			    f->recipients[i].level.form, FORM_OPAQUE);
	}
	if (p.encrypt)
		for (size_t i = 0; i < f->recipient_count; i++)
			assert_true(f->recipients[i].certificates > 0);
	plan_fini(&p);
}

static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void
test_invariants(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct scene s;
		struct policy_facts *f = &s.facts;

		scene_init(&s);
		f->submitter = (enum submitter)(next_random(&seed) % 4);
		f->login = f->submitter == SUBMITTER_LOGIN
			       ? next_random(&seed) % 3 ? "alice" : "carol"
			       : NULL;
		f->own_domains = 1 + next_random(&seed) % 2;
		f->sender_is_own = next_random(&seed) % 4 != 0;
		f->from_malformed = next_random(&seed) % 8 == 0;
		f->from_fields = next_random(&seed) % 8 ? 1 : 2;
		if (f->from_fields > 1)
			f->from = NULL;
		f->sign = (enum setting_switch)(1 + next_random(&seed) % 2);
		f->encrypt = (enum setting_encrypt)(1 + next_random(&seed) % 3);
		f->identity = next_random(&seed) % 2
				  ? IDENTITY_READY
				  : (enum identity_state)(
					next_random(&seed) % COUNT(identities));
		f->too_complex = next_random(&seed) % 8 == 0;
		f->own_problem =
		    (enum setting_own_problem)(1 + next_random(&seed) % 2);
		f->protection = next_random(&seed) % 2
				    ? PROTECTION_NONE
				    : (enum protection)(next_random(&seed) % 3);
		f->exemptions = next_random(&seed) % 2 ? 0 : next_random(&seed);
		f->exemptions &= EXEMPT_ALL & next_random(&seed);
		f->exempt = next_random(&seed) & EXEMPT_ALL;
		f->recipient_count = next_random(&seed) % 4;
		for (size_t r = 0; r < f->recipient_count; r++) {
			struct recipient_facts *to = &s.recipients[r];

			*to = s.recipients[0];
			to->is_local = next_random(&seed) % 4 == 0;
			to->visible = next_random(&seed) % 4 != 0;
			to->level.form = next_random(&seed) % 4 ? FORM_OPAQUE
								: FORM_DETACHED;
			to->certificates =
			    to->is_local ? 0 : next_random(&seed) % 3;
			to->word =
			    to->certificates ? CERT_PICK_TAKEN : CERT_PICK_NONE;
		}
		check_invariants(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sign),
	    cmocka_unit_test(test_encrypt),
	    cmocka_unit_test(test_both),
	    cmocka_unit_test(test_complex),
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_own),
	    cmocka_unit_test(test_alone),
	    cmocka_unit_test(test_inbound),
	    cmocka_unit_test(test_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
