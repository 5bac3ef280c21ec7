/*
 * seal_digest.c: see seal_digest.h.
 *
 * HMAC-SHA-256 with one key per message, derived from that of the site and
 * the fingerprint's random number; for the message as a whole, which the guard
 * has to look at each time, Poly1305 with a key of its own.  A failure of libcrypto is remembered, not
 * passed on step by step: it can only be want of memory, and whoever asks at
 * the end gets it.  A digester belongs to one thread.
 */
#include "smime/seal_digest.h"

#include <pthread.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>

#define DIGEST_SIZE 32u
#define ONCE_SIZE   16u

/* The prime of the sums, 2^61 - 1. */
#define PRIME ((UINT64_C(1) << 61) - 1)

/* --- numbers --- */

/* Neither above PRIME. */
static uint64_t
add(uint64_t a, uint64_t b)
{
	uint64_t sum = a + b;

	return sum >= PRIME ? sum - PRIME : sum;
}

static uint64_t
subtract(uint64_t a, uint64_t b)
{
	return a >= b ? a - b : a + PRIME - b;
}

__extension__ typedef unsigned __int128 wide;

/* What is below 2^124. */
static uint64_t
reduce(wide number)
{
	uint64_t folded = (uint64_t)(number & PRIME) + (uint64_t)(number >> 61);

	return add(folded & PRIME, folded >> 61);
}

static uint64_t
multiply(uint64_t a, uint64_t b)
{
	return reduce((wide)a * b);
}

static uint64_t
power(uint64_t base, uint64_t exponent)
{
	uint64_t result = 1;

	for (; exponent > 0; exponent >>= 1) {
		if (exponent & 1)
			result = multiply(result, base);
		base = multiply(base, base);
	}
	return result;
}

/* --- digests --- */

/* With the algorithm and no key that counts: to look for one takes a lock, and
 * longer than a short digest. */
static EVP_MAC_CTX *keyless, *keyless_once;

