/*
 * Mail from outside: judged, learned from, never changed.  The partner is
 * the openssl command.
 */
#include "unit/unit.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "unit/gateway_fixture.h"

static struct gateway_fixture f;
static struct fixture_cert alice, bob, stranger_ca, stranger, lonely, old;

static int
set_up(void **state)
{
	(void)state;
	gateway_fixture_start(&f);
	fixture_leaf(&alice, &f.our_ca,
	    &(struct fixture_opts){.address = "alice@example.org"});
	fixture_leaf(&bob, &f.their_ca,
	    &(struct fixture_opts){
		.address = "bob@example.net", .key = "RSA-2048"});
	fixture_ca(&stranger_ca, &(struct fixture_opts){.name = "Strange CA"});
	fixture_leaf(&stranger, &stranger_ca,
	    &(struct fixture_opts){.address = "bob@example.net"});
	fixture_leaf(&lonely, NULL,
	    &(struct fixture_opts){.address = "bob@example.net"});
	fixture_leaf(&old, &f.their_ca,
	    &(struct fixture_opts){.address = "bob@example.net",
		.not_before = -20 * FIXTURE_DAY,
		.not_after = -FIXTURE_DAY});
	gateway_fixture_user(
	    &f, "alice@example.org", SWITCH_ON, ENCRYPT_IF_POSSIBLE);
	gateway_fixture_own(&f, "alice@example.org", &alice);
	gateway_fixture_pem(&f, "alice", &alice);
	gateway_fixture_pem(&f, "bob", &bob);
	gateway_fixture_pem(&f, "stranger", &stranger);
	gateway_fixture_pem(&f, "strangerca", &stranger_ca);
	gateway_fixture_pem(&f, "lonely", &lonely);
	gateway_fixture_pem(&f, "old", &old);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gateway_fixture_stop(&f);
	fixture_fini(&old);
	fixture_fini(&lonely);
	fixture_fini(&stranger);
	fixture_fini(&stranger_ca);
	fixture_fini(&bob);
	fixture_fini(&alice);
	return 0;
}

/* Each begins with nothing learned. */
static int
before_each(void **state)
{
	struct store *store;
	struct err err;

	(void)state;
	gateway_fixture_close(&f);
	store = gateway_fixture_store(&f);
	(void)!store_contact_forget(store, "bob@example.net", &err);
	store_close(store);
	gateway_fixture_open(&f);
	gateway_fixture_log_clear(&f);
	return 0;
}

/* --- a signed mail --- */

struct letter {
	char *header;
	struct buf body;
};

/* What the partner's client sends.  opts: more options of "openssl cms". */
static void
letter_init(
    struct letter *l, const char *from, const char *signer, const char *opts)
{
	struct buf bytes;
	char *text, *end;

	if (gateway_fixture_run(&f,
		"printf 'Content-Type: text/plain\\r\\n\\r\\nHello\\r\\n' >in "
		"&& openssl cms -sign -binary -in in -signer %s.pem -inkey "
		"%s.key %s -out letter && tr -d '\\r' <letter | "
		"sed '/^MIME-Version/d;/^$/q' | sed '/^$/d' >head && "
		"sed '1,/^\\r*$/d' letter | sed 's/\\r*$/\\r/' >body",
		signer, signer, opts) != 0)
		fail_msg("openssl cannot sign");
	gateway_fixture_read(&f, "head", &bytes);
	text = xstrdup(buf_text(&bytes));
	end = text + strlen(text);
	assert_true(end > text && end[-1] == '\n');
	l->header = xasprintf("From: %s\nTo: alice@example.org\n"
			      "Message-ID: <1@example.net>\n"
			      "MIME-Version: 1.0\n%s",
	    from, text);
	free(text);
	buf_fini(&bytes);
	gateway_fixture_read(&f, "body", &l->body);
}

static void
letter_fini(struct letter *l)
{
	free(l->header);
	buf_fini(&l->body);
}

/* Comes in, passes with its marks, and what there was to learn is written. */
static void
letter_arrives(struct letter *l)
{
	struct fixture_mail mail = {.sender = "<bob@example.net>",
	    .to = {"<alice@example.org>"},
	    .header = l->header,
	    .body = buf_slice(&l->body)};
	struct fixture_result r;

	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.wanted_body);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_true(r.changed);
	assert_int_equal(r.plan.direction, PLAN_INBOUND);
	fixture_result_fini(&r);
	gateway_fixture_close(&f);
}

