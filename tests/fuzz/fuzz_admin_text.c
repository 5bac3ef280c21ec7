/* Foreign text on its way to a terminal or into JSON, and capabilities in
 * words. */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "admin/cert_json.h"
#include "admin/output.h"
#include "admin/table.h"
#include "base/limits.h"
#include "base/suggest.h"

/* No control character, of ASCII or Unicode, and valid UTF-8. */
static void
check_printable(const char *text)
{
	json_t *value = json_string(text);

	FUZZ_CHECK(value);
	json_decref(value);
	for (const char *c = text; *c; c++) {
		FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
		FUZZ_CHECK(c[0] != '\xc2' || (unsigned char)c[1] >= 0xa0);
	}
}

static void
check_text(const char *text)
{
	char *printable = table_printable(text), *again;
	json_t *value = output_text(text);

	check_printable(printable);
	again = table_printable(printable);
	FUZZ_CHECK(strcmp(again, printable) == 0);
	FUZZ_CHECK(json_is_string(value));
	free(again);
	free(printable);
	json_decref(value);
}

static void
check_capabilities(struct slice der)
{
	json_t *list = cert_json_capabilities(der);

	FUZZ_CHECK(json_array_size(list) <= LIMIT_CAPABILITIES_SHOWN);
	json_decref(list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const words[] = {"domain", "user", "certificates"};
	struct slice input = slice_make(data, size);
	char *text = slice_dup_text(input);

	check_text(text);
	(void)suggest(text, words, 3);
	check_capabilities(input);
	free(text);
	return 0;
}
