/*
 * names.h: people, domains and logins in options, in canonical form
 * (mail/address.h), so that what is compared with them later needs no second
 * look.
 */
#ifndef SETTINGS_NAMES_H
#define SETTINGS_NAMES_H

#include "base/err.h"

/* Each returns a string that the caller frees; permanent error when text is
 * none of that kind. */
typedef int name_fn(const char *text, char **out, struct err *err) MUST_USE;

name_fn name_domain;	       /* "example.org" */
name_fn name_pattern;	       /* the same, or "*.example.org": all below it */
name_fn name_address;	       /* "alice@example.org" */
name_fn name_optional_address; /* the same, or "" */
name_fn name_author;	       /* the same, or "@example.org": all of it */
name_fn name_login;	       /* an address, or "alice" */
name_fn name_disclaimer;       /* see text.h; "" for "none" */

#endif
