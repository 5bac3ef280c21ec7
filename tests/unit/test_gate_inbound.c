/*
 * The gate for mail from outside: what is right passes; with any one thing
 * about it changed, it does not.  Copies and edits are written down here,
 * nothing of them comes from the code that the gate has to watch.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "gateway/gate_inbound.h"
#include "gateway/token.h"

/* --- a message on its way in; every test changes something --- */

enum {
	ALICE,
	CAROL,
	DAVE,
	PEOPLE
};

#define EDITS_MAX 24

struct edit {
	const char *name;
	unsigned index;
	const char *value;
};

struct scene {
	struct gateway_config config;
	struct inbound_plan plan;
	bool plain[PEOPLE];
	enum plan_reason why[PEOPLE];
	struct inbound_recipient recipients[PEOPLE];
	struct envelope envelope;
	struct header header, content;
	struct slice plaintext;
	struct edit edits[EDITS_MAX];
	size_t count;
	const char *removed[PEOPLE + 2];
	const char *body; /* in place; NULL: as it came */
	struct relay_recipient to[PEOPLE];
	struct relay_copy relay;
	const char *copy; /* NULL: there is none */
	bool done[PEOPLE];
	struct gate_inbound_case c;
};

static void
set_header(struct header *h, const char *const *fields)
{
	struct err err;

	header_init(h);
	for (; *fields; fields++) {
		struct slice s = slice_text(*fields);
		size_t colon = slice_find(s, ':', 0);

		assert_int_equal(header_add(h, slice_part(s, 0, colon),
				     slice_part(s, colon + 1, s.len), &err),
		    0);
	}
}

/* The first Authentication-Results is somebody else's, the second a lie. */
static const char *const came[] = {
    "Authentication-Results: mx.example.net; smime=pass",
    "From: bob@example.net", "X-SMIME-Status: valid", "MIME-Version: 1.0 (x)",
    "Content-Type: application/pkcs7-mime", "Subject: hello",
    "Content-Transfer-Encoding: base64", TOKEN_FIELD ": forged",
    "Authentication-Results: mx.example.org; smime=pass",
    "Authentication-Results: mx.example.org; dkim=pass", "Bcc: kim", NULL};
static const char *const inside[] = {
    "Content-Type: text/plain;\r\n\tcharset=utf-8",
    "Content-Disposition: inline", NULL};

#define RESULTS_VALUE " mx.example.org;\n smime=none"
#define STATUS_VALUE  " unsigned;\n decrypted=yes"

static const struct edit cleaned[] = {
    {"Authentication-Results", 2, NULL},
    {"X-SMIME-Status", 1, NULL},
    {TOKEN_FIELD, 1, NULL},
    {"X-SMIME-Status", 0, STATUS_VALUE},
    {"Authentication-Results", 0, RESULTS_VALUE},
};
static const struct edit carried[] = {
    {"MIME-Version", 1, " 1.0"},
    {"Content-Transfer-Encoding", 1, NULL},
    {"Content-Type", 1, " text/plain;\n\tcharset=utf-8"},
    {"Content-Disposition", 1, " inline"},
};

#define HELLO "Hello\r\n"
#define COPY_TOP                                                               \
	TOKEN_FIELD                                                            \
	": token\r\n"                                                          \
	"Authentication-Results: mx.example.org;\r\n smime=none\r\n"           \
	"X-SMIME-Status: unsigned;\r\n decrypted=yes\r\n"
#define COPY_HEADER                                                            \
	"Authentication-Results: mx.example.net; smime=pass\r\n"               \
	"From: bob@example.net\r\nMIME-Version: 1.0\r\n"                       \
	"Content-Type: text/plain;\r\n\tcharset=utf-8\r\nSubject: hello\r\n"   \
	"Authentication-Results: mx.example.org; dkim=pass\r\nBcc: kim\r\n"    \
	"Content-Disposition: inline\r\n"
#define COPY COPY_TOP COPY_HEADER "\r\n" HELLO

static void
add_edits(struct scene *s, const struct edit *edits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		s->edits[s->count++] = edits[i];
}

