/*
 * text.h: what text options must look like.
 */
#ifndef SETTINGS_TEXT_H
#define SETTINGS_TEXT_H

#include <stdbool.h>

/* Begins with "/". */
bool text_is_path(const char *text);
bool text_is_path_or_empty(const char *text);

/* Printable ASCII without blanks and quotes. */
bool text_is_name(const char *text);
bool text_is_name_or_empty(const char *text);

/* No control characters, no blanks at the ends. */
bool text_is_clean(const char *text);
bool text_is_clean_or_empty(const char *text);

/* The name of a header field (RFC 5322 3.6.8), or "". */
bool text_is_field_or_empty(const char *text);

/* Small letters, digits and "-", up to 64 of them; but neither "none" nor
 * "inherit", which mean something else where a disclaimer is named. */
bool text_is_disclaimer(const char *text);

/* "sqlite:" and a path. */
bool text_is_store(const char *text);

/* "unix:" and a path that fits a socket address, or "inet:" or "inet6:" and
 * PORT@HOST. */
bool text_is_socket(const char *text);

#endif
