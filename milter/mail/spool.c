/*
 * spool.c: see spool.h.  One spool belongs to one thread.
 *
 * The memory buffer has two lives: first it is the spool, then, once the
 * bytes have moved to the file, it gathers small writes.  The file never has
 * a name that anybody else could open.
 */
#include "mail/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"

/* Pieces gathered for one write, also when config->memory is tiny. */
#define SPOOL_GATHER ((size_t)64 * KIB)

void
spool_init(struct spool *s, const struct spool_config *config)
{
	*s = (struct spool){.config = config, .fd = -1};
	buf_init(&s->memory,
	    config->memory > SPOOL_GATHER ? config->memory : SPOOL_GATHER);
}

void
spool_fini(struct spool *s)
{
	buf_fini(&s->memory);
	if (s->map)
		munmap(s->map, s->size);
	if (s->fd >= 0)
		close(s->fd);
	s->map = NULL;
	s->fd = -1;
	s->size = 0;
	s->finished = false;
}

void
spool_reset(struct spool *s)
{
	const struct spool_config *config = s->config;

	spool_fini(s);
	spool_init(s, config);
}

static int
open_file(struct spool *s, struct err *err)
{
	char *path;

	s->fd = open(
	    s->config->folder, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd >= 0)
		return 0;
	/* Not every file system has O_TMPFILE: a name for a moment. */
	path = xasprintf("%s/smime-milter.XXXXXX", s->config->folder);
	s->fd = mkostemp(path, O_CLOEXEC);
	if (s->fd < 0)
		err_set_errno(err, ERR_TEMPORARY,
		    "cannot make a temporary file in %s", s->config->folder);
	else
		unlink(path);
	free(path);
	return s->fd < 0 ? -1 : 0;
}

static int
write_file(struct spool *s, struct slice data, struct err *err)
{
	if (s->fd < 0 && open_file(s, err))
		return -1;
	if (io_write_fd(s->fd, s->config->folder, data, err))
		return err_prefix(err, "temporary file");
	return 0;
}

static int
flush(struct spool *s, struct err *err)
{
	if (write_file(s, buf_slice(&s->memory), err))
		return -1;
	buf_clear(&s->memory);
	return 0;
}

/* Bytes that the buffer may hold in its present life. */
static size_t
memory_limit(const struct spool *s)
{
	return s->fd < 0 ? s->config->memory : s->memory.max;
}

/* Bodies come in many pieces.  Each time a buffer grows it copies and wipes
 * all it has; room that is not needed costs nothing until it is touched. */
static void
make_room(struct spool *s, size_t len)
{
	size_t all = s->memory.len + len, left = memory_limit(s) - all;

	if (s->memory.len == 0 || all < s->memory.size)
		return;
	(void)buf_reserve(&s->memory, len + (left < 3 * all ? left : 3 * all));
}

int
spool_write(struct spool *s, const void *data, size_t len, struct err *err)
{
	if (s->finished)
		return err_set(err, ERR_BUG, "write to a finished spool");
	if (len > s->config->max || s->size > s->config->max - len)
		return err_set(err, ERR_PERMANENT,
		    "message larger than %zu bytes", s->config->max);
	if (s->memory.len + len > memory_limit(s) && flush(s, err))
		return -1;
	if (len > memory_limit(s)) {
		if (write_file(s, slice_make(data, len), err))
			return -1;
	} else {
		make_room(s, len);
		buf_add(&s->memory, data, len);
	}
	s->size += len;
	return 0;
}

int
spool_finish(struct spool *s, struct err *err)
{
	void *map;

	if (s->finished)
		return 0;
	if (s->fd >= 0 && s->size > 0) {
		if (flush(s, err))
			return -1;
		map = mmap(NULL, s->size, PROT_READ, MAP_PRIVATE, s->fd, 0);
		if (map == MAP_FAILED)
			return err_set_errno(err, ERR_TEMPORARY,
			    "cannot map %zu bytes of %s", s->size,
			    s->config->folder);
		s->map = map;
		buf_fini(&s->memory);
	}
	s->finished = true;
	return 0;
}

struct slice
spool_slice(const struct spool *s)
{
	return s->map ? slice_make(s->map, s->size) : buf_slice(&s->memory);
}

int
spool_join(struct spool *s, const struct slice_list *pieces, struct slice *out,
    struct err *err)
{
	if (pieces->count == 1) {
		*out = pieces->at[0];
		return 0;
	}
	for (size_t i = 0; i < pieces->count; i++)
		if (spool_write(s, pieces->at[i].data, pieces->at[i].len, err))
			return -1;
	if (spool_finish(s, err))
		return -1;
	*out = spool_slice(s);
	return 0;
}
