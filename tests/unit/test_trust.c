/* Paths to anchors (rule V10), the cache of verdicts, loading, chains. */
#include "unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cert/trust.h"
#include "unit/cert_fixture.h"

#define OPTS(...)                                                              \
	&(struct fixture_opts)                                                 \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

static struct fixture_cert root, other_root, sub;

static int
setup(void **state)
{
	(void)state;
	fixture_ca(&root, OPTS(.name = "Root"));
	fixture_ca(&other_root, OPTS(.name = "Other Root"));
	fixture_intermediate(&sub, &root, OPTS(.name = "Sub"));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_fini(&sub);
	fixture_fini(&other_root);
	fixture_fini(&root);
	return 0;
}

static struct trust *
trust_in(struct fixture_cert *anchor)
{
	const struct trust_config nothing = {0};
	struct trust *t;
	struct err err;

	assert_int_equal(trust_load(&nothing, &t, &err), 0);
	assert_int_equal(trust_anchor_count(t), 0);
	if (anchor && trust_add_anchor(t, anchor->certificate, &err))
		fail_msg("%s", err.text);
	return t;
}

static void
list_make(struct certificate_list *list, struct fixture_cert *a,
    struct fixture_cert *b)
{
	certificate_list_init(list);
	if (a)
		certificate_list_add(list, a->certificate);
	if (b)
		certificate_list_add(list, b->certificate);
}

static void
verdict_is(struct trust *t, struct fixture_cert *leaf, struct fixture_cert *a,
    enum trust_verdict expected)
{
	struct certificate_list others;
	const char *reason = NULL;
	enum trust_verdict verdict;

	list_make(&others, a, NULL);
	verdict =
	    trust_check(t, leaf->certificate, &others, fixture_now(), &reason);
	assert_non_null(reason);
	if (verdict != expected)
		fail_msg("%s instead of %s: %s", trust_verdict_name(verdict),
		    trust_verdict_name(expected), reason);
	/* Once more, out of the cache. */
	assert_int_equal(
	    trust_check(t, leaf->certificate, &others, fixture_now(), NULL),
	    expected);
	assert_int_equal(ERR_peek_error(), 0);
	certificate_list_fini(&others);
}

static void
chain_is(struct trust *t, struct fixture_cert *leaf, struct fixture_cert *a,
    struct fixture_cert *b, const char *expected)
{
	struct certificate_list others, chain;
	struct buf text;

	list_make(&others, a, b);
	certificate_list_init(&chain);
	trust_build_chain(t, leaf->certificate, &others, &chain);
	buf_init(&text, KIB);
	for (size_t i = 0; i < chain.count; i++)
		buf_addf(&text, "%s ", chain.at[i]->subject);
	assert_string_equal(buf_text(&text), expected);
	buf_fini(&text);
	certificate_list_fini(&chain);
	certificate_list_fini(&others);
}

/* A leaf under root and an intermediate made with these options. */
static void
path_is(const struct fixture_opts *middle, const struct fixture_opts *end,
    enum trust_verdict expected)
{
	struct fixture_cert authority, leaf;
	struct trust *t = trust_in(&root);

	fixture_intermediate(&authority, &root, middle);
	fixture_leaf(&leaf, &authority, end);
	assert_non_null(authority.certificate);
	assert_non_null(leaf.certificate);
	verdict_is(t, &leaf, &authority, expected);
	fixture_fini(&leaf);
	fixture_fini(&authority);
	trust_release(&t);
}

/* Paths */

static void
test_paths(void **state)
{
	struct trust *t = trust_in(&root);
	struct fixture_cert leaf, far, alone;

	(void)state;
	fixture_leaf(&leaf, &root, OPTS(.name = "leaf"));
	fixture_leaf(&far, &sub, OPTS(.name = "far"));
	fixture_leaf(&alone, NULL, OPTS(.name = "alone"));
	verdict_is(t, &leaf, NULL, TRUST_OK);
	verdict_is(t, &far, NULL, TRUST_UNKNOWN_CA);
	verdict_is(t, &far, &other_root, TRUST_UNKNOWN_CA);
	verdict_is(t, &far, &sub, TRUST_OK);
	/* A self-signed certificate is nobody's anchor, wherever it is. */
	verdict_is(t, &alone, NULL, TRUST_UNKNOWN_CA);
	verdict_is(t, &alone, &alone, TRUST_UNKNOWN_CA);
	verdict_is(t, &other_root, &other_root, TRUST_UNKNOWN_CA);
	trust_release(&t);
	assert_null(t);
	t = trust_in(NULL);
	verdict_is(t, &leaf, &root, TRUST_UNKNOWN_CA);
	trust_release(&t);
	fixture_fini(&leaf);
	fixture_fini(&far);
	fixture_fini(&alone);
}

/* An authority that is configured is an anchor without its root. */
static void
test_intermediate_as_anchor(void **state)
{
	struct trust *t = trust_in(&sub);
	struct fixture_cert leaf, aunt;

	(void)state;
	fixture_leaf(&leaf, &sub, OPTS(.name = "leaf"));
	fixture_leaf(&aunt, &root, OPTS(.name = "aunt"));
	verdict_is(t, &leaf, NULL, TRUST_OK);
	verdict_is(t, &aunt, NULL, TRUST_UNKNOWN_CA);
	fixture_fini(&leaf);
	fixture_fini(&aunt);
	trust_release(&t);
}

