/*
 * record_inbound.h: the log lines of mail from outside; see record.h.
 *
 *   verified  from [shadow] status [detail] [signer] intact trusted [digest]
 *             address usage time revocation level [unmet] [forged]
 *   decrypted from nrcpt [shadow] [copy] cert cipher integrity [again]
 *             [unmet] [forged]
 *   passed    from nrcpt [shadow] [copy] reason [unmet] [forged] [recipients]
 *   refused   from nrcpt [shadow] reason [forged]
 *
 * Signed mail has a verified line, encrypted mail one of the next two, or both
 * when not everybody gets the plaintext: then the ciphertext is copy=1/2.
 * What is neither has a passed line.  unmet: what was asked of its author;
 * forged: it had fields that only we may write.  Where there is a verified
 * line these two stand in no other.
 * recipients: for whom a mail is that was not opened, foreign text.
 */
#ifndef GATEWAY_RECORD_INBOUND_H
#define GATEWAY_RECORD_INBOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/record.h"
#include "policy/inbound.h"
#include "smime/layers.h"

struct record_inbound {
	struct record message;
	const struct inbound_plan *plan;
	const struct smime_layers *layers; /* NULL: no S/MIME */
	bool forged;			   /* it had fields of ours */
};

/* The plan as it was carried out, or refused, or what shadow mode has kept it
 * from. */
void record_inbound(const struct record_inbound *r);

#endif
