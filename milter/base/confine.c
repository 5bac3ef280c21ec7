/*
 * confine.c: see confine.h.  Main thread only: credentials and capabilities
 * belong to threads in Linux, and those that start later inherit them.
 */
#include "base/confine.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"

static int
set_undumpable(struct err *err)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return err_set_errno(
		    err, ERR_PERMANENT, "cannot forbid memory dumps");
	return 0;
}

int
confine_no_dumps(struct err *err)
{
	struct rlimit none = {0};

	if (setrlimit(RLIMIT_CORE, &none))
		return err_set_errno(
		    err, ERR_PERMANENT, "cannot forbid core files");
	return set_undumpable(err);
}

int
confine_no_new_privileges(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_set_errno(
		    err, ERR_PERMANENT, "cannot forbid new privileges");
	return 0;
}

/* A user or group id given as a number.  The largest one means "leave as it
 * is" to the system calls and is no id. */
static bool
parse_id(const char *text, unsigned *id)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || value >= (unsigned)-1)
		return false;
	*id = (unsigned)value;
	return true;
}

int
confine_find_user(const char *name, struct confine_user *user, struct err *err)
{
	const struct passwd *found;
	unsigned id;

	found = parse_id(name, &id) ? getpwuid(id) : getpwnam(name);
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "no such user: %s", name);
	user->has_user = true;
	user->uid = found->pw_uid;
	user->gid = found->pw_gid;
	return 0;
}

int
confine_find_group(const char *name, struct confine_user *user, struct err *err)
{
	const struct group *found;
	unsigned id;

	found = parse_id(name, &id) ? getgrgid(id) : getgrnam(name);
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "no such group: %s", name);
	user->has_group = true;
	user->group = found->gr_gid;
	return 0;
}

static char *
word_of(const char *name, unsigned id)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", id);
	return xstrdup(name ? name : number);
}

char *
confine_user_word(uid_t uid)
{
	const struct passwd *found = getpwuid(uid);

	return word_of(found ? found->pw_name : NULL, uid);
}

char *
confine_group_word(gid_t gid)
{
	const struct group *found = getgrgid(gid);

	return word_of(found ? found->gr_name : NULL, gid);
}

static int
drop_user(const struct confine_user *user, struct err *err)
{
	if (setgroups(user->has_group ? 1 : 0, &user->group) ||
	    setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid))
		return err_set_errno(err, ERR_PERMANENT,
		    "cannot become uid %u, gid %u", user->uid, user->gid);
	if (user->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		return err_set(err, ERR_BUG, "could become root again");
	return 0;
}

/* What executing a file could give.  Needs a capability that goes with the
 * user; a process that never had it is kept from gaining by no_new_privs. */
static void
drop_bounding_set(void)
{
	for (unsigned long cap = 0; cap <= CAP_LAST_CAP; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static int
drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct head = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capset, &head, none))
		return err_set_errno(
		    err, ERR_PERMANENT, "cannot give up capabilities");
	return 0;
}

int
confine_become(const struct confine_user *user, struct err *err)
{
	struct confine_user target = *user;

	if (!user->has_user) {
		target.uid = geteuid();
		target.gid = getegid();
	}
	if (geteuid() != 0 && target.uid != geteuid())
		return err_set(err, ERR_PERMANENT,
		    "only root can become uid %u; start it as root or as "
		    "that user",
		    target.uid);
	drop_bounding_set();
	if (geteuid() == 0 && drop_user(&target, err))
		return -1;
	if (drop_capabilities(err))
		return -1;
	/* A change of credentials sets it to fs.suid_dumpable. */
	return set_undumpable(err);
}

void
confine_allow_lock(void)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	(void)setrlimit(RLIMIT_MEMLOCK, &all);
}

/* With a limit, locking what comes later would make allocations fail at
 * some point: all or nothing. */
int
confine_lock_memory(struct err *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    limit.rlim_cur != RLIM_INFINITY)
		return err_set(err, ERR_TEMPORARY,
		    "memory is not locked and may be swapped out; raise the "
		    "limit on locked memory (ulimit -l unlimited, systemd: "
		    "LimitMEMLOCK=infinity)");
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return err_set_errno(
		    err, ERR_TEMPORARY, "memory cannot be locked");
	return 0;
}
