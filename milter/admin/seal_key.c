/*
 * seal_key.c: "seal key": a new key in a file that the daemon, and nobody
 * else, can read.
 *
 * Works before there is a configuration that can be used: the key is one of
 * the things that it names.
 */
#include <unistd.h>

#include "admin/admin.h"
#include "admin/seal_verbs.h"
#include "base/confine.h"
#include "base/secret.h"
#include "smime/seal.h"

/* Whom the packages make, and the default of "user". */
#define DAEMON_USER "smime-milter"

/* Who reads the key: for root the user whom the daemon becomes. */
static int
find_owner(const struct admin *a, struct confine_user *owner, struct err *err)
{
	struct settings_errors errors;
	struct settings *settings = NULL;
	const char *name = DAEMON_USER;
	int rc;

	settings_errors_init(&errors);
	if (settings_load(a->config, &settings, &errors) == 0)
		name = settings->user;
	settings_errors_fini(&errors);
	rc = confine_find_user(name, owner, err);
	settings_unref(&settings);
	if (rc < 0)
		return err_prefix(err, "who is to read the key");
	return 0;
}

static int
write_key(const char *path, const struct confine_user *owner, struct err *err)
{
	struct secret key;
	int rc;

	if (secret_random(&key, sizeof(struct seal_key), err) < 0)
		return -1;
	rc = secret_write_new_file(&key, path, err);
	secret_fini(&key);
	if (rc < 0)
		return -1;
	if (owner->has_user && lchown(path, owner->uid, owner->gid) != 0) {
		err_set_errno(err, ERR_PERMANENT,
		    "%s: cannot be given to uid %u", path, owner->uid);
		(void)unlink(path);
		return -1;
	}
	return 0;
}

enum verb_result
seal_key_run(struct admin *a, const struct args *args, struct err *err)
{
	const char *path = args_operand(args, 0);
	struct confine_user owner = {.has_user = false};
	json_t *object;

	if (geteuid() == 0 && find_owner(a, &owner, err) < 0)
		return VERB_FAILED;
	if (write_key(path, &owner, err) < 0)
		return VERB_FAILED;
	object = json_object();
	output_set(object, "file", output_text(path));
	output_set(object, "uid",
	    json_integer(owner.has_user ? owner.uid : geteuid()));
	output_done(&a->output, object,
	    "%s: made; name it as seal.key in the configuration of the signer, "
	    "and a copy that the guard's user owns in that of the guard",
	    path);
	json_decref(object);
	return VERB_DONE;
}
