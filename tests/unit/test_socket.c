/* The socket's surroundings: folder, leftovers, owner and mode. */
#include "unit/unit.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/socket.h"

struct place {
	char folder[32];
	char path[64];
	struct settings settings;
	struct confine_user owner;
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->folder, "/tmp/test-socket-XXXXXX");
	if (!mkdtemp(p->folder))
		return -1;
	snprintf(p->path, sizeof(p->path), "%s/run/s", p->folder);
	p->settings.socket.path = p->path;
	p->settings.socket_mode = 0660;
	p->settings.socket_group = "";
	p->owner.uid = getuid();
	p->owner.gid = getgid();
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;
	char command[96];
	int rc;

	snprintf(command, sizeof(command), "rm -r %s", p->folder);
	rc = system(command);
	free(p);
	return rc;
}

static int
prepare(const struct place *p, struct err *err)
{
	int lock = -1;
	int rc = socket_prepare(&p->settings, &p->owner, &lock, err);

	if (lock >= 0)
		close(lock);
	return rc;
}

static int
bind_socket(const struct place *p)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, p->path);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void
test_folder_is_made(void **state)
{
	struct place *p = *state;
	struct stat st;
	struct err err;
	char folder[64];

	assert_int_equal(prepare(p, &err), 0);
	snprintf(folder, sizeof(folder), "%s/run", p->folder);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* again, with what is there */
	assert_int_equal(prepare(p, &err), 0);
}

