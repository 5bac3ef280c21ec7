/*
 * Nothing is found in thousands of messages that nobody touched: signed in
 * both ways, encrypted, both; of every structure; carried as mail servers
 * carry them.
 */
#include "unit/unit.h"

#include <string.h>

#include <openssl/err.h>

#include "base/limits.h"
#include "unit/layers_fixture.h"
#include "unit/must.h"
#include "unit/seal_fixture.h"
#include "unit/seal_messages.h"

#define MESSAGES (UNIT_SANITIZED ? 400u : 5000u)

static struct smime_fixture fixture;
static struct smime_user users[3];
static struct certificate_cache *cache;

static int
start(void **state)
{
	static const char *const keys[] = {"P-256", "P-256", "ED25519"};

	(void)state;
	smime_fixture_start(&fixture);
	for (size_t i = 0; i < 3; i++)
		smime_user_make(&fixture, &users[i],
		    &(struct fixture_opts){
			.address = "alice@example.org", .key = keys[i]});
	cache = certificate_cache_new();
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	certificate_cache_free(cache);
	for (size_t i = 0; i < 3; i++)
		smime_user_fini(&users[i]);
	smime_fixture_stop(&fixture);
	return 0;
}

/* How a message is protected. */
enum way {
	DETACHED,
	OPAQUE,
	ENCRYPTED,
	SIGNED_ENCRYPTED,
	WAYS
};

static void
protect(struct buf *message, unsigned number, enum way way)
{
	const struct smime_user *to = &users[0];
	const struct smime_user *by = &users[number % 3];

	if (way != ENCRYPTED)
		layers_sign(message, &fixture, by, way == OPAQUE);
	if (way == ENCRYPTED || way == SIGNED_ENCRYPTED)
		layers_encrypt(message, &fixture,
		    number % 2 ? SMIME_CIPHER_AES256_CBC
			       : SMIME_CIPHER_AES256_GCM,
		    &to, 1);
	layers_finish(message, "alice@example.org");
}

static void
assert_integrity(struct slice message, enum way way)
{
	struct smime_intact_opts opts = {
	    .cache = cache, .spool = &fixture.spool};
	struct smime_message m;
	struct smime_intact intact;

	smime_message_parse(&m, message);
	MUST(smime_check_integrity(&opts, &m.header, m.body, &intact, &err));
	assert_int_equal(intact.integrity, way == DETACHED || way == OPAQUE
					       ? INTEGRITY_INTACT
					       : INTEGRITY_NONE);
	assert_int_equal(intact.findings.count, 0);
	smime_message_fini(&m);
}

static void
assert_untouched(unsigned number, enum way way)
{
	struct seal taken, read;
	struct seal_findings f;
	struct buf message, carried, found;

	buf_init(&message, 16 * MIB);
	buf_init(&carried, 16 * MIB);
	buf_init(&found, 4096);
	seal_entity_make(number, &message);
	protect(&message, number, way);
	seal_message_take(buf_slice(&message), &taken);
	seal_there_and_back(&taken, &read);
	seal_message_carry(number, buf_slice(&message), &carried);
	seal_message_compare(&read, buf_slice(&carried), &f);
	seal_findings_show(&f, &found);
	if (f.count > 0 || !seal_message_is_same(&read, buf_slice(&carried)))
		fail_msg("message %u: %s", number, buf_text(&found));
	assert_integrity(buf_slice(&carried), way);
	buf_fini(&found);
	buf_fini(&carried);
	buf_fini(&message);
}

static void
test_untouched(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MESSAGES; i++)
		assert_untouched(i, (enum way)(i % WAYS));
	assert_int_equal(ERR_peek_error(), 0);
}

/* The generator knows more than single texts, or the above says little. */
static void
test_variety(void **state)
{
	size_t nested = 0, forwarded = 0, cut = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct buf message;
		struct seal s;

		buf_init(&message, 16 * MIB);
		seal_entity_make(i, &message);
		seal_message_take(buf_slice(&message), &s);
		nested += s.count > 3;
		cut += s.rest.len > 0;
		for (size_t p = 0; p < s.count; p++)
			forwarded += s.parts[p].kind == MIME_MESSAGE;
		buf_fini(&message);
	}
	assert_true(nested > 200);
	assert_true(forwarded > 100);
	assert_true(cut > 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_untouched),
	    cmocka_unit_test(test_variety),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