static void
test_anchors_are_authorities(void **state)
{
	struct trust *t = trust_in(&root);
	struct fixture_cert leaf;
	struct err err;

	(void)state;
	fixture_leaf(&leaf, &root, OPTS(.name = "leaf"));
	assert_int_equal(trust_add_anchor(t, leaf.certificate, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_non_null(strstr(err.text, "CN=leaf is no authority"));
	assert_int_equal(trust_add_anchor(t, root.certificate, &err), 0);
	assert_int_equal(trust_anchor_count(t), 1);
	fixture_fini(&leaf);
	trust_release(&t);
}

/* A forged authority with the name and key identifier of the real one. */
static void
test_forged_authority(void **state)
{
	struct fixture_cert forged, leaf;
	struct trust *t = trust_in(&root);

	(void)state;
	fixture_intermediate(&forged, &other_root, OPTS(.name = "Sub"));
	X509_set_issuer_name(forged.x509, X509_get_subject_name(root.x509));
	X509_sign(forged.x509, forged.key, EVP_sha256());
	certificate_unref(&forged.certificate);
	assert_int_equal(certificate_from_x509(forged.x509, &forged.certificate,
			     &(struct err){0}),
	    0);
	fixture_leaf(&leaf, &forged, OPTS(.name = "leaf"));
	verdict_is(t, &leaf, &forged, TRUST_UNKNOWN_CA);
	chain_is(t, &leaf, &sub, NULL, "");
	fixture_fini(&leaf);
	fixture_fini(&forged);
	trust_release(&t);
}

static void
test_broken_signature(void **state)
{
	struct trust *t = trust_in(&root);
	struct fixture_cert leaf;
	unsigned char *der;
	struct certificate *c;
	struct err err;
	size_t len;

	(void)state;
	fixture_leaf(&leaf, &root, OPTS(.address = "bob@example.net"));
	len = leaf.certificate->der.len;
	der = xmalloc(len);
	memcpy(der, leaf.certificate->der.data, len);
	/* Another address of the same length. */
	memcpy(memmem(der, len, "bob@", 4), "eve@", 4);
	assert_int_equal(certificate_parse(slice_make(der, len), &c, &err), 0);
	assert_int_equal(
	    trust_check(t, c, NULL, fixture_now(), NULL), TRUST_BROKEN);
	assert_int_equal(
	    trust_check(t, leaf.certificate, NULL, fixture_now(), NULL),
	    TRUST_OK);
	certificate_unref(&c);
	free(der);
	fixture_fini(&leaf);
	trust_release(&t);
}

static void
test_validity(void **state)
{
	const long day = FIXTURE_DAY;

	(void)state;
	path_is(OPTS(.name = "I"), OPTS(.name = "l"), TRUST_OK);
	path_is(OPTS(.name = "I"),
	    OPTS(.not_before = -2 * day, .not_after = -day), TRUST_EXPIRED);
	path_is(OPTS(.name = "I"),
	    OPTS(.not_before = day, .not_after = 2 * day), TRUST_NOT_YET);
	path_is(OPTS(.not_before = -2 * day, .not_after = -day),
	    OPTS(.name = "l"), TRUST_EXPIRED);
	path_is(OPTS(.not_before = day, .not_after = 2 * day),
	    OPTS(.name = "l"), TRUST_NOT_YET);
}

static void
test_weak_paths(void **state)
{
	struct fixture_cert old_root, leaf;
	struct trust *t;

	(void)state;
	path_is(OPTS(.name = "I"), OPTS(.digest = "SHA1"), TRUST_WEAK);
	path_is(OPTS(.digest = "SHA1"), OPTS(.name = "l"), TRUST_WEAK);
	path_is(OPTS(.key = "RSA-2048"), OPTS(.digest = "MD5"), TRUST_WEAK);
	path_is(OPTS(.key = "RSA-1024"), OPTS(.name = "l"), TRUST_WEAK);
	path_is(OPTS(.name = "I"), OPTS(.key = "RSA-1024"), TRUST_WEAK);
	path_is(OPTS(.name = "I"), OPTS(.key = "secp256k1"), TRUST_WEAK);
	/* Authorities may use other curves and keys than we do. */
	path_is(OPTS(.key = "brainpoolP256r1"), OPTS(.name = "l"), TRUST_OK);
	path_is(OPTS(.key = "RSA-2048"), OPTS(.name = "l"), TRUST_OK);
	path_is(OPTS(.key = "ED25519"), OPTS(.key = "ED25519"), TRUST_OK);
	/* The signature of an anchor on itself proves nothing anyway. */
	fixture_ca(&old_root, OPTS(.name = "Old", .digest = "SHA1"));
	t = trust_in(&old_root);
	fixture_leaf(&leaf, &old_root, OPTS(.name = "leaf"));
	verdict_is(t, &leaf, NULL, TRUST_OK);
	fixture_fini(&leaf);
	fixture_fini(&old_root);
	trust_release(&t);
}

static void
test_name_constraints(void **state)
{
	const char *permitted = "critical,permitted;email:example.net";
	const char *excluded = "critical,excluded;email:example.net";
	/* SmtpUTF8Mailbox "\xc3\xbc@example.org" */
	static const unsigned char utf8[] = "\x30\x1e\xa0\x1c\x06\x08\x2b\x06"
					    "\x01\x05\x05\x07\x08\x09\xa0\x10"
					    "\x0c\x0e\xc3\xbc@example.org";

	(void)state;
	path_is(OPTS(.constraints = permitted),
	    OPTS(.address = "bob@example.net"), TRUST_OK);
	path_is(OPTS(.constraints = permitted),
	    OPTS(.address = "bob@example.org"), TRUST_BROKEN);
	path_is(OPTS(.constraints = permitted),
	    OPTS(.address = "bob@sub.example.net"), TRUST_BROKEN);
	path_is(OPTS(.constraints = permitted),
	    OPTS(.san = "email:bob@example.net,email:bob@example.org"),
	    TRUST_BROKEN);
	path_is(OPTS(.constraints = excluded),
	    OPTS(.address = "bob@example.net"), TRUST_BROKEN);
	path_is(OPTS(.constraints = excluded),
	    OPTS(.address = "bob@example.org"), TRUST_OK);
	/* Without a SAN the subject is what counts (RFC 5280 4.2.1.10). */
	path_is(OPTS(.constraints = permitted),
	    OPTS(.subject_address = "bob@example.org"), TRUST_BROKEN);
	path_is(OPTS(.constraints = permitted),
	    OPTS(.subject_address = "bob@example.net"), TRUST_OK);
	path_is(OPTS(.constraints = permitted),
	    OPTS(.raw_san = slice_make(utf8, sizeof(utf8) - 1)), TRUST_BROKEN);
}

static void
test_authorities_that_may_not(void **state)
{
	(void)state;
	path_is(OPTS(.basic = "critical,CA:FALSE"), OPTS(.name = "l"),
	    TRUST_BROKEN);
	path_is(OPTS(.basic = "", .usage = "digitalSignature"),
	    OPTS(.name = "l"), TRUST_BROKEN);
	path_is(
	    OPTS(.usage = "critical,cRLSign"), OPTS(.name = "l"), TRUST_BROKEN);
	path_is(OPTS(.extended_usage = "serverAuth"), OPTS(.name = "l"),
	    TRUST_BROKEN);
	path_is(OPTS(.extended_usage = "emailProtection,clientAuth"),
	    OPTS(.name = "l"), TRUST_OK);
	path_is(OPTS(.extra_oid = "1.2.3.4.5", .extra = "critical,DER:0500"),
	    OPTS(.name = "l"), TRUST_BROKEN);
	path_is(OPTS(.name = "I"),
	    OPTS(.extra_oid = "1.2.3.4.5", .extra = "critical,DER:0500"),
	    TRUST_BROKEN);
}

static void
test_path_length(void **state)
{
	struct fixture_cert flat, below, leaf, direct;
	struct certificate_list others;
	struct trust *t = trust_in(&root);

	(void)state;
	fixture_intermediate(&flat, &root,
	    OPTS(.name = "Flat", .basic = "critical,CA:TRUE,pathlen:0"));
	fixture_intermediate(&below, &flat, OPTS(.name = "Below"));
	fixture_leaf(&leaf, &below, OPTS(.name = "leaf"));
	fixture_leaf(&direct, &flat, OPTS(.name = "direct"));
	list_make(&others, &flat, &below);
	assert_int_equal(
	    trust_check(t, leaf.certificate, &others, fixture_now(), NULL),
	    TRUST_BROKEN);
	verdict_is(t, &direct, &flat, TRUST_OK);
	certificate_list_fini(&others);
	fixture_fini(&direct);
	fixture_fini(&leaf);
	fixture_fini(&below);
	fixture_fini(&flat);
	trust_release(&t);
}

static void
test_policy_constraints(void **state)
{
	(void)state;
	path_is(OPTS(.policies = "1.2.3.4", .extra_oid = "policyConstraints",
		    .extra = "critical,requireExplicitPolicy:0"),
	    OPTS(.policies = "1.2.3.4"), TRUST_OK);
	path_is(OPTS(.policies = "1.2.3.4", .extra_oid = "policyConstraints",
		    .extra = "critical,requireExplicitPolicy:0"),
	    OPTS(.name = "l"), TRUST_BROKEN);
}

/* LIMIT_CHAIN authorities between certificate and anchor, and one more. */
static void
test_length_of_path(void **state)
{
	enum {
		N = LIMIT_CHAIN + 1
	};
	struct fixture_cert path[N], leaf;
	struct certificate_list others, chain;
	struct trust *t = trust_in(&root);
	char name[16];

	(void)state;
	certificate_list_init(&others);
	for (size_t i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "I%zu", i);
		fixture_intermediate(
		    &path[i], i ? &path[i - 1] : &root, OPTS(.name = name));
		certificate_list_add(&others, path[i].certificate);
		fixture_leaf(&leaf, &path[i], OPTS(.name = "leaf"));
		assert_int_equal(trust_check(t, leaf.certificate, &others,
				     fixture_now(), NULL) == TRUST_OK,
		    i < LIMIT_CHAIN);
		certificate_list_init(&chain);
		trust_build_chain(t, leaf.certificate, &others, &chain);
		assert_int_equal(
		    chain.count, i < LIMIT_CHAIN ? i + 1 : LIMIT_CHAIN);
		certificate_list_fini(&chain);
		fixture_fini(&leaf);
	}
	for (size_t i = 0; i < N; i++)
		fixture_fini(&path[i]);
	certificate_list_fini(&others);
	trust_release(&t);
}

/* The cache */

static void
checks_as(struct trust *t, struct fixture_cert *leaf, struct fixture_cert *a,
    long seconds, enum trust_verdict expected)
{
	struct certificate_list others;

	list_make(&others, a, NULL);
	assert_int_equal(trust_check(t, leaf->certificate, &others,
			     fixture_now() + seconds, NULL),
	    expected);
	certificate_list_fini(&others);
}

/* A path that was found is believed without the company it came in, for
 * LIMIT_VERDICT_SECONDS and not a second longer. */
static void
test_verdicts_are_kept_for_a_while(void **state)
{
	struct trust *t = trust_in(&root);
	struct fixture_cert leaf;

	(void)state;
	fixture_leaf(&leaf, &sub, OPTS(.name = "leaf"));
	checks_as(t, &leaf, NULL, 0, TRUST_UNKNOWN_CA);
	checks_as(t, &leaf, &sub, 0, TRUST_OK);
	checks_as(t, &leaf, NULL, 0, TRUST_OK);
	checks_as(t, &leaf, NULL, LIMIT_VERDICT_SECONDS - 1, TRUST_OK);
	checks_as(t, &leaf, NULL, LIMIT_VERDICT_SECONDS, TRUST_UNKNOWN_CA);
	checks_as(t, &leaf, NULL, -1, TRUST_UNKNOWN_CA);
	fixture_fini(&leaf);
	trust_release(&t);
}

/* Never beyond a validity edge, of the certificate or of its path. */
static void
test_verdicts_end_at_edges(void **state)
{
	struct trust *t = trust_in(&root);
	struct fixture_cert leaf, authority, below;

	(void)state;
	fixture_leaf(&leaf, &root, OPTS(.not_before = 60, .not_after = 120));
	fixture_intermediate(&authority, &root, OPTS(.not_after = 30));
	fixture_leaf(&below, &authority, OPTS(.name = "below"));
	checks_as(t, &leaf, NULL, 0, TRUST_NOT_YET);
	checks_as(t, &leaf, NULL, 59, TRUST_NOT_YET);
	checks_as(t, &leaf, NULL, 60, TRUST_OK);
	checks_as(t, &leaf, NULL, 119, TRUST_OK);
	checks_as(t, &leaf, NULL, 121, TRUST_EXPIRED);
	checks_as(t, &below, &authority, 0, TRUST_OK);
	checks_as(t, &below, &authority, 29, TRUST_OK);
	checks_as(t, &below, &authority, 31, TRUST_EXPIRED);
	fixture_fini(&leaf);
	fixture_fini(&below);
	fixture_fini(&authority);
	trust_release(&t);
	/* Of the anchor as well. */
	fixture_ca(&authority, OPTS(.name = "Ending", .not_after = 30));
	fixture_leaf(&below, &authority, OPTS(.name = "below"));
	t = trust_in(&authority);
	checks_as(t, &below, NULL, 29, TRUST_OK);
	checks_as(t, &below, NULL, 31, TRUST_EXPIRED);
	fixture_fini(&below);
	fixture_fini(&authority);
	trust_release(&t);
}

static void
test_new_anchor_changes_verdicts(void **state)
{
	struct trust *t = trust_in(NULL);
	struct fixture_cert leaf;
	struct err err;

	(void)state;
	fixture_leaf(&leaf, &root, OPTS(.name = "leaf"));
	verdict_is(t, &leaf, NULL, TRUST_UNKNOWN_CA);
	assert_int_equal(trust_add_anchor(t, root.certificate, &err), 0);
	verdict_is(t, &leaf, NULL, TRUST_OK);
	fixture_fini(&leaf);
	trust_release(&t);
}

struct shared {
	struct trust *trust;
	struct fixture_cert *good, *bad;
	struct certificate_list others;
};

static void *
check_often(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < 300; i++) {
		/* Another second, another verdict to find. */
		time_t now = fixture_now() + i * 40;

		if (trust_check(s->trust, s->good->certificate, &s->others, now,
			NULL) != TRUST_OK ||
		    trust_check(s->trust, s->bad->certificate, &s->others, now,
			NULL) != TRUST_UNKNOWN_CA)
			abort();
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct fixture_cert good, bad;
	struct shared s = {trust_in(&root), &good, &bad, {0}};
	pthread_t threads[4];

	(void)state;
	fixture_leaf(&good, &sub, OPTS(.name = "good"));
	fixture_leaf(&bad, &other_root, OPTS(.name = "bad"));
	list_make(&s.others, &sub, &other_root);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, check_often, &s);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	certificate_list_fini(&s.others);
	fixture_fini(&good);
	fixture_fini(&bad);
	trust_release(&s.trust);
}

