/* attack_site.c: see attack_site.h.  One thread. */
#include "unit/unit.h"

#include "unit/attack_site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "smime/cms_id.h"
#include "smime/der.h"
#include "smime/signed_attrs.h"

#define MESSAGE_MAX ((size_t)1 << 24)

void
attack_site_start(struct attack_site *site)
{
	gateway_fixture_start(&site->gateway);
	fixture_intermediate(&site->intermediate, &site->gateway.their_ca,
	    &(struct fixture_opts){.name = "Intermediate"});
	fixture_leaf(&site->bob, &site->intermediate,
	    &(struct fixture_opts){.address = BOB, .key = "RSA-2048"});
	fixture_leaf(&site->mallory, &site->intermediate,
	    &(struct fixture_opts){.address = MALLORY});
	gateway_fixture_user(
	    &site->gateway, "alice@example.org", SWITCH_ON, ENCRYPT_OFF);
	attack_sign(
	    site, &site->bob, slice_text(handmade_entity), &site->by_bob);
	attack_sign(site, &site->mallory, slice_text(handmade_entity),
	    &site->by_mallory);
}

void
attack_site_stop(struct attack_site *site)
{
	buf_fini(&site->by_mallory);
	buf_fini(&site->by_bob);
	fixture_fini(&site->mallory);
	fixture_fini(&site->bob);
	fixture_fini(&site->intermediate);
	gateway_fixture_stop(&site->gateway);
}

void
attack_sign(struct attack_site *site, const struct fixture_cert *cert,
    struct slice content, struct buf *der)
{
	struct handmade h = handmade(cert);
	struct handmade_cms p;

	h.content = content;
	handmade_attrs(&h);
	handmade_cms_init(&p);
	handmade_cms_cert(&p, cert->certificate);
	handmade_cms_cert(&p, site->intermediate.certificate);
	handmade_info(&h, &p.infos);
	handmade_cms_write(&p, der);
}

void
attack_letter(
    struct buf *out, const char *fields, struct slice content, struct slice der)
{
	buf_init(out, MESSAGE_MAX);
	buf_addf(out, "%sMIME-Version: 1.0\r\n" HANDMADE_SIGNED "\r\n--b1\r\n",
	    fields);
	buf_add_slice(out, content);
	buf_add_text(out, HANDMADE_SIGNATURE);
	handmade_base64(out, der);
	buf_add_text(out, "\r\n--b1--\r\n");
}

void
attack_attributes(struct handmade *h)
{
	struct buf digest, algorithm, preference;

	buf_init(&digest, 64);
	buf_init(&algorithm, 64);
	buf_init(&preference, 1024);
	der_algorithm(&digest, h->digest);
	der_algorithm(&algorithm, h->algorithm);
	assert_int_equal(cms_id_write(h->cert->certificate, &preference), 0);
	preference.data[0] = DER_CONSTRUCTED(0);
	handmade_attrs(h);
	assert_int_equal(signed_attr_signing_time(&h->attrs, fixture_now()), 0);
	signed_attr_capabilities(&h->attrs, h->cert->certificate);
	handmade_attribute(
	    &h->attrs, OID_ENCRYPTION_KEY_PREFERENCE, buf_slice(&preference));
	signed_attr_signing_certificate(&h->attrs, h->cert->certificate);
	signed_attr_algorithm_protection(
	    &h->attrs, buf_slice(&digest), buf_slice(&algorithm));
	buf_fini(&preference);
	buf_fini(&algorithm);
	buf_fini(&digest);
}

void
attack_replace(
    struct buf *out, struct slice message, const char *old, const char *new)
{
	const unsigned char *at =
	    memmem(message.data, message.len, old, strlen(old));
	size_t pos;

	if (!at)
		fail_msg("no \"%s\" in the message", old);
	pos = (size_t)(at - message.data);
	buf_init(out, MESSAGE_MAX);
	buf_add_slice(out, slice_part(message, 0, pos));
	buf_add_text(out, new);
	buf_add_slice(out, slice_part(message, pos + strlen(old), message.len));
}

/* The header as a mail server passes it on: folds are LF. */
static char *
header_text(struct slice head)
{
	struct buf text;
	char *copy;

	buf_init(&text, MESSAGE_MAX);
	for (size_t i = 0; i < head.len; i++)
		if (head.data[i] != '\r')
			buf_add_char(&text, (char)head.data[i]);
	copy = xstrdup(buf_text(&text));
	buf_fini(&text);
	return copy;
}

/* What stands behind "status=" in the log. */
static void
read_word(struct attack_site *site, char *word, size_t size)
{
	const char *at;
	struct buf log;

	gateway_fixture_read(&site->gateway, site->gateway.log, &log);
	at = strstr(buf_text(&log), "verified from=");
	at = at ? strstr(at, " status=") : NULL;
	snprintf(word, size, "%.*s", at ? (int)strcspn(at + 8, " \n") : 8,
	    at ? at + 8 : "unsigned");
	buf_fini(&log);
}

const char *
attack_word(struct attack_site *site, struct slice message)
{
	static char word[32];
	const unsigned char *end =
	    memmem(message.data, message.len, "\r\n\r\n", 4);
	struct fixture_mail mail = {
	    .sender = "<" MALLORY ">", .to = {"<alice@example.org>"}};
	struct fixture_result r;
	char *header;
	size_t head;

	assert_non_null(end);
	head = (size_t)(end - message.data) + 2;
	header = header_text(slice_part(message, 0, head));
	mail.header = header;
	mail.body = slice_part(message, head + 2, message.len);
	if (!site->gateway.gateway)
		gateway_fixture_open(&site->gateway);
	gateway_fixture_log_clear(&site->gateway);
	gateway_fixture_send(&site->gateway, &mail, &r);
	assert_int_equal(r.outcome, JOB_ACCEPT);
	fixture_result_fini(&r);
	free(header);
	read_word(site, word, sizeof(word));
	return word;
}

void
attack_expect(struct attack_site *site, const char *what, struct slice message,
    const char *word)
{
	const char *said = attack_word(site, message);

	if (strcmp(said, word) != 0)
		fail_msg("%s: %s instead of %s", what, said, word);
}

static int
count_in_use(const struct store_partner_cert *c, void *arg)
{
	unsigned *count = arg;

	*count += c->trust == STORE_TRUST_HARVESTED;
	return 0;
}

unsigned
attack_learned(struct attack_site *site, const char *address)
{
	struct store *store;
	unsigned count = 0;
	struct err err;

	gateway_fixture_close(&site->gateway);
	store = gateway_fixture_store(&site->gateway);
	if (store_partner_cert_each(store, address, count_in_use, &count, &err))
		assert_int_equal(err.class, ERR_NOT_FOUND);
	store_close(store);
	return count;
}

void
attack_nothing_learned(struct attack_site *site)
{
	assert_int_equal(attack_learned(site, BOB), 0);
	assert_int_equal(attack_learned(site, MALLORY), 0);
}
