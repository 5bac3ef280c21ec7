/* confinement.c: see confinement.h.  Main thread, before others start. */
#include "daemon/confinement.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"

static int
find_user(
    const struct settings *settings, struct confine_user *user, struct err *err)
{
	*user = (struct confine_user){0};
	if (geteuid() != 0 || settings->user[0] == '\0')
		return 0;
	if (confine_find_user(settings->user, user, err))
		return err_set(err, ERR_PERMANENT,
		    "user: there is no user \"%s\" to become; make one "
		    "(adduser "
		    "--system --group %s) or name another in %s",
		    settings->user, settings->user, settings->file);
	return 0;
}

int
confinement_owner(const struct settings *settings, struct confine_user *owner,
    struct err *err)
{
	if (find_user(settings, owner, err))
		return -1;
	if (!owner->has_user) {
		owner->uid = geteuid();
		owner->gid = getegid();
	}
	return 0;
}

/* A connection and a spooled message take a descriptor each, and libmilter
 * does not get over running out of them. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int
confinement_enter(const struct settings *settings, struct err *err)
{
	struct confine_user user;

	if (find_user(settings, &user, err))
		return -1;
	raise_descriptors();
	umask(027);
	if (confine_no_dumps(err) || confine_no_new_privileges(err))
		return -1;
	return confine_become(&user, err);
}