static void
test_open_folder_is_refused(void **state)
{
	struct place *p = *state;
	struct err err;
	char folder[64];

	snprintf(folder, sizeof(folder), "%s/run", p->folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(chmod(folder, 0770), 0);
	assert_int_equal(prepare(p, &err), -1);
	assert_non_null(strstr(err.text, "chmod go-w"));
}

static void
test_leftover_is_removed(void **state)
{
	struct place *p = *state;
	struct err err;
	int fd;

	assert_int_equal(prepare(p, &err), 0);
	fd = bind_socket(p);
	/* somebody answers */
	assert_int_equal(prepare(p, &err), -1);
	assert_non_null(strstr(err.text, "another process answers"));
	assert_int_equal(access(p->path, F_OK), 0);
	/* nobody does */
	close(fd);
	assert_int_equal(prepare(p, &err), 0);
	assert_int_equal(access(p->path, F_OK), -1);
}

static void
test_other_file_is_kept(void **state)
{
	struct place *p = *state;
	struct err err;
	FILE *f;

	assert_int_equal(prepare(p, &err), 0);
	f = fopen(p->path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(prepare(p, &err), -1);
	assert_non_null(strstr(err.text, "not a socket"));
	assert_int_equal(access(p->path, F_OK), 0);
}

static void
test_mode_and_group(void **state)
{
	struct place *p = *state;
	char group[16];
	struct stat st;
	struct err err;
	int fd;

	assert_int_equal(prepare(p, &err), 0);
	fd = bind_socket(p);
	snprintf(group, sizeof(group), "%u", getgid());
	p->settings.socket_group = group;
	assert_int_equal(socket_open_up(&p->settings, &p->owner, &err), 0);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_gid, getgid());
	close(fd);
	socket_remove(&p->settings);
	assert_int_equal(access(p->path, F_OK), -1);
}

static void
test_unknown_group(void **state)
{
	struct place *p = *state;
	struct err err;

	p->settings.socket_group = "no-such-group";
	assert_int_equal(prepare(p, &err), -1);
	assert_string_equal(err.text,
	    "socket_group: there is no group \"no-such-group\"; name that of "
	    "the mail server");
}

static const struct group *
group_with_member(void)
{
	const struct group *group;

	setgrent();
	do
		group = getgrent();
	while (group && (!group->gr_mem[0] || !getpwnam(group->gr_mem[0])));
	endgrent();
	return group;
}

/* A start as the user succeeds only when it may give the socket away. */
static void
test_owner_in_group(void **state)
{
	struct place *p = *state;
	const struct passwd *nobody = getpwnam("nobody");
	const struct group *group;
	char number[16];

	assert_non_null(nobody);
	p->owner.uid = nobody->pw_uid;
	p->owner.gid = nobody->pw_gid;
	assert_true(socket_owner_in_group(&p->settings, &p->owner));
	p->settings.socket_group = "daemon";
	assert_false(socket_owner_in_group(&p->settings, &p->owner));
	snprintf(number, sizeof(number), "%u", nobody->pw_gid);
	p->settings.socket_group = number;
	assert_true(socket_owner_in_group(&p->settings, &p->owner));
	group = group_with_member();
	if (!group)
		return; /* a fresh system may have none */
	p->settings.socket_group = group->gr_name;
	p->owner.uid = getpwnam(group->gr_mem[0])->pw_uid;
	assert_true(socket_owner_in_group(&p->settings, &p->owner));
}

static void
test_exposure(void **state)
{
	static const struct {
		const char *spec, *exposure;
	} tcp[] = {
	    {"inet:1@127.0.0.1", "every user of this host"},
	    {"inet:1@127.9.9.9", "every user of this host"},
	    {"inet6:1@::1", "every user of this host"},
	    {"inet6:1@[::1]", "every user of this host"},
	    {"inet:1@0.0.0.0", "every host that reaches this one"},
	    {"inet:1@192.0.2.1", "every host that reaches this one"},
	    {"inet6:1@::", "every host that reaches this one"},
	    {"inet6:1@::ffff:127.0.0.1", "every host that reaches this one"},
	};
	struct place *p = *state;

	assert_null(socket_exposure(&p->settings));
	p->settings.socket_mode = 0666;
	assert_string_equal(
	    socket_exposure(&p->settings), "every user of this host");
	p->settings.socket_mode = 0660;
	p->settings.socket.path = NULL;
	for (size_t i = 0; i < sizeof(tcp) / sizeof(tcp[0]); i++) {
		p->settings.socket.spec = tcp[i].spec;
		assert_string_equal(
		    socket_exposure(&p->settings), tcp[i].exposure);
	}
}

/* What libmilter would only call "cannot listen". */
static void
test_tcp_hosts(void **state)
{
	static const struct {
		const char *spec, *error;
	} bad[] = {
	    {"inet:1@::1", "inet:1@::1: ::1 is an IPv6 address, which needs "
			   "\"inet6:PORT@HOST\""},
	    {"inet6:1@127.0.0.1", "127.0.0.1 is an IPv4 address, which needs "
				  "\"inet:PORT@HOST\""},
	    {"inet6:1@[127.0.0.1]", "127.0.0.1 is an IPv4 address"},
	    /* names that no resolver would ask the network about */
	    {"inet:1@no..where", "no..where has no IPv4 address: "},
	    {"inet6:1@[]", "[] has no IPv6 address"},
	    {"inet6:1@[::1", "[::1 has no IPv6 address"},
	};
	struct place *p = *state;
	struct err err;

	p->settings.socket.path = NULL;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p->settings.socket.spec = bad[i].spec;
		assert_int_equal(socket_check(&p->settings, &err), -1);
		if (!strstr(err.text, bad[i].error))
			fail_msg("%s", err.text);
		assert_int_equal(prepare(p, &err), -1);
	}
	p->settings.socket.spec = "inet6:1@[::1]";
	assert_int_equal(socket_check(&p->settings, &err), 0);
	assert_int_equal(prepare(p, &err), 0);
}

/* Nobody else looks at the socket before libmilter listens. */
static void
test_lock(void **state)
{
	struct place *p = *state;
	struct err err;
	char folder[64];
	int lock, fd;

	assert_int_equal(
	    socket_prepare(&p->settings, &p->owner, &lock, &err), 0);
	assert_true(lock >= 0);
	snprintf(folder, sizeof(folder), "%s/run", p->folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	close(lock);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_folder_is_made, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_open_folder_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_leftover_is_removed, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_other_file_is_kept, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_mode_and_group, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_unknown_group, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_owner_in_group, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_exposure, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_tcp_hosts, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
	};

	return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
