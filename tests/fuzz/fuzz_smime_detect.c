/* What protects a message: any header, any body. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "smime/detect.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size);
	enum smime_kind by_header, kind;
	struct header header;
	bool complete;
	size_t body;

	header_init(&header);
	body = header_parse(&header, in, &complete);
	by_header = smime_detect_header(&header);
	kind = smime_detect(&header, slice_part(in, body, in.len));
	FUZZ_CHECK(
	    strcmp(smime_kind_name(kind), "none") != 0 || kind == SMIME_NONE);
	/* The body decides only about armor, and only where nothing else
	 * protects. */
	FUZZ_CHECK(by_header != SMIME_PGP_INLINE);
	FUZZ_CHECK(kind == by_header ||
		   (by_header == SMIME_NONE && kind == SMIME_PGP_INLINE));
	if (kind == SMIME_NONE || kind == SMIME_SIGNED_DETACHED ||
	    kind == SMIME_SIGNED_OPAQUE)
		FUZZ_CHECK(!smime_kind_is_encrypted(kind));
	header_fini(&header);
	return 0;
}
