/* The fingerprint: its field, its sums, its limits. */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/secret.h"
#include "smime/seal_digest.h"
#include "unit/must.h"
#include "unit/seal_fixture.h"

#define MESSAGE_MAX (4 * MIB)

static const char plain[] = "From: alice@example.org\r\n"
			    "Content-Type: text/plain\r\n"
			    "\r\n"
			    "Hello\r\n";

/* --- fields --- */

static void
field_make(const struct seal *s, struct buf *out)
{
	buf_init(out, MESSAGE_MAX);
	MUST(seal_write(s, &seal_site, 1750000000, out, &err));
}

static enum seal_verdict
field_read(struct slice body, const struct seal_key *key, struct seal *out)
{
	enum seal_verdict verdict;
	struct header header;

	header_init(&header);
	MUST(header_add(&header, slice_text(SEAL_FIELD), body, &err));
	verdict = seal_read(&header, key, out);
	header_fini(&header);
	return verdict;
}

/* The same message in a field: what was read is what was written. */
static void
assert_same_seal(const struct seal *a, const struct seal *b)
{
	struct buf x, y;

	field_make(a, &x);
	field_make(b, &y);
	assert_string_equal(buf_text(&x), buf_text(&y));
	buf_fini(&x);
	buf_fini(&y);
}

static void
test_there_and_back(void **state)
{
	struct seal s, read;

	(void)state;
	seal_message_take(slice_text(plain), &s);
	assert_int_equal(s.when, 0);
	seal_there_and_back(&s, &read);
	assert_int_equal(read.when, 1750000000);
	assert_same_seal(&s, &read);
}

/* What our edits and both mail servers want of a field. */
static void
test_looks(void **state)
{
	const char *line, *end;
	struct buf field;
	struct seal s;

	(void)state;
	seal_message_take(slice_text(plain), &s);
	field_make(&s, &field);
	assert_int_equal(field.data[0], ' ');
	for (line = buf_text(&field); line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		assert_true((end ? (size_t)(end - line) : strlen(line)) < 78);
		if (end)
			assert_int_equal(end[1], '\t');
	}
	for (size_t i = 0; i < field.len; i++)
		assert_true((field.data[i] >= ' ' && field.data[i] <= '~') ||
			    field.data[i] == '\n' || field.data[i] == '\t');
	buf_fini(&field);
}

/* A fingerprint says nothing about another one of the same text. */
static void
test_nothing_in_common(void **state)
{
	struct seal a, b;

	(void)state;
	seal_message_take(slice_text(plain), &a);
	seal_message_take(slice_text(plain), &b);
	assert_memory_not_equal(a.nonce, b.nonce, sizeof(a.nonce));
	assert_memory_not_equal(a.whole, b.whole, sizeof(a.whole));
	assert_memory_not_equal(a.type, b.type, sizeof(a.type));
	assert_memory_not_equal(
	    a.parts[0].raw.digest, b.parts[0].raw.digest, SEAL_DIGEST);
	assert_true(a.parts[0].letters.sum != b.parts[0].letters.sum);
}

/* Servers fold anew, and use the line ends that they like. */
static void
test_folds(void **state)
{
	static const char *const folds[] = {
	    "\r\n ", "\n\t", "\r\n\t  ", " ", "\t"};
	struct buf field;
	struct seal s, read;

	(void)state;
	seal_message_take(slice_text(plain), &s);
	field_make(&s, &field);
	for (size_t f = 0; f < sizeof(folds) / sizeof(folds[0]); f++) {
		struct buf folded;

		buf_init(&folded, MESSAGE_MAX);
		for (size_t i = 0; i < field.len; i++) {
			buf_add(&folded, &field.data[i], 1);
			if (i % 7 == f)
				buf_add_text(&folded, folds[f]);
		}
		assert_int_equal(
		    field_read(buf_slice(&folded), &seal_site, &read),
		    SEAL_GOOD);
		assert_same_seal(&s, &read);
		buf_fini(&folded);
	}
	buf_fini(&field);
}