/* Loading */

static char *folder;

static int
make_folder(void **state)
{
	(void)state;
	folder = fixture_folder();
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	fixture_folder_remove(folder);
	return 0;
}

/* Writes the certificates as PEM; the caller frees the path. */
static char *
write_pem(const char *name, struct fixture_cert *a, struct fixture_cert *b)
{
	char *path = xasprintf("%s/%s", folder, name);
	struct buf pem;

	buf_init(&pem, MIB);
	if (a)
		fixture_cert_pem(a, &pem);
	if (b)
		fixture_cert_pem(b, &pem);
	fixture_write(path, 0644, &pem);
	buf_fini(&pem);
	return path;
}

static void
loads(const char *bundle, const char *extra, size_t anchors)
{
	struct trust_config config = {.ca_bundle = bundle, .extra = &extra};
	struct trust *t;
	struct err err;

	config.extra_count = extra != NULL;
	if (trust_load(&config, &t, &err))
		fail_msg("%s", err.text);
	assert_int_equal(trust_anchor_count(t), anchors);
	trust_release(&t);
}

static void
load_fails(const char *bundle, const char *extra, enum err_class class,
    const char *message)
{
	struct trust_config config = {.ca_bundle = bundle, .extra = &extra};
	struct trust *t = NULL;
	struct err err;

	config.extra_count = extra != NULL;
	assert_int_equal(trust_load(&config, &t, &err), -1);
	assert_null(t);
	if (err.class != class || !strstr(err.text, message))
		fail_msg("%s", err.text);
	/* The file is named. */
	assert_non_null(strstr(err.text, extra ? extra : bundle));
}

