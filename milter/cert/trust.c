/*
 * trust.c: anchors, where they come from, and chains below them; see
 * trust.h.  trust_check.c judges by them.
 */
#include "cert/trust.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "cert/trust_parts.h"

/* Making and sharing */

static struct trust *
trust_new(void)
{
	struct trust *t = xcalloc(1, sizeof(*t));
	X509_VERIFY_PARAM *param = X509_VERIFY_PARAM_new();

	t->refs = 1;
	t->store = X509_STORE_new();
	if (!t->store || !param)
		abort();
	/* PARTIAL_CHAIN: every configured authority is an anchor.
	 * POLICY_CHECK: policy constraints count (RFC 5280 6.1.3 d); any
	 * policy will do, which OpenSSL wants to be told.
	 * Not X509_STRICT: it refuses private authorities that left out a
	 * key identifier.  What it guards against besides is looked at in
	 * trust_check.c and certificate.c. */
	X509_VERIFY_PARAM_set_flags(
	    param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_POLICY_CHECK);
	X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy));
	X509_VERIFY_PARAM_set_depth(param, (int)LIMIT_CHAIN);
	X509_STORE_set1_param(t->store, param);
	X509_VERIFY_PARAM_free(param);
	certificate_list_init(&t->anchors);
	t->verdicts = trust_verdicts_new();
	return t;
}

struct trust *
trust_ref(struct trust *t)
{
	__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

void
trust_unref(struct trust **tp)
{
	struct trust *t = *tp;

	*tp = NULL;
	if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	lru_free(t->verdicts);
	certificate_list_fini(&t->anchors);
	X509_STORE_free(t->store);
	free(t);
}

/* Anchors */

size_t
trust_anchor_count(const struct trust *t)
{
	return t->anchors.count;
}

static bool
has_anchor(const struct trust *t, const struct certificate *c)
{
	for (size_t i = 0; i < t->anchors.count; i++)
		if (memcmp(t->anchors.at[i]->fingerprint, c->fingerprint,
			FINGERPRINT_SIZE) == 0)
			return true;
	return false;
}

/* Version 1 roots, which can say nothing about themselves, count too. */
static bool
is_authority(const struct certificate *c)
{
	return X509_check_ca(c->x509) != 0;
}

int
trust_add_anchor(struct trust *t, struct certificate *anchor, struct err *err)
{
	if (!is_authority(anchor))
		return err_set(err, ERR_PERMANENT,
		    "%s is no authority and cannot be trusted as one",
		    anchor->subject);
	if (has_anchor(t, anchor))
		return 0;
	ERR_clear_error();
	if (X509_STORE_add_cert(t->store, anchor->x509) != 1)
		return err_set_crypto(
		    err, ERR_BUG, "cannot trust %s", anchor->subject);
	certificate_list_add(&t->anchors, anchor);
	lru_clear(t->verdicts);
	return 0;
}

/* Files */

static int
read_certificates(
    const char *path, struct certificate_list *list, struct err *err)
{
	struct buf text;
	int rc;

	buf_init(&text, (size_t)LIMIT_FILE);
	rc = io_read_file(path, &text, err);
	if (rc == 0) {
		rc = certificate_list_read_max(
		    list, buf_slice(&text), LIMIT_ANCHORS, err);
		if (rc)
			err_prefix(err, "%s", path);
	}
	buf_fini(&text);
	return rc;
}

static int
load_file(
    struct trust *t, const char *path, bool authorities_only, struct err *err)
{
	struct certificate_list list;
	int rc;

	certificate_list_init(&list);
	rc = read_certificates(path, &list, err);
	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		if (!authorities_only && !is_authority(list.at[i]))
			continue;
		rc = trust_add_anchor(t, list.at[i], err);
		if (rc)
			err_prefix(err, "%s", path);
	}
	certificate_list_fini(&list);
	return rc;
}

/* scandir's filter: what package managers and editors leave behind is no
 * certificate. */
static int
is_certificate_file(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot &&
	       (strcmp(dot, ".pem") == 0 || strcmp(dot, ".crt") == 0 ||
		   strcmp(dot, ".cer") == 0 || strcmp(dot, ".der") == 0);
}

static int
load_folder(struct trust *t, const char *folder, struct err *err)
{
	struct dirent **entries;
	int n, rc = 0;

	n = scandir(folder, &entries, is_certificate_file, alphasort);
	if (n < 0)
		return err_set_errno(err, ERR_TEMPORARY, "%s", folder);
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", folder, entries[i]->d_name);

		if (rc == 0)
			rc = load_file(t, path, true, err);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int
load_extra(struct trust *t, const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return load_folder(t, path, err);
	return load_file(t, path, true, err);
}

static int
explain(const char *option, const char *remedy, struct err *err)
{
	struct err cause = *err;

	return err_set(
	    err, cause.class, "trust.%s: %s; %s", option, cause.text, remedy);
}

static int
load(struct trust *t, const struct trust_config *config, struct err *err)
{
	if (config->ca_bundle && *config->ca_bundle &&
	    load_file(t, config->ca_bundle, false, err))
		return explain("ca_bundle",
		    "install ca-certificates or name another file", err);
	for (size_t i = 0; i < config->extra_count; i++)
		if (load_extra(t, config->extra[i], err))
			return explain(
			    "extra", "correct the file or its name", err);
	return 0;
}

int
trust_load(
    const struct trust_config *config, struct trust **out, struct err *err)
{
	struct trust *t = trust_new();

	if (load(t, config, err)) {
		trust_unref(&t);
		return -1;
	}
	*out = t;
	return 0;
}

/* Chains */

/* Did issuer sign c?  Absurd keys are not tried (rule V11). */
static bool
is_issued_by(const struct certificate *c, const struct certificate *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer->x509);

	return key && EVP_PKEY_get_bits(key) <= LIMIT_RSA_BITS &&
	       X509_check_issued(issuer->x509, c->x509) == X509_V_OK &&
	       X509_verify(c->x509, key) == 1;
}

static bool
has_trusted_root(const struct trust *t, const struct certificate *c)
{
	for (size_t i = 0; i < t->anchors.count; i++)
		if (t->anchors.at[i]->self_issued &&
		    is_issued_by(c, t->anchors.at[i]))
			return true;
	return false;
}

/* Of several for the same key the one that lasts longest. */
static struct certificate *
find_issuer(
    const struct certificate *c, const struct certificate_list *candidates)
{
	struct certificate *best = NULL;

	for (size_t i = 0; candidates && i < candidates->count; i++) {
		struct certificate *issuer = candidates->at[i];

		if (!issuer->self_issued &&
		    (!best || issuer->not_after > best->not_after) &&
		    is_issued_by(c, issuer))
			best = issuer;
	}
	return best;
}

void
trust_build_chain(struct trust *t, struct certificate *c,
    const struct certificate_list *others, struct certificate_list *chain)
{
	struct certificate *issuer;

	/* The number of steps is bounded: two authorities may have certified
	 * each other. */
	for (unsigned n = 0; n < LIMIT_CHAIN; n++) {
		if (c->self_issued || has_trusted_root(t, c))
			break;
		issuer = find_issuer(c, others);
		if (!issuer)
			issuer = find_issuer(c, &t->anchors);
		if (!issuer)
			break;
		certificate_list_add(chain, issuer);
		c = issuer;
	}
	ERR_clear_error();
}
