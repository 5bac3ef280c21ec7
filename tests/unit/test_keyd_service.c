/*
 * Who may talk to the key process, and that nobody can look into it: the
 * milter's user in particular, who may ask for signatures.
 */
#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ipc.h"
#include "unit/key_identity.h"
#include "unit/keyd_fixture.h"

#define KEYD_USER  "65534"
#define KEYD_UID   65534u
#define MILTER_UID 65533u
/* Debian's users and nogroup; any that exist. */
#define MILTER_GROUP "100"
#define MILTER_GID   100u
#define OTHER_GID    65532u

static struct keyd_fixture keyd;

static int
tear_down(void **state)
{
	(void)state;
	keyd_fixture_stop(&keyd);
	return 0;
}

static bool
is_root(void)
{
	return geteuid() == 0;
}

/* Runs step in a child of that user; its answer. */
static bool
as_user(uid_t uid, gid_t gid, bool (*step)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setgroups(1, &gid) || setgid(gid) || setuid(uid))
			_exit(2);
		_exit(step() ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	assert_in_range(status >> 8, 0, 1);
	return status == 0;
}

static bool
gets_an_answer(void)
{
	struct key_client *client = key_client_new(keyd.socket, 1, 60000);
	char *version = NULL;
	struct err err;
	int rc;

	rc = key_hello(client, &version, &err);
	free(version);
	key_client_free(client);
	return rc == 0;
}

static mode_t
mode_of(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, uid);
	assert_int_equal(st.st_gid, gid);
	return st.st_mode & 07777;
}

static void
test_without_a_group(void **state)
{
	(void)state;
	if (!is_root())
		unit_skip("not root");
	keyd_fixture_start_as(&keyd, KEYD_USER, NULL);
	assert_int_equal(mode_of(keyd.run_folder, KEYD_UID, 0), 0700);
	assert_int_equal(mode_of(keyd.socket, KEYD_UID, KEYD_UID), 0600);
	assert_true(gets_an_answer());
	assert_true(as_user(KEYD_UID, KEYD_UID, gets_an_answer));
	assert_false(as_user(MILTER_UID, MILTER_GID, gets_an_answer));
	/* Open modes, by mistake: the process itself looks who it is. */
	chmod(keyd.run_folder, 0755);
	chmod(keyd.socket, 0666);
	assert_false(as_user(MILTER_UID, MILTER_GID, gets_an_answer));
	assert_false(as_user(MILTER_UID, 0, gets_an_answer));
	assert_true(gets_an_answer());
}

static void
test_with_a_group(void **state)
{
	(void)state;
	if (!is_root())
		unit_skip("not root");
	keyd_fixture_start_as(&keyd, KEYD_USER, MILTER_GROUP);
	assert_int_equal(mode_of(keyd.run_folder, KEYD_UID, MILTER_GID), 0710);
	assert_int_equal(mode_of(keyd.socket, KEYD_UID, MILTER_GID), 0660);
	assert_true(as_user(MILTER_UID, MILTER_GID, gets_an_answer));
	assert_false(as_user(MILTER_UID, OTHER_GID, gets_an_answer));
	chmod(keyd.run_folder, 0755);
	chmod(keyd.socket, 0666);
	assert_false(as_user(MILTER_UID, OTHER_GID, gets_an_answer));
	assert_true(as_user(MILTER_UID, MILTER_GID, gets_an_answer));
}

