/*
 * Trees of parts: every byte of the entity, in order, in exactly one place,
 * after work that grows no faster than the entity.
 */
#include "fuzz/fuzz.h"

#include "mail/header.h"
#include "unit/mime_check.h"

/* How often a byte may be looked at on the way to the next line end, NUL and
 * the like: by the scanner, the header reader and for textures.  Lines of one
 * or two bytes come to 11, because every search counts one more. */
#define SWEEPS 20

size_t __real_slice_find(struct slice s, unsigned char c, size_t from);
size_t __wrap_slice_find(struct slice s, unsigned char c, size_t from);

static size_t steps;

/* Everything that runs along the bytes does so with this function. */
size_t
__wrap_slice_find(struct slice s, unsigned char c, size_t from)
{
	size_t found = __real_slice_find(s, c, from);

	steps += found - from + 1;
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size), header_raw, body;
	const char *wrong;
	struct mime_tree tree;

	mime_check_split(in, &header_raw, &body);
	steps = 0;
	mime_scan(&tree, header_raw, body);
	FUZZ_CHECK(steps <= SWEEPS * (size + 1));
	wrong = mime_check_tree(&tree, header_raw, body);
	if (wrong)
		fprintf(stderr, "%s\n", wrong);
	FUZZ_CHECK(!wrong);
	mime_tree_fini(&tree);
	return 0;
}
