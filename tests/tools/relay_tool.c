/*
 * relay_tool.c: hands messages to a mail server by milter/relay, for
 * tests/system/relay_test.py.
 *
 *   relay_tool URL MILLISECONDS COPY...
 *
 * A copy is
 *   from PATH PARAMETERS message FILE {to PATH PARAMETERS}...
 *
 * Says "prepared" or "failed" after the first step, then waits for a line on
 * standard input: "commit", or anything else to give up.  Then says what
 * became of each copy:
 *   copy N STATE REASON CODE ENHANCED TEXT      and, where there are any,
 *   refusal N RECIPIENT CODE ENHANCED TEXT
 *   dropped N
 * and last the error, if any.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/limits.h"
#include "relay/relay.h"
#include "unit/relay_word.h"

#define COPIES	   LIMIT_RELAY_COPIES
#define RECIPIENTS 1000u

static struct relay_copy copies[COPIES];
static struct buf files[COPIES];
static struct slice_list contents[COPIES];
static struct relay_recipient recipients[RECIPIENTS];
static size_t copy_count, recipient_count;

static void
die(const char *text)
{
	fprintf(stderr, "relay_tool: %s\n", text);
	exit(2);
}

/* Header and body apart, as the gateway has them. */
static void
read_content(const char *path)
{
	struct buf *file = &files[copy_count - 1];
	struct slice_list *content = &contents[copy_count - 1];
	struct slice bytes;
	struct err err;
	size_t header;

	buf_init(file, 512u * MIB);
	if (io_read_file(path, file, &err))
		die(err.text);
	bytes = buf_slice(file);
	header = slice_find(bytes, '\n', 0);
	slice_list_add(content, slice_part(bytes, 0, header));
	slice_list_add(content, slice_part(bytes, header, bytes.len));
	copies[copy_count - 1].content = content;
}

static void
add_recipient(const char *path, const char *parameters)
{
	struct relay_recipient *r = &recipients[recipient_count++];

	*r = (struct relay_recipient){
	    .path = slice_text(path), .parameters = slice_text(parameters)};
	if (copies[copy_count - 1].count++ == 0)
		copies[copy_count - 1].recipients = r;
}

static void
read_arguments(char **at)
{
	for (; at[0] && at[1]; at += 2) {
		if (strcmp(at[0], "from") == 0 && copy_count < COPIES &&
		    at[2]) {
			copies[copy_count++] =
			    (struct relay_copy){.path = slice_text(at[1]),
				.parameters = slice_text(at[2])};
			at++;
		} else if (strcmp(at[0], "message") == 0 && copy_count > 0) {
			read_content(at[1]);
		} else if (strcmp(at[0], "to") == 0 && copy_count > 0 &&
			   recipient_count < RECIPIENTS && at[2]) {
			add_recipient(at[1], at[2]);
			at++;
		} else {
			die("usage: relay_tool URL MILLISECONDS COPY...");
		}
	}
}

static void
show_reply(const struct smtp_reply *reply)
{
	printf(" %d %s %s\n", reply->code,
	    reply->enhanced[0] ? reply->enhanced : "-", reply->text);
}

static void
show(const struct relay_batch *batch, size_t n)
{
	static const char *const states[] = {
	    "not-sent", "prepared", "committed", "refused", "unknown"};
	const struct relay_outcome *o = relay_batch_outcome(batch, n);

	printf("copy %zu %s %s", n, states[o->state], relay_word(o->reason));
	show_reply(&o->reply);
	for (size_t i = 0; i < o->refusal_count; i++) {
		printf("refusal %zu %zu", n, o->refusals[i].recipient);
		show_reply(&o->refusals[i].reply);
	}
	if (o->dsn_dropped)
		printf("dropped %zu\n", n);
}

int
main(int argc, char **argv)
{
	struct relay_config config = {
	    .connections = COPIES, .connect_ms = 30000, .answer_ms = 1000};
	struct relay_patience patience = {0};
	struct relay_batch *batch;
	struct relay *relay;
	struct err err;
	char line[16] = "";
	int rc;

	if (argc < 4)
		die("usage: relay_tool URL MILLISECONDS COPY...");
	read_arguments(argv + 3);
	config.reinject = argv[1];
	patience.deadline = deadline_in(atoi(argv[2]));
	if (relay_new(&config, &relay, &err))
		die(err.text);
	batch = relay_batch_new(relay, copies, copy_count, &patience);
	rc = relay_batch_prepare(batch, &err);
	printf("%s\n", rc ? "failed" : "prepared");
	fflush(stdout);
	if (rc == 0 && fgets(line, sizeof(line), stdin) &&
	    strcmp(line, "commit\n") == 0)
		rc = relay_batch_commit(batch, &err);
	for (size_t i = 0; i < copy_count; i++)
		show(batch, i);
	if (rc)
		printf("error %d %s\n", (int)err.class, err.text);
	relay_batch_free(batch);
	relay_free(relay);
	for (size_t i = 0; i < copy_count; i++)
		buf_fini(&files[i]);
	return rc ? 1 : 0;
}
