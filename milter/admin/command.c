/* command.c: see command.h. */
#include "admin/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/command_line.h"
#include "admin/complain.h"
#include "admin/help.h"
#include "admin/setting_option.h"
#include "base/alloc.h"
#include "config.h"

/* Nouns, or verbs of one noun, that may be meant by a mistyped one. */
#define WORDS_MAX 64

const char *
args_operand(const struct args *args, size_t n)
{
	return n < args->count ? args->operands[n] : NULL;
}

const char *
args_option(const struct args *args, const char *name)
{
	const struct command_option *o = args->command->options;

	for (size_t i = 0; o && o[i].name; i++)
		if (strcmp(o[i].name, name) == 0)
			return args->values[i];
	abort(); /* the verb asks for an option that its table lacks */
}

enum verb_result
args_number(const struct args *args, const char *name, long least, long most,
    long *out, struct err *err)
{
	const char *text = args_option(args, name);
	char *end;
	long n;

	if (!text)
		return VERB_DONE;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < least || n > most) {
		(void)err_set(err, ERR_PERMANENT,
		    "--%s %s: not a number from %ld to %ld", name, text, least,
		    most);
		return VERB_USAGE;
	}
	*out = n;
	return VERB_DONE;
}

/* The words that may stand at a place: nouns, or the verbs of a noun. */
static size_t
collect_words(const char *noun, const char **words)
{
	const struct command *c;
	size_t n = 0;

	for (size_t i = 0; i < command_count; i++) {
		c = command_list[i];
		if (!noun && n < WORDS_MAX)
			words[n++] = c->noun;
		if (!noun || strcmp(c->noun, noun) != 0)
			continue;
		for (; c->noun && n < WORDS_MAX; c++)
			words[n++] = c->verb;
	}
	return n;
}

static const struct command *
find_noun(const char *noun)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(command_list[i]->noun, noun) == 0)
			return command_list[i];
	return NULL;
}

static const struct command *
find_verb(const struct command *c, const char *verb)
{
	for (; c->noun; c++)
		if (!c->verb || (verb && strcmp(c->verb, verb) == 0))
			return c;
	return NULL;
}

static enum exit_code
unknown_noun(const char *noun)
{
	const char *names[WORDS_MAX];
	struct complain_words words = {
	    .what = "command", .known = names, .see = ""};

	words.count = collect_words(NULL, names);
	complain_word(&words, noun);
	return EXIT_WRONG_USE;
}

static enum exit_code
unknown_verb(const char *noun, const char *verb)
{
	const char *names[WORDS_MAX];
	struct complain_words words = {.known = names, .see = noun};
	char *what;

	if (!verb) {
		complain("%s what?", noun);
		help_noun(stderr, noun);
		return EXIT_WRONG_USE;
	}
	what = xasprintf("%s command", noun);
	words.what = what;
	words.count = collect_words(noun, names);
	complain_word(&words, verb);
	free(what);
	return EXIT_WRONG_USE;
}

static enum exit_code
help_about(const char *noun, const char *verb)
{
	const struct command *c;

	if (!noun) {
		help_all(stdout);
		return EXIT_DONE;
	}
	c = find_noun(noun);
	if (!c)
		return unknown_noun(noun);
	if (!verb && c->verb) {
		help_noun(stdout, noun);
		return EXIT_DONE;
	}
	c = find_verb(c, verb);
	if (!c)
		return unknown_verb(noun, verb);
	help_command(stdout, c);
	return EXIT_DONE;
}

static enum exit_code
check_operands(const struct args *args)
{
	const struct command *c = args->command;

	if (args->count >= c->least && args->count <= c->most)
		return EXIT_DONE;
	(void)fprintf(stderr, "smimectl: %s operands; usage: ",
	    args->count < c->least ? "missing" : "too many");
	help_usage(stderr, c);
	(void)fputc('\n', stderr);
	return EXIT_WRONG_USE;
}

static enum exit_code exit_of_class(enum err_class class)
{
	switch (class) {
	case ERR_TEMPORARY:
		return EXIT_AWAY;
	case ERR_PERMANENT:
	case ERR_NOT_FOUND:
	case ERR_POLICY:
		return EXIT_NO;
	case ERR_NONE:
	case ERR_BUG:
		break;
	}
	return EXIT_INTERNAL;
}

static enum exit_code
run(const struct command_line *line, const struct args *args)
{
	struct admin admin;
	struct err err = {.class = ERR_NONE};
	enum verb_result result;
	enum exit_code code;

	admin_init(&admin, line->config, line->format);
	result = args->command->run(&admin, args, &err);
	if (result >= 0 && output_finish(&admin.output, &err))
		result = VERB_FAILED;
	if (result < 0)
		complain("%s", err.text);
	if (result == VERB_USAGE || admin.settings_failed)
		code = EXIT_WRONG_USE;
	else if (result == VERB_FAILED)
		code = exit_of_class(err.class);
	else if (result == VERB_AWAY)
		code = EXIT_AWAY;
	else
		code = result == VERB_NO ? EXIT_NO : EXIT_DONE;
	admin_fini(&admin);
	return code;
}

/* argv[0] is the verb, or the noun of a command without verbs. */
static enum exit_code
run_command(const struct command *command, int argc, char **argv,
    struct command_line *line)
{
	struct args args = {.command = command};
	enum exit_code code;
	size_t n = 0;

	while (command->options && command->options[n].name)
		n++;
	args.values = xcalloc(n + 1, sizeof(*args.values));
	code = command_line_read(argc, argv, line, &args);
	if (code != EXIT_DONE)
		goto out;
	if (line->help) {
		help_command(stdout, command);
		goto out;
	}
	args.operands = argv + optind;
	args.count = (size_t)(argc - optind);
	code = check_operands(&args);
	if (code == EXIT_DONE)
		code = run(line, &args);
out:
	free(args.values);
	return code;
}

/* The noun and what follows it. */
static enum exit_code
run_noun(int argc, char **argv, struct command_line *line)
{
	const struct command *c = find_noun(argv[0]);
	const char *noun = argv[0];
	enum exit_code code;

	if (strcmp(noun, "help") == 0)
		return help_about(
		    argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL);
	if (!c)
		return unknown_noun(noun);
	if (!c->verb)
		return run_command(c, argc, argv, line);
	/* options may stand before the verb, too */
	code = command_line_read(argc, argv, line, NULL);
	if (code != EXIT_DONE)
		return code;
	argc -= optind;
	argv += optind;
	if (argc == 0 && line->help)
		return help_about(noun, NULL);
	c = argc > 0 ? find_verb(c, argv[0]) : NULL;
	if (!c)
		return unknown_verb(noun, argc > 0 ? argv[0] : NULL);
	return run_command(c, argc, argv, line);
}

enum exit_code
command_main(int argc, char **argv)
{
	struct command_line line = {.format = OUTPUT_PEOPLE};
	enum exit_code code;

	setting_options_init();
	code = command_line_read(argc, argv, &line, NULL);
	if (code != EXIT_DONE)
		return code;
	if (line.version) {
		(void)puts("smimectl " PACKAGE_VERSION);
		return EXIT_DONE;
	}
	if (optind == argc && line.help)
		return help_about(NULL, NULL);
	if (optind == argc) {
		help_all(stderr);
		return EXIT_WRONG_USE;
	}
	return run_noun(argc - optind, argv + optind, &line);
}
