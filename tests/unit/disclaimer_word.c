/* disclaimer_word.c: see disclaimer_word.h. */
#include "unit/disclaimer_word.h"

const char *
disclaimer_word(enum disclaimer_result r)
{
	static const char *const names[] = {
	    [DISCLAIMER_ADDED] = "added",
	    [DISCLAIMER_PRESENT] = "present",
	    [DISCLAIMER_NO_BODY] = "no-body",
	    [DISCLAIMER_INNER_SIGNED] = "inner-signed",
	    [DISCLAIMER_INNER_ENCRYPTED] = "inner-encrypted",
	    [DISCLAIMER_INLINE_PGP] = "inline-pgp",
	    [DISCLAIMER_BROKEN] = "broken",
	    [DISCLAIMER_CHARSET] = "charset",
	    [DISCLAIMER_TOO_COMPLEX] = "too-complex",
	};

	return names[r];
}