static void
test_load(void **state)
{
	struct fixture_cert leaf;
	char *both, *mixed, *empty, *sub_folder;

	(void)state;
	fixture_leaf(&leaf, NULL, OPTS(.name = "server"));
	both = write_pem("both.pem", &root, &other_root);
	mixed = write_pem("mixed", &leaf, &root);
	empty = write_pem("empty", NULL, NULL);
	loads(NULL, NULL, 0);
	loads("", NULL, 0);
	loads(both, NULL, 2);
	loads(both, both, 2);
	/* In a bundle of the system anything may lie. */
	loads(mixed, NULL, 1);
	load_fails(NULL, mixed, ERR_PERMANENT, "is no authority");
	load_fails(empty, NULL, ERR_PERMANENT, "no certificate in it");
	load_fails(NULL, empty, ERR_PERMANENT, "no certificate in it");
	load_fails("/nonexistent/ca.pem", NULL, ERR_NOT_FOUND,
	    "trust.ca_bundle: /nonexistent/ca.pem: No such file or directory; "
	    "install ca-certificates");
	load_fails(NULL, "/nonexistent/ca.d", ERR_NOT_FOUND, "trust.extra");

	/* The folder holds both.pem, and files that are no certificates. */
	loads(NULL, folder, 2);
	sub_folder = xasprintf("%s/sub", folder);
	free(write_pem(".hidden.pem", NULL, NULL));
	loads(NULL, folder, 2);
	free(write_pem("third.crt", &sub, NULL));
	loads(NULL, folder, 3);
	free(write_pem("bad.pem", NULL, NULL));
	load_fails(NULL, folder, ERR_PERMANENT, "bad.pem");
	free(sub_folder);
	free(both);
	free(mixed);
	free(empty);
	fixture_fini(&leaf);
}

