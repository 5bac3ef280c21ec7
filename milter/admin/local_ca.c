/*
 * local_ca.c: see local_ca.h.  One thread.  The private key is in memory
 * while a certificate is signed; OpenSSL wipes it when it is freed.
 */
#include "admin/local_ca.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "admin/ca_profile.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"

struct local_ca {
	X509 *root;
	EVP_PKEY *key;
	time_t end; /* the root's notAfter */
};

static char *
key_path(const char *folder)
{
	return xasprintf("%s/ca.key", folder);
}

static char *
root_path(const char *folder)
{
	return xasprintf("%s/ca.pem", folder);
}

/* A folder that nobody else can enter. */
static int
make_folder(const char *folder, struct err *err)
{
	struct stat st;

	if (mkdir(folder, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return err_set_errno(
		    err, ERR_TEMPORARY, "%s: cannot make the folder", folder);
	if (stat(folder, &st))
		return err_set_errno(err, ERR_TEMPORARY, "%s", folder);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_PERMANENT, "%s: not a folder", folder);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_PERMANENT,
		    "%s: mode %04o lets others in; run: chmod 0700 %s", folder,
		    st.st_mode & 07777u, folder);
	return 0;
}

/* A file that must not exist yet: an authority is never overwritten. */
static int
write_new_file(const char *path, BIO *content, mode_t mode, struct err *err)
{
	char *data;
	long len = BIO_get_mem_data(content, &data);
	int fd, rc;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_PERMANENT,
		    "%s exists: there is an authority already; to start "
		    "afresh move its folder away",
		    path);
	if (fd < 0)
		return err_set_errno(
		    err, ERR_TEMPORARY, "%s: cannot create", path);
	rc = io_write_fd(fd, path, slice_make(data, (size_t)len), err);
	if (rc == 0 && fsync(fd))
		rc =
		    err_set_errno(err, ERR_TEMPORARY, "%s: cannot write", path);
	close(fd);
	if (rc)
		unlink(path);
	return rc;
}

static int
write_authority(const char *folder, EVP_PKEY *key, X509 *root, struct err *err)
{
	char *kpath = key_path(folder), *rpath = root_path(folder);
	BIO *kpem = BIO_new(BIO_s_secmem()), *rpem = BIO_new(BIO_s_mem());
	int rc = -1;

	if (!kpem || !rpem || !PEM_write_bio_X509(rpem, root) ||
	    !PEM_write_bio_PKCS8PrivateKey(
		kpem, key, NULL, NULL, 0, NULL, NULL)) {
		err_set_crypto(err, ERR_BUG, "cannot encode the authority");
		goto out;
	}
	if (write_new_file(kpath, kpem, 0600, err))
		goto out;
	rc = write_new_file(rpath, rpem, 0644, err);
	if (rc)
		unlink(kpath);
out:
	BIO_free(kpem);
	BIO_free(rpem);
	free(kpath);
	free(rpath);
	return rc;
}

static int
make_root(const struct local_ca_opts *opts, time_t now, EVP_PKEY *key,
    X509 **out, struct err *err)
{
	X509 *x = X509_new();
	X509_NAME *name = x ? X509_get_subject_name(x) : NULL;

	ERR_clear_error();
	if (!x || !X509_set_version(x, X509_VERSION_3) ||
	    !X509_set_pubkey(x, key)) {
		err_set_crypto(err, ERR_BUG, "cannot make the root");
		goto fail;
	}
	if (ca_profile_serial(x, err) ||
	    ca_profile_validity(x, now, opts->days, 0, err))
		goto fail;
	if (!X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
		(const unsigned char *)opts->name, -1, -1, 0) ||
	    !X509_set_issuer_name(x, name)) {
		err_set_crypto(err, ERR_PERMANENT,
		    "\"%s\" cannot be the name of an authority", opts->name);
		goto fail;
	}
	if (ca_profile_root(x, err))
		goto fail;
	if (!X509_sign(x, key, key_type_digest(key))) {
		err_set_crypto(err, ERR_BUG, "cannot sign the root");
		goto fail;
	}
	*out = x;
	return 0;
fail:
	X509_free(x);
	return -1;
}

int
local_ca_init(const char *folder, const struct local_ca_opts *opts, time_t now,
    struct certificate **root, struct err *err)
{
	struct certificate *made = NULL;
	EVP_PKEY *key = NULL;
	X509 *x = NULL;
	int rc = -1;

	if (make_folder(folder, err) ||
	    key_type_generate(opts->type, &key, err) ||
	    make_root(opts, now, key, &x, err) ||
	    certificate_from_x509(x, &made, err) ||
	    write_authority(folder, key, x, err))
		goto out;
	*root = made;
	made = NULL;
	rc = 0;
out:
	certificate_unref(&made);
	X509_free(x);
	EVP_PKEY_free(key);
	return rc;
}

