/* command_line.c: see command_line.h. */
#include "admin/command_line.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "admin/complain.h"
#include "base/alloc.h"

/* Options that may be meant by a mistyped one. */
#define WORDS_MAX 64

/* What getopt_long returns for long options without a letter: behind all
 * characters. */
enum option_value {
	VALUE_JSON = 256,
	VALUE_CSV,
	VALUE_VERB /* + index in command->options */
};

static const struct option global_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"json", no_argument, NULL, VALUE_JSON},
    {"csv", no_argument, NULL, VALUE_CSV},
};

#define GLOBAL_COUNT (sizeof(global_options) / sizeof(*global_options))

/* The options that a verb understands, for getopt_long. */
static struct option *
long_options(const struct command *command)
{
	const struct command_option *o = command ? command->options : NULL;
	struct option *list;
	size_t n = 0;

	while (o && o[n].name)
		n++;
	list = xcalloc(n + GLOBAL_COUNT + 1, sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		list[i].name = o[i].name;
		list[i].has_arg =
		    o[i].argument ? required_argument : no_argument;
		list[i].val = VALUE_VERB + (int)i;
	}
	memcpy(list + n, global_options, sizeof(global_options));
	return list;
}

static void
unknown_option(const struct option *known, const char *word, const char *see)
{
	const char *names[WORDS_MAX];
	struct complain_words words = {
	    .what = "option", .known = names, .see = see};
	char *name = xstrndup(word, strcspn(word, "="));

	for (; known->name && words.count < WORDS_MAX; known++)
		names[words.count++] = known->name;
	complain_word(&words, name);
	free(name);
}

/* getopt_long met something: what was it?  It stands before optind, or in
 * optopt when it was a letter. */
static void
wrong_option(const struct option *known, int met, char **argv, const char *see)
{
	const char *word = argv[optind - 1];

	if (met == ':')
		complain("%s: its argument is missing", word);
	else if (strncmp(word, "--", 2) != 0)
		complain("no option \"-%c\"", optopt);
	else if (strchr(word, '=') && optopt != 0)
		complain("%s: takes no argument", word);
	else
		unknown_option(known, word + 2, see);
}

static void
set_global(struct command_line *line, int value)
{
	switch (value) {
	case 'c':
		line->config = optarg;
		break;
	case 'h':
		line->help = true;
		break;
	case 'V':
		line->version = true;
		break;
	case VALUE_JSON:
		line->format = OUTPUT_JSON;
		break;
	case VALUE_CSV:
		line->format = OUTPUT_CSV;
		break;
	default:
		break;
	}
}

static enum exit_code
set_value(struct args *args, size_t i)
{
	const struct command_option *options = args->command->options;

	assert(options);
	if (args->values[i]) {
		complain("--%s: given twice%s", options[i].name,
		    options[i].argument ? "; separate several values by commas"
					: "");
		return EXIT_WRONG_USE;
	}
	args->values[i] = optarg ? optarg : "";
	return EXIT_DONE;
}

/* The words behind "smimectl help" that list a command's options. */
static char *
what_to_see(const struct command *command)
{
	if (!command)
		return xstrdup("");
	return xasprintf("%s%s%s", command->noun, command->verb ? " " : "",
	    command->verb ? command->verb : "");
}

enum exit_code
command_line_read(
    int argc, char **argv, struct command_line *line, struct args *args)
{
	const struct command *command = args ? args->command : NULL;
	const char *letters = command ? ":c:hV" : "+:c:hV";
	struct option *options = long_options(command);
	char *see = what_to_see(command);
	enum exit_code code = EXIT_DONE;
	int value;

	opterr = 0;
	optind = 0;
	while (code == EXIT_DONE && (value = getopt_long(argc, argv, letters,
					 options, NULL)) != -1) {
		if (value == '?' || value == ':') {
			wrong_option(options, value, argv, see);
			code = EXIT_WRONG_USE;
		} else if (command && value >= VALUE_VERB) {
			code = set_value(args, (size_t)(value - VALUE_VERB));
		} else {
			set_global(line, value);
		}
	}
	free(options);
	free(see);
	return code;
}
