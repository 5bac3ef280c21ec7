/*
 * One ciphertext, many readers: whose certificates are named, whose keys are
 * asked, and who is said to read it.
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "smime/content_cipher.h"
#include "smime/decrypt.h"
#include "unit/envelope_sample.h"

/* All of them can have LIMIT_DECRYPT_TRIES of LIMIT_UNWRAPS, and one more. */
#define CROWD (LIMIT_UNWRAPS / LIMIT_DECRYPT_TRIES + 1)

static struct smime_fixture fixture;
static struct smime_user crowd[CROWD];
static struct smime_reader readers[CROWD];

static int
start(void **state)
{
	(void)state;
	smime_fixture_start(&fixture);
	for (size_t i = 0; i < CROWD; i++) {
		smime_user_make(&fixture, &crowd[i],
		    &(struct fixture_opts){.name = "Reader",
			.address = "reader@example.org",
			.key = "P-256"});
		readers[i] = (struct smime_reader){&crowd[i].own, 1};
	}
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < CROWD; i++)
		smime_user_fini(&crowd[i]);
	smime_fixture_stop(&fixture);
	return 0;
}

/* --- asking --- */

struct answer {
	int rc;
	struct err err;
	bool reads[CROWD];
	struct smime_opened opened;
	struct spool out;
};

static void
open_der(
    const struct buf *der, size_t count, bool only_entity, struct answer *a)
{
	struct smime_open_opts opts = {
	    fixture.keys, readers, count, only_entity, NULL};
	struct envelope envelope;

	*a = (struct answer){0};
	memset(a->reads, 0xff, sizeof(a->reads));
	assert_int_equal(envelope_read(buf_slice(der), &envelope), 0);
	spool_init(&a->out, &fixture.spool);
	a->rc = smime_open(
	    &opts, &envelope, &a->out, a->reads, &a->opened, &a->err);
	assert_int_equal(ERR_peek_error(), 0);
	if (a->rc)
		assert_int_equal(a->out.size, 0);
	else
		assert_true(slice_equal(
		    spool_slice(&a->out), slice_text(HANDMADE_TEXT)));
}

static void
begin(struct handmade *h)
{
	handmade_init(h, OID_ENVELOPED_DATA, OID_AES256_CBC);
	handmade_cbc(h);
}

static void
end(struct handmade *h, size_t count, bool only_entity, struct answer *a)
{
	struct buf der;

	handmade_write(h, &der);
	open_der(&der, count, only_entity, a);
	spool_fini(&a->out);
	buf_fini(&der);
	handmade_fini(h);
}

/* --- who reads --- */

static void
test_each_his_own(void **state)
{
	struct handmade h;
	struct answer a;

	(void)state;
	begin(&h);
	handmade_recipient(&h, &crowd[3]);
	handmade_recipient(&h, &crowd[1]);
	end(&h, 5, true, &a);
	assert_int_equal(a.rc, 0);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(a.reads[i], i == 1 || i == 3);
	assert_ptr_equal(a.opened.used, &crowd[3].own);
	assert_int_equal(a.opened.recipients, 2);
	assert_int_equal(a.opened.cipher_oid, OID_AES256_CBC);
}

static void
test_nobody(void **state)
{
	struct handmade h;
	struct answer a;

	(void)state;
	for (size_t count = 0; count < 2; count++) {
		begin(&h);
		handmade_recipient(&h, &crowd[1]);
		end(&h, count, true, &a);
		assert_int_equal(a.rc, -1);
		assert_int_equal(a.err.class, ERR_NOT_FOUND);
		for (size_t i = 0; i < count; i++)
			assert_false(a.reads[i]);
	}
}

/* A key that is not that of the content, with which the padding of CBC comes
 * out right by chance. */
static void
lucky_key(const struct handmade *h, unsigned char *key)
{
	struct content_cipher cipher;
	struct envelope envelope;
	struct spool out;
	struct err err;
	struct buf der;
	int rc;

	handmade_write(h, &der);
	assert_int_equal(envelope_read(buf_slice(&der), &envelope), 0);
	assert_int_equal(content_cipher_choose(&envelope, &cipher), 0);
	spool_init(&out, &fixture.spool);
	do {
		RAND_bytes(key, 32);
		spool_reset(&out);
		rc = content_cipher_open(&cipher, &envelope, key, &out, &err);
	} while (rc || spool_slice(&out).data[0] == '\n');
	spool_fini(&out);
	buf_fini(&der);
}