/* The whole thing; what the log says about it. */
static void
arrives(
    const char *from, const char *signer, const char *opts, const char *logged)
{
	struct letter l;

	gateway_fixture_log_clear(&f);
	if (!f.gateway)
		gateway_fixture_open(&f);
	letter_init(&l, from, signer, opts);
	letter_arrives(&l);
	letter_fini(&l);
	gateway_fixture_expect(&f, logged);
}

static bool
is_known(const char *address)
{
	struct store *store = gateway_fixture_store(&f);
	struct store_contact contact;
	struct err err;
	bool known = false;

	/* What anybody can forge makes a contact without messages. */
	if (store_contact_find(store, address, &contact, &err) == 0) {
		known = contact.messages > 0;
		store_contact_fini(&contact);
	}
	store_close(store);
	return known;
}

static unsigned long
counted(bool authorities)
{
	struct store *store = gateway_fixture_store(&f);
	unsigned long n = 0;
	struct store_counts counts;
	struct err err;

	(void)authorities;
	assert_int_equal(store_count(store, &counts, &err), 0);
	n = counts.partner_certificates;
	store_close(store);
	return n;
}

/* --- tests --- */

static void
test_learned(void **state)
{
	static const char *const opts[] = {
	    "", "-nodetach", "-md sha512", "-keyid"};
	char *line;

	(void)state;
	for (size_t i = 0; i < sizeof(opts) / sizeof(*opts); i++) {
		before_each(NULL);
		assert_false(is_known("bob@example.net"));
		line = xasprintf("4QueueId: verified from=bob@example.net "
				 "status=valid signer=%.16s",
		    bob.certificate->fingerprint_text);
		arrives("Bob <Bob@Example.net>", "bob", opts[i], line);
		free(line);
		line = xasprintf("4QueueId: harvested from=bob@example.net "
				 "cert=%.16s new=yes",
		    bob.certificate->fingerprint_text);
		gateway_fixture_expect(&f, line);
		free(line);
		assert_true(is_known("bob@example.net"));
		/* The second time it is no news. */
		arrives("bob@example.net", "bob", opts[i], "new=no");
		assert_int_equal(counted(false), 1);
	}
}

/* And the next mail to him leaves encrypted. */
static void
test_learned_is_used(void **state)
{
	struct fixture_mail mail = {.login = "alice@example.org",
	    .to = {"<bob@example.net>"},
	    .header = "From: alice@example.org\nTo: bob@example.net\n",
	    .body = slice_text("secret\r\n")};
	struct fixture_result r;

	(void)state;
	gateway_fixture_send(&f, &mail, &r);
	assert_false(r.plan.encrypt);
	fixture_result_fini(&r);
	arrives("bob@example.net", "bob", "", "status=valid");
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.plan.encrypt);
	assert_int_equal(gateway_fixture_run(&f,
			     "openssl cms -decrypt -in %s -recip "
			     "bob.pem -inkey bob.key -out plain && "
			     "openssl cms -verify -in plain -CAfile "
			     "ca.pem -out /dev/null",
			     r.file),
	    0);
	fixture_result_fini(&r);
}

/* B5: who sends AES-256-GCM can read it, unless he announces something else
 * in the same message. */
static void
test_used_is_learned(void **state)
{
	static const struct {
		const char *opts;
		bool gcm;
	} rows[] = {{"", false}, {"-nosmimecap", true}};
	struct fixture_mail mail = {.login = "alice@example.org",
	    .to = {"<bob@example.net>"},
	    .header = "From: alice@example.org\nTo: bob@example.net\n",
	    .body = slice_text("secret\r\n")};
	struct fixture_result r;
	char *opts;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		before_each(NULL);
		opts = xasprintf("%s -out signed && openssl cms -encrypt "
				 "-binary -aes-256-gcm -in signed -recip "
				 "alice.pem",
		    rows[i].opts);
		arrives("bob@example.net", "bob", opts, "harvested from=bob");
		free(opts);
		gateway_fixture_expect(&f, "decrypted from=bob@example.net");
		gateway_fixture_log_clear(&f);
		gateway_fixture_open(&f);
		gateway_fixture_send(&f, &mail, &r);
		assert_true(r.plan.encrypt);
		assert_int_equal(
		    gateway_fixture_logged(&f, "cipher=aes256-gcm"),
		    rows[i].gcm);
		fixture_result_fini(&r);
	}
}