static bool
opens(const char *name)
{
	char *path = xasprintf("/proc/%d/%s", (int)keyd.pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	free(path);
	return fd >= 0;
}

static bool
sees_memory(void)
{
	char local[16];
	struct iovec here = {local, sizeof(local)};
	struct iovec there = {(void *)(uintptr_t)&keyd, sizeof(local)};

	return opens("mem") || opens("maps") || opens("environ") ||
	       opens("auxv") ||
	       process_vm_readv(keyd.pid, &here, 1, &there, 1, 0) >= 0 ||
	       errno != EPERM;
}

static bool
traces(void)
{
	return ptrace(PTRACE_ATTACH, keyd.pid, NULL, NULL) == 0 ||
	       ptrace(PTRACE_SEIZE, keyd.pid, NULL, NULL) == 0;
}

/* Neither the milter's user nor keyd's own user gets at the memory. */
static void
test_memory_is_out_of_reach(void **state)
{
	(void)state;
	if (!is_root())
		unit_skip("not root");
	keyd_fixture_start_as(&keyd, KEYD_USER, MILTER_GROUP);
	assert_false(as_user(MILTER_UID, MILTER_GID, sees_memory));
	assert_false(as_user(MILTER_UID, MILTER_GID, traces));
	assert_false(as_user(KEYD_UID, KEYD_UID, sees_memory));
	assert_false(as_user(KEYD_UID, KEYD_UID, traces));
	assert_true(gets_an_answer());
}

/* Many more connections than there are places, none of which says a word or
 * which all send garbage: others are served. */
static void
test_peers_that_do_nothing(void **state)
{
	int fds[2 * LIMIT_KEYD_CONNECTIONS];
	struct key_identity identity;
	struct key_client *client;
	struct err err;

	(void)state;
	keyd_fixture_start(&keyd);
	client = key_client_new(keyd.socket, 1, KEY_TIMEOUT_MS);
	for (size_t i = 0; i < 2 * LIMIT_KEYD_CONNECTIONS; i++) {
		fds[i] = ipc_connect(keyd.socket, deadline_in(60000), &err);
		assert_true(fds[i] >= 0);
	}
	key_identity_open(&identity, client, "P-256");
	for (size_t i = 0; i < 2 * LIMIT_KEYD_CONNECTIONS; i++)
		(void)send(fds[i], "garbage", 7, MSG_NOSIGNAL);
	assert_true(gets_an_answer());
	for (size_t i = 0; i < 2 * LIMIT_KEYD_CONNECTIONS; i++)
		close(fds[i]);
	assert_true(gets_an_answer());
	key_identity_close(&identity);
	key_client_free(client);
}

/* A peer that asks and asks and never reads loses his connection. */
static void
test_peer_that_does_not_read(void **state)
{
	struct key_message hello = {.operation = KEY_HELLO};
	enum ipc_result result;
	struct buf packet;
	struct err err;
	int fd;

	(void)state;
	keyd_fixture_start(&keyd);
	buf_init(&packet, KEY_MESSAGE_MAX);
	assert_int_equal(key_message_encode(&hello, &packet, &err), 0);
	fd = ipc_connect(keyd.socket, deadline_in(60000), &err);
	do
		result =
		    ipc_send(fd, buf_slice(&packet), deadline_in(60000), &err);
	while (result == IPC_DONE);
	assert_int_equal(result, IPC_CLOSED);
	assert_true(gets_an_answer());
	close(fd);
	buf_fini(&packet);
}

/* A packet over the cap, and descriptors that nobody asked for. */
static void
test_strange_packets(void **state)
{
	static unsigned char big[KEY_MESSAGE_MAX + 1];
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec data = {big, KEY_HEAD_SIZE};
	struct msghdr message = {.msg_iov = &data,
	    .msg_iovlen = 1,
	    .msg_control = control.space,
	    .msg_controllen = sizeof(control.space)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	struct err err;
	char byte;
	int fd;

	(void)state;
	keyd_fixture_start(&keyd);
	fd = ipc_connect(keyd.socket, deadline_in(60000), &err);
	assert_int_equal(
	    send(fd, big, sizeof(big), MSG_NOSIGNAL), (ssize_t)sizeof(big));
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
	fd = ipc_connect(keyd.socket, deadline_in(60000), &err);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), KEY_HEAD_SIZE);
	assert_int_equal(recv(fd, &byte, 1, MSG_TRUNC) > 0, 1);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
	assert_true(gets_an_answer());
}

/* Signatures do not wait for keys that are being made. */
static void
test_slow_lane(void **state)
{
	struct key_message make = {
	    .operation = KEY_GENERATE, .algorithm = KEY_ALG_NEW_RSA4096};
	struct buf packet;
	struct err err;
	int fds[8];

	(void)state;
	keyd_fixture_start(&keyd);
	buf_init(&packet, KEY_MESSAGE_MAX);
	assert_int_equal(key_message_encode(&make, &packet, &err), 0);
	for (int i = 0; i < 8; i++) {
		fds[i] = ipc_connect(keyd.socket, deadline_in(60000), &err);
		assert_int_equal(
		    ipc_send(fds[i], buf_slice(&packet), 0, &err), IPC_DONE);
	}
	for (int i = 0; i < 50; i++)
		assert_true(gets_an_answer());
	/* They are still at it: the last one has no answer yet. */
	buf_clear(&packet);
	assert_int_equal(
	    ipc_receive(fds[7], &packet, KEY_MESSAGE_MAX, deadline_in(0), &err),
	    IPC_TIMEOUT);
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	buf_fini(&packet);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_without_a_group, tear_down),
	    cmocka_unit_test_teardown(test_with_a_group, tear_down),
	    cmocka_unit_test_teardown(test_memory_is_out_of_reach, tear_down),
	    cmocka_unit_test_teardown(test_peers_that_do_nothing, tear_down),
	    cmocka_unit_test_teardown(test_peer_that_does_not_read, tear_down),
	    cmocka_unit_test_teardown(test_strange_packets, tear_down),
	    cmocka_unit_test_teardown(test_slow_lane, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
