/* signed_data.c: see signed_data.h.  Callable from any thread. */
#include "smime/signed_data.h"

enum oid
signed_data_type(struct slice der)
{
	struct tlv b, info;
	enum oid type;

	tlv_init(&b, der);
	if (tlv_enter(&b, DER_SEQUENCE, &info) || tlv_oid(&info, &type))
		return OID_UNKNOWN;
	return type;
}

/* [0] EXPLICIT eContent OPTIONAL */
static int
content_read(struct tlv *encapsulated, struct signed_data *out)
{
	struct tlv inside;

	out->has_content = !tlv_at_end(encapsulated);
	if (!out->has_content)
		return 0;
	if (tlv_enter(encapsulated, DER_CONSTRUCTED(0), &inside) ||
	    tlv_octets(&inside, DER_OCTET_STRING, &out->content))
		return -1;
	return tlv_leave(encapsulated, &inside);
}

static int
data_read(struct tlv *data, struct signed_data *out)
{
	struct tlv encapsulated;
	unsigned version;

	if (tlv_integer(data, &version) || tlv_peek(data) != DER_SET ||
	    tlv_skip(data, NULL) ||
	    tlv_enter(data, DER_SEQUENCE, &encapsulated) ||
	    tlv_oid(&encapsulated, &out->content_type) ||
	    content_read(&encapsulated, out) || tlv_leave(data, &encapsulated))
		return -1;
	if (tlv_skip_optional(data, DER_CONSTRUCTED(0), &out->certificates) ||
	    tlv_skip_optional(data, DER_CONSTRUCTED(1), NULL) ||
	    tlv_peek(data) != DER_SET)
		return -1;
	return tlv_skip(data, &out->signers);
}

int
signed_data_read(struct slice der, struct signed_data *out)
{
	struct tlv b, info, content, data;
	enum oid type;

	*out = (struct signed_data){0};
	tlv_init(&b, der);
	if (tlv_enter(&b, DER_SEQUENCE, &info) || tlv_oid(&info, &type) ||
	    type != OID_SIGNED_DATA ||
	    tlv_enter(&info, DER_CONSTRUCTED(0), &content) ||
	    tlv_enter(&content, DER_SEQUENCE, &data) || data_read(&data, out) ||
	    tlv_leave(&content, &data) || tlv_leave(&info, &content) ||
	    tlv_leave(&b, &info))
		return -1;
	return tlv_at_end(&b) ? 0 : -1;
}

int
signed_data_certificates(const struct signed_data *data, struct tlv *set)
{
	struct tlv b;

	tlv_init(&b, data->certificates);
	if (data->certificates.len == 0) {
		*set = b;
		return 0;
	}
	return tlv_enter(&b, DER_CONSTRUCTED(0), set);
}

int
signed_data_certificate_next(struct tlv *set, struct slice *certificate)
{
	while (!tlv_at_end(set)) {
		bool x509 = tlv_peek(set) == DER_SEQUENCE;

		if (tlv_skip(set, certificate))
			return -1;
		if (x509)
			return 1;
	}
	return 0;
}

int
signed_data_signers(const struct signed_data *data, struct tlv *set)
{
	struct tlv b;

	tlv_init(&b, data->signers);
	return tlv_enter(&b, DER_SET, set);
}

/* [0] IMPLICIT SignedAttributes OPTIONAL.  RFC 5652 5.3: DER even when all
 * else is BER, so that the length is definite. */
static int
attrs_read(struct tlv *info, struct signer_info *out)
{
	out->has_attrs = tlv_peek(info) == DER_CONSTRUCTED(0);
	if (!out->has_attrs)
		return 0;
	return tlv_value(info, DER_CONSTRUCTED(0), &out->attrs);
}

int
signed_data_signer_next(struct tlv *set, struct signer_info *out)
{
	unsigned version;
	struct tlv info;

	*out = (struct signer_info){0};
	if (tlv_at_end(set))
		return 0;
	if (tlv_enter(set, DER_SEQUENCE, &info) ||
	    tlv_integer(&info, &version) || cms_id_read(&info, &out->id) ||
	    tlv_algorithm(&info, &out->digest) || attrs_read(&info, out) ||
	    tlv_algorithm(&info, &out->algorithm) ||
	    tlv_value(&info, DER_OCTET_STRING, &out->signature) ||
	    tlv_skip_optional(&info, DER_CONSTRUCTED(1), NULL) ||
	    tlv_leave(set, &info))
		return -1;
	return 1;
}
