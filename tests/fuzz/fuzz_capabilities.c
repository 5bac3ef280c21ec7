/* SMIMECapabilities that came with somebody's mail: any octets. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "smime/capabilities.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct capabilities none = {.aes256_gcm = false};
	struct capabilities c = none;
	unsigned char longer[LIMIT_CAPABILITIES + 1];

	if (capabilities_read(slice_make(data, size), &c) != 0) {
		FUZZ_CHECK(memcmp(&c, &none, sizeof(c)) == 0);
		return 0;
	}
	FUZZ_CHECK(size <= LIMIT_CAPABILITIES);
	FUZZ_CHECK(!c.prefers_gcm || c.aes256_gcm);
	/* It was all of it. */
	memcpy(longer, data, size);
	longer[size] = 0;
	FUZZ_CHECK(capabilities_read(slice_make(longer, size + 1), &c) != 0);
	FUZZ_CHECK(capabilities_read(slice_make(longer, size - 1), &c) != 0);
	return 0;
}
