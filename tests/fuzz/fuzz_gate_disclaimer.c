/*
 * What mail/disclaimer makes of any message the gate must take: whatever it
 * does not take waits with the sender for good.  And it takes nothing from
 * which a byte is missing.
 */
#include "fuzz/fuzz.h"

#include "base/limits.h"
#include "gateway/gate_disclaimer.h"
#include "mail/disclaimer.h"
#include "mail/mime_build.h"
#include "unit/mime_check.h"

static const struct spool_config config = {
    .memory = MIB, .max = 16 * MIB, .folder = "/tmp"};

/* Text and HTML; one of them by the first byte. */
static const char *const texts[][2] = {{"legal text\n", ""},
    {"Gr\xc3\xbc\xc3\x9f"
     "e, \xe2\x82\xac\n\n> From us: %{name}\n",
	""},
    {"\xe6\x97\xa5\xe6\x9c\xac\n",
	"<p>&copy; <b>\xe6\x97\xa5\xe6\x9c\xac</b> %{address}</p>"}};
#define TEXTS (sizeof(texts) / sizeof(*texts))

static struct disclaimer_template *
template_of(unsigned which)
{
	static struct disclaimer_template *made[TEXTS];
	struct err err;

	if (!made[which])
		FUZZ_CHECK(
		    disclaimer_template_new(slice_text(texts[which][0]),
			slice_text(texts[which][1]), &made[which], &err) == 0);
	return made[which];
}

static void
check(struct gate_disclaimer *d, const struct header *header, struct slice body)
{
	struct slice whole = d->body;
	struct err err;
	int rc = gate_disclaimer_check(d, header, body, &err);

	if (rc < 0)
		fprintf(stderr, "%s\n", err.text);
	FUZZ_CHECK(rc == 0);
	/* Nothing was added to that. */
	d->body = body;
	FUZZ_CHECK(gate_disclaimer_check(d, header, body, &err) == -1);
	d->body = slice_part(whole, 0, whole.len / 2);
	if (d->body.len < body.len)
		FUZZ_CHECK(gate_disclaimer_check(d, header, body, &err) == -1);
}

static void
insert(const struct header *header, struct slice entity_header,
    struct slice body, unsigned choice)
{
	const struct disclaimer_template *t = template_of(choice % TEXTS);
	enum disclaimer_result result;
	struct disclaimer text;
	const struct disclaimer_opts opts = {
	    .template_ = t, .filled = &text, .repeat = (choice & 0x80) != 0};
	struct mime_tree tree;
	struct spool out;
	size_t header_len;
	struct err err;

	mime_scan(&tree, entity_header, body);
	disclaimer_fill(t, "Alice", "alice@example.org", &text);
	spool_init(&out, &config);
	FUZZ_CHECK(disclaimer_insert(
		       &tree, &opts, &out, &header_len, &result, &err) == 0);
	if (result == DISCLAIMER_ADDED) {
		struct slice whole = spool_slice(&out);
		struct gate_disclaimer d = {
		    .head = slice_part(whole, 0, header_len + 2),
		    .body = slice_part(whole, header_len + 2, whole.len),
		    .text = &text,
		    .spool = &config};

		check(&d, header, body);
	}
	spool_fini(&out);
	disclaimer_fini(&text);
	mime_tree_fini(&tree);
}

/* As no mail server hands a header over: with a NUL, or a CR alone. */
static bool
is_unheard_of(struct slice raw)
{
	for (size_t i = 0; i < raw.len; i++)
		if (raw.data[i] == '\0' ||
		    (raw.data[i] == '\r' &&
			(i + 1 == raw.len || raw.data[i + 1] != '\n')))
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size), raw, body;
	struct header header;
	struct buf entity;
	bool complete;

	if (size == 0)
		return 0;
	mime_check_split(slice_part(in, 1, in.len), &raw, &body);
	if (is_unheard_of(raw))
		return 0;
	header_init(&header);
	header_parse(&header, raw, &complete);
	buf_init(&entity, 16 * MIB);
	mime_entity_header(&header, body, &entity);
	if (buf_ok(&entity))
		insert(&header, buf_slice(&entity), body, in.data[0]);
	buf_fini(&entity);
	header_fini(&header);
	return 0;
}
