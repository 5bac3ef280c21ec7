/*
 * seal_diff.c: "seal diff": what happened to this message on the road, from
 * two files: as it was signed, and as somebody got it.
 *
 * Needs neither configuration nor store: the help desk has none.  The first
 * file is sealed with a key of the moment and the second one compared with
 * that, by the very code of the guard.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/message_file.h"
#include "admin/seal_advice.h"
#include "admin/seal_part.h"
#include "admin/seal_show.h"
#include "admin/seal_verbs.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "mail/mime_build.h"
#include "smime/detect.h"
#include "smime/intact.h"
#include "smime/seal.h"
#include "smime/seal_compare.h"

/* What mail servers take, and more. */
static const struct spool_config spool = {
    .memory = 16 * (size_t)MIB,
    .max = 512 * (size_t)MIB,
    .folder = "/var/tmp",
};

/* One of both files. */
struct copy {
	const char *path;
	struct message_file file;
	enum smime_kind kind;
	struct buf entity; /* its header block */
	struct mime_tree tree;
	struct smime_intact intact;
};

struct diff {
	struct copy was, now;
	struct seal_findings findings;
	const char *wrapped; /* the part that the message is now, or "" */
	struct smime_intact inside; /* of that one */
};

/* --- reading --- */

static void
copy_init(struct copy *c, const char *path)
{
	*c = (struct copy){.path = path};
	message_file_init(&c->file, &spool);
	buf_init(&c->entity, EDITS_HEADER_MAX);
	mime_scan(&c->tree, slice_make(NULL, 0), slice_make(NULL, 0));
}

static void
copy_fini(struct copy *c)
{
	mime_tree_fini(&c->tree);
	buf_fini(&c->entity);
	message_file_fini(&c->file);
}

static int
copy_read(struct copy *c, struct err *err)
{
	const struct smime_intact_opts opts = {.spool = &spool};
	struct message_file *m = &c->file;

	if (message_file_read(m, c->path, err) < 0 ||
	    smime_check_integrity(&opts, &m->header, m->body, &c->intact, err) <
		0)
		return -1;
	c->kind = smime_detect(&m->header, m->body);
	mime_entity_header(&m->header, m->body, &c->entity);
	if (!buf_ok(&c->entity))
		return err_set(
		    err, ERR_PERMANENT, "%s: header too large", c->path);
	mime_tree_fini(&c->tree);
	mime_scan(&c->tree, buf_slice(&c->entity), m->body);
	return 0;
}

static int
compare(struct diff *d, struct err *err)
{
	struct seal *seal = xcalloc(1, sizeof(*seal));
	struct seal_key key;
	const struct seal_opts opts = {.key = &key, .spool = &spool};
	int rc = -1;

	if (seal_key_random(&key, err) == 0 &&
	    seal_take(&opts, &d->was.tree, seal, err) == 0)
		rc = seal_compare(&opts, seal, &d->now.tree, &d->findings, err);
	seal_key_wipe(&key);
	free(seal);
	return rc;
}

/* In a message that became a part of another one the signature may still
 * verify. */
static int
look_inside(struct diff *d, struct err *err)
{
	const struct smime_intact_opts opts = {.spool = &spool};
	const struct mime_part *part;

	for (size_t i = 0; i < d->findings.count; i++)
		if (d->findings.at[i].change == SEAL_WRAPPED)
			d->wrapped = d->findings.at[i].part;
	part = *d->wrapped ? seal_part_find(&d->now.tree, d->wrapped) : NULL;
	if (part && part->kind == MIME_MESSAGE && part->child)
		part = part->child;
	return part ? smime_check_integrity(
			  &opts, &part->header, part->body, &d->inside, err)
		    : 0;
}

static bool
is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

static enum verb_result
read_both(struct diff *d, struct err *err)
{
	if (is_stdin(d->was.path) && is_stdin(d->now.path)) {
		err_set(err, ERR_PERMANENT,
		    "only one of both can come from standard input");
		return VERB_USAGE;
	}
	if (copy_read(&d->was, err) < 0)
		return VERB_FAILED;
	if (d->was.kind == SMIME_NONE) {
		err_set(err, ERR_PERMANENT,
		    "%s: neither signed nor encrypted: there is nothing that "
		    "could have been broken; the first file is the message as "
		    "it was signed",
		    d->was.path);
		return VERB_USAGE;
	}
	if (copy_read(&d->now, err) < 0 || compare(d, err) < 0 ||
	    look_inside(d, err) < 0)
		return VERB_FAILED;
	return VERB_DONE;
}

/* --- telling --- */

/* Has anything happened that a reader or a signature minds? */
static bool
is_changed(const struct diff *d)
{
	return seal_findings_worst(&d->findings) != NULL;
}

