/* Sockets between processes: who gets in, what gets through, and when. */
#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ipc.h"

#define NOBODY 65534u
#define OTHERS 65533u /* a group that nobody is in */

static char folder[64];
static char path[128];
static const struct ipc_access owner_only = {0};

static int
set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/ipc-test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	rmdir(path);
	return rmdir(folder);
}

static void
must_fail(int rc, const struct err *err, const char *text)
{
	assert_int_equal(rc, -1);
	if (!strstr(err->text, text))
		fail_msg("%s", err->text);
}

/* Two ends of a connection. */
static void
connect_pair(int *listener, int *client, int *server)
{
	struct err err;

	*listener = ipc_listen(path, &owner_only, &err);
	assert_true(*listener >= 0);
	*client = ipc_connect(path, deadline_in(10000), &err);
	assert_true(*client >= 0);
	*server = accept(*listener, NULL, NULL);
	assert_true(*server >= 0);
}

static void
close_pair(int listener, int client, int server)
{
	close(listener);
	close(client);
	close(server);
}

static void
test_packets_keep_their_borders(void **state)
{
	int listener, client, server;
	struct buf packet;
	struct err err;

	(void)state;
	connect_pair(&listener, &client, &server);
	buf_init(&packet, 100);
	assert_int_equal(ipc_send(client, slice_text("one"), 0, &err), 0);
	assert_int_equal(ipc_send(client, slice_text("two"), 0, &err), 0);
	assert_int_equal(
	    ipc_receive(server, &packet, 10, deadline_in(10000), &err), 0);
	assert_true(slice_equal(buf_slice(&packet), slice_text("one")));
	buf_clear(&packet);
	assert_int_equal(
	    ipc_receive(server, &packet, 10, deadline_in(10000), &err), 0);
	assert_true(slice_equal(buf_slice(&packet), slice_text("two")));
	buf_fini(&packet);
	close_pair(listener, client, server);
}

static void
test_packet_at_the_limit(void **state)
{
	int listener, client, server;
	struct buf packet;
	struct err err;

	(void)state;
	connect_pair(&listener, &client, &server);
	buf_init(&packet, 100);
	assert_int_equal(ipc_send(client, slice_text("12345"), 0, &err), 0);
	assert_int_equal(
	    ipc_receive(server, &packet, 5, deadline_in(10000), &err), 0);
	assert_int_equal(packet.len, 5);
	assert_int_equal(ipc_send(client, slice_text("123456"), 0, &err), 0);
	assert_int_equal(
	    ipc_receive(server, &packet, 5, deadline_in(10000), &err),
	    IPC_FAILED);
	assert_int_equal(packet.len, 5);
	buf_fini(&packet);
	close_pair(listener, client, server);
}

static void
test_deadline_passes(void **state)
{
	static unsigned char big[65536];
	enum ipc_result result;
	int listener, client, server;
	struct buf packet;
	struct err err;

	(void)state;
	connect_pair(&listener, &client, &server);
	buf_init(&packet, 100);
	assert_int_equal(
	    ipc_receive(server, &packet, 10, deadline_in(20), &err),
	    IPC_TIMEOUT);
	assert_int_equal(err.class, ERR_TEMPORARY);
	/* Nobody reads: at some point nothing more fits. */
	do
		result = ipc_send(client, slice_make(big, sizeof(big)),
		    deadline_in(20), &err);
	while (result == IPC_DONE);
	assert_int_equal(result, IPC_TIMEOUT);
	buf_fini(&packet);
	close_pair(listener, client, server);
}

static void
test_end_of_the_peer(void **state)
{
	int listener, client, server;
	struct buf packet;
	struct err err;

	(void)state;
	connect_pair(&listener, &client, &server);
	buf_init(&packet, 100);
	close(server);
	assert_int_equal(
	    ipc_receive(client, &packet, 10, deadline_in(10000), &err),
	    IPC_CLOSED);
	assert_int_equal(
	    ipc_send(client, slice_text("x"), 0, &err), IPC_CLOSED);
	buf_fini(&packet);
	close(client);
	close(listener);
}

static void
test_nobody_listens(void **state)
{
	struct err err;
	int listener;

	(void)state;
	must_fail(ipc_connect(path, deadline_in(1000), &err), &err, path);
	assert_int_equal(err.class, ERR_TEMPORARY);
	listener = ipc_listen(path, &owner_only, &err);
	close(listener);
	must_fail(ipc_connect(path, deadline_in(1000), &err), &err, path);
	assert_int_equal(err.class, ERR_TEMPORARY);
	must_fail(ipc_connect(path, deadline_in(-1), &err), &err, "timed out");
}

static void
test_queue_of_the_listener_is_full(void **state)
{
	int listener, fds[5000], n = 0;
	struct err err;

	(void)state;
	listener = ipc_listen(path, &owner_only, &err);
	assert_int_equal(listen(listener, 1), 0);
	while (n < 5000 &&
	       (fds[n] = ipc_connect(path, deadline_in(20), &err)) >= 0)
		n++;
	assert_in_range(n, 1, 10);
	assert_int_equal(err.class, ERR_TEMPORARY);
	while (n > 0)
		close(fds[--n]);
	close(listener);
}

static void
test_socket_left_behind(void **state)
{
	int first, second;
	struct err err;

	(void)state;
	first = ipc_listen(path, &owner_only, &err);
	assert_true(first >= 0);
	must_fail(ipc_listen(path, &owner_only, &err), &err,
	    "another process answers");
	close(first);
	second = ipc_listen(path, &owner_only, &err);
	assert_true(second >= 0);
	close(second);
}