/* Every other letter in any place. */
static void
test_forged(void **state)
{
	const struct seal_key other = {"the key of another site"};
	struct seal s, read = {.count = 77};
	struct buf field;

	(void)state;
	seal_message_take(slice_text(plain), &s);
	field_make(&s, &field);
	assert_int_equal(
	    field_read(buf_slice(&field), &other, &read), SEAL_FORGED);
	for (size_t i = 0; i < field.len; i++) {
		unsigned char kept = field.data[i];

		if (strchr(" \t\n", kept))
			continue;
		/* Not a digit of another case. */
		field.data[i] = kept == 'g' ? 'h' : 'g';
		assert_int_equal(
		    field_read(buf_slice(&field), &seal_site, &read),
		    SEAL_FORGED);
		field.data[i] = kept;
	}
	assert_int_equal(read.count, 77);
	assert_int_equal(
	    field_read(buf_slice(&field), &seal_site, &read), SEAL_GOOD);
	buf_fini(&field);
}

static void
test_truncated(void **state)
{
	struct seal s, read;
	struct buf field;

	(void)state;
	seal_message_take(slice_text(plain), &s);
	field_make(&s, &field);
	for (size_t len = 0; len < field.len; len++)
		assert_int_equal(
		    field_read(slice_part(buf_slice(&field), 0, len),
			&seal_site, &read),
		    SEAL_FORGED);
	buf_add_text(&field, "0");
	assert_int_equal(
	    field_read(buf_slice(&field), &seal_site, &read), SEAL_FORGED);
	buf_fini(&field);
}

/* What somebody with the key may write, or a later version of us. */
static void
assert_authentic(const char *text, enum seal_verdict wanted)
{
	struct seal_digester d;
	unsigned char code[16];
	char field[512];
	struct seal read;
	size_t len;

	MUST(seal_digester_init(&d, &seal_site, &err));
	seal_digest_begin(&d, SEAL_LABEL_FIELD);
	seal_digest_add(&d, slice_text(text));
	seal_digest_end(&d, code, sizeof(code));
	seal_digester_fini(&d);
	len = (size_t)snprintf(field, sizeof(field), "%s;m=", text);
	for (size_t i = 0; i < sizeof(code); i++)
		len += (size_t)snprintf(
		    field + len, sizeof(field) - len, "%02x", code[i]);
	assert_int_equal(
	    field_read(slice_text(field), &seal_site, &read), wanted);
}

static void
test_authentic_nonsense(void **state)
{
	static const char *const nonsense[] = {"", "v=1;", "v=1;t=1",
	    "v=1;t=1;s=", "v=1;t=1;s=AAAA", "v=1;t=x;s=AAAA", "v=2;t=1;s=AAAA",
	    "v=1;t=99999999999999999999999;s=AAAA", "v=1;t=1;s=!!!!",
	    "v=1;t=1;s=AAAA=AAA"};

	(void)state;
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++)
		assert_authentic(nonsense[i], SEAL_FORGED);
}

/* --- several fields --- */

static enum seal_verdict
fields_read(const struct buf *good, size_t before)
{
	enum seal_verdict verdict;
	struct header header;
	struct seal read;

	header_init(&header);
	for (size_t i = 0; i < before; i++)
		MUST(header_add(&header, slice_text(SEAL_FIELD),
		    slice_text(" v=1; t=1; s=AAAA; m=00"), &err));
	if (good)
		MUST(header_add(&header, slice_text("x-smime-seal"),
		    buf_slice(good), &err));
	verdict = seal_read(&header, &seal_site, &read);
	header_fini(&header);
	return verdict;
}

static void
test_field_limit(void **state)
{
	struct buf field;
	struct seal s;

	(void)state;
	seal_message_take(slice_text(plain), &s);
	field_make(&s, &field);
	assert_int_equal(fields_read(NULL, 0), SEAL_ABSENT);
	assert_int_equal(fields_read(NULL, 1), SEAL_FORGED);
	assert_int_equal(fields_read(&field, LIMIT_SEAL_FIELDS - 1), SEAL_GOOD);
	assert_int_equal(fields_read(&field, LIMIT_SEAL_FIELDS), SEAL_FORGED);
	buf_fini(&field);
}

