/* Connections, transactions and error classes of the SQLite layer. */
#include "unit/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "db/sqlite.h"
#include "unit/must.h"

static char folder[64], path[96];
static struct sqlite_pool *pool;

static void
remove_files(void)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	char name[128];

	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	rmdir(folder);
}

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct sqlite *db;

	(void)state;
	snprintf(
	    folder, sizeof(folder), "%s/sqlite.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/test.db", folder);
	close(open(path, O_CREAT | O_RDWR, 0600));
	MUST(sqlite_pool_open(path, &pool, &err));
	MUST(sqlite_pool_use_wal(pool, &err));
	MUST(sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err));
	MUST(sqlite_script(db,
	    "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, s TEXT,"
	    " b BLOB); INSERT INTO t VALUES (1, 0, 'zero', x'00');",
	    &err));
	MUST(sqlite_commit(db, &err));
	sqlite_release(&db);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sqlite_pool_close(pool);
	pool = NULL;
	remove_files();
	return 0;
}

static int64_t
count_rows(void)
{
	struct sqlite_query q;
	struct sqlite *db;
	int64_t n = -1;

	MUST(sqlite_read(pool, &db, &err));
	sqlite_query(&q, db, "SELECT COUNT(*) FROM t");
	if (sqlite_step(&q))
		n = sqlite_number(&q, 0);
	MUST(sqlite_done(&q, &err));
	sqlite_release(&db);
	return n;
}

static int
insert(struct sqlite *db, int64_t n, const char *s, struct slice b,
    struct err *err)
{
	struct sqlite_query q;

	sqlite_query(&q, db, "INSERT INTO t (n, s, b) VALUES (?, ?, ?)");
	sqlite_bind_number(&q, n);
	sqlite_bind_text(&q, s);
	sqlite_bind_blob(&q, b);
	return sqlite_run(&q, err);
}

static void
test_values(void **state)
{
	struct slice blob = slice_make("a\0b", 3);
	struct sqlite_query q;
	struct sqlite *db;

	(void)state;
	MUST(sqlite_write(pool, SQLITE_PROMISE_KEPT, &db, &err));
	MUST(insert(db, INT64_MIN, "text", blob, &err));
	assert_int_equal(sqlite_last_id(db), 2);
	assert_int_equal(sqlite_changes(db), 1);
	MUST(insert(db, 5, NULL, slice_make(NULL, 0), &err));
	MUST(sqlite_commit(db, &err));
	sqlite_release(&db);
	assert_null(db);

	MUST(sqlite_read(pool, &db, &err));
	sqlite_query(&q, db, "SELECT n, s, b FROM t WHERE id > ? ORDER BY id");
	sqlite_bind_number(&q, 1);
	assert_true(sqlite_step(&q));
	assert_true(sqlite_number(&q, 0) == INT64_MIN);
	assert_string_equal(sqlite_text(&q, 1), "text");
	assert_true(slice_equal(sqlite_blob(&q, 2), blob));
	assert_true(sqlite_step(&q));
	assert_string_equal(sqlite_text(&q, 1), "");
	assert_int_equal(sqlite_blob(&q, 2).len, 0);
	assert_false(sqlite_step(&q));
	MUST(sqlite_done(&q, &err));
	sqlite_release(&db);
}

static void
test_what_is_not_committed_is_undone(void **state)
{
	struct sqlite *db;

	(void)state;
	MUST(sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err));
	MUST(insert(db, 1, "a", slice_make(NULL, 0), &err));
	sqlite_release(&db);
	assert_int_equal(count_rows(), 1);
}

/* A mistake in the middle is told at the end, and the statement is usable
 * again. */
static void
test_errors_are_remembered(void **state)
{
	struct sqlite_query q, again;
	struct sqlite *db;

	(void)state;
	MUST(sqlite_read(pool, &db, &err));
	sqlite_query(&q, db, "SELECT 1 FROM nowhere WHERE x = ?");
	sqlite_bind_number(&q, 1);
	assert_false(sqlite_step(&q));
	FAILS(ERR_BUG, "no such table: nowhere", sqlite_done(&q, &err));
	FAILS(ERR_BUG, "", sqlite_done(&q, &err));

	sqlite_query(&q, db, "SELECT n FROM t WHERE id = 1");
	sqlite_bind_number(&q, 1);
	assert_false(sqlite_step(&q));
	FAILS(ERR_BUG, "", sqlite_done(&q, &err));

	for (int i = 0; i < 2; i++) {
		const char *sql = "SELECT n FROM t";

		sqlite_query(&q, db, sql);
		assert_true(sqlite_step(&q));
		/* The same statement within itself. */
		sqlite_query(&again, db, sql);
		assert_false(sqlite_step(&again));
		FAILS(ERR_BUG, "", sqlite_done(&again, &err));
		MUST(sqlite_done(&q, &err));
	}
	sqlite_release(&db);
}