static void
test_not_learned(void **state)
{
	static const struct {
		const char *from, *signer, *opts, *logged;
	} rows[] = {
	    {"mallory@example.com", "bob", "", "status=mismatch"},
	    {"bob@example.net, x@example.com", "bob", "", "status="},
	    {"bob@example.net\nFrom: bob@example.net", "bob", "", "status="},
	    {"\"bob@example.net\" <mallory@example.com>", "bob", "",
		"status=mismatch"},
	    {"bob@example.net", "stranger", "", "status=untrusted"},
	    {"bob@example.net", "lonely", "", "status=untrusted"},
	    {"bob@example.net", "old", "", "status=expired"},
	    {"bob@example.net", "bob", "-nocerts", "status="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		arrives(
		    rows[i].from, rows[i].signer, rows[i].opts, rows[i].logged);
		assert_false(gateway_fixture_logged(&f, "status=valid"));
		assert_false(is_known("bob@example.net"));
		assert_false(is_known("mallory@example.com"));
	}
}

static void
test_altered(void **state)
{
	struct letter l;
	char *hello;

	(void)state;
	letter_init(&l, "bob@example.net", "bob", "");
	hello = memmem(l.body.data, l.body.len, "Hello", 5);
	assert_non_null(hello);
	hello[0] = 'h';
	letter_arrives(&l);
	letter_fini(&l);
	gateway_fixture_expect(&f, "status=altered");
	assert_false(is_known("bob@example.net"));
}

/* Under our own name nothing is learned: we know our users. */
static void
test_own_domain(void **state)
{
	(void)state;
	arrives("alice@example.org", "alice", "", "status=valid");
	assert_false(is_known("alice@example.org"));
}

struct authorities {
	unsigned count;
	char fingerprint[FINGERPRINT_TEXT];
	char *subject;
};

static int
note(const struct store_authority *a, void *arg)
{
	struct authorities *seen = arg;

	seen->count++;
	memcpy(seen->fingerprint, a->fingerprint, sizeof(seen->fingerprint));
	free(seen->subject);
	seen->subject = xstrdup(a->subject);
	return 0;
}

static void
read_authorities(struct authorities *seen)
{
	struct store *store = gateway_fixture_store(&f);
	struct err err;

	*seen = (struct authorities){.count = 0};
	assert_int_equal(store_authority_each(store, note, seen, &err), 0);
	store_close(store);
}

/* B6: remembered by name, by certificate when it came along; but nobody
 * becomes an authority by vouching for himself. */
static void
test_authorities(void **state)
{
	struct authorities seen;

	(void)state;
	arrives("bob@example.net", "stranger", "", "status=untrusted");
	read_authorities(&seen);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.fingerprint, "");
	assert_non_null(strstr(seen.subject, "Strange CA"));
	free(seen.subject);
	arrives("bob@example.net", "stranger", "-certfile strangerca.pem",
	    "status=untrusted");
	arrives("bob@example.net", "lonely", "", "status=untrusted");
	read_authorities(&seen);
	assert_true(seen.count == 1 || seen.count == 2);
	free(seen.subject);
}

static void
test_passes_at_once(void **state)
{
	static const struct {
		const char *header, *logged;
	} rows[] = {
	    {"From: bob@example.net\n", "reason=unsigned"},
	    {"From: bob@example.net\nContent-Type: multipart/signed; "
	     "boundary=b; protocol=\"application/pgp-signature\"\n",
		"reason=already-signed"},
	    {"Subject: no From\n", "reason=unsigned"},
	    {"From: alice@example.org\n", "reason=not-submitted"},
	};
	struct fixture_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture_mail mail = {
		    .header = rows[i].header, .body = slice_text("x\r\n")};

		gateway_fixture_log_clear(&f);
		gateway_fixture_send(&f, &mail, &r);
		assert_false(r.wanted_body);
		assert_int_equal(r.outcome, JOB_ACCEPT);
		gateway_fixture_expect(&f, rows[i].logged);
		fixture_result_fini(&r);
	}
}

