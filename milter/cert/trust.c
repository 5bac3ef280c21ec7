/*
 * trust.c: which anchors are configured, and chains below anchors; see
 * trust.h.  trust_base.c keeps them, trust_check.c judges by them.
 */
#include "cert/trust.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "cert/trust_parts.h"

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
		if (!authorities_only && !trust_is_authority(list.at[i]))
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
		trust_release(&t);
		return -1;
	}
	*out = t;
	return 0;
}

/* Chains */

static bool
has_trusted_root(struct trust_base *base, const struct certificate *c)
{
	for (size_t i = 0; i < base->anchors.count; i++)
		if (base->anchors.at[i]->self_issued &&
		    trust_base_is_issued_by(base, c, base->anchors.at[i]))
			return true;
	return false;
}

/* Of several for the same key the one that lasts longest. */
static struct certificate *
find_issuer(struct trust_base *base, const struct certificate *c,
    const struct certificate_list *candidates, unsigned *tries)
{
	struct certificate *best = NULL;

	for (size_t i = 0; candidates && i < candidates->count; i++) {
		struct certificate *issuer = candidates->at[i];

		if (!issuer->self_issued &&
		    (!best || issuer->not_after > best->not_after) &&
		    trust_base_try_issuer(base, c, issuer, tries) &&
		    !trust_base_distrusts(base, issuer))
			best = issuer;
	}
	return best;
}

void
trust_build_chain(struct trust *t, struct certificate *c,
    const struct certificate_list *others, struct certificate_list *chain)
{
	struct trust_base *base = trust_base_of(t);
	/* Anchors are not the sender's choice. */
	unsigned tries = LIMIT_ISSUER_TRIES, anchors = UINT_MAX;
	struct certificate *issuer;

	/* The number of steps is bounded: two authorities may have certified
	 * each other. */
	for (unsigned n = 0; n < LIMIT_CHAIN; n++) {
		if (c->self_issued || has_trusted_root(base, c))
			break;
		issuer = find_issuer(base, c, others, &tries);
		if (!issuer)
			issuer = find_issuer(base, c, &base->anchors, &anchors);
		if (!issuer)
			break;
		certificate_list_add(chain, issuer);
		c = issuer;
	}
	ERR_clear_error();
	trust_base_unref(base);
}
