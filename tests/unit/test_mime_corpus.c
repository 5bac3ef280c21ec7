/* The properties of the canonical form, for every message of the corpus. */
#include "unit/unit.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/io.h"
#include "mail/mime_build.h"
#include "mail/mime_canon.h"
#include "unit/mime_check.h"

/* As many as there must be, so that an empty folder is no success. */
#define MESSAGES_MIN 160u

static const struct spool_config config = {
    .memory = 1u << 20, .max = 1u << 28, .folder = "/tmp"};

/* The entity of a message, as the milter takes it. */
static enum mime_canon_result
check_message(const char *path, struct slice message)
{
	enum mime_canon_result result = MIME_CANON_SKIP;
	const char *reason, *wrong;
	struct header header;
	struct spool out;
	struct buf raw;
	bool complete;
	size_t body;

	header_init(&header);
	buf_init(&raw, 1u << 20);
	spool_init(&out, &config);
	body = header_parse(&header, message, &complete);
	mime_entity_header(
	    &header, slice_part(message, body, message.len), &raw);
	wrong = mime_check_canon(buf_slice(&raw),
	    slice_part(message, body, message.len), &out, &result, &reason);
	if (wrong)
		fail_msg("%s: %s", path, wrong);
	spool_fini(&out);
	buf_fini(&raw);
	header_fini(&header);
	return result;
}

static void
test_corpus(void **state)
{
	const char *top = getenv("top_srcdir");
	size_t seen[MIME_CANON_SKIP + 1] = {0};
	char *pattern;
	struct buf message;
	struct err err;
	glob_t found;

	(void)state;
	pattern = xasprintf("%s/tests/corpus/*.eml", top ? top : ".");
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= MESSAGES_MIN);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		buf_init(&message, 1u << 20);
		assert_int_equal(
		    io_read_file(found.gl_pathv[i], &message, &err), 0);
		seen[check_message(found.gl_pathv[i], buf_slice(&message))]++;
		buf_fini(&message);
	}
	for (size_t i = 0; i <= MIME_CANON_SKIP; i++)
		assert_true(seen[i] > 0);
	globfree(&found);
	free(pattern);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_corpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
