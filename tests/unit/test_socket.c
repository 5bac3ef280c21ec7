/* The socket's surroundings: folder, leftovers, owner and mode. */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/socket.h"

struct place {
	char folder[32];
	char path[64];
	struct settings settings;
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

	assert_int_equal(socket_prepare(&p->settings, getuid(), &err), 0);
	snprintf(folder, sizeof(folder), "%s/run", p->folder);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* again, with what is there */
	assert_int_equal(socket_prepare(&p->settings, getuid(), &err), 0);
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
	assert_int_equal(socket_prepare(&p->settings, getuid(), &err), -1);
	assert_non_null(strstr(err.text, "chmod go-w"));
}

static void
test_leftover_is_removed(void **state)
{
	struct place *p = *state;
	struct err err;
	int fd;

	assert_int_equal(socket_prepare(&p->settings, getuid(), &err), 0);
	fd = bind_socket(p);
	/* somebody answers */
	assert_int_equal(socket_prepare(&p->settings, getuid(), &err), -1);
	assert_non_null(strstr(err.text, "another process answers"));
	assert_int_equal(access(p->path, F_OK), 0);
	/* nobody does */
	close(fd);
	assert_int_equal(socket_prepare(&p->settings, getuid(), &err), 0);
	assert_int_equal(access(p->path, F_OK), -1);
}

static void
test_other_file_is_kept(void **state)
{
	struct place *p = *state;
	struct err err;
	FILE *f;

	assert_int_equal(socket_prepare(&p->settings, getuid(), &err), 0);
	f = fopen(p->path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(socket_prepare(&p->settings, getuid(), &err), -1);
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

	assert_int_equal(socket_prepare(&p->settings, getuid(), &err), 0);
	fd = bind_socket(p);
	snprintf(group, sizeof(group), "%u", getgid());
	p->settings.socket_group = group;
	assert_int_equal(socket_open_up(&p->settings, getuid(), &err), 0);
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
	assert_int_equal(socket_prepare(&p->settings, getuid(), &err), -1);
	assert_string_equal(
	    err.text, "socket_group: no such group: no-such-group");
}

static void
test_open_to_all(void **state)
{
	struct place *p = *state;

	assert_false(socket_is_open_to_all(&p->settings));
	p->settings.socket_mode = 0666;
	assert_true(socket_is_open_to_all(&p->settings));
	p->settings.socket_mode = 0660;
	p->settings.socket.path = NULL; /* TCP */
	assert_true(socket_is_open_to_all(&p->settings));
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
	    cmocka_unit_test_setup_teardown(test_open_to_all, setup, teardown),
	};

	return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