/* Whatever servers make of its folds, nobody reads a megabyte of blanks. */
static void
test_folded_size(void **state)
{
	const size_t most = 4 * (size_t)LIMIT_SEAL_FIELD;
	struct seal s, read;
	struct buf field;

	(void)state;
	seal_message_take(slice_text(plain), &s);
	field_make(&s, &field);
	while (field.len < most)
		buf_add_char(&field, ' ');
	assert_int_equal(
	    field_read(buf_slice(&field), &seal_site, &read), SEAL_GOOD);
	buf_add_char(&field, ' ');
	assert_int_equal(
	    field_read(buf_slice(&field), &seal_site, &read), SEAL_FORGED);
	buf_clear(&field);
	while (field.len < LIMIT_SEAL_FIELD + 1)
		buf_add_char(&field, 'A');
	assert_int_equal(
	    field_read(buf_slice(&field), &seal_site, &read), SEAL_FORGED);
	buf_fini(&field);
}

/* The largest that there can be fits; it is read as it was written. */
static void
test_field_size(void **state)
{
	const uint64_t most = UINT64_C(1) << 40; /* bytes: no message has */
	struct seal s = {.root = SEAL_ROOT_DETACHED}, read;
	struct buf field;

	(void)state;
	s.count = LIMIT_SEAL_PARTS;
	s.rest.len = most;
	for (size_t i = 0; i < LIMIT_SEAL_PARTS; i++) {
		struct seal_part *p = &s.parts[i];

		p->depth = i == 0 ? 0 : 1;
		p->kind = i == 0 ? MIME_MULTIPART : MIME_LEAF;
		p->cte = MIME_CTE_BASE64;
		p->header.len = most;
		if (i == 0)
			continue;
		p->raw.len = p->letters.len = p->blanks = most;
		p->decoded.len = p->decoded_letters.len = most;
		p->letters.sum = p->decoded_letters.sum = UINT64_MAX >> 3;
	}
	buf_init(&field, LIMIT_SEAL_FIELD);
	MUST(seal_write(&s, &seal_site, 1750000000, &field, &err));
	assert_true(field.len > LIMIT_SEAL_FIELD / 2);
	assert_int_equal(
	    field_read(buf_slice(&field), &seal_site, &read), SEAL_GOOD);
	assert_same_seal(&s, &read);
	buf_fini(&field);
	buf_init(&field, 100);
	FAILS(ERR_BUG, "no room",
	    seal_write(&s, &seal_site, 1750000000, &field, &err));
	buf_fini(&field);
}

/* --- parts --- */

