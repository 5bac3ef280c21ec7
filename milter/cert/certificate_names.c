/*
 * certificate_names.c: see certificate_names.h.  RFC 5280 4.2.1.6, RFC 8398
 * and RFC 9598 (mailboxes outside ASCII), RFC 8550 section 3.
 *
 * The names are what a stranger wrote.  A mailbox counts only when it is
 * plainly one, byte for byte: whoever gets a certificate for
 * "bob@example.org\0.example.net" or "bob@example.org." must not become bob.
 */
#include "cert/certificate_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "mail/address.h"

/* Mailboxes */

static struct slice
string_slice(const ASN1_STRING *s)
{
	return slice_make(
	    ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* A name is the bare mailbox of RFC 5321 4.1.2: none of the comments, routes
 * and angle brackets that mail fields may have around one. */
static bool
is_bare(struct slice s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.data[i];

		if (c < ' ' || c == 0x7f)
			return false;
		if (c == '"')
			quoted = !quoted;
		else if (quoted && c == '\\')
			i++;
		else if (!quoted && strchr(" ()<>,:;\\", c))
			return false;
	}
	return !quoted;
}

static bool
is_utf8(struct slice s)
{
	unsigned long character;
	size_t i = 0;
	int n;

	while (i < s.len) {
		n = UTF8_getc(s.data + i, (int)(s.len - i), &character);
		if (n <= 0)
			return false;
		i += (size_t)n;
	}
	return true;
}

/* Is domain written as canonical is, or with its U-labels? */
static bool
is_domain_of(struct slice domain, const char *canonical)
{
	char *unicode;
	bool same;

	if (slice_equal_text_ci(domain, canonical))
		return true;
	unicode = address_domain_unicode(canonical);
	same = unicode && slice_equal_text_ci(domain, unicode);
	free(unicode);
	return same;
}

/* Name constraints compare what stands in the certificate, octet by octet:
 * another spelling of the same mailbox (needless quotes, a final dot, letters
 * that IDNA maps to others) would get around those that exclude it. */
static bool
is_plain(struct slice mailbox, const char *canonical)
{
	const char *domain = address_domain(canonical);
	size_t local = (size_t)(domain - canonical);

	return mailbox.len > local &&
	       strncasecmp((const char *)mailbox.data, canonical, local) == 0 &&
	       is_domain_of(slice_part(mailbox, local, mailbox.len), domain);
}

static void
add_address(struct certificate *c, struct slice mailbox)
{
	struct err ignored;
	char *address;

	if (!is_bare(mailbox) || address_canonical(mailbox, &address, &ignored))
		return;
	if (!is_plain(mailbox, address)) {
		free(address);
		return;
	}
	c->addresses = xreallocarray(
	    c->addresses, c->address_count + 1, sizeof(*c->addresses));
	c->addresses[c->address_count++] = address;
}

/* RFC 8398 section 3: for a local part outside ASCII, and for nothing else;
 * otherwise it would get around name constraints on rfc822Name. */
static void
add_utf8_mailbox(struct certificate *c, const OTHERNAME *other)
{
	struct slice mailbox;
	size_t at;

	if (!other->value || other->value->type != V_ASN1_UTF8STRING)
		return;
	mailbox = string_slice(other->value->value.utf8string);
	for (at = mailbox.len; at > 0 && mailbox.data[at - 1] != '@'; at--)
		;
	if (at > 0 && !slice_is_ascii(slice_part(mailbox, 0, at)))
		add_address(c, mailbox);
}

/* Returns how many mailboxes, good or bad, the SAN names. */
static int
read_alternative_names(struct certificate *c)
{
	GENERAL_NAMES *names;
	int count = 0, n;

	names = X509_get_ext_d2i(c->x509, NID_subject_alt_name, NULL, NULL);
	n = sk_GENERAL_NAME_num(names);
	for (int i = 0; i < n && count < (int)LIMIT_CERTIFICATE_ADDRESSES;
	     i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_EMAIL) {
			struct slice s = string_slice(name->d.rfc822Name);

			count++;
			if (slice_is_ascii(s))
				add_address(c, s);
		} else if (name->type == GEN_OTHERNAME &&
			   OBJ_obj2nid(name->d.otherName->type_id) ==
			       NID_id_on_SmtpUTF8Mailbox) {
			count++;
			add_utf8_mailbox(c, name->d.otherName);
		}
	}
	GENERAL_NAMES_free(names);
	return count;
}

