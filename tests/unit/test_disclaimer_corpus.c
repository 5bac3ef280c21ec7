/* What must hold for disclaimers, for every message of the corpus. */
#include "unit/unit.h"

#include <glob.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/io.h"
#include "mail/mime_build.h"
#include "unit/disclaimer_check.h"

/* As many as there must be, so that an empty folder is no success. */
#define MESSAGES_MIN 160u

/* The entity of a message, as the milter takes it. */
static enum disclaimer_result
check_message(const char *path, struct slice message, unsigned which)
{
	enum disclaimer_result result = DISCLAIMER_BROKEN;
	struct header header;
	struct slice body;
	const char *wrong;
	struct buf raw;
	bool complete;

	header_init(&header);
	buf_init(&raw, 1u << 20);
	body = slice_part(
	    message, header_parse(&header, message, &complete), message.len);
	mime_entity_header(&header, body, &raw);
	wrong = disclaimer_check(buf_slice(&raw), body, which, &result);
	if (wrong)
		fail_msg("%s, text %u: %s", path, which, wrong);
	buf_fini(&raw);
	header_fini(&header);
	return result;
}

static void
test_corpus(void **state)
{
	const char *top = getenv("top_srcdir");
	size_t seen[DISCLAIMER_TOO_COMPLEX + 1] = {0};
	struct buf message;
	char *pattern;
	struct err err;
	glob_t found;

	(void)state;
	pattern = xasprintf("%s/tests/corpus/*.eml", top ? top : ".");
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= MESSAGES_MIN);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		buf_init(&message, 1u << 24);
		if (io_read_file(found.gl_pathv[i], &message, &err))
			fail_msg("%s", err.text);
		for (unsigned n = 0; n < DISCLAIMER_CHECK_TEXTS; n++)
			seen[check_message(
			    found.gl_pathv[i], buf_slice(&message), n)]++;
		buf_fini(&message);
	}
	assert_true(seen[DISCLAIMER_ADDED] > 2 * MESSAGES_MIN);
	assert_true(seen[DISCLAIMER_NO_BODY] > 0);
	assert_true(seen[DISCLAIMER_INNER_SIGNED] > 0);
	assert_true(seen[DISCLAIMER_BROKEN] > 0);
	assert_true(seen[DISCLAIMER_CHARSET] > 0);
	globfree(&found);
	free(pattern);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_corpus)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