static void
add_people(struct scene *s)
{
	static const char *const paths[PEOPLE] = {
	    "<alice@example.org>", "<carol@example.org>", "<dave@example.com>"};

	envelope_init(&s->envelope);
	envelope_set_sender(&s->envelope, "<bob@example.net>", "RET=HDRS");
	for (size_t i = 0; i < PEOPLE; i++) {
		envelope_add_recipient(&s->envelope, paths[i],
		    i == CAROL ? "NOTIFY=NEVER" : NULL, NULL);
		s->recipients[i] =
		    (struct inbound_recipient){.address = paths[i],
			.is_own = i != DAVE,
			.decrypt = i != DAVE ? SWITCH_ON : SWITCH_OFF,
			.mode = MODE_ENFORCE,
			.reads = i != DAVE};
	}
	envelope_add_recipient(&s->envelope, "<Carol@example.org>", NULL, NULL);
	envelope_unique(&s->envelope);
	assert_int_equal(s->envelope.count, PEOPLE);
}

/* Alice and Carol get plaintext, Dave what came. */
static void
scene_split(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->config.authserv_id = "mx.example.org";
	s->config.tags = (struct gateway_tags){"", "", ""};
	add_people(s);
	set_header(&s->header, came);
	set_header(&s->content, inside);
	s->plaintext = slice_text(HELLO);
	s->plain[ALICE] = s->plain[CAROL] = true;
	s->plan = (struct inbound_plan){.mark = true,
	    .remove_forged = true,
	    .split = true,
	    .plain = s->plain,
	    .why = s->why,
	    .recipient_count = PEOPLE,
	    .plain_count = 2};
	add_edits(s, cleaned, sizeof(cleaned) / sizeof(*cleaned));
	s->removed[0] = "<alice@example.org>";
	s->removed[1] = "<carol@example.org>";
	s->removed[2] = "<Carol@example.org>";
	s->to[0] = (struct relay_recipient){
	    slice_text("<alice@example.org>"), slice_text("")};
	s->to[1] = (struct relay_recipient){
	    slice_text("<carol@example.org>"), slice_text("NOTIFY=NEVER")};
	s->relay.path = slice_text("<bob@example.net>");
	s->relay.parameters = slice_text("RET=HDRS");
	s->relay.count = 2;
	s->copy = COPY;
}

/* All of them read it. */
static void
scene_in_place(struct scene *s)
{
	scene_split(s);
	s->recipients[DAVE] = s->recipients[ALICE];
	s->plain[DAVE] = true;
	s->plan.split = false;
	s->plan.plain_count = PEOPLE;
	memset(s->removed, 0, sizeof(s->removed));
	s->copy = NULL;
	add_edits(s, carried, sizeof(carried) / sizeof(*carried));
	s->body = HELLO;
}

/* Nobody does, and nothing is left to do but to clean it. */
static void
scene_closed(struct scene *s)
{
	scene_split(s);
	memset(s->plain, 0, sizeof(s->plain));
	s->plan.split = false;
	s->plan.plain_count = 0;
	memset(s->removed, 0, sizeof(s->removed));
	s->copy = NULL;
}

/* What the gate says; the scene is over. */
static int
ask(struct scene *s, struct err *err)
{
	struct slice_list content = {.count = 0};
	struct edits edits;
	int rc;

	err->text[0] = '\0';

	edits_init(&edits);
	for (size_t i = 0; i < s->count; i++)
		edits_set_header(&edits, s->edits[i].name, s->edits[i].index,
		    s->edits[i].value);
	for (size_t i = 0; s->removed[i]; i++)
		edits_remove_recipient(&edits, s->removed[i]);
	edits.replace_body = s->body != NULL;
	if (s->body)
		slice_list_add(&edits.body, slice_text(s->body));
	if (s->copy)
		slice_list_add(&content, slice_text(s->copy));
	s->relay.recipients = s->to;
	s->relay.content = &content;
	s->c = (struct gate_inbound_case){.config = &s->config,
	    .plan = &s->plan,
	    .recipients = s->recipients,
	    .envelope = &s->envelope,
	    .header = &s->header,
	    .content = s->content.count > 0 ? &s->content : NULL,
	    .plaintext = s->plaintext,
	    .edits = &edits,
	    .relay = s->copy ? &s->relay : NULL,
	    .done = s->done};
	rc = gate_inbound_check(&s->c, err);
	edits_fini(&edits);
	header_fini(&s->content);
	header_fini(&s->header);
	envelope_fini(&s->envelope);
	return rc;
}