/* A multipart/mixed of that many parts, each with its number. */
static void
parts_make(struct buf *out, size_t count)
{
	buf_init(out, MESSAGE_MAX);
	buf_add_text(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	for (size_t i = 1; i <= count; i++)
		buf_addf(out,
		    "--b\r\nContent-Type: text/plain\r\n\r\nnumber %zu.\r\n",
		    i);
	buf_add_text(out, "--b--\r\n");
}

static void
assert_parts(size_t count, const char *from, const char *to, const char *wanted)
{
	struct buf before, after, found;
	struct seal_findings f;
	struct seal s, read;

	parts_make(&before, count);
	buf_init(&after, MESSAGE_MAX);
	buf_init(&found, 4096);
	seal_replace(&after, buf_slice(&before), from, to);
	seal_message_take(buf_slice(&before), &s);
	seal_there_and_back(&s, &read);
	seal_message_compare(&read, buf_slice(&before), &f);
	assert_int_equal(f.count, 0);
	seal_message_compare(&read, buf_slice(&after), &f);
	seal_findings_show(&f, &found);
	assert_string_equal(buf_text(&found), wanted);
	buf_fini(&found);
	buf_fini(&after);
	buf_fini(&before);
}

/* With the root, so many parts are known by themselves. */
static void
test_part_limit(void **state)
{
	const size_t most = LIMIT_SEAL_PARTS - 1;
	struct buf message;
	struct seal s;

	(void)state;
	parts_make(&message, most);
	seal_message_take(buf_slice(&message), &s);
	assert_int_equal(s.count, LIMIT_SEAL_PARTS);
	assert_int_equal(s.rest.len, 0);
	buf_fini(&message);
	parts_make(&message, most + 1);
	seal_message_take(buf_slice(&message), &s);
	assert_int_equal(s.count, LIMIT_SEAL_PARTS);
	assert_true(s.rest.len > 0);
	buf_fini(&message);
	assert_parts(
	    most, "number 47.", "number 47. And more", "text-appended 47 9");
	assert_parts(most, "\r\n--b--", "\r\n--b\r\n\r\nmore\r\n--b--",
	    "part-added 48 4");
	assert_parts(most + 1, "number 47.", "number 47. And more",
	    "text-appended 47 9");
	assert_parts(
	    most + 1, "number 48.", "number 48. And more", "text-changed 48");
	assert_parts(most + 1, "\r\n--b--", "\r\n--b\r\n\r\nmore\r\n--b--",
	    "text-changed 48");
	assert_parts(
	    300, "number 200.", "number 200. And more", "text-changed 48");
	assert_parts(300, "number 3.", "No. 3.", "text-cut 3 3");
	assert_parts(300,
	    "--b\r\nContent-Type: text/plain\r\n\r\nnumber 3.\r\n", "",
	    "part-removed 3 9");
}

/* Between the parts for which there was no room nothing changes unseen. */
static void
test_glue_over_limit(void **state)
{
	struct buf inner, before, after, found;
	struct seal_findings f;
	struct seal s;

	(void)state;
	parts_make(&inner, LIMIT_SEAL_PARTS);
	buf_init(&before, MESSAGE_MAX);
	buf_init(&after, MESSAGE_MAX);
	buf_init(&found, 4096);
	buf_add_text(&before,
	    "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n");
	buf_add_slice(&before, buf_slice(&inner));
	buf_add_text(&before, "\r\n--o--\r\n");
	seal_message_take(buf_slice(&before), &s);
	seal_replace(&after, buf_slice(&before), "\r\n--b--", "\r\n--b-- ");
	seal_message_compare(&s, buf_slice(&after), &f);
	seal_findings_show(&f, &found);
	assert_string_equal(buf_text(&found), "text-changed 1");
	buf_fini(&found);
	buf_fini(&after);
	buf_fini(&before);
	buf_fini(&inner);
}

/* Parts that have nothing in them are parts all the same. */
static void
test_empty_parts(void **state)
{
	struct seal_findings f;
	struct buf message;
	struct seal s;

	(void)state;
	buf_init(&message, MESSAGE_MAX);
	buf_add_text(
	    &message, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	for (size_t i = 0; i < LIMIT_SEAL_PARTS; i++)
		buf_add_text(&message, "--b\r\n\r\n");
	buf_add_text(&message, "--b--\r\n");
	seal_message_take(buf_slice(&message), &s);
	assert_int_equal(s.count, LIMIT_SEAL_PARTS);
	seal_message_compare(&s, buf_slice(&message), &f);
	assert_int_equal(f.count, 0);
	buf_fini(&message);
}

/* --- findings --- */

static void
test_finding_limit(void **state)
{
	struct buf before, after, found;
	struct seal_findings f;
	struct seal s;

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		size_t count = LIMIT_SEAL_FINDINGS + more;

		parts_make(&before, count);
		seal_message_take(buf_slice(&before), &s);
		buf_init(&after, MESSAGE_MAX);
		for (size_t i = 0; i < before.len; i++)
			buf_add_char(&after,
			    before.data[i] == 'u' ? 'U' : (char)before.data[i]);
		/* The boundary parameter has one, too. */
		buf_init(&found, MESSAGE_MAX);
		seal_replace(&found, buf_slice(&after), "boUndary", "boundary");
		buf_clear(&after);
		seal_replace(
		    &after, buf_slice(&found), "mUltipart", "multipart");
		seal_message_compare(&s, buf_slice(&after), &f);
		assert_int_equal(f.count, LIMIT_SEAL_FINDINGS);
		assert_int_equal(f.more, more);
		assert_int_equal(f.at[0].change, SEAL_TEXT_CHANGED);
		buf_fini(&found);
		buf_fini(&after);
		buf_fini(&before);
	}
}

static void
assert_text(struct seal_finding f, const char *name, const char *text)
{
	char out[SEAL_FINDING_TEXT];

	seal_finding_text(&f, out);
	assert_string_equal(out, text);
	assert_string_equal(seal_change_name(f.change), name);
}

static void
test_finding_text(void **state)
{
	(void)state;
	assert_text(
	    (struct seal_finding){
		.change = SEAL_TEXT_APPENDED, .part = "1", .bytes = 213},
	    "text-appended", "text appended to part 1 (213 bytes)");
	assert_text(
	    (struct seal_finding){
		.change = SEAL_AFTER_END, .part = "0", .bytes = 26},
	    "after-end", "bytes behind the end of the message (26 bytes)");
	assert_text(
	    (struct seal_finding){.change = SEAL_HEADER_CHANGED, .part = "1.2"},
	    "header-changed", "header of part 1.2 changed");
	assert_text((struct seal_finding){.change = SEAL_WRAPPED, .part = "1"},
	    "wrapped", "now part 1 of another message");
}

/* The manual, or the test ends. */
static void
manual_read(struct buf *out)
{
	const char *top = getenv("top_srcdir");
	char *path =
	    xasprintf("%s/milter/daemon/smime-milter.8", top ? top : "..");

	buf_init(out, LIMIT_FILE);
	MUST(io_read_file(path, out, &err));
	free(path);
}

/* Is it one of the words of this line? */
static bool
line_has(const char *line, const char *word)
{
	size_t len;

	for (; *line && *line != '\n'; line += len + strspn(line + len, " ,")) {
		len = strcspn(line, " ,\n");
		if (len == strlen(word) && strncmp(line, word, len) == 0)
			return true;
	}
	return false;
}

/* Does an item of the manual explain it? */
static bool
manual_has(struct buf *manual, const char *word)
{
	const char *item = "\n.It Li ", *at = buf_text(manual);

	while ((at = strstr(at, item))) {
		at += strlen(item);
		if (line_has(at, word))
			return true;
	}
	return false;
}

/* Every change has a word, which the manual explains, and a sentence that fits
 * with the longest part. */
static void
test_all_changes(void **state)
{
	struct seal_finding f = {.bytes = UINT64_MAX};
	char text[SEAL_FINDING_TEXT];
	struct buf manual;

	(void)state;
	manual_read(&manual);
	assert_false(manual_has(&manual, "text-eaten"));
	memset(f.part, '9', sizeof(f.part) - 1);
	for (int c = SEAL_WRAPPED; c <= SEAL_BEFORE_START; c++) {
		f.change = (enum seal_change)c;
		if (!manual_has(&manual, seal_change_name(f.change)))
			fail_msg("no %s in smime-milter(8)",
			    seal_change_name(f.change));
		seal_finding_text(&f, text);
		assert_true(text[strlen(text) - 1] == ')');
	}
	buf_fini(&manual);
}

/* Numbers of parts that are too deep to be written. */
static void
test_deep(void **state)
{
	struct buf before, after;
	struct seal_findings f;
	struct seal s;

	(void)state;
	buf_init(&before, MESSAGE_MAX);
	buf_init(&after, MESSAGE_MAX);
	for (int i = 0; i < 40; i++)
		buf_addf(&before,
		    "Content-Type: multipart/mixed; "
		    "boundary=b%d\r\n\r\n--b%d\r\n",
		    i, i);
	buf_add_text(&before, "\r\nHello");
	for (int i = 40; i-- > 0;)
		buf_addf(&before, "\r\n--b%d--", i);
	buf_add_text(&before, "\r\n");
	seal_message_take(buf_slice(&before), &s);
	seal_replace(&after, buf_slice(&before), "Hello", "Hello, Bob");
	seal_message_compare(&s, buf_slice(&after), &f);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.at[0].change, SEAL_TEXT_APPENDED);
	assert_int_equal(strlen(f.at[0].part), SEAL_PART_TEXT - 2);
	assert_int_equal(f.at[0].part[SEAL_PART_TEXT - 3], '+');
	buf_fini(&before);
	buf_fini(&after);
}

