/* gateway_fixture.c: see gateway_fixture.h. */
#include "unit/unit.h"

#include "unit/gateway_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/log.h"
#include "gateway/token.h"
#include "mail/header.h"
#include "unit/header_lines.h"
#include "unit/must.h"

#define FILE_MAX ((size_t)1 << 30)

/* --- the installation --- */

static void
write_authorities(struct gateway_fixture *f)
{
	struct buf pem;

	buf_init(&pem, 65536);
	fixture_cert_pem(&f->our_ca, &pem);
	fixture_cert_pem(&f->their_ca, &pem);
	f->ca_file = xasprintf("%s/ca.pem", f->folder);
	fixture_write(f->ca_file, 0644, &pem);
	buf_fini(&pem);
}

static void
configure(struct gateway_fixture *f)
{
	f->domain = (struct gateway_domain){.name = "example.org"};
	f->config = (struct gateway_config){
	    .keyd = f->keyd.socket,
	    .keyd_connections = 4,
	    .keyd_timeout_ms = 20000,
	    .store = f->uri,
	    .trust.ca_bundle = f->ca_file,
	    .authserv_id = "mx.example.org",
	    .domains = &f->domain,
	    .domain_count = 1,
	    .spool = {.memory = 64 * 1024,
		.max = 200u << 20,
		.folder = f->folder},
	};
	network_list_init(&f->config.trusted_networks);
	MUST(
	    network_list_add(&f->config.trusted_networks, "127.0.0.0/8", &err));
}

void
gateway_fixture_start(struct gateway_fixture *f)
{
	int from, to;

	memset(f, 0, sizeof(*f));
	f->folder = fixture_folder();
	f->uri = xasprintf("sqlite:%s/store.db", f->folder);
	f->log = xasprintf("%s/log", f->folder);
	assert_int_equal(
	    log_open(LOG_TARGET_FILE, LOG_LEVEL_DEBUG, "test", f->log), 0);
	MUST(tokens_new(&f->tokens, &err));
	keyd_fixture_start(&f->keyd);
	fixture_ca(&f->our_ca, &(struct fixture_opts){.name = "Our CA"});
	fixture_ca(&f->their_ca, &(struct fixture_opts){.name = "Their CA"});
	write_authorities(f);
	configure(f);
	MUST(store_migrate(f->uri, &from, &to, &err));
}

void
gateway_fixture_stop(struct gateway_fixture *f)
{
	gateway_fixture_close(f);
	tokens_free(f->tokens);
	network_list_fini(&f->config.trusted_networks);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_INFO, "test", NULL);
	keyd_fixture_stop(&f->keyd);
	fixture_fini(&f->our_ca);
	fixture_fini(&f->their_ca);
	fixture_folder_remove(f->folder);
	free(f->ca_file);
	free(f->log);
	free(f->uri);
}

void
gateway_fixture_open(struct gateway_fixture *f)
{
	const struct gateway_opts opts = {
	    .harvest = true, .seal = true, .tokens = f->tokens};

	gateway_fixture_close(f);
	MUST(gateway_new(&f->config, &opts, &f->gateway, &err));
}

void
gateway_fixture_close(struct gateway_fixture *f)
{
	gateway_unref(&f->gateway);
}

/* --- the store --- */

struct store *
gateway_fixture_store(const struct gateway_fixture *f)
{
	struct store *store;

	MUST(store_open(f->uri, &store, &err));
	return store;
}

void
gateway_fixture_user(struct gateway_fixture *f, const char *address,
    enum setting_switch sign, enum setting_encrypt encrypt)
{
	const struct setting_level level = {.sign = sign, .encrypt = encrypt};

	gateway_fixture_user_with(f, address, &level, STORE_USER_ACTIVE);
}

void
gateway_fixture_user_with(struct gateway_fixture *f, const char *address,
    const struct setting_level *level, enum store_user_state state)
{
	char *copy = xstrdup(address), none[] = "";
	struct store_user user = {.address = copy,
	    .first_name = none,
	    .last_name = none,
	    .level = *level,
	    .state = state};
	struct store_domain domain = {.name = strrchr(copy, '@') + 1};
	struct store *store = gateway_fixture_store(f);
	struct err why;

	if (store_domain_add(store, &domain, &why) < 0)
		assert_int_equal(why.class, ERR_PERMANENT);
	if (store_user_set(store, &user, &why) < 0) {
		assert_int_equal(why.class, ERR_NOT_FOUND);
		MUST(store_user_add(store, &user, &err));
	}
	store_close(store);
	free(copy);
}

void
gateway_fixture_seal(struct gateway_fixture *f, const char *address,
    const struct fixture_cert *cert, struct store_own_cert *own)
{
	struct key_client *keys = key_client_new(f->keyd.socket, 1, 20000);
	struct key_sealed sealed;
	struct buf der;

	buf_init(&der, 65536);
	fixture_key_der(cert, &der);
	key_sealed_init(&sealed);
	MUST(key_wrap(keys, buf_slice(&der), &sealed, &err));
	store_own_cert_init(own);
	own->address = xstrdup(address);
	own->certificate = certificate_ref(cert->certificate);
	memcpy(own->fingerprint, cert->certificate->fingerprint_text,
	    sizeof(own->fingerprint));
	own->wrapped_len = sealed.wrapped.len;
	own->wrapped = xmalloc(own->wrapped_len);
	memcpy(own->wrapped, sealed.wrapped.data, own->wrapped_len);
	own->added = fixture_now();
	key_sealed_fini(&sealed);
	buf_fini(&der);
	key_client_free(keys);
}