/* wanted: part of what the gate has to say; NULL: nothing. */
static void
judge(struct scene *s, const char *wanted)
{
	struct err err;
	int rc = ask(s, &err);

	if ((rc == 0) != !wanted || (wanted && !strstr(err.text, wanted)))
		fail_msg("\"%s\", not \"%s\"", rc == 0 ? "" : err.text,
		    wanted ? wanted : "");
	if (wanted)
		assert_int_equal(err.class, ERR_BUG);
}

/* --- what is right --- */

static void
test_right(void **state)
{
	struct scene s;

	(void)state;
	scene_split(&s);
	judge(&s, NULL);
	scene_in_place(&s);
	judge(&s, NULL);
	scene_closed(&s);
	judge(&s, NULL);
	/* Without marks. */
	scene_closed(&s);
	s.count -= 2;
	s.plan.mark = false;
	judge(&s, NULL);
	/* Who has had his copy, and all of them. */
	scene_split(&s);
	s.done[ALICE] = true;
	s.to[0] = s.to[1];
	s.relay.count = 1;
	judge(&s, NULL);
	scene_split(&s);
	s.done[ALICE] = s.done[CAROL] = true;
	s.copy = NULL;
	judge(&s, NULL);
	/* In shadow mode all of it stays. */
	scene_closed(&s);
	s.count = 0;
	s.plan.shadow = true;
	judge(&s, NULL);
}

/* --- people --- */

static void
test_who_may_read(void **state)
{
	struct scene s;

	(void)state;
	for (int way = 0; way < 4; way++)
		for (int in_place = 0; in_place < 2; in_place++) {
			struct inbound_recipient *carol;

			if (in_place)
				scene_in_place(&s);
			else
				scene_split(&s);
			carol = &s.recipients[CAROL];
			if (way == 0)
				carol->reads = false;
			else if (way == 1)
				carol->is_own = false;
			else if (way == 2)
				carol->decrypt = SWITCH_OFF;
			else
				carol->mode = MODE_SHADOW;
			judge(&s, "for one who cannot read it");
		}
}

static void
test_planned(void **state)
{
	struct scene s;

	(void)state;
	scene_split(&s);
	s.plain[CAROL] = false;
	judge(&s, "another copy than planned");
	scene_split(&s);
	s.recipients[DAVE] = s.recipients[ALICE];
	s.plain[DAVE] = true;
	judge(&s, "another copy than planned");
	scene_in_place(&s);
	s.plain[CAROL] = false;
	judge(&s, "another copy than planned");
	scene_in_place(&s);
	s.body = NULL;
	s.count -= sizeof(carried) / sizeof(*carried);
	judge(&s, "another copy than planned");
	scene_closed(&s);
	s.plan.recipient_count--;
	judge(&s, "planned for others");
	scene_closed(&s);
	s.plan.action = PLAN_REFUSE;
	judge(&s, "must not go on");
}

static void
test_removed(void **state)
{
	struct scene s;

	(void)state;
	scene_split(&s);
	s.removed[2] = NULL;
	judge(&s, "by one of his names only");
	scene_split(&s);
	s.removed[2] = "<kim@example.org>";
	judge(&s, "who is not there");
	scene_in_place(&s);
	s.removed[0] = "<alice@example.org>";
	judge(&s, "plaintext in place, and a split");
	scene_closed(&s);
	s.removed[0] = "<dave@example.com>";
	judge(&s, "for one who cannot read it");
	scene_split(&s);
	s.removed[3] = "<dave@example.com>";
	judge(&s, "for one who cannot read it");
}

static void
test_copy_for(void **state)
{
	struct scene s;

	(void)state;
	scene_split(&s);
	s.copy = NULL;
	judge(&s, "in no copy");
	scene_split(&s);
	s.relay.count = 1;
	judge(&s, "in no copy");
	scene_split(&s);
	s.to[2] = s.to[1];
	s.relay.count = 3;
	judge(&s, "for somebody else");
	scene_split(&s);
	s.to[1].path = slice_text("<dave@example.com>");
	judge(&s, "in no copy");
	scene_split(&s);
	s.to[1].parameters = slice_text("");
	judge(&s, "in no copy");
	scene_split(&s);
	s.done[CAROL] = true;
	judge(&s, "for somebody else");
	scene_split(&s);
	s.relay.path = slice_text("<>");
	judge(&s, "another sender");
	scene_split(&s);
	s.relay.parameters = slice_text("");
	judge(&s, "another sender");
	scene_closed(&s);
	s.copy = COPY;
	judge(&s, "for somebody else");
}

