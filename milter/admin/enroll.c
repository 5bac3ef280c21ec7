/* enroll.c: see enroll.h. */
#include "admin/enroll.h"

#include <stdlib.h>
#include <string.h>

#include "admin/cert_json.h"
#include "admin/key_ready.h"
#include "base/alloc.h"

#define DAY_TEXT sizeof("2026-01-31")

static char *
joined_addresses(const struct certificate *c)
{
	struct buf out;

	buf_init(&out, ERR_TEXT_MAX);
	for (size_t i = 0; i < c->address_count; i++)
		buf_addf(&out, "%s%s", i > 0 ? ", " : "", c->addresses[i]);
	if (c->address_count == 0)
		buf_add_text(&out, "nobody");
	return buf_take_text(&out);
}

static int
check_address(const struct enroll_opts *opts, struct err *err)
{
	const struct certificate *c = opts->certificate;
	char *names;

	if (certificate_has_address(c, opts->address))
		return 0;
	names = joined_addresses(c);
	err_set(err, ERR_PERMANENT, "the certificate is for %s, not for %s",
	    names, opts->address);
	free(names);
	return -1;
}

static void
day_text(time_t time, char *text)
{
	struct tm tm;

	if (!gmtime_r(&time, &tm) || !strftime(text, DAY_TEXT, "%F", &tm))
		text[0] = '\0';
}

static int
check_time(const struct enroll_opts *opts, time_t now, struct err *err)
{
	const struct certificate *c = opts->certificate;
	char day[DAY_TEXT];

	if (now > c->not_after) {
		day_text(c->not_after, day);
		return err_set(err, ERR_PERMANENT,
		    "the certificate expired on %s; to read old mail with it, "
		    "give --archive",
		    day);
	}
	if (now < c->not_before) {
		day_text(c->not_before, day);
		return err_set(err, ERR_PERMANENT,
		    "the certificate is not valid before %s", day);
	}
	return 0;
}

static int
check_purpose(const struct certificate *c, struct err *err)
{
	if (c->is_ca)
		return err_set(err, ERR_PERMANENT,
		    "the certificate is that of an authority, not of a "
		    "mailbox");
	if (!c->may_sign && !c->may_encrypt)
		return err_set(err, ERR_PERMANENT,
		    "the certificate is not for mail: its key usage or "
		    "extended key usage allows neither signing nor encryption "
		    "of mail (emailProtection)");
	return 0;
}

int
enroll_check(struct admin *a, const struct enroll_opts *opts, struct err *err)
{
	const struct certificate *c = opts->certificate;

	if (!opts->archive && check_purpose(c, err))
		return -1;
	if (check_address(opts, err))
		return -1;
	if (opts->archive)
		return 0;
	if (check_time(opts, a->now, err))
		return -1;
	if (!certificate_is_strong(c))
		return err_set(err, ERR_PERMANENT,
		    "the certificate is too weak (RSA below 2048 bits, SHA-1, "
		    "or a key that is not supported); to read old mail with "
		    "it, give --archive");
	return 0;
}

static int
make_record(struct admin *a, const struct enroll_opts *opts,
    struct store_own_cert *own, struct err *err)
{
	const struct certificate_list none = {0};
	struct certificate *c = opts->certificate;
	struct trust *trust;

	if (memcmp(c->key_id, opts->key->id, sizeof(c->key_id)) != 0)
		return err_set(err, ERR_PERMANENT,
		    "certificate and key encode the same public key "
		    "differently");
	if (admin_trust(a, &trust, err))
		return -1;
	own->address = xstrdup(opts->address);
	memcpy(own->fingerprint, c->fingerprint_text, sizeof(own->fingerprint));
	own->certificate = certificate_ref(c);
	trust_build_chain(
	    trust, c, opts->others ? opts->others : &none, &own->chain);
	own->wrapped_len = opts->key->wrapped.len;
	own->wrapped = xmalloc(own->wrapped_len);
	memcpy(own->wrapped, opts->key->wrapped.data, own->wrapped_len);
	own->added = a->now;
	return 0;
}

/* A certificate that signs must have signed before it is stored. */
static int
try_signing(struct admin *a, const struct enroll_opts *opts,
    const struct store_own_cert *own, struct key_ready *ready, struct err *err)
{
	if (opts->archive || !opts->certificate->may_sign) {
		ready->result = xstrdup("decrypts only");
		return 0;
	}
	if (key_ready_test(a, own, ready, err))
		return -1;
	if (ready->signature)
		return 0;
	return err_set(err, ERR_PERMANENT,
	    "a test signature failed, nothing was stored: %s", ready->result);
}

static json_t *
make_report(struct admin *a, const struct store_own_cert *own,
    const struct key_ready *ready)
{
	json_t *object = cert_json(own->certificate, a->now);

	output_set(object, "address", output_text(own->address));
	output_set(object, "chain", json_integer((json_int_t)own->chain.count));
	key_ready_set(object, ready);
	return object;
}

int
enroll(struct admin *a, const struct enroll_opts *opts, json_t **report,
    struct err *err)
{
	struct key_ready ready = {0};
	struct store_own_cert own;
	struct store *store;
	int rc = -1;

	store_own_cert_init(&own);
	if (enroll_check(a, opts, err) || admin_store(a, &store, err) ||
	    make_record(a, opts, &own, err) ||
	    try_signing(a, opts, &own, &ready, err) ||
	    store_own_cert_add(store, &own, err) ||
	    admin_audit(a, opts->action, own.address, own.fingerprint, err))
		goto out;
	*report = make_report(a, &own, &ready);
	rc = 0;
out:
	key_ready_fini(&ready);
	store_own_cert_fini(&own);
	return rc;
}
