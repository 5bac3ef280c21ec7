/*
 * recipient_info.h: the RecipientInfos of an encrypted message (RFC 5652
 * 6.2), as far as a key of ours may open one.
 *
 * Key transport and key agreement are read; all others (passwords, KEMs:
 * rule Q1) are passed over.  Slices borrow from the message.
 */
#ifndef SMIME_RECIPIENT_INFO_H
#define SMIME_RECIPIENT_INFO_H

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"
#include "smime/cms_id.h"
#include "smime/tlv.h"

enum recipient_kind {
	RECIPIENT_OTHER = 0, /* nothing below is filled */
	RECIPIENT_TRANSPORT,
	RECIPIENT_AGREEMENT
};

struct recipient_info {
	enum recipient_kind kind;
	struct cms_id id;
	struct tlv_algorithm algorithm; /* keyEncryptionAlgorithm */
	struct slice encrypted_key;
	/* Key agreement only */
	bool has_point;	    /* the originator sent an ephemeral key */
	struct slice point; /* content of its BIT STRING */
	struct slice ukm;   /* whole OCTET STRING, or empty */
};

/* One recipient after the other: a RecipientInfo of key agreement may be for
 * several. */
struct recipient_reader {
	struct tlv infos;
	size_t count;	 /* so far */
	bool in_keys;	 /* inside RecipientEncryptedKeys */
	struct tlv info; /* around keys */
	struct tlv keys;
	struct recipient_info agreement; /* what its keys share */
};

/* set: the whole SET OF RecipientInfo. */
int recipient_reader_init(
    struct recipient_reader *r, struct slice set) MUST_USE;

/* 1 and the next recipient, 0 behind the last, -1 when the grammar is broken
 * or there are more than LIMIT_RECIPIENT_INFOS. */
int recipient_reader_next(
    struct recipient_reader *r, struct recipient_info *out) MUST_USE;

#endif
