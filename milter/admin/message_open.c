/* message_open.c: see message_open.h. */
#include "admin/message_open.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Own certificates that are tried at a time, when nobody says whose. */
#define BATCH 256

struct opening {
	struct admin *a;
	const struct message_file *message;
	const struct message_open_opts *opts;
	struct message_opening *out;
	struct key_client *keys; /* NULL: nothing is decrypted */
	struct store *store;	 /* NULL: there is none */
	const struct spool_config *config;
	int rc;
	struct err *err;
};

void
message_opening_init(
    struct message_opening *o, const struct spool_config *config)
{
	*o = (struct message_opening){0};
	smime_layers_init(&o->layers, config);
	spool_init(&o->raw, config);
	own_list_init(&o->own);
}

void
message_opening_fini(struct message_opening *o)
{
	smime_layers_fini(&o->layers);
	spool_fini(&o->raw);
	own_list_fini(&o->own);
}

/* Certificates of one address stand side by side: they are one reader's. */
static struct smime_reader *
readers_make(const struct own_list *own, size_t *count)
{
	struct smime_reader *readers =
	    xcalloc(own->count + 1, sizeof(*readers));
	size_t n = 0;

	for (size_t i = 0; i < own->count; i++) {
		if (i == 0 ||
		    strcmp(own->at[i].address, own->at[i - 1].address) != 0)
			readers[n++].own = &own->at[i];
		readers[n - 1].own_count++;
	}
	*count = n;
	return readers;
}

static int
layers_read(struct opening *o)
{
	struct smime_layers *layers = &o->out->layers;
	struct smime_layers_opts opts = {
	    .verify = {.now = o->a->now, .from = o->opts->from},
	    .keys = o->keys,
	    .takes_8bit = true,
	};
	struct smime_reader *readers;
	int rc;

	if (admin_trust(o->a, &opts.verify.trust, o->err))
		return -1;
	readers = readers_make(&o->out->own, &opts.reader_count);
	opts.readers = readers;
	smime_layers_fini(layers);
	smime_layers_init(layers, o->config);
	rc = smime_layers_read(
	    &opts, &o->message->header, o->message->body, layers, o->err);
	free(readers);
	return rc;
}

/* Not being opened is no error here. */
static int
raw_read(struct opening *o)
{
	struct message_opening *out = o->out;
	struct smime_decrypt_opts opts = {
	    .keys = o->keys, .own = out->own.at, .own_count = out->own.count};

	if (!o->out->layers.is_for_reader)
		return 0;
	if (smime_decrypt(&opts, &o->message->header, o->message->body,
		&out->raw, &out->raw_facts, o->err))
		return o->err->class == ERR_TEMPORARY ? -1 : 0;
	out->opened = true;
	return 0;
}

/* Without keys, layers tell whether it is for us. */
static int
read_message(struct opening *o)
{
	struct key_client *keys = o->keys;

	if (o->opts->raw)
		o->keys = NULL;
	if (layers_read(o))
		return -1;
	o->keys = keys;
	o->out->opened = o->out->layers.decryption == SMIME_OPENED;
	return o->opts->raw ? raw_read(o) : 0;
}

/* With the certificates that were collected. */
static void
try_list(struct opening *o)
{
	o->rc = read_message(o);
	/* The key process is away: what needs no key is still told. */
	if (o->rc && o->keys && o->opts->optional &&
	    o->err->class == ERR_TEMPORARY) {
		o->keys = NULL;
		o->rc = read_message(o);
	}
	if (o->rc)
		return;
	if (o->out->layers.is_for_reader)
		o->out->is_for_us = true;
	if (!o->out->opened)
		own_list_fini(&o->out->own);
}

static int
collect(const struct store_own_cert *c, void *arg)
{
	struct opening *o = arg;

	own_list_add(&o->out->own, c);
	if (o->out->own.count >= BATCH)
		try_list(o);
	return o->rc || o->out->opened;
}

/* Whoever it was redirected to: any of our keys. */
static int
try_all(struct opening *o)
{
	if (store_own_cert_each(o->store, NULL, collect, o, o->err))
		return -1;
	if (o->rc == 0 && o->out->own.count > 0 && !o->out->opened)
		try_list(o);
	return o->rc;
}

static int
try_addresses(struct opening *o)
{
	const struct address_list *to = o->opts->to;

	for (size_t i = 0; o->store && i < to->count; i++)
		if (own_list_load(
			&o->out->own, o->store, to->addresses[i], o->err))
			return -1;
	try_list(o);
	return o->rc;
}

static int
prepare(struct opening *o)
{
	const struct settings *settings;

	if (admin_settings(o->a, &settings, o->err))
		return -1;
	o->config = &settings->gateway.spool;
	if (admin_keys(o->a, &o->keys, o->err))
		return -1;
	if (admin_store(o->a, &o->store, o->err) == 0)
		return 0;
	o->store = NULL;
	return o->opts->optional ? 0 : -1;
}

int
message_open(struct admin *a, const struct message_file *m,
    const struct message_open_opts *opts, struct message_opening *out,
    struct err *err)
{
	struct opening o = {
	    .a = a, .message = m, .opts = opts, .out = out, .err = err};

	if (prepare(&o) || try_addresses(&o))
		return -1;
	if (out->opened || out->layers.decryption != SMIME_CLOSED ||
	    opts->only || !o.store || !o.keys)
		return 0;
	return try_all(&o);
}

const struct store_own_cert *
message_opening_used(const struct message_opening *o)
{
	for (size_t i = 0; i < o->own.count; i++)
		if (strcmp(o->own.at[i].fingerprint, o->layers.fingerprint) ==
		    0)
			return &o->own.at[i];
	return NULL;
}
