/*
 * err.h: what failed, on what, and of which class.
 *
 * A function that can fail returns 0 or -1 and fills a struct err, which the
 * caller owns.  Nobody logs on the way up: the one who knows what the failure
 * means for the mail or the command does.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_TEXT_MAX 512

#define MUST_USE __attribute__((warn_unused_result))

/* What a caller may do about it. */
enum err_class {
	ERR_NONE = 0,
	ERR_TEMPORARY, /* try again later: a process or database is away */
	ERR_PERMANENT, /* the input is not usable and never will be */
	ERR_NOT_FOUND, /* the named object does not exist */
	ERR_POLICY,    /* possible, but not allowed */
	ERR_BUG	       /* our own mistake */
};

struct err {
	enum err_class class;
	char text[ERR_TEXT_MAX]; /* one line, no final newline; cut to fit */
};

/* Fills err and returns -1, so that a failure is one statement. */
int err_set(struct err *err, enum err_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set, followed by ": " and what errno says. */
int err_set_errno(struct err *err, enum err_class class, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* As err_set, followed by ": " and the reasons in OpenSSL's error queue of
 * this thread, which is empty afterwards. */
int err_set_crypto(struct err *err, enum err_class class, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Puts "text: " before what err already says and returns -1. */
int err_prefix(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
