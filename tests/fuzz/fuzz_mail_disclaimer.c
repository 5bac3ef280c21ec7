/* Disclaimers: all that disclaimer.h promises, for any entity. */
#include "fuzz/fuzz.h"

#include "unit/disclaimer_check.h"
#include "unit/mime_check.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size), header_raw, body;
	enum disclaimer_result result;
	const char *wrong;

	if (size == 0)
		return 0;
	mime_check_split(slice_part(in, 1, in.len), &header_raw, &body);
	wrong = disclaimer_check(header_raw, body, in.data[0], &result);
	if (wrong)
		fprintf(stderr, "%s\n", wrong);
	FUZZ_CHECK(!wrong);
	return 0;
}
