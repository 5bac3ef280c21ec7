/*
 * doctor_postfix_copies.c: the listener that "reinject" names; see
 * doctor_postfix_check.h.
 */
#include <string.h>

#include "admin/doctor_postfix_check.h"
#include "admin/doctor_postfix_listeners.h"

static const struct doctor_listener *
find_role(const struct postfix_look *k, enum doctor_role role)
{
	for (size_t i = 0; i < k->server->count; i++)
		if (k->server->listeners[i].role == role)
			return &k->server->listeners[i];
	return NULL;
}

/* The signer of our users' mail, whose turn is after ours. */
static const char *
find_signer(const struct postfix_look *k)
{
	const struct doctor_listener *l = find_role(k, ROLE_SUBMISSION);
	size_t i;

	if (!l)
		return NULL;
	i = doctor_listener_find(l, MILTER_SIGNER);
	return i < l->count ? l->milters[i].text : NULL;
}

/* A socket as a service with or without a changed root sees it. */
static const char *
socket_entry(const struct postfix_look *k, const struct doctor_endpoint *at,
    bool chrooted)
{
	const char *queue = postfix_look_value(k, NULL, "queue_directory");
	const char *below = doctor_path_below(at->name, queue);

	if (at->kind == ENDPOINT_INET)
		return doctor_text(k->r,
		    strchr(at->name, ':') ? "inet:[%s]:%s" : "inet:%s:%s",
		    at->name, at->port);
	return doctor_text(
	    k->r, "unix:%s", chrooted && below ? below : at->name);
}

/* We, then who signs with DKIM, then the guard. */
static const char *
milters_of_copies(const struct postfix_look *k, bool chrooted)
{
	const char *signer = find_signer(k), *guard = NULL;

	if (k->own->guard_file)
		guard = socket_entry(k, &k->own->guard_socket, chrooted);
	return doctor_text(k->r, "%s%s%s%s%s",
	    socket_entry(k, &k->own->socket, chrooted), signer ? "," : "",
	    signer ? signer : "", guard ? "," : "", guard ? guard : "");
}

/* The listener of README, as one line. */
static void
check_missing(const struct postfix_look *k)
{
	const struct doctor_endpoint *at = &k->own->copies;
	const char *queue = postfix_look_value(k, NULL, "queue_directory");
	bool chrooted = doctor_path_below(k->own->socket.name, queue) != NULL;
	const char *name, *service;
	size_t n;

	name = doctor_text(k->r, strchr(at->name, ':') ? "[%s]:%s" : "%s:%s",
	    at->name, at->port);
	n = doctor_find(k->r, CHECK_COPIES_MISSING,
	    doctor_text(k->r, "%s/master.cf", k->c->folder),
	    "No service listens at %s, which \"reinject\" names.", name);
	service = doctor_text(k->r,
	    "%s/inet=%s inet n - %s - - smtpd"
	    " -o milter_macro_daemon_name=REINJECT"
	    " -o smtpd_milters=%s"
	    " -o local_header_rewrite_clients="
	    " -o receive_override_options="
	    "no_unknown_recipient_checks,no_header_body_checks"
	    " -o mynetworks=127.0.0.0/8,[::1]/128"
	    " -o smtpd_client_restrictions=permit_mynetworks,reject"
	    " -o smtpd_helo_restrictions= -o smtpd_sender_restrictions="
	    " -o smtpd_relay_restrictions=permit_mynetworks,reject"
	    " -o smtpd_recipient_restrictions=permit_mynetworks,reject"
	    " -o smtpd_tls_security_level=none -o content_filter=",
	    name, name, chrooted ? "y" : "n", milters_of_copies(k, chrooted));
	doctor_remedy(k->r, n, DOCTOR_SHELL, "postconf %s-M %s",
	    postfix_folder_option(k->c, k->r), doctor_quoted(k->r, service));
}