/* B7: who got signed mail of ours knows our certificates. */
static void
test_sent(void **state)
{
	struct fixture_mail mail = {.login = "alice@example.org",
	    .to = {"<bob@example.net>", "<alice@example.org>"},
	    .header = "From: alice@example.org\nTo: bob@example.net\n",
	    .body = slice_text("signed\r\n")};
	struct store_contact contact;
	struct fixture_result r;
	struct store *store;
	struct err err;

	(void)state;
	mail.override.sign = SWITCH_OFF;
	gateway_fixture_send(&f, &mail, &r);
	assert_false(r.plan.sign);
	fixture_result_fini(&r);
	gateway_fixture_close(&f);
	assert_false(is_known("bob@example.net"));
	gateway_fixture_open(&f);
	mail.override.sign = SWITCH_ON;
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.plan.sign);
	fixture_result_fini(&r);
	gateway_fixture_close(&f);
	store = gateway_fixture_store(&f);
	assert_int_equal(
	    store_contact_find(store, "bob@example.net", &contact, &err), 0);
	assert_true(contact.last_sent > 0);
	store_contact_fini(&contact);
	store_close(store);
	assert_false(is_known("alice@example.org"));
}

/* --- fields in our name, and demands --- */

static bool
has(const struct fixture_result *r, const char *text)
{
	struct buf in;
	bool found;

	gateway_fixture_read(&f, r->file, &in);
	found = memmem(in.data, in.len, text, strlen(text)) != NULL;
	buf_fini(&in);
	return found;
}

#define FORGED                                                                 \
	"Authentication-Results: MX.example.org;\n smime=pass\n"               \
	"X-smime-STATUS: valid\n"

/* Rule A5: gone, also from unsigned mail, whose body nobody needs; all others
 * stay as they are. */
static void
test_forged(void **state)
{
	struct fixture_mail mail = {.sender = "<bob@example.net>",
	    .to = {"<alice@example.org>"},
	    .header = "Authentication-Results: mx.example.net; smime=pass\n"
		      "From: bob@example.net\n" FORGED "Subject: hello\n",
	    .body = slice_text("unsigned\r\n")};
	struct fixture_result r;

	(void)state;
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.wanted_body);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_true(r.changed);
	assert_true(has(&r,
	    "Authentication-Results: mx.example.net; smime=pass\r\n"
	    "From: bob@example.net\r\nSubject: hello\r\n\r\nunsigned\r\n"));
	gateway_fixture_expect(&f,
	    "passed from=bob@example.net nrcpt=1 reason=unsigned forged=yes\n");
	fixture_result_fini(&r);
	/* What looks only is changed in nothing. */
	f.domain.level.mode = MODE_SHADOW;
	gateway_fixture_open(&f);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_false(r.changed);
	fixture_result_fini(&r);
	f.domain.level.mode = MODE_INHERIT;
	gateway_fixture_open(&f);
}

/* More of them than can be taken out, or more fields than are looked at: it
 * would go on with a lie in it. */
static void
test_too_many_forged(void **state)
{
	static const struct {
		const char *line;
		unsigned count;
		bool fits;
	} rows[] = {{"X-SMIME-Status: valid\n", LIMIT_FORGED_FIELDS, true},
	    {"X-SMIME-Status: valid\n", LIMIT_FORGED_FIELDS + 1, false},
	    {"X: y\n", LIMIT_HEADER_FIELDS - 1, true},
	    {"X: y\n", LIMIT_HEADER_FIELDS, false}};
	struct fixture_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fixture_mail mail = {.sender = "<bob@example.net>",
		    .to = {"<alice@example.org>"},
		    .body = slice_text("x\r\n")};
		struct buf header;

		buf_init(&header, 1 << 20);
		buf_add_text(&header, "From: bob@example.net\n");
		for (unsigned k = 0; k < rows[i].count; k++)
			buf_add_text(&header, rows[i].line);
		mail.header = buf_text(&header);
		gateway_fixture_send(&f, &mail, &r);
		assert_int_equal(
		    r.outcome, rows[i].fits ? JOB_ACCEPT : JOB_REFUSE);
		if (rows[i].fits)
			assert_true(!r.file || !has(&r, "X-SMIME-Status"));
		else
			assert_string_equal(r.reply.extended, "5.3.4");
		fixture_result_fini(&r);
		buf_fini(&header);
	}
}

static void
demand(const char *name, struct recipient_level level)
{
	struct store *store = gateway_fixture_store(&f);
	struct store_recipient r = {.name = xstrdup(name), .level = level};
	struct err err;

	assert_int_equal(store_recipient_put(store, &r, &err), 0);
	store_recipient_fini(&r);
	store_close(store);
	gateway_fixture_open(&f);
}

