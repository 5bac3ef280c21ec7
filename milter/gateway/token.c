/*
 * token.c: see token.h.  Any thread; one lock, held for a few instructions.
 *
 *   1 TIME NUMBER ID CODE
 *
 * all but the first word in hexadecimal digits of fixed width.  NUMBER counts
 * the tokens of this process: which of the latest have been used is one bit
 * each, as in a window against replay (RFC 4303 3.4.3), so that what is
 * remembered has a fixed size and nobody can push anything out of it with
 * forgeries.  ID says whether the copy had a Message-ID.
 */
#include "gateway/token.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/limits.h"
#include "base/secret.h"

#define KEY_SIZE  32u
#define CODE_SIZE 32u

/* Nothing else is ever authenticated with this key, but it may grow. */
static const char label[] = "smime-milter copy 1";

struct tokens {
	struct secret key;
	EVP_MAC *hmac;
	pthread_mutex_t lock;		      /* over what follows */
	uint64_t made;			      /* how many */
	uint64_t highest;		      /* the latest that was used */
	unsigned char used[LIMIT_TOKENS / 8]; /* a ring of bits */
};

/* What is in the text. */
struct token {
	uint64_t time;
	uint64_t number;
	bool has_id;
	unsigned char code[CODE_SIZE];
};

int
tokens_new(struct tokens **out, struct err *err)
{
	struct tokens *t = xcalloc(1, sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	if (secret_random(&t->key, KEY_SIZE, err) < 0)
		goto fail;
	t->hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	if (!t->hmac) {
		err_set_crypto(err, ERR_TEMPORARY, "HMAC");
		goto fail;
	}
	*out = t;
	return 0;
fail:
	tokens_free(t);
	return -1;
}

void
tokens_free(struct tokens *t)
{
	if (!t)
		return;
	EVP_MAC_free(t->hmac);
	secret_fini(&t->key);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* --- the code --- */

static bool
feed_number(EVP_MAC_CTX *ctx, uint64_t number)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(number >> (56 - 8 * i));
	return EVP_MAC_update(ctx, bytes, sizeof(bytes)) == 1;
}

/* The length first, so that no two subjects give the same bytes. */
static bool
feed_text(EVP_MAC_CTX *ctx, const char *text)
{
	size_t len = strlen(text);

	return feed_number(ctx, len) &&
	       EVP_MAC_update(ctx, (const unsigned char *)text, len) == 1;
}

static int
compare_texts(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* How many, and each, in an order that no mail server can change. */
static bool
feed_recipients(EVP_MAC_CTX *ctx, const struct token_subject *s)
{
	const char **sorted = xcalloc(s->recipient_count + 1, sizeof(*sorted));
	size_t count = 0;
	bool ok;

	for (size_t i = 0; i < s->recipient_count; i++)
		sorted[i] = s->recipients[i];
	qsort(sorted, s->recipient_count, sizeof(*sorted), compare_texts);
	for (size_t i = 0; i < s->recipient_count; i++)
		if (count == 0 || strcmp(sorted[count - 1], sorted[i]) != 0)
			sorted[count++] = sorted[i];
	ok = feed_number(ctx, count);
	for (size_t i = 0; i < count && ok; i++)
		ok = feed_text(ctx, sorted[i]);
	free(sorted);
	return ok;
}

/* Without blanks: mail servers fold anew. */
static bool
feed_id(EVP_MAC_CTX *ctx, struct slice id)
{
	char *text = xcalloc(1, id.len + 1);
	size_t len = 0;
	bool ok;

	for (size_t i = 0; i < id.len; i++)
		if (id.data[i] != '\0' && !ascii_is_white(id.data[i]))
			text[len++] = (char)id.data[i];
	ok = feed_text(ctx, text);
	free(text);
	return ok;
}

/* The code of these numbers about this copy. */
static int
compute(const struct tokens *t, const struct token *token,
    const struct token_subject *s, unsigned char code[CODE_SIZE])
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end()};
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(t->hmac);
	size_t len = 0;
	int rc = -1;

	if (!ctx || EVP_MAC_init(ctx, t->key.data, t->key.len, params) != 1 ||
	    !feed_text(ctx, label) || !feed_number(ctx, token->time) ||
	    !feed_number(ctx, token->number) ||
	    !feed_number(ctx, token->has_id) ||
	    !feed_text(ctx, s->sender ? s->sender : "") ||
	    !feed_recipients(ctx, s) ||
	    !feed_id(ctx, token->has_id ? s->message_id : slice_text("")))
		goto out;
	if (EVP_MAC_final(ctx, code, &len, CODE_SIZE) == 1 && len == CODE_SIZE)
		rc = 0;
out:
	EVP_MAC_CTX_free(ctx);
	return rc;
}

