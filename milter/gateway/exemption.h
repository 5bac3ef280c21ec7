/*
 * exemption.h: what makes a message one that policy can leave alone (A9,
 * rules N3 and N4).
 *
 * Facts only; which of them count is for the policy to say.  The answers are
 * sets (base/setting.h).
 */
#ifndef GATEWAY_EXEMPTION_H
#define GATEWAY_EXEMPTION_H

#include <stdbool.h>

#include "base/setting.h"
#include "mail/header.h"
#include "mail/mime_scan.h"

/* What envelope and header tell. */
unsigned exemptions_of_header(const struct header *header, bool null_sender);

/* What only the body tells: an invitation inside it. */
unsigned exemptions_of_body(const struct mime_tree *tree);

#endif
