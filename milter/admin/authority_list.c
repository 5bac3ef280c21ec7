/* authority_list.c: see authority_list.h. */
#include "admin/authority_list.h"

#include <stdlib.h>
#include <string.h>

#include "admin/cert_json.h"
#include "admin/output.h"
#include "base/alloc.h"
#include "cert/trust.h"

/* One authority, while certificates go by. */
struct row {
	struct store_authority authority; /* owned */
	size_t contacts;
	char *last; /* contact that was counted; owned, may be NULL */
};

struct rows {
	struct row *at;
	size_t count, size;
};

static void
rows_fini(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		store_authority_fini(&rows->at[i].authority);
		free(rows->at[i].last);
	}
	free(rows->at);
}

static int
add_row(const struct store_authority *a, void *arg)
{
	struct rows *rows = arg;
	struct store_authority *copy;

	if (rows->count == rows->size) {
		rows->size = rows->size ? 2 * rows->size : 16;
		rows->at =
		    xreallocarray(rows->at, rows->size, sizeof(*rows->at));
	}
	rows->at[rows->count] = (struct row){.authority = *a};
	copy = &rows->at[rows->count++].authority;
	copy->subject = xstrdup(a->subject);
	copy->certificate =
	    a->certificate ? certificate_ref(a->certificate) : NULL;
	return 0;
}

/* --- who waits --- */

static bool
leads_to(const struct certificate *top, const struct store_authority *a)
{
	if (!a->certificate)
		return strcmp(a->subject, top->issuer) == 0;
	return certificate_is_same(a->certificate, top) ||
	       trust_is_issued_by(top->x509, a->certificate);
}

/* They come by address: who was counted last is the only one to look at. */
static int
count_waiting(const struct store_partner_cert *c, void *arg)
{
	const struct certificate *top = trust_top_of(c->certificate, &c->chain);
	struct rows *rows = arg;

	for (size_t i = 0; i < rows->count; i++) {
		struct row *row = &rows->at[i];

		if ((row->last && strcmp(row->last, c->address) == 0) ||
		    !leads_to(top, &row->authority))
			continue;
		free(row->last);
		row->last = xstrdup(c->address);
		row->contacts++;
	}
	return 0;
}

/* --- as JSON --- */

static json_t *
row_json(const struct row *row, time_t now)
{
	const struct store_authority *a = &row->authority;
	json_t *object =
	    a->certificate ? cert_json(a->certificate, now) : json_object();

	if (!a->certificate) {
		output_set(object, "fingerprint", json_null());
		output_set(object, "id", json_null());
		output_set(object, "subject", output_text(a->subject));
	}
	output_set(
	    object, "trust", output_text(store_authority_trust_name(a->trust)));
	output_set(object, "messages", json_integer(a->messages));
	output_set(object, "contacts", json_integer((json_int_t)row->contacts));
	output_set(object, "first_seen", output_time(a->first_seen));
	output_set(object, "last_seen", output_time(a->last_seen));
	return object;
}

static void
fill(const struct rows *rows, bool only_unknown, time_t now,
    struct authority_list *out)
{
	*out = (struct authority_list){.authorities = json_array()};
	for (size_t i = 0; i < rows->count; i++) {
		switch (rows->at[i].authority.trust) {
		case STORE_AUTHORITY_UNKNOWN:
			out->unknown++;
			break;
		case STORE_AUTHORITY_TRUSTED:
			out->trusted++;
			break;
		case STORE_AUTHORITY_DISTRUSTED:
			out->distrusted++;
			break;
		}
		if (!only_unknown ||
		    rows->at[i].authority.trust == STORE_AUTHORITY_UNKNOWN)
			(void)json_array_append_new(
			    out->authorities, row_json(&rows->at[i], now));
	}
}

int
authority_list(struct store *store, bool only_unknown, time_t now,
    struct authority_list *out, struct err *err)
{
	struct rows rows = {.at = NULL};
	int rc = store_authority_each(store, add_row, &rows, err);

	if (rc == 0)
		rc = store_partner_cert_walk(
		    store, STORE_TRUST_UNTRUSTED, count_waiting, &rows, err);
	if (rc == 0)
		fill(&rows, only_unknown, now, out);
	rows_fini(&rows);
	return rc;
}
