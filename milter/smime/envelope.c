/* envelope.c: see envelope.h.  Callable from any thread. */
#include "smime/envelope.h"

/* EncryptedContentInfo; without content there is nothing to open. */
static int
content_info_read(struct tlv *data, struct envelope *out)
{
	struct tlv info;

	if (tlv_enter(data, DER_SEQUENCE, &info) ||
	    tlv_oid(&info, &out->content_type) ||
	    tlv_algorithm(&info, &out->cipher) ||
	    tlv_octets(&info, DER_CONTEXT(0), &out->content))
		return -1;
	return tlv_leave(data, &info);
}

/* What both structures begin with.  The version says nothing that the
 * fields do not. */
static int
front_read(struct tlv *data, struct envelope *out)
{
	unsigned version;

	if (tlv_integer(data, &version) ||
	    tlv_skip_optional(data, DER_CONSTRUCTED(0), NULL) ||
	    tlv_peek(data) != DER_SET || tlv_skip(data, &out->recipients))
		return -1;
	return content_info_read(data, out);
}

static int
enveloped_read(struct tlv *data, struct envelope *out)
{
	if (front_read(data, out))
		return -1;
	return tlv_skip_optional(data, DER_CONSTRUCTED(1), NULL);
}

static int
auth_enveloped_read(struct tlv *data, struct envelope *out)
{
	if (front_read(data, out) ||
	    tlv_skip_optional(data, DER_CONSTRUCTED(1), &out->auth_attrs) ||
	    tlv_value(data, DER_OCTET_STRING, &out->mac))
		return -1;
	return tlv_skip_optional(data, DER_CONSTRUCTED(2), NULL);
}

int
envelope_read(struct slice der, struct envelope *out)
{
	struct tlv b, info, content, data;
	enum oid type;

	*out = (struct envelope){0};
	tlv_init(&b, der);
	if (tlv_enter(&b, DER_SEQUENCE, &info) || tlv_oid(&info, &type) ||
	    tlv_enter(&info, DER_CONSTRUCTED(0), &content) ||
	    tlv_enter(&content, DER_SEQUENCE, &data))
		return -1;
	out->authenticated = type == OID_AUTH_ENVELOPED_DATA;
	if (type != OID_ENVELOPED_DATA && type != OID_AUTH_ENVELOPED_DATA)
		return -1;
	if (out->authenticated ? auth_enveloped_read(&data, out)
			       : enveloped_read(&data, out))
		return -1;
	if (tlv_leave(&content, &data) || tlv_leave(&info, &content) ||
	    tlv_leave(&b, &info))
		return -1;
	return tlv_at_end(&b) ? 0 : -1;
}