static void
test_something_else_is_there(void **state)
{
	struct err err;
	int fd;

	(void)state;
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	must_fail(ipc_listen(path, &owner_only, &err), &err, "is not a socket");
	assert_int_equal(access(path, F_OK), 0);
}

static void
test_path_too_long(void **state)
{
	char name[200];
	struct err err;
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "%s/%.*s", folder,
	    (int)(107 - strlen(folder) - 1),
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(strlen(name), 107);
	fd = ipc_listen(name, &owner_only, &err);
	assert_true(fd >= 0);
	close(fd);
	unlink(name);
	strcat(name, "a");
	must_fail(ipc_listen(name, &owner_only, &err), &err, "107 characters");
	must_fail(
	    ipc_connect(name, deadline_in(1000), &err), &err, "107 characters");
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	return st.st_mode & 07777;
}

static void
test_modes(void **state)
{
	struct ipc_access group = {.has_group = true, .gid = getgid()};
	mode_t saved = umask(0);
	struct err err;
	int fd;

	(void)state;
	fd = ipc_listen(path, &owner_only, &err);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(umask(saved), 0);
	close(fd);
	fd = ipc_listen(path, &group, &err);
	assert_int_equal(mode_of(path), 0660);
	close(fd);
}

static void
test_folder_is_made(void **state)
{
	struct ipc_access group = {.has_group = true, .gid = getgid()};
	char inner[128], name[160];
	struct err err;

	(void)state;
	snprintf(inner, sizeof(inner), "%s/run", folder);
	snprintf(name, sizeof(name), "%s/run/socket", folder);
	assert_int_equal(
	    ipc_prepare_folder(name, &owner_only, geteuid(), &err), 0);
	assert_int_equal(mode_of(inner), 0700);
	/* There now, and good. */
	assert_int_equal(
	    ipc_prepare_folder(name, &owner_only, geteuid(), &err), 0);
	must_fail(ipc_prepare_folder(name, &group, geteuid(), &err), &err,
	    "cannot get into it");
	assert_int_equal(rmdir(inner), 0);
	assert_int_equal(ipc_prepare_folder(name, &group, geteuid(), &err), 0);
	assert_int_equal(mode_of(inner), 0710);
	chmod(inner, 0730);
	must_fail(ipc_prepare_folder(name, &group, geteuid(), &err), &err,
	    "chmod go-w");
	chmod(inner, 01777);
	must_fail(ipc_prepare_folder(name, &owner_only, geteuid(), &err), &err,
	    "chmod go-w");
	assert_int_equal(rmdir(inner), 0);
	snprintf(name, sizeof(name), "%s/no/such/socket", folder);
	must_fail(ipc_prepare_folder(name, &owner_only, geteuid(), &err), &err,
	    "cannot make the folder of the socket: No such file or "
	    "directory; run: install -d -o ");
	assert_non_null(strstr(err.text, " -m 0700 "));
	must_fail(ipc_prepare_folder(name, &group, geteuid(), &err), &err,
	    " -m 0750 ");
	assert_non_null(strstr(err.text, " -g "));
}

static void
test_folder_is_given_away_by_root(void **state)
{
	struct ipc_access group = {.has_group = true, .gid = OTHERS};
	char inner[128], name[160];
	struct stat st;
	struct err err;

	(void)state;
	if (geteuid() != 0)
		unit_skip("not root");
	snprintf(inner, sizeof(inner), "%s/run", folder);
	snprintf(name, sizeof(name), "%s/run/socket", folder);
	assert_int_equal(ipc_prepare_folder(name, &group, NOBODY, &err), 0);
	assert_int_equal(stat(inner, &st), 0);
	assert_int_equal(st.st_uid, NOBODY);
	assert_int_equal(st.st_gid, OTHERS);
	assert_int_equal(rmdir(inner), 0);
}

/* In a child: connects as that user with those groups and waits. */
static pid_t
connect_as(uid_t uid, gid_t gid, size_t count, const gid_t *groups)
{
	struct err err;
	pid_t pid = fork();
	char byte;
	int fd;

	if (pid != 0)
		return pid;
	if (setgroups(count, groups) || setgid(gid) || setuid(uid))
		_exit(2);
	fd = ipc_connect(path, deadline_in(10000), &err);
	_exit(fd >= 0 && recv(fd, &byte, 1, 0) == 0 ? 0 : 1);
}

static void
test_who_the_peer_is(void **state)
{
	gid_t groups[] = {NOBODY, OTHERS};
	struct ipc_peer peer;
	struct err err;
	int listener, fd, status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		unit_skip("not root");
	listener = ipc_listen(path, &owner_only, &err);
	chmod(folder, 0711);
	chmod(path, 0666);
	fcntl(listener, F_SETFL, 0);
	pid = connect_as(NOBODY, NOBODY, 2, groups);
	fd = accept(listener, NULL, NULL);
	assert_int_equal(ipc_peer_get(fd, &peer, &err), 0);
	assert_int_equal(peer.pid, pid);
	assert_int_equal(peer.uid, NOBODY);
	assert_int_equal(peer.gid, NOBODY);
	assert_true(ipc_peer_in_group(fd, NOBODY));
	assert_true(ipc_peer_in_group(fd, OTHERS));
	assert_false(ipc_peer_in_group(fd, 0));
	assert_false(ipc_peer_in_group(fd, OTHERS - 1));
	close(fd);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_packets_keep_their_borders, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_packet_at_the_limit, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_deadline_passes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_end_of_the_peer, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_nobody_listens, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_queue_of_the_listener_is_full, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_socket_left_behind, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_something_else_is_there, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_path_too_long, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_modes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_folder_is_made, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_folder_is_given_away_by_root, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_who_the_peer_is, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
