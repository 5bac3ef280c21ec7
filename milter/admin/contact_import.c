/*
 * contact_import.c: certificates of correspondents from files.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/cert_json.h"
#include "admin/contact_verbs.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"

struct import {
	const char *address;
	const char *file;
	bool vouched; /* --trust */
	struct certificate_list list;
	json_t *done; /* what cert_json says of each */
};

static int
check_path(struct admin *a, const struct import *import, struct certificate *c,
    struct err *err)
{
	const char *reason = "";
	enum trust_verdict verdict;
	struct trust *trust;

	if (import->vouched)
		return 0;
	if (admin_trust(a, &trust, err))
		return -1;
	verdict = trust_check(trust, c, &import->list, a->now, &reason);
	if (verdict == TRUST_OK)
		return 0;
	return err_set(err, ERR_PERMANENT,
	    "%s: not trusted (%s%s%s); when the owner has confirmed the "
	    "fingerprint %s, give --trust",
	    import->file, trust_verdict_name(verdict), *reason ? ": " : "",
	    reason, c->fingerprint_text);
}

static int
check(struct admin *a, const struct import *import, struct certificate *c,
    struct err *err)
{
	if (a->now > c->not_after)
		return err_set(err, ERR_PERMANENT,
		    "%s: the certificate of %s has expired", import->file,
		    import->address);
	if (!c->may_encrypt)
		return err_set(err, ERR_PERMANENT,
		    "%s: the certificate is not for encrypting mail: its key "
		    "usage, extended key usage or key type does not allow it",
		    import->file);
	if (!certificate_is_strong(c))
		return err_set(err, ERR_PERMANENT,
		    "%s: the certificate is too weak (RSA below 2048 bits, "
		    "SHA-1, or a key that is not supported)",
		    import->file);
	return check_path(a, import, c, err);
}

static int
put(struct admin *a, struct import *import, struct certificate *c,
    struct err *err)
{
	char *evidence = xasprintf("file %s", import->file);
	struct store_partner_cert record;
	bool is_new;
	int rc;

	store_partner_cert_init(&record);
	record.address = xstrdup(import->address);
	memcpy(record.fingerprint, c->fingerprint_text,
	    sizeof(record.fingerprint));
	record.certificate = certificate_ref(c);
	for (size_t i = 0; i < import->list.count; i++)
		if (import->list.at[i]->is_ca &&
		    !import->list.at[i]->self_issued &&
		    record.chain.count < LIMIT_CHAIN)
			certificate_list_add(&record.chain, import->list.at[i]);
	record.trust =
	    import->vouched ? STORE_TRUST_MANUAL : STORE_TRUST_HARVESTED;
	record.evidence = evidence;
	record.from_file = true;
	record.first_seen = record.last_seen = a->now;
	rc = store_partner_cert_put(a->store, &record, &is_new, err);
	if (rc == 0)
		rc = admin_audit(a,
		    import->vouched ? "contact import --trust"
				    : "contact import",
		    import->address, c->fingerprint_text, err);
	if (rc == 0)
		(void)json_array_append_new(import->done, cert_json(c, a->now));
	store_partner_cert_fini(&record);
	return rc;
}

/* All certificates of the address, or none: each is checked first. */
static int
import_all(struct admin *a, struct import *import, struct err *err)
{
	struct certificate_list *list = &import->list;
	size_t fitting = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (!certificate_has_address(list->at[i], import->address))
			continue;
		fitting++;
		if (check(a, import, list->at[i], err))
			return -1;
	}
	if (fitting == 0)
		return err_set(err, ERR_PERMANENT,
		    "%s: no certificate of %s in it", import->file,
		    import->address);
	for (size_t i = 0; i < list->count; i++)
		if (certificate_has_address(list->at[i], import->address) &&
		    put(a, import, list->at[i], err))
			return -1;
	return 0;
}

static int
read_file(struct import *import, struct err *err)
{
	struct buf text;
	int rc;

	buf_init(&text, LIMIT_FILE);
	rc = io_read_file(import->file, &text, err);
	if (rc == 0) {
		rc =
		    certificate_list_read(&import->list, buf_slice(&text), err);
		if (rc)
			err_prefix(err, "%s", import->file);
	}
	buf_fini(&text);
	return rc;
}

enum verb_result
contact_import_run(struct admin *a, const struct args *args, struct err *err)
{
	struct import import = {
	    .file = args_operand(args, 1), .vouched = args_has(args, "trust")};
	char *address = NULL;
	struct store *store;
	enum verb_result rc;
	json_t *object;

	rc = admin_address(args_operand(args, 0), &address, err);
	if (rc != VERB_DONE)
		return rc;
	import.address = address;
	import.done = json_array();
	certificate_list_init(&import.list);
	rc = VERB_FAILED;
	if (read_file(&import, err) || admin_store(a, &store, err) ||
	    import_all(a, &import, err))
		goto out;
	object = json_object();
	output_set(object, "address", output_text(address));
	output_set(object, "certificates", json_incref(import.done));
	output_done(&a->output, object, "%s: %zu certificate%s imported%s",
	    address, json_array_size(import.done),
	    json_array_size(import.done) == 1 ? "" : "s",
	    import.vouched ? ", trusted by you" : "");
	json_decref(object);
	rc = VERB_DONE;
out:
	certificate_list_fini(&import.list);
	json_decref(import.done);
	free(address);
	return rc;
}