static void
test_constraint(void **state)
{
	struct sqlite_query q;
	struct sqlite *db;

	(void)state;
	MUST(sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err));
	sqlite_query(&q, db, "INSERT INTO t (id) VALUES (1)");
	FAILS(ERR_PERMANENT, "UNIQUE", sqlite_run(&q, &err));
	sqlite_release(&db);
}

static int64_t
pragma(const char *sql)
{
	struct sqlite_query q;
	struct sqlite *db;
	int64_t n = -1;

	MUST(sqlite_read(pool, &db, &err));
	sqlite_query(&q, db, sql);
	if (sqlite_step(&q))
		n = sqlite_number(&q, 0);
	MUST(sqlite_done(&q, &err));
	sqlite_release(&db);
	return n;
}

static void
test_connections_are_set_up(void **state)
{
	struct sqlite *db;

	(void)state;
	assert_int_equal(pragma("PRAGMA foreign_keys"), 1);
	assert_int_equal(pragma("PRAGMA trusted_schema"), 0);
	assert_int_equal(pragma("PRAGMA synchronous"), 1);
	MUST(sqlite_write(pool, SQLITE_PROMISE_KEPT, &db, &err));
	sqlite_release(&db);
	assert_int_equal(pragma("PRAGMA synchronous"), 2);
	MUST(sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err));
	sqlite_release(&db);
	assert_int_equal(pragma("PRAGMA synchronous"), 1);
}

/* Files that are none, or damaged */

static void
test_missing_file(void **state)
{
	struct sqlite_pool *other = NULL;

	(void)state;
	FAILS(ERR_TEMPORARY, "folder must be writable",
	    sqlite_pool_open("/nonexistent/x.db", &other, &err));
	assert_null(other);
}

static void
write_bytes(const char *name, off_t at, const void *data, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, at), (ssize_t)len);
	close(fd);
}

static void
test_no_database(void **state)
{
	char text[4096];

	(void)state;
	sqlite_pool_close(pool);
	pool = NULL;
	memset(text, 'x', sizeof(text));
	write_bytes(path, 0, text, sizeof(text));
	FAILS(ERR_PERMANENT, "restore a backup",
	    sqlite_pool_open(path, &pool, &err));
}

/* Damage is found, told with a remedy, and mended by putting the old file
 * back, without opening the pool again. */
static void
test_damaged_database(void **state)
{
	char page[4096], good[4096];
	struct sqlite_query q;
	struct sqlite *db;
	int fd;

	(void)state;
	sqlite_pool_close(pool);
	fd = open(path, O_RDONLY);
	assert_int_equal(pread(fd, good, sizeof(good), 4096), sizeof(good));
	close(fd);
	memset(page, 0xee, sizeof(page));
	write_bytes(path, 4096, page, sizeof(page));
	MUST(sqlite_pool_open(path, &pool, &err));
	MUST(sqlite_read(pool, &db, &err));
	sqlite_query(&q, db, "SELECT n FROM t WHERE id = 1");
	assert_false(sqlite_step(&q));
	FAILS(ERR_PERMANENT, "malformed; restore a backup",
	    sqlite_done(&q, &err));
	sqlite_release(&db);
	write_bytes(path, 4096, good, sizeof(good));
	assert_int_equal(count_rows(), 1);
}

/* Many processes */

static pid_t
spawn(void (*work)(int), int ready)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		work(ready);
		_exit(0);
	}
	return pid;
}

static void
open_own_pool(void)
{
	struct err err;

	if (sqlite_pool_open(path, &pool, &err))
		_exit(2);
}