/* --- nothing changed --- */

static void
test_same(void **state)
{
	static const struct {
		const char *from, *to;
		bool same;
	} rows[] = {
	    {"From: alice", "Received: by mx\r\nFrom: alice", true},
	    {"text/plain", "text/\r\n\tplain", true},
	    {"Content-Type", "content-type", true},
	    {"Hello\r\n", "Hello\r\n\r\n \t\r\n", true},
	    {"Hello\r\n", "Hello", true},
	    {"text/plain", "text/plain; format=flowed", false},
	    {"Hello", "hello", false},
	    {"Hello", " Hello", false},
	    {"Hello\r\n", "Hello\r\n.", false},
	    {"From: alice", "Content-Language: en\r\nFrom: alice", false},
	};
	struct seal s;

	(void)state;
	seal_message_take(slice_text(plain), &s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf changed;

		buf_init(&changed, 4096);
		seal_replace(
		    &changed, slice_text(plain), rows[i].from, rows[i].to);
		if (seal_message_is_same(&s, buf_slice(&changed)) !=
		    rows[i].same)
			fail_msg("%s -> %s", rows[i].from, rows[i].to);
		buf_fini(&changed);
	}
}

/* --- sums --- */

/* Every way to cut a run out of now, by the book. */
static enum seal_growth
growth_naive(const char *was, const char *now)
{
	size_t n = strlen(was), m = strlen(now), surplus = m - n;
	enum seal_growth found = SEAL_GROWTH_NONE;

	if (m <= n)
		return SEAL_GROWTH_NONE;
	if (memcmp(was, now, n) == 0)
		return SEAL_GROWTH_BEHIND;
	if (memcmp(was, now + surplus, n) == 0)
		return SEAL_GROWTH_BEFORE;
	for (size_t p = 1; p < n; p++)
		if (memcmp(was, now, p) == 0 &&
		    memcmp(was + p, now + p + surplus, n - p) == 0)
			found = SEAL_GROWTH_WITHIN;
	return found;
}

