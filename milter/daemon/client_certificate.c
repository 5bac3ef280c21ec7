/* client_certificate.c: see client_certificate.h.  Pure functions. */
#include "daemon/client_certificate.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mail/xtext.h"

/* The default of milter_macro_v. */
#define POSTFIX "Postfix "

/* What Sendmail writes instead of a name that it cannot use. */
#define SENDMAIL_BAD "BadCertificate"

static char *
sendmail_name(const char *text)
{
	if (!text || strncmp(text, SENDMAIL_BAD, strlen(SENDMAIL_BAD)) == 0)
		return NULL;
	return xtext_decode(text);
}

static char *
postfix_name(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void
client_certificate_read(
    const struct client_macros *macros, struct client_certificate *out)
{
	*out = (struct client_certificate){.subject = NULL};
	if (macros->verify) {
		if (strcmp(macros->verify, "OK") != 0)
			return;
		out->subject = sendmail_name(macros->cn_subject);
		out->issuer = sendmail_name(macros->cn_issuer);
	} else if (macros->version &&
		   strncmp(macros->version, POSTFIX, strlen(POSTFIX)) == 0) {
		out->subject = postfix_name(macros->cert_subject);
		out->issuer = postfix_name(macros->cert_issuer);
	}
	if (!out->subject || out->subject[0] == '\0')
		client_certificate_fini(out);
}

void
client_certificate_fini(struct client_certificate *certificate)
{
	free(certificate->subject);
	free(certificate->issuer);
	*certificate = (struct client_certificate){.subject = NULL};
}
