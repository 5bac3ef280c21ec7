/*
 * secret.c: see secret.h.  A secret belongs to one thread while it changes;
 * any number may read it.  Never writes a secret to a log or an error text.
 */
#include "base/secret.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/io.h"

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Whole pages for len bytes. */
static size_t
inner_size(size_t len)
{
	size_t page = page_size();

	return (len + page - 1) / page * page;
}

int
secret_init(struct secret *s, size_t len, struct err *err)
{
	size_t page = page_size(), inner = inner_size(len);
	unsigned char *base;

	base = mmap(NULL, inner + 2 * page, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return err_set_errno(
		    err, ERR_TEMPORARY, "no memory for a secret");
	if (mprotect(base + page, inner, PROT_READ | PROT_WRITE)) {
		err_set_errno(err, ERR_TEMPORARY, "no memory for a secret");
		munmap(base, inner + 2 * page);
		return -1;
	}
	/* Best effort: older kernels and small limits refuse some of it. */
	(void)mlock(base + page, inner);
	(void)madvise(base + page, inner, MADV_DONTDUMP);
	(void)madvise(base + page, inner, MADV_WIPEONFORK);
	s->data = base + page;
	s->len = len;
	return 0;
}

void
secret_fini(struct secret *s)
{
	size_t page = page_size(), inner = inner_size(s->len);

	if (!s->data)
		return;
	explicit_bzero(s->data, inner);
	munmap(s->data - page, inner + 2 * page);
	*s = (struct secret){0};
}

int
secret_random(struct secret *s, size_t len, struct err *err)
{
	struct secret fresh = {0};

	if (secret_init(&fresh, len, err))
		return -1;
	if (RAND_priv_bytes(fresh.data, (int)len) != 1) {
		err_set_crypto(err, ERR_TEMPORARY, "no random bytes");
		secret_fini(&fresh);
		return -1;
	}
	*s = fresh;
	return 0;
}

/* text is what the file holds, with a NUL behind it. */
static int
decode_file(
    struct secret *s, const char *path, struct buf *text, struct err *err)
{
	if (text->len == 2 * s->len + 1 && text->data[2 * s->len] == '\n')
		text->len--;
	if (text->len != 2 * s->len ||
	    hex_decode(buf_text(text), s->data, s->len))
		return err_set(err, ERR_PERMANENT,
		    "%s: must hold exactly %zu hexadecimal digits", path,
		    2 * s->len);
	return 0;
}

int
secret_read_file(
    struct secret *s, const char *path, size_t len, struct err *err)
{
	struct secret fresh = {0};
	struct buf text;
	int rc = -1;

	buf_init(&text, 2 * len + 2);
	if (io_check_secret_file(path, err) || secret_init(&fresh, len, err) ||
	    io_read_file(path, &text, err))
		goto out;
	if (decode_file(&fresh, path, &text, err))
		goto out;
	*s = fresh;
	fresh = (struct secret){0};
	rc = 0;
out:
	buf_wipe(&text);
	secret_fini(&fresh);
	return rc;
}

int
secret_write_new_file(const struct secret *s, const char *path, struct err *err)
{
	size_t len = 2 * s->len + 1;
	char *text = xmalloc(len + 1);
	int fd, rc = -1;

	hex_encode(s->data, s->len, text);
	text[len - 1] = '\n';
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0 && errno == EEXIST) {
		err_set(err, ERR_PERMANENT,
		    "%s: exists; a key file is never overwritten", path);
		goto out;
	}
	if (fd < 0) {
		err_set_errno(err, ERR_PERMANENT, "%s: cannot create", path);
		goto out;
	}
	if (io_write_fd(fd, path, slice_make(text, len), err))
		goto out;
	if (fsync(fd)) {
		err_set_errno(err, ERR_PERMANENT, "%s: cannot write", path);
		goto out;
	}
	rc = 0;
out:
	if (fd >= 0) {
		close(fd);
		if (rc)
			unlink(path);
	}
	explicit_bzero(text, len);
	free(text);
	return rc;
}
