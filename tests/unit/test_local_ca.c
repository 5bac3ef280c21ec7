/* The local authority: its files, its root, and what it issues. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/x509v3.h>

#include "admin/ca_profile.h"
#include "admin/local_ca.h"
#include "base/alloc.h"
#include "unit/cert_fixture.h"

#define DAY (24 * 3600L)

static char *folder, *ca_folder;

static int
setup(void **state)
{
	(void)state;
	folder = fixture_folder();
	ca_folder = xasprintf("%s/ca", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(ca_folder);
	fixture_folder_remove(folder);
	return 0;
}

static int
init(const char *type, long days, struct certificate **root, struct err *err)
{
	struct local_ca_opts opts = {.name = "Test CA", .days = days};

	assert_int_equal(key_type_find(type, &opts.type, err), 0);
	return local_ca_init(ca_folder, &opts, fixture_now(), root, err);
}

static void
must_init(const char *type, long days)
{
	struct certificate *root;
	struct err err;

	if (init(type, days, &root, &err))
		fail_msg("%s", err.text);
	certificate_unref(&root);
}

/* A request as smime-keyd would sign it, made here. */
static X509_REQ *
make_request(const char *type)
{
	const struct key_type *t;
	X509_REQ *request = X509_REQ_new();
	struct err err;
	EVP_PKEY *key;

	assert_int_equal(key_type_find(type, &t, &err), 0);
	assert_int_equal(key_type_generate(t, &key, &err), 0);
	X509_REQ_set_pubkey(request, key);
	assert_true(X509_REQ_sign(request, key, key_type_digest(key)) > 0);
	EVP_PKEY_free(key);
	return request;
}

static struct certificate *
issue(const char *type, const char *address, const char *person, long days)
{
	struct local_ca_order order = {
	    .address = address, .person = person, .days = days};
	struct certificate *c = NULL;
	struct local_ca *ca;
	struct err err;

	order.request = make_request(type);
	if (local_ca_open(ca_folder, &ca, &err) ||
	    local_ca_issue(ca, &order, fixture_now(), &c, &err))
		fail_msg("%s", err.text);
	X509_REQ_free(order.request);
	local_ca_close(ca);
	return c;
}

static unsigned
mode_of(const char *name)
{
	char *path = xasprintf("%s%s", ca_folder, name);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	free(path);
	return st.st_mode & 07777u;
}

static void
test_files(void **state)
{
	struct certificate *root;
	struct err err;

	(void)state;
	assert_int_equal(init("p256", 100, &root, &err), 0);
	assert_int_equal(mode_of(""), 0700);
	assert_int_equal(mode_of("/ca.key"), 0600);
	assert_true(root->is_ca && root->self_issued);
	assert_string_equal(root->subject, "CN=Test CA");
	assert_int_equal(root->not_after - root->not_before, 100 * DAY - 1);
	assert_int_equal(X509_get_pathlen(root->x509), 0);
	assert_int_equal(X509_get_key_usage(root->x509),
	    X509v3_KU_KEY_CERT_SIGN | X509v3_KU_CRL_SIGN);
	assert_int_equal(
	    X509_verify(root->x509, X509_get0_pubkey(root->x509)), 1);
	certificate_unref(&root);
	assert_int_equal(local_ca_root(ca_folder, &root, &err), 0);
	assert_string_equal(root->subject, "CN=Test CA");
	certificate_unref(&root);
}

