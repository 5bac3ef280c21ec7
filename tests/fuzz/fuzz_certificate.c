/* Certificates: exact DER, plain names, and nothing believed of a stranger. */
#include "fuzz/fuzz.h"

#include <string.h>

#include <openssl/err.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cert/cert_harvest.h"
#include "cert/cert_pick.h"
#include "cert/certificate.h"
#include "cert/trust.h"
#include "mail/address.h"

#define NOW 1700000000

/* Nobody is trusted, so nothing may ever be. */
static struct trust *
nobody(void)
{
	static struct trust *trust;
	const struct trust_config config = {0};
	struct err err;

	if (!trust)
		FUZZ_CHECK(trust_load(&config, &trust, &err) == 0);
	return trust;
}

static void
check_text(const char *text)
{
	for (const char *c = text; *c; c++)
		FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
}

static void
check_names(const struct certificate *c)
{
	struct err err;
	char *again;

	FUZZ_CHECK(c->address_count <= LIMIT_CERTIFICATE_ADDRESSES);
	for (size_t i = 0; i < c->address_count; i++) {
		struct slice address = slice_text(c->addresses[i]);

		check_text(c->addresses[i]);
		FUZZ_CHECK(certificate_has_address(c, c->addresses[i]));
		FUZZ_CHECK(address_canonical(address, &again, &err) == 0);
		FUZZ_CHECK(strcmp(again, c->addresses[i]) == 0);
		free(again);
	}
	check_text(c->subject);
	check_text(c->issuer);
	FUZZ_CHECK(strspn(c->serial, "-0123456789ABCDEF") == strlen(c->serial));
	FUZZ_CHECK(certificate_level_name(c->level) != NULL);
}

static void
check_key(const struct certificate *c)
{
	if (c->key == CERTIFICATE_KEY_OTHER)
		FUZZ_CHECK(!c->strong && !c->may_sign && !c->may_encrypt);
	if (c->key == CERTIFICATE_KEY_RSA && c->strong)
		FUZZ_CHECK(c->key_bits >= LIMIT_RSA_BITS_MIN &&
			   c->key_bits <= LIMIT_RSA_BITS);
	FUZZ_CHECK(!(c->is_ca && c->may_sign));
}

static void
check_parsed_again(const struct certificate *c)
{
	struct certificate *again;
	struct err err;

	FUZZ_CHECK(certificate_from_x509(c->x509, &again, &err) == 0);
	FUZZ_CHECK(slice_equal(c->der, again->der));
	FUZZ_CHECK(
	    memcmp(c->fingerprint, again->fingerprint, FINGERPRINT_SIZE) == 0);
	FUZZ_CHECK(c->address_count == again->address_count);
	certificate_unref(&again);
}

static void
check_trust(struct certificate *c, const struct certificate_list *others)
{
	struct store_partner_cert record = {.certificate = c}, kept;
	struct cert_evidence evidence = {
	    .from = c->address_count > 0 ? c->addresses[0] : "a@b.example",
	    .signer = c,
	    .others = others,
	    .preferred = c,
	};
	struct certificate_list chain;
	struct cert_choice choice;
	enum cert_harvest_word word;
	const char *reason = NULL;

	FUZZ_CHECK(trust_check(nobody(), c, others, NOW, &reason) != TRUST_OK);
	FUZZ_CHECK(reason && *reason);
	cert_pick(&record, 1,
	    &(struct cert_pick_opts){
		.address = evidence.from, .trust = nobody(), .now = NOW},
	    &choice);
	FUZZ_CHECK(choice.taken == 0 && choice.word != CERT_PICK_TAKEN);
	cert_choice_fini(&choice);
	word = cert_harvest(&evidence, nobody(), NOW, &kept);
	if (cert_harvest_is_kept(word)) {
		FUZZ_CHECK(word == CERT_HARVEST_UNTRUSTED);
		FUZZ_CHECK(kept.trust == STORE_TRUST_UNTRUSTED);
		store_partner_cert_fini(&kept);
	}
	certificate_list_init(&chain);
	trust_build_chain(nobody(), c, others, &chain);
	FUZZ_CHECK(chain.count <= LIMIT_CHAIN);
	certificate_list_fini(&chain);
}

static void
check_list(struct slice in)
{
	struct certificate_list list, again;
	struct buf der;
	struct err err;

	certificate_list_init(&list);
	certificate_list_init(&again);
	buf_init(&der, LIMIT_CERTIFICATES_PER_MESSAGE * LIMIT_CERTIFICATE);
	if (certificate_list_read(&list, in, &err) == 0) {
		FUZZ_CHECK(list.count >= 1 &&
			   list.count <= LIMIT_CERTIFICATES_PER_MESSAGE);
		certificate_list_write_der(&list, &der);
		FUZZ_CHECK(
		    certificate_list_read(&again, buf_slice(&der), &err) == 0);
		FUZZ_CHECK(again.count == list.count);
		for (size_t i = 0; i < list.count; i++)
			check_trust(list.at[i], &list);
	} else {
		FUZZ_CHECK(list.count == 0);
		FUZZ_CHECK(err.class == ERR_PERMANENT);
	}
	buf_fini(&der);
	certificate_list_fini(&again);
	certificate_list_fini(&list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(data, size);
	struct certificate *c;
	struct err err;

	if (certificate_parse(in, &c, &err) == 0) {
		FUZZ_CHECK(slice_equal(c->der, in));
		check_names(c);
		check_key(c);
		check_parsed_again(c);
		certificate_unref(&c);
	}
	check_list(in);
	FUZZ_CHECK(ERR_peek_error() == 0);
	return 0;
}
