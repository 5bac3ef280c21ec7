/* pid_file.c: see pid_file.h.  Main thread. */
#include "daemon/pid_file.h"

#include <stdio.h>
#include <unistd.h>

#include "base/io.h"

int
pid_file_write(const char *path, struct err *err)
{
	char text[32];

	if (!*path)
		return 0;
	snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (io_write_file(path, slice_text(text), 0644, err))
		return err_prefix(err, "pid_file");
	return 0;
}

void
pid_file_remove(const char *path)
{
	if (*path)
		(void)unlink(path);
}