void
gateway_fixture_own(struct gateway_fixture *f, const char *address,
    const struct fixture_cert *cert)
{
	struct store *store = gateway_fixture_store(f);
	struct store_own_cert own;

	gateway_fixture_seal(f, address, cert, &own);
	MUST(store_own_cert_add(store, &own, &err));
	store_own_cert_fini(&own);
	store_close(store);
}

void
gateway_fixture_partner(struct gateway_fixture *f, const char *address,
    const struct fixture_cert *cert, enum store_trust trust)
{
	struct store *store = gateway_fixture_store(f);
	struct store_partner_cert partner;
	bool is_new;

	store_partner_cert_init(&partner);
	partner.address = xstrdup(address);
	partner.certificate = certificate_ref(cert->certificate);
	memcpy(partner.fingerprint, cert->certificate->fingerprint_text,
	    sizeof(partner.fingerprint));
	partner.trust = trust;
	partner.evidence = xstrdup("test");
	partner.first_seen = partner.last_seen = fixture_now();
	MUST(store_partner_cert_put(store, &partner, &is_new, &err));
	store_partner_cert_fini(&partner);
	store_close(store);
}

/* --- mail --- */

static void
tell_job(void *arg, const char *name, const char *body)
{
	job_header(arg, name, body);
}

static void
tell_header(void *arg, const char *name, const char *body)
{
	MUST(header_add(arg, slice_text(name), slice_text(body), &err));
}

static void
put_on_top(struct header *h, const struct header_edit *edit)
{
	struct header_field field;

	tell_header(h, edit->name, edit->value);
	field = h->fields[h->count - 1];
	memmove(h->fields + 1, h->fields, (h->count - 1) * sizeof(field));
	h->fields[0] = field;
}

void
fixture_play_edits(struct header *h, const struct edits *e)
{
	for (size_t i = 0; i < e->header_count; i++) {
		const struct header_edit *edit = &e->headers[i];
		struct header_field *field;

		if (edit->index == 0)
			continue;
		field = (struct header_field *)(uintptr_t)header_find(
		    h, edit->name, edit->index - 1);
		if (!field && edit->value) {
			tell_header(h, edit->name, edit->value);
		} else if (edit->value) {
			assert_non_null(field);
			field->body = slice_text(edit->value);
		} else {
			assert_non_null(field);
			memmove(field, field + 1,
			    (size_t)(h->fields + h->count - field - 1) *
				sizeof(*field));
			h->count--;
		}
	}
	for (size_t i = 0; i < e->header_count; i++)
		if (e->headers[i].index == 0)
			put_on_top(h, &e->headers[i]);
}

static void
write_pieces(int fd, const struct slice_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		MUST(io_write_fd(fd, "message", list->at[i], &err));
}

static char *
write_message(struct gateway_fixture *f, const struct fixture_mail *mail,
    const struct edits *e)
{
	static int number;
	char *file = xasprintf("%s/message-%d", f->folder,
	    __atomic_add_fetch(&number, 1, __ATOMIC_RELAXED));
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct slice_list own = {.count = 0};
	struct header h;
	struct buf text;

	assert_true(fd >= 0);
	header_init(&h);
	header_lines_add(&h, mail->header);
	fixture_play_edits(&h, e);
	buf_init(&text, FILE_MAX);
	for (size_t i = 0; i < h.count; i++)
		header_field_write(&h.fields[i], &text);
	buf_add_text(&text, "\r\n");
	MUST(io_write_fd(fd, "message", buf_slice(&text), &err));
	slice_list_add(&own, mail->body);
	write_pieces(fd, e->replace_body ? &e->body : &own);
	buf_fini(&text);
	header_fini(&h);
	close(fd);
	return file;
}

static void
tell_envelope(struct job *job, const struct fixture_mail *mail)
{
	job_sender(job, mail->sender ? mail->sender : "<alice@example.org>",
	    mail->parameters);
	for (size_t i = 0; i < FIXTURE_RECIPIENTS && mail->to[i]; i++)
		job_recipient(job, mail->to[i], mail->to_parameters[i],
		    mail->resolved[i]);
	if (!mail->to[0])
		job_recipient(job, "<bob@example.net>", NULL, NULL);
}

/* In pieces of the size that mail servers use. */
static void
tell_body(struct job *job, struct slice body)
{
	for (size_t at = 0; at < body.len; at += 65535) {
		struct slice piece = slice_part(body, at, at + 65535);

		job_body(job, piece.data, piece.len);
	}
}

static void
note_removed(const struct edits *e, struct fixture_result *result)
{
	struct buf text;

	buf_init(&text, sizeof(result->removed) - 1);
	for (size_t i = 0; i < e->recipient_count; i++)
		buf_addf(&text, "%s ", e->recipients[i]);
	assert_true(buf_ok(&text));
	strcpy(result->removed, buf_text(&text));
	buf_fini(&text);
}

