/*
 * gateway.c: see gateway.h.  Immutable but for the count of its references;
 * what it holds locks for itself.
 */
#include "gateway/gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/secret.h"
#include "cert/judged.h"
#include "gateway/directory.h"
#include "gateway/harvester.h"
#include "gateway/notice.h"
#include "gateway/rate.h"
#include "smime/content_guard.h"
#include "smime/seal.h"

struct gateway {
	int refs;
	const struct gateway_config *config;
	struct gateway_opts opts;
	struct store *store;
	struct trust *trust;
	struct certificate_cache *certificates;
	struct key_client *keys;
	struct content_guard *guard;
	struct directory *directory;
	struct harvester *harvester; /* NULL: nothing is learned */
	struct notices *notices;
	struct rates *rates;
	struct relay *relay; /* NULL: there are no copies */
	struct secret seal;  /* a struct seal_key, or empty */
};

/* In the order in which one uses the other. */
static void
gateway_free(struct gateway *g)
{
	secret_fini(&g->seal);
	rates_free(g->rates);
	relay_free(g->relay);
	notices_free(g->notices);
	harvester_free(g->harvester);
	directory_free(g->directory);
	content_guard_free(g->guard);
	key_client_free(g->keys);
	store_close(g->store);
	certificate_cache_free(g->certificates);
	trust_release(&g->trust);
	free(g);
}

/* There may be none, and who only looks at the configuration needs none. */
static int
open_relay(struct gateway *g, struct err *err)
{
	const struct relay_config *config = &g->config->relay;

	if (!g->opts.tokens || !config->reinject || !*config->reinject)
		return 0;
	return relay_new(config, &g->relay, err);
}

/* What to do about a key that cannot be read.  The chown that io.c would have
 * takes a file that both daemons name away from the other one. */
static int
explain_seal_key(const char *path, struct err *err)
{
	struct stat st;
	bool there = stat(path, &st) == 0;

	if (!there && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND,
		    "seal.key: %s: No such file or directory; make it: "
		    "smimectl seal key %s",
		    path, path);
	if (there && !(st.st_mode & (S_IRWXG | S_IRWXO)) &&
	    st.st_uid != geteuid())
		return err_set(err, ERR_PERMANENT,
		    "seal.key: %s belongs to uid %u, and uid %u cannot read "
		    "it; make a copy of its own: install -o %u -m 0400 %s COPY",
		    path, st.st_uid, geteuid(), geteuid(), path);
	return err_prefix(err, "seal.key");
}

/* Where it does not leak (base/secret.h). */
static int
read_seal_key(struct gateway *g, struct err *err)
{
	const char *path = g->config->seal.key;

	if (!g->opts.seal || !path || !*path)
		return 0;
	/* A key is bytes and nothing else: it may lie anywhere. */
	if (secret_init(&g->seal, sizeof(struct seal_key), err) == 0 &&
	    seal_key_read(path, (struct seal_key *)g->seal.data, err) == 0)
		return 0;
	return explain_seal_key(path, err);
}

/* What a signer needs to know people and their certificates. */
static int
open_signer(struct gateway *g, struct err *err)
{
	const struct gateway_config *config = g->config;

	g->guard = content_guard_new();
	if (trust_load(&config->trust, &g->trust, err) < 0 ||
	    store_open(config->store, &g->store, err) < 0 ||
	    judged_load(g->store, g->trust, err) < 0)
		return -1;
	g->keys = key_client_new(
	    config->keyd, config->keyd_connections, config->keyd_timeout_ms);
	g->directory = directory_new(config, g->store, g->trust);
	g->rates = rates_new(config->rate_limit);
	return g->opts.harvest
		   ? harvester_new(g->store, g->trust, &g->harvester, err)
		   : 0;
}

int
gateway_new(const struct gateway_config *config,
    const struct gateway_opts *opts, struct gateway **out, struct err *err)
{
	struct gateway *g = xcalloc(1, sizeof(*g));

	g->refs = 1;
	g->config = config;
	g->opts = *opts;
	g->certificates = certificate_cache_new();
	g->notices = notices_new();
	/* A guard knows nobody; what it counts is its own reports. */
	if (config->role == ROLE_GUARD)
		g->rates = rates_new(LIMIT_GUARD_REPORTS);
	else if (open_signer(g, err) < 0)
		goto fail;
	if (read_seal_key(g, err) < 0 || open_relay(g, err) < 0)
		goto fail;
	*out = g;
	return 0;
fail:
	gateway_free(g);
	return -1;
}

struct gateway *
gateway_ref(struct gateway *g)
{
	__atomic_add_fetch(&g->refs, 1, __ATOMIC_RELAXED);
	return g;
}

void
gateway_unref(struct gateway **gateway)
{
	struct gateway *g = *gateway;
	struct gateway_opts opts;

	*gateway = NULL;
	if (!g || __atomic_sub_fetch(&g->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	opts = g->opts;
	gateway_free(g);
	if (opts.release)
		opts.release(opts.arg);
}

struct store *
gateway_store(struct gateway *g)
{
	return g->store;
}

struct trust *
gateway_trust(struct gateway *g)
{
	return g->trust;
}

struct certificate_cache *
gateway_certificates(struct gateway *g)
{
	return g->certificates;
}

struct content_guard *
gateway_guard(struct gateway *g)
{
	return g->guard;
}

struct key_client *
gateway_keys(struct gateway *g)
{
	return g->keys;
}

struct directory *
gateway_directory(struct gateway *g)
{
	return g->directory;
}

struct harvester *
gateway_harvester(struct gateway *g)
{
	return g->harvester;
}

struct notices *
gateway_notices(struct gateway *g)
{
	return g->notices;
}

struct rates *
gateway_rates(struct gateway *g)
{
	return g->rates;
}

struct relay *
gateway_relay(struct gateway *g)
{
	return g->relay;
}

struct tokens *
gateway_tokens(struct gateway *g)
{
	return g->opts.tokens;
}

const struct seal_key *
gateway_seal_key(const struct gateway *g)
{
	return (const struct seal_key *)g->seal.data;
}

struct sealing
gateway_sealing(const struct gateway *g, time_t now)
{
	return (struct sealing){.key = gateway_seal_key(g),
	    .marker = g->config->seal.marker,
	    .now = now,
	    .spool = &g->config->spool};
}

const char *
gateway_name(const struct gateway_config *config, char room[GATEWAY_NAME_MAX])
{
	if (config->authserv_id && *config->authserv_id)
		return config->authserv_id;
	if (gethostname(room, GATEWAY_NAME_MAX) < 0 || !*room)
		return "localhost";
	room[GATEWAY_NAME_MAX - 1] = '\0';
	return room;
}

const struct gateway_disclaimer *
gateway_disclaimer_find(const struct gateway_config *config, const char *name)
{
	for (size_t i = 0; i < config->disclaimer_count; i++)
		if (strcmp(config->disclaimers[i].name, name) == 0)
			return &config->disclaimers[i];
	return NULL;
}

const struct gateway_config *
gateway_config(const struct gateway *g)
{
	return g->config;
}