/* --- the message in place --- */

static void
judge_edit(
    void (*scene)(struct scene *), size_t at, struct edit e, const char *wanted)
{
	struct scene s;

	scene(&s);
	s.edits[at] = e;
	judge(&s, wanted);
}

static void
judge_without(void (*scene)(struct scene *), size_t at, const char *wanted)
{
	struct scene s;

	scene(&s);
	s.count--;
	memmove(
	    &s.edits[at], &s.edits[at + 1], (s.count - at) * sizeof(*s.edits));
	judge(&s, wanted);
}

static void
judge_more(void (*scene)(struct scene *), struct edit e, const char *wanted)
{
	struct scene s;

	scene(&s);
	s.edits[s.count++] = e;
	judge(&s, wanted);
}

static void
test_forged(void **state)
{
	(void)state;
	judge_without(scene_closed, 0, "a forged field is left");
	judge_without(scene_closed, 1, "a forged field is left");
	judge_without(scene_in_place, 0, "a forged field is left");
	/* Results of others, and ours about something else. */
	judge_edit(scene_closed, 0,
	    (struct edit){"Authentication-Results", 1, NULL}, "left");
	judge_edit(scene_closed, 0,
	    (struct edit){"Authentication-Results", 3, NULL}, "left");
	judge_more(scene_closed,
	    (struct edit){"Authentication-Results", 1, NULL},
	    "results of another server");
	/* Too late for Postfix, which counts anew. */
	judge_more(scene_closed,
	    (struct edit){"Authentication-Results", 3, NULL}, "out of order");
	judge_more(scene_closed, (struct edit){"X-SMIME-Status", 1, " valid"},
	    "must be gone");
}

static void
test_marks(void **state)
{
	struct scene s;

	(void)state;
	judge_more(scene_closed,
	    (struct edit){"X-SMIME-Status", 0, STATUS_VALUE}, "not as planned");
	judge_more(scene_closed,
	    (struct edit){"Authentication-Results", 0, RESULTS_VALUE},
	    "not as planned");
	judge_more(scene_closed, (struct edit){"X-Other", 0, " x"}, "added");
	judge_edit(scene_closed, 4,
	    (struct edit){
		"Authentication-Results", 0, " mx.example.net; smime=none"},
	    "not as planned");
	judge_edit(scene_closed, 3, (struct edit){"X-SMIME-Status", 0, " a\nb"},
	    "no header can hold");
	judge_edit(
	    scene_closed, 3, (struct edit){"X-SMIME-Status", 0, NULL}, "added");
	/* The results have to be on top. */
	scene_closed(&s);
	s.edits[3] = cleaned[4];
	s.edits[4] = cleaned[3];
	judge(&s, "not as planned");
	scene_closed(&s);
	s.plan.mark = false;
	judge(&s, "not as planned");
}

static void
test_others(void **state)
{
	(void)state;
	judge_more(
	    scene_closed, (struct edit){"Subject", 1, " x"}, "none of ours");
	judge_more(scene_closed, (struct edit){"Bcc", 1, NULL}, "none of ours");
	judge_more(
	    scene_closed, (struct edit){"From", 1, NULL}, "none of ours");
	judge_more(scene_closed, (struct edit){"Content-Type", 1, " a/b"},
	    "none of ours");
	judge_more(
	    scene_in_place, (struct edit){"Subject", 1, " x"}, "none of ours");
}