/* --- making --- */

int
token_make(struct tokens *t, const struct token_subject *subject, time_t now,
    char text[TOKEN_TEXT], struct err *err)
{
	struct token token = {.time = (uint64_t)now,
	    .has_id = slice_trim(subject->message_id).len > 0};
	char code[2 * CODE_SIZE + 1];

	pthread_mutex_lock(&t->lock);
	token.number = ++t->made;
	pthread_mutex_unlock(&t->lock);
	if (compute(t, &token, subject, token.code) < 0)
		return err_set_crypto(err, ERR_TEMPORARY, "token");
	hex_encode(token.code, CODE_SIZE, code);
	(void)snprintf(text, TOKEN_TEXT, "1 %016llx %016llx %d %s",
	    (unsigned long long)token.time, (unsigned long long)token.number,
	    token.has_id, code);
	return 0;
}

/* --- checking --- */

/* The next word: count bytes as hexadecimal digits, and a blank or the end
 * behind them. */
static int
take_word(struct slice *rest, unsigned char *out, size_t count)
{
	char text[2 * CODE_SIZE + 1];
	size_t len = 2 * count;

	if (rest->len < len || (rest->len > len && rest->data[len] != ' '))
		return -1;
	memcpy(text, rest->data, len);
	text[len] = '\0';
	*rest = slice_part(*rest, len + 1, rest->len);
	return hex_decode(text, out, count);
}

static int
take_number(struct slice *rest, uint64_t *number)
{
	unsigned char bytes[8];

	if (take_word(rest, bytes, sizeof(bytes)) < 0)
		return -1;
	*number = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*number = *number << 8 | bytes[i];
	return 0;
}

static int
parse(struct slice body, struct token *token)
{
	struct slice rest = slice_trim(body);

	if (rest.len >= TOKEN_TEXT || !slice_has_prefix(rest, "1 "))
		return -1;
	rest = slice_part(rest, 2, rest.len);
	if (take_number(&rest, &token->time) < 0 ||
	    take_number(&rest, &token->number) < 0)
		return -1;
	token->has_id = slice_has_prefix(rest, "1 ");
	if (!token->has_id && !slice_has_prefix(rest, "0 "))
		return -1;
	rest = slice_part(rest, 2, rest.len);
	if (take_word(&rest, token->code, CODE_SIZE) < 0)
		return -1;
	return rest.len == 0 ? 0 : -1;
}

static bool
get_bit(const struct tokens *t, uint64_t number)
{
	return t->used[number % LIMIT_TOKENS / 8] >> number % 8 & 1;
}

static void
set_bit(struct tokens *t, uint64_t number, bool value)
{
	unsigned char *byte = &t->used[number % LIMIT_TOKENS / 8];
	unsigned char bit = (unsigned char)(1u << number % 8);

	*byte = (unsigned char)(value ? *byte | bit : *byte & ~bit);
}

/* Only authentic numbers come here, each at most t->made. */
static enum token_verdict
use(struct tokens *t, uint64_t number)
{
	if (number + LIMIT_TOKENS <= t->highest)
		return TOKEN_OLD;
	if (number <= t->highest && get_bit(t, number))
		return TOKEN_USED;
	if (number >= t->highest + LIMIT_TOKENS) {
		memset(t->used, 0, sizeof(t->used));
		t->highest = number;
	}
	while (t->highest < number)
		set_bit(t, ++t->highest, false);
	set_bit(t, number, true);
	return TOKEN_GOOD;
}

static bool
is_recent(uint64_t made, uint64_t now)
{
	uint64_t age = made < now ? now - made : made - now;

	return age <= LIMIT_TOKEN_SECONDS;
}

enum token_verdict
token_check(struct tokens *t, struct slice body,
    const struct token_subject *subject, time_t now)
{
	struct token token;
	unsigned char code[CODE_SIZE];
	enum token_verdict verdict;

	if (parse(body, &token) < 0 || compute(t, &token, subject, code) < 0 ||
	    CRYPTO_memcmp(code, token.code, CODE_SIZE) != 0)
		return TOKEN_FORGED;
	if (!is_recent(token.time, (uint64_t)now))
		return TOKEN_OLD;
	pthread_mutex_lock(&t->lock);
	verdict = use(t, token.number);
	pthread_mutex_unlock(&t->lock);
	return verdict;
}

const char *
token_verdict_name(enum token_verdict verdict)
{
	static const char *const names[] = {
	    [TOKEN_FORGED] = "forged",
	    [TOKEN_OLD] = "old",
	    [TOKEN_USED] = "used",
	    [TOKEN_GOOD] = "good",
	};

	return names[verdict];
}
