/*
 * authres.h: Authentication-Results (RFC 8601, RFC 7281), as far as it
 * concerns us: whose is a field that comes from outside?
 */
#ifndef GATEWAY_AUTHRES_H
#define GATEWAY_AUTHRES_H

#include "base/slice.h"

#define AUTHRES_FIELD "Authentication-Results"

enum authres_claim {
	AUTHRES_OTHERS = 0, /* of another server, whatever it says */
	AUTHRES_OURS,	    /* in our name, but not about S/MIME */
	AUTHRES_SMIME	    /* in our name and about S/MIME, or so written
	                     * that readers will disagree on it */
};

/*
 * Whose is the field with this body, if own_id (not empty) is our
 * authserv-id?  Names are compared in any case and spelling, also quoted, as
 * A-label or U-label and with a final dot.  A field that is not by the grammar
 * is AUTHRES_SMIME when our name, the word "smime" or an encoded word is
 * anywhere in it; one in our name when one of these words is, if only in a
 * comment, quoted or split by one, or when its rest is not by the grammar.
 * Takes time linear in the length.
 */
enum authres_claim authres_read(struct slice body, const char *own_id);

#endif
