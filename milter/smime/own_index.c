/* own_index.c: see own_index.h.  Belongs to one thread. */
#include "smime/own_index.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "smime/tlv.h"

static int
slice_order(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len > 0 ? memcmp(a.data, b.data, a.len) : 0;
}

static int
key_order(const struct own_entry *a, bool by_key, struct slice id)
{
	if (a->by_key != by_key)
		return a->by_key ? 1 : -1;
	return slice_order(a->id, id);
}

static int
entry_order(const void *x, const void *y)
{
	const struct own_entry *a = x, *b = y;
	int order = key_order(a, b->by_key, b->id);

	if (order != 0)
		return order;
	order = memcmp(a->own->certificate->fingerprint,
	    b->own->certificate->fingerprint, FINGERPRINT_SIZE);
	if (order != 0)
		return order;
	return a->reader < b->reader ? -1 : a->reader > b->reader;
}

/* The serial number as it stands in the certificate (RFC 5280 4.1). */
static struct slice
serial_of(const struct certificate *c)
{
	struct tlv b, whole, signed_part;
	struct slice serial;

	tlv_init(&b, c->der);
	if (tlv_enter(&b, DER_SEQUENCE, &whole) ||
	    tlv_enter(&whole, DER_SEQUENCE, &signed_part) ||
	    tlv_skip_optional(&signed_part, DER_CONSTRUCTED(0), NULL) ||
	    tlv_value(&signed_part, DER_INTEGER, &serial))
		return slice_make(NULL, 0);
	return serial;
}

static void
entries_add(
    struct own_index *index, const struct store_own_cert *own, size_t reader)
{
	const ASN1_OCTET_STRING *key_id =
	    X509_get0_subject_key_id(own->certificate->x509);

	index->entries[index->count++] = (struct own_entry){
	    .id = serial_of(own->certificate), .own = own, .reader = reader};
	if (key_id)
		index->entries[index->count++] =
		    (struct own_entry){.by_key = true,
			.id = slice_make(ASN1_STRING_get0_data(key_id),
			    (size_t)ASN1_STRING_length(key_id)),
			.own = own,
			.reader = reader};
}

void
own_index_init(
    struct own_index *index, const struct smime_reader *readers, size_t count)
{
	size_t certificates = 0;

	*index = (struct own_index){0};
	for (size_t i = 0; i < count; i++)
		certificates += readers[i].own_count;
	if (certificates == 0)
		return;
	index->entries = xcalloc(2 * certificates, sizeof(*index->entries));
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < readers[i].own_count; k++)
			entries_add(index, &readers[i].own[k], i);
	qsort(
	    index->entries, index->count, sizeof(*index->entries), entry_order);
}

void
own_index_fini(struct own_index *index)
{
	free(index->entries);
	*index = (struct own_index){0};
}

/* The first entry that is not before the key. */
static size_t
lower_bound(const struct own_index *index, bool by_key, struct slice id)
{
	size_t low = 0, high = index->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (key_order(&index->entries[middle], by_key, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
own_matches_init(struct own_matches *m, const struct own_index *index,
    const struct cms_id *id)
{
	bool by_key = id->issuer.len == 0;
	struct slice wanted = by_key ? id->key_id : id->serial;
	size_t first = lower_bound(index, by_key, wanted), last = first;

	while (last < index->count &&
	       key_order(&index->entries[last], by_key, wanted) == 0)
		last++;
	*m = (struct own_matches){.id = id, .left = last - first};
	if (m->left > 0)
		m->next = &index->entries[first];
}

const struct own_entry *
own_matches_next(struct own_matches *m)
{
	while (m->left > 0) {
		const struct own_entry *e = m->next++;
		const struct certificate *c = e->own->certificate;

		m->left--;
		if (!m->last || !certificate_is_same(m->last, c)) {
			m->last_matches = cms_id_matches(m->id, c);
			m->last = c;
		}
		if (m->last_matches)
			return e;
	}
	return NULL;
}