static void
test_empty_folder(void **state)
{
	(void)state;
	loads(NULL, folder, 0);
}

static void
test_number_of_anchors(void **state)
{
	char *path = xasprintf("%s/many", folder);
	struct buf pem;

	(void)state;
	buf_init(&pem, (size_t)(16 * MIB));
	for (unsigned i = 0; i < LIMIT_ANCHORS; i++)
		fixture_cert_pem(&root, &pem);
	fixture_write(path, 0644, &pem);
	loads(path, NULL, 1);
	fixture_cert_pem(&root, &pem);
	fixture_write(path, 0644, &pem);
	load_fails(path, NULL, ERR_PERMANENT, "more than 2000 certificates");
	buf_fini(&pem);
	free(path);
}

/* The real world's bundle, where there is one. */
static void
test_system_bundle(void **state)
{
	const char *bundle = "/etc/ssl/certs/ca-certificates.crt";
	struct trust_config config = {.ca_bundle = bundle};
	struct trust *t;
	struct err err;

	(void)state;
	if (access(bundle, R_OK))
		skip();
	if (trust_load(&config, &t, &err))
		fail_msg("%s", err.text);
	assert_true(trust_anchor_count(t) > 50);
	trust_release(&t);
}

/* Chains */

static void
test_chains(void **state)
{
	struct trust *t = trust_in(&root), *partial = trust_in(&sub);
	struct fixture_cert leaf, far, alone, deep, again;

	(void)state;
	fixture_leaf(&leaf, &root, OPTS(.name = "leaf"));
	fixture_leaf(&far, &sub, OPTS(.name = "far"));
	fixture_leaf(&alone, NULL, OPTS(.name = "alone"));
	fixture_intermediate(&deep, &sub, OPTS(.name = "Deep"));
	chain_is(t, &leaf, &sub, &root, "");
	chain_is(t, &far, &root, &sub, "CN=Sub ");
	chain_is(t, &far, &other_root, NULL, "");
	chain_is(t, &alone, &sub, &root, "");
	chain_is(t, &deep, &sub, &root, "CN=Sub ");
	/* Known as an anchor, but the recipient may not know it. */
	chain_is(partial, &far, NULL, NULL, "CN=Sub ");

	/* Of two for the same key, the one that lasts longer. */
	fixture_intermediate(&again, &root,
	    OPTS(.name = "Sub", .use_key = sub.key, .policies = "1.2.3",
		.not_after = 800 * FIXTURE_DAY));
	for (int i = 0; i < 2; i++) {
		struct certificate_list others, chain;

		list_make(&others, i ? &sub : &again, i ? &again : &sub);
		certificate_list_init(&chain);
		trust_build_chain(t, far.certificate, &others, &chain);
		assert_int_equal(chain.count, 1);
		assert_ptr_equal(chain.at[0], again.certificate);
		certificate_list_fini(&chain);
		certificate_list_fini(&others);
	}
	fixture_fini(&again);

	/* Another authority vouches for the root too: not needed here. */
	fixture_intermediate(
	    &again, &other_root, OPTS(.name = "Root", .use_key = root.key));
	chain_is(t, &leaf, &again, NULL, "");
	fixture_fini(&again);
	fixture_fini(&deep);
	fixture_fini(&alone);
	fixture_fini(&far);
	fixture_fini(&leaf);
	trust_release(&partial);
	trust_release(&t);
}

/* The same without a key identifier, so that every issuer of that name could be
 * his. */
static struct certificate *
without_identifier(const struct fixture_cert *from, EVP_PKEY *issuer)
{
	X509 *x509 = X509_dup(from->x509), *fresh;
	struct certificate *c;
	struct err err;
	int at = X509_get_ext_by_NID(x509, NID_authority_key_identifier, -1);

	X509_EXTENSION_free(X509_delete_ext(x509, at));
	assert_true(X509_sign(x509, issuer, EVP_sha256()) > 0);
	fresh = X509_dup(x509);
	assert_int_equal(certificate_from_x509(fresh, &c, &err), 0);
	X509_free(fresh);
	X509_free(x509);
	return c;
}

