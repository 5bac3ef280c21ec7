/* Addresses: what is canonical is canonical for good, and plain text. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "mail/address.h"

static void
check_canonical(const char *address)
{
	struct err err;
	char *again, *domain;

	FUZZ_CHECK(strlen(address) <= LIMIT_ADDRESS);
	FUZZ_CHECK(strchr(address, '@'));
	for (const char *c = address; *c; c++)
		FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
	FUZZ_CHECK(!address_is_null(slice_text(address)));
	FUZZ_CHECK(address_canonical(slice_text(address), &again, &err) == 0);
	FUZZ_CHECK(strcmp(address, again) == 0);
	free(again);
	if (*address_domain(address) == '[')
		return;
	FUZZ_CHECK(address_domain_canonical(slice_text(address_domain(address)),
		       &domain, &err) == 0);
	FUZZ_CHECK(strcmp(domain, address_domain(address)) == 0);
	free(domain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size);
	struct address_list list;
	struct err err;
	char *text;

	if (address_canonical(in, &text, &err) == 0) {
		FUZZ_CHECK(!address_is_null(in));
		check_canonical(text);
		free(text);
	}
	if (address_domain_canonical(in, &text, &err) == 0)
		free(text);
	address_list_init(&list);
	address_list_add(&list, in);
	for (size_t i = 0; i < list.count; i++) {
		check_canonical(list.addresses[i]);
		FUZZ_CHECK(address_list_has(&list, list.addresses[i]));
	}
	address_list_fini(&list);
	return 0;
}