/* With white space strewn in. */
static void
text_of(const struct seal_digester *d, const char *letters, struct buf *out,
    struct seal_text *text)
{
	buf_init(out, 4096);
	for (; *letters; letters++) {
		if (rand() % 3 == 0)
			buf_add_text(out, rand() % 2 ? "\r\n" : " \t");
		buf_add_char(out, *letters);
	}
	*text = (struct seal_text){0};
	seal_text_add(d, buf_slice(out), text, NULL);
}

static void
letters_make(char *out, size_t max)
{
	size_t len = (size_t)rand() % max;

	for (size_t i = 0; i < len; i++)
		out[i] = (char)('a' + rand() % 2);
	out[len] = '\0';
}

static void
test_growth(void **state)
{
	struct seal_digester d;
	size_t seen[4] = {0};

	(void)state;
	srand(1);
	MUST(seal_digester_init_message(
	    &d, &seal_site, (const unsigned char *)"12345678", &err));
	for (int round = 0; round < 20000; round++) {
		struct seal_text then, after;
		struct buf x, y;
		char was[8], now[16];
		enum seal_growth growth;

		letters_make(was, sizeof(was));
		letters_make(now, sizeof(now));
		text_of(&d, was, &x, &then);
		text_of(&d, now, &y, &after);
		growth = seal_text_growth(&d, &then, buf_slice(&y), &after);
		if (growth != growth_naive(was, now))
			fail_msg("%s in %s: %d", was, now, (int)growth);
		assert_int_equal(
		    seal_text_equal(&then, &after), strcmp(was, now) == 0);
		seen[growth]++;
		buf_fini(&x);
		buf_fini(&y);
	}
	for (size_t i = 0; i < 4; i++)
		assert_true(seen[i] > 100);
	seal_digester_fini(&d);
}

/* In pieces or at once. */
static void
test_sum_pieces(void **state)
{
	static const char text[] = "Dear Bob,\r\n\tthe contract\0is signed.";
	struct slice all = slice_make(text, sizeof(text));
	struct seal_text whole = {0};
	struct seal_digester d;
	uint64_t blanks = 0;

	(void)state;
	MUST(seal_digester_init_message(
	    &d, &seal_site, (const unsigned char *)"12345678", &err));
	seal_text_add(&d, all, &whole, &blanks);
	assert_int_equal(blanks, 4);
	for (size_t cut = 0; cut <= all.len; cut++) {
		struct seal_text pieces = {0};

		seal_text_add(&d, slice_part(all, 0, cut), &pieces, NULL);
		seal_text_add(&d, slice_part(all, cut, all.len), &pieces, NULL);
		assert_true(seal_text_equal(&pieces, &whole));
	}
	seal_digester_fini(&d);
}

