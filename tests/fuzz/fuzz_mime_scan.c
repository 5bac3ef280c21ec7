/* Trees of parts: every byte of the entity, in order, in exactly one place. */
#include "fuzz/fuzz.h"

#include "mail/header.h"
#include "unit/mime_check.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size), header_raw, body;
	const char *wrong;
	struct mime_tree tree;

	mime_check_split(in, &header_raw, &body);
	mime_scan(&tree, header_raw, body);
	wrong = mime_check_tree(&tree, header_raw, body);
	if (wrong)
		fprintf(stderr, "%s\n", wrong);
	FUZZ_CHECK(!wrong);
	mime_tree_fini(&tree);
	return 0;
}
