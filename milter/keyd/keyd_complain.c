/* keyd_complain.c: see keyd_complain.h.  Any thread; rare, so one lock. */
#include "keyd/keyd_complain.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/log.h"

static struct {
	pthread_mutex_t lock;
	int64_t second;
	unsigned written; /* in that second */
	unsigned dropped; /* since the last one that was written */
} complaints = {.lock = PTHREAD_MUTEX_INITIALIZER, .second = -1};

/* May one more be written?  How many were not before it? */
static bool
take_turn(unsigned *dropped)
{
	int64_t now = clock_monotonic_ms() / 1000;
	bool turn;

	pthread_mutex_lock(&complaints.lock);
	if (now != complaints.second) {
		complaints.second = now;
		complaints.written = 0;
	}
	turn = complaints.written < LIMIT_KEYD_COMPLAINTS;
	if (turn) {
		complaints.written++;
		*dropped = complaints.dropped;
		complaints.dropped = 0;
	} else {
		complaints.dropped++;
	}
	pthread_mutex_unlock(&complaints.lock);
	return turn;
}

void
keyd_complain(const char *format, ...)
{
	char text[ERR_TEXT_MAX];
	unsigned dropped;
	va_list ap;

	if (!take_turn(&dropped))
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (dropped > 0)
		log_warning("%u warnings like the next were left out", dropped);
	log_warning("%s", text);
}