int
local_ca_root(const char *folder, struct certificate **out, struct err *err)
{
	char *path = root_path(folder);
	struct certificate_list list;
	struct buf text;
	int rc = -1;

	certificate_list_init(&list);
	buf_init(&text, LIMIT_CERTIFICATE);
	if (io_read_file(path, &text, err)) {
		if (err->class == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND,
			    "%s: there is no local authority; make one with: "
			    "smimectl ca init",
			    path);
		goto out;
	}
	if (certificate_list_read(&list, buf_slice(&text), err)) {
		err_prefix(err, "%s", path);
		goto out;
	}
	*out = certificate_ref(list.at[0]);
	rc = 0;
out:
	certificate_list_fini(&list);
	buf_fini(&text);
	free(path);
	return rc;
}

static int
read_key(const char *path, EVP_PKEY **out, struct err *err)
{
	/* not encrypted; nobody is to be asked for a passphrase */
	char no_passphrase[] = "";
	struct buf text;
	EVP_PKEY *key = NULL;
	BIO *bio = NULL;
	int rc = -1;

	buf_init(&text, LIMIT_PRIVATE_KEY);
	if (io_check_secret_file(path, err) || io_read_file(path, &text, err))
		goto out;
	ERR_clear_error();
	bio = BIO_new_mem_buf(text.data, (int)text.len);
	key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, no_passphrase)
		  : NULL;
	if (!key) {
		err_set_crypto(err, ERR_PERMANENT,
		    "%s: not the PEM of a private key", path);
		goto out;
	}
	*out = key;
	rc = 0;
out:
	BIO_free(bio);
	buf_wipe(&text);
	return rc;
}

int
local_ca_open(const char *folder, struct local_ca **out, struct err *err)
{
	char *path = key_path(folder);
	struct certificate *root = NULL;
	EVP_PKEY *key = NULL;
	struct local_ca *ca;
	int rc = -1;

	if (local_ca_root(folder, &root, err) || read_key(path, &key, err))
		goto out;
	ERR_clear_error();
	if (X509_check_private_key(root->x509, key) != 1) {
		ERR_clear_error();
		err_set(err, ERR_PERMANENT,
		    "%s: not the private key of the certificate beside it",
		    path);
		goto out;
	}
	X509_up_ref(root->x509);
	ca = xcalloc(1, sizeof(*ca));
	*ca = (struct local_ca){root->x509, key, root->not_after};
	*out = ca;
	key = NULL;
	rc = 0;
out:
	EVP_PKEY_free(key);
	certificate_unref(&root);
	free(path);
	return rc;
}

void
local_ca_close(struct local_ca *ca)
{
	if (!ca)
		return;
	X509_free(ca->root);
	EVP_PKEY_free(ca->key);
	free(ca);
}

/* Everything but the signature. */
static int
fill(X509 *x, const struct local_ca *ca, const struct local_ca_order *order,
    time_t now, struct err *err)
{
	ERR_clear_error();
	if (!X509_set_version(x, X509_VERSION_3) ||
	    !X509_set_issuer_name(x, X509_get_subject_name(ca->root)) ||
	    !X509_set_pubkey(x, X509_REQ_get0_pubkey(order->request)))
		return err_set_crypto(err, ERR_BUG,
		    "cannot make the certificate for %s", order->address);
	if (ca_profile_serial(x, err) ||
	    ca_profile_validity(x, now, order->days, ca->end, err) ||
	    ca_profile_subject(
		X509_get_subject_name(x), order->person, order->address, err))
		return -1;
	return ca_profile_mailbox(x, ca->root, order->address, err);
}

int
local_ca_issue(const struct local_ca *ca, const struct local_ca_order *order,
    time_t now, struct certificate **out, struct err *err)
{
	X509 *x;
	int rc = -1;

	if (now >= ca->end)
		return err_set(err, ERR_PERMANENT,
		    "the local authority has expired; move its folder away "
		    "and run: smimectl ca init");
	x = X509_new();
	if (!x)
		return err_set_crypto(
		    err, ERR_BUG, "cannot make a certificate");
	if (fill(x, ca, order, now, err))
		goto out;
	if (!X509_sign(x, ca->key, key_type_digest(ca->key))) {
		err_set_crypto(err, ERR_BUG,
		    "cannot sign the certificate for %s", order->address);
		goto out;
	}
	rc = certificate_from_x509(x, out, err);
out:
	X509_free(x);
	return rc;
}
