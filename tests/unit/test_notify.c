/* systemd hears of it when it wants to, and nobody minds otherwise. */
#include "unit/unit.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/notify.h"

static int
bind_abstract(char *name, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t len;

	snprintf(name, size, "@test-notify-%ld", (long)getpid());
	strcpy(address.sun_path + 1, name + 1);
	len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
	return fd;
}

static void
test_abstract_socket(void **state)
{
	char name[64], got[64];
	int fd = bind_abstract(name, sizeof(name));
	ssize_t n;

	(void)state;
	setenv("NOTIFY_SOCKET", name, 1);
	notify_supervisor("READY=1");
	n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
	assert_int_equal(n, 7);
	assert_memory_equal(got, "READY=1", 7);
	close(fd);
}

static void
test_nobody_listens(void **state)
{
	char too_long[200];

	(void)state;
	memset(too_long, 'x', sizeof(too_long));
	too_long[0] = '/';
	too_long[sizeof(too_long) - 1] = '\0';
	unsetenv("NOTIFY_SOCKET");
	notify_supervisor("READY=1");
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	notify_supervisor("READY=1");
	setenv("NOTIFY_SOCKET", "", 1);
	notify_supervisor("READY=1");
	setenv("NOTIFY_SOCKET", too_long, 1);
	notify_supervisor("READY=1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_abstract_socket),
	    cmocka_unit_test(test_nobody_listens),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