/* Nobody may keep others from reading by naming himself first. */
static void
test_lucky_padding(void **state)
{
	unsigned char key[32];
	struct handmade h;
	struct answer a;

	(void)state;
	begin(&h);
	lucky_key(&h, key);
	handmade_recipient_key(&h, &crowd[0], key);
	handmade_recipient(&h, &crowd[1]);
	end(&h, 2, true, &a);
	assert_int_equal(a.rc, 0);
	assert_false(a.reads[0]);
	assert_true(a.reads[1]);
}

/* Nor from the operator, who looks at whatever is inside. */
static void
test_lucky_padding_raw(void **state)
{
	struct store_own_cert both[2] = {crowd[0].own, crowd[1].own};
	const struct smime_decrypt_opts opts = {fixture.keys, both, 2};
	struct smime_decrypted facts;
	unsigned char key[32];
	struct handmade h;
	struct spool out;
	struct buf der;
	struct err err;

	(void)state;
	begin(&h);
	lucky_key(&h, key);
	handmade_recipient_key(&h, &crowd[0], key);
	handmade_recipient(&h, &crowd[1]);
	handmade_write(&h, &der);
	spool_init(&out, &fixture.spool);
	assert_int_equal(
	    smime_decrypt_der(&opts, buf_slice(&der), &out, &facts, &err), 0);
	assert_true(slice_equal(spool_slice(&out), slice_text(HANDMADE_TEXT)));
	assert_ptr_equal(facts.used, &both[1]);
	assert_true(facts.proven);
	spool_fini(&out);
	buf_fini(&der);
	handmade_fini(&h);
}

/* The shortest way to name the same certificate: by its key identifier. */
static void
test_readers_with_several(void **state)
{
	struct store_own_cert many[3] = {
	    crowd[0].own, crowd[1].own, crowd[2].own};
	struct smime_reader saved = readers[0];
	struct handmade h;
	struct answer a;

	(void)state;
	readers[0] = (struct smime_reader){many, 3};
	begin(&h);
	handmade_recipient(&h, &crowd[2]);
	end(&h, 4, true, &a);
	readers[0] = saved;
	assert_int_equal(a.rc, 0);
	assert_true(a.reads[0] && a.reads[2]);
	assert_false(a.reads[1] || a.reads[3]);
}

/* --- limits --- */

/* bad RecipientInfos for a reader before his good one, which somebody else
 * reads as well. */
static void
check_tries(unsigned bad, bool reads)
{
	unsigned char key[32] = {0};
	struct handmade h;
	struct answer a;

	begin(&h);
	handmade_recipient(&h, &crowd[1]);
	for (unsigned i = 0; i < bad; i++)
		handmade_recipient_key(&h, &crowd[0], key);
	handmade_recipient(&h, &crowd[0]);
	end(&h, 2, true, &a);
	assert_int_equal(a.rc, 0);
	assert_true(a.reads[1]);
	assert_int_equal(a.reads[0], reads);
}

static void
test_reader_limit(void **state)
{
	(void)state;
	check_tries(LIMIT_DECRYPT_TRIES - 1, true);
	check_tries(LIMIT_DECRYPT_TRIES, false);
}

/* wrong content keys, all different, before the good one. */
static void
check_keys(unsigned wrong, bool opens)
{
	unsigned char key[32] = {0};
	struct handmade h;
	struct answer a;

	begin(&h);
	for (unsigned i = 0; i < wrong; i++) {
		key[0]++;
		handmade_recipient_key(&h, &crowd[i], key);
		/* the same key again costs nothing */
		handmade_recipient_key(&h, &crowd[i], key);
	}
	handmade_recipient(&h, &crowd[wrong]);
	end(&h, wrong + 1, true, &a);
	assert_int_equal(a.rc, opens ? 0 : -1);
	assert_int_equal(a.reads[wrong], opens);
	if (!opens)
		assert_int_equal(a.err.class, ERR_PERMANENT);
}

static void
test_key_limit(void **state)
{
	(void)state;
	check_keys(LIMIT_DECRYPT_TRIES - 1, true);
	check_keys(LIMIT_DECRYPT_TRIES, false);
}

