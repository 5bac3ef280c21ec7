/* store_record.c: the records of store.h, as plain data. */
#include <stdlib.h>
#include <string.h>

#include "cert/store.h"

static const char *const trust_names[] = {
    [STORE_TRUST_HARVESTED] = "harvested",
    [STORE_TRUST_PENDING] = "pending",
    [STORE_TRUST_MANUAL] = "manual",
    [STORE_TRUST_PINNED] = "pinned",
    [STORE_TRUST_DISTRUSTED] = "distrusted",
    [STORE_TRUST_UNTRUSTED] = "untrusted",
};

static const char *const authority_names[] = {
    [STORE_AUTHORITY_UNKNOWN] = "unknown",
    [STORE_AUTHORITY_TRUSTED] = "trusted",
    [STORE_AUTHORITY_DISTRUSTED] = "distrusted",
};

/* The first name that is text; -1 when there is none. */
static int
find_name(const char *const *names, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], text) == 0)
			return (int)i;
	return -1;
}

const char *
store_trust_name(enum store_trust trust)
{
	return trust_names[trust];
}

int
store_trust_parse(const char *text, enum store_trust *out)
{
	int i = find_name(
	    trust_names, sizeof(trust_names) / sizeof(*trust_names), text);

	if (i >= 0)
		*out = (enum store_trust)i;
	return i < 0 ? -1 : 0;
}

const char *
store_authority_trust_name(enum store_authority_trust trust)
{
	return authority_names[trust];
}

int
store_authority_trust_parse(const char *text, enum store_authority_trust *out)
{
	int i = find_name(authority_names,
	    sizeof(authority_names) / sizeof(*authority_names), text);

	if (i >= 0)
		*out = (enum store_authority_trust)i;
	return i < 0 ? -1 : 0;
}

const char *
store_used_name(enum store_used used)
{
	switch (used) {
	case STORE_USED_AES128_GCM:
		return "aes128-gcm";
	case STORE_USED_AES256_GCM:
		return "aes256-gcm";
	case STORE_USED_CHACHA20:
		return "chacha20-poly1305";
	case STORE_USED_OAEP:
		return "oaep";
	case STORE_USED_PSS:
		return "pss";
	case STORE_USED_ECDH:
		return "ecdh";
	case STORE_USED_CBC:
		return "cbc";
	case STORE_USED_ALL:
		break;
	}
	return "several";
}

void
store_domain_fini(struct store_domain *d)
{
	free(d->name);
	free(d->escrow);
	free(d->disclaimer);
	*d = (struct store_domain){0};
}

void
store_user_fini(struct store_user *u)
{
	free(u->address);
	free(u->first_name);
	free(u->last_name);
	free(u->disclaimer);
	*u = (struct store_user){0};
}

void
store_disclaimer_use_fini(struct store_disclaimer_use *use)
{
	free(use->name);
	free(use->example);
	*use = (struct store_disclaimer_use){0};
}

void
store_recipient_fini(struct store_recipient *r)
{
	free(r->name);
	free(r->domain_certificate);
	*r = (struct store_recipient){0};
}

void
store_login_fini(struct store_login *l)
{
	free(l->login);
	free(l->address);
	*l = (struct store_login){0};
}

void
store_own_cert_init(struct store_own_cert *c)
{
	*c = (struct store_own_cert){0};
	certificate_list_init(&c->chain);
}

void
store_own_cert_fini(struct store_own_cert *c)
{
	free(c->address);
	certificate_unref(&c->certificate);
	certificate_list_fini(&c->chain);
	free(c->wrapped);
	store_own_cert_init(c);
}

void
store_contact_fini(struct store_contact *c)
{
	free(c->address);
	*c = (struct store_contact){0};
}

void
store_partner_cert_init(struct store_partner_cert *c)
{
	*c = (struct store_partner_cert){0};
	certificate_list_init(&c->chain);
}

void
store_partner_cert_fini(struct store_partner_cert *c)
{
	free(c->address);
	certificate_unref(&c->certificate);
	certificate_list_fini(&c->chain);
	free(c->evidence);
	free(c->last_evidence);
	free(c->capabilities);
	store_partner_cert_init(c);
}

void
store_authority_fini(struct store_authority *a)
{
	free(a->subject);
	certificate_unref(&a->certificate);
	*a = (struct store_authority){0};
}