static void
test_entity(void **state)
{
	struct scene s;

	(void)state;
	judge_without(scene_in_place, 5, "another MIME-Version");
	judge_without(scene_in_place, 6, "not that of the plaintext");
	judge_without(scene_in_place, 7, "not that of the plaintext");
	judge_without(scene_in_place, 8, "a field of the plaintext is missing");
	judge_edit(scene_in_place, 7,
	    (struct edit){"Content-Type", 1, " text/html"},
	    "not that of the plaintext");
	judge_edit(scene_in_place, 8,
	    (struct edit){"Content-Disposition", 1, " inline\r\nX: y"},
	    "no header can hold");
	judge_more(scene_in_place, (struct edit){"Content-ID", 1, " <1>"},
	    "none of ours");
	judge_edit(scene_in_place, 5, (struct edit){"MIME-Version", 1, NULL},
	    "MIME-Version is not there");
	scene_in_place(&s);
	header_fini(&s.content);
	header_init(&s.content);
	judge(&s, "a plaintext of nothing");
}

static void
test_body(void **state)
{
	static const char *const bodies[] = {
	    "", "Hello", "hello\r\n", HELLO "\r\n"};
	static const char *const unsendable[] = {
	    "a\nb\r\n", "a\rb\r\n", "ends with CR\r", "a\r\r\n"};
	struct scene s;
	char line[1002];

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		scene_in_place(&s);
		s.body = bodies[i];
		judge(&s, "a body is not the plaintext");
	}
	for (size_t i = 0; i < sizeof(unsendable) / sizeof(*unsendable); i++) {
		scene_in_place(&s);
		s.body = unsendable[i];
		s.plaintext = slice_text(unsendable[i]);
		judge(&s, "cannot travel");
	}
	memset(line, 'x', sizeof(line));
	memcpy(line + 998, "\r\n", 3);
	scene_in_place(&s);
	s.body = line;
	s.plaintext = slice_text(line);
	judge(&s, NULL);
	memcpy(line + 998, "x\r\n", 4);
	scene_in_place(&s);
	s.body = line;
	s.plaintext = slice_text(line);
	judge(&s, "cannot travel");
}

/* Unless it was promised that there is none. */
static void
test_8bit(void **state)
{
	static const char *const promises[] = {
	    "SIZE=9 BODY=7BIT", "body=7bit RET=HDRS"};
	struct scene s;

	(void)state;
	for (size_t i = 0; i <= sizeof(promises) / sizeof(*promises); i++) {
		scene_in_place(&s);
		s.body = "8-bit \xe4\r\n";
		s.plaintext = slice_text(s.body);
		if (i > 0)
			envelope_set_sender(
			    &s.envelope, "<bob@example.net>", promises[i - 1]);
		judge(&s, i > 0 ? "cannot travel" : NULL);
	}
}

static void
test_shadow(void **state)
{
	struct scene s;

	(void)state;
	scene_closed(&s);
	s.plan.shadow = true;
	judge(&s, "shadow mode");
	scene_closed(&s);
	s.count = 0;
	s.plan.shadow = true;
	s.removed[0] = "<alice@example.org>";
	judge(&s, "shadow mode");
	scene_closed(&s);
	s.count = 0;
	s.plan.shadow = true;
	s.copy = COPY;
	judge(&s, "shadow mode");
}

/* --- tags --- */

/* A subject may change, or come to be, where there are tags; not elsewhere. */
static void
test_tags(void **state)
{
	static const char *const bare[] = {"From: bob@example.net", NULL};
	struct scene s;

	(void)state;
	scene_closed(&s);
	s.config.tags.problem = "[?]";
	s.edits[s.count++] = (struct edit){"Subject", 1, " [?] hello"};
	judge(&s, NULL);
	scene_closed(&s);
	s.config.tags.problem = "[?]";
	s.edits[s.count++] = (struct edit){"Subject", 2, " [?] hello"};
	judge(&s, "not there");
	scene_closed(&s);
	header_fini(&s.header);
	set_header(&s.header, bare);
	s.config.tags.signed_ = "[ok]";
	s.edits[0] = (struct edit){"Subject", 1, " [ok]"};
	s.edits[1] = s.edits[3];
	s.edits[2] = s.edits[4];
	s.count = 3;
	judge(&s, NULL);
}

/* --- the copy that is handed over --- */

static void
judge_copy(const char *copy, const char *wanted)
{
	struct scene s;

	scene_split(&s);
	s.copy = copy;
	judge(&s, wanted);
}