static void
note_restored(const struct edits *e, struct fixture_result *result)
{
	struct buf text;

	buf_init(&text, sizeof(result->restored) - 1);
	for (size_t i = 0; i < e->restored_count; i++)
		buf_addf(&text, "%s%s%s ", e->restored[i].path,
		    *e->restored[i].parameters ? " " : "",
		    e->restored[i].parameters);
	assert_true(buf_ok(&text));
	strcpy(result->restored, buf_text(&text));
	buf_fini(&text);
}

static void
finish(struct job *job, const struct fixture_mail *mail,
    struct fixture_result *result)
{
	if (mail->decide_only) {
		tell_body(job, mail->body);
		result->outcome = job_decide(job, &result->reply);
		return;
	}
	result->wanted_body = job_end_of_header(job);
	if (!result->wanted_body)
		return;
	tell_body(job, mail->body);
	result->outcome = job_end_of_message(job, &result->reply);
	if (result->outcome != JOB_ACCEPT)
		return;
	note_removed(job_edits(job), result);
	if (!mail->server_dies)
		result->outcome = job_commit(job, &result->reply);
	note_restored(job_late_edits(job), result);
}

void
gateway_fixture_send(struct gateway_fixture *f, const struct fixture_mail *mail,
    struct fixture_result *result)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct job_client client = {
	    .address = (const struct sockaddr *)&address,
	    .daemon_name = mail->daemon,
	    .login = mail->login,
	    .certificate = mail->certificate,
	    .issuer = mail->issuer,
	    .override = mail->override,
	};
	struct job *job;

	memset(result, 0, sizeof(*result));
	assert_int_equal(
	    inet_pton(AF_INET, mail->client ? mail->client : "192.0.2.1",
		&address.sin_addr),
	    1);
	job = job_new(f->gateway, &client);
	tell_envelope(job, mail);
	header_lines_each(mail->header, tell_job, job);
	job_queue_id(job, "4QueueId");
	finish(job, mail, result);
	result->plan = *job_plan(job);
	result->changed = !edits_are_empty(job_edits(job));
	if (result->outcome == JOB_ACCEPT)
		result->file = write_message(f, mail, job_edits(job));
	else
		assert_false(result->changed);
	job_free(job);
}

void
fixture_result_fini(struct fixture_result *result)
{
	free(result->file);
	result->file = NULL;
}

/* --- looking at it --- */

int
gateway_fixture_run(const struct gateway_fixture *f, const char *format, ...)
{
	va_list args;
	char *command, *line;
	int status;

	va_start(args, format);
	assert_true(vasprintf(&command, format, args) >= 0);
	va_end(args);
	line = xasprintf(
	    "cd %s && { %s; } 2>%s/stderr", f->folder, command, f->folder);
	status = system(line);
	free(line);
	free(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
gateway_fixture_read(
    const struct gateway_fixture *f, const char *name, struct buf *out)
{
	char *path =
	    *name == '/' ? xstrdup(name) : xasprintf("%s/%s", f->folder, name);

	buf_init(out, FILE_MAX);
	MUST(io_read_file(path, out, &err));
	free(path);
}

bool
gateway_fixture_has(
    const struct gateway_fixture *f, const char *name, const char *text)
{
	struct buf bytes;
	bool found;

	gateway_fixture_read(f, name, &bytes);
	found = memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
	buf_fini(&bytes);
	return found;
}

void
gateway_fixture_pem(const struct gateway_fixture *f, const char *name,
    const struct fixture_cert *cert)
{
	struct buf pem;
	char *path;

	buf_init(&pem, 65536);
	fixture_cert_pem(cert, &pem);
	path = xasprintf("%s/%s.pem", f->folder, name);
	fixture_write(path, 0600, &pem);
	free(path);
	buf_clear(&pem);
	fixture_key_pem(cert, &pem);
	path = xasprintf("%s/%s.key", f->folder, name);
	fixture_write(path, 0600, &pem);
	free(path);
	buf_fini(&pem);
}

void
gateway_fixture_log_clear(const struct gateway_fixture *f)
{
	assert_int_equal(truncate(f->log, 0), 0);
}

bool
gateway_fixture_logged(const struct gateway_fixture *f, const char *text)
{
	struct buf log;
	bool found;

	gateway_fixture_read(f, f->log, &log);
	found = strstr(buf_text(&log), text) != NULL;
	buf_fini(&log);
	return found;
}

void
gateway_fixture_expect(const struct gateway_fixture *f, const char *text)
{
	struct buf log;

	gateway_fixture_read(f, f->log, &log);
	if (!strstr(buf_text(&log), text))
		fail_msg("no \"%s\" in the log:\n%s", text, buf_text(&log));
	buf_fini(&log);
}

void
gateway_fixture_sql(const struct gateway_fixture *f, const char *sql)
{
	char *path = xasprintf("%s/store.db", f->folder);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, LIMIT_STORE_WAIT), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	free(path);
}
