/*
 * store_sqlite_chain.c: chains of intermediates in SQLite, each kept once,
 * named by its digest.
 *
 * Reading a user means parsing his certificates, and parsing is what takes
 * long; the intermediates are the same few for everybody.  So parsed chains
 * are remembered.  Their name is their content: nothing can make the memory
 * wrong.  Any thread.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/limits.h"
#include "cert/store_sqlite.h"

/* Parsed chains, immutable and counted */

struct chain {
	int refs;
	struct certificate_list list;
	size_t size; /* of its DER */
};

static void *
chain_ref(void *value)
{
	struct chain *chain = value;

	__atomic_add_fetch(&chain->refs, 1, __ATOMIC_RELAXED);
	return chain;
}

static void
chain_unref(void *value)
{
	struct chain *chain = value;

	if (__atomic_sub_fetch(&chain->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	certificate_list_fini(&chain->list);
	free(chain);
}

static size_t
chain_weight(const void *value)
{
	const struct chain *chain = value;

	return chain->size;
}

struct lru *
store_sqlite_chains_new(void)
{
	static const struct lru_ops ops = {chain_ref, chain_unref};
	static const struct lru_scale scale = {
	    chain_weight, LIMIT_CHAINS_CACHED_BYTES};

	return lru_new_weighed(LIMIT_CHAINS_CACHED, &ops, &scale);
}

static struct chain *
parse_chain(struct slice der, struct err *err)
{
	struct chain *chain = xcalloc(1, sizeof(*chain));

	chain->refs = 1;
	chain->size = der.len;
	certificate_list_init(&chain->list);
	if (certificate_list_read_max(&chain->list, der, LIMIT_CHAIN, err)) {
		chain_unref(chain);
		return NULL;
	}
	return chain;
}

int
store_sqlite_read_chain(struct store *store, struct slice der,
    struct certificate_list *out, struct err *err)
{
	struct lru *chains = store_sqlite_chains(store);
	unsigned char digest[FINGERPRINT_SIZE];
	char key[FINGERPRINT_TEXT];
	struct chain *chain;

	if (der.len == 0)
		return 0;
	certificate_sha256(der, digest);
	hex_encode(digest, sizeof(digest), key);
	chain = lru_get(chains, key);
	if (!chain) {
		chain = parse_chain(der, err);
		if (!chain)
			return -1;
		lru_put(chains, key, chain);
	}
	for (size_t i = 0; i < chain->list.count; i++)
		certificate_list_add(out, chain->list.at[i]);
	chain_unref(chain);
	return 0;
}

/* Rows */

static int
find_chain(struct sqlite *db, struct slice digest, int64_t *id, struct err *err)
{
	struct sqlite_query q;

	*id = 0;
	sqlite_query(&q, db, "SELECT id FROM chains WHERE digest = ?");
	sqlite_bind_blob(&q, digest);
	if (sqlite_step(&q))
		*id = sqlite_number(&q, 0);
	return sqlite_done(&q, err);
}

int
store_sqlite_put_chain(struct sqlite *db, const struct certificate_list *chain,
    int64_t *id, struct err *err)
{
	unsigned char digest[32];
	struct sqlite_query q;
	struct buf der;
	int rc = -1;

	*id = 0;
	if (chain->count == 0)
		return 0;
	buf_init(&der, (size_t)(LIMIT_CHAIN * LIMIT_CERTIFICATE));
	certificate_list_write_der(chain, &der);
	if (chain->count > LIMIT_CHAIN || !buf_ok(&der)) {
		err_set(err, ERR_PERMANENT,
		    "chain of more than %u certificates", LIMIT_CHAIN);
		goto out;
	}
	certificate_sha256(buf_slice(&der), digest);
	rc = find_chain(db, slice_make(digest, sizeof(digest)), id, err);
	if (rc || *id)
		goto out;
	sqlite_query(&q, db, "INSERT INTO chains (digest, der) VALUES (?, ?)");
	sqlite_bind_blob(&q, slice_make(digest, sizeof(digest)));
	sqlite_bind_blob(&q, buf_slice(&der));
	rc = sqlite_run(&q, err);
	*id = sqlite_last_id(db);
out:
	buf_fini(&der);
	return rc;
}