static void
test_copy(void **state)
{
	static const char top[] = COPY_TOP;
	struct scene s;

	(void)state;
	judge_copy(top + strlen(TOKEN_FIELD ": token\r\n"), "without an end");
	judge_copy(COPY_HEADER "\r\n" HELLO, "begin with a token");
	judge_copy(COPY_TOP TOKEN_FIELD ": x\r\n" COPY_HEADER "\r\n" HELLO,
	    "a token is left");
	judge_copy(COPY_TOP COPY_HEADER "X: y\r\n\r\n" HELLO, "too many");
	judge_copy(COPY_TOP COPY_HEADER "\r\n" HELLO "\r\n",
	    "a body is not the plaintext");
	judge_copy(COPY_TOP COPY_HEADER "\r\nhello\r\n",
	    "a body is not the plaintext");
	judge_copy(COPY_TOP COPY_HEADER "X-SMIME-Status: valid\r\n\r\n" HELLO,
	    "a forged field is left");
	judge_copy(COPY_TOP "Authentication-Results: mx.example.org; "
			    "smime=pass\r\n" COPY_HEADER "\r\n" HELLO,
	    "a forged field is left");
	judge_copy(COPY_TOP COPY_HEADER "Content-ID: <1>\r\n\r\n" HELLO,
	    "not that of the plaintext");
	judge_copy(TOKEN_FIELD ": token\r\n" COPY_HEADER "\r\n" HELLO,
	    "not as planned");
	scene_split(&s);
	s.plaintext = slice_text("h\xc3\xb6\r\n");
	s.copy = COPY_TOP COPY_HEADER "\r\nh\xc3\xb6\r\n";
	judge(&s, NULL);
	scene_split(&s);
	header_fini(&s.content);
	header_init(&s.content);
	judge(&s, "a plaintext of nothing");
}

/* --- anything at all --- */

static unsigned
any(unsigned below)
{
	return (unsigned)random() % below;
}

#define FIELDS_MAX 64

/* A header in a mail server. */
struct server {
	char *fields[FIELDS_MAX]; /* NULL: deleted */
	char *names[FIELDS_MAX];  /* with a colon behind */
	size_t count;
};

static void
server_add(struct server *v, size_t at, const char *name, const char *value)
{
	assert_true(v->count < FIELDS_MAX);
	memmove(v->fields + at + 1, v->fields + at,
	    (v->count - at) * sizeof(*v->fields));
	memmove(v->names + at + 1, v->names + at,
	    (v->count - at) * sizeof(*v->names));
	v->fields[at] = value ? xasprintf("%s:%s", name, value) : NULL;
	v->names[at] = xasprintf("%s:", name);
	v->count++;
}

/* renumbers: as Postfix does after a deletion. */
static void
server_edit(struct server *v, bool renumbers, const struct edit *e)
{
	char *name = xasprintf("%s:", e->name);
	unsigned seen = 0;
	size_t at = 0;

	for (; at < v->count; at++)
		if ((v->fields[at] || !renumbers) &&
		    strcasecmp(v->names[at], name) == 0 && ++seen == e->index)
			break;
	free(name);
	if (at == v->count) {
		server_add(v, at, e->name, e->value);
		return;
	}
	free(v->fields[at]);
	v->fields[at] = e->value ? xasprintf("%s:%s", e->name, e->value) : NULL;
}

/* It is told the edits of the fields that came, in their order. */
static void
server_play(struct server *v, bool renumbers, const struct scene *s)
{
	v->count = 0;
	for (size_t i = 0; came[i]; i++) {
		char *name = xstrndup(came[i], strcspn(came[i], ":"));

		server_add(v, i, name, came[i] + strlen(name) + 1);
		free(name);
	}
	for (size_t i = 0; i < s->count; i++)
		if (s->edits[i].index > 0)
			server_edit(v, renumbers, &s->edits[i]);
	for (size_t i = 0; i < s->count; i++)
		if (s->edits[i].index == 0)
			server_add(v, 0, s->edits[i].name, s->edits[i].value);
}

#define LIE "Authentication-Results: mx.example.org; smime=pass"

static bool
begins(const char *field, const char *with)
{
	return field && strncasecmp(field, with, strlen(with)) == 0;
}