static void
test_never_overwritten(void **state)
{
	struct certificate *first, *second;
	struct err err;

	(void)state;
	must_init("p256", 10);
	assert_int_equal(local_ca_root(ca_folder, &first, &err), 0);
	assert_int_equal(init("p256", 10, &second, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	assert_non_null(strstr(err.text, "already"));
	assert_int_equal(local_ca_root(ca_folder, &second, &err), 0);
	assert_string_equal(first->fingerprint_text, second->fingerprint_text);
	certificate_unref(&first);
	certificate_unref(&second);
}

static void
test_wrong_modes(void **state)
{
	char *key = xasprintf("%s/ca.key", ca_folder);
	struct certificate *root;
	struct local_ca *ca;
	struct err err;

	(void)state;
	assert_int_equal(local_ca_root(ca_folder, &root, &err), -1);
	assert_int_equal(err.class, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "smimectl ca init"));
	assert_int_equal(mkdir(ca_folder, 0700), 0);
	assert_int_equal(chmod(ca_folder, 0755), 0); /* whatever the umask */
	assert_int_equal(init("p256", 10, &root, &err), -1);
	assert_non_null(strstr(err.text, "chmod 0700"));
	chmod(ca_folder, 0700);
	must_init("p256", 10);
	chmod(key, 0640);
	assert_int_equal(local_ca_open(ca_folder, &ca, &err), -1);
	assert_non_null(strstr(err.text, "chmod 0400"));
	free(key);
}

/* The key of one authority beside the root of another. */
static void
test_mixed_up(void **state)
{
	char *first = ca_folder, *from, *to;
	struct local_ca *ca;
	struct err err;

	(void)state;
	must_init("p256", 10);
	ca_folder = xasprintf("%s/other", folder);
	must_init("p256", 10);
	from = xasprintf("%s/ca.key", ca_folder);
	to = xasprintf("%s/ca.key", first);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(local_ca_open(first, &ca, &err), -1);
	assert_non_null(strstr(err.text, "not the private key"));
	free(from);
	free(to);
	free(ca_folder);
	ca_folder = first;
}

static void
assert_profile(const struct certificate *c, unsigned usage)
{
	assert_int_equal(X509_get_key_usage(c->x509), usage);
	assert_int_equal(X509_get_extended_key_usage(c->x509), XKU_SMIME);
	assert_true(X509_get_extension_flags(c->x509) & EXFLAG_KUSAGE);
	assert_false(X509_get_extension_flags(c->x509) & EXFLAG_BCONS);
	assert_non_null(X509_get0_subject_key_id(c->x509));
	assert_non_null(X509_get0_authority_key_id(c->x509));
	assert_false(c->is_ca);
	assert_true(c->may_sign);
	assert_true(certificate_is_strong(c));
	assert_true(strlen(c->serial) >= 32);
}

static void
test_profile(void **state)
{
	struct certificate *c;

	(void)state;
	must_init("p256", 1000);
	c = issue("rsa2048", "alice@example.org", "Alice Example", 400);
	assert_profile(
	    c, X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_KEY_ENCIPHERMENT);
	assert_string_equal(c->subject, "CN=Alice Example");
	assert_int_equal(c->address_count, 1);
	assert_string_equal(c->addresses[0], "alice@example.org");
	assert_int_equal(c->not_after - c->not_before, 400 * DAY - 1);
	assert_true(c->not_before < fixture_now());
	certificate_unref(&c);

	c = issue("p384", "bob@example.org", "", 10);
	assert_profile(
	    c, X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_KEY_AGREEMENT);
	assert_string_equal(c->subject, "CN=bob@example.org");
	certificate_unref(&c);

	c = issue("ed25519", "carol@example.org", "", 10);
	assert_profile(c, X509v3_KU_DIGITAL_SIGNATURE);
	assert_false(c->may_encrypt);
	certificate_unref(&c);
}

/* RFC 5280 4.1.2.6: no room for a name, so the SAN is all there is. */
static void
test_long_names(void **state)
{
	static const char address[] =
	    "a-local-part-that-leaves-no-room-for-anything-else@"
	    "example.org.example.net";
	struct certificate *c;
	char person[66];
	int critical;

	(void)state;
	must_init("p256", 100);
	memset(person, 'x', sizeof(person));
	person[64] = '\0';
	c = issue("p256", "alice@example.org", person, 10);
	assert_int_equal(strlen(c->subject), strlen("CN=") + 64);
	certificate_unref(&c);
	person[64] = 'x';
	person[65] = '\0';
	c = issue("p256", "alice@example.org", person, 10);
	assert_string_equal(c->subject, "CN=alice@example.org");
	certificate_unref(&c);
	c = issue("p256", address, person, 10);
	assert_string_equal(c->subject, "");
	assert_string_equal(c->addresses[0], address);
	GENERAL_NAMES_free(
	    X509_get_ext_d2i(c->x509, NID_subject_alt_name, &critical, NULL));
	assert_int_equal(critical, 1);
	certificate_unref(&c);
}

/* RFC 9598: only such an address is an SmtpUTF8Mailbox. */
static void
test_international(void **state)
{
	struct certificate *c;

	(void)state;
	must_init("p256", 100);
	c = issue(
	    "p256", "j\xc3\xb6rg@xn--bcher-kva.example", "J\xc3\xb6rg", 9);
	assert_int_equal(c->address_count, 1);
	assert_string_equal(
	    c->addresses[0], "j\xc3\xb6rg@xn--bcher-kva.example");
	certificate_unref(&c);
}

static void
test_validity(void **state)
{
	struct local_ca_order order = {
	    .address = "a@example.org", .person = "", .days = 5};
	struct certificate *c, *root;
	struct local_ca *ca;
	struct err err;

	(void)state;
	must_init("p256", 10);
	assert_int_equal(local_ca_root(ca_folder, &root, &err), 0);
	c = issue("p256", "a@example.org", "", 825);
	assert_int_equal(c->not_after, root->not_after);
	certificate_unref(&c);
	order.request = make_request("p256");
	assert_int_equal(local_ca_open(ca_folder, &ca, &err), 0);
	assert_int_equal(
	    local_ca_issue(ca, &order, root->not_after, &c, &err), -1);
	assert_non_null(strstr(err.text, "expired"));
	X509_REQ_free(order.request);
	local_ca_close(ca);
	certificate_unref(&root);
}

static void
test_key_types(void **state)
{
	const struct key_type *type;
	struct err err;

	(void)state;
	assert_int_equal(key_type_find(NULL, &type, &err), 0);
	assert_string_equal(type->name, KEY_TYPE_DEFAULT);
	assert_int_equal(key_type_find("rsa1024", &type, &err), -1);
	assert_non_null(strstr(err.text, "p256"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_files, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_never_overwritten, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_wrong_modes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mixed_up, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_profile, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_long_names, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_international, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_validity, setup, teardown),
	    cmocka_unit_test(test_key_types),
	};

	return cmocka_run_group_tests_name("local_ca", tests, NULL, NULL);
}
