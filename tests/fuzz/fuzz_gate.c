/*
 * What the gate reads back of a finished copy: the first byte says what it is
 * to be, the rest is the copy.  Whatever passes begins with a token, has no
 * Bcc, and has the header of the message that it is made of.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "gateway/gate_entity.h"
#include "gateway/gate_header.h"
#include "gateway/token.h"
#include "unit/cert_fixture.h"

/* In the first byte. */
enum {
	IS_OPAQUE = 1,
	IS_ENCRYPTED = 2,
	IS_AUTHENTICATED = 4,
	CARRIES_NOTHING = 8
};

/* Serial numbers and names are fixed, so that seeds go on fitting: the gate
 * looks who signed, not whether the signature is right. */
static struct fixture_cert ca, alice, bob;

static void
make_certificates(void)
{
	if (ca.x509)
		return;
	fixture_ca(&ca, &(struct fixture_opts){.name = "Fuzz CA"});
	fixture_leaf(&alice, &ca,
	    &(struct fixture_opts){
		.address = "alice@example.org", .serial = 1});
	fixture_leaf(&bob, &ca,
	    &(struct fixture_opts){.address = "bob@example.net", .serial = 2});
}

static void
make_header(struct header *h)
{
	static const char *const fields[][2] = {{"From", " alice@example.org"},
	    {"Bcc", " carol@example.net"}, {"Subject", " one\n two"},
	    {"Content-Type", " text/plain"}};
	struct err err;

	header_init(h);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		FUZZ_CHECK(header_add(h, slice_text(fields[i][0]),
			       slice_text(fields[i][1]), &err) == 0);
}

static int
check_entity(const struct gate_entity *e, unsigned kind)
{
	struct certificate_list to;
	struct err err;
	int rc;

	if (!(kind & IS_ENCRYPTED))
		return gate_entity_signed(
		    e, kind & IS_OPAQUE, alice.certificate, &err);
	certificate_list_init(&to);
	certificate_list_add(&to, bob.certificate);
	rc = gate_entity_enveloped(e, kind & IS_AUTHENTICATED, &to, &err);
	certificate_list_fini(&to);
	return rc;
}

/* Line by line, and in no other way than that. */
static void
check_promises(struct slice header)
{
	size_t subjects = 0;

	FUZZ_CHECK(slice_has_prefix_ci(header, TOKEN_FIELD ":"));
	for (size_t at = 0, end; at < header.len; at = end + 1) {
		struct slice line;

		end = slice_find(header, '\n', at);
		line = slice_part(header, at, end);
		FUZZ_CHECK(!slice_has_prefix_ci(line, "bcc:"));
		FUZZ_CHECK(!slice_has_prefix_ci(line, "resent-bcc:"));
		FUZZ_CHECK(
		    at == 0 || !slice_has_prefix_ci(line, TOKEN_FIELD ":"));
		subjects += slice_has_prefix_ci(line, "subject:");
	}
	FUZZ_CHECK(subjects == 1);
}

static void
check_copy(const struct slice_list *content, unsigned kind)
{
	struct header original;
	const struct gate_terms terms = {.original = &original,
	    .carries = !(kind & CARRIES_NOTHING),
	    .has_token = true};
	struct gate_header header;
	struct gate_entity e = {.body = {.count = 0}};
	struct err err;
	size_t body;

	make_header(&original);
	gate_header_init(&header);
	if (gate_header_read(&header, content, &body, &err) == 0 &&
	    gate_header_check(&header, &terms, &e, &err) == 0) {
		check_promises(buf_slice(&header.text));
		slice_list_add(&e.body,
		    slice_part(content->at[1], body, content->at[1].len));
		if (terms.carries)
			(void)check_entity(&e, kind);
	}
	gate_header_fini(&header);
	header_fini(&original);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice_list content = {.count = 0};

	if (size == 0)
		return 0;
	make_certificates();
	slice_list_add(&content, slice_make(NULL, 0));
	slice_list_add(&content, slice_make(data + 1, size - 1));
	check_copy(&content, data[0]);
	return 0;
}