/* What must hold of a header that has passed, whichever server made it. */
static void
check_passed(const struct scene *s, bool renumbers)
{
	unsigned status = 0, lies = 0, others = 0, kept = 0;
	size_t own = 0;
	struct server v;

	for (size_t i = 0; i < s->count; i++)
		own += s->edits[i].index == 0;
	server_play(&v, renumbers, s);
	for (size_t i = 0; i < v.count; i++) {
		const char *field = v.fields[i];

		status += begins(field, "X-SMIME-Status:");
		/* What we have put on top is ours to say. */
		lies += i >= own && begins(field, LIE);
		others +=
		    begins(field, "Authentication-Results: mx.example.net") ||
		    begins(
			field, "Authentication-Results: mx.example.org; dkim=");
		kept += begins(field, "From: bob@example.net") ||
			begins(field, "Subject: hello") ||
			begins(field, "Bcc: kim");
		free(v.fields[i]);
		free(v.names[i]);
	}
	assert_true(status <= 1);
	assert_int_equal(lies, 0);
	assert_int_equal(others, 2);
	assert_int_equal(kept, 3);
}

/* Who gets plaintext may have it. */
static void
check_readers(const struct scene *s)
{
	for (size_t i = 0; i < PEOPLE; i++) {
		const struct inbound_recipient *r = &s->recipients[i];
		bool plain = s->body != NULL;

		for (size_t k = 0; s->removed[k]; k++)
			plain |= strcasecmp(s->removed[k], r->address) == 0;
		assert_true(!plain ||
			    (r->is_own && r->reads && r->decrypt == SWITCH_ON &&
				r->mode == MODE_ENFORCE));
	}
	if (s->body)
		assert_string_equal(s->body, HELLO);
	if (s->copy)
		assert_non_null(strstr(s->copy, "\r\n\r\n" HELLO));
}

static void
mutate(struct scene *s)
{
	static const char *const names[] = {"X-SMIME-Status",
	    "Authentication-Results", "From", "Content-Type", "Subject",
	    TOKEN_FIELD, "MIME-Version", "Bcc"};
	static const char *const values[] = {NULL, " valid", RESULTS_VALUE,
	    " mx.example.org; smime=pass", " text/html", " 1.0"};
	struct inbound_recipient *r = &s->recipients[any(PEOPLE)];
	struct edit *e = &s->edits[any((unsigned)s->count)];
	struct edit swapped = *e;

	switch (any(9)) {
	case 0:
		e->index = any(4);
		break;
	case 1:
		e->value = values[any(6)];
		break;
	case 2:
		e->name = names[any(8)];
		break;
	case 3:
		*e = s->edits[0];
		s->edits[0] = swapped;
		break;
	case 4:
		*e = s->edits[--s->count];
		break;
	case 5:
		r->reads = !r->reads;
		s->plain[any(PEOPLE)] ^= true;
		break;
	case 6:
		r->decrypt = SWITCH_OFF;
		break;
	case 7:
		s->removed[any(3)] = s->removed[any(3)];
		break;
	default:
		s->body = any(2) ? "hello\r\n" : NULL;
	}
}

/* Thousands of mistakes, one to three at a time: whatever passes is right by
 * other means than the gate's. */
static void
test_random(void **state)
{
	static void (*const scenes[])(struct scene *) = {
	    scene_split, scene_in_place, scene_closed};
	unsigned passed = 0;
	struct scene s, asked;
	struct err err;

	(void)state;
	srandom(1);
	for (unsigned i = 0; i < 30000; i++) {
		scenes[i % 3](&s);
		for (unsigned k = any(3) + 1; k > 0; k--)
			mutate(&s);
		/* The edits stay; the rest of it is over. */
		asked = s;
		if (ask(&asked, &err) < 0)
			continue;
		passed++;
		check_passed(&s, true);
		check_passed(&s, false);
		check_readers(&s);
	}
	assert_true(passed > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_right),
	    cmocka_unit_test(test_who_may_read),
	    cmocka_unit_test(test_planned),
	    cmocka_unit_test(test_removed),
	    cmocka_unit_test(test_copy_for),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_marks),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_entity),
	    cmocka_unit_test(test_body),
	    cmocka_unit_test(test_8bit),
	    cmocka_unit_test(test_shadow),
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
