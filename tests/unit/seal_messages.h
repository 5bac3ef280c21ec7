/*
 * seal_messages.h: entities of any structure that mail has, and what mail
 * servers do to every message, by chance; the same in every run.
 */
#ifndef TESTS_UNIT_SEAL_MESSAGES_H
#define TESTS_UNIT_SEAL_MESSAGES_H

#include "base/buf.h"

/* Appends the entity with that number: text, pages, pictures, attachments,
 * forwarded messages, in multiparts of all kinds, in any encoding. */
void seal_entity_make(unsigned number, struct buf *out);

/* Appends the message as it arrives: with trace fields, its Content-* fields
 * folded anew, white space behind its end. */
void seal_message_carry(unsigned number, struct slice message, struct buf *out);

#endif