/* Behind so many that only have the issuer's name it is found, and behind one
 * more it is not. */
static void
test_tries(void **state)
{
	struct fixture_cert decoys[LIMIT_ISSUER_TRIES], true_one, named;
	struct certificate *leaf;
	struct trust *t = trust_in(&other_root);
	struct certificate_list others, chain;

	(void)state;
	fixture_intermediate(&true_one, &sub, OPTS(.name = "A"));
	fixture_leaf(&named, &true_one, OPTS(.name = "leaf"));
	leaf = without_identifier(&named, true_one.key);
	for (size_t i = 0; i < LIMIT_ISSUER_TRIES; i++)
		fixture_intermediate(&decoys[i], &root,
		    OPTS(.name = "A", .use_key = other_root.key));
	for (size_t n = LIMIT_ISSUER_TRIES - 1; n <= LIMIT_ISSUER_TRIES; n++) {
		bool found = n < LIMIT_ISSUER_TRIES;

		certificate_list_init(&others);
		certificate_list_init(&chain);
		/* Other names cost nothing. */
		certificate_list_add(&others, other_root.certificate);
		for (size_t i = 0; i < n; i++)
			certificate_list_add(&others, decoys[i].certificate);
		certificate_list_add(&others, true_one.certificate);
		assert_ptr_equal(trust_top_of(leaf, &others),
		    found ? true_one.certificate : leaf);
		trust_build_chain(t, leaf, &others, &chain);
		assert_int_equal(chain.count, found);
		certificate_list_fini(&chain);
		certificate_list_fini(&others);
	}
	for (size_t i = 0; i < LIMIT_ISSUER_TRIES; i++)
		fixture_fini(&decoys[i]);
	certificate_unref(&leaf);
	fixture_fini(&named);
	fixture_fini(&true_one);
	trust_release(&t);
}

/* Two authorities that certified each other, without end. */
static void
test_circle(void **state)
{
	struct trust *t = trust_in(&other_root);
	struct fixture_cert a, b, a_by_b, leaf;
	struct certificate_list others, chain;

	(void)state;
	fixture_ca(&a, OPTS(.name = "A"));
	fixture_intermediate(&b, &a, OPTS(.name = "B"));
	fixture_intermediate(&a_by_b, &b, OPTS(.name = "A", .use_key = a.key));
	fixture_leaf(&leaf, &a, OPTS(.name = "leaf"));
	list_make(&others, &b, &a_by_b);
	certificate_list_init(&chain);
	trust_build_chain(t, leaf.certificate, &others, &chain);
	assert_int_equal(chain.count, LIMIT_CHAIN);
	assert_int_equal(
	    trust_check(t, leaf.certificate, &others, fixture_now(), NULL),
	    TRUST_UNKNOWN_CA);
	certificate_list_fini(&chain);
	certificate_list_fini(&others);
	fixture_fini(&leaf);
	fixture_fini(&a_by_b);
	fixture_fini(&b);
	fixture_fini(&a);
	trust_release(&t);
}

/* What was verified once is not verified again: that says nothing about anybody
 * of the same name, nor of who is distrusted meanwhile. */
static void
test_chain_again(void **state)
{
	struct trust *t = trust_in(&root);
	struct fixture_cert middle, other, leaf;
	struct certificate_list no;

	(void)state;
	fixture_intermediate(&middle, &root, OPTS(.name = "Sub"));
	fixture_intermediate(&other, &root, OPTS(.name = "Sub"));
	fixture_leaf(&leaf, &middle, OPTS(.name = "leaf"));
	for (int i = 0; i < 2; i++) {
		chain_is(t, &leaf, &middle, NULL, "CN=Sub ");
		chain_is(t, &leaf, &other, NULL, "");
		chain_is(t, &leaf, &other, &middle, "CN=Sub ");
	}
	list_make(&no, &middle, NULL);
	trust_set_judged(t, NULL, &no);
	chain_is(t, &leaf, &middle, NULL, "");
	trust_set_judged(t, NULL, NULL);
	chain_is(t, &leaf, &middle, NULL, "CN=Sub ");
	certificate_list_fini(&no);
	fixture_fini(&leaf);
	fixture_fini(&other);
	fixture_fini(&middle);
	trust_release(&t);
}

/* What the operator says about authorities */

static void
judged(struct trust *t, struct fixture_cert *yes, struct fixture_cert *no)
{
	struct certificate_list trusted, distrusted;

	list_make(&trusted, yes, NULL);
	list_make(&distrusted, no, NULL);
	trust_set_judged(t, yes ? &trusted : NULL, no ? &distrusted : NULL);
	certificate_list_fini(&distrusted);
	certificate_list_fini(&trusted);
}

static void
reason_is(struct trust *t, struct fixture_cert *leaf, struct fixture_cert *a,
    const char *expected)
{
	struct certificate_list others;
	const char *reason = NULL;

	list_make(&others, a, NULL);
	assert_int_equal(
	    trust_check(t, leaf->certificate, &others, fixture_now(), &reason),
	    TRUST_UNKNOWN_CA);
	assert_string_equal(reason, expected);
	certificate_list_fini(&others);
}

