/* judged.c: see judged.h.  Any thread. */
#include "cert/judged.h"

struct judged {
	struct certificate_list trusted, distrusted;
};

static int
take(const struct store_authority *a, void *arg)
{
	struct judged *judged = arg;

	if (a->certificate && a->trust == STORE_AUTHORITY_TRUSTED)
		certificate_list_add(&judged->trusted, a->certificate);
	if (a->certificate && a->trust == STORE_AUTHORITY_DISTRUSTED)
		certificate_list_add(&judged->distrusted, a->certificate);
	return 0;
}

int
judged_load(struct store *store, struct trust *trust, struct err *err)
{
	struct judged judged;
	int rc;

	certificate_list_init(&judged.trusted);
	certificate_list_init(&judged.distrusted);
	rc = store_authority_each_judged(store, take, &judged, err);
	if (rc == 0)
		trust_set_judged(trust, &judged.trusted, &judged.distrusted);
	certificate_list_fini(&judged.distrusted);
	certificate_list_fini(&judged.trusted);
	return rc;
}