/* count RecipientInfos, the last one for the last reader. */
static void
check_unwraps(size_t count, bool reads)
{
	size_t at = 0, len = 0;
	struct handmade h;
	struct answer a;

	begin(&h);
	for (size_t i = 0; i + 1 < count; i++)
		if (i % LIMIT_DECRYPT_TRIES == 0) {
			at = h.recipients.len;
			handmade_recipient(&h, &crowd[i / LIMIT_DECRYPT_TRIES]);
			len = h.recipients.len - at;
		} else {
			/* the same once more */
			assert_non_null(buf_reserve(&h.recipients, len));
			buf_add(&h.recipients, h.recipients.data + at, len);
		}
	handmade_recipient(&h, &crowd[CROWD - 1]);
	end(&h, CROWD, true, &a);
	assert_int_equal(a.rc, 0);
	assert_true(a.reads[0] && a.reads[CROWD - 2]);
	assert_int_equal(a.reads[CROWD - 1], reads);
	assert_int_equal(a.opened.recipients, count);
}

static void
test_unwrap_limit(void **state)
{
	(void)state;
	check_unwraps(LIMIT_UNWRAPS, true);
	check_unwraps(LIMIT_UNWRAPS + 1, false);
}

/* --- whom it was encrypted to --- */

static void
test_recipient_list(void **state)
{
	struct certificate *c = crowd[0].cert.certificate;
	struct envelope envelope;
	struct handmade h;
	struct buf der, list;
	char *wanted;
	bool named;

	(void)state;
	begin(&h);
	handmade_recipient(&h, &crowd[0]);
	buf_add(&h.recipients, "\xa4\x03\x02\x01\x00", 5);
	handmade_write(&h, &der);
	assert_int_equal(envelope_read(buf_slice(&der), &envelope), 0);
	buf_init(&list, LIMIT_RECIPIENTS_SHOWN);
	smime_recipient_list(&envelope, &list);
	wanted = xasprintf("%s %s; other", c->issuer, c->serial);
	assert_string_equal(buf_text(&list), wanted);
	free(wanted);
	assert_int_equal(
	    smime_recipient_count(&envelope, readers, 1, &named), 2);
	assert_true(named);
	assert_int_equal(
	    smime_recipient_count(&envelope, readers + 1, 1, &named), 2);
	assert_false(named);
	buf_fini(&der);
	/* More than can be shown. */
	for (size_t i = 0; i < 500; i++)
		buf_add(&h.recipients, "\xa4\x03\x02\x01\x00", 5);
	handmade_write(&h, &der);
	assert_int_equal(envelope_read(buf_slice(&der), &envelope), 0);
	buf_clear(&list);
	smime_recipient_list(&envelope, &list);
	assert_true(buf_ok(&list));
	assert_in_range(
	    list.len, LIMIT_RECIPIENTS_SHOWN - 20, LIMIT_RECIPIENTS_SHOWN);
	assert_non_null(strstr(buf_text(&list), "; other; ..."));
	buf_fini(&list);
	buf_fini(&der);
	handmade_fini(&h);
}

/* One that cannot be shown, and what others can is not shown without it. */
static void
test_long_recipient(void **state)
{
	struct envelope envelope = {.auth_attrs = {0}};
	struct buf set, list;
	size_t mark, info, id;

	(void)state;
	buf_init(&set, 65536);
	mark = der_open(&set, DER_SET);
	info = der_open(&set, DER_SEQUENCE);
	der_integer(&set, 0);
	id = der_open(&set, DER_SEQUENCE);
	buf_add(&set, "\x30\x00", 2);
	der_put(&set, DER_INTEGER, slice_text("a\nb; c\x1b[0m"));
	der_close(&set, id);
	der_algorithm(&set, OID_RSA);
	der_put(&set, DER_OCTET_STRING, slice_text("key"));
	der_close(&set, info);
	der_close(&set, mark);
	envelope.recipients = buf_slice(&set);
	buf_init(&list, LIMIT_RECIPIENTS_SHOWN);
	smime_recipient_list(&envelope, &list);
	assert_string_equal(
	    buf_text(&list), "unreadable-issuer 610A623B20631B5B306D");
	buf_fini(&list);
	buf_fini(&set);
}

/* --- the index --- */

