/*
 * disclaimer_present.h: does a message carry a disclaimer already?
 */
#ifndef MAIL_DISCLAIMER_PRESENT_H
#define MAIL_DISCLAIMER_PRESENT_H

#include <stdbool.h>

#include "mail/disclaimer_body.h"

/*
 * Is the text, or the HTML, of the disclaimer in any of the bodies?  Letters
 * and digits are compared, without the case of ASCII ones: neither quoting,
 * line breaks, blanks and punctuation nor tags matter.  Where a template has a
 * placeholder up to LIMIT_ADDRESS bytes of letters may stand.  A template
 * with fewer than LIMIT_DISCLAIMER_LITERAL bytes of letters is looked for as
 * it was filled in, and what has fewer even then is never found.
 *
 * Linear in the bodies, times the placeholders, in constant memory.
 */
bool disclaimer_is_present(const struct disclaimer_bodies *bodies,
    const struct disclaimer_template *t, const struct disclaimer *d);

#endif
