/*
 * mime_tool.c: what milter/mail makes of standard input, for judges in other
 * languages (tests/system/mime_judge_test.py, disclaimer_test.py).
 *
 *   mime_tool canon    result, reason and the canonical form of an entity
 *   mime_tool disclaimer TEXT [HTML]   result, length of its header block, and
 *                      the entity with a disclaimer of those files
 *   mime_tool tree     a line for each part: depth, kind, type, bytes of body
 *   mime_tool base64-encode | base64-decode | qp-encode | qp-decode
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/limits.h"
#include "mail/disclaimer.h"
#include "mail/mime_canon.h"
#include "mail/mime_codec.h"
#include "unit/disclaimer_word.h"

static const struct spool_config config = {
    .memory = MIB, .max = 512u * MIB, .folder = "/tmp"};

static void
die(const struct err *err)
{
	fprintf(stderr, "mime_tool: %s\n", err->text);
	exit(1);
}

/* Header and body of an entity, around its first empty line. */
static void
scan_entity(struct mime_tree *tree, struct slice entity)
{
	struct header header;
	size_t body, end;
	bool complete;

	header_init(&header);
	body = header_parse(&header, entity, &complete);
	end = complete ? body - 2 : body;
	header_fini(&header);
	mime_scan(tree, slice_part(entity, 0, end),
	    slice_part(entity, body, entity.len));
}

static void
show_canon(struct slice in, struct spool *out, struct err *err)
{
	static const char *const words[] = {
	    "same", "transcoded", "opaque", "skip"};
	enum mime_canon_result result;
	const char *reason;
	struct mime_tree tree;

	scan_entity(&tree, in);
	if (mime_canon_write(&tree, out, &result, &reason, err))
		die(err);
	printf("%s %s\n", words[result], reason ? reason : "-");
	mime_tree_fini(&tree);
}

static void
read_template(char **paths, struct disclaimer *d,
    struct disclaimer_template **t, struct err *err)
{
	struct buf files[2];

	buf_init(&files[0], LIMIT_FILE);
	buf_init(&files[1], LIMIT_FILE);
	for (int i = 0; i < 2 && paths[i]; i++)
		if (io_read_file(paths[i], &files[i], err))
			die(err);
	if (disclaimer_template_new(
		buf_slice(&files[0]), buf_slice(&files[1]), t, err))
		die(err);
	disclaimer_fill(*t, "Alice", "alice@example.org", d);
	buf_fini(&files[0]);
	buf_fini(&files[1]);
}

static void
show_disclaimer(
    struct slice in, char **paths, struct spool *out, struct err *err)
{
	enum disclaimer_result result;
	struct disclaimer_template *t;
	struct mime_tree tree;
	struct disclaimer d;
	size_t header_len = 0;

	read_template(paths, &d, &t, err);
	scan_entity(&tree, in);
	if (disclaimer_insert(&tree,
		&(const struct disclaimer_opts){t, &d, false}, out, &header_len,
		&result, err))
		die(err);
	printf("%s %zu\n", disclaimer_word(result), header_len);
	mime_tree_fini(&tree);
	disclaimer_fini(&d);
	disclaimer_template_free(t);
}

static void
show_tree(struct slice in)
{
	const struct mime_part *part;
	struct mime_tree tree;

	scan_entity(&tree, in);
	for (part = tree.root; part; part = mime_part_next(part))
		printf("%u %c %s/%s %zu %zu\n", part->depth, "LPR"[part->kind],
		    part -> type.type, part->type.subtype,
		    (size_t)(part->body.data - in.data), part->body.len);
	mime_tree_fini(&tree);
}

static int
code(const char *what, struct slice in, struct spool *out, struct err *err)
{
	struct base64_encoder encoder;
	bool strict;

	if (strcmp(what, "qp-encode") == 0)
		return qp_encode(in, true, out, err);
	if (strcmp(what, "qp-decode") == 0)
		return qp_decode(in, out, &strict, err);
	if (strcmp(what, "base64-decode") == 0)
		return base64_decode(in, out, &strict, err);
	if (strcmp(what, "base64-encode") == 0) {
		base64_encoder_init(&encoder, out);
		if (base64_encoder_write(&encoder, in, err))
			return -1;
		return base64_encoder_finish(&encoder, err);
	}
	return err_set(err, ERR_PERMANENT, "%s: no such command", what);
}

int
main(int argc, char **argv)
{
	const char *what = argc >= 2 ? argv[1] : "";
	struct spool out;
	struct slice bytes;
	struct err err;
	struct buf in;

	buf_init(&in, config.max);
	spool_init(&out, &config);
	if (io_read_fd(0, "standard input", &in, &err))
		die(&err);
	if (strcmp(what, "canon") == 0)
		show_canon(buf_slice(&in), &out, &err);
	else if (strcmp(what, "disclaimer") == 0 && argc > 2)
		show_disclaimer(buf_slice(&in), argv + 2, &out, &err);
	else if (strcmp(what, "tree") == 0)
		show_tree(buf_slice(&in));
	else if (code(what, buf_slice(&in), &out, &err))
		die(&err);
	if (spool_finish(&out, &err))
		die(&err);
	bytes = spool_slice(&out);
	if (bytes.len > 0)
		fwrite(bytes.data, 1, bytes.len, stdout);
	spool_fini(&out);
	buf_fini(&in);
	return fflush(stdout) ? 1 : 0;
}