static void
test_judged(void **state)
{
	struct trust *t = trust_in(&root);
	struct fixture_cert leaf, far, stranger, self;

	(void)state;
	fixture_leaf(&leaf, &root, OPTS(.name = "leaf"));
	fixture_leaf(&far, &sub, OPTS(.name = "far"));
	fixture_leaf(&stranger, &other_root, OPTS(.name = "stranger"));
	reason_is(t, &stranger, NULL, "no path to a trusted authority");
	judged(t, &other_root, NULL);
	assert_int_equal(trust_anchor_count(t), 2);
	verdict_is(t, &stranger, NULL, TRUST_OK);
	verdict_is(t, &leaf, NULL, TRUST_OK);
	/* Each time all of it is said. */
	judged(t, NULL, &other_root);
	verdict_is(t, &stranger, NULL, TRUST_UNKNOWN_CA);
	reason_is(t, &stranger, NULL, "the authority is distrusted");
	reason_is(t, &stranger, &other_root, "the authority is distrusted");
	/* Configured ones as well; then nothing below them counts. */
	judged(t, &other_root, &root);
	assert_int_equal(trust_anchor_count(t), 1);
	reason_is(t, &leaf, NULL, "the authority is distrusted");
	reason_is(t, &far, &sub, "the authority is distrusted");
	verdict_is(t, &stranger, NULL, TRUST_OK);
	/* In the middle of the path. */
	judged(t, NULL, &sub);
	reason_is(t, &far, &sub, "the authority is distrusted");
	verdict_is(t, &leaf, NULL, TRUST_OK);
	/* Both at once: never. */
	judged(t, &root, &root);
	assert_int_equal(trust_anchor_count(t), 0);
	reason_is(t, &leaf, NULL, "the authority is distrusted");
	reason_is(t, &root, NULL, "the authority is distrusted");
	/* What is no authority is passed over. */
	fixture_leaf(&self, NULL, OPTS(.name = "self"));
	judged(t, &self, NULL);
	verdict_is(t, &self, NULL, TRUST_UNKNOWN_CA);
	judged(t, NULL, NULL);
	assert_int_equal(trust_anchor_count(t), 1);
	verdict_is(t, &leaf, NULL, TRUST_OK);
	verdict_is(t, &far, &sub, TRUST_OK);
	fixture_fini(&self);
	fixture_fini(&stranger);
	fixture_fini(&far);
	fixture_fini(&leaf);
	trust_release(&t);
}

/* Its key under another certificate is the same authority; a path around it
 * is a path. */
static void
test_distrust_means_the_key(void **state)
{
	struct trust *t = trust_in(&root);
	struct fixture_cert again, cross, leaf, near;

	(void)state;
	fixture_leaf(&leaf, &sub, OPTS(.name = "leaf"));
	fixture_leaf(&near, &root, OPTS(.name = "near"));
	fixture_intermediate(&again, &other_root,
	    OPTS(.name = "Sub", .use_key = sub.key, .serial = 99));
	fixture_intermediate(
	    &cross, &other_root, OPTS(.name = "Root", .use_key = root.key));
	judged(t, &other_root, &sub);
	reason_is(t, &leaf, &again, "the authority is distrusted");
	judged(t, &other_root, &cross);
	reason_is(t, &near, NULL, "the authority is distrusted");
	reason_is(t, &near, &cross, "the authority is distrusted");
	/* Who is distrusted has certified the intermediate, but so has
	 * somebody else. */
	verdict_is(t, &leaf, &again, TRUST_OK);
	chain_is(t, &leaf, &sub, &again, "CN=Sub ");
	fixture_fini(&cross);
	fixture_fini(&again);
	fixture_fini(&near);
	fixture_fini(&leaf);
	trust_release(&t);
}

/* No verdict of before is left, and none is thrown away for nothing. */
static void
test_judging_forgets(void **state)
{
	const time_t later = fixture_now() + LIMIT_VERDICT_SECONDS - 1;
	struct trust *t = trust_in(&root);
	struct certificate_list both, turned;
	struct certificate *anchor;
	struct fixture_cert leaf;

	(void)state;
	fixture_leaf(&leaf, &other_root, OPTS(.name = "leaf"));
	list_make(&both, &sub, &other_root);
	list_make(&turned, &other_root, &sub);
	trust_set_judged(t, &both, NULL);
	verdict_is(t, &leaf, NULL, TRUST_OK);
	trust_set_judged(t, &turned, NULL);
	assert_int_equal(
	    trust_check(t, leaf.certificate, NULL, later, NULL), TRUST_OK);
	judged(t, &sub, NULL);
	assert_int_equal(trust_check(t, leaf.certificate, NULL, later, NULL),
	    TRUST_UNKNOWN_CA);
	trust_set_judged(t, &both, NULL);
	anchor = trust_anchor_of(t, leaf.certificate, NULL, later);
	/* A reference of the caller's own, whatever becomes of the list. */
	trust_set_judged(t, NULL, NULL);
	assert_ptr_equal(anchor, other_root.certificate);
	certificate_unref(&anchor);
	certificate_list_fini(&turned);
	certificate_list_fini(&both);
	fixture_fini(&leaf);
	trust_release(&t);
}

static void
anchor_is(struct trust *t, struct fixture_cert *leaf, struct fixture_cert *a,
    const struct fixture_cert *expected)
{
	struct certificate_list others;
	struct certificate *anchor;

	list_make(&others, a, NULL);
	anchor = trust_anchor_of(t, leaf->certificate, &others, fixture_now());
	assert_ptr_equal(anchor, expected ? expected->certificate : NULL);
	certificate_unref(&anchor);
	certificate_list_fini(&others);
}