static void
no_demand(const char *name)
{
	struct store *store = gateway_fixture_store(&f);
	struct err err;

	assert_int_equal(store_recipient_remove(store, name, &err), 0);
	store_close(store);
	gateway_fixture_open(&f);
}

/* A From of so many authors; the buffer is overwritten by the next. */
static const char *
crowd_of(unsigned count)
{
	static char header[(LIMIT_DEMAND_AUTHORS + 2) * 32];
	size_t n = (size_t)snprintf(header, sizeof(header), "From: us: ");

	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(
		    header + n, sizeof(header) - n, "mallory@example.com, ");
	(void)snprintf(header + n - 2, sizeof(header) - n + 2, ";\n");
	return header;
}

/* E6: a partner whose mail must be signed. */
static void
test_demand(void **state)
{
	struct fixture_mail mail = {.sender = "<bob@example.net>",
	    .to = {"<alice@example.org>"},
	    .header = "From: bob@example.net\n",
	    .body = slice_text("unsigned\r\n")};
	struct recipient_level level = {.inbound_signature = DEMAND_REQUIRED};
	struct fixture_result r;

	(void)state;
	demand("example.net", level);
	gateway_fixture_send(&f, &mail, &r);
	assert_true(r.wanted_body);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	assert_true(has(&r, "X-SMIME-Status: unsigned; unmet=must-be-signed"));
	gateway_fixture_expect(&f, "passed from=bob@example.net nrcpt=1 "
				   "reason=unsigned unmet=must-be-signed\n");
	fixture_result_fini(&r);
	level.inbound_action = UNMET_REFUSE;
	demand("example.net", level);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.extended, "5.7.61");
	gateway_fixture_expect(
	    &f, "refused from=bob@example.net nrcpt=1 reason=must-be-signed\n");
	fixture_result_fini(&r);
	/* Nor is he let in without a From, which Sendmail would add. */
	mail.header = "Subject: hello\n";
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.extended, "5.7.61");
	fixture_result_fini(&r);
	/* Nor as the name of a group, which is what programs show. */
	mail.sender = "<mallory@example.com>";
	mail.header = "From: \"bob@example.net\": mallory@example.com;\n";
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	fixture_result_fini(&r);
	mail.header = "From: us: mallory@example.com, bob@example.net;\n";
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	fixture_result_fini(&r);
	/* Nor behind a crowd, even of one name. */
	mail.header = crowd_of(LIMIT_DEMAND_AUTHORS + 1);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_REFUSE);
	assert_string_equal(r.reply.extended, "5.7.61");
	fixture_result_fini(&r);
	mail.header = crowd_of(2);
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	fixture_result_fini(&r);
	/* What comes from nobody is a report. */
	mail.header = "Subject: hello\n";
	mail.sender = "<>";
	gateway_fixture_send(&f, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	fixture_result_fini(&r);
	mail.sender = "<bob@example.net>";
	/* Signed it is welcome; others are asked for nothing. */
	arrives("bob@example.net", "bob", "", "status=valid");
	gateway_fixture_open(&f);
	mail.header = "From: dave@example.com\n";
	gateway_fixture_send(&f, &mail, &r);
	assert_false(r.wanted_body);
	fixture_result_fini(&r);
	no_demand("example.net");
}

/* Ends the header of a message to more recipients than one may have. */
static struct job *
send_to_many(const char *author, bool *wants_end)
{
	static struct sockaddr_in outside = {.sin_family = AF_INET};
	static const struct job_client client = {
	    .address = (const struct sockaddr *)&outside};
	struct job *job;

	outside.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
	job = job_new(f.gateway, &client);
	job_sender(job, "<bob@example.net>", NULL);
	for (unsigned k = 0; k <= LIMIT_RECIPIENTS; k++)
		job_recipient(job, "<alice@example.org>", NULL, NULL);
	job_header(job, "From", author);
	*wants_end = job_end_of_header(job);
	return job;
}