/* Holds the write lock until it is killed. */
static void
hold_lock(int ready)
{
	struct sqlite *db;
	struct err err;

	open_own_pool();
	if (sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err) ||
	    insert(db, 99, "lost", slice_make(NULL, 0), &err))
		_exit(3);
	if (write(ready, "x", 1) != 1)
		_exit(4);
	pause();
}

static void
test_locked_by_another_process(void **state)
{
	struct sqlite *db = NULL;
	int fds[2], status;
	int64_t start;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = spawn(hold_lock, fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	/* Readers do not wait and see nothing of it. */
	start = clock_monotonic_ms();
	assert_int_equal(count_rows(), 1);
	assert_true(clock_monotonic_ms() - start < LIMIT_STORE_WAIT / 2);
	/* Writers wait, but not for ever. */
	FAILS(ERR_TEMPORARY, "another process",
	    sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err));
	assert_null(db);
	assert_true(clock_monotonic_ms() - start >= LIMIT_STORE_WAIT - 100);
	/* A killed process leaves the lock and no trace. */
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	MUST(sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err));
	sqlite_release(&db);
	assert_int_equal(count_rows(), 1);
	close(fds[0]);
	close(fds[1]);
}

/* Adds pairs of rows in one transaction each, as fast as it can. */
static void
write_pairs(int ready)
{
	struct sqlite *db;
	struct err err;

	open_own_pool();
	for (int i = 0;; i++) {
		if (sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err) ||
		    insert(db, i, "first", slice_make(NULL, 0), &err) ||
		    insert(db, i, "second", slice_make(NULL, 0), &err) ||
		    sqlite_commit(db, &err))
			_exit(3);
		sqlite_release(&db);
		if (i == 20 && write(ready, "x", 1) != 1)
			_exit(4);
	}
}

/* Killed at any moment, every transaction is whole or not there. */
static void
test_killed_writers(void **state)
{
	int fds[2], status;
	char byte;

	(void)state;
	for (int round = 0; round < 5; round++) {
		pid_t a, b;

		assert_int_equal(pipe(fds), 0);
		a = spawn(write_pairs, fds[1]);
		b = spawn(write_pairs, fds[1]);
		assert_int_equal(read(fds[0], &byte, 1), 1);
		assert_int_equal(read(fds[0], &byte, 1), 1);
		usleep((useconds_t)(1000 + 3777 * round));
		kill(a, SIGKILL);
		kill(b, SIGKILL);
		assert_int_equal(waitpid(a, &status, 0), a);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(waitpid(b, &status, 0), b);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(count_rows() % 2, 1);
		close(fds[0]);
		close(fds[1]);
	}
	assert_int_equal(pragma("SELECT COUNT(*) FROM t"
				" WHERE s = 'first'"),
	    pragma("SELECT COUNT(*) FROM t WHERE s = 'second'"));
	assert_int_equal(pragma("SELECT COUNT(*) FROM pragma_integrity_check"
				" WHERE integrity_check <> 'ok'"),
	    0);
}

static void
use_inherited(int ready)
{
	struct sqlite *db;
	struct err err;

	(void)ready;
	if (sqlite_read(pool, &db, &err) != -1 || err.class != ERR_BUG ||
	    !strstr(err.text, "fork"))
		_exit(1);
	sqlite_pool_close(pool);
}

