/* help.c: see help.h.  Lines are of 80 columns; all of it is ASCII. */
#include "admin/help.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define LINE_WIDTH 80
#define MARGIN	   2
/* Where explanations begin; what is longer has a line of its own. */
#define TEXT_AT 32

static const struct command_option global_options[] = {
    {"config", "FILE",
	"configuration (-c); default: " SYSCONFDIR
	"/smime-milter/smime-milter.conf"},
    {"json", NULL, "print JSON, for programs"},
    {"csv", NULL, "print CSV, for spreadsheets"},
    {"help", NULL, "explain the noun or verb before it (-h)"},
    {"version", NULL, "print the version (-V)"},
    {NULL, NULL, NULL},
};

static char *
command_words(const struct command *c)
{
	return xasprintf("%s%s%s%s%s", c->noun, c->verb ? " " : "",
	    c->verb ? c->verb : "", *c->operands ? " " : "", c->operands);
}

/* Words from column TEXT_AT on, where the line is now. */
static void
write_text(FILE *file, const char *text)
{
	int column = TEXT_AT, len;

	for (; *text; text += len) {
		text += strspn(text, " ");
		len = (int)strcspn(text, " ");
		if (column > TEXT_AT && column + 1 + len > LINE_WIDTH) {
			(void)fprintf(file, "\n%*s", TEXT_AT, "");
			column = TEXT_AT;
		}
		column += fprintf(
		    file, "%s%.*s", column > TEXT_AT ? " " : "", len, text);
	}
	(void)fputc('\n', file);
}

/* Frees left. */
static void
write_row(FILE *file, char *left, const char *right)
{
	int column = fprintf(file, "%*s%s", MARGIN, "", left);

	if (column + MARGIN > TEXT_AT) {
		(void)fputc('\n', file);
		column = 0;
	}
	(void)fprintf(file, "%*s", TEXT_AT - column, "");
	write_text(file, right);
	free(left);
}

static void
write_options(FILE *file, const struct command_option *o)
{
	for (; o->name; o++)
		write_row(file,
		    xasprintf("--%s%s%s", o->name, o->argument ? " " : "",
			o->argument ? o->argument : ""),
		    o->help);
}

static void
write_commands(FILE *file, const char *noun)
{
	const struct command *c;

	for (size_t i = 0; i < command_count; i++)
		for (c = command_list[i]; c->noun; c++)
			if (!noun || strcmp(c->noun, noun) == 0)
				write_row(file, command_words(c), c->summary);
}

void
help_all(FILE *file)
{
	(void)fputs("usage: smimectl [-c FILE] [--json | --csv] NOUN VERB "
		    "[OPTIONS] [OPERANDS]\n\n",
	    file);
	write_commands(file, NULL);
	(void)fputs("\nOptions of every verb:\n", file);
	write_options(file, global_options);
	(void)fputs(
	    "\n\"smimectl help NOUN VERB\" explains a verb, smimectl(8) "
	    "everything.\n",
	    file);
}

void
help_noun(FILE *file, const char *noun)
{
	write_commands(file, noun);
}

void
help_usage(FILE *file, const struct command *command)
{
	char *words = command_words(command);

	(void)fprintf(
	    file, "smimectl %s%s", words, command->options ? " [OPTIONS]" : "");
	free(words);
}

void
help_command(FILE *file, const struct command *command)
{
	(void)fputs("usage: ", file);
	help_usage(file, command);
	(void)fprintf(file, "\n\n%s.\n", command->summary);
	if (!command->options)
		return;
	(void)fputs("\n", file);
	write_options(file, command->options);
}
