/*
 * result.c: see result.h.  Pure; any thread.
 *
 * Addresses, names and numbers of certificates are a stranger's words.  An
 * address is written as it is only when it is a plain one; otherwise the
 * certificate is named by its issuer and number.
 */
#include "gateway/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/domain.h"

/* RFC 5322 2.1.1 */
#define LINE_WIDTH 78u
/* What is kept of a certificate's issuer and number: together a line below
 * 998 octets, also when each of them has to be escaped. */
#define ISSUER_MAX 200u
#define SERIAL_MAX 64u
#define WORD_MAX   1024u
/* An address with all its bytes encoded may be longer. */
#define ADDRESS_MAX 800u

/* --- lines --- */

struct lines {
	struct buf *out;
	size_t column;
	bool has_item; /* the next one comes behind a semicolon */
};

/* One word, on the next line where this one is full. */
static void
put_word(struct lines *l, const char *word, size_t len)
{
	bool is_full = l->column + 1 + len > LINE_WIDTH;

	buf_add_text(l->out, is_full ? "\n " : " ");
	buf_add(l->out, word, len);
	l->column = (is_full ? 0 : l->column) + 1 + len;
}

/* Words with blanks between them. */
static void
put_words(struct lines *l, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		if (len > 0)
			put_word(l, text, len);
		text += len + (text[len] == ' ');
	}
}