static void
test_fork(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(count_rows(), 1);
	pid = spawn(use_inherited, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(count_rows(), 1);
}

/* Full disks */

/* Adds large rows until that fails, and wants to be told of the disk. */
static void
write_until_full(void)
{
	unsigned char *big = xcalloc(1, 100000);
	struct sqlite *db;
	struct err err;
	int rc = 0;

	for (int i = 0; i < 50 && rc == 0; i++) {
		rc = sqlite_write(pool, SQLITE_PROMISE_KEPT, &db, &err);
		if (rc == 0)
			rc =
			    insert(db, i, "big", slice_make(big, 100000), &err);
		if (rc == 0)
			rc = sqlite_commit(db, &err);
		sqlite_release(&db);
	}
	if (rc != -1 || err.class != ERR_TEMPORARY)
		_exit(1);
	if (!strstr(err.text, "disk"))
		_exit(2);
}

/* A file that may not grow. */
static void
fill_quota(int ready)
{
	struct rlimit limit = {200000, 200000};

	(void)ready;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	open_own_pool();
	write_until_full();
}

/* A disk of 400 kB, which only this process sees. */
static void
fill_disk(int ready)
{
	struct sqlite_query q;
	struct sqlite *db;
	struct err err;
	int rc;

	(void)ready;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("full", folder, "tmpfs", 0, "size=400k"))
		_exit(77);
	close(open(path, O_CREAT | O_RDWR, 0600));
	open_own_pool();
	if (sqlite_pool_use_wal(pool, &err) ||
	    sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err) ||
	    sqlite_script(db,
		"CREATE TABLE t (id INTEGER PRIMARY KEY, n, s, b);"
		"INSERT INTO t (n) VALUES (1)",
		&err) ||
	    sqlite_commit(db, &err))
		_exit(3);
	sqlite_release(&db);
	write_until_full();
	/* What was there can still be read. */
	if (sqlite_read(pool, &db, &err))
		_exit(4);
	sqlite_query(&q, db, "SELECT COUNT(*) FROM t WHERE n = 1 AND id = 1");
	rc = sqlite_step(&q) && sqlite_number(&q, 0) == 1 ? 0 : 5;
	if (sqlite_done(&q, &err))
		_exit(6);
	sqlite_release(&db);
	_exit(rc);
}

static int
status_of(void (*work)(int))
{
	int status;
	pid_t pid = spawn(work, -1);

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_full_disk(void **state)
{
	struct sqlite *db;
	int status;

	(void)state;
	status = status_of(fill_disk);
	if (status == 77)
		print_message("may not mount: only the quota is tested\n");
	else
		assert_int_equal(status, 0);
	assert_int_equal(status_of(fill_quota), 0);
	assert_true(count_rows() >= 1);
	MUST(sqlite_write(pool, SQLITE_PROMISE_KEPT, &db, &err));
	MUST(insert(db, 1, "fits again", slice_make(NULL, 0), &err));
	MUST(sqlite_commit(db, &err));
	sqlite_release(&db);
}

/* Many threads */

#define THREADS 24 /* more than connections */
#define ROUNDS	25

static void *
work(void *arg)
{
	int64_t me = (intptr_t)arg;
	struct err err = {0};
	struct sqlite_query q;
	struct sqlite *db;

	for (int i = 0; i < ROUNDS; i++) {
		if (sqlite_write(pool, SQLITE_PROMISE_SOON, &db, &err) ||
		    insert(db, me, "x", slice_make(NULL, 0), &err) ||
		    sqlite_commit(db, &err))
			abort();
		sqlite_release(&db);
		if (sqlite_read(pool, &db, &err))
			abort();
		sqlite_query(&q, db, "SELECT COUNT(*) FROM t WHERE n = ?");
		sqlite_bind_number(&q, me);
		if (!sqlite_step(&q) || sqlite_number(&q, 0) != i + 1)
			abort();
		if (sqlite_done(&q, &err))
			abort();
		sqlite_release(&db);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)(i + 100));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(count_rows(), 1 + THREADS * ROUNDS);
}

/* At the limit every connection is in use; one past it waits and gives up. */
static void
test_number_of_connections(void **state)
{
	struct sqlite *all[LIMIT_STORE_CONNECTIONS], *more = NULL;

	(void)state;
	for (size_t i = 0; i < LIMIT_STORE_CONNECTIONS; i++)
		MUST(sqlite_read(pool, &all[i], &err));
	FAILS(
	    ERR_TEMPORARY, "busy for too long", sqlite_read(pool, &more, &err));
	sqlite_release(&all[0]);
	MUST(sqlite_read(pool, &more, &err));
	sqlite_release(&more);
	for (size_t i = 1; i < LIMIT_STORE_CONNECTIONS; i++)
		sqlite_release(&all[i]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_values),
	    CASE(test_what_is_not_committed_is_undone),
	    CASE(test_errors_are_remembered),
	    CASE(test_constraint),
	    CASE(test_connections_are_set_up),
	    CASE(test_missing_file),
	    CASE(test_no_database),
	    CASE(test_damaged_database),
	    CASE(test_locked_by_another_process),
	    CASE(test_killed_writers),
	    CASE(test_fork),
	    CASE(test_full_disk),
	    CASE(test_threads),
	    CASE(test_number_of_connections),
	};

	return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