static EVP_MAC_CTX *
fetch_one(const char *algorithm, const OSSL_PARAM params[])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, algorithm, NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	const unsigned char none[DIGEST_SIZE] = {0};

	EVP_MAC_free(mac);
	if (ctx && EVP_MAC_init(ctx, none, sizeof(none), params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

static void
fetch(void)
{
	char name[] = "SHA256";
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
	    OSSL_PARAM_construct_end()};

	keyless = fetch_one(OSSL_MAC_NAME_HMAC, params);
	keyless_once = fetch_one(OSSL_MAC_NAME_POLY1305, NULL);
}

static int
digester_init(struct seal_digester *d, const unsigned char *key, size_t len,
    struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	ERR_clear_error();
	(void)pthread_once(&once, fetch);
	*d = (struct seal_digester){0};
	d->mac = keyless ? EVP_MAC_CTX_dup(keyless) : NULL;
	if (d->mac && EVP_MAC_init(d->mac, key, len, NULL) == 1)
		return 0;
	seal_digester_fini(d);
	return err_set_crypto(err, ERR_TEMPORARY, "HMAC");
}

int
seal_digester_init(
    struct seal_digester *d, const struct seal_key *key, struct err *err)
{
	return digester_init(d, key->bytes, sizeof(key->bytes), err);
}

static uint64_t
number_read(const unsigned char bytes[8])
{
	uint64_t number = 0;

	for (size_t i = 0; i < 8; i++)
		number = number << 8 | bytes[i];
	return number;
}

int
seal_digester_init_message(struct seal_digester *d, const struct seal_key *key,
    const unsigned char nonce[8], struct err *err)
{
	unsigned char derived[DIGEST_SIZE], point[8];
	struct seal_digester site;
	int rc = -1;

	*d = (struct seal_digester){0};
	if (seal_digester_init(&site, key, err))
		return -1;
	seal_digest_begin(&site, SEAL_LABEL_MESSAGE_KEY);
	seal_digest_add(&site, slice_make(nonce, 8));
	seal_digest_end(&site, derived, sizeof(derived));
	if (seal_digester_check(&site, err) ||
	    digester_init(d, derived, sizeof(derived), err))
		goto out;
	seal_digest_begin(d, SEAL_LABEL_POINT);
	seal_digest_end(d, point, sizeof(point));
	/* 0 and 1 are no points: the sum would be blind for order. */
	d->point = 2 + number_read(point) % (PRIME - 2);
	d->powers[0] = 1;
	for (size_t i = 1; i <= SEAL_BATCH; i++)
		d->powers[i] = multiply(d->powers[i - 1], d->point);
	rc = 0;
out:
	OPENSSL_cleanse(derived, sizeof(derived));
	seal_digester_fini(&site);
	return rc;
}

void
seal_digester_fini(struct seal_digester *d)
{
	EVP_MAC_CTX_free(d->mac);
	EVP_MAC_CTX_free(d->once);
	d->mac = d->once = d->fed_to = NULL;
}

int
seal_digester_check(const struct seal_digester *d, struct err *err)
{
	if (!d->failed)
		return 0;
	return err_set_crypto(err, ERR_TEMPORARY, "HMAC");
}

void
seal_digest_begin(struct seal_digester *d, enum seal_label label)
{
	unsigned char octet = (unsigned char)label;

	d->fed_to = d->mac;
	if (EVP_MAC_init(d->mac, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(d->mac, &octet, 1) != 1)
		d->failed = true;
	d->fed = 0;
}

void
seal_digest_begin_once(struct seal_digester *d, enum seal_label label)
{
	unsigned char key[DIGEST_SIZE];

	seal_digest_begin(d, label);
	seal_digest_end(d, key, sizeof(key));
	if (!d->once && keyless_once)
		d->once = EVP_MAC_CTX_dup(keyless_once);
	if (!d->once || EVP_MAC_init(d->once, key, sizeof(key), NULL) != 1)
		d->failed = true;
	d->fed_to = d->once;
	d->fed = 0;
	OPENSSL_cleanse(key, sizeof(key));
}

void
seal_digest_add(struct seal_digester *d, struct slice bytes)
{
	if (d->failed || bytes.len == 0)
		return;
	if (EVP_MAC_update(d->fed_to, bytes.data, bytes.len) != 1)
		d->failed = true;
	d->fed += bytes.len;
}

void
seal_digest_end(struct seal_digester *d, unsigned char *out, size_t len)
{
	size_t wanted = d->fed_to == d->once ? ONCE_SIZE : DIGEST_SIZE;
	unsigned char digest[DIGEST_SIZE] = {0};
	size_t got = 0;

	if (d->failed ||
	    EVP_MAC_final(d->fed_to, digest, &got, sizeof(digest)) != 1 ||
	    got != wanted) {
		d->failed = true;
		memset(digest, 0, sizeof(digest));
	}
	memcpy(out, digest, len < sizeof(digest) ? len : sizeof(digest));
}

void
seal_digest_end_bytes(struct seal_digester *d, struct seal_bytes *out)
{
	out->len = d->fed;
	seal_digest_end(d, out->digest, sizeof(out->digest));
}

/* --- header fields --- */

/* Bytes in few large pieces. */
struct gatherer {
	struct seal_digester *d;
	unsigned char data[512];
	size_t used;
};

static void
gather_end(struct gatherer *g)
{
	seal_digest_add(g->d, slice_make(g->data, g->used));
	g->used = 0;
}

static void
gather(struct gatherer *g, unsigned char c)
{
	if (g->used == sizeof(g->data))
		gather_end(g);
	g->data[g->used++] = c;
}

/* name:body, the name in small letters and no white space. */
static void
gather_field(struct gatherer *g, const struct header_field *field)
{
	for (size_t i = 0; i < field->name.len; i++)
		gather(g, ascii_lower(field->name.data[i]));
	gather(g, ':');
	for (size_t i = 0; i < field->body.len; i++)
		if (!ascii_is_white(field->body.data[i]))
			gather(g, field->body.data[i]);
	gather(g, '\n');
}

void
seal_digest_add_fields(
    struct seal_digester *d, const struct header *header, bool all)
{
	struct gatherer g = {.d = d};

	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *f = &header->fields[i];

		if (header_field_is_content(f) &&
		    (all || slice_equal_text_ci(f->name, "Content-Type")))
			gather_field(&g, f);
	}
	gather_end(&g);
}

/* --- sums --- */

/* A letter is never 0, or texts of different lengths could be equal. */
static uint64_t
append(const struct seal_digester *d, uint64_t sum, unsigned char letter)
{
	return reduce((wide)sum * d->point + letter + 1);
}

/* Several at once take one reduction, and need not wait for each other. */
static uint64_t
append_batch(const struct seal_digester *d, uint64_t sum,
    const unsigned char letters[SEAL_BATCH])
{
	wide total = (wide)sum * d->powers[SEAL_BATCH];

	for (size_t i = 0; i < SEAL_BATCH; i++)
		total += (wide)d->powers[SEAL_BATCH - 1 - i] *
			 ((uint64_t)letters[i] + 1);
	return reduce(total);
}

void
seal_text_add(const struct seal_digester *d, struct slice bytes,
    struct seal_text *text, uint64_t *blanks)
{
	unsigned char letters[SEAL_BATCH];
	uint64_t sum = text->sum, count = 0, white = 0;
	size_t used = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = bytes.data[i];

		if (ascii_is_white(c)) {
			count += ascii_is_blank(c);
			white++;
			continue;
		}
		letters[used++] = c;
		if (used == SEAL_BATCH) {
			sum = append_batch(d, sum, letters);
			used = 0;
		}
	}
	for (size_t i = 0; i < used; i++)
		sum = append(d, sum, letters[i]);
	text->sum = sum;
	text->len += bytes.len - white;
	if (blanks)
		*blanks += count;
}