/* Too many recipients are no way around it; others go on as they came. */
static void
test_demand_of_many(void **state)
{
	struct recipient_level level = {.inbound_signature = DEMAND_REQUIRED,
	    .inbound_action = UNMET_REFUSE};
	struct job_reply reply;
	struct job *job;
	bool wants_end;

	(void)state;
	demand("example.net", level);
	job = send_to_many("bob@example.net", &wants_end);
	assert_true(wants_end);
	assert_int_equal(job_end_of_message(job, &reply), JOB_REFUSE);
	assert_string_equal(reply.extended, "5.7.61");
	job_free(job);
	job = send_to_many("dave@example.com", &wants_end);
	assert_false(wants_end);
	job_free(job);
	/* Who is asked for what cannot be read: it waits like any other. */
	gateway_fixture_sql(&f, "ALTER TABLE recipients RENAME TO away");
	job = send_to_many("eve@example.net", &wants_end);
	assert_true(wants_end);
	assert_int_equal(job_end_of_message(job, &reply), JOB_DEFER);
	assert_string_equal(reply.extended, "4.7.52");
	job_free(job);
	gateway_fixture_sql(&f, "ALTER TABLE away RENAME TO recipients");
	no_demand("example.net");
}

/* Nobody gets past what is asked because the store is away; nor is anybody
 * held up where nothing is. */
static void
test_demand_unknown(void **state)
{
	struct fixture_mail mail = {.sender = "<bob@example.net>",
	    .to = {"<alice@example.org>"},
	    .header = "From: bob@example.net\n",
	    .body = slice_text("unsigned\r\n")};
	const struct recipient_level level = {
	    .inbound_signature = DEMAND_REQUIRED};
	struct fixture_result r;

	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		bool waits = turn == 0;

		f.config.on_error = turn == 2 ? GATEWAY_PASS : GATEWAY_TEMPFAIL;
		if (turn != 1)
			demand("example.net", level);
		else
			no_demand("example.net");
		/* Now it is known that there are rules, or that there are
		 * none, but not whose. */
		mail.header = "From: dave@example.com\n";
		gateway_fixture_send(&f, &mail, &r);
		fixture_result_fini(&r);
		gateway_fixture_sql(
		    &f, "ALTER TABLE recipients RENAME TO away");
		mail.header = "From: bob@example.net\n";
		gateway_fixture_send(&f, &mail, &r);
		assert_int_equal(r.outcome, waits ? JOB_DEFER : JOB_ACCEPT);
		assert_int_equal(r.wanted_body, waits);
		if (waits)
			assert_string_equal(r.reply.extended, "4.7.52");
		if (turn == 2)
			gateway_fixture_expect(
			    &f, "what is asked of correspondents: ");
		fixture_result_fini(&r);
		gateway_fixture_sql(
		    &f, "ALTER TABLE away RENAME TO recipients");
	}
	f.config.on_error = GATEWAY_TEMPFAIL;
	no_demand("example.net");
}

#define DETACHED "multipart/signed; protocol=\"application/pkcs7-signature\""

/* Whatever a stranger sends is answered with "accept"; only marked. */
static void
test_nonsense(void **state)
{
	static const char *const types[] = {DETACHED, DETACHED "; boundary=b",
	    "application/pkcs7-mime",
	    "application/pkcs7-mime; smime-type=signed-data"};
	static const char *const bodies[] = {"", "x", "--b\r\n", "--b--\r\n",
	    "--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n", "MIIB\r\n",
	    "MAA=", "\xff\xfe\x00"};
	struct fixture_result r;

	(void)state;
	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++)
		for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
			char *header = xasprintf(
			    "From: bob@example.net\nContent-Type: %s\n",
			    types[t]);
			struct fixture_mail mail = {
			    .header = header, .body = slice_text(bodies[i])};

			gateway_fixture_send(&f, &mail, &r);
			assert_int_equal(r.outcome, JOB_ACCEPT);
			assert_true(r.changed);
			fixture_result_fini(&r);
			free(header);
		}
	assert_false(is_known("bob@example.net"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_learned, before_each),
	    cmocka_unit_test_setup(test_learned_is_used, before_each),
	    cmocka_unit_test_setup(test_used_is_learned, before_each),
	    cmocka_unit_test_setup(test_not_learned, before_each),
	    cmocka_unit_test_setup(test_altered, before_each),
	    cmocka_unit_test_setup(test_own_domain, before_each),
	    cmocka_unit_test_setup(test_authorities, before_each),
	    cmocka_unit_test_setup(test_passes_at_once, before_each),
	    cmocka_unit_test_setup(test_sent, before_each),
	    cmocka_unit_test_setup(test_forged, before_each),
	    cmocka_unit_test_setup(test_too_many_forged, before_each),
	    cmocka_unit_test_setup(test_demand, before_each),
	    cmocka_unit_test_setup(test_demand_of_many, before_each),
	    cmocka_unit_test_setup(test_demand_unknown, before_each),
	    cmocka_unit_test_setup(test_nonsense, before_each),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
