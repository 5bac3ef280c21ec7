/*
 * confine.h: giving up what a process does not need.
 *
 * Each step is for the whole process and must be taken before threads start,
 * but for confine_lock_memory, which comes last.  None can be undone.
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* No core file, and nobody of the same user may look at the memory or trace
 * the process (PR_SET_DUMPABLE 0). */
int confine_no_dumps(struct err *err) MUST_USE;

/* No program that is executed from here on gains privileges. */
int confine_no_new_privileges(struct err *err) MUST_USE;

/* The user to become, and the one group besides its own that it keeps. */
struct confine_user {
	bool has_user;
	uid_t uid;
	gid_t gid;
	bool has_group;
	gid_t group;
};

/* Looks up a user or a group by name or number.  Not found: no such one. */
int confine_find_user(
    const char *name, struct confine_user *user, struct err *err) MUST_USE;
int confine_find_group(
    const char *name, struct confine_user *user, struct err *err) MUST_USE;

/* What commands such as chown call a user or a group: its name, or the number
 * of one that has none.  The caller frees it. */
char *confine_user_word(uid_t uid);
char *confine_group_word(gid_t gid);

/*
 * As root: becomes that user (without one: stays root) with no other groups
 * than the kept one.  In any case gives up every capability.  A process that
 * is not root cannot become another user: permanent error.
 */
int confine_become(const struct confine_user *user, struct err *err) MUST_USE;

/* As root: lets confine_lock_memory lock everything later. */
void confine_allow_lock(void);

/* Keeps all memory, also what comes later, out of swap.  Error: temporary,
 * with the remedy; the process can go on without. */
int confine_lock_memory(struct err *err) MUST_USE;

#endif