/* The letters of a text, one after the other. */
struct reader {
	struct slice bytes;
	size_t at;
	uint64_t sum; /* of what was read */
};

static void
read_letter(const struct seal_digester *d, struct reader *r)
{
	while (r->at < r->bytes.len && ascii_is_white(r->bytes.data[r->at]))
		r->at++;
	if (r->at == r->bytes.len)
		return;
	r->sum = append(d, r->sum, r->bytes.data[r->at++]);
}

static void
read_letters(const struct seal_digester *d, struct reader *r, uint64_t count)
{
	for (; count > 0; count--)
		read_letter(d, r);
}

/*
 * Cut out of the new text, before letter p, as many letters as there are too
 * many: what remains has the sum
 *	H(all) + (H(p) - H(p + surplus)) * point^(old length - p)
 * with H(i) for the sum of the first i.  Returns the p with which that is the
 * old sum, the ends before what lies between; -1 for none.
 */
static int64_t
find_surplus(const struct seal_digester *d, const struct seal_text *was,
    struct slice bytes, const struct seal_text *now)
{
	struct reader low = {.bytes = bytes}, high = low;
	uint64_t inverse = power(d->point, PRIME - 2);
	uint64_t factor = power(d->point, was->len);
	uint64_t wanted = subtract(now->sum, was->sum);
	int64_t found = -1;

	read_letters(d, &high, now->len - was->len);
	for (uint64_t p = 0; p <= was->len; p++) {
		uint64_t sum = multiply(subtract(high.sum, low.sum), factor);

		if (sum == wanted && (found < 0 || p == was->len))
			found = (int64_t)p;
		read_letter(d, &low);
		read_letter(d, &high);
		factor = multiply(factor, inverse);
	}
	return found;
}

enum seal_growth
seal_text_growth(const struct seal_digester *d, const struct seal_text *was,
    struct slice bytes, const struct seal_text *now)
{
	int64_t found;

	if (now->len <= was->len)
		return SEAL_GROWTH_NONE;
	found = find_surplus(d, was, bytes, now);
	if (found < 0)
		return SEAL_GROWTH_NONE;
	if ((uint64_t)found == was->len)
		return SEAL_GROWTH_BEHIND;
	return found == 0 ? SEAL_GROWTH_BEFORE : SEAL_GROWTH_WITHIN;
}

bool
seal_bytes_equal(const struct seal_bytes *a, const struct seal_bytes *b)
{
	return a->len == b->len &&
	       CRYPTO_memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

bool
seal_text_equal(const struct seal_text *a, const struct seal_text *b)
{
	return a->len == b->len && a->sum == b->sum;
}
