/*
 * What a process gives up is gone.  Each step is taken in a child, which
 * exits with 0 when it finds what it should.
 */
#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"

#define NOBODY 65534u
#define KEPT   65533u

/* Runs step in a child and returns what it exited with, 0 for true. */
static int
in_child(bool (*step)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(step() ? 0 : 1);
	waitpid(pid, &status, 0);
	return status;
}

/* A line of /proc/self/status, behind its name. */
static bool
status_is(const char *name, const char *value)
{
	FILE *file = fopen("/proc/self/status", "r");
	size_t len = strlen(name);
	bool found = false;
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			found =
			    strncmp(line + len + 2, value, strlen(value)) == 0;
	if (file)
		fclose(file);
	return found;
}

static bool
no_dumps(void)
{
	struct rlimit limit;
	struct err err;

	return confine_no_dumps(&err) == 0 &&
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 &&
	       limit.rlim_max == 0;
}

static bool
no_new_privileges(void)
{
	struct err err;

	return status_is("NoNewPrivs", "0") &&
	       confine_no_new_privileges(&err) == 0 &&
	       status_is("NoNewPrivs", "1");
}

static bool
has_no_capabilities(void)
{
	return status_is("CapInh", "0000000000000000") &&
	       status_is("CapPrm", "0000000000000000") &&
	       status_is("CapEff", "0000000000000000") &&
	       status_is("CapBnd", "0000000000000000") &&
	       status_is("CapAmb", "0000000000000000");
}

static bool
becomes_nobody(void)
{
	struct confine_user user = {.has_user = true,
	    .uid = NOBODY,
	    .gid = NOBODY,
	    .has_group = true,
	    .group = KEPT};
	uid_t ruid, euid, suid;
	gid_t groups[64];
	struct err err;

	if (confine_become(&user, &err))
		return false;
	getresuid(&ruid, &euid, &suid);
	return ruid == NOBODY && euid == NOBODY && suid == NOBODY &&
	       getgid() == NOBODY && getegid() == NOBODY &&
	       getgroups(64, groups) == 1 && groups[0] == KEPT &&
	       has_no_capabilities() && setuid(0) != 0 && setgid(0) != 0 &&
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static bool
becomes_nobody_alone(void)
{
	struct confine_user user = {
	    .has_user = true, .uid = NOBODY, .gid = NOBODY};
	gid_t groups[64];
	struct err err;

	return confine_become(&user, &err) == 0 && getgroups(64, groups) == 0;
}

static bool
root_without_power(void)
{
	struct confine_user user = {.has_group = true, .group = KEPT};
	gid_t groups[64];
	struct err err;

	return confine_become(&user, &err) == 0 && geteuid() == 0 &&
	       getgroups(64, groups) == 1 && groups[0] == KEPT &&
	       has_no_capabilities() && setuid(NOBODY) != 0;
}

static bool
stays_who_he_is(void)
{
	struct confine_user none = {0};
	struct confine_user other = {.has_user = true, .uid = 1, .gid = 1};
	struct confine_user same = {
	    .has_user = true, .uid = NOBODY, .gid = NOBODY};
	struct err err;

	if (setuid(NOBODY) || confine_become(&none, &err) ||
	    confine_become(&same, &err))
		return false;
	return confine_become(&other, &err) == -1 &&
	       err.class == ERR_PERMANENT && strstr(err.text, "only root");
}

static bool
says_when_memory_is_not_locked(void)
{
	struct rlimit small = {65536, 65536};
	struct err err;

	return setrlimit(RLIMIT_MEMLOCK, &small) == 0 &&
	       confine_lock_memory(&err) == -1 &&
	       strstr(err.text, "LimitMEMLOCK=infinity");
}

static bool
locks_memory(void)
{
	struct rlimit limit;
	struct err err;

	confine_allow_lock();
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur != RLIM_INFINITY)
		return confine_lock_memory(&err) == -1;
	return confine_lock_memory(&err) == 0 && !status_is("VmLck", "     0");
}

static void
test_no_dumps(void **state)
{
	(void)state;
	assert_int_equal(in_child(no_dumps), 0);
}

static void
test_no_new_privileges(void **state)
{
	(void)state;
	assert_int_equal(in_child(no_new_privileges), 0);
}

static void
test_become(void **state)
{
	(void)state;
	if (geteuid() != 0)
		unit_skip("not root");
	assert_int_equal(in_child(becomes_nobody), 0);
	assert_int_equal(in_child(becomes_nobody_alone), 0);
	/* Capabilities are a thread's: TSan's keeps its own, and setuid
	 * aborts when threads disagree. */
	if (!UNIT_SANITIZED)
		assert_int_equal(in_child(root_without_power), 0);
	assert_int_equal(in_child(stays_who_he_is), 0);
}

static void
test_lock_memory(void **state)
{
	(void)state;
	assert_int_equal(in_child(says_when_memory_is_not_locked), 0);
	assert_int_equal(in_child(locks_memory), 0);
}

static void
test_find_user(void **state)
{
	struct confine_user user = {0};
	char number[32];
	struct err err;

	(void)state;
	assert_int_equal(confine_find_user("root", &user, &err), 0);
	assert_true(user.has_user);
	assert_int_equal(user.uid, 0);
	snprintf(number, sizeof(number), "%u", getpwnam("nobody")->pw_uid);
	assert_int_equal(confine_find_user(number, &user, &err), 0);
	assert_int_equal(user.uid, getpwnam("nobody")->pw_uid);
	assert_int_equal(user.gid, getpwnam("nobody")->pw_gid);
	assert_false(user.has_group);
	assert_int_equal(confine_find_user("no-such-user", &user, &err), -1);
	assert_int_equal(err.class, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "no-such-user"));
	assert_int_equal(confine_find_user("4294967295", &user, &err), -1);
	assert_int_equal(confine_find_user("0x0", &user, &err), -1);
	assert_int_equal(confine_find_user("", &user, &err), -1);
}

static void
test_find_group(void **state)
{
	struct confine_user user = {0};
	struct err err;

	(void)state;
	assert_int_equal(confine_find_group("root", &user, &err), 0);
	assert_true(user.has_group);
	assert_int_equal(user.group, 0);
	assert_int_equal(confine_find_group("0", &user, &err), 0);
	assert_false(user.has_user);
	assert_int_equal(confine_find_group("no-such-group", &user, &err), -1);
	assert_int_equal(err.class, ERR_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_dumps),
	    cmocka_unit_test(test_no_new_privileges),
	    cmocka_unit_test(test_become),
	    cmocka_unit_test(test_lock_memory),
	    cmocka_unit_test(test_find_user),
	    cmocka_unit_test(test_find_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
