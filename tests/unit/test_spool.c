/* The spool: memory first, then a file without a name. */
#include "unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/spool.h"

/* A file system without O_TMPFILE: the linker puts this before open(). */
static bool no_tmpfile;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	unsigned mode;

	va_start(ap, flags);
	mode = va_arg(ap, unsigned);
	va_end(ap);
	if (no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return __real_open(path, flags, mode);
}

static char folder[] = "/tmp/test_spool.XXXXXX";

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder); /* fails when a file was left behind */
}

static unsigned char
pattern(size_t i)
{
	return (unsigned char)(i * 2654435761u >> 13);
}

/* Writes size bytes of the pattern in pieces of that size. */
static void
write_pattern(struct spool *s, size_t size, size_t piece)
{
	unsigned char *data = xmalloc(piece);
	struct err err;
	size_t n;

	for (size_t done = 0; done < size; done += n) {
		n = size - done < piece ? size - done : piece;
		for (size_t i = 0; i < n; i++)
			data[i] = pattern(done + i);
		if (spool_write(s, data, n, &err))
			fail_msg("%s", err.text);
	}
	free(data);
}

static void
check_pattern(struct spool *s, size_t size)
{
	struct slice all;
	struct err err;

	assert_int_equal(spool_finish(s, &err), 0);
	assert_int_equal(spool_finish(s, &err), 0);
	all = spool_slice(s);
	assert_int_equal(all.len, size);
	for (size_t i = 0; i < size; i++)
		if (all.data[i] != pattern(i))
			fail_msg("byte %zu of %zu differs", i, size);
}

static void
test_round_trip(void **state)
{
	static const size_t memories[] = {0, 1, 1000, 70000, 1u << 20};
	static const size_t sizes[] = {
	    0, 1, 999, 1000, 1001, 65536, 65537, 70001, 200000};
	static const size_t pieces[] = {7, 1000, 65535, 150000};
	struct spool_config config = {.max = 1u << 20, .folder = folder};
	struct spool s;

	(void)state;
	for (size_t m = 0; m < sizeof(memories) / sizeof(*memories); m++) {
		config.memory = memories[m];
		spool_init(&s, &config);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
			for (size_t k = 0; k < 4; k++) {
				write_pattern(&s, sizes[i], pieces[k]);
				check_pattern(&s, sizes[i]);
				assert_int_equal(
				    s.fd >= 0, sizes[i] > memories[m]);
				spool_reset(&s);
			}
		spool_fini(&s);
	}
}