static void put(struct lines *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(struct lines *l, const char *format, ...)
{
	char text[WORD_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_words(l, text);
}

static void
end_line(struct lines *l)
{
	l->column = LINE_WIDTH;
}

/* --- foreign text --- */

static bool
is_alphanumeric(unsigned char c)
{
	return (c >= '0' && c <= '9') ||
	       (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

/* A mailbox that everybody reads alike: letters, digits and what is harmless
 * of RFC 5322's atext, dots, and a domain. */
static bool
is_plain_address(const char *address)
{
	const char *at = strchr(address, '@');

	if (!at || at == address || strchr(at + 1, '@') || !at[1])
		return false;
	for (const char *p = address; *p; p++)
		if (!is_alphanumeric((unsigned char)*p) &&
		    !strchr(p < at ? "!#$&'*+-/=?^_`{|}~." : "@.-", *p))
			return false;
	return true;
}

/* For the status field only: other bytes as in a "mailto" (RFC 6068 2). */
static void
write_address(const char *address, struct buf *out)
{
	for (const char *p = address; *p; p++)
		if (is_alphanumeric((unsigned char)*p) ||
		    strchr("!#$&'*+-/?^_`{|}~.@", *p))
			buf_add_char(out, *p);
		else
			buf_addf(out, "%%%02X", (unsigned char)*p);
}

static bool
is_hex(char c)
{
	return c && strchr("0123456789ABCDEFabcdef", c);
}

/* A name by RFC 4514 with every byte escaped that could be misunderstood,
 * inside a quoted string, where a backslash is two. */
static void
write_name(const char *name, struct buf *out)
{
	for (const char *p = name; *p; p++) {
		if (out->len > ISSUER_MAX) {
			buf_add_text(out, "...");
			return;
		}
		if (*p == '\\' && p[1] && !is_hex(p[1]))
			p++;
		else if (*p == '\\') {
			buf_add_text(out, "\\\\");
			continue;
		} else if (is_alphanumeric((unsigned char)*p) ||
			   strchr(" =,.+-:/@_'*", *p)) {
			buf_add_char(out, *p);
			continue;
		}
		buf_addf(out, "\\\\%02X", (unsigned char)*p);
	}
}

/* --- Authentication-Results --- */

static const char *
status_word(const struct result *r)
{
	return smime_status_name(
	    r->verdict ? r->verdict->status : SMIME_UNSIGNED);
}

/* Rule A2, RFC 7281 3.1. */
static const char *
result_word(const struct result *r)
{
	if (r->signed_outside)
		return "policy";
	if (!r->verdict)
		return "none";
	switch (r->verdict->status) {
	case SMIME_VALID:
		return "pass";
	case SMIME_UNTRUSTED:
		return r->verdict->signer ? "fail" : "permerror";
	case SMIME_ALTERED:
	case SMIME_EXPIRED:
		return "fail";
	case SMIME_MISMATCH:
	case SMIME_WEAK:
		return "policy";
	case SMIME_UNSUPPORTED:
	case SMIME_MALFORMED:
		return "neutral";
	case SMIME_UNSIGNED:
		break;
	}
	return "none";
}

/* Never our words' fault, but what would a parenthesis do in a comment? */
static void
put_comment(struct lines *l, const char *text)
{
	char *comment = xasprintf("(%s)", text);
	size_t len = strlen(comment);

	for (size_t i = 1; i + 1 < len; i++)
		if (strchr("()\\", comment[i]) || comment[i] < ' ')
			comment[i] = '.';
	put_words(l, comment);
	free(comment);
}

static const char *
key_name(enum certificate_key key)
{
	switch (key) {
	case CERTIFICATE_KEY_RSA:
	case CERTIFICATE_KEY_RSA_OAEP:
		return "RSA";
	case CERTIFICATE_KEY_RSA_PSS:
		return "RSA-PSS";
	case CERTIFICATE_KEY_EC:
		return "ECDSA";
	case CERTIFICATE_KEY_ED25519:
		return "Ed25519";
	case CERTIFICATE_KEY_OTHER:
		break;
	}
	return "unknown";
}

/* "(2048-bit RSA, sha256)", or why not. */
static void
put_reason(struct lines *l, const struct result *r)
{
	const struct smime_verdict *v = r->verdict;
	char *text;

	if (r->signed_outside) {
		put_comment(l, "signed only outside of the encryption");
	} else if (!v) {
		if (r->encrypted && !r->decrypted)
			put_comment(l, "encrypted");
	} else if (v->status != SMIME_VALID) {
		if (*v->detail)
			put_comment(l, v->detail);
	} else {
		text = xasprintf("%d-bit %s%s%s", v->signer->key_bits,
		    key_name(v->signer->key), *v->digest ? ", " : "",
		    v->digest);
		put_comment(l, text);
		free(text);
	}
}

/* RFC 7281 3.2.3: issuer and number go together. */
static void
put_issuer(struct lines *l, const struct certificate *c)
{
	struct buf issuer;

	buf_init(&issuer, WORD_MAX);
	buf_add_text(&issuer, "body.smime-issuer=\"");
	write_name(c->issuer, &issuer);
	buf_add_char(&issuer, '"');
	put_word(l, buf_text(&issuer), issuer.len);
	buf_fini(&issuer);
}

/* A token, or in quotes; part and name hold nothing worse than a "/". */
static bool
is_token(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!is_alphanumeric((unsigned char)*p) && !strchr("-._", *p))
			return false;
	return *text != '\0';
}

/* What has to be quoted comes last: python3-authres 1.2 overlooks it anywhere
 * else. */
static void
put_properties(struct lines *l, const struct result *r)
{
	const struct smime_verdict *v = r->verdict;
	bool has_address = r->signer && is_plain_address(r->signer);
	bool has_number =
	    !has_address && v->signer && is_token(v->signer->serial);
	const char *quote = is_token(r->part) ? "" : "\"";

	if (has_address)
		put(l, "body.smime-identifier=%s", r->signer);
	else if (has_number)
		put(l, "body.smime-serial=%.*s", (int)SERIAL_MAX,
		    v->signer->serial);
	if (v->status == SMIME_VALID)
		put(l, "policy.smime-level=%s",
		    certificate_level_name(v->signer->level));
	if (*r->part)
		put(l, "body.smime-part=%s%s%s", quote, r->part, quote);
	if (has_number)
		put_issuer(l, v->signer);
}

/* An authserv-id is a token, or in quotes; a host name is ASCII. */
static void
put_name(struct lines *l, const char *name)
{
	char *host =
	    is_token(name) ? NULL : domain_canonical_host(slice_text(name));
	struct buf text;

	buf_init(&text, WORD_MAX);
	if (!host && !is_token(name))
		buf_add_char(&text, '"');
	for (const char *p = host ? host : name; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_add_char(&text, '\\');
		buf_add_char(&text, *p >= ' ' && *p < 0x7f ? *p : '?');
	}
	buf_add_text(&text, !host && !is_token(name) ? "\";" : ";");
	put_word(l, buf_text(&text), text.len);
	buf_fini(&text);
	free(host);
}

void
result_write_authres(const struct result *r, const char *name, struct buf *out)
{
	struct lines l = {
	    .out = out, .column = sizeof("Authentication-Results:") - 1};

	put_name(&l, name);
	end_line(&l);
	put(&l, "smime=%s", result_word(r));
	put_reason(&l, r);
	if (r->verdict)
		put_properties(&l, r);
}

/* --- X-SMIME-Status --- */

static void put_item(struct lines *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The semicolon belongs to the word before. */
static void
put_item(struct lines *l, const char *format, ...)
{
	char text[WORD_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (l->has_item) {
		buf_add_char(l->out, ';');
		l->column++;
	}
	/* Its own semicolon needs room, too. */
	if (l->column + 1 + strlen(text) == LINE_WIDTH)
		end_line(l);
	put_word(l, text, strlen(text));
	l->has_item = true;
}

static const char *
yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static void
put_signer(struct lines *l, const struct result *r)
{
	const struct smime_verdict *v = r->verdict;
	struct buf address;

	if (!v->signer)
		return;
	buf_init(&address, 3 * LIMIT_ADDRESS);
	if (r->signer)
		write_address(r->signer, &address);
	if (address.len > 0 && address.len <= ADDRESS_MAX)
		put_item(l, "signer=%s", buf_text(&address));
	buf_fini(&address);
	/* Who is not trusted can write any level into a certificate. */
	if (v->trusted)
		put_item(
		    l, "level=%s", certificate_level_name(v->signer->level));
}

static void
put_facts(struct lines *l, const struct smime_verdict *v)
{
	put_item(l, "intact=%s", yes_no(v->intact));
	/* Nobody has looked further, and "no" would say that somebody had. */
	if (!v->intact)
		return;
	put_item(l, "trusted=%s", yes_no(v->trusted));
	put_item(l, "address=%s", yes_no(v->owns_from));
	put_item(l, "usage=%s", yes_no(v->usage_fits));
	put_item(l, "time=%s", yes_no(v->in_time));
	put_item(l, "revocation=%s",
	    v->revocation_checked ? "checked" : "unchecked");
}

static const char *
integrity(const struct result *r)
{
	if (r->verdict && r->verdict->status == SMIME_VALID)
		return "signed";
	return r->authenticated ? "authenticated" : "unknown";
}

static void
put_encryption(struct lines *l, const struct result *r)
{
	bool has_cipher = r->decrypted && *r->cipher;

	put_item(l, "encrypted=%s", has_cipher ? r->cipher : "yes");
	put_item(l, "decrypted=%s", yes_no(r->decrypted));
	if (r->decrypted)
		put_item(l, "integrity=%s", integrity(r));
}

void
result_write_status(const struct result *r, struct buf *out)
{
	struct lines l = {.out = out, .column = sizeof("X-SMIME-Status:") - 1};

	put_item(&l, "%s", status_word(r));
	if (r->verdict) {
		put_signer(&l, r);
		put_facts(&l, r->verdict);
	}
	if (r->unwrapped)
		put_item(&l, "signature=removed");
	if (r->encrypted)
		put_encryption(&l, r);
	if (r->unmet != REASON_NONE)
		put_item(&l, "unmet=%s", plan_reason_name(r->unmet));
}