/* How certificates named mailboxes before the SAN (RFC 8550 section 3). */
static void
read_subject_addresses(struct certificate *c)
{
	const X509_NAME *subject = X509_get_subject_name(c->x509);
	unsigned count = 0;
	int at = -1;

	while (count++ < LIMIT_CERTIFICATE_ADDRESSES &&
	       (at = X509_NAME_get_index_by_NID(
		    subject, NID_pkcs9_emailAddress, at)) >= 0) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, at);
		struct slice s = string_slice(X509_NAME_ENTRY_get_data(entry));

		if (slice_is_ascii(s))
			add_address(c, s);
	}
}

/* Texts for people */

static char *
print_name(const X509_NAME *name, unsigned long flags)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *data, *text = NULL;
	long len;

	if (out && X509_NAME_print_ex(out, name, 0, flags) >= 0) {
		len = BIO_get_mem_data(out, &data);
		text = xstrndup(data, (size_t)len);
	}
	BIO_free(out);
	return text;
}

/* As UTF-8; a name that is none is printed with its bytes escaped. */
static char *
name_text(const X509_NAME *name)
{
	unsigned long escaped = XN_FLAG_RFC2253;
	unsigned long plain = escaped & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	char *text = print_name(name, plain);

	if (!text || !is_utf8(slice_text(text))) {
		free(text);
		text = print_name(name, escaped);
	}
	return text ? text : xstrdup("");
}

static char *
serial_text(const X509 *x509)
{
	BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
	char *digits = serial ? BN_bn2hex(serial) : NULL;
	char *text = xstrdup(digits ? digits : "");

	OPENSSL_free(digits);
	BN_free(serial);
	return text;
}

void
certificate_names_read(struct certificate *c)
{
	if (read_alternative_names(c) == 0)
		read_subject_addresses(c);
	c->subject = name_text(X509_get_subject_name(c->x509));
	c->issuer = name_text(X509_get_issuer_name(c->x509));
	c->serial = serial_text(c->x509);
}

void
certificate_names_free(struct certificate *c)
{
	for (size_t i = 0; i < c->address_count; i++)
		free(c->addresses[i]);
	free(c->addresses);
	free(c->subject);
	free(c->issuer);
	free(c->serial);
}

/* Levels (rule C1) */

static const char *const level_names[] = {
    [CERTIFICATE_LEVEL_UNKNOWN] = "unknown",
    [CERTIFICATE_LEVEL_MAILBOX] = "mailbox",
    [CERTIFICATE_LEVEL_ORGANISATION] = "organisation",
    [CERTIFICATE_LEVEL_SPONSOR] = "sponsor",
    [CERTIFICATE_LEVEL_INDIVIDUAL] = "individual",
};

const char *
certificate_level_name(enum certificate_level level)
{
	return level_names[level];
}

/* 2.23.140.1.5.T.G: the type is the level, the generation 1 to 3. */
static enum certificate_level
policy_level(const ASN1_OBJECT *policy)
{
	static const char prefix[] = "2.23.140.1.5.";
	const size_t len = sizeof(prefix) - 1;
	char text[32];

	OBJ_obj2txt(text, sizeof(text), policy, 1);
	if (strlen(text) != len + 3 || strncmp(text, prefix, len) != 0 ||
	    text[len] < '1' || text[len] > '4' || text[len + 1] != '.' ||
	    text[len + 2] < '1' || text[len + 2] > '3')
		return CERTIFICATE_LEVEL_UNKNOWN;
	return (enum certificate_level)(text[len] - '0');
}

enum certificate_level
certificate_level_read(X509 *x509)
{
	enum certificate_level lowest = CERTIFICATE_LEVEL_UNKNOWN, level;
	CERTIFICATEPOLICIES *policies;

	policies = X509_get_ext_d2i(x509, NID_certificate_policies, NULL, NULL);
	for (int i = 0; i < sk_POLICYINFO_num(policies); i++) {
		level =
		    policy_level(sk_POLICYINFO_value(policies, i)->policyid);
		if (level != CERTIFICATE_LEVEL_UNKNOWN &&
		    (lowest == CERTIFICATE_LEVEL_UNKNOWN || level < lowest))
			lowest = level;
	}
	CERTIFICATEPOLICIES_free(policies);
	return lowest;
}
