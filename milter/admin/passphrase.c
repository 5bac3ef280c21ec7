/*
 * passphrase.c: see passphrase.h.  One thread.  A signal that ends the
 * program while it asks is held until the terminal echoes again.
 */
#include "admin/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "admin/complain.h"
#include "base/io.h"
#include "base/limits.h"

void
passphrase_init(struct passphrase *p, const char *file, const char *what)
{
	*p = (struct passphrase){.file = file, .what = what};
	buf_init(&p->text, LIMIT_PASSPHRASE);
}

void
passphrase_fini(struct passphrase *p)
{
	buf_wipe(&p->text);
}

/* Keeps the first line only. */
static void
cut_line(struct buf *text)
{
	struct slice all = buf_slice(text);

	text->len = slice_find(all, '\n', 0);
	if (text->len > 0 && text->data[text->len - 1] == '\r')
		text->len--;
}

static int
read_from_file(struct passphrase *p, struct err *err)
{
	struct stat st;

	/* A pipe, as of <(...), is nobody else's to read. */
	if (stat(p->file, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRWXG | S_IRWXO)))
		complain("warning: %s: mode %04o lets others read the "
			 "passphrase; run: chmod 0400 %s",
		    p->file, st.st_mode & 07777u, p->file);
	if (io_read_file(p->file, &p->text, err))
		return -1;
	cut_line(&p->text);
	return 0;
}

/* Signals */

static const int ending[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};

#define ENDING_COUNT (sizeof(ending) / sizeof(*ending))

static volatile sig_atomic_t caught;

static void
catch_signal(int number)
{
	caught = number;
}

/* Blocked but for the moment of waiting: one that comes just before would
 * be noticed too late. */
struct held {
	struct sigaction actions[ENDING_COUNT];
	sigset_t mask;
};

static void
hold_signals(struct held *old)
{
	struct sigaction hold = {.sa_handler = catch_signal};
	sigset_t block;

	caught = 0;
	sigemptyset(&hold.sa_mask);
	sigemptyset(&block);
	for (size_t i = 0; i < ENDING_COUNT; i++)
		(void)sigaddset(&block, ending[i]);
	(void)sigprocmask(SIG_BLOCK, &block, &old->mask);
	for (size_t i = 0; i < ENDING_COUNT; i++)
		(void)sigaction(ending[i], &hold, &old->actions[i]);
}

static void
release_signals(const struct held *old)
{
	for (size_t i = 0; i < ENDING_COUNT; i++)
		(void)sigaction(ending[i], &old->actions[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &old->mask, NULL);
	if (caught)
		(void)raise(caught);
}

/* The terminal */

/* One line; the terminal hands over nothing before it is whole. */
static int
read_line(int fd, const sigset_t *mask, struct passphrase *p, struct err *err)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	ssize_t n = 0;
	char c = '\0';

	if (ppoll(&wait, 1, NULL, mask) == 1)
		while ((n = read(fd, &c, 1)) == 1 && c != '\n')
			buf_add_char(&p->text, c);
	if (n != 1)
		return err_set(err, ERR_PERMANENT, "no passphrase given");
	if (!buf_ok(&p->text))
		return err_set(err, ERR_PERMANENT,
		    "%s: a passphrase has at most %u bytes", p->what,
		    LIMIT_PASSPHRASE);
	return 0;
}

static int
ask_silently(int fd, struct passphrase *p, struct err *err)
{
	struct termios old, silent;
	struct held signals;
	int rc;

	if (tcgetattr(fd, &old))
		return err_set_errno(err, ERR_TEMPORARY, "the terminal");
	silent = old;
	silent.c_lflag &= (tcflag_t)~ECHO;
	silent.c_lflag |= ECHONL;
	hold_signals(&signals);
	if (tcsetattr(fd, TCSAFLUSH, &silent)) {
		rc = err_set_errno(err, ERR_TEMPORARY, "the terminal");
	} else {
		(void)dprintf(fd, "Passphrase of %s: ", p->what);
		rc = read_line(fd, &signals.mask, p, err);
		(void)tcsetattr(fd, TCSAFLUSH, &old);
	}
	release_signals(&signals);
	return rc;
}

static int
ask(struct passphrase *p, struct err *err)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), rc;

	if (fd < 0)
		return err_set(err, ERR_PERMANENT,
		    "needs a passphrase, and there is no terminal to ask at; "
		    "give --passphrase-file FILE");
	rc = ask_silently(fd, p, err);
	close(fd);
	return rc;
}

int
passphrase_get(struct passphrase *p, const char **out, struct err *err)
{
	if (!p->known) {
		buf_clear(&p->text);
		if (p->file ? read_from_file(p, err) : ask(p, err))
			return -1;
		p->known = true;
	}
	*out = buf_text(&p->text);
	return 0;
}
