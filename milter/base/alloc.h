/*
 * alloc.h: allocation that cannot fail.
 *
 * For what the program itself sizes.  When memory is out the process dies
 * with one line; the supervisor restarts it and the mail server answers 451
 * meanwhile.  What a peer sizes goes through a capped buffer (buf.h).
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/* As malloc, calloc, reallocarray, strdup, strndup and asprintf; the result
 * is never NULL and free() releases it. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *p, size_t count, size_t size);
char *xstrdup(const char *text);
/* Copies exactly len bytes (NULs included) and adds a NUL. */
char *xstrndup(const char *data, size_t len);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
