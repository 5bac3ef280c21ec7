/*
 * Addresses: what is canonical is canonical for good, plain text, and the
 * same to the envelope's reader and the header's.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "mail/address.h"
#include "mail/address_list.h"

/* As the only mailbox of a field, behind a display name that is a trap. */
static void
check_in_field(const char *address)
{
	struct address_list list;
	struct buf field;

	buf_init(&field, 4 * LIMIT_ADDRESS);
	buf_addf(&field,
	    " \"eve@example.net, \\\"\" (a\\)\r\n\t<b@c>)\r\n <%s>", address);
	address_list_init(&list);
	address_list_add(&list, buf_slice(&field));
	FUZZ_CHECK(!list.malformed && !list.has_group);
	FUZZ_CHECK(list.count == 1 && address_list_has(&list, address));
	address_list_fini(&list);
	buf_clear(&field);
	buf_addf(&field, "Group: %s, a@example.org;", address);
	address_list_add(&list, buf_slice(&field));
	FUZZ_CHECK(!list.malformed && list.has_group);
	address_list_sort(&list);
	FUZZ_CHECK(list.count == 2 && address_list_has(&list, address));
	address_list_fini(&list);
	buf_fini(&field);
}

static void
check_domain(const char *address)
{
	const char *name = address_domain(address);
	struct err err;
	char *domain;

	FUZZ_CHECK(name > address && name[-1] == '@');
	if (*name == '[')
		return;
	FUZZ_CHECK(
	    address_domain_canonical(slice_text(name), &domain, &err) == 0);
	FUZZ_CHECK(strcmp(domain, name) == 0);
	free(domain);
}

static void
check_canonical(const char *address)
{
	struct err err;
	char *again;

	FUZZ_CHECK(strlen(address) <= LIMIT_ADDRESS);
	for (const char *c = address; *c; c++)
		FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
	FUZZ_CHECK(!address_is_null(slice_text(address)));
	FUZZ_CHECK(address_canonical(slice_text(address), &again, &err) == 0);
	FUZZ_CHECK(strcmp(address, again) == 0);
	free(again);
	check_domain(address);
	check_in_field(address);
}

static void
check_envelope(struct slice in, const struct address_list *list)
{
	struct err err;
	char *text;

	if (address_canonical(in, &text, &err) < 0) {
		FUZZ_CHECK(err.class == ERR_PERMANENT && *err.text);
		for (const char *c = err.text; *c; c++)
			FUZZ_CHECK(*c >= ' ' && *c <= '~');
		return;
	}
	FUZZ_CHECK(!address_is_null(in));
	FUZZ_CHECK(!list->malformed && list->count == 1);
	FUZZ_CHECK(strcmp(list->addresses[0], text) == 0);
	check_canonical(text);
	free(text);
}

static void
check_host(struct slice in)
{
	struct err err;
	char *text, *again;

	if (address_domain_canonical(in, &text, &err) < 0)
		return;
	FUZZ_CHECK(
	    address_domain_canonical(slice_text(text), &again, &err) == 0);
	FUZZ_CHECK(strcmp(text, again) == 0);
	free(again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size);
	struct address_list list;

	address_list_init(&list);
	address_list_add(&list, in);
	FUZZ_CHECK(list.count <= LIMIT_ADDRESSES);
	address_list_sort(&list);
	for (size_t i = 0; i < list.count; i++) {
		check_canonical(list.addresses[i]);
		FUZZ_CHECK(address_list_has(&list, list.addresses[i]));
	}
	check_envelope(in, &list);
	check_host(in);
	address_list_fini(&list);
	return 0;
}
