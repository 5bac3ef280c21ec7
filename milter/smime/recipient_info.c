/* recipient_info.c: see recipient_info.h.  Callable from any thread. */
#include "smime/recipient_info.h"

#include "base/limits.h"

int
recipient_reader_init(struct recipient_reader *r, struct slice set)
{
	struct tlv b;

	*r = (struct recipient_reader){0};
	tlv_init(&b, set);
	return tlv_enter(&b, DER_SET, &r->infos);
}

/* KeyTransRecipientInfo, 6.2.1 */
static int
transport_read(struct tlv *infos, struct recipient_info *out)
{
	unsigned version;
	struct tlv info;

	out->kind = RECIPIENT_TRANSPORT;
	if (tlv_enter(infos, DER_SEQUENCE, &info) ||
	    tlv_integer(&info, &version) || cms_id_read(&info, &out->id) ||
	    tlv_algorithm(&info, &out->algorithm) ||
	    tlv_value(&info, DER_OCTET_STRING, &out->encrypted_key))
		return -1;
	return tlv_leave(infos, &info);
}

/* OriginatorIdentifierOrKey: only a key, [1] IMPLICIT OriginatorPublicKey,
 * is of use to us (RFC 5753 3.1.1 allows nothing else). */
static int
originator_read(struct tlv *info, struct recipient_info *out)
{
	struct tlv originator, key;
	struct tlv_algorithm algorithm;

	if (tlv_enter(info, DER_CONSTRUCTED(0), &originator))
		return -1;
	if (tlv_peek(&originator) != DER_CONSTRUCTED(1))
		return tlv_skip(info, NULL);
	if (tlv_enter(&originator, DER_CONSTRUCTED(1), &key) ||
	    tlv_algorithm(&key, &algorithm) ||
	    tlv_value(&key, DER_BIT_STRING, &out->point) ||
	    tlv_leave(&originator, &key))
		return -1;
	out->has_point = algorithm.oid == OID_EC;
	return tlv_leave(info, &originator);
}

/* [1] EXPLICIT UserKeyingMaterial OPTIONAL */
static int
ukm_read(struct tlv *info, struct recipient_info *out)
{
	struct tlv inside;

	if (tlv_peek(info) != DER_CONSTRUCTED(1))
		return 0;
	if (tlv_enter(info, DER_CONSTRUCTED(1), &inside) ||
	    tlv_peek(&inside) != DER_OCTET_STRING ||
	    tlv_skip(&inside, &out->ukm))
		return -1;
	return tlv_leave(info, &inside);
}

/* KeyAgreeRecipientInfo, 6.2.2, up to its keys. */
static int
agreement_open(struct recipient_reader *r)
{
	unsigned version;

	r->agreement = (struct recipient_info){.kind = RECIPIENT_AGREEMENT};
	if (tlv_enter(&r->infos, DER_CONSTRUCTED(1), &r->info) ||
	    tlv_integer(&r->info, &version) ||
	    originator_read(&r->info, &r->agreement) ||
	    ukm_read(&r->info, &r->agreement) ||
	    tlv_algorithm(&r->info, &r->agreement.algorithm) ||
	    tlv_enter(&r->info, DER_SEQUENCE, &r->keys))
		return -1;
	r->in_keys = true;
	return 0;
}

static int
agreement_close(struct recipient_reader *r)
{
	r->in_keys = false;
	if (tlv_leave(&r->info, &r->keys))
		return -1;
	return tlv_leave(&r->infos, &r->info);
}

/* KeyAgreeRecipientIdentifier: [0] is RecipientKeyIdentifier here, a
 * SEQUENCE, not a bare octet string. */
static int
agreement_id_read(struct tlv *key, struct cms_id *id)
{
	struct tlv inside;

	if (tlv_peek(key) != DER_CONSTRUCTED(0))
		return cms_id_issuer_serial_read(key, id);
	*id = (struct cms_id){0};
	if (tlv_enter(key, DER_CONSTRUCTED(0), &inside) ||
	    tlv_value(&inside, DER_OCTET_STRING, &id->key_id) ||
	    tlv_skip_optional(&inside, DER_GENERAL_TIME, NULL) ||
	    tlv_skip_optional(&inside, DER_SEQUENCE, NULL))
		return -1;
	return tlv_leave(key, &inside);
}

static int
agreement_key_read(struct tlv *keys, struct recipient_info *out)
{
	struct tlv key;

	if (tlv_enter(keys, DER_SEQUENCE, &key) ||
	    agreement_id_read(&key, &out->id) ||
	    tlv_value(&key, DER_OCTET_STRING, &out->encrypted_key))
		return -1;
	return tlv_leave(keys, &key);
}

static int
info_read(struct recipient_reader *r, struct recipient_info *out)
{
	*out = (struct recipient_info){0};
	if (r->in_keys) {
		*out = r->agreement;
		return agreement_key_read(&r->keys, out);
	}
	if (tlv_peek(&r->infos) == DER_SEQUENCE)
		return transport_read(&r->infos, out);
	return tlv_skip(&r->infos, NULL);
}

int
recipient_reader_next(struct recipient_reader *r, struct recipient_info *out)
{
	for (;;) {
		if (r->in_keys && !tlv_at_end(&r->keys))
			break;
		if (r->in_keys && agreement_close(r))
			return -1;
		if (tlv_at_end(&r->infos))
			return 0;
		if (tlv_peek(&r->infos) != DER_CONSTRUCTED(1))
			break;
		if (agreement_open(r))
			return -1;
	}
	if (r->count++ >= LIMIT_RECIPIENT_INFOS || info_read(r, out))
		return -1;
	return 1;
}