/* How many entries id names; the last of them is that reader's. */
static size_t
matches_of(
    const struct own_index *index, const struct cms_id *id, size_t *reader)
{
	const struct own_entry *e;
	struct own_matches m;
	size_t count = 0;

	own_matches_init(&m, index, id);
	while ((e = own_matches_next(&m))) {
		*reader = e->reader;
		count++;
	}
	return count;
}

/* By issuer and serial number. */
static void
id_of(const struct certificate *c, struct buf *bytes, struct cms_id *id)
{
	struct tlv b;

	buf_init(bytes, 65536);
	assert_int_equal(cms_id_write(c, bytes), 0);
	tlv_init(&b, buf_slice(bytes));
	assert_int_equal(cms_id_read(&b, id), 0);
}

static void
test_index(void **state)
{
	struct own_index index;
	struct buf bytes;
	struct cms_id id;
	size_t reader;

	(void)state;
	own_index_init(&index, readers, CROWD);
	for (size_t i = 0; i < CROWD; i++) {
		struct certificate *c = crowd[i].cert.certificate;
		const ASN1_OCTET_STRING *s = X509_get0_subject_key_id(c->x509);

		id_of(c, &bytes, &id);
		assert_int_equal(matches_of(&index, &id, &reader), 1);
		assert_int_equal(reader, i);
		/* the same number by another authority */
		id.issuer = slice_text("\x30\x00");
		assert_int_equal(matches_of(&index, &id, &reader), 0);
		buf_fini(&bytes);
		assert_non_null(s);
		id = (struct cms_id){
		    .key_id = slice_make(ASN1_STRING_get0_data(s),
			(size_t)ASN1_STRING_length(s))};
		assert_int_equal(matches_of(&index, &id, &reader), 1);
		assert_int_equal(reader, i);
	}
	id = (struct cms_id){.key_id = slice_text("nobody")};
	assert_int_equal(matches_of(&index, &id, &reader), 0);
	own_index_fini(&index);
	own_index_init(&index, NULL, 0);
	assert_int_equal(matches_of(&index, &id, &reader), 0);
	own_index_fini(&index);
}

/* A certificate that all of them share, each as an object of his own, is
 * unwrapped once and compared once. */
static void
test_shared(void **state)
{
	static struct store_own_cert shared[CROWD];
	struct smime_reader all[CROWD];
	struct smime_open_opts opts = {fixture.keys, all, CROWD, true, NULL};
	struct certificate *copy;
	struct own_matches m;
	struct own_index index;
	struct smime_opened opened;
	struct envelope envelope;
	bool reads[CROWD];
	struct handmade h;
	struct spool out;
	struct cms_id id;
	struct buf der;
	struct err err;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < CROWD; i++) {
		shared[i] = crowd[0].own;
		assert_int_equal(
		    certificate_parse(
			crowd[0].cert.certificate->der, &copy, &err),
		    0);
		shared[i].certificate = copy;
		all[i] = (struct smime_reader){&shared[i], 1};
	}
	own_index_init(&index, all, CROWD);
	id_of(crowd[0].cert.certificate, &der, &id);
	own_matches_init(&m, &index, &id);
	while (own_matches_next(&m)) {
		if (count++ == 0)
			copy = shared[0].certificate;
		assert_ptr_equal(m.last, copy);
	}
	assert_int_equal(count, CROWD);
	buf_fini(&der);
	own_index_fini(&index);

	begin(&h);
	handmade_recipient(&h, &crowd[0]);
	handmade_write(&h, &der);
	assert_int_equal(envelope_read(buf_slice(&der), &envelope), 0);
	spool_init(&out, &fixture.spool);
	assert_int_equal(
	    smime_open(&opts, &envelope, &out, reads, &opened, &err), 0);
	for (size_t i = 0; i < CROWD; i++) {
		assert_true(reads[i]);
		certificate_unref(&shared[i].certificate);
	}
	spool_fini(&out);
	buf_fini(&der);
	handmade_fini(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_his_own),
	    cmocka_unit_test(test_nobody),
	    cmocka_unit_test(test_lucky_padding),
	    cmocka_unit_test(test_lucky_padding_raw),
	    cmocka_unit_test(test_readers_with_several),
	    cmocka_unit_test(test_reader_limit),
	    cmocka_unit_test(test_key_limit),
	    cmocka_unit_test(test_unwrap_limit),
	    cmocka_unit_test(test_recipient_list),
	    cmocka_unit_test(test_long_recipient),
	    cmocka_unit_test(test_index),
	    cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
