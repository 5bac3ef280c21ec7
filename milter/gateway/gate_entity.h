/*
 * gate_entity.h: reading back one finished S/MIME entity, for the gate.
 */
#ifndef GATEWAY_GATE_ENTITY_H
#define GATEWAY_GATE_ENTITY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"
#include "cert/certificate.h"

struct gate_entity {
	struct slice content_type;	/* field body */
	struct slice transfer_encoding; /* the same; empty: no such field */
	struct slice disposition;	/* the same */
	struct slice_list body;
};

/* Is it multipart/signed of exactly two parts, or, opaque, signed-data with
 * its content, and is signer its one signer? */
int gate_entity_signed(const struct gate_entity *e, bool opaque,
    const struct certificate *signer, struct err *err) MUST_USE;

/* Is it enveloped-data, or with authenticated auth-enveloped-data, to exactly
 * these certificates, each once?  to may hold some several times. */
int gate_entity_enveloped(const struct gate_entity *e, bool authenticated,
    const struct certificate_list *to, struct err *err) MUST_USE;

#endif