/* Parameters that must have one value there. */
static void
check_value(const struct postfix_look *k, const struct postfix_service *service,
    enum doctor_check check, const char *name, const char *wanted)
{
	const char *value = postfix_look_value(k, service, name);
	size_t n;

	if (strcmp(value, wanted) == 0)
		return;
	n = doctor_find(k->r, check, postfix_where(k->c, service, name, k->r),
	    "%s, the listener for copies, has %s = %s.", service->id, name,
	    value);
	postfix_set_for(k->r, n, k->c, service, name, wanted);
}

static void
check_overrides(
    const struct postfix_look *k, const struct postfix_service *service)
{
	static const char name[] = "receive_override_options";
	const char *value = postfix_look_value(k, service, name);
	bool checked =
	    !postfix_has_word(value, "no_unknown_recipient_checks") ||
	    !postfix_has_word(value, "no_header_body_checks");
	bool unmapped = postfix_has_word(value, "no_address_mappings");
	size_t n;

	if (!checked && !unmapped)
		return;
	n = doctor_find(k->r,
	    checked ? CHECK_COPIES_REFUSED : CHECK_COPIES_REWRITTEN,
	    postfix_where(k->c, service, name, k->r),
	    "%s, the listener for copies, has %s = %s.", service->id, name,
	    value);
	postfix_set_for(k->r, n, k->c, service, name,
	    "no_unknown_recipient_checks,no_header_body_checks");
}

/* Lists of restrictions that must begin by letting this host in. */
static void
check_restrictions(const struct postfix_look *k,
    const struct postfix_service *service, const char *name)
{
	const char *value = postfix_look_value(k, service, name);
	struct slice at = slice_text(value), word;
	size_t n;

	if (!postfix_next_word(&at, &word) ||
	    slice_equal(word, slice_text("permit_mynetworks")) ||
	    slice_equal(word, slice_text("permit")))
		return;
	n = doctor_find(k->r, CHECK_COPIES_REFUSED,
	    postfix_where(k->c, service, name, k->r),
	    "%s, the listener for copies, has %s = %s.", service->id, name,
	    value);
	postfix_set_for(
	    k->r, n, k->c, service, name, "permit_mynetworks,reject");
}

static void
check_tls(const struct postfix_look *k, const struct postfix_service *service)
{
	static const char level[] = "smtpd_tls_security_level";
	const char *value = postfix_look_value(k, service, level);

	if (strcmp(value, "encrypt") == 0)
		check_value(k, service, CHECK_COPIES_TLS, level, "none");
	if (strcmp(postfix_look_value(k, service, "smtpd_tls_wrappermode"),
		"yes") == 0)
		check_value(k, service, CHECK_COPIES_TLS,
		    "smtpd_tls_wrappermode", "no");
}

void
postfix_check_copies(const struct postfix_look *k)
{
	const struct doctor_listener *l = find_role(k, ROLE_COPIES);
	const struct postfix_service *service;
	size_t before = k->r->count;

	if (!l) {
		/* that of another host is another host's */
		if (k->own->copies.kind == ENDPOINT_INET &&
		    doctor_host_is_loopback(k->own->copies.name))
			check_missing(k);
		return;
	}
	service = postfix_listener_service(k->c, l);
	check_value(k, service, CHECK_COPIES_REWRITTEN,
	    "local_header_rewrite_clients", "");
	check_overrides(k, service);
	check_value(
	    k, service, CHECK_COPIES_REFUSED, "smtpd_helo_restrictions", "");
	check_value(
	    k, service, CHECK_COPIES_REFUSED, "smtpd_sender_restrictions", "");
	check_restrictions(k, service, "smtpd_client_restrictions");
	check_restrictions(k, service, "smtpd_relay_restrictions");
	check_restrictions(k, service, "smtpd_recipient_restrictions");
	check_tls(k, service);
	if (k->r->count == before)
		doctor_fine(k->r,
		    "the listener for copies rewrites and refuses nothing");
}
