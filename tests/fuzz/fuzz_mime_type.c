/* Content-Type and Content-Disposition: always text, always bounded. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "mail/mime_type.h"

static void
check_type(struct mime_type *t)
{
	FUZZ_CHECK(t->type && t->subtype);
	FUZZ_CHECK(t->count <= LIMIT_MIME_PARAMS);
	FUZZ_CHECK(mime_type_is(t, t->type, t->subtype));
	for (size_t i = 0; i < t->count; i++) {
		const char *value = mime_type_param(t, t->params[i].name);

		FUZZ_CHECK(*t->params[i].name);
		FUZZ_CHECK(value == t->params[i].value);
		for (; *value; value++)
			FUZZ_CHECK(
			    (unsigned char)*value >= ' ' || *value == '\t');
	}
	mime_type_fini(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mime_type t;

	mime_type_parse(&t, slice_make(data, size));
	FUZZ_CHECK(t.malformed || (*t.type && *t.subtype));
	check_type(&t);
	mime_disposition_parse(&t, slice_make(data, size));
	FUZZ_CHECK(t.malformed || *t.type);
	check_type(&t);
	return 0;
}
