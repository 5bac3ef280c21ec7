/*
 * keyd_complain.h: log lines that a peer can cause, and not without end.
 */
#ifndef KEYD_KEYD_COMPLAIN_H
#define KEYD_KEYD_COMPLAIN_H

/* A warning, unless there were LIMIT_KEYD_COMPLAINTS in this second; the
 * next one that is written says how many were not. */
void keyd_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