/* Only its owner could open it, and not even he finds it. */
static void
check_file(void)
{
	struct spool_config config = {.max = 4096, .folder = folder};
	struct dirent *entry;
	struct stat st;
	struct spool s;
	DIR *dir;

	spool_init(&s, &config);
	write_pattern(&s, 4096, 4096);
	assert_int_equal(fstat(s.fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		assert_int_equal(entry->d_name[0], '.');
	closedir(dir);
	check_pattern(&s, 4096);
	spool_fini(&s);
}

static void
test_no_name_in_the_folder(void **state)
{
	(void)state;
	check_file();
}

static void
test_no_tmpfile(void **state)
{
	(void)state;
	no_tmpfile = true;
	check_file();
	no_tmpfile = false;
}

static void
test_maximum(void **state)
{
	struct spool_config config = {
	    .memory = 10, .max = 100, .folder = folder};
	struct spool s;
	struct err err = {0};

	(void)state;
	spool_init(&s, &config);
	write_pattern(&s, 100, 33);
	assert_int_equal(spool_write(&s, "x", 1, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	check_pattern(&s, 100);
	spool_reset(&s);
	assert_int_equal(spool_write(&s, folder, SIZE_MAX, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	spool_fini(&s);
}

static void
test_no_write_after_finish(void **state)
{
	struct spool_config config = {
	    .memory = 10, .max = 100, .folder = folder};
	struct spool s;
	struct err err = {0};

	(void)state;
	spool_init(&s, &config);
	assert_int_equal(spool_finish(&s, &err), 0);
	assert_int_equal(spool_write(&s, "x", 1, &err), -1);
	assert_int_equal(err.class, ERR_BUG);
	spool_fini(&s);
}

static void
test_no_folder(void **state)
{
	struct spool_config config = {
	    .memory = 10, .max = 100, .folder = "/nonexistent/folder"};
	struct spool s;
	struct err err = {0};

	(void)state;
	spool_init(&s, &config);
	assert_int_equal(spool_write(&s, "0123456789", 10, &err), 0);
	assert_int_equal(spool_write(&s, "x", 1, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_non_null(strstr(err.text, "/nonexistent/folder"));
	spool_fini(&s);
}

/* A full disk, as far as a test can have one: /dev/full behind the file. */
static void
test_full_disk(void **state)
{
	struct spool_config config = {.max = 1u << 20, .folder = folder};
	struct spool s;
	struct err err = {0};
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	spool_init(&s, &config);
	write_pattern(&s, 100, 100);
	assert_true(s.fd >= 0);
	assert_int_equal(dup2(fileno(full), s.fd), s.fd);
	assert_int_equal(spool_finish(&s, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	assert_non_null(strstr(err.text, strerror(ENOSPC)));
	spool_fini(&s);
	fclose(full);
}

/* A limit of the file size: the kernel cuts the write, then refuses. */
static void
test_file_too_large(void **state)
{
	struct spool_config config = {.max = 1u << 20, .folder = folder};
	struct rlimit old, low;
	struct spool s;
	struct err err = {0};
	char *data = xcalloc(1, 200000);

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = old;
	low.rlim_cur = 100000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	spool_init(&s, &config);
	assert_int_equal(spool_write(&s, data, 200000, &err), -1);
	assert_int_equal(err.class, ERR_TEMPORARY);
	spool_fini(&s);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	free(data);
}

/* Memory of this process that is not a file's, in kB. */
static long
anonymous_kb(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[256];
	long kb = -1;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Anonymous: %ld", &kb) == 1)
			break;
	fclose(f);
	assert_true(kb >= 0);
	return kb;
}

/* 150 MB cost the disk, not the memory (feature I4). */
static void
test_large_message_costs_no_memory(void **state)
{
	const size_t size = 150u * MIB;
	struct spool_config config = {
	    .memory = MIB, .max = 150u * MIB, .folder = folder};
	struct spool s;
	struct err err;
	struct slice all;
	size_t sum = 0;
	long before = anonymous_kb();

	(void)state;
	spool_init(&s, &config);
	write_pattern(&s, size, 65535);
	assert_true(UNIT_SANITIZED || anonymous_kb() - before < 8 * 1024);
	assert_int_equal(spool_finish(&s, &err), 0);
	all = spool_slice(&s);
	for (size_t i = 0; i < size; i += 4096)
		sum += all.data[i] == pattern(i);
	assert_int_equal(sum, size / 4096);
	assert_true(UNIT_SANITIZED || anonymous_kb() - before < 8 * 1024);
	spool_fini(&s);
}

/* Pieces as one: a single one costs nothing. */
static void
test_join(void **state)
{
	struct spool_config config = {.memory = 4, .max = 12, .folder = folder};
	struct slice_list pieces = {.count = 0};
	struct slice out = {NULL, 0};
	struct spool s;
	struct err err;

	(void)state;
	spool_init(&s, &config);
	slice_list_add(&pieces, slice_text("hello "));
	assert_int_equal(spool_join(&s, &pieces, &out, &err), 0);
	assert_ptr_equal(out.data, pieces.at[0].data);
	assert_int_equal(s.size, 0);
	slice_list_add(&pieces, slice_text("world!"));
	assert_int_equal(spool_join(&s, &pieces, &out, &err), 0);
	assert_true(slice_equal(out, slice_text("hello world!")));
	spool_reset(&s);
	slice_list_add(&pieces, slice_text("!"));
	assert_int_equal(spool_join(&s, &pieces, &out, &err), -1);
	assert_int_equal(err.class, ERR_PERMANENT);
	spool_reset(&s);
	pieces.count = 0;
	assert_int_equal(spool_join(&s, &pieces, &out, &err), 0);
	assert_int_equal(out.len, 0);
	spool_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_no_name_in_the_folder),
	    cmocka_unit_test(test_no_tmpfile),
	    cmocka_unit_test(test_maximum),
	    cmocka_unit_test(test_no_write_after_finish),
	    cmocka_unit_test(test_no_folder),
	    cmocka_unit_test(test_full_disk),
	    cmocka_unit_test(test_join),
	    cmocka_unit_test(test_file_too_large),
	    cmocka_unit_test(test_large_message_costs_no_memory),
	};

	return cmocka_run_group_tests_name(
	    "spool", tests, make_folder, remove_folder);
}