static const char *
verification_of(const struct copy *c)
{
	switch (c->intact.integrity) {
	case INTEGRITY_INTACT:
		return "the signature verifies";
	case INTEGRITY_BROKEN:
		return "the signature does not verify";
	case INTEGRITY_UNKNOWN:
		return "nobody here can verify the signature";
	case INTEGRITY_NONE:
		break;
	}
	if (c->kind == SMIME_NONE)
		return "no signature at the root of the message";
	return smime_kind_is_encrypted(c->kind)
		   ? "encrypted: only a recipient can verify what is inside"
		   : "no S/MIME signature";
}

static json_t *
copy_json(const struct copy *c)
{
	const char *detail = c->intact.detail;
	json_t *object = json_object();

	output_set(object, "file", output_text(c->path));
	output_set(object, "kind", output_text(smime_kind_name(c->kind)));
	output_set(object, "integrity",
	    output_text(smime_integrity_name(c->intact.integrity)));
	output_set(object, "detail",
	    detail && *detail ? output_text(detail) : json_null());
	output_set(object, "verification", output_text(verification_of(c)));
	return object;
}

static int
finding_json(const struct diff *d, const struct seal_finding *f, json_t **out,
    struct err *err)
{
	const struct seal_excerpt_case c = {.was = &d->was.tree,
	    .now = &d->now.tree,
	    .wrapped = d->wrapped,
	    .spool = &spool};
	struct seal_excerpt excerpt = {.before = NULL};
	char text[SEAL_FINDING_TEXT];

	if (seal_part_excerpt(&c, f, &excerpt, err) < 0)
		return -1;
	seal_finding_text(f, text);
	*out = json_object();
	output_set(*out, "change", output_text(seal_change_name(f->change)));
	output_set(*out, "part", output_text(f->part));
	output_set(*out, "bytes", json_integer((json_int_t)f->bytes));
	output_set(*out, "harmless", json_boolean(f->benign));
	output_set(*out, "text", output_text(text));
	output_set(*out, "before", output_text(excerpt.before));
	output_set(*out, "after", output_text(excerpt.after));
	seal_excerpt_fini(&excerpt);
	return 0;
}

static int
findings_json(const struct diff *d, json_t *list, struct err *err)
{
	json_t *object;

	for (size_t i = 0; i < d->findings.count; i++) {
		if (finding_json(d, &d->findings.at[i], &object, err) < 0)
			return -1;
		json_array_append_new(list, object);
	}
	return 0;
}

static json_t *
advice_json(const struct diff *d)
{
	const struct seal_advice_case c = {.was = d->was.intact.integrity,
	    .now = d->now.intact.integrity,
	    .findings = &d->findings};
	const char *advice[SEAL_ADVICE_MAX];
	size_t count = seal_advice(&c, advice);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, output_text(advice[i]));
	return list;
}

static const char *
result_of(const struct diff *d)
{
	if (is_changed(d))
		return "changed";
	return d->findings.count > 0 ? "harmless" : "same";
}

/* In one sentence. */
static char *
summary_of(const struct diff *d)
{
	const struct seal_finding *worst = seal_findings_worst(&d->findings);
	char text[SEAL_FINDING_TEXT];

	if (!worst)
		return xstrdup(d->findings.count > 0
				   ? "changed in ways that nobody minds"
				   : "what was protected is still the same");
	seal_finding_text(worst, text);
	if (d->now.intact.integrity == INTEGRITY_INTACT)
		return xasprintf("%s; the signature does not mind", text);
	if (d->inside.integrity == INTEGRITY_INTACT)
		return xasprintf("%s; in there the signature verifies", text);
	return xstrdup(text);
}

static int
diff_json(const struct diff *d, json_t *object, struct err *err)
{
	json_t *findings = json_array();
	char *summary = summary_of(d);

	output_set(object, "result", output_text(result_of(d)));
	output_set(object, "summary", output_text(summary));
	output_set(object, "signed", copy_json(&d->was));
	output_set(object, "delivered", copy_json(&d->now));
	output_set(object, "inside",
	    *d->wrapped ? output_text(smime_integrity_name(d->inside.integrity))
			: json_null());
	output_set(object, "findings", findings);
	output_set(object, "more", json_integer((json_int_t)d->findings.more));
	output_set(object, "advice", advice_json(d));
	free(summary);
	return findings_json(d, findings, err);
}

enum verb_result
seal_diff_run(struct admin *a, const struct args *args, struct err *err)
{
	json_t *object = json_object();
	enum verb_result rc;
	struct diff d = {.wrapped = ""};

	copy_init(&d.was, args_operand(args, 0));
	copy_init(&d.now, args_operand(args, 1));
	rc = read_both(&d, err);
	if (rc == VERB_DONE && diff_json(&d, object, err) < 0)
		rc = VERB_FAILED;
	if (rc == VERB_DONE) {
		seal_show(&a->output, object);
		rc = is_changed(&d) ? VERB_NO : VERB_DONE;
	}
	copy_fini(&d.now);
	copy_fini(&d.was);
	json_decref(object);
	return rc;
}
