/*
 * gate_cms.h: who signed, and who can open, a finished CMS; for the gate.
 */
#ifndef GATEWAY_GATE_CMS_H
#define GATEWAY_GATE_CMS_H

#include <stdbool.h>

#include "base/err.h"
#include "cert/certificate.h"
#include "gateway/armor.h"

/* Is it SignedData about id-data, with its content inside or (detached)
 * without, whose one and only SignerInfo names signer?  ERR_BUG if not. */
int gate_cms_signed(struct armor *a, bool detached,
    const struct certificate *signer, struct err *err) MUST_USE;

/* Is it EnvelopedData, or with authenticated AuthEnvelopedData, whose
 * RecipientInfos name exactly these certificates, each once?  to may hold some
 * several times.  ERR_BUG if not. */
int gate_cms_enveloped(struct armor *a, bool authenticated,
    const struct certificate_list *to, struct err *err) MUST_USE;

#endif