static void
test_anchor_of(void **state)
{
	struct trust *t = trust_in(&root), *partial = trust_in(&sub);
	struct fixture_cert leaf, far, old, weak;

	(void)state;
	fixture_leaf(&leaf, &root, OPTS(.name = "leaf"));
	fixture_leaf(&far, &sub, OPTS(.name = "far"));
	fixture_leaf(&old, &root,
	    OPTS(.not_before = -2 * FIXTURE_DAY, .not_after = -FIXTURE_DAY));
	fixture_leaf(&weak, &root, OPTS(.digest = "SHA1"));
	anchor_is(t, &far, NULL, NULL);
	anchor_is(t, &far, &sub, &root);
	anchor_is(t, &leaf, NULL, &root);
	anchor_is(t, &old, NULL, NULL);
	anchor_is(t, &weak, NULL, NULL);
	anchor_is(partial, &far, NULL, &sub);
	anchor_is(partial, &leaf, NULL, NULL);
	/* The topmost one, in whichever order they are known. */
	judged(t, &sub, NULL);
	anchor_is(t, &far, NULL, &root);
	judged(partial, &root, NULL);
	anchor_is(partial, &far, NULL, &root);
	anchor_is(partial, &root, NULL, &root);
	fixture_fini(&weak);
	fixture_fini(&old);
	fixture_fini(&far);
	fixture_fini(&leaf);
	trust_release(&partial);
	trust_release(&t);
}

/* Anchors that certified each other have no topmost one, and no end. */
static void
test_anchors_in_a_circle(void **state)
{
	struct trust *t = trust_in(NULL);
	struct fixture_cert root_a, a, b, leaf;
	struct certificate *anchor;
	struct err err;

	(void)state;
	fixture_ca(&root_a, OPTS(.name = "A"));
	fixture_intermediate(&b, &root_a, OPTS(.name = "B"));
	fixture_intermediate(&a, &b, OPTS(.name = "A", .use_key = root_a.key));
	fixture_leaf(&leaf, &b, OPTS(.name = "leaf"));
	assert_int_equal(trust_add_anchor(t, a.certificate, &err), 0);
	assert_int_equal(trust_add_anchor(t, b.certificate, &err), 0);
	anchor = trust_anchor_of(t, leaf.certificate, NULL, fixture_now());
	assert_true(anchor == a.certificate || anchor == b.certificate);
	certificate_unref(&anchor);
	fixture_fini(&leaf);
	fixture_fini(&a);
	fixture_fini(&b);
	fixture_fini(&root_a);
	trust_release(&t);
}

/* The operator changes his mind while mail is judged: every verdict is that
 * of before or of after, and what is asked for is alive. */
struct swapping {
	struct trust *t;
	struct fixture_cert leaf;
	bool stop;
};

static void *
judge_on(void *arg)
{
	struct swapping *s = arg;
	bool ok = true;

	while (ok && !__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		struct certificate *anchor = trust_anchor_of(
		    s->t, s->leaf.certificate, NULL, fixture_now());
		const char *reason = NULL;

		ok = !anchor || anchor == other_root.certificate;
		certificate_unref(&anchor);
		switch (trust_check(
		    s->t, s->leaf.certificate, NULL, fixture_now(), &reason)) {
		case TRUST_OK:
			ok = ok && strcmp(reason, "ok") == 0;
			break;
		case TRUST_UNKNOWN_CA:
			ok = ok && strstr(reason, "distrusted");
			break;
		default:
			ok = false;
		}
	}
	return ok ? s : NULL;
}

static void
test_judging_beside_mail(void **state)
{
	struct swapping s = {.t = trust_in(&root)};
	pthread_t threads[2];
	void *result;

	(void)state;
	fixture_leaf(&s.leaf, &other_root, OPTS(.name = "leaf"));
	judged(s.t, &other_root, NULL);
	for (size_t i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, judge_on, &s);
	for (int i = 0; i < 200; i++) {
		judged(s.t, NULL, &other_root);
		judged(s.t, &other_root, NULL);
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_RELAXED);
	for (size_t i = 0; i < 2; i++) {
		pthread_join(threads[i], &result);
		assert_ptr_equal(result, &s);
	}
	fixture_fini(&s.leaf);
	trust_release(&s.t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_intermediate_as_anchor),
	    cmocka_unit_test(test_anchors_are_authorities),
	    cmocka_unit_test(test_forged_authority),
	    cmocka_unit_test(test_broken_signature),
	    cmocka_unit_test(test_validity),
	    cmocka_unit_test(test_weak_paths),
	    cmocka_unit_test(test_name_constraints),
	    cmocka_unit_test(test_authorities_that_may_not),
	    cmocka_unit_test(test_path_length),
	    cmocka_unit_test(test_policy_constraints),
	    cmocka_unit_test(test_length_of_path),
	    cmocka_unit_test(test_verdicts_are_kept_for_a_while),
	    cmocka_unit_test(test_verdicts_end_at_edges),
	    cmocka_unit_test(test_new_anchor_changes_verdicts),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test_setup_teardown(
		test_load, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(
		test_empty_folder, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(
		test_number_of_anchors, make_folder, remove_folder),
	    cmocka_unit_test(test_system_bundle),
	    cmocka_unit_test(test_chains),
	    cmocka_unit_test(test_tries),
	    cmocka_unit_test(test_circle),
	    cmocka_unit_test(test_chain_again),
	    cmocka_unit_test(test_judged),
	    cmocka_unit_test(test_distrust_means_the_key),
	    cmocka_unit_test(test_judging_forgets),
	    cmocka_unit_test(test_anchor_of),
	    cmocka_unit_test(test_anchors_in_a_circle),
	    cmocka_unit_test(test_judging_beside_mail),
	};

	return cmocka_run_group_tests_name("trust", tests, setup, teardown);
}
