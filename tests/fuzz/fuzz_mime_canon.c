/* The canonical form: all that mime_canon.h promises, for any entity. */
#include "fuzz/fuzz.h"

#include "unit/mime_check.h"

static const struct spool_config config = {
    .memory = 1u << 20, .max = 1u << 26, .folder = "/tmp"};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size), header_raw, body;
	enum mime_canon_result result;
	const char *reason, *wrong;
	struct spool out;

	mime_check_split(in, &header_raw, &body);
	spool_init(&out, &config);
	wrong = mime_check_canon(header_raw, body, &out, &result, &reason);
	if (wrong)
		fprintf(stderr, "%s\n", wrong);
	FUZZ_CHECK(!wrong);
	spool_fini(&out);
	return 0;
}