/* --- keys --- */

static void
test_keys(void **state)
{
	char folder[] = "/tmp/seal-test.XXXXXX", path[64];
	struct seal_key key, other;
	struct secret secret = {0};

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/seal.key", folder);
	FAILS(ERR_NOT_FOUND, "seal.key", seal_key_read(path, &key, &err));
	MUST(secret_random(&secret, sizeof(key.bytes), &err));
	MUST(secret_write_new_file(&secret, path, &err));
	MUST(seal_key_read(path, &key, &err));
	assert_memory_equal(key.bytes, secret.data, sizeof(key.bytes));
	secret_fini(&secret);
	assert_int_equal(chmod(path, 0440), 0);
	FAILS(ERR_PERMANENT, "chmod", seal_key_read(path, &other, &err));
	assert_int_equal(chmod(path, 0600), 0);
	MUST(io_write_file(path, slice_text("00ff\n"), 0400, &err));
	FAILS(
	    ERR_PERMANENT, "64 hexadecimal", seal_key_read(path, &other, &err));
	MUST(seal_key_random(&other, &err));
	assert_memory_not_equal(key.bytes, other.bytes, sizeof(key.bytes));
	seal_key_wipe(&key);
	for (size_t i = 0; i < sizeof(key.bytes); i++)
		assert_int_equal(key.bytes[i], 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

/* A body that must be decoded and is larger than the spool may be. */
static void
test_spool_error(void **state)
{
	const struct spool_config tiny = {
	    .memory = 16, .max = 16, .folder = "/tmp"};
	const struct seal_opts opts = {.key = &seal_site, .spool = &tiny};
	static const char header[] = "Content-Type: text/plain\r\n"
				     "Content-Transfer-Encoding: base64\r\n";
	static const char body[] = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\r\n";
	struct mime_tree tree;
	struct seal_findings f;
	struct seal s;

	(void)state;
	mime_scan(&tree, slice_text(header), slice_text(body));
	FAILS(ERR_PERMANENT, "larger", seal_take(&opts, &tree, &s, &err));
	seal_message_take(slice_text(plain), &s);
	FAILS(
	    ERR_PERMANENT, "larger", seal_compare(&opts, &s, &tree, &f, &err));
	mime_tree_fini(&tree);
}

/* --- threads --- */

#define THREADS 4

static void *
work(void *seen)
{
	static const char changed[] = "From: alice@example.org\r\n"
				      "Content-Type: text/plain\r\n"
				      "\r\n"
				      "Hello\r\nBob\r\n";

	for (size_t i = 0; i < 100; i++) {
		struct seal_findings f;
		struct seal taken, s;

		seal_message_take(slice_text(plain), &taken);
		seal_there_and_back(&taken, &s);
		seal_message_compare(&s, slice_text(changed), &f);
		if (f.count == 1 && f.at[0].change == SEAL_TEXT_APPENDED &&
		    seal_message_is_same(&s, slice_text(plain)))
			++*(size_t *)seen;
	}
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t threads[THREADS];
	size_t seen[THREADS] = {0};

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, work, &seen[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(seen[i], 100);
	}
}

int
main(void)
{
	/* First, so that what is fetched once is fetched by all at once. */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_looks),
	    cmocka_unit_test(test_nothing_in_common),
	    cmocka_unit_test(test_folds),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_authentic_nonsense),
	    cmocka_unit_test(test_field_limit),
	    cmocka_unit_test(test_folded_size),
	    cmocka_unit_test(test_field_size),
	    cmocka_unit_test(test_part_limit),
	    cmocka_unit_test(test_glue_over_limit),
	    cmocka_unit_test(test_empty_parts),
	    cmocka_unit_test(test_finding_limit),
	    cmocka_unit_test(test_finding_text),
	    cmocka_unit_test(test_all_changes),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_growth),
	    cmocka_unit_test(test_sum_pieces),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_spool_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
