/* io.c: see io.h.  Callable from any thread; blocks on the file system. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define READ_SIZE 65536

static enum err_class
class_of_errno(int code)
{
	return code == ENOENT ? ERR_NOT_FOUND : ERR_TEMPORARY;
}

int
io_read_fd(int fd, const char *name, struct buf *out, struct err *err)
{
	unsigned char *chunk = xmalloc(READ_SIZE);
	ssize_t n;
	int rc = -1;

	for (;;) {
		n = read(fd, chunk, READ_SIZE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_add(out, chunk, (size_t)n);
	}
	if (n < 0)
		err_set_errno(err, ERR_TEMPORARY, "%s: cannot read", name);
	else if (!buf_ok(out))
		err_set(err, ERR_PERMANENT, "%s: larger than %zu bytes", name,
		    out->max);
	else
		rc = 0;
	explicit_bzero(chunk, READ_SIZE);
	free(chunk);
	return rc;
}

int
io_read_file(const char *path, struct buf *out, struct err *err)
{
	int fd, rc;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, class_of_errno(errno), "%s", path);
	rc = io_read_fd(fd, path, out, err);
	close(fd);
	return rc;
}

int
io_write_fd(int fd, const char *name, struct slice data, struct err *err)
{
	ssize_t n;

	while (data.len > 0) {
		n = write(fd, data.data, data.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(
			    err, ERR_TEMPORARY, "%s: cannot write", name);
		data = slice_part(data, (size_t)n, data.len);
	}
	return 0;
}

int
io_write_file(const char *path, struct slice data, mode_t mode, struct err *err)
{
	char *draft = xasprintf("%s.XXXXXX", path);
	int fd, rc = -1;

	fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0) {
		err_set_errno(err, ERR_TEMPORARY, "%s: cannot create", path);
		goto out;
	}
	if (io_write_fd(fd, path, data, err))
		goto out;
	if (fchmod(fd, mode) || fsync(fd) || rename(draft, path)) {
		err_set_errno(err, ERR_TEMPORARY, "%s: cannot write", path);
		goto out;
	}
	rc = 0;
out:
	if (fd >= 0) {
		close(fd);
		if (rc)
			unlink(draft);
	}
	free(draft);
	return rc;
}

/* systemd keeps a service's credentials in a folder that only the service
 * can enter, and gives its user access by a list (ACL), which shows as the
 * group's read permission. */
static bool
is_credential(const char *path, const struct stat *st)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	size_t len = folder ? strlen(folder) : 0;

	return len > 0 && strncmp(path, folder, len) == 0 && path[len] == '/' &&
	       !strchr(path + len + 1, '/') && st->st_uid == 0 &&
	       st->st_gid == 0 &&
	       !(st->st_mode & (S_IWGRP | S_IXGRP | S_IRWXO));
}

int
io_check_secret_file(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st))
		return err_set_errno(err, class_of_errno(errno), "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, ERR_PERMANENT, "%s: not a regular file", path);
	if (is_credential(path, &st))
		return 0;
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_PERMANENT,
		    "%s: mode %04o lets others read it; run: chmod 0400 %s",
		    path, st.st_mode & 07777u, path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(err, ERR_PERMANENT,
		    "%s: owned by uid %u; run: chown %u %s", path, st.st_uid,
		    geteuid(), path);
	return 0;
}
